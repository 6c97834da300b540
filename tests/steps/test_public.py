from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from pydantic import AnyUrl, BaseModel, SecretBytes, SecretStr

from airflow_artifacts.steps.public import public_parameters, public_value

SECRET = "hunter2"  # noqa: S105


@dataclass
class Account:
    user: str
    password: str


class Client(BaseModel):
    url: str = f"https://user:{SECRET}@host/path"
    api_key: str = SECRET


class Model(BaseModel):
    model_config = {"arbitrary_types_allowed": True}

    value: Any = None


@pytest.mark.parametrize(
    "value",
    [
        SecretStr(SECRET),
        SecretBytes(SECRET.encode()),
        {"token": SECRET},
        {"nested": {"deeper": {"AWS_SECRET_ACCESS_KEY": SECRET}}},
        {"x-api-key": SECRET},
        {"headers": {"Authorization": f"Bearer {SECRET}"}},
        f"Bearer {SECRET}",
        ["-H", f"authorization: basic {SECRET}"],
        f"postgresql://user:{SECRET}@host:5432/db",
        f"https://user:pass@word:{SECRET}@host/",
        f"https://{SECRET}@github.com/owner/repo",
        f"https://host/path?x=1&X-Amz-Signature={SECRET}&y=2",
        f"https://host/path?access_token={SECRET}#fragment",
        AnyUrl(f"https://user:{SECRET}@host/"),
        Account("me", SECRET),
        Client(),
        [Client(), Client()],
        [{"password": SECRET}],
        {"clients": [Client()]},
        (SecretStr(SECRET),),
        Path(f"s3://user:{SECRET}@host/"),
    ],
)
def test_secrets_are_not_shown(value: Any) -> None:
    shown = json.dumps(public_parameters(Model(value=value)), allow_nan=False)
    assert SECRET not in shown
    assert len(shown) < 400


@pytest.mark.parametrize(
    "name",
    [
        "token",
        "hf_token",
        "apiKey",
        "API_KEY",
        "secret",
        "dbPassword",
        "client_secret",
        "credentials",
        "private_key",
    ],
)
def test_a_name_says_that_a_value_is_secret(name: Any) -> None:
    assert public_value(SECRET, name=name) == "***"
    assert public_value(None, name=name) is None
    assert public_value([SECRET], name=name) == "***"


@pytest.mark.parametrize(
    "name", ["tokenizer", "author", "keys", "k", "passage", "secretary", "signal", "key_column"]
)
def test_a_name_that_only_sounds_like_it(name: Any) -> None:
    assert public_value("gpt2", name=name) == "gpt2"


def test_numbers_of_tokens_are_no_secrets() -> None:
    assert public_value(512, name="max_new_tokens") == 512
    assert public_value(1234, name="password") == "***"
    assert public_value(True, name="use_auth_token") is True


def test_plain_values() -> None:
    value = {"a": [1, 2.5, None, True, "x"], 1: {"b": Path("/x")}}
    assert public_value(value) == {"a": [1, 2.5, None, True, "x"], "1": {"b": "/x"}}


@pytest.mark.parametrize(("value", "shown"), [(float("inf"), "inf"), (float("nan"), "nan"), (-0.5, -0.5)])
def test_numbers_that_json_does_not_have(value: Any, shown: Any) -> None:
    assert public_value(value) == shown


def test_long_values_are_cut() -> None:
    assert public_value("x" * 600) == "x" * 500 + "... (600 characters)"
    assert public_value([1] * 21) == "21 items"
    assert public_value([{"a": 1}]) == "1 items"
    assert len(public_value({str(number): 1 for number in range(30)})) == 20


def test_addresses_in_memory_are_not_shown() -> None:
    assert public_value(object()) == "<object>"
    assert public_value(test_plain_values) == "<function>"
    assert public_value("a text at 0x12") == "a text at 0x12"


def test_urls_without_secrets_stay() -> None:
    for url in ("s3://my_conn@bucket/key", "https://host/path?page=2", "mailto:me@host"):
        assert public_value(url) == url


def test_a_set_is_shown_in_one_order_and_masked() -> None:
    assert public_value({"b", "a", "https://u:p@h/x"}) == ["a", "b", "https://***@h/x"]

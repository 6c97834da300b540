from __future__ import annotations

import logging
from typing import Any

import pytest

from airflow_artifacts.storage.metadata import normalise_metadata
from airflow_artifacts.storage.secrets import known_secrets, mask_text, masked

TOKEN = "hf_AbCdEfGhIjKlMnOp"  # noqa: S105 - of nobody


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (f"with {TOKEN}, and more", "with ***, and more"),
        ("s3://key:hunter2@bucket/x", "s3://***@bucket/x"),
        ("https://hunter2@host/x", "https://***@host/x"),
        ("Authorization: Bearer abc.def", "Authorization: Bearer ***"),
        ("half_done, hf_x and chf_AbCdEfGhIj", "half_done, hf_x and chf_AbCdEfGhIj"),
        ("", ""),
    ],
)
def test_what_a_secret_looks_like(text: str, shown: str) -> None:
    assert mask_text(text) == shown


def test_secrets_that_are_known_for_a_time() -> None:
    with known_secrets("correct horse", None, ""):
        with known_secrets("staple"):
            assert mask_text("a correct horse, a staple") == "a ***, a ***"
        assert mask_text("a correct horse, a staple") == "a ***, a staple"
    assert mask_text("a correct horse") == "a correct horse"


@pytest.mark.parametrize(
    "name",
    [
        "password",
        "db_password",
        "apiKey",
        "api-key",
        "AWS_SECRET_ACCESS_KEY",
        "hf_token",
        "accessToken",
        "client.secret",
    ],
)
def test_names_of_secrets(name: str) -> None:
    assert masked({"a": [{name: "x"}, {name: ["y"]}]}) == {"a": [{name: "***"}, {name: ["***"]}]}


@pytest.mark.parametrize(
    "metadata",
    [
        {"eos_token": "</s>", "token": "a", "tokens": 5, "tokenizer": "bpe"},
        {"password": "", "secret": None, "api_key": 5, "credentials": True},
        {"author": "me", "keys": ["a"], "monkey": "b", "description": "passwords are hard"},
    ],
)
def test_what_is_no_secret_stays(metadata: dict[str, Any]) -> None:
    assert masked(metadata) == metadata


def test_metadata_is_kept_without_secrets(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)
    assert normalise_metadata("plot", {"note": f"made with {TOKEN}", "rows": 3}) == {
        "note": "made with ***",
        "rows": 3,
    }
    assert "metadata of artifact 'plot' holds what looks like a secret" in caplog.text
    assert TOKEN not in caplog.text
    caplog.clear()
    assert normalise_metadata("plot", {"rows": 3}) == {"rows": 3}
    assert not caplog.records

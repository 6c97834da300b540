from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from airflow_artifacts.exceptions import HubRefusedError
from airflow_artifacts.hooks import HuggingFaceHook
from airflow_artifacts.hub import HubLogin, find_login, login_finder
from airflow_artifacts.operators.credentials import connections
from tests.hub.fixtures import hub

if TYPE_CHECKING:
    from pathlib import Path

    from airflow_artifacts.testing import FakeHub

__all__ = ["hub"]


@pytest.fixture(autouse=True)
def _environment(airflow_home: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A worker without a token of its own."""
    monkeypatch.delenv("HF_TOKEN", raising=False)
    monkeypatch.setattr("huggingface_hub.constants.HF_TOKEN_PATH", str(tmp_path / "token"))


def connect(monkeypatch: pytest.MonkeyPatch, conn_id: str = "huggingface_default", **fields: Any) -> None:
    monkeypatch.setenv(f"AIRFLOW_CONN_{conn_id.upper()}", json.dumps({"conn_type": "huggingface", **fields}))


@pytest.mark.parametrize(
    ("fields", "endpoint"),
    [
        ({}, None),
        ({"host": "https://hub.example.com/"}, "https://hub.example.com"),
        ({"host": "hub.example.com"}, "https://hub.example.com"),
        ({"host": "hub.example.com", "port": 8443, "schema": "http"}, "http://hub.example.com:8443"),
    ],
)
def test_a_connection_has_token_and_endpoint(
    monkeypatch: pytest.MonkeyPatch, fields: dict[str, Any], endpoint: str | None
) -> None:
    connect(monkeypatch, "mine", password="hf_mine", **fields)
    monkeypatch.setenv("HF_TOKEN", "hf_of_the_worker")
    assert HuggingFaceHook("mine").get_login() == HubLogin("hf_mine", endpoint)


def test_without_a_password_the_token_is_that_of_the_worker(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    hook = HuggingFaceHook()
    assert hook.get_login() == HubLogin(None)
    (tmp_path / "token").write_text("hf_of_the_login\n")
    assert hook.get_login() == HubLogin("hf_of_the_login")
    monkeypatch.setenv("HF_TOKEN", "hf_of_the_environment")
    assert hook.get_login() == HubLogin("hf_of_the_environment")
    connect(monkeypatch)
    assert hook.get_login() == HubLogin("hf_of_the_environment")


def test_the_token_of_the_worker_is_not_sent_to_another_hub(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_of_the_worker")
    connect(monkeypatch, host="https://hub.example.com")
    assert HuggingFaceHook().get_login() == HubLogin(None, "https://hub.example.com")


def test_a_connection_that_is_named_has_to_exist() -> None:
    with pytest.raises(HubRefusedError, match="there is no connection 'missing'") as caught:
        HuggingFaceHook("missing").get_login()
    assert not caught.value.retryable


def test_credentials_in_the_host_are_refused_and_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    connect(monkeypatch, password="hf_mine", host="https://me:hunter2@hub.example.com")
    is_good, message = HuggingFaceHook().test_connection()
    assert not is_good
    assert "the host of the connection holds credentials" in message
    assert "hunter2" not in message


def test_testing_a_connection(hub: FakeHub, monkeypatch: pytest.MonkeyPatch) -> None:
    connect(monkeypatch, password=hub.token, host=hub.endpoint)
    assert HuggingFaceHook().test_connection() == (True, "The token is one of tester, and may write.")
    assert [request.path for request in hub.requests] == ["/api/whoami-v2"]
    connect(monkeypatch, password="hf_wrong", host=hub.endpoint)
    is_good, message = HuggingFaceHook().test_connection()
    assert not is_good
    assert "401" in message
    assert "hf_wrong" not in message
    connect(monkeypatch, host=hub.endpoint)
    is_good, message = HuggingFaceHook().test_connection()
    assert not is_good
    assert "there is no token" in message


def test_the_client(hub: FakeHub, monkeypatch: pytest.MonkeyPatch) -> None:
    connect(monkeypatch, password=hub.token, host=hub.endpoint)
    assert HuggingFaceHook().get_conn().whoami()["name"] == "tester"


def test_steps_log_in_as_the_connection_says(monkeypatch: pytest.MonkeyPatch) -> None:
    connect(monkeypatch, password="hf_mine", host="https://hub.example.com")
    with connections():
        assert find_login() == HubLogin("hf_mine", "https://hub.example.com")
        assert find_login("hf_of_the_step") == HubLogin("hf_of_the_step", "https://hub.example.com")
    assert login_finder.get()() == HubLogin(None)


def test_airflow_knows_the_type() -> None:
    from airflow.sdk.providers_manager_runtime import ProvidersManagerTaskRuntime

    hook = ProvidersManagerTaskRuntime().hooks["huggingface"]  # type: ignore[no-untyped-call]
    assert hook is not None
    assert (hook.hook_name, hook.hook_class_name) == (
        "Hugging Face",
        "airflow_artifacts.hooks.huggingface.HuggingFaceHook",
    )
    assert HuggingFaceHook.get_ui_field_behaviour()["relabeling"] == {"password": "Token", "host": "Endpoint"}


def test_no_token_is_shown() -> None:
    assert "hf_x" not in repr(HubLogin("hf_x"))

"""Whose token is used, and that it is not shown."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from airflow_artifacts.exceptions import HubRefusedError, MissingExtraError
from airflow_artifacts.hub import HubLogin, environment_login, find_login, login_finder, whoami

if TYPE_CHECKING:
    from pathlib import Path

    from airflow_artifacts.testing import FakeHub


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine on which nobody has logged in."""
    from huggingface_hub import constants

    monkeypatch.delenv("HF_TOKEN", raising=False)
    monkeypatch.delenv("HUGGING_FACE_HUB_TOKEN", raising=False)
    monkeypatch.setattr(constants, "HF_TOKEN_PATH", str(tmp_path / "token"))
    return tmp_path


def test_the_environment_is_before_the_login_of_the_machine(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert environment_login() == HubLogin()
    (home / "token").write_text("hf_file\n")
    assert environment_login() == HubLogin("hf_file")
    monkeypatch.setenv("HF_TOKEN", "hf_variable")
    assert find_login() == HubLogin("hf_variable")


def test_a_task_says_whose_login_it_is(home: Path) -> None:
    token = login_finder.set(lambda: HubLogin("hf_task", "https://hub.example"))
    try:
        assert find_login() == HubLogin("hf_task", "https://hub.example")
        assert find_login("hf_step") == HubLogin("hf_step", "https://hub.example")
    finally:
        login_finder.reset(token)
    assert find_login("hf_step") == HubLogin("hf_step")


def test_a_token_is_not_shown() -> None:
    login = HubLogin(" hf_secret\n", " https://hub.example/ ")
    assert (login.token, login.endpoint) == ("hf_secret", "https://hub.example")
    assert "hf_secret" not in repr(login)
    assert "hf_secret" not in f"{login}"
    assert HubLogin(" ", "") == HubLogin()


def test_whose_token_it_is(hub: FakeHub, login: HubLogin) -> None:
    assert whoami(login) == ("tester", "write")
    assert whoami(HubLogin(hub.add_user("other", role="read"), f"{hub.endpoint}/")) == ("other", "read")
    with pytest.raises(HubRefusedError, match="hf auth login"):
        whoami(HubLogin(None, hub.endpoint))
    with pytest.raises(HubRefusedError, match="not valid") as caught:
        whoami(HubLogin("hf_nobody", hub.endpoint))
    assert "hf_nobody" not in str(caught.value)


def test_the_client_has_to_be_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    with pytest.raises(MissingExtraError, match="hub"):
        environment_login()

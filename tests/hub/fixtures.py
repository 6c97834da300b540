"""A fake Hub, the real client of it in this process, and the patience of both."""

from __future__ import annotations

import time
from contextlib import contextmanager
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from airflow_artifacts.hub import HubLogin
from airflow_artifacts.storage import retries
from airflow_artifacts.testing import FakeHub

if TYPE_CHECKING:
    from collections.abc import Iterator

REPO = "tester/data"


@contextmanager
def running_hub(**options: Any) -> Iterator[FakeHub]:
    """Run a Hub, and close the client's connections to it in the end."""
    from huggingface_hub.utils._http import close_session
    from huggingface_hub.utils.tqdm import disable_progress_bars

    disable_progress_bars()
    with FakeHub(organizations=["acme"], **options) as hub:
        yield hub
    close_session()


@pytest.fixture
def hub() -> Iterator[FakeHub]:
    with running_hub() as hub:
        yield hub


@pytest.fixture
def login(hub: FakeHub) -> HubLogin:
    return HubLogin(hub.token, hub.endpoint)


@pytest.fixture
def without_xet(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the client upload over LFS, where each request is one of its own."""
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_DISABLE_XET", True)


@pytest.fixture
def slept(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """How long this package would have waited; neither it nor the client waits for longer than a moment."""
    from huggingface_hub.utils import _http

    from airflow_artifacts.hub import waiting

    waits: list[float] = []

    def sleep(seconds: float) -> None:
        waits.append(seconds)
        time.sleep(min(seconds, 0.01))

    monkeypatch.setattr(_http, "time", SimpleNamespace(sleep=lambda _: time.sleep(0.001), time=time.time))
    monkeypatch.setattr(waiting, "time", SimpleNamespace(sleep=sleep))
    monkeypatch.setattr(retries, "PATIENCE", retries.Patience(tries=4, seconds=5, pause=0.01, factor=1.5))
    return waits

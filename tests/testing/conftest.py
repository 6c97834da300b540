"""A fake Hub, and the real client of it in this process."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from airflow_artifacts.testing import FakeHub

if TYPE_CHECKING:
    from collections.abc import Iterator

    from huggingface_hub import HfApi

REPO = "tester/data"


@pytest.fixture
def online(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the client talk: it read HF_HUB_OFFLINE, which all tests are run with, when it was imported."""
    from huggingface_hub import constants
    from huggingface_hub.utils.tqdm import disable_progress_bars

    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    disable_progress_bars()


@pytest.fixture
def without_xet(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the client upload over LFS, as it does where hf-xet is not installed."""
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_DISABLE_XET", True)


@pytest.fixture
def hub(online: None) -> Iterator[FakeHub]:
    from huggingface_hub.utils._http import close_session

    with FakeHub(organizations=["acme"], page_size=3) as hub:
        yield hub
    close_session()


@pytest.fixture
def api(hub: FakeHub) -> HfApi:
    from huggingface_hub import HfApi

    return HfApi(hub.endpoint, hub.token)


@pytest.fixture
def repo(hub: FakeHub) -> str:
    """The id of a repository with nothing but what each begins with."""
    hub.create_repo(REPO)
    return REPO

"""A fake Hub, and the real client of it in this process."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.hub.fixtures import running_hub, without_xet

if TYPE_CHECKING:
    from collections.abc import Iterator

    from huggingface_hub import HfApi

    from airflow_artifacts.testing import FakeHub

__all__ = ["api", "hub", "repo", "without_xet"]

REPO = "tester/data"


@pytest.fixture
def hub() -> Iterator[FakeHub]:
    """A Hub whose lists have short pages."""
    with running_hub(page_size=3) as hub:
        yield hub


@pytest.fixture
def api(hub: FakeHub) -> HfApi:
    from huggingface_hub import HfApi

    return HfApi(hub.endpoint, hub.token)


@pytest.fixture
def repo(hub: FakeHub) -> str:
    """The id of a repository with nothing but what each begins with."""
    hub.create_repo(REPO)
    return REPO

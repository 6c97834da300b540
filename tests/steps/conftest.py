"""A fake Hub for each test that asks for one, and the login of it for steps."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from airflow_artifacts.hub import login_finder
from tests.hub.fixtures import hub, login, slept

if TYPE_CHECKING:
    from collections.abc import Iterator

    from airflow_artifacts.hub import HubLogin

__all__ = ["hub", "logged_in", "login", "slept"]


@pytest.fixture
def logged_in(login: HubLogin) -> Iterator[None]:
    """Let steps log in to the fake Hub, as task code does."""
    reset = login_finder.set(lambda: login)
    yield
    login_finder.reset(reset)

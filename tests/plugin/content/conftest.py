"""Stores of both kinds that files are sent from: a disk, and one that is asked over a network."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from airflow_artifacts.storage import ObjectStore, open_store
from tests.storage.s3 import s3_environment, s3_root, s3_server

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["s3_environment", "s3_root", "s3_server"]


@pytest.fixture
def local(tmp_path: Path) -> ObjectStore:
    return open_store(str(tmp_path / "root"))


@pytest.fixture(params=["local", "s3"])
def store(request: pytest.FixtureRequest) -> ObjectStore:
    if request.param == "s3":
        return open_store(request.getfixturevalue("s3_root"))
    found: ObjectStore = request.getfixturevalue("local")
    return found

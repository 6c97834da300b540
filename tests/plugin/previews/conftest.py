"""A store for the files that are previewed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.plugin.previews.support import CountingRemoteStore, CountingStore

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def store(tmp_path: Path) -> CountingStore:
    return CountingStore(tmp_path)


@pytest.fixture
def remote_store(tmp_path: Path) -> Iterator[CountingRemoteStore]:
    store = CountingRemoteStore(f"{tmp_path.name}-{id(tmp_path)}")
    yield store
    store.delete_prefix("files")

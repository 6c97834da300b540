"""The store that artifacts come from, and ``datasets`` kept inside the test's folder."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import pytest

from airflow_artifacts.storage import ObjectStore, open_store
from tests.hub.fixtures import REPO, hub, login, slept, without_xet

__all__ = ["hub", "load", "login", "push", "root", "slept", "source", "without_xet"]

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from airflow_artifacts.distiset import Distiset, PushedDistiset
    from airflow_artifacts.hub import HubLogin
    from tests.distiset.pushes import Push


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Folder of the store that artifacts come from."""
    folder = tmp_path / "store"
    folder.mkdir()
    return folder


@pytest.fixture
def source(root: Path) -> ObjectStore:
    return open_store(str(root))


@pytest.fixture
def push(source: ObjectStore, login: HubLogin, slept: list[float]) -> Push:
    """Pushes to the fake Hub, without waiting."""

    def push(made: Distiset, repo: str = REPO, **options: Any) -> PushedDistiset:
        return made.push(repo, **{"source": source, "login": login, **options})

    return push


@pytest.fixture
def load(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """``datasets.load_dataset``, offline and with a cache of its own."""
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hf"))
    monkeypatch.setenv("HF_DATASETS_DISABLE_PROGRESS_BARS", "1")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # other libraries' warnings while they are imported
        import datasets

    datasets.disable_progress_bars()
    load_dataset = datasets.load_dataset
    caches = iter(range(1000))

    def load(path: Path | str, subset: str | None = None, **more: Any) -> Any:
        cache = tmp_path / "cache" / str(next(caches))
        return load_dataset(str(path), subset, cache_dir=str(cache), **more)

    return load

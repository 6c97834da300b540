"""What happens beside reading an artifact."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from airflow_artifacts.storage import open_store

if TYPE_CHECKING:
    from collections.abc import Callable

    from airflow_artifacts.artifacts.versions import ArtifactVersion
    from airflow_artifacts.storage import ObjectStore


def new_folder() -> Path:
    """Make a local folder that is removed when the process exits."""
    folder = tempfile.mkdtemp(prefix="airflow-artifacts-")
    atexit.register(_remove, folder, os.getpid())
    return Path(folder)


def _remove(folder: str, process: int) -> None:
    if os.getpid() == process:  # a forked child exits too, and the folder is its parent's
        shutil.rmtree(folder, ignore_errors=True)


def _ignore(_: ArtifactVersion) -> None:
    pass


@dataclass(frozen=True)
class Access:
    """How artifacts are read.

    Attributes:
        allow_pickle: Whether pickles are loaded, which runs what is in them.
        new_folder: Makes the local folder for a download that nobody gave a folder for.
        on_read: Called with each version whose files are read.
        open_source: Opens the store at a URL, to read files that are kept elsewhere.
    """

    allow_pickle: bool = False
    new_folder: Callable[[], Path] = new_folder
    on_read: Callable[[ArtifactVersion], None] = _ignore
    open_source: Callable[[str], ObjectStore] = open_store

"""What happens beside reading an artifact."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from airflow_artifacts.artifacts.versions import ArtifactVersion


def new_folder() -> Path:
    """Make a local folder that is removed when the process exits."""
    folder = tempfile.mkdtemp(prefix="airflow-artifacts-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return Path(folder)


def _ignore(_: ArtifactVersion) -> None:
    pass


@dataclass(frozen=True)
class Access:
    """How artifacts are read.

    Attributes:
        allow_pickle: Whether pickles are loaded, which runs what is in them.
        new_folder: Makes the local folder for a download that nobody gave a folder for.
        on_read: Called with each version whose files are read.
    """

    allow_pickle: bool = False
    new_folder: Callable[[], Path] = new_folder
    on_read: Callable[[ArtifactVersion], None] = _ignore

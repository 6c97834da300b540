"""Files on their way into a local folder: they appear there when all of them are complete."""

from __future__ import annotations

import contextlib
import uuid
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from airflow_artifacts.exceptions import ArtifactLoadError, ArtifactsError
from airflow_artifacts.storage import in_parallel
from airflow_artifacts.storage.keys import TEMPORARY

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path


def place_files(name: str, folder: Path, paths: Sequence[str], fetch: Callable[[int, Path], None]) -> None:
    """Fetch files beside the places that they are for, several at a time, and then put all of them there.

    Args:
        name: What the files belong to, for messages.
        folder: The folder; it is made.
        paths: Paths of the files below it, which are checked.
        fetch: Is given the number of a path, and where to make the file.

    Raises:
        ArtifactLoadError: A file or folder is in the way, or a link in the folder leads out of it.
    """
    targets = [folder / PurePosixPath(path) for path in paths]
    asides = [target.with_name(f"{TEMPORARY}{uuid.uuid4().hex}") for target in targets]
    try:
        _refuse_links(name, folder, targets)
        in_parallel(lambda number: fetch(number, asides[number]), range(len(paths)))
        for aside, target in zip(asides, targets, strict=True):
            aside.replace(target)
    except (FileExistsError, IsADirectoryError, NotADirectoryError) as error:
        if isinstance(error, ArtifactsError):
            raise
        problem = f"a file or folder in {str(folder)!r} is in the way of its files. Give another folder."
        raise ArtifactLoadError(name, problem) from error
    finally:
        for aside in asides:
            with contextlib.suppress(OSError):
                aside.unlink(missing_ok=True)


def _refuse_links(name: str, folder: Path, targets: Sequence[Path]) -> None:
    real = folder.resolve()
    for parent in {target.parent for target in targets}:
        if not parent.resolve().is_relative_to(real):
            problem = f"the link {str(parent)!r} leads out of the folder that its files are for. Remove it."
            raise ArtifactLoadError(name, problem)

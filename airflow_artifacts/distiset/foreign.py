"""What somebody else put into the folder of a distiset: recognised, and carried over into the next one."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from airflow_artifacts.distiset.manifest import Manifest
from airflow_artifacts.distiset.model import CARD_NAME, MANIFEST_NAME
from airflow_artifacts.exceptions import DamagedObjectError, DistisetError, ForeignFolderError

if TYPE_CHECKING:
    from collections.abc import Iterator


def read_target(target: Path) -> Manifest | None:
    """Read the manifest of the distiset in a folder; None where nothing is there.

    Raises:
        ForeignFolderError: Something else is there.
    """
    if not os.path.lexists(target):
        return None
    if not target.is_dir():
        raise ForeignFolderError(str(target))
    try:
        return Manifest.from_bytes((target / MANIFEST_NAME).read_bytes(), str(target / MANIFEST_NAME))
    except (FileNotFoundError, DamagedObjectError) as error:
        if any(target.iterdir()):
            raise ForeignFolderError(str(target)) from error
        return None


def carry_over(old: Path, new: Path, manifest: Manifest) -> None:
    """Link what is not ours from the old folder into the new one; where links do not work, copy it.

    Raises:
        DistisetError: A file of the new distiset has the same path.
    """
    ours = {file.path for file in manifest.files} | {CARD_NAME, MANIFEST_NAME}
    for path in _files(old):
        if path in ours:
            continue
        target = new / path
        if os.path.lexists(target) or any(parent.is_file() for parent in target.parents):
            raise DistisetError(
                f"{old / path} was not saved by this package, and the new distiset has a file there. Nothing was "
                "saved. Move the file away, or rename the step."
            )
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            os.link(old / path, target, follow_symlinks=False)
        except OSError:
            shutil.copy2(old / path, target, follow_symlinks=False)


def _files(folder: Path) -> Iterator[str]:
    """Give the paths of all files and links below a folder; links are not followed."""
    for parent, folders, files in os.walk(folder):
        links = [name for name in folders if os.path.islink(os.path.join(parent, name))]  # noqa: PTH114, PTH118
        for name in [*files, *links]:
            yield (Path(parent) / name).relative_to(folder).as_posix()

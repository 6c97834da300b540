"""The files of a local folder that is about to be kept as an artifact."""

from __future__ import annotations

import stat
from typing import TYPE_CHECKING

from airflow_artifacts.exceptions import ArtifactError, UnsafeFileError
from airflow_artifacts.storage.keys import check_relative_path

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from pathlib import Path


def scan_folder(
    folder: Path,
    *,
    reserved: Collection[str] = (),
    name: str | None = None,
    empty: str = "no file was written. The write function is given a folder: write into it.",
) -> list[tuple[str, Path]]:
    """List the files below a folder that may be kept, each with its relative path and the file that is read.

    A symbolic link to a file or folder below the same folder counts as what it points to, so that the file that
    is read has another path than the link.

    Args:
        folder: The folder.
        reserved: Names, directly in the folder, that its keeper needs; compared without regard to case.
        name: The artifact's name, for messages; the folder's name by default.
        empty: What is said where there is no file.

    Returns:
        Pairs in the order of the relative paths, whose segments are joined by ``/``.

    Raises:
        UnsafeNameError: A file's name is one that some store or URL reads in another way.
        UnsafeFileError: Something is neither a file nor a folder, or a link that leads nowhere, in a circle or out
            of the folder.
        ArtifactError: There is no file, or one has a reserved name.
    """
    label = folder.name if name is None else name
    if not folder.is_dir():
        raise ArtifactError(label, "the folder for its files is not there any more.")
    root = folder.resolve()
    found = sorted(_walk(label, root, root, (root,)))
    if not found:
        raise ArtifactError(label, empty)
    taken = {each.casefold() for each in reserved}
    for path, _ in found:
        if path.partition("/")[0].casefold() in taken:
            raise ArtifactError(label, f"the name {path!r} is taken. Give the file another one.")
    return [(check_relative_path(path, what="file name"), source) for path, source in found]


def _walk(name: str, root: Path, folder: Path, above: tuple[Path, ...]) -> Iterator[tuple[str, Path]]:
    """Give files with their paths relative to ``folder``, which is the last of the real folders ``above``."""
    for entry in folder.iterdir():
        source = _resolved(name, root, entry)
        mode = source.stat().st_mode
        if stat.S_ISREG(mode):
            yield entry.name, source
        elif not stat.S_ISDIR(mode):
            raise UnsafeFileError(name, f"{_shown(root, entry)} is neither a file nor a folder.")
        elif source in above:
            raise UnsafeFileError(name, f"the link {_shown(root, entry)} leads in a circle.")
        else:
            for path, file in _walk(name, root, source, (*above, source)):
                yield f"{entry.name}/{path}", file


def _resolved(name: str, root: Path, entry: Path) -> Path:
    if not entry.is_symlink():
        return entry
    try:
        source = entry.resolve(strict=True)
    except (OSError, RuntimeError) as error:  # RuntimeError is what Python before 3.13 makes of a loop
        raise UnsafeFileError(name, f"the link {_shown(root, entry)} leads nowhere or in a circle.") from error
    if not source.is_relative_to(root):
        raise UnsafeFileError(name, f"the link {_shown(root, entry)} leads out of its folder.")
    return source


def _shown(root: Path, entry: Path) -> str:
    return repr(entry.relative_to(root).as_posix())

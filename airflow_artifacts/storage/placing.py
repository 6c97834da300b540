"""Making files visible on a local disk: whole, durable, and where asked without replacing what is there."""

from __future__ import annotations

import ctypes
import errno
import os
from typing import TYPE_CHECKING, Any

from airflow_artifacts.exceptions import ConfigurationError

if TYPE_CHECKING:
    from pathlib import Path

_AT_FDCWD = -100
_RENAME_NOREPLACE = 1
_NO_LINKS = frozenset({errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK, errno.EINVAL})


def make_folder(folder: Path) -> list[Path]:
    """Make a folder and those above it.

    Returns:
        The folders that have a new name in them, to be made durable after what is written below them: a disk then
        has to be waited for once.
    """
    missing = []
    while not folder.is_dir():
        missing.append(folder)
        folder = folder.parent
    for new in reversed(missing):
        new.mkdir(exist_ok=True)
    return [new.parent for new in missing]


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable, where the platform can."""
    flags: Any = getattr(os, "O_DIRECTORY", None)
    if flags is None:  # pragma: no cover - not a POSIX system
        return
    descriptor = os.open(folder, os.O_RDONLY | flags)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write_durably(path: Path, data: bytes) -> None:
    """Write a new file that survives a power failure once this returns; its name may not yet."""
    with path.open("xb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def place_new(source: Path, target: Path) -> None:
    """Give a file its final name, unless there is one with this name: of several callers one succeeds.

    A hard link never replaces, unlike a rename. Some file systems have none (SMB, FAT, several in user space):
    there, Linux can be asked for a rename that does not replace.

    Raises:
        FileExistsError: There is a file or folder with this name.
        ConfigurationError: The file system can do neither.
    """
    try:
        os.link(source, target)
    except FileExistsError:
        # NFS sends a request again whose answer was lost, and then finds its own link.
        if not target.is_file() or not source.samefile(target):
            raise
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        _rename_new(source, target)


def _rename_new(source: Path, target: Path) -> None:
    rename = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    code = errno.ENOSYS
    if rename is not None:
        if rename(_AT_FDCWD, os.fsencode(source), _AT_FDCWD, os.fsencode(target), _RENAME_NOREPLACE) == 0:
            return
        code = ctypes.get_errno()
    if code not in _NO_LINKS:
        raise OSError(code, os.strerror(code), str(target))
    raise ConfigurationError(
        "root",
        f"leads to {target.parent}, on a file system that has neither hard links nor renames that do not replace. "
        "One of them is needed so that two tasks never write the same object. Choose a root on a local disk, on "
        "NFS or on an object store.",
    )

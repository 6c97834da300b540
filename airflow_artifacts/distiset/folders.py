"""Replacing a local folder in one act.

The new folder is made beside the old one, as ``.<name>.tmp-<id>``, and then exchanged with it by one system call
(``renameat2`` of Linux). Where that does not exist, or the file system does not know it, two renames follow each
other: a reader may find nothing for a moment in between, and if the process is killed there, the old folder is
called ``.<name>.old-<id>`` until the next save renames it back.

A process that makes a folder holds a lock on it (``flock``), which the system takes away when the process ends in
whatever way. The next save deletes the folders beside its own that nobody holds. Where locks do not work, it
deletes those that have not been touched for a week.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import glob
import os
import shutil
import time
import uuid
from pathlib import Path
from typing import TYPE_CHECKING

from airflow_artifacts.storage import sync_folder

if TYPE_CHECKING:
    from collections.abc import Iterator

_AT_FDCWD = -100  # both of linux/fcntl.h and linux/fs.h
_RENAME_EXCHANGE = 2
_WEEK = 7 * 24 * 3600


@contextlib.contextmanager
def folder_beside(target: Path) -> Iterator[Path]:
    """Make a locked folder beside the target; what is there under its name at the end is deleted."""
    target.parent.mkdir(parents=True, exist_ok=True)
    _recover(target)
    _clean(target)
    folder, lock = _locked_folder(target)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        os.close(lock)


def replace_folder(folder: Path, target: Path) -> None:
    """Put a folder in the place of the target. The target's old content is then where the folder was."""
    for path, _, _ in os.walk(folder, topdown=False):
        sync_folder(Path(path))
    if not target.exists():
        folder.rename(target)
    elif not _exchange(folder, target):
        old = target.with_name(f".{target.name}.old-{uuid.uuid4().hex}")
        target.rename(old)
        try:
            folder.rename(target)
        except OSError:
            old.rename(target)
            raise
        old.rename(folder)
    sync_folder(target.parent)


def _exchange(one: Path, other: Path) -> bool:
    """Exchange two folders in one act; False where the system cannot."""
    rename = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    if rename is None:
        return False
    if rename(_AT_FDCWD, os.fsencode(one), _AT_FDCWD, os.fsencode(other), _RENAME_EXCHANGE) == 0:
        return True
    number = ctypes.get_errno()
    if number in {errno.ENOSYS, errno.EINVAL, errno.ENOTSUP}:
        return False
    raise OSError(number, os.strerror(number), str(other))


def _recover(target: Path) -> None:
    """Rename back the folder that a process killed between two renames left aside."""
    if target.exists():
        return
    left = sorted(target.parent.glob(f".{glob.escape(target.name)}.old-*"))
    if left:
        left[-1].rename(target)


def _clean(target: Path) -> None:
    """Delete what dead processes left beside the target."""
    for kind in ("tmp", "old"):
        for folder in target.parent.glob(f".{glob.escape(target.name)}.{kind}-*"):
            with _dead(folder) as dead:
                if dead:
                    shutil.rmtree(folder, ignore_errors=True)


def _locked_folder(target: Path) -> tuple[Path, int]:
    while True:
        folder = target.with_name(f".{target.name}.tmp-{uuid.uuid4().hex}")
        folder.mkdir()
        lock = os.open(folder, os.O_RDONLY)
        # A process that cleans may have come between the making and the lock: then the folder is lost.
        if _lock(lock) is not False and folder.exists():
            return folder, lock
        os.close(lock)


@contextlib.contextmanager
def _dead(folder: Path) -> Iterator[bool]:
    """Say whether nobody makes a folder any more, and hold it meanwhile, so that nobody can begin to."""
    try:
        descriptor = os.open(folder, os.O_RDONLY)
    except OSError:  # somebody else has just deleted it
        yield False
        return
    try:
        locked = _lock(descriptor)
        yield time.time() - os.fstat(descriptor).st_mtime > _WEEK if locked is None else locked
    finally:
        os.close(descriptor)


def _lock(descriptor: int) -> bool | None:
    """Lock an open folder: True if done, False if another process has it, None if locks do not work here."""
    import fcntl

    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return None
    return True

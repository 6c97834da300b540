"""Trying out a store: whether it does what artifacts, versions and rows rely on, and what is wrong if it does not.

All is tried in a folder of its own below the root, which is removed at the end.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import re
import tempfile
import threading
import uuid
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from airflow_artifacts.exceptions import (
    ArtifactsError,
    ConfigurationError,
    ObjectExistsError,
    ObjectNotFoundError,
    StorageError,
)
from airflow_artifacts.storage.urls import scrub

if TYPE_CHECKING:
    from collections.abc import Callable

    from airflow_artifacts.storage.objects import ObjectStore

FOLDER = "check"
"""Begins the name of the folder; what follows is another one each time."""

_LARGE = 8 * 1024 * 1024 + 1  # bytes; one more than a part of an upload has
_WHOLE = 256 * 1024  # bytes of an object that is replaced while it is read
_REPLACEMENTS = 8
_WRITERS = 4
_ODD_NAME = "odd \u00e9 %41+&=~#;,'(1).txt"
# What clients of stores say, in the order in which it is looked for, and what can be done about it.
_REMEDIES = (
    (
        r"no such bucket|no such container|NoSuchBucket|ContainerNotFound|bucket does not exist",
        "The bucket does not exist, or the name in the root is misspelt. Create it.",
    ),
    (
        r"InvalidAccessKeyId|SignatureDoesNotMatch|RequestTimeTooSkewed|\w+Token\b|AuthenticationFailed|\b401\b|invalid_grant",
        "The credentials are wrong or have expired. Check the connection, or the environment's, and the clock.",
    ),
    (
        r"AccessDenied|AllAccessDisabled|AuthorizationPermissionMismatch|Forbidden|\b403\b|[Pp]ermission",
        "The credentials do not allow it. They need reading, writing, listing and deleting below the root.",
    ),
    (
        r"[Cc]onnection refused|[Cc]onnect|timed? ?out|dns error|error sending request|resolve|Name or service",
        "Nothing answers there. Is the server running, and are its address and port right?",
    ),
)
_ERRNO_REMEDIES = {
    errno.ENOSPC: "There is no space left. Make room.",
    errno.EDQUOT: "The quota is used up. Make room.",
    errno.EROFS: "The file system is read-only. Mount it for writing, or choose another root.",
    errno.EACCES: "The user may not write there. Change the owner or the permissions of the folder.",
    errno.EPERM: "The user may not write there. Change the owner or the permissions of the folder.",
}


@dataclass(frozen=True)
class Check:
    """One thing that was tried: what, what is wrong with it, if anything, and what to do."""

    what: str
    problem: str = ""
    remedy: str = ""

    @property
    def is_well(self) -> bool:
        """Whether nothing is wrong."""
        return not self.problem


class _WrongError(Exception):
    """The store did not fail, but did something else than it should."""


def check_store(store: ObjectStore, on_check: Callable[[Check], None] = lambda _: None) -> list[Check]:
    """Try out a store, and remove what was written for it, whatever happens.

    Args:
        store: The store.
        on_check: Called with each result at once.

    Returns:
        The results. Where nothing can be written, little more is tried.
    """
    folder = f"{FOLDER}-{uuid.uuid4().hex}"
    done: list[Check] = []

    def run(what: str, check: Callable[[ObjectStore, str], None]) -> None:
        done.append(_run(what, check, store, folder))
        on_check(done[-1])

    run("Write an object", _write)
    if not done[0].is_well:
        run("List objects", _list_nothing)
        if done[1].is_well:  # else nothing answers, which has taken long enough
            with contextlib.suppress(ArtifactsError):
                _remove(store, folder)
        return done
    try:
        for what, check in _CHECKS.items():
            run(what, check)
    finally:
        run("Remove what was written for these checks", _remove)
    return done


def explain(what: str, error: BaseException) -> Check:
    """Say in plain words what an error means for what was tried, without secrets."""
    problem = " ".join(scrub(error).split())
    if isinstance(error, _WrongError):
        text, _, remedy = problem.partition(" -- ")
        return Check(what, text, remedy)
    if isinstance(error, ConfigurationError):  # which has the remedy in it
        return Check(what, problem)
    if isinstance(error, ObjectNotFoundError):
        problem = f"Nothing is found or can be made at {error.url}."
        return Check(what, problem, "Create the folder, or choose another root.")
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, OSError) and cause.errno in _ERRNO_REMEDIES:
            return Check(what, problem, _ERRNO_REMEDIES[cause.errno])
        cause = cause.__cause__
    for pattern, remedy in _REMEDIES:
        if re.search(pattern, problem):
            return Check(what, problem, remedy)
    return Check(what, problem)


def _run(what: str, check: Callable[[ObjectStore, str], None], store: ObjectStore, folder: str) -> Check:
    try:
        check(store, folder)
    except (ArtifactsError, _WrongError, OSError) as error:
        return explain(what, error)
    return Check(what)


def _wrong(
    problem: str, remedy: str = "It cannot be used. Choose another store, or a newer version of it."
) -> NoReturn:
    raise _WrongError(f"{problem} -- {remedy}")


def _write(store: ObjectStore, folder: str) -> None:
    store.create(f"{folder}/first", b"first")


def _read(store: ObjectStore, folder: str) -> None:
    if store.read(f"{folder}/first") != b"first":
        _wrong("Other bytes were read than were written.")


def _create_once(store: ObjectStore, folder: str) -> None:
    remedy = (
        "Of two tasks that save at once, one would lose what it saved, and nobody would notice. Choose a store "
        "that honours If-None-Match, as S3 itself and MinIO do, or a newer version of this one."
    )
    with contextlib.suppress(ObjectExistsError):
        store.create(f"{folder}/first", b"other")
        _wrong("An object was created a second time, over the first.", remedy)
    if store.read(f"{folder}/first") != b"first":
        _wrong("The second writer was told that the object exists, and replaced it all the same.", remedy)
    winners = _race(store, f"{folder}/race")
    if len(winners) != 1:
        _wrong(f"Of {_WRITERS} writers at once, {len(winners)} were told that they created the object.", remedy)
    if store.read(f"{folder}/race") != winners[0]:
        _wrong("The object that several writers created at once has not the bytes of the one who won.", remedy)


def _race(store: ObjectStore, key: str) -> list[bytes]:
    """Let several writers create an object at the same moment, and give what those wrote who were not refused."""
    start = threading.Barrier(_WRITERS)

    def create(data: bytes) -> bytes | None:
        start.wait()
        try:
            store.create(key, data)
        except ObjectExistsError:
            return None
        return data

    with ThreadPoolExecutor(_WRITERS) as pool:
        results = pool.map(create, [f"writer {number}".encode() for number in range(_WRITERS)])
        return [data for data in results if data is not None]


def _replace(store: ObjectStore, folder: str) -> None:
    key, bodies = f"{folder}/whole", (b"a" * _WHOLE, b"b" * _WHOLE)
    store.replace(key, bodies[0])
    is_over = threading.Event()

    def look() -> str:
        while not is_over.is_set():
            try:
                data = store.read(key)
            except ObjectNotFoundError:
                return "While an object was replaced, it was not there for a moment."
            if data not in bodies:
                return "While an object was replaced, a part of it was read."
        return ""

    with ThreadPoolExecutor(1) as pool:
        reader = pool.submit(look)
        try:
            for number in range(1, _REPLACEMENTS + 1):
                store.replace(key, bodies[number % 2])
                if store.read(key) != bodies[number % 2]:
                    _wrong("An object was replaced, and then the old bytes were read.")
        finally:
            is_over.set()
        if problem := reader.result():
            _wrong(problem)


def _list(store: ObjectStore, folder: str) -> None:
    for name in ("listed/one", "listed/two"):
        store.create(f"{folder}/{name}", b"1")
        if f"{folder}/{name}" not in [info.key for info in store.list(folder)]:
            _wrong("An object was written, and is not listed.")
    if "listed" not in store.folders(folder):
        _wrong("A folder with objects in it is not listed.")
    if store.list(f"{folder}/list"):
        _wrong("Objects are listed below a folder that only has the beginning of its name in common with theirs.")


def _list_nothing(store: ObjectStore, folder: str) -> None:
    store.list(folder)


def _large(store: ObjectStore, folder: str) -> None:
    with tempfile.TemporaryDirectory(prefix="airflow-artifacts-") as local:
        source, target = Path(local, "source"), Path(local, "target")
        source.write_bytes(os.urandom(_LARGE))
        store.upload(source, f"{folder}/large")
        store.download(f"{folder}/large", target)
        if _sha256(source) != _sha256(target):
            _wrong("Other bytes were read than were written.")


def _sha256(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


def _read_part(store: ObjectStore, folder: str) -> None:
    store.create(f"{folder}/parts", bytes(range(256)) * 64)
    with store.open(f"{folder}/parts") as file:
        file.seek(10_000)
        if file.read(20) != bytes((10_000 + number) % 256 for number in range(20)):
            _wrong("Other bytes were read than were asked for.")


def _odd_name(store: ObjectStore, folder: str) -> None:
    key = f"{folder}/{_ODD_NAME}"
    store.create(key, b"odd")
    if store.read(key) != b"odd" or key not in [info.key for info in store.list(folder)]:
        _wrong("The object is not found under its name.")


def _delete(store: ObjectStore, folder: str) -> None:
    store.delete(f"{folder}/first")
    with contextlib.suppress(ObjectNotFoundError):
        store.read(f"{folder}/first")
        _wrong("An object was deleted, and then read.")
    if f"{folder}/first" in [info.key for info in store.list(folder)]:
        _wrong("An object was deleted, and is still listed.")


def _remove(store: ObjectStore, folder: str) -> None:
    store.delete_prefix(folder)
    if left := store.list(folder):
        raise StorageError("delete", store.url(folder), f"{len(left)} objects are still there.")


_CHECKS: dict[str, Callable[[ObjectStore, str], None]] = {
    "Read it back": _read,
    "Create an object only once, also with several writers": _create_once,
    "Replace an object at once, also while it is read": _replace,
    "List objects, new ones at once": _list,
    "Keep an object of several parts (8 MiB + 1 byte)": _large,
    "Read a part of an object": _read_part,
    "Keep an object with an odd name": _odd_name,
    "Delete an object": _delete,
}

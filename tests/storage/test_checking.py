"""Each check finds what it is for: stores that do one thing wrong, and real servers that refuse."""

from __future__ import annotations

import errno
import io
import threading
import time
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO
from urllib.parse import unquote

import pytest

from airflow_artifacts.exceptions import MissingExtraError, ObjectExistsError, StorageError
from airflow_artifacts.storage import LocalObjectStore, open_store
from airflow_artifacts.storage.checking import check_store, explain
from tests.servers.rclone import KEY_ID, SECRET
from tests.storage.s3 import s3_environment, s3_root, s3_server

if TYPE_CHECKING:
    from collections.abc import Callable

    from airflow_artifacts.storage import ObjectInfo, ObjectStore
    from airflow_artifacts.storage.checking import Check

__all__ = ["s3_environment", "s3_root", "s3_server"]


def failed(store: ObjectStore) -> list[Check]:
    return [check for check in check_store(store) if not check.is_well]


def test_all_is_well_on_a_disk(tmp_path: Path) -> None:
    store = LocalObjectStore(tmp_path / "root")
    store.create("saved/a-1/x", b"x")
    seen: list[Check] = []
    checks = check_store(store, seen.append)
    assert seen == checks
    assert [check for check in checks if not check.is_well] == []
    assert [check.what for check in checks] == [
        "Write an object",
        "Read it back",
        "Create an object only once, also with several writers",
        "Replace an object at once, also while it is read",
        "List objects, new ones at once",
        "Keep an object of several parts (8 MiB + 1 byte)",
        "Read a part of an object",
        "Keep an object with an odd name",
        "Delete an object",
        "Remove what was written for these checks",
    ]
    assert [path.name for path in (tmp_path / "root").iterdir()] == ["saved"]
    assert [info.key for info in store.list()] == ["saved/a-1/x"]


def test_all_is_well_on_s3(s3_root: str) -> None:
    store = open_store(s3_root)
    store.create("saved/a-1/x", b"x")
    assert failed(store) == []
    assert [info.key for info in store.list()] == ["saved/a-1/x"]


def test_s3_that_ignores_the_condition(s3_root: str, monkeypatch: pytest.MonkeyPatch) -> None:
    store = open_store(s3_root)
    monkeypatch.setattr(store, "create", store.replace)
    (check,) = failed(store)
    assert check.what.startswith("Create an object only once")
    assert check.problem == "An object was created a second time, over the first."
    assert "If-None-Match" in check.remedy
    assert store.list() == []


def test_a_server_that_ignores_the_condition(rclone_server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    import boto3

    for name, value in {
        "AWS_ENDPOINT_URL": rclone_server,
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": KEY_ID,
        "AWS_SECRET_ACCESS_KEY": SECRET,
    }.items():
        monkeypatch.setenv(name, value)
    bucket = f"bucket-{uuid.uuid4().hex}"
    boto3.Session().client("s3").create_bucket(Bucket=bucket)
    checks = {check.what.partition(",")[0]: check for check in check_store(open_store(f"s3://{bucket}/x"))}
    assert checks["Write an object"].is_well
    assert checks["Create an object only once"].problem == "An object was created a second time, over the first."
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "another-one")
    write, listing = check_store(open_store(f"s3://{bucket}/x"))
    for check in (write, listing):
        assert check.remedy.startswith("The credentials are wrong or have expired.")
        assert "another-one" not in check.problem


class CreatesTwice(LocalObjectStore):
    def create(self, key: str, data: bytes) -> None:
        self.replace(key, data)


class RefusesAndReplaces(LocalObjectStore):
    def create(self, key: str, data: bytes) -> None:
        existed = self.exists(key)
        self.replace(key, data)
        if existed:
            raise ObjectExistsError(self.url(key))


class LooksBeforeItCreates(LocalObjectStore):
    def create(self, key: str, data: bytes) -> None:
        if self.exists(key):
            raise ObjectExistsError(self.url(key))
        time.sleep(0.05)
        self.replace(key, data)


class LoserWrites(LocalObjectStore):
    """The last of several writers is refused, and what it wrote is there."""

    def create(self, key: str, data: bytes) -> None:
        try:
            super().create(key, data)
        except ObjectExistsError:
            if "race" in key:
                self.replace(key, data)
            raise


class WritesOverIt(LocalObjectStore):
    def replace(self, key: str, data: bytes) -> None:
        path = Path(self._path(key))
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as file:
            for begin in range(0, len(data), 50_000):
                file.write(data[begin : begin + 50_000])
                file.flush()
                time.sleep(0.002)


class DeletesBeforeItReplaces(LocalObjectStore):
    def replace(self, key: str, data: bytes) -> None:
        self.delete(key)
        time.sleep(0.01)
        super().replace(key, data)


class ReadsOld(LocalObjectStore):
    _seen: dict[str, bytes] = {}

    def read(self, key: str) -> bytes:
        return self._seen.setdefault(key, super().read(key))


class ListsOld(LocalObjectStore):
    _seen: dict[str, list[ObjectInfo]] = {}

    def list(self, prefix: str = "") -> list[ObjectInfo]:
        return self._seen.setdefault(prefix, super().list(prefix))

    def delete_prefix(self, prefix: str) -> None:
        super().delete_prefix(prefix)
        self._seen.clear()


class HasNoFolders(LocalObjectStore):
    def folders(self, prefix: str) -> list[str]:
        return []


class ListsByBeginning(LocalObjectStore):
    def list(self, prefix: str = "") -> list[ObjectInfo]:
        return [info for info in super().list() if info.key.startswith(prefix)]


class CutsLargeFiles(LocalObjectStore):
    def download(self, key: str, target: Path) -> None:
        super().download(key, target)
        target.write_bytes(target.read_bytes()[: 8 * 1024 * 1024])


class IgnoresOffsets(LocalObjectStore):
    def open(self, key: str) -> BinaryIO:
        class Stream(io.BytesIO):
            def seek(self, offset: int, whence: int = 0) -> int:
                return 0

        return Stream(self.read(key))


class DecodesNames(LocalObjectStore):
    def _path(self, key: str) -> str:
        return unquote(super()._path(key))


class KeepsWhatIsDeleted(LocalObjectStore):
    def delete(self, key: str) -> None:
        pass


class ListsWhatIsDeleted(LocalObjectStore):
    _seen: set[ObjectInfo] = set()

    def list(self, prefix: str = "") -> list[ObjectInfo]:
        self._seen.update(super().list(prefix))
        return [
            info for info in sorted(self._seen, key=lambda info: info.key) if info.key.startswith(f"{prefix}/")
        ]

    def delete_prefix(self, prefix: str) -> None:
        super().delete_prefix(prefix)
        self._seen.clear()


class RemovesNothing(LocalObjectStore):
    def delete_prefix(self, prefix: str) -> None:
        pass


@pytest.mark.parametrize(
    ("kind", "what", "problem"),
    [
        (CreatesTwice, "Create an object only once", "created a second time"),
        (RefusesAndReplaces, "Create an object only once", "and replaced it all the same"),
        (LooksBeforeItCreates, "Create an object only once", "4 were told that they created"),
        (LoserWrites, "Create an object only once", "not the bytes of the one who won"),
        (WritesOverIt, "Replace an object", "a part of it was read"),
        (DeletesBeforeItReplaces, "Replace an object", "not there for a moment"),
        (ReadsOld, "Replace an object", "the old bytes were read"),
        (ListsOld, "List objects", "is not listed"),
        (HasNoFolders, "List objects", "A folder with objects in it is not listed"),
        (ListsByBeginning, "List objects", "the beginning of its name"),
        (CutsLargeFiles, "Keep an object of several parts", "Other bytes were read than were written"),
        (IgnoresOffsets, "Read a part", "Other bytes were read than were asked for"),
        (DecodesNames, "Keep an object with an odd name", "not found under its name"),
        (KeepsWhatIsDeleted, "Delete an object", "deleted, and then read"),
        (ListsWhatIsDeleted, "Delete an object", "still listed"),
        (RemovesNothing, "Remove what was written", "objects are still there"),
    ],
)
def test_one_thing_is_wrong(tmp_path: Path, kind: type[LocalObjectStore], what: str, problem: str) -> None:
    check = next(check for check in check_store(kind(tmp_path)) if not check.is_well)
    assert check.what.startswith(what)
    assert problem in check.problem
    assert check.remedy or kind is RemovesNothing
    assert list(tmp_path.iterdir()) == [] or kind is RemovesNothing


def test_what_was_written_is_removed_whatever_happens(tmp_path: Path) -> None:
    class Interrupted(LocalObjectStore):
        def folders(self, prefix: str) -> list[str]:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        check_store(Interrupted(tmp_path))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("root", "problem"),
    [
        ("/proc/nothing", "Nothing is found or can be made at file:///proc/nothing/check-"),
        (f"{__file__}/root", "an object has a key that this one would need as a folder"),
    ],
)
def test_where_nothing_can_be_written(root: str, problem: str) -> None:
    write, listing = check_store(open_store(root))
    assert (write.what, listing.what) == ("Write an object", "List objects")
    assert problem in write.problem


def test_a_full_disk(tmp_path: Path) -> None:
    class Full(LocalObjectStore):
        def create(self, key: str, data: bytes) -> None:
            with self._errors("create", key), open("/dev/full", "wb", buffering=0) as file:  # noqa: PTH123
                file.write(data)

    (write, *_) = check_store(Full(tmp_path))
    assert write.problem.endswith("No space left on device")
    assert write.remedy == "There is no space left. Make room."


def test_what_may_only_be_read(tmp_path: Path) -> None:
    class ReadOnly(LocalObjectStore):
        def create(self, key: str, data: bytes) -> None:
            with self._errors("create", key):
                raise PermissionError(errno.EACCES, "Permission denied")

    write, listing = check_store(ReadOnly(tmp_path))
    assert write.remedy.startswith("The user may not write there.")
    assert listing.is_well


def test_a_bucket_that_is_not_there(s3_root: str) -> None:
    write, listing = check_store(open_store(f"{s3_root.rpartition('-')[0]}-{'0' * 32}/x"))
    for check in (write, listing):
        assert "no such bucket" in check.problem
        assert check.remedy.endswith("Create it.")


@pytest.mark.parametrize(
    ("problem", "remedy"),
    [
        ("Client error with status 403 Forbidden: <Code>SignatureDoesNotMatch</Code>", "credentials are wrong"),
        ("Client error with status 403 Forbidden: <Code>InvalidAccessKeyId</Code>", "credentials are wrong"),
        ("Client error with status 403 Forbidden: <Code>AccessDenied</Code>", "credentials do not allow it"),
        ("error sending request: tcp connect error: Connection refused (os error 111)", "Nothing answers"),
        ("Cannot connect to host storage.googleapis.com:443 [Name or service not known]", "Nothing answers"),
        ("the server is a teapot", ""),
    ],
)
def test_what_can_be_done(problem: str, remedy: str) -> None:
    check = explain("Write an object", StorageError("create", "s3://bucket/key", problem))
    assert problem in check.problem
    assert remedy in check.remedy
    assert bool(remedy) == bool(check.remedy)


def test_a_missing_package_and_a_secret() -> None:
    check = explain("Open the root", MissingExtraError("obstore", "s3", "Opening s3:// URLs"))
    assert "pip install 'airflow-artifacts[s3]'" in check.problem
    hidden = explain("Open the root", RuntimeError("cannot open s3://KEY:SECRET@bucket/x?sig=SECRET"))
    assert "SECRET" not in hidden.problem


def test_several_checks_at_once(tmp_path: Path) -> None:
    found: list[list[Check]] = []
    checking: Callable[[], Any] = lambda: found.append(failed(LocalObjectStore(tmp_path)))  # noqa: E731
    threads = [threading.Thread(target=checking) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [[], [], []]
    assert list(tmp_path.iterdir()) == []

"""The local store and the one in memory keep the contract, the local one also when processes die."""

from __future__ import annotations

import errno
import multiprocessing
import os
import signal
import subprocess
import sys
import threading
import time
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Any

import fsspec
import pytest

from airflow_artifacts.exceptions import (
    ConfigurationError,
    MissingExtraError,
    ObjectExistsError,
    StorageError,
    UnsafeNameError,
    UnsafeUrlError,
)
from airflow_artifacts.storage import (
    LocalObjectStore,
    ObjectStore,
    local_path,
    open_store,
    without_credentials,
)
from tests.contracts.large import LargeFileContract
from tests.contracts.object_store import ObjectStoreContract
from tests.contracts.sharing import SharedStoreContract

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


class TestLocalObjectStore(SharedStoreContract, LargeFileContract):
    backend = "local disk"

    @pytest.fixture
    def store(self, tmp_path: Path) -> ObjectStore:
        return LocalObjectStore(tmp_path / "root with space #1")

    def another(self, store: ObjectStore) -> ObjectStore:
        return open_store(store.root)


class TestMemoryObjectStore(ObjectStoreContract):
    backend = "memory"

    @pytest.fixture
    def store(self) -> Iterator[ObjectStore]:
        store = open_store(f"memory://{uuid.uuid4().hex}")
        yield store
        for info in store.list():
            store.delete(info.key)

    def another(self, store: ObjectStore) -> ObjectStore:
        return open_store(store.root)


class TestStoreOfAnyFileSystem(ObjectStoreContract):
    """The code that stores without a class of their own use, on fsspec's local file system."""

    backend = "any file system of fsspec"

    @pytest.fixture
    def store(self, tmp_path: Path) -> ObjectStore:
        filesystem = fsspec.filesystem("file", auto_mkdir=True, skip_instance_cache=True)
        return ObjectStore((tmp_path / "root").as_uri(), filesystem, str(tmp_path / "root"))

    def another(self, store: ObjectStore) -> ObjectStore:
        return ObjectStore(store.root, store._filesystem, store._base)

    # fsspec writes local files in place: give a path or a file:// URL, which have a store of their own.
    test_one_of_many_threads_creates = None  # type: ignore[assignment]
    test_replace_shows_old_or_new = None  # type: ignore[assignment]


def _create(root: str, number: int, results: Any, start: Any) -> None:
    store = open_store(root)
    start.wait()
    won = []
    for key in range(50):
        try:
            store.create(f"race/{key}", bytes([number]) * 20_000)
        except ObjectExistsError:
            continue
        won.append(key)
    results.put((number, won))


def test_one_of_several_processes_creates(tmp_path: Path) -> None:
    context = multiprocessing.get_context("fork")
    results, start = context.Queue(), context.Barrier(4)
    processes = [
        context.Process(target=_create, args=(str(tmp_path), number, results, start)) for number in range(4)
    ]
    for process in processes:
        process.start()
    won = dict(results.get(timeout=30) for _ in processes)
    for process in processes:
        process.join(30)
    assert sorted(key for keys in won.values() for key in keys) == list(range(50))
    store = open_store(str(tmp_path))
    for number, keys in won.items():
        for key in keys:
            assert store.read(f"race/{key}") == bytes([number]) * 20_000
    assert list(tmp_path.rglob(".tmp-*")) == []


_WRITE_FOREVER = """
import sys
from itertools import count
from pathlib import Path
from airflow_artifacts.storage import open_store
store = open_store(sys.argv[1])
print("ready", flush=True)
for n in count(int(sys.argv[2])):
    store.create(f"created/{n}", bytes([n % 251]) * 400_000)
    store.replace("replaced", bytes([n % 251]) * 400_000)
"""


def test_a_killed_writer_leaves_nothing_half(tmp_path: Path) -> None:
    store = open_store(str(tmp_path))
    left = 0
    for attempt in range(12):
        command = [sys.executable, "-c", _WRITE_FOREVER, str(tmp_path), str(attempt * 1_000_000)]
        process = subprocess.Popen(
            command, stdout=subprocess.PIPE, env=os.environ | {"PYTHONPATH": str(Path.cwd())}
        )
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(0.003 + 0.011 * attempt)
        process.send_signal(signal.SIGKILL)
        process.wait()
        process.stdout.close()
        for info in store.list():
            assert ".tmp-" not in info.key
            data = store.read(info.key)
            assert info.size == len(data) == 400_000
            assert data == data[:1] * 400_000
        left += len(list(tmp_path.rglob(".tmp-*")))
    assert left, "no kill came while a file was being written: the test proves nothing"
    store.delete_prefix("created")
    assert [info.key for info in store.list()] == ["replaced"]


def test_a_full_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = LocalObjectStore(tmp_path)
    store.replace("old", b"old")

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    source = tmp_path / "source"
    source.write_bytes(b"x")
    monkeypatch.setattr(os, "fsync", full)
    acts: list[Callable[[], object]] = [
        lambda: store.create("a/new", b"new"),
        lambda: store.replace("old", b"new"),
        lambda: store.upload(source, "a/up"),
    ]
    for act in acts:
        with pytest.raises(StorageError, match="No space left") as caught:
            act()
        assert caught.value.retryable
        assert caught.value.url.startswith(store.root)
    assert [info.key for info in store.list()] == ["old", "source"]
    assert store.read("old") == b"old"
    assert list(tmp_path.rglob(".tmp-*")) == []


_LIMITED = """
import resource, signal, sys
from pathlib import Path
from airflow_artifacts.exceptions import StorageError
from airflow_artifacts.storage import open_store
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
store = open_store(sys.argv[1])
try:
    store.create("big/one", bytes(200_000))
except StorageError as error:
    print(error)
assert store.list() == [] and not list(Path(sys.argv[1]).rglob(".tmp-*"))
"""


def test_a_file_that_may_not_grow(tmp_path: Path) -> None:
    command = [sys.executable, "-c", _LIMITED, str(tmp_path)]
    done = subprocess.run(
        command, check=False, capture_output=True, text=True, env=os.environ | {"PYTHONPATH": str(Path.cwd())}
    )
    assert done.returncode == 0, done.stderr
    assert "big/one" in done.stdout


def no_links(*_: object, **__: object) -> None:
    raise OSError(errno.EPERM, "Operation not permitted")


def test_without_hard_links_a_rename_that_does_not_replace(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "link", no_links)
    TestLocalObjectStore().test_create_once(LocalObjectStore(tmp_path))
    TestLocalObjectStore().test_one_of_many_threads_creates(LocalObjectStore(tmp_path))
    assert list(tmp_path.rglob(".tmp-*")) == []


def test_without_either_an_error_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import ctypes

    monkeypatch.setattr(os, "link", no_links)
    monkeypatch.setattr(ctypes, "CDLL", lambda *_, **__: object())
    store = LocalObjectStore(tmp_path)
    with pytest.raises(ConfigurationError, match="neither hard links") as caught:
        store.create("a", b"")
    assert not caught.value.retryable
    assert store.list() == []
    assert list(tmp_path.rglob(".tmp-*")) == []


def test_a_link_whose_answer_was_lost_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    link = os.link

    def twice(source: Path, target: Path) -> None:
        link(source, target)
        link(source, target)

    monkeypatch.setattr(os, "link", twice)
    store = LocalObjectStore(tmp_path)
    store.create("a", b"1")
    with pytest.raises(ObjectExistsError):
        store.create("a", b"2")
    assert store.read("a") == b"1"


def test_other_errors_of_links(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def link(*_: object) -> None:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(os, "link", link)
    with pytest.raises(StorageError, match=r"a/b.*Input/output"):
        LocalObjectStore(tmp_path).create("a/b", b"")


def test_an_object_in_the_way_of_a_folder(tmp_path: Path) -> None:
    store = LocalObjectStore(tmp_path)
    store.create("a", b"1")
    acts: list[Callable[[], object]] = [lambda: store.create("a/b", b""), lambda: store.replace("a/b/c", b"")]
    for act in acts:
        with pytest.raises(StorageError, match="would need as a folder") as caught:
            act()
        assert type(caught.value) is StorageError


def test_listing_while_files_come_and_go(tmp_path: Path) -> None:
    store = LocalObjectStore(tmp_path)
    keys = [f"a/{n:03d}" for n in range(300)]
    for key in keys:
        store.replace(key, b"")
    stop = threading.Event()

    def churn() -> None:
        while not stop.is_set():
            (tmp_path / "a" / ".tmp-1").write_bytes(b"")
            (tmp_path / "a" / "zz").write_bytes(b"")
            (tmp_path / "a" / ".tmp-1").unlink()
            (tmp_path / "a" / "zz").unlink()

    thread = threading.Thread(target=churn)
    thread.start()
    try:
        for _ in range(200):
            assert [info.key for info in store.list("a") if info.key != "a/zz"] == keys
    finally:
        stop.set()
        thread.join()


def test_links_in_the_root_are_not_followed_by_list_and_delete(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret").write_bytes(b"x")
    root = tmp_path / "root"
    (root / "a").mkdir(parents=True)
    (root / "a" / "link").symlink_to(outside)
    (root / "a" / "broken").symlink_to(tmp_path / "nothing")
    store = LocalObjectStore(root)
    assert store.list() == []
    store.delete_prefix("a")
    assert (outside / "secret").exists()


def test_temporary_names_are_reserved(tmp_path: Path) -> None:
    with pytest.raises(UnsafeNameError, match="being written"):
        LocalObjectStore(tmp_path).create("a/.tmp-1", b"")


class OddStore(ObjectStore):
    """Its client raises an error that is no OSError and quotes a signed URL."""

    def __init__(self) -> None:
        class Client:
            def cat_file(self, _: str) -> bytes:
                raise RuntimeError("GET https://me:pw@host/k?sig=SECRET#f failed")

        super().__init__("s3://bucket", Client(), "bucket")


def test_errors_of_clients_become_ours_without_secrets() -> None:
    with pytest.raises(StorageError, match="Could not read s3://bucket/a: GET https://host/k failed"):
        OddStore().read("a")


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("s3://bucket/a", "s3://bucket/a"),
        ("s3://conn_id@bucket/a", "s3://conn_id@bucket/a"),
        ("s3://key:secret@bucket/a", "s3://bucket/a"),
        ("s3://key:sec/ret@bucket/a", "s3://bucket/a"),
        ("s3://key:sec?ret@bucket/a", "s3://bucket/a"),
        ("s3://key:sec#ret@bucket/a", "s3://bucket/a"),
        ("s3://bucket/a@b:c", "s3://bucket/a@b:c"),
        ("s3://bucket:9000/a", "s3:///a"),
        ("s3://AKIA:123/se/cret@bucket/a", "s3://bucket/a"),
        ("s3a://AKIA:/secret@bucket/a", "s3a://bucket/a"),
        ("hdfs://host:9000/a@b", "hdfs://host:9000/a@b"),
        ("https://token@host/a?sig=1#x", "https://host/a"),
        ("https://host?sig=1", "https://host"),
        ("https://host/a#token", "https://host/a"),
        ("https://host:80/a?x=u:p@b", "https://host:80/a"),
        ("simplecache::s3://key:secret@bucket/a", "simplecache::s3://bucket/a"),
        ("/plain/path", "/plain/path"),
    ],
)
def test_without_credentials(url: str, shown: str) -> None:
    assert without_credentials(url) == shown
    assert without_credentials(shown) == shown


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("/a/b", "/a/b"),
        ("file:///a/b%20c", "/a/b c"),
        ("file:///a#b?c", "/a#b?c"),
        ("local:///a", "/a"),
        ("file:/a", "/a"),
        ("file://localhost/a", "/a"),
        ("file:///", "/"),
        ("~/x", str(Path.home() / "x")),
        ("x", str(Path.cwd() / "x")),
    ],
)
def test_local_path(url: str, path: str) -> None:
    assert local_path(url) == Path(path)


def test_a_root_that_cannot_be_opened_is_named_without_secrets() -> None:
    with pytest.raises(ConfigurationError, match=r"nonsense://b/a\b.* cannot be opened"):
        open_store("nonsense://b/a")
    for url in ("nonsense://key:secret@b/a", "nonsense://b/a?sig=secret", "nonsense://b/a#token=secret"):
        with pytest.raises(UnsafeUrlError, match=r"^nonsense://b/a is refused: credentials") as caught:
            open_store(url)
        assert "secret" not in str(caught.value)


def test_a_given_file_system_is_used_and_its_listings_are_not_cached() -> None:
    filesystem = fsspec.filesystem("memory", skip_instance_cache=True)
    store = open_store("memory://conn_id@given/user@root", filesystem)
    store.create("a", b"1")
    assert filesystem.cat("/given/user@root/a") == b"1"
    assert store.root == "memory://conn_id@given/user@root"
    assert filesystem.dircache.use_listings_cache is False
    store.delete("a")


def test_the_root_of_the_disk_is_a_root() -> None:
    assert LocalObjectStore(Path("/")).url("a") == "file:///a"


@pytest.mark.parametrize(
    ("url", "extra"), [("s3://bucket/x", "s3"), ("gs://bucket/x", "gcs"), ("abfs://container/x", "azure")]
)
def test_a_missing_package_is_named_with_the_command_that_installs_it(
    url: str, extra: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in ("obstore", "gcsfs", "adlfs"):
        monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(MissingExtraError, match=rf"pip install 'airflow-artifacts\[{extra}\]'"):
        open_store(url)

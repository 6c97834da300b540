"""Files first, then the record: nothing is seen before all of it is there, and nothing is written in vain."""

from __future__ import annotations

import functools
import io
import os
import signal
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from airflow_artifacts.artifacts import (
    ArtifactConfig,
    ArtifactRepository,
    Draft,
    Origin,
    check_label,
    check_value,
    copying,
    draft_file,
    draft_path,
    draft_value,
    save,
    saving,
)
from airflow_artifacts.artifacts.registry import Registry
from airflow_artifacts.artifacts.saving import file_name, is_write_function, joined, write_stream
from airflow_artifacts.artifacts.value_codecs import Encoded
from airflow_artifacts.exceptions import ArtifactError, StorageError, UnsafeInputError, VersionExistsError
from airflow_artifacts.storage import LocalObjectStore, Producer
from tests.artifacts.support import PRODUCER, keys, new_store, save_value

if TYPE_CHECKING:
    from collections.abc import Callable

CONFIG = ArtifactConfig("a").checked()
RETRY = Producer("d", "r", "t", try_number=2, attempt="y")
BIG = 4 * 1024 * 1024 + 1  # bytes; one more than what is stored in one piece


@pytest.fixture(params=["local", "memory"])
def repository(request: pytest.FixtureRequest, tmp_path: Path) -> ArtifactRepository:
    return ArtifactRepository(new_store(request.param, tmp_path))


@pytest.fixture
def local(tmp_path: Path) -> ArtifactRepository:
    return ArtifactRepository(new_store("local", tmp_path))


class Net:
    """A value that can be called, as a neural network can."""

    def __call__(self) -> None: ...

    def write(self, folder: Path) -> None:
        write_net(folder)


def fill(folder: Path) -> Path:
    (folder / "deep").mkdir(parents=True)
    (folder / "b.txt").write_text("b")
    (folder / "deep" / "ä #1.bin").write_bytes(b"\0")
    return folder


# Drafts


def test_functions_write_and_other_values_that_can_be_called_are_values() -> None:
    assert all(map(is_write_function, [fill, lambda _: None, Net().write, functools.partial(fill), [].append]))
    assert not any(map(is_write_function, [Net(), Net, int, 5, "text", Path("a")]))


def write_net(folder: Path, data: bytes = b"net") -> None:
    (folder / "below").mkdir()
    (folder / "below" / "net #1.bin").write_bytes(data)


@pytest.mark.parametrize(
    "write",
    [write_net, functools.partial(write_net, data=b"par"), Net().write],
    ids=["function", "partial", "method"],
)
def test_a_function_writes_files_into_a_folder(repository: ArtifactRepository, write: Any) -> None:
    version = save_value(repository, "a", write)
    assert [(file.path, file.size) for file in version.files] == [("below/net #1.bin", 3)]
    assert (version.kind, version.codec, version.media_type) == ("folder", "folder", None)
    assert version.metadata == {"files": 1, "size": 3}


@pytest.mark.parametrize("how", ["file", "folder"])
def test_paths_are_kept_as_they_are(repository: ArtifactRepository, tmp_path: Path, how: str) -> None:
    folder = fill(tmp_path / "source")
    version = save_value(repository, "a", folder if how == "folder" else folder / "b.txt")
    stored = {key.rpartition(f"{version.path}/")[2] for key in keys(repository.store) if key.startswith("saved/")}
    assert stored == ({"b.txt", "deep/ä #1.bin"} if how == "folder" else {"b.txt"})
    assert (version.kind, version.media_type) == ((how, None) if how == "folder" else ("file", "text/plain"))
    assert fill_is_there(folder), "the source is left as it is"


def fill_is_there(folder: Path) -> bool:
    return (folder / "b.txt").read_text() == "b" and (folder / "deep" / "ä #1.bin").read_bytes() == b"\0"


def make_absent(folder: Path) -> Path:
    return folder / "absent"


def make_empty(folder: Path) -> Path:
    (folder / "empty" / "within").mkdir(parents=True)
    return folder / "empty"


def make_fifo(folder: Path) -> Path:
    os.mkfifo(folder / "fifo")
    return folder / "fifo"


def make_fifo_in_folder(folder: Path) -> Path:
    os.mkfifo(fill(folder / "source") / "fifo")
    return folder / "source"


def make_link_out(folder: Path) -> Path:
    (fill(folder / "source") / "link").symlink_to("/etc/hostname")
    return folder / "source"


def make_dead_link(folder: Path) -> Path:
    (folder / "link").symlink_to(folder / "nothing")
    return folder / "link"


def make_backslash(folder: Path) -> Path:
    (folder / "a\\b").write_text("x")
    return folder / "a\\b"


@pytest.mark.parametrize(
    ("make", "problem"),
    [
        (make_absent, "absent' cannot be read: No such file or directory."),
        (make_empty, "empty' is empty. Nothing would be kept of it."),
        (make_fifo, "fifo' is neither a file nor a folder."),
        (make_fifo_in_folder, "'fifo' is neither a file nor a folder."),
        (make_link_out, "the link 'link' leads out of its folder."),
        (make_dead_link, "link' cannot be read: No such file or directory."),
        (make_backslash, "backslashes"),
    ],
)
def test_paths_that_cannot_be_kept(
    local: ArtifactRepository, tmp_path: Path, make: Callable[[Path], Path], problem: str
) -> None:
    (tmp_path / "here").mkdir()
    with pytest.raises((ArtifactError, UnsafeInputError)) as caught:
        save_value(local, "a", make(tmp_path / "here"))
    assert problem in str(caught.value)
    assert keys(local.store) == []


def test_a_link_to_a_file_is_kept_under_its_own_name(local: ArtifactRepository, tmp_path: Path) -> None:
    (tmp_path / "real.txt").write_text("x")
    (tmp_path / "link.csv").symlink_to(tmp_path / "real.txt")
    version = save_value(local, "a", tmp_path / "link.csv")
    assert ([file.path for file in version.files], version.media_type) == (["link.csv"], "text/csv")


def test_a_file_that_is_gone_before_it_is_read(local: ArtifactRepository, tmp_path: Path) -> None:
    (tmp_path / "f").touch()
    draft = draft_path(CONFIG, tmp_path / "f")
    (tmp_path / "f").unlink()
    with pytest.raises(ArtifactError, match=r"'a' was not saved: a file cannot be read: .*No such file"):
        save(local, [draft], Origin())
    assert keys(local.store) == []


def test_a_function_that_writes_nothing_or_fails(local: ArtifactRepository) -> None:
    with pytest.raises(ArtifactError, match=r"'a' was not saved: no file was written"):
        save_value(local, "a", lambda _: None)
    with pytest.raises(ZeroDivisionError):
        save_value(local, "a", lambda _: 1 / 0)
    assert keys(local.store) == []


def test_values_are_checked_before_anything_is_written() -> None:
    check_value("a", {"x": [1]}, kind=None, allow_pickle=False)
    check_value("a", Path("absent"), kind=None, allow_pickle=False)
    check_value("a", fill, kind=None, allow_pickle=False)
    with pytest.raises(ArtifactError, match=r"no codec takes a value of the type object"):
        check_value("a", object(), kind=None, allow_pickle=False)
    for value in (Path("a"), fill):
        with pytest.raises(ArtifactError, match=r"kind='csv' is for texts"):
            check_value("a", value, kind="csv", allow_pickle=False)


def test_names_of_files() -> None:
    assert [file_name(name) for name in ("a", "a/b/c.csv")] == ["a", "c.csv"]
    assert [joined(path, "x") for path in (None, "", "a", "a/b/")] == ["x", "x", "a/x", "a/b/x"]


# Saving


def test_a_record_says_where_it_comes_from(repository: ArtifactRepository) -> None:
    alone = save_value(repository, "a", {"x": 1})
    made = save_value(repository, "a", {"x": 1}, PRODUCER, (("b", 3), ("c/d", 1)), tags=["t"], metadata={"m": 1})
    assert (alone.version, alone.producer, alone.parents, alone.step) == (1, None, (), None)
    assert (made.version, made.producer, made.tags) == (2, PRODUCER, ("t",))
    assert made.parents == ("artifact://b@3", "artifact://c/d@1")
    assert alone.path.startswith("saved/a-")
    assert made.path.startswith("runs/d/r/t/-1/001-x/artifacts/a-")
    assert repository.get("a", 2).to_ref() == made.to_ref()


def test_files_are_there_before_the_record_is(
    repository: ArtifactRepository, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    append = Registry.append
    seen: list[str] = []

    def look(self: Registry, record: Any) -> int:
        seen.extend(key for key in keys(repository.store) if key.startswith(record.path))
        return append(self, record)

    monkeypatch.setattr(Registry, "append", look)
    save_value(repository, "a", fill(tmp_path / "source"))
    assert len(seen) == 2


def test_a_crash_before_the_record_leaves_nothing_that_is_seen(
    repository: ArtifactRepository, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(*_: Any) -> None:
        raise KeyboardInterrupt

    for name in ("a", "x" * 200):
        monkeypatch.setattr(Registry, "append", crash)
        with pytest.raises(KeyboardInterrupt):
            save_value(repository, name, 1, PRODUCER)
        monkeypatch.undo()
    left = keys(repository.store)
    assert len(left) == 2
    assert (repository.latest(), repository.versions("a")) == ([], [])
    assert save_value(repository, "a", 2, PRODUCER).version == 1
    assert [version.load() for version in repository.latest()] == [2]
    assert set(left) <= set(keys(repository.store)), "files are not looked for, and so not touched"


def test_the_name_of_a_long_name_may_be_all_that_is_there(repository: ArtifactRepository) -> None:
    name = "x" * 200
    save_value(repository, name)
    (entry,) = [key for key in keys(repository.store) if key.endswith("/1")]
    repository.store.delete(entry)
    assert repository.latest() == []
    assert save_value(repository, name).version == 1
    assert [version.name for version in repository.latest()] == [name]


def test_several_are_registered_after_all_are_stored(
    local: ArtifactRepository, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    drafts = []
    for name in ("a", "b", "c"):
        (tmp_path / name).write_text(name)
        drafts.append(draft_path(ArtifactConfig(name).checked(), tmp_path / name))
    write = LocalObjectStore.write

    def fail(self: LocalObjectStore, key: str, data: bytes) -> None:
        if "/b-" in key:
            raise StorageError("write", self.url(key), "the disk is full.")
        write(self, key, data)

    monkeypatch.setattr(LocalObjectStore, "write", fail)
    with pytest.raises(StorageError, match="the disk is full"):
        save(local, drafts, Origin())
    assert local.names() == []
    monkeypatch.undo()
    assert [version.uri for version in save(local, drafts, Origin())] == [f"artifact://{name}@1" for name in "abc"]
    assert save(local, [], Origin()) == []


@pytest.mark.parametrize("size", [3, BIG])
@pytest.mark.parametrize("how", ["written to", "gone"])
def test_a_file_that_changes_while_it_is_saved(
    repository: ArtifactRepository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: int, how: str
) -> None:
    source = tmp_path / "source.bin"
    source.write_bytes(b"a" * size)

    def then_change(name: str, files: Any) -> Any:
        described = copying.describe_files(name, files)
        if how == "gone":
            source.unlink()
        else:
            source.write_bytes(b"b" * size)
        return described

    monkeypatch.setattr("airflow_artifacts.artifacts.saving.describe_files", then_change)
    problem = (
        "'source.bin' was written to meanwhile" if how == "written to" else "a file cannot be read: .*source.bin"
    )
    with pytest.raises(ArtifactError, match=problem):
        save_value(repository, "a", source)
    assert repository.names() == []


def test_a_file_that_grows_while_it_is_uploaded(
    local: ArtifactRepository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = tmp_path / "log.bin"
    source.write_bytes(bytes(BIG))
    upload = LocalObjectStore.upload

    def grown(self: LocalObjectStore, path: Path, key: str, **options: Any) -> str | None:
        with path.open("ab") as file:
            file.write(b"more")
        return upload(self, path, key, **options)

    monkeypatch.setattr(LocalObjectStore, "upload", grown)
    with pytest.raises(ArtifactError, match="was written to meanwhile"):
        save_value(local, "a", source)


def test_small_files_are_stored_in_parallel(
    local: ArtifactRepository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    together = threading.Barrier(4, timeout=20)
    write = LocalObjectStore.write

    def meet(self: LocalObjectStore, key: str, data: bytes) -> None:
        if key.startswith("saved/"):
            together.wait()
        write(self, key, data)

    for name in "abcd":
        (tmp_path / "source").mkdir(exist_ok=True)
        (tmp_path / "source" / name).write_text(name)
    monkeypatch.setattr(LocalObjectStore, "write", meet)
    assert len(save_value(local, "a", tmp_path / "source").files) == 4


# Labels


def test_a_duplicate_label_changes_nothing_in_the_store(repository: ArtifactRepository) -> None:
    save_value(repository, "a", 1, version="v1")
    save_value(repository, "a", 2)
    before = keys(repository.store)
    for producer in (None, PRODUCER):
        with pytest.raises(VersionExistsError, match=r"'a' was not saved: its version 1 has the label 'v1'"):
            save_value(repository, "a", 1, producer, version="v1")
    assert keys(repository.store) == before
    assert save_value(repository, "a", 1, version="v2").version == 3


def test_a_retry_with_the_same_content_gets_the_version_that_is_there(repository: ArtifactRepository) -> None:
    first = save_value(repository, "a", [1], PRODUCER, version="v1")
    before = keys(repository.store)
    again = save_value(repository, "a", [1], RETRY, version="v1")
    assert (again, again.producer) == (first, PRODUCER)
    with pytest.raises(VersionExistsError):
        save_value(repository, "a", [2], RETRY, version="v1")
    for other in (Producer("d", "r2", "t"), Producer("d", "r", "t", 0), Producer("d", "r", "u")):
        with pytest.raises(VersionExistsError):
            save_value(repository, "a", [1], other, version="v1")
    assert keys(repository.store) == before
    assert save_value(repository, "a", [1], RETRY).version == 2, "without a label it is a new one"


def test_a_retry_does_not_bring_back_what_was_deleted(repository: ArtifactRepository) -> None:
    save_value(repository, "a", [1], PRODUCER, version="v1")
    repository.delete("a", [1])
    config = ArtifactConfig("a", "v1").checked()
    for origin in (Origin(PRODUCER), Origin(RETRY), Origin()):
        with pytest.raises(VersionExistsError):
            check_label(repository, config, origin)
    assert check_label(repository, ArtifactConfig("a", "v2"), Origin()) is None
    assert check_label(repository, ArtifactConfig("a"), Origin()) is None


def test_some_of_a_retry_may_be_there(local: ArtifactRepository, tmp_path: Path) -> None:
    save_value(local, "b", 0)
    save_value(local, "a", 1, PRODUCER, version="v1")
    drafts = []
    for name in ("b", "a", "c"):
        (tmp_path / name).mkdir()
        config = ArtifactConfig(name, "v1").checked()
        drafts.append(draft_value(config, 1, tmp_path / name, kind=None, allow_pickle=False))
    uris = [version.uri for version in save(local, drafts, Origin(RETRY))]
    assert uris == ["artifact://b@2", "artifact://a@1", "artifact://c@1"]


def test_threads_share_a_name(repository: ArtifactRepository) -> None:
    def write(writer: int) -> list[int]:
        return [save_value(repository, "a", [writer, n], metadata={"w": writer}).version for n in range(10)]

    with ThreadPoolExecutor(8) as pool:
        given = [number for numbers in pool.map(write, range(8)) for number in numbers]
    assert sorted(given) == list(range(1, 81))
    versions = repository.versions("a")
    assert [version.version for version in versions] == list(range(1, 81))
    assert all(version.load()[0] == version.metadata["w"] for version in versions)


RACE = """
import os, sys, time
from airflow_artifacts.client import ArtifactClient
from airflow_artifacts.exceptions import VersionExistsError

start = time.time() + 0.5
children = []
for writer in range(12):
    child = os.fork()
    if child == 0:
        client = ArtifactClient(sys.argv[1])
        time.sleep(max(0.0, start - time.time()))
        try:
            client.save_artifact("a", writer, version="best")
            os._exit(10)
        except VersionExistsError:
            os._exit(20)
        finally:
            os._exit(30)
    children.append(child)
print(*sorted(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children))
"""


def test_of_processes_with_one_label_one_wins(local: ArtifactRepository, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", RACE, str(tmp_path / "root")], check=True, capture_output=True, text=True
    )
    assert done.stdout.split() == ["10", *["20"] * 11]
    (version,) = local.versions("a")
    assert (version.version, version.label, version.load() in range(12)) == (1, "best", True)


KILLED = """
import os, signal, sys
from airflow_artifacts.artifacts import copying, saving
from airflow_artifacts.artifacts.registry import Registry
from airflow_artifacts.client import ArtifactClient
from airflow_artifacts.storage import LocalObjectStore

moment, root = sys.argv[1:]
client = ArtifactClient(root)

def die(*_, **__):
    os.kill(os.getpid(), signal.SIGKILL)

if moment == "the record":
    Registry.append = die
elif moment == "the number":
    LocalObjectStore.replace = die
elif moment == "the files":
    LocalObjectStore.delete_prefix = die
elif moment == "erased":
    Registry.erase = die
if moment in {"the record", "the number"}:
    client.save_artifact("a", [2], version="v2")
else:
    client.delete_artifact_version("a", "v2")
"""


@pytest.mark.parametrize(
    ("moment", "versions"), [("the record", [1]), ("the number", [1, 2]), ("the files", [1]), ("erased", [1])]
)
def test_a_process_that_is_killed_before(
    local: ArtifactRepository, tmp_path: Path, moment: str, versions: list[int]
) -> None:
    save_value(local, "a", [1])
    deletes = moment in {"the files", "erased"}
    if deletes:
        save_value(local, "a", [2], version="v2")
    command = [sys.executable, "-c", KILLED, moment, str(tmp_path / "root")]
    assert subprocess.run(command, check=False).returncode == -signal.SIGKILL
    assert [version.version for version in local.versions("a")] == versions
    assert [version.load() for version in local.versions("a")] == [[number] for number in versions]
    assert local.get("a").version == versions[-1]
    if deletes:
        local.delete("a", ["v2"])
        assert len([key for key in keys(local.store) if key.startswith("saved/")]) == 1
    assert save_value(local, "a", [3]).version == (2 if moment == "the record" else 3)


# Streams


class Endless(io.RawIOBase):
    """Gives many bytes without having them."""

    left = 50

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        assert 0 < size <= 1024 * 1024, "never all at once"
        self.left -= 1
        return b"x" * size if self.left >= 0 else b""


def test_streams_are_read_from_where_they_stand(tmp_path: Path) -> None:
    stream = io.BytesIO(b"skipped, kept")
    stream.seek(9)
    assert write_stream(stream, tmp_path / "a.csv") == Encoded("file", "file", "text/csv", {})
    assert (tmp_path / "a.csv").read_bytes() == b"kept"
    write_stream(io.StringIO("ä\r\n"), tmp_path / "b.txt")
    assert (tmp_path / "b.txt").read_bytes() == "ä\r\n".encode()
    write_stream(Endless(), tmp_path / "c")  # type: ignore[arg-type]
    assert (tmp_path / "c").stat().st_size == 50 * 1024 * 1024


def test_what_cannot_be_read_is_no_stream(tmp_path: Path) -> None:
    closed = io.BytesIO()
    closed.close()
    with (tmp_path / "w").open("wb") as writing:
        for stream in (closed, writing, "text", None, io.StringIO("\ud800")):
            with pytest.raises(ArtifactError, match=r"'s\.bin' was not saved: .*(no open file|cannot be read)"):
                write_stream(stream, tmp_path / "s.bin")  # type: ignore[arg-type]


def test_a_draft_of_a_file_that_a_function_writes(local: ArtifactRepository, tmp_path: Path) -> None:
    def write(path: Path) -> Encoded:
        path.write_text("x")
        return Encoded("text", "text", "text/plain", {"length": 1})

    draft = draft_file(CONFIG, tmp_path / "x.txt", write)
    assert draft == Draft(
        CONFIG, [("x.txt", tmp_path / "x.txt")], Encoded("text", "text", "text/plain", {"length": 1})
    )
    (version,) = save(local, [draft], Origin())
    assert (version.load(), version.metadata) == ("x", {"length": 1, "size": 1})


def test_large_files_are_uploaded_and_small_ones_written(local: ArtifactRepository, tmp_path: Path) -> None:
    """Both ways give the same bytes."""
    for size in (0, copying._ONE_PIECE, BIG):
        (tmp_path / "f").write_bytes(bytes(range(256)) * (size // 256) + bytes(size % 256))
        version = save_value(local, "a", tmp_path / "f")
        assert version.size == size
        assert version.download(tmp_path / str(size)).read_bytes() == (tmp_path / "f").read_bytes()


def test_nothing_stays_of_what_was_refused(
    local: ArtifactRepository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    growing = tmp_path / "growing"
    growing.write_bytes(b"1")
    checked = ArtifactConfig("a").checked()
    draft = draft_path(checked, growing)
    describe = copying.describe_files

    def late(name: str, files: Any) -> Any:
        records = describe(name, files)
        growing.write_bytes(b"12")
        return records

    monkeypatch.setattr(saving, "describe_files", late)
    with pytest.raises(ArtifactError, match="written to meanwhile"):
        save(local, [draft], Origin())
    assert keys(local.store) == []


def test_whoever_loses_a_label_leaves_nothing(local: ArtifactRepository, monkeypatch: pytest.MonkeyPatch) -> None:
    save_value(local, "a", 1, version="v1")
    before = keys(local.store)
    monkeypatch.setattr(saving, "check_label", lambda *_: None)  # as if the other had been a moment later
    with pytest.raises(VersionExistsError):
        save_value(local, "a", 2, version="v1")
    assert keys(local.store) == before


def test_a_label_is_not_given_twice_in_one_try_and_not_to_other_metadata(local: ArtifactRepository) -> None:
    first, second = (Producer("d", "r", "t", try_number=number, attempt=str(number)) for number in (1, 2))
    save_value(local, "a", 1, first, version="v1", metadata={"m": 1})
    with pytest.raises(VersionExistsError):
        save_value(local, "a", 1, first, version="v1", metadata={"m": 1})
    with pytest.raises(VersionExistsError):
        save_value(local, "a", 1, second, version="v1", metadata={"m": 2})
    assert save_value(local, "a", 1, second, version="v1", metadata={"m": 1}).version == 1


def test_one_label_that_is_lost_leaves_none_of_the_others(
    local: ArtifactRepository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    save_value(local, "b", 1, version="v1")
    before = keys(local.store)
    (tmp_path / "file").write_bytes(b"1")
    configs = [ArtifactConfig("a"), ArtifactConfig("b", version="v1"), ArtifactConfig("c")]
    drafts = [draft_path(config.checked(), tmp_path / "file") for config in configs]
    monkeypatch.setattr(saving, "check_label", lambda *_: None)
    with pytest.raises(VersionExistsError):
        save(local, drafts, Origin())
    assert keys(local.store) == before

"""What is saved comes back byte by byte, or not at all."""

from __future__ import annotations

import subprocess
import sys
from datetime import timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from airflow_artifacts.artifacts import Access, ArtifactRepository, ArtifactVersion
from airflow_artifacts.exceptions import (
    ArtifactLoadError,
    ArtifactNotFoundError,
    DamagedObjectError,
    ObjectNotFoundError,
    StorageError,
)
from airflow_artifacts.storage import LocalObjectStore, ObjectStore
from tests.artifacts.support import PRODUCER, new_store, save_value

if TYPE_CHECKING:
    from collections.abc import Callable

BIG = 4 * 1024 * 1024 + 1


@pytest.fixture(params=["local", "memory"])
def repository(request: pytest.FixtureRequest, tmp_path: Path) -> ArtifactRepository:
    def new_folder() -> Path:
        folder = tmp_path / "given" / str(len(list(tmp_path.glob("given/*"))))
        folder.mkdir(parents=True)
        return folder

    return ArtifactRepository(new_store(request.param, tmp_path), Access(new_folder=new_folder))


def three(folder: Path) -> None:
    (folder / "d" / "e").mkdir(parents=True)
    (folder / "a.txt").write_text("a")
    (folder / "d" / "b.bin").write_bytes(b"b" * 1000)
    (folder / "d" / "e" / "c #1%.txt").write_text("c")


def tree(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if not path.is_dir()
    }


THREE = {"a.txt": b"a", "d/b.bin": b"b" * 1000, "d/e/c #1%.txt": b"c"}


def test_what_a_version_says_of_itself(repository: ArtifactRepository) -> None:
    save_value(repository, "a/b", 0)
    made = save_value(
        repository,
        "a/b",
        np.zeros((2, 3)),
        PRODUCER,
        (("x", 2),),
        version="v1",
        tags=["t"],
        metadata={"dtype": "mine"},
    )
    for version in (made, repository.get("a/b"), repository.versions("a/b")[1]):
        assert (version.name, version.version, version.label, version.uri) == ("a/b", 2, "v1", "artifact://a/b@2")
        assert (version.kind, version.codec, version.tags) == ("array", "numpy", ("t",))
        assert version.parents == ("artifact://x@2",)
        assert version.producer == PRODUCER
        assert version.created_at.tzinfo == timezone.utc
        assert version.metadata == version.run_metadata
        assert version.metadata["shape"] == [2, 3]
        assert version.metadata["dtype"] == "mine", "what was given wins"
        assert [(file.path, file.size) for file in version.files] == [("b.npy", version.size)]
        assert repr(version) == f"<ArtifactVersion artifact://a/b@2 (array, {version.size} bytes)>"
        assert (version.load() == np.zeros((2, 3))).all()
        assert version.to_ref() == {
            "format": "airflow-artifacts/artifact/2",
            "uri": "artifact://a/b@2",
            "name": "a/b",
            "version": 2,
            "kind": "array",
            "path": version.path,
            "metadata": version.metadata,
            "label": "v1",
        }
    assert len({made, repository.get("a/b"), repository.get("a/b", 1)}) == 2
    assert made != made.uri


def test_metadata_that_is_added_becomes_history(repository: ArtifactRepository) -> None:
    version = save_value(repository, "a", [1, 2], metadata={"x": 1, "length": 7})
    for change in ({"x": 2}, {"y": Path("/b"), "x": 3}, {"size": 0}):
        repository.add_metadata(version, change)
    assert version.metadata == {"x": 1, "length": 7, "size": 6}, "what was found before"
    now = repository.get("a")
    assert now.metadata == {"x": 3, "y": "/b", "length": 7, "size": 0}
    assert [change.metadata for change in now.metadata_history] == [{"x": 2}, {"y": "/b", "x": 3}, {"size": 0}]
    assert now.size == 6
    assert repository.versions("a")[0].metadata == now.metadata
    now.metadata["x"] = 9
    assert now.metadata["x"] == 3


# Downloading


def test_a_folder_is_downloaded_as_it_was(repository: ArtifactRepository, tmp_path: Path) -> None:
    version = save_value(repository, "a", three)
    target = tmp_path / "to" / "there"
    assert version.download(target) == target
    assert tree(target) == THREE
    assert version.download(str(target)) == target, "it may be there already"
    (target / "a.txt").write_text("changed")
    (target / "other").write_text("mine")
    version.download(target)
    assert tree(target) == {**THREE, "other": b"mine"}
    given = version.download()
    assert given.is_relative_to(tmp_path / "given")
    assert tree(given) == THREE
    assert version.download() != given
    loaded = version.load()
    assert tree(loaded) == THREE


def test_one_file_is_downloaded_to_its_name(repository: ArtifactRepository, tmp_path: Path) -> None:
    (tmp_path / "x y.txt").write_text("x")
    version = save_value(repository, "a", tmp_path / "x y.txt")
    assert version.download(tmp_path / "to") == tmp_path / "to" / "x y.txt"
    assert version.load().read_text() == "x"
    value = save_value(repository, "b", {"x": 1})
    assert value.download(tmp_path / "to") == tmp_path / "to" / "b.json"


def test_a_folder_with_one_file_is_still_a_folder(repository: ArtifactRepository, tmp_path: Path) -> None:
    version = save_value(repository, "a", lambda folder: (folder / "x").write_text("x"))
    assert version.download(tmp_path / "to") == tmp_path / "to"
    assert version.download(tmp_path / "to", file="x") == tmp_path / "to" / "x"


def test_a_file_or_a_folder_in_it(repository: ArtifactRepository, tmp_path: Path) -> None:
    version = save_value(repository, "a", three)
    assert version.download(tmp_path / "1", file="d/e/c #1%.txt").read_text() == "c"
    assert tree(tmp_path / "1") == {"d/e/c #1%.txt": b"c"}
    assert version.download(tmp_path / "2", file="d") == tmp_path / "2" / "d"
    assert tree(tmp_path / "2") == {name: data for name, data in THREE.items() if name.startswith("d/")}
    for missing in ("b", "d/e/c", "a.txt/x", ""):
        with pytest.raises(
            ArtifactNotFoundError, match=r"There is no file .* in artifact://a@1\. It has 'a\.txt', 'd/b"
        ):
            version.download(tmp_path / "3", file=missing)
    assert not (tmp_path / "3").exists()


def test_home_is_found(repository: ArtifactRepository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    save_value(repository, "a", three).download("~/below")
    assert tree(tmp_path / "home" / "below") == THREE


def test_without_airflow_folders_go_when_the_process_does(tmp_path: Path) -> None:
    script = f"""
from airflow_artifacts.client import ArtifactClient
client = ArtifactClient({str(tmp_path / "root")!r})
client.log_text("hello", "a.txt")
path = client.download_artifacts("a.txt")
assert path.read_text() == "hello"
print(path)
"""
    done = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True)
    folder = Path(done.stdout.strip()).parent
    assert folder.name.startswith("airflow-artifacts-")
    assert not folder.exists()


def test_who_reads_is_told(tmp_path: Path) -> None:
    read: list[ArtifactVersion] = []
    store = new_store("local", tmp_path)
    save_value(ArtifactRepository(store), "a", {"x": 1})
    version = ArtifactRepository(store, Access(on_read=read.append)).get("a")
    assert (version.metadata["size"], version.files[0].size, read) == (8, 8, [])
    version.load()
    version.download(tmp_path / "to")
    assert read == [version, version]


# Damage


def flip(store: ObjectStore, key: str) -> None:
    data = bytearray(store.read(key))
    data[len(data) // 2] ^= 1
    store.replace(key, bytes(data))


def truncate(store: ObjectStore, key: str) -> None:
    store.replace(key, store.read(key)[:-1])


def lengthen(store: ObjectStore, key: str) -> None:
    store.replace(key, store.read(key) + b"\0")


def empty(store: ObjectStore, key: str) -> None:
    store.replace(key, b"")


@pytest.mark.parametrize(
    ("damage", "problem"),
    [
        (flip, "its SHA-256 is not the recorded one"),
        (truncate, "it has [0-9]+ bytes, not "),
        (lengthen, "it has [0-9]+ bytes, not "),
        (empty, "it has 0 bytes, not "),
    ],
)
@pytest.mark.parametrize("size", [1000, BIG])
def test_a_file_that_is_not_what_was_saved_is_refused(
    repository: ArtifactRepository,
    tmp_path: Path,
    damage: Callable[[ObjectStore, str], None],
    size: int,
    problem: str,
) -> None:
    def write(folder: Path) -> None:
        for name in ("a.txt", "d/b.bin", "z.txt"):
            (folder / name).parent.mkdir(exist_ok=True)
            (folder / name).write_bytes(b"b" * (size if name == "d/b.bin" else 1))

    version = save_value(repository, "a", write)
    damage(repository.store, f"{version.path}/d/b.bin")
    (tmp_path / "to").mkdir()
    (tmp_path / "to" / "a.txt").write_text("mine")
    for read in (version.load, lambda: version.download(tmp_path / "to"), version.download):
        with pytest.raises(DamagedObjectError, match=rf"d/b\.bin is damaged: {problem}"):
            read()
    assert tree(tmp_path / "to") == {"a.txt": b"mine"}
    assert tree(tmp_path / "given") == {}
    assert version.download(tmp_path / "to", file="a.txt").read_bytes() == b"b", "the others are good"


@pytest.mark.parametrize("size", [1000, BIG])
def test_a_file_that_is_gone(repository: ArtifactRepository, tmp_path: Path, size: int) -> None:
    version = save_value(repository, "a", lambda folder: (folder / "b.bin").write_bytes(bytes(size)))
    repository.store.delete(f"{version.path}/b.bin")
    for read in (version.load, lambda: version.download(tmp_path / "to")):
        with pytest.raises(ObjectNotFoundError, match=r"b\.bin"):
            read()
    assert tree(tmp_path / "to") == {}


def test_a_value_is_checked_before_it_is_read(repository: ArtifactRepository) -> None:
    version = save_value(repository, "a", {"x": 1})
    repository.store.replace(f"{version.path}/a.json", b'{"x": 2}')
    with pytest.raises(DamagedObjectError, match=r"a\.json is damaged: its SHA-256"):
        version.load()


def test_a_store_that_fails_in_the_middle_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    repository = ArtifactRepository(new_store("local", tmp_path))
    version = save_value(repository, "a", three)
    read = LocalObjectStore.read

    def fail(self: LocalObjectStore, key: str) -> bytes:
        if key.endswith("b.bin"):
            raise StorageError("read", self.url(key), "the network is down.")
        return read(self, key)

    monkeypatch.setattr(LocalObjectStore, "read", fail)
    with pytest.raises(StorageError, match="the network is down"):
        version.download(tmp_path / "to")
    assert tree(tmp_path / "to") == {}


def test_files_are_downloaded_aside_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever looks at the target meanwhile sees no half of a file under its name."""
    repository = ArtifactRepository(new_store("local", tmp_path))
    version = save_value(repository, "a", three)
    replace, seen = Path.replace, []

    def look(self: Path, target: Any) -> Path:
        seen.append({name for name in tree(tmp_path / "to") if ".tmp-" not in name})
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", look)
    version.download(tmp_path / "to")
    monkeypatch.undo()
    assert [len(names) for names in seen] == [0, 1, 2]
    assert tree(tmp_path / "to") == THREE


def test_files_of_a_version_that_is_listed_are_read_when_asked_for(repository: ArtifactRepository) -> None:
    for _ in range(17):
        save_value(repository, "a", three)
    versions = repository.versions("a")
    assert {len(version.files) for version in versions} == {3}
    assert tree(versions[3].load()) == THREE


def test_a_version_that_was_deleted_meanwhile_is_no_longer_loaded(repository: ArtifactRepository) -> None:
    version = save_value(repository, "a", {"x": 1})
    repository.delete("a", [1])
    with pytest.raises(ObjectNotFoundError):
        version.load()


def test_another_type_than_the_values_is_refused(tmp_path: Path) -> None:
    store = new_store("local", tmp_path)
    version = save_value(ArtifactRepository(store), "a", "text")
    assert version.load(str) == "text"
    with pytest.raises(ArtifactLoadError, match="as a str, not as a dict"):
        version.load(dict)


def test_several_files_of_a_kind_that_is_no_folder_are_downloaded_to_a_folder(tmp_path: Path) -> None:
    from airflow_artifacts.artifacts import ArtifactConfig, Draft, Origin, save
    from airflow_artifacts.artifacts.value_codecs import Encoded

    repository = ArtifactRepository(new_store("local", tmp_path))
    for name in ("weights", "index"):
        (tmp_path / name).write_text(name)
    files = [(name, tmp_path / name) for name in ("weights", "index")]
    draft = Draft(ArtifactConfig("model").checked(), files, Encoded("theirs", "model", None, {}))
    (version,) = save(repository, [draft], Origin())
    assert version.download(tmp_path / "to") == tmp_path / "to"
    assert tree(tmp_path / "to") == {"weights": b"weights", "index": b"index"}

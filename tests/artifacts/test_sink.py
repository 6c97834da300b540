from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from airflow_artifacts.artifacts import StoreArtifactSink, find_records
from airflow_artifacts.exceptions import ArtifactError, ObjectNotFoundError, UnsafeFileError, UnsafeNameError
from airflow_artifacts.storage import ObjectStore, Producer, open_store

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

PRODUCER = Producer("d", "r", "t", attempt="a")
PREFIX = PRODUCER.prefix


@pytest.fixture
def store(tmp_path: Path) -> ObjectStore:
    return open_store(str(tmp_path / "root"))


def save(sink: StoreArtifactSink, name: str, write: Callable[[Path], object], **metadata: object) -> None:
    folder = sink.prepare(name, metadata)
    write(folder)
    sink.save(name, folder, metadata)


def write_nested(folder: Path) -> None:
    (folder / "d").mkdir()
    (folder / "d" / "b.bin").write_bytes(b"\0")


def keys(store: ObjectStore) -> list[str]:
    return [info.key for info in store.list()]


def test_artifacts_count_with_the_list_of_them(store: ObjectStore) -> None:
    with StoreArtifactSink(store, PRODUCER, "step") as sink:
        save(sink, "plots/a", lambda folder: (folder / "a.txt").write_text("A"), n=1)
        save(sink, "index", write_nested)
        with pytest.raises(ObjectNotFoundError):
            find_records(store, PREFIX)
        sink.commit()
    first, second = find_records(store, PREFIX)
    assert [first, second] == sink.records
    assert (first.name, first.step, first.metadata, first.size) == ("plots/a", "step", {"n": 1}, 1)
    assert [file.path for file in second.files or ()] == ["d/b.bin"]
    assert (first.producer, first.kind, first.facts) == (PRODUCER, "folder", {"files": 1})
    assert all(record.path.startswith(f"{PREFIX}/artifacts/") for record in (first, second))
    assert store.read(f"{first.path}/a.txt") == b"A"


def test_saving_again_replaces(store: ObjectStore) -> None:
    with StoreArtifactSink(store, PRODUCER, "step") as sink:
        save(sink, "model", lambda folder: (folder / "one").write_text("1"), step=1)
        save(sink, "model", lambda folder: (folder / "two").write_text("2"), step=2)
        sink.commit()
    (record,) = find_records(store, PREFIX)
    assert (record.metadata, [file.path for file in record.files or ()]) == ({"step": 2}, ["two"])
    assert not [key for key in keys(store) if key.endswith("/one")]


def test_local_folders_are_removed(store: ObjectStore) -> None:
    with StoreArtifactSink(store, PRODUCER, "step") as sink:
        folder = sink.prepare("a", {})
        assert folder.is_dir()
    assert not folder.exists()


def test_bad_names_and_metadata_are_refused_before_anything_is_written(store: ObjectStore) -> None:
    with StoreArtifactSink(store, PRODUCER, "step") as sink:
        with pytest.raises(UnsafeNameError):
            sink.prepare("../a", {})
        with pytest.raises(ArtifactError, match=r"metadata\['x'\] is inf"):
            sink.prepare("a", {"x": float("inf")})
    assert keys(store) == []


@pytest.mark.parametrize(
    ("write", "problem"),
    [
        (lambda folder: None, "'a' was not saved"),
        (lambda folder: (folder / "metadata.json").write_text("{}"), "metadata.json"),
        (lambda folder: (folder / "link").symlink_to("/etc/hostname"), "link"),
    ],
    ids=["no file", "reserved name", "link that leads outside"],
)
def test_bad_files_are_refused_and_nothing_is_stored(
    store: ObjectStore, write: Callable[[Path], object], problem: str
) -> None:
    refused = (ArtifactError, UnsafeFileError)
    with StoreArtifactSink(store, PRODUCER, "step") as sink, pytest.raises(refused, match=problem):
        save(sink, "a", write)
    assert keys(store) == []

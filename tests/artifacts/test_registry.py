"""A number is claimed by the same act that makes its record visible."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from airflow_artifacts.artifacts.copying import new_folder
from airflow_artifacts.artifacts.marks import find_marks
from airflow_artifacts.artifacts.records import ArtifactRecord, FileRecord, now
from airflow_artifacts.artifacts.registry import Registry, find_label, find_name
from airflow_artifacts.exceptions import DamagedObjectError, ObjectNotFoundError, StorageError, VersionExistsError
from airflow_artifacts.storage import LocalObjectStore, Producer, quote_segment
from tests.artifacts.support import keys, new_store

if TYPE_CHECKING:
    from pathlib import Path

    from airflow_artifacts.storage import ObjectStore

FILES = (FileRecord("f", 1, "0" * 64),)


@pytest.fixture(params=["local", "memory"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> ObjectStore:
    return new_store(request.param, tmp_path)


def record(
    name: str = "a", label: str | None = None, producer: Producer | None = None, **more: Any
) -> ArtifactRecord:
    return ArtifactRecord(
        name, new_folder(name, producer), FILES, 1, now(), label=label, producer=producer, **more
    )


def test_numbers_are_claimed_in_order_and_records_come_back(store: ObjectStore) -> None:
    registry = Registry(store, "a/b")
    saved = [record("a/b", metadata={"n": n}) for n in range(20)]
    assert [registry.append(each) for each in saved] == list(range(1, 21))
    again = Registry(store, "a/b")
    assert again.last() == 20
    assert again.record(7) == saved[6]
    assert again.records() == [replace(each, files=None) for each in saved]
    assert (Registry(store, "a").last(), Registry(store, "a").records()) == (0, [])
    with pytest.raises(ObjectNotFoundError):
        again.record(21)


def test_changes_come_back(store: ObjectStore) -> None:
    registry = Registry(store, "a")
    registry.add_metadata(1, {"x": 1})
    registry.delete([2, 3])
    registry.add_metadata(1, {"x": 2})
    registry.erase([3])
    changes = Registry(store, "a").changes()
    assert (changes.deleted, changes.erased) == ({2, 3}, {3})
    assert [change.metadata for change in changes.metadata[1]] == [{"x": 1}, {"x": 2}]
    assert all(change.created_at.endswith("+00:00") for change in changes.metadata[1])


def test_a_label_is_given_once(store: ObjectStore) -> None:
    registry = Registry(store, "a")
    assert registry.append(record(label="v1")) == 1
    registry.append(record())
    before = keys(store)
    for _ in range(2):
        with pytest.raises(VersionExistsError, match=r"its version 1 has the label 'v1'"):
            registry.append(record(label="v1"))
        registry.delete([1])
    assert [key for key in keys(store) if "changes" not in key] == before
    assert registry.append(record(label="v2")) == 3
    assert Registry(store, "b").append(record("b", label="v1")) == 1
    assert find_label(registry.records(), "v2") == 3


@pytest.mark.parametrize("writers", [8])
def test_of_writers_with_one_label_one_wins(store: ObjectStore, writers: int) -> None:
    def write(writer: int) -> int | str:
        registry = Registry(store, "a")
        registry.append(record())
        try:
            return registry.append(record(label="best"))
        except VersionExistsError as error:
            return str(error)

    with ThreadPoolExecutor(writers) as pool:
        answers = list(pool.map(write, range(writers)))
    (number,) = [answer for answer in answers if isinstance(answer, int)]
    assert {answer for answer in answers if answer != number} == {str(VersionExistsError("a", "best", number))}
    labels = [each.label for each in Registry(store, "a").records()]
    assert len(labels) == writers + 1
    assert [n for n, label in enumerate(labels, 1) if label == "best"] == [number]


def test_a_label_that_appears_between_looking_and_claiming_is_seen(
    store: ObjectStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other writers come when this one has read all records, and found its label free."""
    looked = Registry.records
    others = iter([[record(), record(label="v1"), record()]])

    def look(self: Registry) -> list[ArtifactRecord]:
        found = looked(self)
        for each in next(others, []):
            Registry(store, "a").append(each)
        return found

    monkeypatch.setattr(Registry, "records", look)
    with pytest.raises(VersionExistsError, match=r"its version 2 has the label 'v1'"):
        Registry(store, "a").append(record(label="v1"))
    monkeypatch.undo()
    assert Registry(store, "a").last() == 3


NAMES = [
    "a",
    "a/b",
    "a.b-c_d",
    "x" * 81,
    "x" * 200,
    "a/" * 39 + "a",
    "/".join(["ab"] * 60),
    "z" * 118 + "/a",
    "A",
    "a/A",
]


@pytest.mark.parametrize("name", NAMES)
def test_names_are_found_again_however_long(store: ObjectStore, name: str) -> None:
    Registry(store, name).append(record(name))
    (folder,) = store.folders("registry")
    assert len(folder) <= 137
    assert find_name(store, folder) == name
    assert Registry(store, name).records() == [replace(Registry(store, name).record(1), files=None)]


def test_like_names_do_not_mix(store: ObjectStore) -> None:
    for number, name in enumerate(NAMES, 1):
        for _ in range(number):
            Registry(store, name).append(record(name))
    assert [Registry(store, name).last() for name in NAMES] == list(range(1, len(NAMES) + 1))
    assert sorted(filter(None, (find_name(store, folder) for folder in store.folders("registry")))) == sorted(
        NAMES
    )


def test_folders_of_nobody_have_no_name(store: ObjectStore) -> None:
    cut = quote_segment("x" * 200)
    for folder in ("~2E~2E", "~", "a~20b", "a~2fb", "~FF", "a~", "%61", cut, f"y{cut[1:]}"):
        store.create(f"registry/{folder}/1", b"{}")
        assert find_name(store, folder) is None
    store.create(f"registry/{cut}/name", b"\xff")
    store.create(f"registry/y{cut[1:]}/name", b"../x")
    assert [find_name(store, folder) for folder in (cut, f"y{cut[1:]}")] == [None, None]
    store.replace(f"registry/{cut}/name", b"x" * 200)
    assert find_name(store, cut) == "x" * 200


GOOD = {"format": "airflow-artifacts/version/1", **record().to_json()}


@pytest.mark.parametrize(
    "entry",
    [
        {},
        GOOD | {"format": "airflow-artifacts/version/2"},
        GOOD | {"name": "b"},
        GOOD | {"path": "runs"},
        GOOD | {"path": "registry"},
        GOOD | {"path": "registry/a"},
        GOOD | {"path": "../x"},
        GOOD | {"path": "/etc"},
        GOOD | {"path": "saved"},
        GOOD | {"path": "saved/a"},
        GOOD | {"path": "saved/b-0123456789abcdef"},
        GOOD | {"path": "saved/a~2Fb-0123456789abcdef"},
        GOOD | {"path": "saved/a-0123456789abcdef/f"},
        GOOD | {"path": "saved/../saved/a-0123456789abcdef"},
        GOOD | {"path": "runs/d/r/t/-1/001-x/artifacts"},
        GOOD | {"path": "runs/d/r/t/-1/001-x/artifacts/b-0123456789abcdef"},
        GOOD | {"path": "runs/d/r/t/-1/artifacts/a-0123456789abcdef"},
        GOOD | {"files": [{"path": "../f", "size": 1, "sha256": "0" * 64}]},
        GOOD | {"files": [{"path": "/etc/passwd", "size": 1, "sha256": "0" * 64}]},
        GOOD | {"size": None},
        GOOD | {"created_at": "2026-01-01"},
    ],
)
def test_planted_records_are_refused(store: ObjectStore, entry: dict[str, Any]) -> None:
    store.create("registry/a/1", json.dumps(entry).encode())
    with pytest.raises(DamagedObjectError, match="registry/a/1"):
        Registry(store, "a").record(1)


def test_the_record_that_is_planted_above_is_a_good_one_otherwise(store: ObjectStore) -> None:
    store.create("registry/a/1", json.dumps(GOOD).encode())
    assert Registry(store, "a").record(1).path == GOOD["path"]


@pytest.mark.parametrize(
    "entry",
    [
        {},
        {"format": "x", "kind": "deleted", "versions": [1]},
        {"format": "airflow-artifacts/change/1", "kind": "other", "versions": [1]},
        {"format": "airflow-artifacts/change/1", "kind": "deleted"},
        {"format": "airflow-artifacts/change/1", "kind": "deleted", "versions": 1},
        {"format": "airflow-artifacts/change/1", "kind": "metadata", "versions": [1], "metadata": 5},
    ],
)
def test_planted_changes_are_refused(store: ObjectStore, entry: dict[str, Any]) -> None:
    store.create("registry/a/changes/1", json.dumps(entry).encode())
    with pytest.raises(DamagedObjectError, match="registry/a/changes"):
        Registry(store, "a").changes()


def test_a_store_that_fails_leaves_no_record(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = LocalObjectStore(tmp_path)

    def fail(self: LocalObjectStore, key: str, data: bytes) -> None:
        raise StorageError("create", self.url(key), "the disk is full.")

    monkeypatch.setattr(LocalObjectStore, "create", fail)
    with pytest.raises(StorageError):
        Registry(store, "a").append(record())
    assert keys(store) == []


def put(store: ObjectStore, name: str, producer: Producer | None, *, register: bool = True) -> int:
    made = record(name, producer=producer)
    store.create(f"{made.path}/f", b"1")
    return Registry(store, name).append(made) if register else 0


def test_what_attempts_registered_is_found_by_their_folders(store: ObjectStore) -> None:
    def by(map_index: int, number: int, attempt: str, task: str = "t") -> Producer:
        return Producer("d", "r", task, map_index, number, attempt)

    long = "y" * 150
    for producer in (by(10, 1, "p"), by(2, 1, "q"), by(2, 1000, "r"), by(2, 999, "s")):
        put(store, "b", producer)
        put(store, long, producer)
    put(store, "b", by(2, 1, "q"))
    put(store, "b", by(2, 1, "q"), register=False)
    put(store, "never", by(2, 1, "q"), register=False)
    put(store, "b", by(-1, 1, "z", "t2"))
    put(store, "b", Producer("d", "r2", "t"))
    put(store, "b", None)

    def found(prefix: str) -> list[tuple[str, str, int]]:
        return [(mark.attempt.rpartition("-")[2], mark.name, mark.version) for mark in find_marks(store, prefix)]

    expected = [
        ("q", "b", 2),
        ("q", "b", 5),
        ("q", long, 2),
        ("s", "b", 4),
        ("s", long, 4),
        ("r", "b", 3),
        ("r", long, 3),
        ("p", "b", 1),
        ("p", long, 1),
    ]
    assert found("runs/d/r/t") == expected
    assert found("runs/d/r/t/2") == expected[:-2]
    assert found("runs/d/r") == [*expected, ("z", "b", 6)]
    assert found("runs/d/r/t/2/001-q") == expected[:3]
    assert found("runs/d/nothing") == []

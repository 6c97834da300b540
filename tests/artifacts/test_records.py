"""What is known of artifacts, in the store and in XCom, and what is refused when somebody edited it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from airflow_artifacts.artifacts.records import (
    ArtifactRecord,
    ArtifactRef,
    FileRecord,
    find_records,
    save_records,
)
from airflow_artifacts.exceptions import (
    DamagedObjectError,
    InvalidRefError,
    ObjectExistsError,
    ObjectNotFoundError,
    UnsafeNameError,
)
from airflow_artifacts.storage import LocalObjectStore, Producer

if TYPE_CHECKING:
    from pathlib import Path

FILES = (FileRecord("a/b.txt", 3, "0" * 64), FileRecord("c", 0, "f" * 64))
RECORD = ArtifactRecord(
    name="plots/loss",
    path="runs/d/r/t/3/002-x/artifacts/plots~2Floss-0123456789abcdef",
    files=FILES,
    size=3,
    created_at="2026-01-02T03:04:05.000006+00:00",
    kind="figure",
    codec="matplotlib",
    media_type="image/png",
    metadata={"epochs": 3, "x": [None]},
    facts={"width": 3},
    tags=("a", "b"),
    label="v1",
    step="train",
    producer=Producer("d", "r", "t", 3, 2, "x", "2026-01-01T00:00:00+00:00"),
    parents=(("a", 1), ("b/c", 22)),
)
REF = {
    "format": "airflow-artifacts/artifact/2",
    "uri": "artifact://a@3",
    "name": "a",
    "version": 3,
    "kind": "json",
    "path": "saved/a-0123456789abcdef",
    "metadata": {"x": 1},
    "label": None,
}


@pytest.fixture
def store(tmp_path: Path) -> LocalObjectStore:
    return LocalObjectStore(tmp_path)


def test_records_come_back(store: LocalObjectStore) -> None:
    save_records(store, "runs/a", [RECORD])
    save_records(store, "runs/b", [])
    assert find_records(store, "runs/a") == [RECORD]
    assert find_records(store, "runs/b") == []
    with pytest.raises(ObjectExistsError):
        save_records(store, "runs/a", [])
    save_records(store, "runs/a", [RECORD])  # again, after an answer that was lost
    with pytest.raises(ObjectNotFoundError):
        find_records(store, "runs/c")


def test_refs_come_back() -> None:
    ref = ArtifactRef(RECORD.name, 7, RECORD.kind, RECORD.path, RECORD.metadata, "v1")
    assert ArtifactRef.from_xcom(json.loads(json.dumps(ref.to_xcom()))) == ref
    assert ArtifactRef.from_xcom(REF).to_xcom() == REF


@pytest.mark.parametrize(
    "value",
    [
        None,
        "text",
        [REF],
        {},
        REF | {"format": "airflow-artifacts/rows/1"},
        REF | {"more": 1},
        REF | {"metadata": [["a", 1]]},
        REF | {"metadata": None},
        REF | {"version": "3"},
        REF | {"version": True},
        REF | {"kind": None},
        REF | {"uri": "artifact://b@3"},
        REF | {"name": 5},
        REF | {"path": None},
        *({key: value for key, value in REF.items() if key != missing} for missing in REF),
    ],
)
def test_other_values_are_no_refs(value: Any) -> None:
    with pytest.raises(InvalidRefError):
        ArtifactRef.from_xcom(value)


@pytest.mark.parametrize(
    "edit",
    [
        {"name": "../a"},
        {"path": "/etc"},
        {"path": "a/../../b"},
        {"path": "runs"},
        {"path": "registry/a"},
        {"path": "saved/a/b"},
        {"path": "runs/d/r/t/-1/001-x"},
    ],
)
def test_refs_that_lead_elsewhere(edit: dict[str, Any]) -> None:
    with pytest.raises(UnsafeNameError):
        ArtifactRef.from_xcom(REF | edit)


def content(file: dict[str, Any] | None = None, **changes: Any) -> bytes:
    record = RECORD.to_json()
    record["files"][0] |= file or {}
    return json.dumps({"format": "airflow-artifacts/artifacts/2", "artifacts": [record | changes]}).encode()


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"[]",
        b"null",
        b"{}",
        b"\xff",
        b"[" * 100_000,
        b'{"format": "other", "artifacts": []}',
        b'{"format": "airflow-artifacts/artifacts/2", "artifacts": 5}',
        b'{"format": "airflow-artifacts/artifacts/2", "artifacts": [5]}',
        content(step=5),
        content(name=5),
        content(path=5),
        content({"path": 5}),
        content(size="3"),
        content(created_at="yesterday"),
        content(created_at="2026-01-01T00:00:00"),
        content(tags="a"),
        content(tags=[5]),
        content(label=5),
        content(producer=5),
        content(producer={"dag_id": "d"}),
        content(parents=[["a"]]),
        content(parents=[["a", "1"]]),
        content(kind=None),
        content(metadata=[]),
        content(files=None),
        content(files=[5]),
        content(files=[RECORD.to_json()["files"][0]] * 2),
        content(created_at="0001-01-01T00:00:00+23:00"),
        content({"size": "3"}),
        content({"size": -1}),
        content({"size": 2**63}),
        content({"size": True}),
        content({"sha256": "0" * 63}),
        content({"sha256": "0" * 63 + "\n"}),
        content({"sha256": None}),
    ],
)
def test_other_bytes_are_no_records(store: LocalObjectStore, data: bytes) -> None:
    store.create("a/artifacts.json", data)
    with pytest.raises(DamagedObjectError, match=r"a/artifacts\.json"):
        find_records(store, "a")


@pytest.mark.parametrize(
    "data",
    [
        content(name="../a"),
        content(path="/etc"),
        content(path="a/../b"),
        content(path="registry/a"),
        content(path="runs/d/r/t/3/001-x/artifacts/plots~2Floss-0123456789abcdef"),  # of another attempt
        content(path="runs/other/r/t/3/002-x/artifacts/plots~2Floss-0123456789abcdef"),
        content(path="saved/plots~2Floss-0123456789abcdef"),
        content(producer=None),
        content({"path": "../a"}),
        content({"path": "%2e%2e/a"}),
    ],
)
def test_records_that_lead_elsewhere(store: LocalObjectStore, data: bytes) -> None:
    store.create("a/artifacts.json", data)
    with pytest.raises(UnsafeNameError):
        find_records(store, "a")

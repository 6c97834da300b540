"""What XCom carries: small, and refused when somebody edited it."""

# ruff: noqa: RUF001 - names that look like others are the point

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_artifacts.exceptions import ArtifactsError, DamagedObjectError, InvalidRefError, UnsafeNameError
from airflow_artifacts.rows import Manifest, Rows, RowsRef
from airflow_artifacts.storage import LocalObjectStore, Producer
from tests.rows.support import write_rows

if TYPE_CHECKING:
    from pathlib import Path

GOOD = {"format": "airflow-artifacts/rows/1", "prefix": "runs/a", "rows": 3, "size": 10, "sha256": "0" * 64}
_IDS = st.text(min_size=250, max_size=250)


@given(_IDS, _IDS, _IDS, st.text(max_size=100))
def test_a_ref_is_small_whatever_the_ids(dag_id: str, run_id: str, task_id: str, attempt: str) -> None:
    prefix = Producer(dag_id, run_id, task_id, 10**6, 999, attempt).prefix
    ref = RowsRef(prefix, 10**12, 10**15, "f" * 64)
    assert len(json.dumps(ref.to_xcom())) < 1100
    assert RowsRef.from_xcom(json.loads(json.dumps(ref.to_xcom()))) == ref


def test_good_refs() -> None:
    ref = RowsRef.from_xcom(GOOD)
    assert ref.to_xcom() == GOOD
    assert RowsRef.from_xcom(ref) == ref


@pytest.mark.parametrize(
    "value",
    [
        None,
        "text",
        [GOOD],
        {},
        GOOD | {"format": "airflow-artifacts/rows/2"},
        GOOD | {"format": "airflow-artifacts/artifact/1"},
        GOOD | {"more": 1},
        {key: value for key, value in GOOD.items() if key != "sha256"},
        GOOD | {"rows": "x"},
        GOOD | {"rows": "3"},
        GOOD | {"rows": -1},
        GOOD | {"rows": 1.5},
        GOOD | {"rows": True},
        GOOD | {"rows": None},
        GOOD | {"size": -1},
        GOOD | {"sha256": 5},
        GOOD | {"prefix": 5},
        GOOD | {"prefix": ["a"]},
        GOOD | {1: 2},
    ],
)
def test_other_values_are_no_refs(value: Any) -> None:
    with pytest.raises(InvalidRefError):
        RowsRef.from_xcom(value)


@pytest.mark.parametrize(
    "prefix",
    ["", ".", "..", "/etc", "a/../b", "a//b", "a/", "a\\b", "C:/a", "a\0b", "%2e%2e/a", "．．/a", "\ud800"],
)
def test_a_prefix_that_leads_out_of_the_root_is_refused(prefix: str) -> None:
    with pytest.raises(UnsafeNameError):
        RowsRef.from_xcom(GOOD | {"prefix": prefix})


def manifest_with(**changes: Any) -> bytes:
    part = {"name": "p.rows", "rows": 3, "size": 10, "sha256": "0" * 64, "start": 0, "end": 3}
    content = {
        "format": "airflow-artifacts/rows-manifest/1",
        "rows": 3,
        "columns": {"a": 3},
        "parts": [part | changes.pop("part", {})],
        "producer": {},
        "step": {},
    }
    return json.dumps(content | changes).encode()


def test_a_good_manifest() -> None:
    manifest = Manifest.from_bytes(manifest_with())
    assert Manifest.from_bytes(manifest.to_bytes()) == manifest
    assert manifest.size == 10


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{",
        b"\xff",
        b"[]",
        b"{}",
        b"null",
        b"[" * 100_000,
        manifest_with(format="other"),
        manifest_with(more=1),
        manifest_with(rows=4),
        manifest_with(rows="3"),
        manifest_with(columns=[]),
        manifest_with(columns={"a": -1}),
        manifest_with(producer=None),
        manifest_with(step=[]),
        manifest_with(parts={}, rows=1),
        manifest_with(parts=None),
        manifest_with(part={"name": "../p.rows"}),
        manifest_with(part={"name": "/p.rows"}),
        manifest_with(part={"rows": -3}),
        manifest_with(part={"size": None}),
        manifest_with(part={"sha256": None}),
        manifest_with(part={"more": 1}),
        manifest_with(rows=True, part={"rows": 1}),
    ],
)
def test_other_bytes_are_no_manifest(tmp_path: Path, data: bytes) -> None:
    store = LocalObjectStore(tmp_path)
    store.create("a/manifest.json", data)
    ref = RowsRef("a", 3, 10, hashlib.sha256(data).hexdigest())
    with pytest.raises(DamagedObjectError, match=r"a/manifest\.json"):
        ref.manifest(store)


def test_a_ref_that_does_not_fit_its_manifest(tmp_path: Path) -> None:
    store = LocalObjectStore(tmp_path)
    good = write_rows(store, "a", [{"a": 1}]).to_xcom()
    other = write_rows(store, "b", [{"a": 2}]).to_xcom()
    edits: list[tuple[dict[str, Any], type[ArtifactsError]]] = [
        ({"rows": 5}, InvalidRefError),
        ({"size": 0}, InvalidRefError),
        ({"sha256": other["sha256"]}, DamagedObjectError),
        ({"prefix": "b"}, DamagedObjectError),
    ]
    for edit, error in edits:
        with pytest.raises(error):
            list(Rows(store, [RowsRef.from_xcom(good | edit)]))
    store.replace("a/manifest.json", store.read("a/manifest.json") + b" ")
    with pytest.raises(DamagedObjectError, match="SHA-256"):
        Rows(store, [RowsRef.from_xcom(good)]).columns  # noqa: B018

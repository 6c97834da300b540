"""The ledger: what it says is checked, because anybody who writes into the repository can change it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from airflow_artifacts.exceptions import DamagedObjectError
from airflow_artifacts.steps.hub_ledger import (
    Entry,
    Ledger,
    Writer,
    columns_from_bytes,
    columns_to_bytes,
    file_number,
    next_number,
)
from tests.steps.hub_support import REPO, numbered, rows_of, write

if TYPE_CHECKING:
    from collections.abc import Callable

    from airflow_artifacts.testing import FakeHub

ENTRY = {"path": "c/train-00000.jsonl", "rows": 1, "sha256": "0" * 64}
GOOD: dict[str, Any] = {
    "format": "airflow-artifacts/checkpoints/1",
    "writer": {"id": "ab", "started": "2026-01-01T00:00:00.000000+00:00"},
    "configs": {"c": [ENTRY, {**ENTRY, "path": "c/train-00007.jsonl"}]},
}


def changed(*path: Any, value: Any) -> bytes:
    content = json.loads(json.dumps(GOOD))
    at = content
    for step in path[:-1]:
        at = at[step]
    at[path[-1]] = value
    return json.dumps(content).encode()


def test_it_comes_back() -> None:
    ledger = Ledger(
        Writer("ab", "2026-01-01T00:00:00.000000+00:00"), {"c": (Entry("c/train-00000.jsonl", 1, "0" * 64),)}
    )
    assert Ledger.from_bytes(ledger.to_bytes(), "url") == ledger
    assert Ledger.from_bytes(json.dumps(GOOD).encode(), "url").configs["c"][1].path == "c/train-00007.jsonl"
    assert columns_from_bytes(columns_to_bytes({"a": {"list": "int"}}), "url") == {"a": {"list": "int"}}


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff",
        b"[]",
        b"null",
        b"[" * 100_000,
        changed("format", value="airflow-artifacts/checkpoints/2"),
        changed("writer", value={}),
        changed("writer", value=[]),
        changed("writer", "id", value="A b"),
        changed("writer", "id", value=1),
        changed("writer", "started", value="yesterday"),
        changed("writer", "started", value="2026-01-01T00:00:00"),
        changed("configs", value=[]),
        changed("configs", value={"..": []}),
        changed("configs", value={"a/b": [{**ENTRY, "path": "a/b/train-00000.jsonl"}]}),
        changed("configs", "c", value=None),
        changed("configs", "c", 0, value={**ENTRY, "path": "README.md"}),
        changed("configs", "c", 0, value={**ENTRY, "path": "d/train-00000.jsonl"}),
        changed("configs", "c", 0, value={**ENTRY, "path": "c/train-00007.jsonl"}),
        changed("configs", "c", 0, value={**ENTRY, "path": "c/train-00008.jsonl"}),
        changed("configs", "c", 0, value={**ENTRY, "path": "c/../c/train-00000.jsonl"}),
        changed("configs", "c", 0, value={**ENTRY, "path": 1}),
        changed("configs", "c", 0, value={**ENTRY, "rows": -1}),
        changed("configs", "c", 0, value={**ENTRY, "rows": True}),
        changed("configs", "c", 0, value={**ENTRY, "sha256": "0"}),
        changed("configs", "c", 0, value={**ENTRY, "sha256": None}),
        changed("configs", "c", 0, value={**ENTRY, "more": 1}),
    ],
    ids=lambda data: data[-60:].decode("ascii", "replace"),
)
def test_what_is_none_is_refused(data: bytes) -> None:
    with pytest.raises(DamagedObjectError, match="it is no file of checkpoints") as caught:
        Ledger.from_bytes(data, "https://hub/x")
    assert "Restore it from an earlier commit" in str(caught.value)
    assert not caught.value.retryable


@pytest.mark.parametrize(
    "data", [b"{}", b'{"format":"airflow-artifacts/checkpoint-columns/1","columns":{"a":"x"}}']
)
def test_columns_that_are_none_are_refused(data: bytes) -> None:
    with pytest.raises(DamagedObjectError):
        columns_from_bytes(data, "url")


def test_numbers() -> None:
    assert file_number("c", "c/train-00012.jsonl") == 12
    assert file_number("c", "c/train-100000.jsonl") == 100000
    for path in ("d/train-00012.jsonl", "c/train-12.jsonl", "c/train-00012.json", "c/x/train-00012.jsonl", "c"):
        assert file_number("c", path) is None
    assert next_number("c", []) == 0
    assert next_number("c", ["c/train-00002.jsonl", "d/train-00009.jsonl", "c/train-00001.jsonl"]) == 3


def _edit_ledger(hub: FakeHub, edit: Callable[[dict[str, Any]], None]) -> None:
    path = next(path for path in hub.tree(REPO) if path.startswith(".checkpoints/") and "columns" not in path)
    content = json.loads(hub.read(REPO, path))
    edit(content)
    hub.commit(REPO, {path: json.dumps(content).encode()})


@pytest.mark.usefixtures("logged_in", "slept")
def test_a_ledger_that_names_files_of_others(hub: FakeHub) -> None:
    """Nothing is deleted for it."""
    write(numbered(4), key="k")
    hub.commit(REPO, {"secret.txt": b"1"})
    _edit_ledger(hub, lambda content: content["configs"]["config-0"][1].update(path="secret.txt"))
    commits = len(hub.commits(REPO))
    with pytest.raises(DamagedObjectError):
        write(numbered(2), key="k")
    assert hub.read(REPO, "secret.txt") == b"1"
    assert rows_of(hub) == numbered(4)
    assert len(hub.commits(REPO)) == commits

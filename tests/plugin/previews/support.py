"""What the tests of previews share: stores that count what is read of them, and what every preview has to be."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, cast

import fsspec

from airflow_artifacts.plugin.previews import preview_file
from airflow_artifacts.storage import LocalObjectStore, ObjectStore

if TYPE_CHECKING:
    from collections.abc import Mapping

KEYS = {  # of the types in ui/src/api.ts
    "table": {"type", "format", "columns", "total_columns", "rows", "total_rows", "note"},
    **{
        kind: {"type", "text", "language", "size", "is_cut"}
        for kind in ("text", "code", "markdown", "json", "yaml")
    },
    **{kind: {"type"} for kind in ("image", "audio", "video", "pdf", "html")},
    "facts": {"type", "facts"},
    "none": {"type", "reason"},
}
MOST_READ = 2_000_000
MOST_ANSWERED = 700 * 1024


class _CountingFile(io.FileIO):
    def __init__(self, path: str, store: CountingStore) -> None:
        super().__init__(path)
        self._store = store

    def readinto(self, buffer: Any) -> int:
        count = super().readinto(buffer) or 0
        self._store.bytes_read += count
        return count

    def read(self, size: int | None = -1) -> bytes:
        data = super().read(-1 if size is None else size) or b""
        self._store.bytes_read += len(data)
        return data


class CountingStore(LocalObjectStore):
    """A folder that counts the bytes that are read of its files."""

    bytes_read = 0

    def open(self, key: str) -> BinaryIO:
        super().open(key).close()  # with the errors of the store
        return cast("BinaryIO", io.BufferedReader(_CountingFile(self._path(key), self)))


class CountingRemoteStore(ObjectStore):
    """A store without a disk, that counts what is fetched of it."""

    bytes_read = 0

    def __init__(self, name: str) -> None:
        super().__init__(f"memory://{name}", fsspec.filesystem("memory"), f"/{name}")

    def _fetch(self, path: str, start: int, end: int) -> Any:
        data = super()._fetch(path, start, end)
        self.bytes_read += len(data)
        return data


def preview(
    store: CountingStore | CountingRemoteStore,
    path: str,
    *,
    key: str | None = None,
    media_type: str | None = None,
    facts: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Preview a file, and check what holds for every preview."""
    store.bytes_read = 0
    found = preview_file(store, key or path, path=path, size=1, media_type=media_type, facts=facts or {})
    assert store.bytes_read <= MOST_READ
    check(found)
    return found


def check(found: dict[str, Any]) -> None:
    """Check that a preview is of a type of the UI, can be sent, and is not too large."""
    assert set(found) == KEYS[found["type"]]
    assert len(json.dumps(found, ensure_ascii=False, allow_nan=False).encode()) <= MOST_ANSWERED
    if found["type"] == "table":
        assert all(set(column) == {"name", "type"} for column in found["columns"])
        assert all(isinstance(text, str) for column in found["columns"] for text in column.values())
        assert all(len(row) == len(found["columns"]) for row in found["rows"])
        assert all(cell is None or isinstance(cell, str) for row in found["rows"] for cell in row)
        assert len(found["columns"]) <= found["total_columns"]
    if found["type"] == "facts":
        assert all(isinstance(fact["name"], str) and isinstance(fact["value"], str) for fact in found["facts"])


def save(store: LocalObjectStore, path: str, data: bytes) -> None:
    file = Path(store.folder, path)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(data)


def facts_of(found: dict[str, Any]) -> dict[str, str]:
    assert found["type"] == "facts"
    return {fact["name"]: fact["value"] for fact in found["facts"]}

"""Writing rows: encoded here, compressed and stored in the background, visible with the manifest."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from pydantic import BaseModel

from airflow_artifacts.exceptions import UnsupportedValueError
from airflow_artifacts.rows.background import Consumer, prefetch
from airflow_artifacts.rows.parts import HEADER, Frame, compress_frame
from airflow_artifacts.rows.refs import MANIFEST_NAME, Manifest, PartRecord, RowsRef
from airflow_artifacts.rows.values import encode_rows

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from types import TracebackType

    from typing_extensions import Self

    from airflow_artifacts.storage import ObjectStore

_FRAME_BYTES = 1024 * 1024
_SLICE_ROWS = 1000
_SHAPES_LIMIT = 4096
_PART_BYTES = 20 * 1024 * 1024


class _Closed(NamedTuple):
    """A frame that is full: the input covered with it, and whether it ends where an input batch does."""

    frame: Frame
    done: int
    is_boundary: bool


class _Part(NamedTuple):
    """A part that is full, before it is stored."""

    record: PartRecord
    data: bytes


class RowsWriter:
    """Writes the rows of one attempt, as parts below its prefix.

    Use it as a context manager: leaving it on an error, or without ``commit``, leaves no manifest, so that no
    reader sees the parts.

    Args:
        store: Where to.
        prefix: Key of the attempt's folder.
        part_bytes: Size, after compression, from which a part is closed at the next boundary.
    """

    def __init__(self, store: ObjectStore, prefix: str, *, part_bytes: int = _PART_BYTES) -> None:
        self._store = store
        self._prefix = prefix
        self._part_bytes = part_bytes
        self._columns: Counter[str] = Counter()
        self._shapes: Counter[tuple[str, ...]] = Counter()
        self._bodies: list[bytes] = []
        self._frame_rows = self._frame_bytes = 0
        self._slice_rows = 50
        self._done = 0
        self._parts: list[PartRecord] = []
        self._background = Consumer(self._store_parts)
        self.rows = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._background.abort()

    def write(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """Add rows.

        Raises:
            UnsupportedValueError: A value would not come back as it went in.
            StorageError: A part could not be stored.
        """
        start = 0
        while start < len(rows):
            if self._frame_bytes >= _FRAME_BYTES:
                self._close_frame(is_boundary=False)
            chunk = self._checked(rows[start : start + self._slice_rows])
            body = encode_rows(chunk, first=self.rows)
            self._bodies.append(body)
            self._frame_rows += len(chunk)
            self._frame_bytes += len(body)
            self.rows += len(chunk)
            start += len(chunk)
            self._slice_rows = max(1, min(_SLICE_ROWS, _FRAME_BYTES * len(chunk) // (len(body) + 1)))

    def mark(self, done: int) -> None:
        """Say that the rows so far are all that comes of the first ``done`` rows of input."""
        self._done = done
        if self._frame_bytes >= _FRAME_BYTES:
            self._close_frame(is_boundary=True)

    def commit(self, *, producer: Mapping[str, Any], step: Mapping[str, Any]) -> RowsRef:
        """Store what is left, then the manifest: from here on the rows count.

        Raises:
            ObjectExistsError: The attempt has a manifest already.
            StorageError: Something could not be stored.
        """
        if self._frame_rows:
            self._close_frame(is_boundary=True)
        self._background.close()
        self._count_columns()
        manifest = Manifest(self.rows, dict(self._columns), tuple(self._parts), producer, step)
        data = manifest.to_bytes()
        self._store.create(f"{self._prefix}/{MANIFEST_NAME}", data)
        return RowsRef(self._prefix, self.rows, manifest.size, hashlib.sha256(data).hexdigest())

    def _checked(self, rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
        """Give the rows as dictionaries, and count which columns they have."""
        plain = [row if type(row) is dict else _as_dict(row, self.rows + n) for n, row in enumerate(rows)]
        seen = len(self._shapes)
        self._shapes.update(map(tuple, plain))
        if len(self._shapes) > seen:
            self._check_columns(seen)
        if len(self._shapes) > _SHAPES_LIMIT:
            self._count_columns()
        return plain

    def _check_columns(self, first: int) -> None:
        for shape in list(self._shapes)[first:]:
            for column in shape:
                if type(column) is not str:
                    raise UnsupportedValueError(column, self.rows, "the name of a column has to be a str.")

    def _count_columns(self) -> None:
        for shape, count in self._shapes.items():
            for column in shape:
                self._columns[column] += count
        self._shapes.clear()

    def _close_frame(self, *, is_boundary: bool) -> None:
        frame = Frame(self._frame_rows, b"".join(self._bodies))
        self._bodies, self._frame_rows, self._frame_bytes = [], 0, 0
        self._background.put(_Closed(frame, self._done, is_boundary))

    def _store_parts(self, closed: Iterator[_Closed]) -> None:
        """Store parts, while the next one is compressed in a thread of its own."""
        for part in prefetch(self._build_parts(closed), depth=1):
            self._store.create(f"{self._prefix}/rows/{part.record.name}", part.data)
            self._parts.append(part.record)

    def _build_parts(self, closed: Iterator[_Closed]) -> Iterator[_Part]:
        index = start = rows = 0
        data = bytearray(HEADER)
        item: _Closed | None = None
        for item in closed:
            data += compress_frame(item.frame)
            rows += item.frame.rows
            if len(data) >= self._part_bytes * (1 if item.is_boundary else 2):
                yield _part(index, start, item, rows, data)
                index, start, rows, data = index + 1, item.done, 0, bytearray(HEADER)
        if item is not None and rows:
            yield _part(index, start, item, rows, data)


def _part(index: int, start: int, last: _Closed, rows: int, data: bytearray) -> _Part:
    # A part that ends within the output of one batch says so: whoever goes on after it repeats that batch.
    ending = "" if last.is_boundary else "-open"
    name = f"{index:06d}-{start}-{last.done}{ending}.rows"
    content = bytes(data)
    record = PartRecord(name, rows, len(content), hashlib.sha256(content).hexdigest(), start, last.done)
    return _Part(record, content)


def _as_dict(row: object, number: int) -> dict[str, Any]:
    if isinstance(row, Mapping):
        return dict(row)
    if isinstance(row, BaseModel):
        return dict(row)
    raise UnsupportedValueError("*", number, f"a row has to be a dictionary, not a {type(row).__name__}.")

"""Writing rows: encoded here, compressed and stored in the background, visible with the manifest."""

from __future__ import annotations

import contextlib
import hashlib
import weakref
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from airflow_artifacts.exceptions import UnsupportedValueError
from airflow_artifacts.rows.background import Consumer, prefetch
from airflow_artifacts.rows.columns import ColumnCounter
from airflow_artifacts.rows.parts import HEADER, Frame, FrameCompressor
from airflow_artifacts.rows.refs import MANIFEST_NAME, Manifest, PartRecord, RowsRef
from airflow_artifacts.rows.refusals import Refused
from airflow_artifacts.rows.values import dump_model, encode_rows, is_model, join_rows

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from types import TracebackType

    from typing_extensions import Self

    from airflow_artifacts.storage import ObjectStore

_FRAME_BYTES = 100 * 1024  # larger ones cost page faults, smaller ones compress worse
_SLICE_ROWS = 1000
_PART_BYTES = 8 * 1024 * 1024


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
    reader sees the parts. Rows are encoded before ``write`` returns: what the caller does with them later does
    not matter. One thread uses it.

    Args:
        store: Where to.
        prefix: Key of the attempt's folder.
        part_bytes: Size, after compression, from which a part is closed at the next boundary.
    """

    def __init__(self, store: ObjectStore, prefix: str, *, part_bytes: int = _PART_BYTES) -> None:
        self._store = store
        self._prefix = prefix
        self._columns = ColumnCounter()
        self._bodies: list[bytes] = []
        self._frame_rows = self._frame_bytes = 0
        self._slice_rows = 1
        self._done = 0
        self._has_open_frames = self._is_closed = False
        self._parts = _Parts(store, prefix, part_bytes)
        self._background = Consumer(self._parts.store)
        weakref.finalize(self, self._background.cancel)  # for a writer that is forgotten, not left
        self.rows = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._is_closed = True
        self._background.abort()

    def write(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """Add rows.

        Raises:
            UnsupportedValueError: A value would not come back as it went in.
            StorageError: A part could not be stored.
            ValueError: The writer has failed, has committed, or was left.
        """
        self._check_open()
        self._is_closed = True  # until all of the rows are in
        start = 0
        while start < len(rows):
            if self._frame_bytes >= _FRAME_BYTES:
                self._close_frame(is_boundary=False)
            chunk = [
                row if type(row) is dict else _as_dict(row, self.rows + number)
                for number, row in enumerate(rows[start : start + self._slice_rows])
            ]
            self._columns.add(chunk, self.rows)
            body = encode_rows(chunk, first=self.rows)
            self._bodies.append(body)
            self._frame_rows += len(chunk)
            self._frame_bytes += len(body)
            self.rows += len(chunk)
            start += len(chunk)
            self._slice_rows = max(1, min(_SLICE_ROWS, _FRAME_BYTES * len(chunk) // (len(body) + 1)))
        self._is_closed = False

    def mark(self, done: int) -> None:
        """Say that the rows so far are all that comes of the first ``done`` rows of input.

        Raises:
            StorageError: A part could not be stored.
            ValueError: The writer has failed, has committed, or was left.
        """
        self._check_open()
        self._done = done
        # Output of a batch that is larger than a frame ends with one, or no part might ever end at a boundary.
        if self._frame_bytes >= _FRAME_BYTES or (self._has_open_frames and self._frame_rows):
            self._close_frame(is_boundary=True)

    def commit(self, *, producer: Mapping[str, Any], step: Mapping[str, Any]) -> RowsRef:
        """Store what is left, then the manifest: from here on the rows count.

        Raises:
            ObjectExistsError: The attempt has another manifest already.
            StorageError: Something could not be stored.
            ValueError: The writer has failed, has committed, or was left.
        """
        self._check_open()
        self._is_closed = True
        if self._frame_rows:
            self._close_frame(is_boundary=True)
        self._background.close()
        manifest = Manifest(self.rows, self._columns.total(), tuple(self._parts.records), producer, step)
        data = manifest.to_bytes()
        self._store.create_own(f"{self._prefix}/{MANIFEST_NAME}", data)
        return RowsRef(self._prefix, self.rows, manifest.size, hashlib.sha256(data).hexdigest())

    def _check_open(self) -> None:
        if self._is_closed:
            url = self._store.url(self._prefix)
            raise ValueError(f"The writer of {url} takes no more: it has failed, has committed, or was left.")

    def _close_frame(self, *, is_boundary: bool) -> None:
        frame = Frame(self._frame_rows, join_rows(self._frame_rows, self._bodies))
        self._bodies, self._frame_rows, self._frame_bytes = [], 0, 0
        self._has_open_frames = not is_boundary
        self._background.put(_Closed(frame, self._done, is_boundary))


class _Parts:
    """Builds parts of frames and stores them. Knows nothing of the writer, so that a forgotten one can go."""

    def __init__(self, store: ObjectStore, prefix: str, part_bytes: int) -> None:
        self._store = store
        self._prefix = prefix
        self._part_bytes = part_bytes
        self.records: list[PartRecord] = []

    def store(self, closed: Iterator[_Closed]) -> None:
        """Store parts, while the next one is compressed in a thread of its own."""
        with contextlib.closing(prefetch(self._build(closed), depth=1)) as parts:
            for part in parts:
                self._store.create_own(f"{self._prefix}/rows/{part.record.name}", part.data)
                self.records.append(part.record)

    def _build(self, closed: Iterator[_Closed]) -> Iterator[_Part]:
        compressor = FrameCompressor()
        index = start = rows = 0
        data, size = [HEADER], 0
        item: _Closed | None = None
        for item in closed:
            data.append(compressor.compress(item.frame))
            size += len(data[-1])
            rows += item.frame.rows
            if size >= self._part_bytes * (1 if item.is_boundary else 2):
                yield _part(index, start, item, rows, data)
                index, start, rows, data, size = index + 1, item.done, 0, [HEADER], 0
        if item is not None and rows:
            yield _part(index, start, item, rows, data)


def _part(index: int, start: int, last: _Closed, rows: int, data: list[bytes]) -> _Part:
    # A part that ends within the output of one batch says so: it is of use only with those that follow, up to
    # one that is not open.
    ending = "" if last.is_boundary else "-open"
    name = f"{index:06d}-{start}-{last.done}{ending}.rows"
    content = b"".join(data)
    record = PartRecord(name, rows, len(content), hashlib.sha256(content).hexdigest(), start, last.done)
    return _Part(record, content)


def _as_dict(row: object, number: int) -> dict[str, Any]:
    try:
        plain = dump_model(row) if is_model(row) else row
    except Refused as error:
        raise UnsupportedValueError(None, number, str(error)) from error
    if isinstance(plain, Mapping):
        return dict(plain)
    raise UnsupportedValueError(None, number, f"a row has to be a dictionary, not a {type(row).__name__}.")

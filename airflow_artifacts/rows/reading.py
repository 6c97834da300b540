"""Reading rows: fetched, checked and decompressed in the background, in batches of any size."""

from __future__ import annotations

import contextlib
import gc
import hashlib
from collections import Counter
from functools import cached_property
from typing import TYPE_CHECKING, Any

from airflow_artifacts.exceptions import DamagedObjectError
from airflow_artifacts.rows.background import prefetch
from airflow_artifacts.rows.parts import Frame, iter_frames
from airflow_artifacts.rows.refs import Manifest, PartRecord, RowsRef
from airflow_artifacts.settings import Settings
from airflow_artifacts.storage import open_store

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from airflow_artifacts.storage import ObjectStore


class Rows:
    """The rows of one ref, or of several one after the other. Iterating reads them anew each time.

    Args:
        store: Where the rows are.
        refs: Which rows.
    """

    def __init__(self, store: ObjectStore, refs: Sequence[RowsRef]) -> None:
        self._store = store
        self.refs = tuple(refs)

    def __len__(self) -> int:
        return sum(ref.rows for ref in self.refs)

    def __iter__(self) -> Iterator[dict[str, Any]]:
        for frame in self._decoded(0):
            yield from frame

    @cached_property
    def manifests(self) -> tuple[Manifest, ...]:
        """The manifests of the refs."""
        return tuple(ref.manifest(self._store) for ref in self.refs)

    @property
    def columns(self) -> dict[str, int]:
        """Columns in the order in which they first appear, and in how many rows each is."""
        columns: Counter[str] = Counter()
        for manifest in self.manifests:
            columns.update(manifest.columns)
        return dict(columns)

    def batches(self, size: int, *, start: int = 0) -> Iterator[list[dict[str, Any]]]:
        """Give the rows in lists of ``size``, the last one maybe shorter.

        Args:
            size: Rows per list.
            start: How many rows to leave out at the beginning. Parts and frames of such rows are not read.

        Raises:
            ObjectNotFoundError: A part or a manifest is not there.
            DamagedObjectError: A part or a manifest is not what was written.
        """
        batch: list[dict[str, Any]] = []
        for frame in self._decoded(start):
            rest = 0
            if batch:
                rest = size - len(batch)
                batch += frame[:rest]
                if len(batch) < size:
                    continue
                yield batch
            for begin in range(rest, len(frame) - size + 1, size):
                yield frame[begin : begin + size]
            batch = frame[len(frame) - (len(frame) - rest) % size :]
        if batch:
            yield batch

    def _decoded(self, start: int) -> Iterator[list[dict[str, Any]]]:
        with contextlib.closing(prefetch(self._frames(start))) as frames:
            for frame, skip in frames:
                rows = _decode(frame)
                yield rows[skip:] if skip else rows

    def _frames(self, start: int) -> Iterator[tuple[Frame, int]]:
        """Give frames from the row ``start`` on, each with the number of its first rows that are not wanted."""
        for ref, manifest in zip(self.refs, self.manifests, strict=True):
            for part in manifest.parts:
                if start < part.rows:
                    key = f"{ref.prefix}/rows/{part.name}"
                    yield from iter_frames(_read_part(self._store, key, part), skip=start)
                start = max(0, start - part.rows)


def _read_part(store: ObjectStore, key: str, part: PartRecord) -> bytes:
    data = store.read(key)
    if hashlib.sha256(data).hexdigest() != part.sha256:
        raise DamagedObjectError(store.url(key), "its SHA-256 is not the one in the manifest")
    return data


def _decode(frame: Frame) -> list[dict[str, Any]]:
    """Decode without the garbage collector, which would look at every new dictionary several times."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        return frame.decode()
    finally:
        if was_enabled:
            gc.enable()


def read_rows(ref: object, *, root: str | None = None) -> Rows:
    """Open the rows of a ref, or of a list of refs, for people and scripts.

    Args:
        ref: What a StepOperator returned: the dictionary in its XCom, or a list of them.
        root: The root that the refs are relative to. Without one, the environment's
            ``AIRFLOW__AIRFLOW_ARTIFACTS__ROOT``, else the folder ``artifacts`` under the Airflow home.

    Raises:
        InvalidRefError: The value is not a ref of rows.
    """
    values = ref if isinstance(ref, (list, tuple)) else [ref]
    store = open_store(root or Settings.from_environment().root)
    return Rows(store, [RowsRef.from_xcom(value) for value in values])

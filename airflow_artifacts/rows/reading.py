"""Reading rows: fetched, checked and decompressed in the background, in batches of any size."""

from __future__ import annotations

import contextlib
import gc
import hashlib
from collections import Counter
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

from airflow_artifacts.exceptions import DamagedObjectError
from airflow_artifacts.rows.background import prefetch
from airflow_artifacts.rows.parts import Frame, iter_frames
from airflow_artifacts.rows.refs import Manifest, PartRecord, RowsRef, find_refs
from airflow_artifacts.settings import Settings
from airflow_artifacts.storage import open_store

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Sequence

    from airflow_artifacts.storage import ObjectStore


class _Item(NamedTuple):
    """A frame, how many of its first rows are not wanted, and the key of its part."""

    frame: Frame
    skip: int
    key: str


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
        with contextlib.closing(self._decoded(0)) as frames:
            for frame in frames:
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
            size: Rows per list, 1 at least.
            start: How many rows to leave out at the beginning. Parts and frames of such rows are not read.

        Raises:
            ValueError: The size is not positive, or the start is negative.
            InvalidRefError: A ref does not fit its manifest.
            ObjectNotFoundError: A part or a manifest is not there.
            DamagedObjectError: A part or a manifest is not what was written.
        """
        if size < 1 or start < 0:
            raise ValueError(f"Batches of {size} rows from row {start} are not possible.")
        return self._batches(size, start)

    def _batches(self, size: int, start: int) -> Iterator[list[dict[str, Any]]]:
        batch: list[dict[str, Any]] = []
        with contextlib.closing(self._decoded(start)) as frames:
            for frame in frames:
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

    def _decoded(self, start: int) -> Generator[list[dict[str, Any]], None, None]:
        with contextlib.closing(prefetch(self._frames(start))) as frames:
            for item in frames:
                rows = self._decode(item.frame, item.key)
                yield rows[item.skip :] if item.skip else rows

    def _frames(self, start: int) -> Iterator[_Item]:
        """Give frames from the row ``start`` on."""
        for ref, manifest in zip(self.refs, self.manifests, strict=True):
            for part in manifest.parts:
                if start < part.rows:
                    yield from self._part_frames(f"{ref.prefix}/rows/{part.name}", part, start)
                start = max(0, start - part.rows)

    def _part_frames(self, key: str, part: PartRecord, start: int) -> Iterator[_Item]:
        data = self._store.read(key)
        if hashlib.sha256(data).hexdigest() != part.sha256:
            raise DamagedObjectError(self._store.url(key), "its SHA-256 is not the one in the manifest")
        rows = 0
        try:
            for frame, skip in iter_frames(data, skip=start):
                rows += frame.rows - skip
                yield _Item(frame, skip, key)
        except ValueError as error:
            raise DamagedObjectError(self._store.url(key), str(error)) from error
        if rows != part.rows - start:
            raise DamagedObjectError(self._store.url(key), "it has other rows than the manifest says")

    def _decode(self, frame: Frame, key: str) -> list[dict[str, Any]]:
        """Decode without the garbage collector, which would look at every new dictionary several times."""
        was_enabled = gc.isenabled()
        try:
            gc.disable()
            return frame.decode()
        except ValueError as error:
            raise DamagedObjectError(self._store.url(key), str(error)) from error
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
    return Rows(open_store(root or Settings.from_environment().root), find_refs(ref))

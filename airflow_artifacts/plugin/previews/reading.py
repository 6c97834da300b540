"""Reading a part of an object: each byte once, and no more than a preview may read."""

from __future__ import annotations

import io
import os
from bisect import bisect_right
from typing import TYPE_CHECKING, BinaryIO, cast

from airflow_artifacts.exceptions import StorageError
from airflow_artifacts.storage import LocalObjectStore

if TYPE_CHECKING:
    from typing_extensions import Self

    from airflow_artifacts.storage import ObjectStore

BUDGET = 2_000_000  # bytes
_WINDOW = 256 * 1024  # what a store other than a disk fetches at least, where a seek leads


class BudgetExceeded(Exception):  # noqa: N818 - never leaves the previews
    """A preview would have to read more than it may."""


class BudgetReader(io.RawIOBase):
    """An object of a store as a file, seekable, that refuses to read more of the store than a budget.

    What was read is kept, so that it is read once. A read that would exceed the budget reads nothing.

    Args:
        store: Where the object is.
        key: Its key.
        budget: Bytes that may be read.

    Raises:
        StorageError: The store failed.
        ObjectNotFoundError: There is no such object.
    """

    def __init__(self, store: ObjectStore, key: str, budget: int = BUDGET) -> None:
        super().__init__()
        self._store, self._key = store, key
        self._window = 1 if isinstance(store, LocalObjectStore) else _WINDOW
        self._file: BinaryIO = io.BytesIO()  # for close(), where there is no such object
        self._file = self._open()
        self.size = self._file.seek(0, os.SEEK_END)
        self.left = budget
        self._starts: list[int] = []  # of what is kept, in order
        self._kept: list[bytearray] = []
        self._position = 0

    def __enter__(self) -> Self:
        return self

    def close(self) -> None:
        """Close the object too."""
        if not self.closed:
            self._file.close()
        super().close()

    def fetch(self, start: int, end: int, *, ahead: int = 0) -> bytes:
        """Give the bytes from an offset to another one, fewer at the end of the object.

        Args:
            start: The offset of the first one.
            end: The offset after the last one.
            ahead: An offset up to which bytes will soon be wanted: if some have to be read, these are read too.

        Raises:
            BudgetExceeded: That would read more than is left of the budget.
            StorageError: The store failed.
        """
        end = min(end, self.size)
        pieces = []
        while start < end:
            piece = self._piece(start, end)
            if not piece:
                self._load(start, max(end, ahead))
                continue
            pieces.append(piece)
            start += len(piece)
        return b"".join(pieces)

    def _piece(self, start: int, end: int) -> bytearray:
        """Give what is kept from an offset on."""
        place = bisect_right(self._starts, start) - 1
        if place < 0:
            return bytearray()
        begin = self._starts[place]
        return self._kept[place][start - begin : end - begin]

    def _load(self, start: int, end: int) -> None:
        """Read what is not kept, up to what is."""
        place = bisect_right(self._starts, start)
        end = min(max(end, start + self._window), self.size, *self._starts[place : place + 1])
        # A store has fetched its window even if less of it is wanted.
        cost = max(end - start, min(self._window, self.size - start))
        if cost > self.left:
            raise BudgetExceeded
        self.left -= cost
        is_next = place > 0 and self._starts[place - 1] + len(self._kept[place - 1]) == start
        data = self._read(start, end - start, is_next=is_next)
        if not data:
            raise StorageError("read", self._store.url(self._key), "it was cut while it was read.")
        if is_next:
            self._kept[place - 1] += data
        else:
            self._starts.insert(place, start)
            self._kept.insert(place, data)

    def _read(self, start: int, count: int, *, is_next: bool) -> bytearray:
        if self._window > 1 and is_next:
            # Stores fetch ever larger windows of what is read in order.
            self._file.close()
            self._file = self._open()
        try:
            self._file.seek(start)
            data = bytearray()
            while len(data) < count and (more := self._file.read(count - len(data))):
                data += more
        except StorageError:
            raise
        except OSError as error:  # of a disk
            raise StorageError("read", self._store.url(self._key), error) from error
        return data

    def _open(self) -> BinaryIO:
        """Open the object without the buffer around it, which would read ahead."""
        file = self._store.open(self._key)
        return cast("BinaryIO", file.detach() if isinstance(file, io.BufferedReader) else file)

    def readable(self) -> bool:
        """Say that it is."""
        return True

    def seekable(self) -> bool:
        """Say that it is."""
        return True

    def tell(self) -> int:
        """Give the offset."""
        return self._position

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Go to an offset."""
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._position, os.SEEK_END: self.size}[whence]
        if base + offset < 0:
            raise ValueError(f"There is no offset {base + offset} in a file.")
        self._position = base + offset
        return self._position

    def read(self, size: int = -1) -> bytes:
        """Read the bytes that come next."""
        end = self.size if size < 0 else self._position + size
        data = self.fetch(self._position, end)
        self._position += len(data)
        return data

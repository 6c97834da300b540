"""Large files on their way to or from a store: in parts, several at once, in bounded memory.

What is in flight in a process, for all its transfers together, is held to a number of bytes: a transfer waits
until there is room for the parts that it wants to have in flight. So a file of any size takes no more memory than
one of some parts, and many files of some parts go side by side.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import logging
import os
import threading
import time
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import TYPE_CHECKING, Any, BinaryIO

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

logger = logging.getLogger("airflow_artifacts.progress")

TRANSFER_BYTES = 128 * 1024 * 1024  # where nobody says how much may be in flight
PART = 8 * 1024 * 1024  # bytes; what is not larger goes in one request
_MEBIBYTE = 1024 * 1024
_MOST_PARTS = 10_000  # S3 takes no more for one object; Azure takes 50,000
_AT_ONCE = 8
_FETCHED = 3  # times its size is what a part takes that is fetched: as it came, as one piece, and as it is freed
_INTERVAL = 10.0  # seconds between two lines of the log
_FIRST_WINDOW = 256 * 1024  # bytes that a reader fetches where it was led to by a seek


def part_size(size: int) -> int:
    """Give the bytes of a part, for a file of a size, so that its parts are not too many for any store."""
    smallest = -(-size // _MOST_PARTS)
    return max(PART, -(-smallest // _MEBIBYTE) * _MEBIBYTE)


def parts_at_once(size: int, limit: int, times: int = 1) -> int:
    """Give the number of parts in flight for a file of a size, where ``limit`` bytes may be.

    Args:
        size: The bytes of the file.
        limit: Bytes that may be in flight in this process.
        times: How many times its size a part takes.
    """
    part = part_size(size)
    return max(1, min(_AT_ONCE, limit // (part * times), -(-size // part)))


class _Memory:
    """The bytes that are in flight in this process."""

    def __init__(self) -> None:
        self._taken = 0
        self._changed = threading.Condition()
        self._turn = threading.Lock()  # who wants much is not overtaken for ever by those who want little

    @contextlib.contextmanager
    def take(self, wanted: int, limit: int) -> Iterator[None]:
        """Wait until no more than ``limit`` bytes are taken with these, or no others are."""
        with self._turn, self._changed:
            self._changed.wait_for(lambda: not self._taken or self._taken + wanted <= limit)
            self._taken += wanted
        try:
            yield
        finally:
            with self._changed:
                self._taken -= wanted
                self._changed.notify_all()


_memory = _Memory()


def _forget() -> None:
    """Begin anew in a process that was forked: the threads whose transfers were counted are not in it."""
    global _memory  # noqa: PLW0603
    _memory = _Memory()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget)


def in_flight(size: int, limit: int, times: int = 1) -> AbstractContextManager[None]:
    """Wait until the parts of a file that are in flight at once may take memory, and take it."""
    return _memory.take(min(size, part_size(size) * parts_at_once(size, limit, times)) * times, limit)


class Progress:
    """Logs how much of a large file is through, every some seconds.

    Args:
        what: What is at work, as the beginning of the line.
        total: The bytes of the file.
    """

    def __init__(self, what: str, total: int) -> None:
        self._what = what
        self._total = total
        self._done = 0
        self._begin = self._last = time.monotonic()

    def add(self, count: int) -> None:
        """Count bytes that are through, and log a line if the last one is some seconds ago."""
        self._done += count
        now = time.monotonic()
        if now - self._last < _INTERVAL:
            return
        self._last = now
        rate = self._done / (now - self._begin)
        logger.info(
            "%s: %s of %s MiB done, %.1f MiB/s, %.0f s left",
            self._what,
            f"{self._done // _MEBIBYTE:,}",
            f"{self._total // _MEBIBYTE:,}",
            rate / _MEBIBYTE,
            (self._total - self._done) / rate,
        )


def read_parts(file: BinaryIO, part: int, progress: Progress, digest: hashlib._Hash | None) -> Iterator[bytes]:
    """Give a local file in parts, counted and hashed as they are given."""
    while chunk := file.read(part):
        if digest is not None:
            digest.update(chunk)
        yield chunk
        progress.add(len(chunk))


def sha256_of(file: BinaryIO) -> str:
    """Hash a local file from its beginning."""
    file.seek(0)
    digest = hashlib.sha256()
    while chunk := file.read(_MEBIBYTE):
        digest.update(chunk)
    return digest.hexdigest()


def fetch_parts(fetch: Callable[[int, int], Any], size: int, progress: Progress, limit: int) -> Iterator[Any]:
    """Fetch an object in parts, several at once, and give them in order.

    Args:
        fetch: Gives the bytes from an offset to another one.
        size: Bytes of the object.
        progress: Counts what was given.
        limit: Bytes that may be in flight in this process.
    """
    part = part_size(size)
    spans = iter([(start, min(start + part, size)) for start in range(0, size, part)])
    # One part is in the hands of the caller, who is as slow as a disk or a hash.
    at_once = max(1, parts_at_once(size, limit, _FETCHED) - 1)
    with in_flight(size, limit, _FETCHED), ThreadPoolExecutor(at_once) as pool:
        under_way = deque(pool.submit(fetch, *span) for span in islice(spans, at_once))
        try:
            while under_way:
                data = under_way.popleft().result()
                under_way.extend(pool.submit(fetch, *span) for span in islice(spans, 1))
                yield data
                progress.add(len(data))
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


class RangeReader(io.RawIOBase):
    """An object of a store as a file, seekable and read as needed.

    What is read in order is fetched in growing pieces, and what a seek leads to in small ones.

    Args:
        fetch: Gives the bytes from an offset to another one.
        size: Bytes of the object.
    """

    def __init__(self, fetch: Callable[[int, int], Any], size: int) -> None:
        self._fetch = fetch
        self._size = size
        self._position = 0
        self._start = 0  # of what is at hand
        self._ahead = memoryview(b"")
        self._window = _FIRST_WINDOW

    def readable(self) -> bool:
        """Say that it is."""
        return True

    def seekable(self) -> bool:
        """Say that it is."""
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Go to an offset."""
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._position, os.SEEK_END: self._size}[whence]
        if base + offset < 0:
            raise ValueError(f"There is no offset {base + offset} in a file.")
        self._position = base + offset
        return self._position

    def tell(self) -> int:
        """Give the offset."""
        return self._position

    def readinto(self, buffer: Any) -> int:
        """Read some of the bytes that come next."""
        if self._position >= self._size:
            return 0
        within = self._position - self._start
        if not 0 <= within < len(self._ahead):
            self._fill(len(buffer))
            within = 0
        data = self._ahead[within : within + len(buffer)]
        buffer[: len(data)] = data
        self._position += len(data)
        return len(data)

    def readall(self) -> bytes:
        """Read what is left, as one piece."""
        start = self._position
        if start >= self._size:
            return b""
        self._position = self._size
        return bytes(self._fetch(start, self._size))

    def _fill(self, wanted: int) -> None:
        follows = self._position == self._start + len(self._ahead) and len(self._ahead) > 0
        self._window = min(self._window * 2, PART) if follows else _FIRST_WINDOW
        end = min(self._size, self._position + max(wanted, self._window))
        self._ahead = memoryview(b"")  # so that two are never held
        self._ahead = memoryview(self._fetch(self._position, end))
        self._start = self._position

"""A file on a web server, as one that is open for reading: from the beginning, or here and there.

What is read from the beginning comes as one stream. Elsewhere, parts are asked for, larger ones the longer reading
goes on in order. Of servers that know no parts, and of what they compress, the whole is kept in a temporary file.
"""

from __future__ import annotations

import contextlib
import http.client
import io
import os
import tempfile
import time
import zlib
from typing import IO, TYPE_CHECKING

from airflow_artifacts.exceptions import ArtifactsError, StorageError, UrlError
from airflow_artifacts.storage.http import fetching

if TYPE_CHECKING:
    from typing_extensions import Buffer

    from airflow_artifacts.storage.http.fetching import Answer, Fetcher

_FIRST_BYTES = 64 * 1024
_MOST_BYTES = 8 * 1024 * 1024
_BUFFER_BYTES = 256 * 1024
_COPY_BYTES = 1024 * 1024
_GZIP = frozenset({"gzip", "x-gzip"})
_COMPRESSED_NAMES = (".gz", ".tgz")


def open_reader(fetcher: Fetcher) -> io.BufferedReader:
    """Open a file; it is seekable.

    Raises:
        FileNotFoundError: There is no such file.
        UrlError: The server refuses.
        UnsafeUrlError: It leads to where nothing may be fetched.
        StorageError: The server failed, however often it was asked.
    """
    return io.BufferedReader(HttpReader(fetcher), _BUFFER_BYTES)


class HttpReader(io.RawIOBase):
    """A file on a server; opening it asks for its beginning."""

    def __init__(self, fetcher: Fetcher) -> None:
        super().__init__()
        self._fetcher = fetcher
        self._at = 0
        self._ahead: int | None = None  # how many bytes to ask for, None for all that are left
        self._spool: IO[bytes] | None = None
        self._failures = 0
        self._answer: Answer | None = None
        try:
            answer = fetcher.get(0, _FIRST_BYTES)
            self.size, self._version = answer.total, answer.version
            self._accept(answer)
        except BaseException:
            self.close()
            raise

    def readable(self) -> bool:
        """Say that this can be read."""
        return True

    def seekable(self) -> bool:
        """Say that one can go to any byte."""
        return True

    def tell(self) -> int:
        """Give the position."""
        return self._at

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Go to a position; nothing is fetched before it is read."""
        if whence == os.SEEK_CUR:
            offset += self._at
        elif whence == os.SEEK_END:
            if self.size is None:
                self._keep_whole()
            offset += self.size or 0
        if offset < 0:
            raise ValueError(f"the position is {offset}")
        self._at = offset
        return offset

    def close(self) -> None:
        """Close the connection, and remove the temporary file."""
        if not self.closed:
            self._fetcher.close()
            if self._spool is not None:
                self._spool.close()
        super().close()

    def readinto(self, target: Buffer) -> int:
        """Read some bytes, 0 at the end.

        Raises:
            StorageError: The server failed, or has another version of the file now.
        """
        while True:
            if self._spool is not None:
                return self._read_spool(target)
            if self.size is not None and self._at >= self.size:
                return 0
            try:
                count = self._read_answer(target)
            except (ArtifactsError, FileNotFoundError):
                raise
            except (OSError, http.client.HTTPException) as error:
                self._drop(error)
                continue
            if count is not None:
                return count

    def _read_spool(self, target: Buffer) -> int:
        assert self._spool is not None  # noqa: S101 - for the type checker
        self._spool.seek(self._at)
        count: int = self._spool.readinto(target)  # type: ignore[attr-defined]
        self._at += count
        return count

    def _read_answer(self, target: Buffer) -> int | None:
        """Read some bytes of the answer there is, or of a new one; None where neither goes on, but another may."""
        if self._answer is None or self._answer.position != self._at:
            self._ask(len(memoryview(target).cast("B")))
            if self._answer is None:
                return None
        count = self._answer.readinto(target)
        self._at = self._answer.position
        if count:
            self._failures = 0 if count >= _FIRST_BYTES else self._failures
            return count
        ended, self._answer = self._answer, None
        if not ended.is_part:
            self.size = self._at
            return 0
        self._ahead = None if self._ahead is None else min(2 * self._ahead, _MOST_BYTES)
        return None

    def _ask(self, wanted: int) -> None:
        if self._answer is not None:  # somebody went elsewhere
            self._drop_answer()
            self._ahead = 0
        if self._ahead is None:
            answer = self._fetcher.get(self._at)
        else:
            self._ahead = max(self._ahead, wanted, _FIRST_BYTES)
            end = self._at + self._ahead
            answer = self._fetcher.get(self._at, end if self.size is None else min(end, self.size))
        self._check(answer, answer.total)
        self._accept(answer)

    def _check(self, answer: Answer, total: int | None) -> None:
        """Refuse a part of another version than that which was read so far, as far as the server says it."""
        pairs = [(total, self.size), *zip(answer.version, self._version, strict=True)]
        if any(new != old for new, old in pairs if new and old):
            problem = "it was changed while it was read. Read it again."
            raise StorageError("read", self._fetcher.url.shown, problem)

    def _accept(self, answer: Answer) -> None:
        if answer.is_wanted and answer.position == self._at and answer.encoding is None and answer.is_counted:
            self._answer = answer
        else:
            self._fetcher.close()
            self._keep_whole()

    def _drop_answer(self) -> None:
        if self._answer is None or not self._answer.is_read:
            self._fetcher.close()
        self._answer = None

    def _drop(self, error: Exception) -> None:
        """Give up an answer that was cut, and wait before the next is asked for.

        Raises:
            StorageError: That happened too often.
        """
        self._drop_answer()
        if self._failures >= len(fetching.WAITS):
            shown = self._fetcher.url.shown
            problem = f"{fetching.failure(error)}. It was tried {self._failures + 1} times."
            raise StorageError("read", shown, problem) from None
        time.sleep(fetching.WAITS[self._failures])
        self._failures += 1

    def _keep_whole(self) -> None:
        """Fetch the whole file into a temporary one, which is read from then on."""
        while self._spool is None:
            answer = self._fetcher.get(whole=True)
            self._check(answer, None)
            with contextlib.ExitStack() as stack:
                spool = stack.enter_context(tempfile.TemporaryFile(prefix="airflow-artifacts-"))
                try:
                    _copy(answer, spool, self._fetcher)
                except ArtifactsError:
                    raise
                except (OSError, http.client.HTTPException, zlib.error) as error:
                    self._drop(error)
                else:
                    self.size, self._spool = spool.tell(), spool
                    stack.pop_all()
        self._drop_answer()


def _copy(answer: Answer, target: IO[bytes], fetcher: Fetcher) -> None:
    """Copy what an answer has, decoded."""
    shown = fetcher.url.shown
    if not answer.is_counted:
        problem = "the server does not say how long the file is, so nobody would see that it was cut."
        raise UrlError(shown, problem)
    decoder = None
    # Some servers call an archive encoded that is meant to stay one.
    if answer.encoding is not None and not shown.lower().endswith(_COMPRESSED_NAMES):
        if answer.encoding not in _GZIP:
            raise UrlError(
                shown, f"the server encodes it in a way that nobody asked for: {answer.encoding[:40]!r}."
            )
        decoder = _Gunzip(target)
    buffer = memoryview(bytearray(_COPY_BYTES))
    while count := answer.readinto(buffer):
        (target if decoder is None else decoder).write(buffer[:count])
    if decoder is not None:
        decoder.finish()


class _Gunzip:
    """Writes what it is given decompressed, a little at a time, whatever it unfolds to."""

    def __init__(self, target: IO[bytes]) -> None:
        self._target = target
        self._decoder = zlib.decompressobj(16 + zlib.MAX_WBITS)

    def write(self, data: Buffer) -> None:
        """Decompress some bytes."""
        rest = bytes(data)
        while rest:
            if self._decoder.eof:  # another member follows
                self._decoder = zlib.decompressobj(16 + zlib.MAX_WBITS)
            self._target.write(self._decoder.decompress(rest, _COPY_BYTES))
            rest = self._decoder.unused_data if self._decoder.eof else self._decoder.unconsumed_tail

    def finish(self) -> None:
        """Refuse an end that is none.

        Raises:
            EOFError: It is within a member.
        """
        if not self._decoder.eof:
            raise zlib.error("it ends too early")

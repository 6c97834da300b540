"""The bytes of a part: frames of rows that a standard ``zstd -d`` decompresses too.

::

    part  = skippable frame "AAROWS" + format version
            (skippable frame with row count and length of what follows, zstd frame of a MessagePack array of rows)*

Skippable frames are zstd's own (RFC 8878, section 3.1.2). The counts in front of each frame let a reader step
over frames without decompressing them.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, NamedTuple

import zstandard

from airflow_artifacts.rows.values import decode_rows

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any, BinaryIO

_SKIPPABLE = struct.Struct("<II")  # magic number, length of the content
_SKIPPABLE_MAGIC = 0x184D2A50
_COUNTS = struct.Struct("<II")  # rows, length of the zstd frame
_MAGIC = b"AAROWS\x00\x01"
_LEVEL, _HURRIED_LEVEL = 1, -7
_HARDLY_SMALLER = 0.85
_FRAMES_IN_A_HURRY = 15

HEADER = _SKIPPABLE.pack(_SKIPPABLE_MAGIC, len(_MAGIC)) + _MAGIC


class Frame(NamedTuple):
    """Rows that were encoded together: how many, and their bytes without compression."""

    rows: int
    body: bytes

    def decode(self) -> list[dict[str, Any]]:
        """Decode the rows.

        Raises:
            ValueError: The bytes are not these rows.
        """
        rows = decode_rows(self.body)
        if len(rows) != self.rows:
            raise ValueError(f"a frame has {len(rows)} rows instead of {self.rows}")
        return rows


class FrameCompressor:
    """Compresses the frames of one writer; for one thread, because two would spoil each other's frames.

    Where a frame hardly gets smaller (embeddings), those that follow are compressed in a hurry, which costs a
    fifth of the time to write and to read; every now and then one is tried anew.
    """

    def __init__(self) -> None:
        self._thorough = zstandard.ZstdCompressor(level=_LEVEL)
        self._hurried = zstandard.ZstdCompressor(level=_HURRIED_LEVEL)
        self._in_a_hurry = 0

    def compress(self, frame: Frame) -> bytes:
        """Give the bytes of a frame as they stand in a part."""
        if self._in_a_hurry:
            self._in_a_hurry -= 1
            compressed = self._hurried.compress(frame.body)
        else:
            compressed = self._thorough.compress(frame.body)
            if len(compressed) > _HARDLY_SMALLER * len(frame.body):
                self._in_a_hurry = _FRAMES_IN_A_HURRY
        counts = _COUNTS.pack(frame.rows, len(compressed))
        return _SKIPPABLE.pack(_SKIPPABLE_MAGIC, _COUNTS.size) + counts + compressed


def iter_frames(part: bytes, *, skip: int = 0) -> Iterator[tuple[Frame, int]]:
    """Decompress the frames of a part, one at a time.

    Args:
        part: All bytes of the part.
        skip: A number of rows from the start that are not wanted; frames of only such rows are stepped over.

    Yields:
        A frame, and how many of its first rows are not wanted.

    Raises:
        ValueError: The bytes are not a part, or end in the middle of one.
    """
    if part[: len(HEADER)] != HEADER:
        raise ValueError("it does not begin like rows of this format version")
    decompressor = zstandard.ZstdDecompressor()
    view = memoryview(part)
    position = len(HEADER)
    while position < len(part):
        count, begin, end = _read_counts(view, position)
        position = end
        if skip >= count:
            skip -= count
            continue
        try:
            body = decompressor.decompress(view[begin:end])
        except zstandard.ZstdError as error:
            raise ValueError(f"the frame at byte {begin} cannot be decompressed ({error})") from error
        yield Frame(count, body), skip
        skip = 0


def iter_file_frames(part: BinaryIO, *, limit: int) -> Iterator[Frame]:
    """Read the frames of a part from its start, one at a time, no further than they are asked for.

    Args:
        part: The part.
        limit: Bytes of all frames together, without compression: a frame with which there would be more, and what
            follows, is left out.

    Raises:
        ValueError: The bytes are not a part, or end in the middle of one.
    """
    if part.read(len(HEADER)) != HEADER:
        raise ValueError("it does not begin like rows of this format version")
    decompressor = zstandard.ZstdDecompressor()
    while head := part.read(_SKIPPABLE.size + _COUNTS.size):
        if len(head) < _SKIPPABLE.size + _COUNTS.size or _SKIPPABLE.unpack_from(head) != (
            _SKIPPABLE_MAGIC,
            _COUNTS.size,
        ):
            raise ValueError("there is no frame where one belongs")
        count, length = _COUNTS.unpack_from(head, _SKIPPABLE.size)
        if length > limit:
            return
        data = part.read(length)
        if len(data) < length:
            raise ValueError("it ends within a frame")
        try:
            size = zstandard.frame_content_size(data)
            if size > limit:
                return
            if not 0 < count < size:  # a row has a byte at least, and so has their array
                raise ValueError(f"a frame has {count} rows in {size} bytes")
            yield Frame(count, decompressor.decompress(data))
        except zstandard.ZstdError as error:
            raise ValueError(f"a frame cannot be decompressed ({error})") from error
        limit -= size


def _read_counts(part: memoryview, position: int) -> tuple[int, int, int]:
    """Read what stands in front of a frame: its number of rows, and where it begins and ends."""
    begin = position + _SKIPPABLE.size + _COUNTS.size
    if begin > len(part) or _SKIPPABLE.unpack_from(part, position) != (_SKIPPABLE_MAGIC, _COUNTS.size):
        raise ValueError(f"there is no frame at byte {position}")
    count, length = _COUNTS.unpack_from(part, begin - _COUNTS.size)
    if begin + length > len(part):
        raise ValueError(f"it ends within the frame at byte {begin}")
    return count, begin, begin + length

"""The bytes of a part: frames of rows that a standard ``zstd -d`` decompresses too.

::

    part  = skippable frame "AAROWS" + format version
            (skippable frame with row count and length of what follows, zstd frame of MessagePack rows)*

Skippable frames are zstd's own (RFC 8878, section 3.1.2). The counts in front of each frame let a reader step
over frames without decompressing them.
"""

from __future__ import annotations

import struct
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

import zstandard

from airflow_artifacts.rows.values import decode_rows

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

_SKIPPABLE = struct.Struct("<II")  # magic number, length of the content
_SKIPPABLE_MAGIC = 0x184D2A50
_COUNTS = struct.Struct("<II")  # rows, length of the zstd frame
_MAGIC = b"AAROWS\x00\x01"
_LEVEL = 1

HEADER = _SKIPPABLE.pack(_SKIPPABLE_MAGIC, len(_MAGIC)) + _MAGIC


class Frame(NamedTuple):
    """Rows that were encoded together: how many, and their bytes without compression."""

    rows: int
    body: bytes

    def decode(self) -> list[dict[str, Any]]:
        """Decode the rows."""
        return decode_rows(self.rows, self.body)


@cache
def _compressor() -> zstandard.ZstdCompressor:
    return zstandard.ZstdCompressor(level=_LEVEL)


def compress_frame(frame: Frame) -> bytes:
    """Give the bytes of a frame as they stand in a part. Not for two threads at once."""
    compressed = _compressor().compress(frame.body)
    return _SKIPPABLE.pack(_SKIPPABLE_MAGIC, _COUNTS.size) + _COUNTS.pack(frame.rows, len(compressed)) + compressed


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
        head = position + _SKIPPABLE.size
        if _SKIPPABLE.unpack_from(view, position) != (_SKIPPABLE_MAGIC, _COUNTS.size):
            raise ValueError(f"there is no frame at byte {position}")
        count, length = _COUNTS.unpack_from(view, head)
        position = head + _COUNTS.size + length
        if skip >= count:
            skip -= count
            continue
        yield Frame(count, decompressor.decompress(view[position - length : position])), skip
        skip = 0

"""Decompression of LZ4, for there is none in the standard library.

The formats are https://github.com/lz4/lz4/blob/dev/doc/lz4_Frame_format.md and lz4_Block_format.md.
"""

from __future__ import annotations

import struct

_MAGIC = 0x184D2204
_RAW_BLOCK = 0x8000_0000
_SHORTEST_MATCH = 4
_LONG = 15  # a length of four bits that goes on in the next byte
_LONGER = 255


def decompress_frame(frame: bytes) -> bytes:
    """Decompress a frame; checksums are not looked at.

    Raises:
        ValueError: It is none.
    """
    if len(frame) < 7 or struct.unpack_from("<I", frame)[0] != _MAGIC:  # noqa: PLR2004 - the shortest header
        message = "This is not a frame of LZ4"
        raise ValueError(message)
    flags = frame[4]
    has_size, has_dictionary, has_checksums = flags & 0x08, flags & 0x01, flags & 0x10
    at = 7 + (8 if has_size else 0) + (4 if has_dictionary else 0)
    out = bytearray()
    while size := struct.unpack_from("<I", frame, at)[0]:
        at += 4
        length = size & ~_RAW_BLOCK
        block = frame[at : at + length]
        at += length + (4 if has_checksums else 0)
        if size & _RAW_BLOCK:
            out += block
        else:
            _decompress_block(block, out)
    return bytes(out)


def _decompress_block(block: bytes, out: bytearray) -> None:
    at, end = 0, len(block)
    while True:
        token = block[at]
        literals, at = _length(block, at + 1, token >> 4)
        out += block[at : at + literals]
        at += literals
        if at >= end:
            return  # the last sequence has no match
        distance = block[at] | block[at + 1] << 8
        size, at = _length(block, at + 2, token & _LONG)
        _copy(out, distance, size + _SHORTEST_MATCH)


def _length(block: bytes, at: int, length: int) -> tuple[int, int]:
    if length == _LONG:
        more = _LONGER
        while more == _LONGER:
            more = block[at]
            length += more
            at += 1
    return length, at


def _copy(out: bytearray, distance: int, size: int) -> None:
    start = len(out) - distance
    if distance >= size:
        out += out[start : start + size]
    else:  # the match overlaps what it makes
        pattern = bytes(out[start:])
        out += (pattern * (size // distance + 1))[:size]

"""What xet clients upload: chunks of contents in xorbs, and shards that say which chunks make a file.

The formats are those of https://huggingface.co/docs/xet (xorb, shard and hash strings).
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING

from airflow_artifacts.testing.lz4 import decompress_frame

if TYPE_CHECKING:
    from collections.abc import Iterator

_HEADER = struct.Struct("<32sQQ")  # of a shard: tag, version, size of the footer
_FILE = struct.Struct("<32sIIQ")  # hash, flags, number of terms
_TERM = struct.Struct("<32sIIII")  # hash of a xorb, flags, bytes, first chunk, the chunk after the last
_XORB = struct.Struct("<32sIIII")  # hash, flags, number of chunks, bytes, bytes as stored
_CHUNK = struct.Struct("<32sIIQ")  # hash, first byte, bytes
_FOOTER = struct.Struct("<9Q32sQQ6Q4Q")  # version, places of the parts, key, dates, unused, sizes, its own place
_RECORD = 48  # the size of all of them but the footer
_BOOKEND = b"\xff" * 32 + bytes(16)
_VERIFIED, _DESCRIBED = 0x8000_0000, 0x4000_0000  # what else there is of a file: a hash for each term; a SHA-256
_TAG = bytes.fromhex(
    "48465265706f4d6574614461746100556967456a7b815783a5bdd95ccdd14aa9"
)  # HFRepoMetaData, and what makes it unlikely elsewhere
_XORB_END = b"XETBLOB"
_CHUNK_HEADER = 8
_GROUPED = 2
_FOREVER = 2**63


@dataclass(frozen=True)
class Chunk:
    """A chunk in the file of a xorb.

    Attributes:
        start: Where it begins.
        size: How many bytes it has there.
        scheme: How it is compressed: 0 not, 1 with LZ4, 2 with LZ4 after its bytes were put into four groups.
    """

    start: int
    size: int
    scheme: int


@dataclass(frozen=True)
class Term:
    """A run of chunks of a file.

    Attributes:
        xorb: The name of the xorb that has them.
        first: The number of the first chunk.
        end: The number of the chunk after the last.
    """

    xorb: str
    first: int
    end: int


@dataclass(frozen=True)
class Shard:
    """What a shard says.

    Attributes:
        files: What each file is made of, by the SHA-256 of its content.
        chunks: The names of all chunks of the xorbs that came before it.
        answer: A shard with these xorbs and no files, for clients that have one of the chunks too.
    """

    files: dict[str, tuple[Term, ...]]
    chunks: tuple[str, ...]
    answer: bytes


def hash_name(raw: bytes) -> str:
    """Write a hash as its name: four numbers of 64 bits, whose bytes are stored the other way round."""
    return "".join(f"{number:016x}" for number in struct.unpack("<4Q", raw))


def read_shard(data: bytes) -> Shard:
    """Read a shard.

    Raises:
        ValueError: It is none, or one whose files have no SHA-256.
    """
    if not data.startswith(_TAG):
        message = "This is not a shard"
        raise ValueError(message)
    files, at = {}, _HEADER.size
    while not data.startswith(_BOOKEND, at):
        _, flags, count, _ = _FILE.unpack_from(data, at)
        terms = [_TERM.unpack_from(data, at + _RECORD * (1 + number)) for number in range(count)]
        at += _RECORD * (1 + count + (count if flags & _VERIFIED else 0))
        if not flags & _DESCRIBED:
            message = "A file of the shard has no SHA-256"
            raise ValueError(message)
        files[hash_name(data[at : at + 32])] = tuple(
            Term(hash_name(of), first, end) for of, _, _, first, end in terms
        )
        at += _RECORD
    begin = at = at + _RECORD
    chunks: list[str] = []
    while not data.startswith(_BOOKEND, at):
        count = _XORB.unpack_from(data, at)[2]
        places = range(at + _RECORD, at + _RECORD * (1 + count), _RECORD)
        chunks.extend(hash_name(_CHUNK.unpack_from(data, place)[0]) for place in places)
        at += _RECORD * (1 + count)
    return Shard(files, tuple(chunks), _answer(data[begin : at + _RECORD]))


def _answer(xorbs: bytes) -> bytes:
    files = _HEADER.size
    tables = files + _RECORD + len(xorbs)  # for looking up, which clients make anew: they are empty
    places = (files, files + _RECORD, tables, 0, tables, 0, tables, 0)
    footer = _FOOTER.pack(1, *places, bytes(32), 0, _FOREVER, *[0] * 6, 0, 0, 0, tables)
    header = _HEADER.pack(_TAG, 2, len(footer))
    return header + _BOOKEND + xorbs + footer


def read_xorb(xorb: IO[bytes]) -> list[Chunk]:
    """Say where the chunks of a xorb are."""
    chunks = []
    while len(header := xorb.read(_CHUNK_HEADER)) == _CHUNK_HEADER and not header.startswith(_XORB_END):
        size = int.from_bytes(header[1:4], "little")
        chunks.append(Chunk(xorb.tell(), size, header[4]))
        xorb.seek(size, 1)
    return chunks


def unpacked(xorb: IO[bytes], chunks: list[Chunk]) -> Iterator[bytes]:
    """Give the contents of chunks of a xorb."""
    for chunk in chunks:
        xorb.seek(chunk.start)
        data = xorb.read(chunk.size)
        if chunk.scheme:
            data = decompress_frame(data)
        yield _ungrouped(data) if chunk.scheme == _GROUPED else data


def _ungrouped(data: bytes) -> bytes:
    out, at = bytearray(len(data)), 0
    for number in range(4):
        size = len(range(number, len(data), 4))
        out[number::4] = data[at : at + size]
        at += size
    return bytes(out)

"""The contents that come over xet, put together so that they can be read as any other."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from airflow_artifacts.testing.answers import HubError
from airflow_artifacts.testing.xet import Chunk, Term, read_shard, read_xorb, unpacked

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from airflow_artifacts.testing.blobs import Blob, BlobStore


@dataclass
class XetStore:
    """Chunks of contents that were uploaded.

    Attributes:
        blobs: Where they are kept, and the contents that are made of them.
        received: How many bytes of xorbs came: what clients did not know to be here already.
    """

    blobs: BlobStore
    received: int = 0
    _xorbs: dict[str, tuple[Path, list[Chunk]]] = field(default_factory=dict)
    _shards: dict[str, bytes] = field(default_factory=dict)

    def add_xorb(self, name: str, data: Iterable[bytes]) -> bool:
        """Keep a xorb, and say whether it is new."""
        blob = self.blobs.receive(data)
        path = self.blobs.path(blob.sha256)
        with path.open("rb") as file:
            chunks = read_xorb(file)
        is_new = name not in self._xorbs
        self._xorbs[name] = path, chunks
        self.received += blob.size
        return is_new

    def add_shard(self, data: bytes) -> list[Blob]:
        """Make the contents that a shard describes.

        Raises:
            HubError: It is no shard, its chunks are not here, or they make something else.
        """
        try:
            shard = read_shard(data)
        except ValueError as error:
            raise HubError(400, str(error)) from error
        blobs = []
        for sha256, terms in shard.files.items():
            blob = self.blobs.receive(self._content(terms))
            if blob.sha256 != sha256:
                raise HubError(400, f"The chunks of {sha256} make {blob.sha256}")
            blobs.append(blob)
        self._shards |= dict.fromkeys(shard.chunks, shard.answer)
        return blobs

    def shard_of(self, chunk: str) -> bytes | None:
        """Give a shard that has a chunk, if one is known."""
        return self._shards.get(chunk)

    def _content(self, terms: Iterable[Term]) -> Iterator[bytes]:
        for term in terms:
            if term.xorb not in self._xorbs:
                raise HubError(400, f"The xorb {term.xorb} was not uploaded")
            path, chunks = self._xorbs[term.xorb]
            with path.open("rb") as file:
                yield from unpacked(file, chunks[term.first : term.end])

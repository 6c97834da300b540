"""Contents on disk, named by their SHA-256; nothing that a client says becomes part of a path."""

from __future__ import annotations

import hashlib
import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

CHUNK = 256 * 1024


@dataclass(frozen=True)
class Blob:
    """A content that is on disk.

    Attributes:
        sha256: Its SHA-256 in hexadecimal digits.
        size: Its size in bytes.
    """

    sha256: str
    size: int


class BlobStore:
    """A folder of contents.

    Args:
        folder: An existing folder.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._numbers = itertools.count()

    def receive(self, chunks: Iterable[bytes]) -> Blob:
        """Keep what comes; a content that ends with an error leaves nothing behind."""
        incoming = self._folder / f"incoming-{next(self._numbers)}"
        digest, size = hashlib.sha256(), 0
        try:
            with incoming.open("wb") as file:
                for chunk in chunks:
                    digest.update(chunk)
                    size += len(chunk)
                    file.write(chunk)
            blob = Blob(digest.hexdigest(), size)
            incoming.replace(self.path(blob.sha256))
        finally:
            incoming.unlink(missing_ok=True)
        return blob

    def path(self, sha256: str) -> Path:
        """Give the file of a content that was received."""
        return self._folder / sha256

    def read(self, sha256: str) -> bytes:
        """Give a content as a whole."""
        return self.path(sha256).read_bytes()

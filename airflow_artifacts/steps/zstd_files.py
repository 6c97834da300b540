"""Reading Zstandard files to their end, whatever number of frames they have."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any, BinaryIO

if TYPE_CHECKING:
    from typing_extensions import Buffer

# Of compressed bytes: little, because what one read makes of them is in memory at once.
_CHUNK_BYTES = 16 * 1024


class ZstdReader(io.RawIOBase):
    """Decompresses a file.

    The reader of the library stops after the first frame, and takes the end of a file that was cut for its end:
    either would lose rows silently.

    Args:
        file: The compressed file.
    """

    def __init__(self, file: BinaryIO) -> None:
        super().__init__()
        self._file = file
        self._compressed = b""
        self._plain = memoryview(b"")
        self._frame: Any = None

    def readable(self) -> bool:
        """Say that this can be read."""
        return True

    def readinto(self, target: Buffer) -> int:
        """Read some bytes, none at the end.

        Raises:
            EOFError: The file ends within a frame.
            zstandard.ZstdError: It is something else, or damaged.
        """
        while not self._plain:
            self._compressed = self._compressed or self._file.read(_CHUNK_BYTES)
            if not self._compressed:
                if self._frame is not None:
                    raise EOFError("the file ends before its last frame does")
                return 0
            self._decompress()
        view = memoryview(target)
        count = min(len(view), len(self._plain))
        view[:count] = self._plain[:count]
        self._plain = self._plain[count:]
        return count

    def _decompress(self) -> None:
        import zstandard

        if self._frame is None:
            self._frame = zstandard.ZstdDecompressor().decompressobj()
        self._plain, self._compressed = memoryview(self._frame.decompress(self._compressed)), b""
        if self._frame.eof:
            self._compressed, self._frame = self._frame.unused_data, None

"""Many files as one archive, written while it is sent: neither in memory nor on disk is it ever whole.

Of a store far away, several small files are read at once, and the next ones not before the client took these. So
one who is slow or goes away keeps some megabytes and no thread, and there is nobody to be told to stop.
"""

from __future__ import annotations

import io
import zipfile
from collections import Counter
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any, NamedTuple

from airflow_artifacts.plugin.content.headers import content_headers
from airflow_artifacts.plugin.content.parts import PART, checked_parts
from airflow_artifacts.plugin.content.streaming import PartsResponse
from airflow_artifacts.storage import LocalObjectStore, check_relative_path, in_parallel

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Iterator, Sequence

    from starlette.responses import Response

    from airflow_artifacts.artifacts import FileRecord
    from airflow_artifacts.storage import ObjectStore

# Years that the format can say.
_EARLIEST = datetime(1980, 1, 1, tzinfo=timezone.utc)
_LATEST = datetime(2107, 12, 31, tzinfo=timezone.utc)

_AT_ONCE = 4 * PART  # bytes of small files that are read at once, and held until the client took them
_LEAST = _AT_ONCE // 32  # bytes that a file counts for, so that there are no more than 32 of them, however small


class Member(NamedTuple):
    """A file of an archive.

    Attributes:
        path: Its path in the archive.
        store: The store of the file.
        key: Its key.
        file: Its record.
        created_at: When it was saved, ISO 8601.
    """

    path: str
    store: ObjectStore
    key: str
    file: FileRecord
    created_at: str

    @property
    def size(self) -> int:
        """Bytes of the file."""
        return self.file.size

    @property
    def is_far(self) -> bool:
        """Whether each read is mostly waiting; on a disk, threads are in the way."""
        return not isinstance(self.store, LocalObjectStore)

    def parts(self) -> Iterator[bytes]:
        """Give the file in parts, checked on the way."""
        return checked_parts(self.store, self.key, self.file)


class Note(NamedTuple):
    """A text in an archive that says something of it.

    Attributes:
        path: Its path in the archive.
        text: The text, in UTF-8.
        created_at: When it was written, ISO 8601.
    """

    path: str
    text: bytes
    created_at: str

    @property
    def size(self) -> int:
        """Bytes of the text."""
        return len(self.text)

    @property
    def is_far(self) -> bool:
        """Say that it is at hand."""
        return False

    def parts(self) -> Iterator[bytes]:
        """Give the text."""
        yield self.text


class _Outlet(io.RawIOBase):
    """A file to write to, from which is taken away what was written. It cannot go back."""

    def __init__(self) -> None:
        self._held: list[bytes] = []
        self.size = 0

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self._held.append(bytes(data))
        self.size += len(data)
        return len(data)

    def take(self) -> bytes:
        data = b"".join(self._held)
        self._held, self.size = [], 0
        return data


def archive_response(name: str, members: Iterable[Member | Note]) -> Response:
    """Answer with files as a zip archive.

    They are not compressed: most artifacts are already, and the API server has better things to do. Each file is
    hashed on the way; if one is not what was saved, or its store fails, the connection is broken off before the
    directory at the end of the archive, without which no program opens it.

    This reads from the stores, so it is to be called in a thread, as routes are that are no coroutines.

    Args:
        name: Name of the archive.
        members: Its files.

    Raises:
        ValueError: There are none, or two have one path.
        UnsafeNameError: A path leads out of the folder in which the archive is unpacked.
        ArtifactsError: One of the first files is damaged, or its store fails.
    """
    chosen = list(members)
    counts = Counter(check_relative_path(member.path, what="path in an archive") for member in chosen)
    if not counts:
        raise ValueError("An archive needs files.")
    path, count = counts.most_common(1)[0]
    if count > 1:
        raise ValueError(f"{count} files have the path {path!r} in one archive.")
    headers = {
        **content_headers(name, "application/zip", inline=False),
        "Cache-Control": "no-store",
        # Middleware of Airflow ends an answer properly whose length nobody knows, when it is broken off.
        "Content-Length": str(zip_size(chosen)),
    }
    return PartsResponse(name, zip_parts(chosen), headers)


def zip_parts(members: Sequence[Member | Note]) -> Generator[bytes, None, None]:
    """Write a zip archive, and give it in parts of some size.

    Raises:
        ArtifactsError: A file is damaged, or its store fails.
    """
    outlet = _Outlet()
    with zipfile.ZipFile(outlet, "w") as archive:
        for member, parts in _read(members):
            with archive.open(_entry(member), "w", force_zip64=_is_long(member.size)) as entry:
                for part in parts:
                    entry.write(part)
                    if outlet.size >= PART:
                        yield outlet.take()
    yield outlet.take()


def _read(members: Iterable[Member | Note]) -> Iterator[tuple[Member | Note, Iterable[bytes]]]:
    """Give each member with its parts; those of a member that is alone in its group are read as they are taken."""
    for group in _groups(members):
        if len(group) == 1:
            yield group[0], group[0].parts()
        else:
            yield from zip(group, in_parallel(lambda member: list(member.parts()), group), strict=True)


def _groups(members: Iterable[Member | Note]) -> Iterator[list[Member | Note]]:
    """Divide members, in order, into those that are read at once; what is large or at hand is alone."""
    group: list[Member | Note] = []
    room = _AT_ONCE
    for member in members:
        wanted = max(member.size, _LEAST) if member.is_far and member.size <= PART else _AT_ONCE
        if wanted > room:
            yield group
            group, room = [], _AT_ONCE
        group.append(member)
        room -= wanted
    if group:
        yield group


def zip_size(members: Sequence[Member | Note]) -> int:
    """Give the bytes of an archive before it is written: see 4.3 of APPNOTE.TXT, which describes the format."""
    end = directory = 0
    for member in members:
        name, size = len(member.path.encode()), member.size
        longs = 2 * _is_long(size) + _is_long(end)
        directory += 46 + name + (4 + 8 * longs if longs else 0)
        # A header, with both sizes if they are long; the file; and its checksum and both sizes once more.
        end += 30 + name + 20 * _is_long(size) + size + (24 if _is_long(size) else 16)
    is_long = len(members) > zipfile.ZIP_FILECOUNT_LIMIT or _is_long(end) or _is_long(directory)
    return end + directory + 22 + (76 if is_long else 0)


def _is_long(number: int) -> bool:
    """Say whether a size or an offset is written with 64 bits."""
    return number > zipfile.ZIP64_LIMIT


def _entry(member: Member | Note) -> zipfile.ZipInfo:
    saved_at = datetime.fromisoformat(member.created_at).astimezone(timezone.utc)
    moment = min(max(saved_at, _EARLIEST), _LATEST)
    return zipfile.ZipInfo(member.path, moment.timetuple()[:6])

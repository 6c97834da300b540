"""The names of a Hadoop file system, in memory: what its name node does, one act at a time."""

from __future__ import annotations

import threading
import time
from itertools import count
from typing import Any

_NAME_BYTES = 255
_ids = count(16386)  # where HDFS begins


class HadoopError(Exception):
    """What the name node answers with: the class of Java's exception, and the status of HTTP that goes with it."""

    def __init__(self, kind: str, message: str, status: int = 403) -> None:
        self.kind = kind
        self.status = status
        super().__init__(message)


def not_found(path: str) -> HadoopError:
    return HadoopError("FileNotFoundException", f"File does not exist: {path}", 404)


class File:
    """A file, which grows where everybody sees it."""

    def __init__(self) -> None:
        self.id = next(_ids)
        self.data = bytearray()
        self.changed = time.time()


class Folder(dict[str, "File | Folder"]):
    """Names, and what has them."""


class HadoopNames:
    """All names below ``/``."""

    def __init__(self) -> None:
        self._top = Folder()
        self._lock = threading.RLock()

    def status(self, path: str) -> dict[str, Any]:
        with self._lock:
            return _status(self._find(path), "")

    def listed(self, path: str) -> list[dict[str, Any]]:
        with self._lock:
            found = self._find(path)
            if isinstance(found, File):
                return [_status(found, "")]
            return [_status(found[name], name) for name in sorted(found)]

    def file(self, path: str) -> File:
        with self._lock:
            found = self._find(path)
        if isinstance(found, Folder):
            raise HadoopError("FileNotFoundException", f"Path is not a file: {path}", 404)
        return found

    def create(self, path: str, *, overwrite: bool) -> File:
        """Give a new, empty file, which is there for everybody from now on."""
        with self._lock:
            folder, name = self._folder_of(path, make=True)
            there = folder.get(name)
            if isinstance(there, Folder) or (there is not None and not overwrite):
                raise HadoopError("FileAlreadyExistsException", f"{path} already exists")
            file = folder[name] = File()
            return file

    def append(self, path: str, data: bytes) -> None:
        file = self.file(path)
        with self._lock:
            file.data += data
            file.changed = time.time()

    def make_folders(self, path: str) -> None:
        with self._lock:
            self._walk(_segments(path), make=True)

    def rename(self, source: str, target: str) -> bool:
        """Rename as ``FileSystem.rename`` does: never over a file, and into a folder that is there."""
        with self._lock:
            try:
                old, old_name = self._folder_of(source)
                new, new_name = self._folder_of(target)
            except HadoopError:
                return False
            there = new.get(new_name)
            if isinstance(there, Folder):
                new, new_name, there = there, old_name, there.get(old_name)
            if old_name not in old or there is not None:
                return False
            new[new_name] = old.pop(old_name)
            return True

    def rename_with(self, option: str, source: str, target: str) -> None:
        """Rename as ``FileContext.rename`` does: over a file where the option is OVERWRITE."""
        with self._lock:
            old, old_name = self._folder_of(source)
            new, new_name = self._folder_of(target)
            if old_name not in old:
                raise not_found(source)
            there = new.get(new_name)
            if there is not None and option != "OVERWRITE":
                raise HadoopError("FileAlreadyExistsException", f"rename destination {target} already exists")
            if isinstance(there, Folder):
                raise HadoopError("IOException", f"rename destination {target} is a directory")
            new[new_name] = old.pop(old_name)

    def delete(self, path: str, *, recursive: bool) -> bool:
        with self._lock:
            try:
                folder, name = self._folder_of(path)
            except HadoopError as error:
                if error.status == 404:
                    return False
                raise
            there = folder.get(name)
            if isinstance(there, Folder) and there and not recursive:
                raise HadoopError("PathIsNotEmptyDirectoryException", f"{path} is non empty")
            return folder.pop(name, None) is not None

    def _find(self, path: str) -> File | Folder:
        if not _segments(path):
            return self._top
        folder, name = self._folder_of(path)
        if name not in folder:
            raise not_found(path)
        return folder[name]

    def _folder_of(self, path: str, *, make: bool = False) -> tuple[Folder, str]:
        *above, name = _segments(path)
        return self._walk(above, make=make), name

    def _walk(self, segments: list[str], *, make: bool) -> Folder:
        folder: File | Folder = self._top
        for number, segment in enumerate(segments):
            assert isinstance(folder, Folder)
            if make:
                folder.setdefault(segment, Folder())
            path = "/" + "/".join(segments[: number + 1])
            if segment not in folder:
                raise not_found(path)
            folder = folder[segment]
            if isinstance(folder, File):
                raise HadoopError("ParentNotDirectoryException", f"{path} (is not a directory)")
        assert isinstance(folder, Folder)
        return folder


def _segments(path: str) -> list[str]:
    segments = [segment for segment in path.split("/") if segment]
    for segment in segments:
        if segment in {".", ".."} or ":" in segment:
            raise HadoopError("InvalidPathException", f"Invalid path name {path}", 400)
        if len(segment.encode()) > _NAME_BYTES:
            raise HadoopError("FSLimitException$PathComponentTooLongException", f"{segment} is too long")
    return segments


def _status(found: File | Folder, name: str) -> dict[str, Any]:
    is_file = isinstance(found, File)
    return {
        "pathSuffix": name,
        "fileId": found.id if isinstance(found, File) else 0,
        "type": "FILE" if is_file else "DIRECTORY",
        "length": len(found.data) if isinstance(found, File) else 0,
        "modificationTime": int(found.changed * 1000) if isinstance(found, File) else 0,
        "accessTime": 0,
        "owner": "hdfs",
        "group": "supergroup",
        "permission": "644" if is_file else "755",
        "replication": 1 if is_file else 0,
        "blockSize": 128 * 1024 * 1024 if is_file else 0,
    }

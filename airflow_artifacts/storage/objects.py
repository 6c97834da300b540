"""Objects under one root: read, create once, replace, list, delete.

Nothing below the root is decided from a cached listing, and whatever becomes visible does so by one act: on a
local disk a file is written aside, flushed, and then linked or renamed into place; an object store makes an
object visible when its upload is complete.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import threading
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, cast
from urllib.parse import unquote

from airflow_artifacts.exceptions import (
    ArtifactsError,
    ConfigurationError,
    ObjectExistsError,
    ObjectNotFoundError,
    StorageError,
)
from airflow_artifacts.storage.keys import TEMPORARY, check_relative_path
from airflow_artifacts.storage.placing import make_folder, place_new, sync_folder, write_durably

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fsspec import AbstractFileSystem


_COPY_BYTES = 1024 * 1024


@dataclass(frozen=True)
class ObjectInfo:
    """Key, relative to the root, and size in bytes of an object."""

    key: str
    size: int


def open_store(url: str, filesystem: AbstractFileSystem | None = None) -> ObjectStore:
    """Open the store whose root is a URL or an absolute local path.

    Args:
        url: The root. What stands before an ``@`` in it is not looked at: see ``filesystem``.
        filesystem: The file system to use, where the caller has credentials for it. Without one, fsspec's for
            the URL's scheme, with credentials from the environment.

    Raises:
        ConfigurationError: There is no file system for the URL.
    """
    scheme, separator, rest = url.partition("://")
    if scheme in {"file", "local"} or not separator:
        return LocalObjectStore(local_path(url))
    import fsspec

    shown = without_credentials(url)
    if filesystem is None:
        try:
            filesystem, path = fsspec.core.url_to_fs(url, use_listings_cache=False)
        except (ValueError, ImportError) as error:
            raise ConfigurationError("root", f"is {shown}, which cannot be opened: {_scrub(error)}") from error
    else:
        path = filesystem._strip_protocol(f"{scheme}://{rest.rpartition('@')[2]}")  # noqa: SLF001
    if hasattr(filesystem, "dircache"):
        filesystem.dircache.use_listings_cache = False
    kind = MemoryObjectStore if scheme == "memory" else ObjectStore
    return kind(shown, filesystem, str(path))


def local_path(url: str) -> Path:
    """Give the path of a ``file://`` or ``local://`` URL, or of a path that is given as one."""
    scheme, separator, rest = url.partition(":")
    if not separator or scheme not in {"file", "local"}:
        return Path(url).expanduser().absolute()
    path = rest.removeprefix("//")
    return Path(
        unquote(path.removeprefix("localhost") if path.startswith("localhost/") else path) or "/"
    ).absolute()


def without_credentials(url: str) -> str:
    """Drop a password, a query and a fragment from a URL.

    A user name alone stays, because it is the id of a connection, but not where it may be a token (``https``).
    """
    scheme, separator, rest = url.partition("://")
    if not separator:
        return url
    authority = re.split(r"[/?#]", rest, maxsplit=1)[0]
    if "@" in authority:
        user = authority.rpartition("@")[0]
        is_secret = ":" in user or scheme in {"http", "https"}
        rest = rest[len(user) + 1 :] if is_secret else rest
    elif re.search(r":(?!\d*$)", authority):  # a password with a slash in it, as those of AWS often have
        rest = rest.rpartition("@")[2]
    return f"{scheme}://{re.split(r'[?#]', rest, maxsplit=1)[0]}"


def _scrub(error: object) -> str:
    """Write an error without the secrets in the URLs that it quotes."""
    return re.sub(r"\b[\w+.-]+://[^\s'\"<>]+", lambda found: without_credentials(found[0]), str(error))


class ObjectStore:
    """The objects below one root of an fsspec file system.

    Keys are relative to the root, their segments joined by ``/``. Every method raises StorageError for what the
    store refuses or fails at, and ObjectNotFoundError for a key that is not there.
    """

    def __init__(self, root: str, filesystem: AbstractFileSystem, path: str) -> None:
        self.root = root.rstrip("/")
        self._filesystem = filesystem
        self._base = path.rstrip("/")

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.root!r})"

    def url(self, key: str) -> str:
        """Give the URL of a key, without credentials, for messages and links."""
        return f"{self.root}/{key}"

    def read(self, key: str) -> bytes:
        """Read a whole object."""
        with self._errors("read", key):
            return cast("bytes", self._filesystem.cat_file(self._path(key)))

    def create(self, key: str, data: bytes) -> None:
        """Write an object that must not exist yet; of two writers one wins.

        Raises:
            ObjectExistsError: The object exists.
        """
        with self._errors("create", key):
            self._filesystem.pipe_file(self._path(key), data, mode="create")

    def replace(self, key: str, data: bytes) -> None:
        """Write an object; a reader sees the old bytes or the new ones."""
        with self._errors("write", key):
            self._filesystem.pipe_file(self._path(key), data)

    def upload(self, source: Path, key: str) -> None:
        """Copy a local file to a key that only this caller writes.

        Raises:
            FileNotFoundError: There is no such local file.
        """
        source.stat()
        with self._errors("write", key):
            self._filesystem.put_file(str(source), self._path(key))

    def download(self, key: str, target: Path) -> None:
        """Copy an object to a local file."""
        with self._errors("read", key):
            target.parent.mkdir(parents=True, exist_ok=True)
            self._filesystem.get_file(self._path(key), str(target))

    def open(self, key: str) -> BinaryIO:
        """Open an object for reading; it is seekable and read as needed."""
        with self._errors("read", key):
            return cast("BinaryIO", self._filesystem.open(self._path(key), "rb"))

    def exists(self, key: str) -> bool:
        """Say whether an object or a folder has the key, asking the store and no cache."""
        with self._errors("look at", key):
            self._filesystem.invalidate_cache()
            return bool(self._filesystem.exists(self._path(key)))

    def list(self, prefix: str = "") -> list[ObjectInfo]:
        """List all objects below a prefix that ends at a segment, in the order of their keys."""
        with self._errors("list", prefix):
            path = self._path(prefix) if prefix else self._base
            found = {self._key(name): size for name, size in self._find(path)}
            below = f"{prefix}/" if prefix else ""
            return [ObjectInfo(key, found[key]) for key in sorted(found) if key.startswith(below)]

    def _find(self, path: str) -> Iterator[tuple[str, int]]:
        """Give path and size of every file below a path, from no cache."""
        self._filesystem.invalidate_cache()
        try:
            found = self._filesystem.find(path, detail=True)
        except FileNotFoundError:
            return
        for name, info in found.items():
            yield name, int(info["size"] or 0)

    def delete(self, key: str) -> None:
        """Delete an object; one that is not there is no error."""
        with self._errors("delete", key), contextlib.suppress(FileNotFoundError, NotADirectoryError):
            self._filesystem.rm_file(self._path(key))

    def delete_prefix(self, prefix: str) -> None:
        """Delete all objects below a prefix that ends at a segment; none is no error."""
        for info in self.list(check_relative_path(prefix, what="prefix")):
            self.delete(info.key)

    def _path(self, key: str) -> str:
        return f"{self._base}/{check_relative_path(key, what='key')}"

    def _key(self, path: str) -> str:
        return path.lstrip("/").removeprefix(self._base.lstrip("/")).lstrip("/")

    @contextlib.contextmanager
    def _errors(self, action: str, key: str) -> Iterator[None]:
        try:
            yield
        except StorageError:
            raise
        except FileExistsError as error:
            raise ObjectExistsError(self.url(key)) from error
        except (FileNotFoundError, NotADirectoryError) as error:
            raise ObjectNotFoundError(self.url(key)) from error
        except ArtifactsError:
            raise
        except Exception as error:  # the clients of some stores have errors that are no OSError
            raise StorageError(action, self.url(key), _scrub(error)) from error


class MemoryObjectStore(ObjectStore):
    """The objects below a folder of fsspec's memory, for tests: it lives and dies with the process."""

    _creating = threading.Lock()  # fsspec looks first and writes then

    def create(self, key: str, data: bytes) -> None:
        """Write an object that must not exist yet; of two writers one wins.

        Raises:
            ObjectExistsError: The object exists.
        """
        with self._creating:
            super().create(key, data)


class LocalObjectStore(ObjectStore):
    """The objects below a folder of a local or mounted disk, durable once a method returns."""

    def __init__(self, folder: Path) -> None:  # without fsspec, which takes a while to import
        self.root = "file://" + folder.as_uri().removeprefix("file://").rstrip("/")
        self.folder = folder
        self._base = str(folder).rstrip("/")

    def read(self, key: str) -> bytes:
        """Read a whole object."""
        with self._errors("read", key):
            return Path(self._path(key)).read_bytes()

    def open(self, key: str) -> BinaryIO:
        """Open an object for reading; it is seekable and read as needed."""
        with self._errors("read", key):
            return Path(self._path(key)).open("rb")

    def download(self, key: str, target: Path) -> None:
        """Copy an object to a local file."""
        with self.open(key) as reader, self._errors("read", key):
            target.parent.mkdir(parents=True, exist_ok=True)
            with target.open("wb") as writer:
                shutil.copyfileobj(reader, writer, _COPY_BYTES)

    def exists(self, key: str) -> bool:
        """Say whether an object or a folder has the key, asking the store and no cache."""
        return Path(self._path(key)).exists()

    def delete(self, key: str) -> None:
        """Delete an object; one that is not there is no error."""
        with self._errors("delete", key), contextlib.suppress(FileNotFoundError, NotADirectoryError):
            Path(self._path(key)).unlink()

    def create(self, key: str, data: bytes) -> None:
        """Write an object that must not exist yet; of two writers one wins.

        Raises:
            ObjectExistsError: The object exists.
        """
        with self._errors("create", key), self._aside(key) as (aside, target):
            write_durably(aside, data)
            place_new(aside, target)

    def replace(self, key: str, data: bytes) -> None:
        """Write an object; a reader sees the old bytes or the new ones."""
        with self._errors("write", key), self._aside(key) as (aside, target):
            write_durably(aside, data)
            aside.replace(target)

    def upload(self, source: Path, key: str) -> None:
        """Copy a local file to a key that only this caller writes.

        Raises:
            FileNotFoundError: There is no such local file.
        """
        with source.open("rb") as reader, self._errors("write", key), self._aside(key) as (aside, target):
            with aside.open("xb") as writer:
                shutil.copyfileobj(reader, writer, _COPY_BYTES)
                writer.flush()
                os.fsync(writer.fileno())
            aside.replace(target)

    def delete_prefix(self, prefix: str) -> None:
        """Delete all objects below a prefix that ends at a segment; none is no error."""
        with self._errors("delete", prefix):
            folder = Path(self._path(prefix))
            while folder.is_dir():
                with contextlib.suppress(FileNotFoundError):  # somebody else deletes here too: look again
                    shutil.rmtree(folder)

    def _find(self, path: str) -> Iterator[tuple[str, int]]:
        """Give path and size of every file below a path, as far as they do not vanish meanwhile.

        fsspec's own ``find`` leaves out a whole folder when one file in it is deleted at the wrong moment.
        """
        try:
            with os.scandir(path) as entries:
                for entry in entries:
                    with contextlib.suppress(FileNotFoundError):
                        if entry.is_dir(follow_symlinks=False):
                            yield from self._find(entry.path)
                        elif entry.is_file() and not entry.name.startswith(TEMPORARY):
                            yield entry.path, entry.stat().st_size
        except (FileNotFoundError, NotADirectoryError):
            return

    @contextlib.contextmanager
    def _aside(self, key: str) -> Iterator[tuple[Path, Path]]:
        target = Path(self._path(key))
        try:
            make_folder(target.parent)
        except (FileExistsError, NotADirectoryError) as error:
            problem = "an object has a key that this one would need as a folder"
            raise StorageError("write", self.url(key), problem) from error
        aside = target.parent / f"{TEMPORARY}{uuid.uuid4().hex}"
        try:
            yield aside, target
            sync_folder(target.parent)
        finally:
            aside.unlink(missing_ok=True)

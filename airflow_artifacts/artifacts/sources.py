"""Files that exist elsewhere: registered as artifacts, by copy or by reference, and fetched.

A source is a URL, or a local path, of a file or a folder. Who asks for it gives the function that opens the store
of a URL, because only tasks know of connections.
"""

from __future__ import annotations

import hashlib
import re
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from airflow_artifacts.artifacts.copying import (
    describe_file,
    load_file,
    or_more,
    recorded_parts,
    store_files,
)
from airflow_artifacts.artifacts.records import SOURCE_SCHEMES, FileRecord, check_source
from airflow_artifacts.exceptions import ArtifactError, DamagedObjectError, UnsafeFileError, UrlError
from airflow_artifacts.storage import (
    LocalObjectStore,
    check_relative_path,
    in_parallel,
    local_path,
    open_store,
    without_credentials,
)
from airflow_artifacts.storage.folders import scan_folder
from airflow_artifacts.storage.http import HttpObjectStore

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from airflow_artifacts.artifacts.records import ArtifactRecord
    from airflow_artifacts.storage import ObjectStore

    OpenSource = Callable[[str], ObjectStore]
    LoadFile = Callable[[FileRecord, Path], None]

_LOCAL = frozenset({"file", "local"})
_HTTP = frozenset({"http", "https"})
_REMEDY = "It is an artifact by reference, whose files are kept elsewhere: register it anew."


def is_source(text: str) -> bool:
    """Say whether a text is the URL of something that can be fetched, and not that of an artifact."""
    return "://" in text and _scheme(text) in SOURCE_SCHEMES


@dataclass(frozen=True)
class Source:
    """A file or a folder that exists.

    Attributes:
        url: Its URL, without credentials and query.
        store: The store that it is read from.
        keys: Of each file, the path within the artifact and the key in the store.
        is_folder: Whether it is a folder.
    """

    url: str
    store: ObjectStore
    keys: Sequence[tuple[str, str]]
    is_folder: bool

    def describe(self) -> tuple[FileRecord, ...]:
        """Measure and hash the files, which are read once, several at a time.

        Raises:
            StorageError: A file cannot be read.
        """
        return tuple(in_parallel(lambda pair: _describe(self.store, *pair), self.keys))

    def copy_to(self, store: ObjectStore, name: str, folder: str) -> tuple[FileRecord, ...]:
        """Copy the files into an artifact's folder, by way of the local disk, and say what was copied.

        Each is read once, and goes from the local disk when it is stored.

        Raises:
            StorageError: A file cannot be read or stored.
        """
        with tempfile.TemporaryDirectory(prefix="airflow-artifacts-") as scratch:

            def copy(number: int) -> FileRecord:
                path, key = self.keys[number]
                if isinstance(self.store, LocalObjectStore):
                    return keep(path, self.store.folder / key)
                aside = Path(scratch, str(number))
                self.store.download(key, aside)
                record = keep(path, aside)
                aside.unlink()
                return record

            def keep(path: str, file: Path) -> FileRecord:
                record = describe_file(path, file)
                store_files(store, name, folder, [record], [(path, file)])
                return record

            return tuple(in_parallel(copy, range(len(self.keys))))

    def fetch(self, number: int, target: Path) -> None:
        """Copy a file, by its number, to a local one."""
        self.store.download(self.keys[number][1], target)


def find_source(name: str, uri: str, opener: OpenSource, *, to_be_kept: bool = False) -> Source:
    """Find a file, or a folder with its files.

    Args:
        name: What it is to become, for messages.
        uri: Its URL, or a local path.
        opener: Opens the store at a URL.
        to_be_kept: Whether the URL is to be kept, in which nothing may be a secret then.

    Raises:
        ArtifactError: There is none, or the folder is empty.
        UnsafeUrlError: The URL holds a password, or leads to where nothing may be fetched.
        UnsafeNameError: The name of a file is one that some store or URL reads in another way.
        UrlError: The URL cannot be opened.
    """
    if "://" not in uri or _scheme(uri) in _LOCAL:
        return _find_local(name, local_path(uri))
    uri = f"{_scheme(uri)}://{uri.partition('://')[2]}"
    if _scheme(uri) in _HTTP:
        store, key = _open_http(uri, opener)
        if to_be_kept:
            check_source(uri)
        return Source(without_credentials(uri), store, [(key, key)], is_folder=False)
    scheme, _, rest = uri.partition("://")
    url = check_source(f"{scheme}://{rest.rstrip('/')}")
    store = opener(url)
    found = [info for info in store.list() if info.key]
    # Some stores have an empty object for each folder.
    folders = {str(parent) for info in found for parent in Path(info.key).parents}
    keys = [info.key for info in found if info.size or info.key not in folders]
    if keys:
        return Source(
            url, store, [(check_relative_path(key, what="file name"), key) for key in keys], is_folder=True
        )
    parent, _, last = url.rpartition("/")
    if not parent.endswith("/") and not uri.endswith("/"):
        store = opener(parent)
        if store.exists(last):
            return Source(url, store, [(last, last)], is_folder=False)
    raise ArtifactError(name, f"there is no file, and no folder with files, at {without_credentials(url)}.")


def _find_local(name: str, path: Path) -> Source:
    if path.is_dir():
        path = path.resolve()
        empty = f"the folder {str(path)!r} is empty. Nothing would be kept of it."
        keys = [(each, each) for each, _ in scan_folder(path, name=name, empty=empty)]
        return Source(path.as_uri(), open_store(str(path)), keys, is_folder=True)
    if not path.exists():
        raise ArtifactError(name, f"there is no file and no folder {str(path)!r}.")
    if not path.is_file():
        raise UnsafeFileError(name, f"{str(path)!r} is neither a file nor a folder.")
    path = path.parent.resolve() / check_relative_path(path.name, what="file name")
    return Source(path.as_uri(), open_store(str(path.parent)), [(path.name, path.name)], is_folder=False)


def _open_http(uri: str, opener: OpenSource) -> tuple[ObjectStore, str]:
    url = re.split(r"[?#]", uri, maxsplit=1)[0]
    rest = url.partition("://")[2]
    if url.endswith("/") or "/" not in rest:
        raise UrlError(without_credentials(uri), "over HTTP there are no folders. Name a file.")
    store = opener(url.rpartition("/")[0])
    assert isinstance(store, HttpObjectStore)  # noqa: S101 - for the type checker
    user = rest.partition("/")[0].rpartition("@")[0]  # the connection, which the store has been opened with
    return store, store.add_file(uri.replace(f"://{user}@", "://", 1) if user else uri)


def file_loader(store: ObjectStore, record: ArtifactRecord, opener: OpenSource) -> LoadFile:
    """Give the function that copies a file of an artifact to a new local file, from where it is kept.

    Args:
        store: The store of the artifacts.
        record: The artifact.
        opener: Opens the store of a URL, for an artifact whose files are kept elsewhere.

    Returns:
        A function that raises DamagedObjectError where a file is not what was saved or registered. What it made by
        then is not to be used.

    Raises:
        UrlError: The URL cannot be opened.
        UnsafeUrlError: It leads to where nothing may be fetched.
    """
    if record.source is None:
        return lambda file, target: load_file(store, record.path, file, target)
    source = open_recorded(record, opener)
    keys = dict(source.keys)

    def load(file: FileRecord, target: Path) -> None:
        digest, size = hashlib.sha256(), 0
        target.parent.mkdir(parents=True, exist_ok=True)
        key = keys[file.path]
        with target.open("xb") as writer:
            for part in recorded_parts(source.store, key, file.size):
                digest.update(part)
                size += len(part)
                writer.write(part)
        _check(source.store.url(key), file, size, digest.hexdigest())

    return load


def open_recorded(record: ArtifactRecord, opener: OpenSource) -> Source:
    """Open what an artifact by reference is kept in, without looking whether it is there.

    Raises:
        UrlError: The URL cannot be opened.
        UnsafeUrlError: It leads to where nothing may be fetched.
    """
    url = check_source(str(record.source))
    paths = [file.path for file in record.files or ()]
    if _scheme(url) in _LOCAL:
        path = local_path(url)
        store, only = open_store(str(path if record.codec == "folder" else path.parent)), path.name
    elif _scheme(url) in _HTTP:
        store, only = _open_http(url, opener)
    elif record.codec == "folder":
        store, only = opener(url), ""
    else:
        parent, _, only = url.rpartition("/")
        store = opener(parent)
    if record.codec == "folder":
        return Source(url, store, [(path, path) for path in paths], is_folder=True)
    return Source(url, store, [(path, only) for path in paths], is_folder=False)


def _check(url: str, file: FileRecord, size: int, sha256: str) -> None:
    since = "it was changed since it was registered, and"
    if size != file.size:
        problem = f"{since} has {size} bytes, not {file.size}{or_more(size, file.size)}"
        raise DamagedObjectError(url, problem, _REMEDY)
    if sha256 != file.sha256:
        raise DamagedObjectError(url, f"{since} its SHA-256 is another one", _REMEDY)


def _describe(store: ObjectStore, path: str, key: str) -> FileRecord:
    digest, size = hashlib.sha256(), 0
    for part in store.stream(key):
        digest.update(part)
        size += len(part)
    return FileRecord(path, size, digest.hexdigest())


def _scheme(url: str) -> str:
    return url.partition("://")[0].lower()

"""Objects below a prefix of a bucket on S3, or of a container of Azure, through obstore.

A request for a small object takes a tenth of the CPU time that it takes through fsspec (docs/decisions/0007).
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
from datetime import timedelta
from typing import TYPE_CHECKING, Any, BinaryIO, TypeVar

from airflow_artifacts._optional import require
from airflow_artifacts.exceptions import ObjectExistsError, ObjectNotFoundError, StorageError, UrlError
from airflow_artifacts.storage import retries
from airflow_artifacts.storage.objects import ObjectState, ObjectStore, check_size
from airflow_artifacts.storage.transfers import PART, Progress, in_flight, part_size, parts_at_once, read_parts
from airflow_artifacts.storage.urls import scrub, without_credentials

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

_T = TypeVar("_T")
_used_in: int | None = None  # the process in which obstore's threads are
_DEBUG = "\n\nDebug"  # what follows in an error of obstore is for its developers: headers and the like
_BROKEN = re.compile(r"HTTP error: .*\bbody\b")
_TRIED = re.compile(r"after (\d+) retries, max_retries: (\d+)")  # how obstore says how often it has tried
_NO_BLOCKS = "InvalidBlockList"  # of Azure
_MISSING = {
    "NoSuchBucket": "there is no such bucket. Create it.",
    "ContainerNotFound": "there is no such container. Create it.",
}
# A part of a large file may take its time on a slow line; a server that says nothing at all may not.
_CLIENT = {"timeout": timedelta(minutes=10), "read_timeout": timedelta(minutes=2)}


class RemoteObjectStore(ObjectStore):
    """The objects below a prefix of a bucket or container.

    Args:
        url: URL of the root.
        prefix: What keys begin with in the bucket.
        open_bucket: Opens obstore's store; it is called again where this store is copied into another process.
        transfer_bytes: What may be in flight of large files, in the process.
    """

    def __init__(self, url: str, prefix: str, open_bucket: Callable[[], Any], transfer_bytes: int) -> None:
        global _used_in  # noqa: PLW0603
        self.root = without_credentials(url).rstrip("/")
        self.transfer_bytes = transfer_bytes
        self._base = prefix.strip("/")
        self._open_bucket = open_bucket
        self._obstore: Any = require_obstore(url)
        self._bucket = open_bucket()
        self._process = _used_in = os.getpid()

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), (self.root, self._base, self._open_bucket, self.transfer_bytes)

    def create(self, key: str, data: bytes) -> None:
        """Write an object that must not exist yet; of two writers one wins.

        Raises:
            ObjectExistsError: The object exists.
        """
        path = self._path(key)
        with self._errors("create", key):
            self._asked(lambda: self._obstore.put(self._bucket, path, data, mode="create", use_multipart=False))

    def replace(self, key: str, data: bytes) -> None:
        """Write an object; a reader sees the old bytes or the new ones."""
        with self._errors("write", key):
            self._put(key, data)

    def upload(self, source: Path, key: str, *, hashed: bool = False) -> str | None:
        """Copy a local file to a key that only this caller writes.

        Args:
            source: The local file.
            key: The key.
            hashed: Whether the SHA-256 is wanted.

        Returns:
            The SHA-256 of the bytes that were stored, where it is wanted.

        Raises:
            FileNotFoundError: There is no such local file.
        """
        with source.open("rb") as file, self._errors("write", key):
            size = os.fstat(file.fileno()).st_size
            if size > PART:
                # An upload that is gone is begun anew: of S3, the same bytes look as if nothing had been replaced.
                return retries.retried(
                    lambda: self._put_parts(file, size, key, hashed=hashed),
                    lambda error: isinstance(error, StorageError) or self._broke_off(error),
                )
            data = file.read()
            self._put(key, data)
            return hashlib.sha256(data).hexdigest() if hashed else None

    def exists(self, key: str) -> bool:
        """Say whether an object or a folder has the key."""
        try:
            with self._errors("look at", key):
                self._obstore.head(self._bucket, self._path(key))
        except ObjectNotFoundError:
            with self._errors("look at", key):
                path = self._path(key)
                return self._asked(lambda: any(self._obstore.list(self._bucket, path, chunk_size=1)))
        return True

    def delete(self, key: str) -> None:
        """Delete an object; one that is not there is no error."""
        path = self._path(key)
        with contextlib.suppress(ObjectNotFoundError), self._errors("delete", key):
            self._asked(lambda: self._obstore.delete(self._bucket, path))

    def delete_prefix(self, prefix: str) -> None:
        """Delete all objects below a prefix that ends at a segment; none is no error."""
        path = self._path(prefix)
        with self._errors("delete", prefix):
            self._asked(lambda: self._delete_found(path))

    def _delete_found(self, path: str) -> None:
        for found in self._obstore.list(self._bucket, path):
            self._delete_all([info["path"] for info in found])

    def _delete_all(self, paths: list[str]) -> None:
        try:
            self._obstore.delete(self._bucket, paths)
        except (self._obstore.exceptions.NotFoundError, FileNotFoundError):
            # Somebody else deletes here too, and Azure stops at the first one that is gone.
            for path in paths:
                with contextlib.suppress(self._obstore.exceptions.NotFoundError, FileNotFoundError):
                    self._obstore.delete(self._bucket, path)

    def _put_parts(self, file: BinaryIO, size: int, key: str, *, hashed: bool) -> str | None:
        part, progress = part_size(size), Progress(f"Writing {self.url(key)}", size)
        digest = hashlib.sha256() if hashed else None
        path = self._path(key)
        file.seek(0)
        before = self._seen(path)
        with in_flight(size, self.transfer_bytes):
            try:
                self._obstore.put(
                    self._bucket,
                    path,
                    read_parts(file, part, progress, digest),
                    chunk_size=part,
                    max_concurrency=parts_at_once(size, self.transfer_bytes),
                )
            except (self._obstore.exceptions.BaseError, FileNotFoundError) as error:
                # To complete an upload a second time, after an answer that was lost, is to complete none.
                if not self._may_be_completed(error):
                    raise
                state = self._seen(path)
                if state is None or state == before or state.size != size:
                    problem = "the upload is gone: something removed it before it was complete. Try again."
                    raise StorageError("write", self.url(key), problem) from None
        return digest.hexdigest() if digest else None

    def _may_be_completed(self, error: Exception) -> bool:
        """Say whether an error may mean that an upload was completed before: it is gone, or its blocks are."""
        gone = (self._obstore.exceptions.NotFoundError, FileNotFoundError)
        text = str(error)
        return _NO_BLOCKS in text or (isinstance(error, gone) and not any(code in text for code in _MISSING))

    def _seen(self, path: str) -> ObjectState | None:
        """Give the state of an object, None where there is none."""
        with contextlib.suppress(self._obstore.exceptions.NotFoundError, FileNotFoundError):
            return _state(self._obstore.head(self._bucket, path))
        return None

    def _put(self, key: str, data: bytes) -> None:
        path = self._path(key)
        self._asked(lambda: self._obstore.put(self._bucket, path, data, use_multipart=False))

    def _sign(self, path: str, seconds: int) -> str | None:
        return str(self._obstore.sign(self._bucket, "GET", path, timedelta(seconds=seconds)))

    def _read(self, path: str, limit: int | None = None) -> Any:
        def get() -> Any:
            found = self._obstore.get(self._bucket, path)
            check_size(found.meta["size"], limit)
            return found.bytes()

        return self._asked(get)

    def _begin(self, path: str) -> tuple[ObjectState, Any | None]:
        def ask() -> tuple[ObjectState, Any | None]:
            answer = self._obstore.get(self._bucket, path)
            state = _state(answer.meta)
            return state, answer.bytes() if state.size <= PART else None

        return self._asked(ask)

    def _state(self, path: str) -> ObjectState:
        try:
            return _state(self._obstore.head(self._bucket, path))
        except (self._obstore.exceptions.NotFoundError, FileNotFoundError):
            # The answer to HEAD has no text, which would say whether there is a bucket.
            return _state(self._obstore.get(self._bucket, path).meta)

    def _fetch(self, path: str, start: int, end: int) -> Any:
        return self._asked(lambda: self._obstore.get_range(self._bucket, path, start=start, end=end))

    def _find(self, path: str) -> Iterator[tuple[str, int]]:
        def ask() -> list[tuple[str, int]]:
            pages = self._obstore.list(self._bucket, path)
            return [(info["path"], info["size"]) for page in pages for info in page]

        yield from self._asked(ask)

    def _find_folders(self, path: str) -> Iterator[str]:
        found = self._asked(lambda: self._obstore.list_with_delimiter(self._bucket, path))
        return (folder.rstrip("/").rpartition("/")[2] for folder in found["common_prefixes"])

    def _path(self, key: str) -> str:
        return super()._path(key).lstrip("/")

    def _asked(self, function: Callable[[], _T]) -> _T:
        """Make a request again whose answer broke off: obstore repeats the others itself."""
        return retries.retried(function, self._broke_off)

    def _broke_off(self, error: Exception) -> bool:
        text = str(error).partition(_DEBUG)[0]
        if not isinstance(error, self._obstore.exceptions.GenericError) or not _BROKEN.search(text):
            return False
        tried = _TRIED.search(text)
        return tried is None or int(tried[1]) < int(tried[2])

    @contextlib.contextmanager
    def _errors(self, action: str, key: str) -> Iterator[None]:
        if os.getpid() != self._process:
            problem = (
                "this process was forked from one that had opened the store, and its threads are not here. Open "
                "it anew, with ArtifactClient() for instance, or start processes with the method 'spawn'."
            )
            raise StorageError(action, self.url(key), problem)
        errors = self._obstore.exceptions
        with super()._errors(action, key):
            try:
                yield
            except errors.AlreadyExistsError as error:
                raise ObjectExistsError(self.url(key)) from error
            except (errors.BaseError, FileNotFoundError) as error:
                for code, problem in _MISSING.items():
                    if code in str(error):
                        raise StorageError(action, self.url(key), problem) from None
                if isinstance(error, errors.NotFoundError | FileNotFoundError):
                    raise ObjectNotFoundError(self.url(key)) from None
                raise StorageError(action, self.url(key), scrub(str(error).partition(_DEBUG)[0])) from None


def is_forked() -> bool:
    """Say whether obstore was used in a process that this one was forked from, so that it does not work here."""
    return _used_in not in {None, os.getpid()}


def require_obstore(url: str) -> Any:
    """Import obstore.

    Raises:
        MissingExtraError: It is not installed.
    """
    scheme = url.partition("://")[0]
    extra = "s3" if scheme.startswith("s3") else "azure"
    return require("obstore", extra=extra, purpose=f"Opening {scheme}:// URLs")


def made(root: str, make: Callable[[], Any]) -> Any:
    """Make obstore's store, or say what is wrong with what it is made of.

    Raises:
        UrlError: A key or an endpoint is malformed.
    """
    from obstore.exceptions import BaseError

    try:
        return make()
    except BaseError as error:
        raise UrlError(root, scrub(str(error).partition(_DEBUG)[0])) from None


def retry_config() -> dict[str, Any]:
    """Give what obstore takes for our patience."""
    patience = retries.PATIENCE
    pause = timedelta(seconds=patience.pause)
    return {
        "max_retries": patience.tries - 1,
        "retry_timeout": timedelta(seconds=patience.seconds),
        "backoff": {"init_backoff": pause, "base": patience.factor},
    }


def client_options(endpoint: str | None, verify: bool | str = True) -> dict[str, Any]:  # noqa: FBT001, FBT002 - as botocore has it
    """Give what obstore takes for connecting.

    Args:
        endpoint: URL of the server, None for the store's own.
        verify: Whether its certificate is checked, or the path of the certificates to check it with.
    """
    options: dict[str, Any] = {**_CLIENT, "allow_http": (endpoint or "").startswith("http://")}
    if verify is False:
        options["allow_invalid_certificates"] = True
    elif isinstance(verify, str):
        with open(verify, "rb") as file:  # noqa: PTH123
            options["root_certificate"] = file.read()
    return options


def _state(meta: Any) -> ObjectState:
    return ObjectState(int(meta["size"]), str(meta.get("e_tag") or meta.get("last_modified")))

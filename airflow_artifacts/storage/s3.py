"""Objects below a prefix of an S3 bucket, through obstore.

A request for a small object takes a tenth of the CPU time that it takes through s3fs (docs/decisions/0005).
"""

from __future__ import annotations

import contextlib
import io
import os
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any, BinaryIO, cast

from airflow_artifacts._optional import require
from airflow_artifacts.exceptions import ObjectExistsError, ObjectNotFoundError, StorageError, UrlError
from airflow_artifacts.storage.objects import ObjectStore
from airflow_artifacts.storage.urls import scrub, without_credentials

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path

_CHUNK = 8 * 1024 * 1024  # bytes of a part of an upload, and of what is read ahead
_PARTS_AT_ONCE = 4
_CREDENTIALS_FOR = timedelta(minutes=10)  # botocore renews credentials that expire later than this by itself
_RETRY = {"max_retries": 5, "retry_timeout": timedelta(minutes=1)}  # with growing pauses between
_used_in: int | None = None  # the process in which obstore's threads are
_REGION = "us-east-1"  # S3's own, where nobody says another


class S3ObjectStore(ObjectStore):
    """The objects below a prefix of an S3 bucket, with the credentials, region and endpoint that botocore finds.

    Args:
        url: URL of the root: a bucket and perhaps a prefix.

    Raises:
        UrlError: There are credentials in the URL, or none in the environment.
        MissingExtraError: obstore is not installed.
    """

    def __init__(self, url: str) -> None:
        global _used_in  # noqa: PLW0603
        self.root = without_credentials(url).rstrip("/")
        bucket, _, prefix = url.partition("://")[2].partition("/")
        if "@" in bucket or ":" in bucket:
            problem = (
                "credentials do not belong into a URL, and connections are opened by Airflow. Set "
                "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or name a connection: s3://conn_id@bucket/prefix."
            )
            raise UrlError(self.root, problem)
        self._base = prefix.strip("/")
        self._obstore: Any = require("obstore", extra="s3", purpose="Opening s3:// URLs")
        self._bucket = _open_bucket(self.root, bucket)
        self._process = _used_in = os.getpid()

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), (self.root,)

    def read(self, key: str) -> bytes:
        """Read a whole object."""
        with self._errors("read", key):
            return bytes(self._obstore.get(self._bucket, self._path(key)).bytes())

    def create(self, key: str, data: bytes) -> None:
        """Write an object that must not exist yet; of two writers one wins.

        Raises:
            ObjectExistsError: The object exists.
        """
        with self._errors("create", key):
            self._obstore.put(self._bucket, self._path(key), data, mode="create", use_multipart=False)

    def replace(self, key: str, data: bytes) -> None:
        """Write an object; a reader sees the old bytes or the new ones."""
        with self._errors("write", key):
            self._put(key, data)

    def upload(self, source: Path, key: str) -> None:
        """Copy a local file to a key that only this caller writes.

        Raises:
            FileNotFoundError: There is no such local file.
        """
        with source.open("rb") as file, self._errors("write", key):
            self._put(key, file)

    def download(self, key: str, target: Path) -> None:
        """Copy an object to a local file."""
        with self._errors("read", key):
            chunks = self._obstore.get(self._bucket, self._path(key)).stream(min_chunk_size=_CHUNK)
            target.parent.mkdir(parents=True, exist_ok=True)
            with target.open("wb") as file:
                for chunk in chunks:
                    file.write(chunk)

    def open(self, key: str) -> BinaryIO:
        """Open an object for reading; it is seekable and read as needed."""
        with self._errors("read", key):
            reader = self._obstore.open_reader(self._bucket, self._path(key), buffer_size=_CHUNK)
            return cast("BinaryIO", io.BufferedReader(_Reader(reader, lambda: self._errors("read", key))))

    def exists(self, key: str) -> bool:
        """Say whether an object or a folder has the key."""
        try:
            with self._errors("look at", key):
                self._obstore.head(self._bucket, self._path(key))
        except ObjectNotFoundError:
            with self._errors("look at", key):
                return any(self._obstore.list(self._bucket, self._path(key), chunk_size=1))
        return True

    def delete(self, key: str) -> None:
        """Delete an object; one that is not there is no error."""
        with contextlib.suppress(ObjectNotFoundError), self._errors("delete", key):
            self._obstore.delete(self._bucket, self._path(key))

    def delete_prefix(self, prefix: str) -> None:
        """Delete all objects below a prefix that ends at a segment; none is no error."""
        path = self._path(prefix)
        with self._errors("delete", prefix):
            for found in self._obstore.list(self._bucket, path):
                self._obstore.delete(self._bucket, [info["path"] for info in found])

    def _put(self, key: str, data: Any) -> None:
        self._obstore.put(self._bucket, self._path(key), data, chunk_size=_CHUNK, max_concurrency=_PARTS_AT_ONCE)

    def _find(self, path: str) -> Iterator[tuple[str, int]]:
        for found in self._obstore.list(self._bucket, path):
            yield from ((info["path"], info["size"]) for info in found)

    def _find_folders(self, path: str) -> Iterator[str]:
        found = self._obstore.list_with_delimiter(self._bucket, path)
        return (folder.rstrip("/").rpartition("/")[2] for folder in found["common_prefixes"])

    def _path(self, key: str) -> str:
        return super()._path(key).lstrip("/")

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
                if "NoSuchBucket" in str(error):
                    raise StorageError(action, self.url(key), "there is no such bucket. Create it.") from None
                if isinstance(error, errors.NotFoundError | FileNotFoundError):
                    raise ObjectNotFoundError(self.url(key)) from None
                # What follows in the text is for developers of obstore: headers and the like.
                raise StorageError(action, self.url(key), scrub(str(error).partition("\n\nDebug")[0])) from None


def is_forked() -> bool:
    """Say whether obstore was used in a process that this one was forked from, so that it does not work here."""
    return _used_in not in {None, os.getpid()}


class _Reader(io.RawIOBase):
    """What obstore reads from, as Python's files are."""

    def __init__(self, file: Any, errors: Callable[[], AbstractContextManager[None]]) -> None:
        self._file = file
        self._errors = errors

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        return int(self._file.seek(offset, whence))

    def tell(self) -> int:
        return int(self._file.tell())

    def readinto(self, buffer: Any) -> int:
        with self._errors():
            data = self._file.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)


def _open_bucket(root: str, bucket: str) -> Any:
    session = require("botocore.session", extra="s3", purpose="Opening s3:// URLs").get_session()
    endpoint = (
        os.environ.get("AWS_ENDPOINT_URL_S3")
        or os.environ.get("AWS_ENDPOINT_URL")
        or session.get_scoped_config().get("endpoint_url")
    )
    config: Any = {"region": session.get_config_variable("region") or _REGION}
    if endpoint:
        config["endpoint"] = endpoint
    if session.get_credentials() is None:
        problem = (
            "no AWS credentials are found. Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, a profile or a role, "
            "or name a connection of Airflow before the bucket: s3://conn_id@bucket/prefix."
        )
        raise UrlError(root, problem)

    def credentials() -> Any:
        found = session.get_credentials().get_frozen_credentials()
        expires = datetime.now(timezone.utc) + _CREDENTIALS_FOR
        return {
            "access_key_id": found.access_key,
            "secret_access_key": found.secret_key,
            "token": found.token,
            "expires_at": expires,
        }

    from obstore.store import S3Store

    return S3Store(
        bucket,
        config=config,
        retry_config=cast("Any", _RETRY),
        client_options={"allow_http": (endpoint or "").startswith("http://")},
        credential_provider=credentials,
    )

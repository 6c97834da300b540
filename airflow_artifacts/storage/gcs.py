"""Objects below a prefix of a bucket of Google Cloud Storage, through gcsfs.

gcsfs itself asks again, up to six times in half a minute, and creates with ``ifGenerationMatch=0``.
"""

from __future__ import annotations

import contextlib
import os
from typing import TYPE_CHECKING, BinaryIO

from airflow_artifacts.exceptions import ObjectNotFoundError, StorageError, UrlError
from airflow_artifacts.storage.objects import ObjectStore
from airflow_artifacts.storage.transfers import Progress, in_flight, part_size

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fsspec import AbstractFileSystem

#: What gcsfs is made with: a part of a large file may take its time on a slow line.
GCS_OPTIONS = {"use_listings_cache": False, "requests_timeout": 600}

_CHECKSUM = "md5"  # what is sent is compared with what was stored; crc32c would want one more package


class GcsObjectStore(ObjectStore):
    """The objects below a prefix of a bucket of Google Cloud Storage.

    Raises:
        UrlError: There are no credentials.
    """

    def __init__(self, root: str, filesystem: AbstractFileSystem, path: str) -> None:
        super().__init__(root, filesystem, path)
        self._is_bucket_seen = False
        # gcsfs would go on without any, as if the bucket were public.
        if filesystem.credentials.credentials is None and not os.environ.get("STORAGE_EMULATOR_HOST"):
            problem = (
                "no credentials for Google Cloud are found. Set GOOGLE_APPLICATION_CREDENTIALS, log in with "
                "'gcloud auth application-default login', or name a connection of Airflow: "
                "gs://conn_id@bucket/prefix."
            )
            raise UrlError(self.root, problem)

    def create(self, key: str, data: bytes) -> None:
        """Write an object that must not exist yet; of two writers one wins.

        Raises:
            ObjectExistsError: The object exists.
        """
        with self._errors("create", key):
            self._filesystem.pipe_file(self._path(key), data, mode="create", consistency=_CHECKSUM)

    def replace(self, key: str, data: bytes) -> None:
        """Write an object; a reader sees the old bytes or the new ones."""
        with self._errors("write", key):
            self._filesystem.pipe_file(self._path(key), data, consistency=_CHECKSUM)

    def exists(self, key: str) -> bool:
        """Say whether an object or a folder has the key, asking the store and no cache."""
        found = super().exists(key)
        if not found:
            self._require_bucket("look at", key)
        return found

    def delete(self, key: str) -> None:
        """Delete an object; one that is not there is no error."""
        with self._errors("delete", key):
            try:
                self._filesystem.rm_file(self._path(key))
            except FileNotFoundError:
                self._require_bucket("delete", key)

    def _send(self, file: BinaryIO, size: int, key: str) -> None:
        from fsspec.callbacks import Callback

        progress = Progress(f"Writing {self.url(key)}", size)

        class Counted(Callback):  # type: ignore[misc]
            """Counts what gcsfs says that it has sent."""

            def absolute_update(self, value: int) -> None:
                progress.add(value - self.value)
                super().absolute_update(value)

        # Google takes the parts of one file one after the other.
        part = part_size(size)
        with in_flight(min(part, size), self.transfer_bytes):
            self._filesystem.put_file(
                file.name, self._path(key), chunksize=part, consistency=_CHECKSUM, callback=Counted()
            )

    @contextlib.contextmanager
    def _errors(self, action: str, key: str) -> Iterator[None]:
        try:
            with super()._errors(action, key):
                yield
        except ObjectNotFoundError:
            self._require_bucket(action, key)
            raise

    def _require_bucket(self, action: str, key: str) -> None:
        """Tell a bucket that is not there from an object that is not: Google's answers look the same.

        Raises:
            StorageError: There is no bucket.
        """
        if self._is_bucket_seen:
            return
        try:
            self._filesystem.call("GET", "b/{}/o", self._base.partition("/")[0], maxResults=1, json_out=True)
        except FileNotFoundError:
            raise StorageError(action, self.url(key), "there is no such bucket. Create it.") from None
        except Exception:  # noqa: BLE001 - who may not ask gets the other error
            return
        self._is_bucket_seen = True

    def _find(self, path: str) -> Iterator[tuple[str, int]]:
        found = list(super()._find(path))
        if not found:
            self._require_bucket("list", self._key(path))
        yield from found

    def _find_folders(self, path: str) -> Iterator[str]:
        found = list(super()._find_folders(path))
        if not found:
            self._require_bucket("list", self._key(path))
        yield from found

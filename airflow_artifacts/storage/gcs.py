"""Objects below a prefix of a bucket of Google Cloud Storage, through gcsfs.

gcsfs itself asks again, up to six times in half a minute, and creates with ``ifGenerationMatch=0``.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, BinaryIO

from airflow_artifacts.exceptions import UrlError
from airflow_artifacts.storage import retries
from airflow_artifacts.storage.buckets import BucketObjectStore
from airflow_artifacts.storage.transfers import Progress, in_flight, part_size

if TYPE_CHECKING:
    from fsspec import AbstractFileSystem

#: What gcsfs is made with: a part of a large file may take its time on a slow line.
GCS_OPTIONS = {"use_listings_cache": False, "requests_timeout": 600}

_CHECKSUM = "md5"  # what is sent is compared with what was stored; crc32c would want one more package


class GcsObjectStore(BucketObjectStore):
    """The objects below a prefix of a bucket of Google Cloud Storage.

    Raises:
        UrlError: There are no credentials.
    """

    def __init__(self, root: str, filesystem: AbstractFileSystem, path: str) -> None:
        super().__init__(root, filesystem, path)
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

    def _sign(self, path: str, seconds: int) -> str | None:
        from google.auth.credentials import Signing

        # Those of a person or of a machine have no key to sign with.
        if not isinstance(self._filesystem.credentials.credentials, Signing):
            return None
        return str(self._filesystem.sign(path, expiration=seconds, version="v4"))

    def _send(self, file: BinaryIO, size: int, key: str) -> None:
        # Google takes the parts of one file one after the other.
        part = part_size(size)
        with in_flight(min(part, size), self.transfer_bytes):
            # A file in parts is begun anew where the answer to a part was lost, and its repetition was of no use.
            retries.retried(
                lambda: self._put_file(file.name, size, part, key),
                lambda error: size > part and self._is_lost(error, key),
            )

    def _is_lost(self, error: Exception, key: str) -> bool:
        """Say whether an error is of a connection, of a part that was stored twice, or of an upload that is over.

        Raises:
            StorageError: There is no bucket.
        """
        from aiohttp import ClientError
        from gcsfs.retry import ChecksumError

        if isinstance(error, FileNotFoundError):
            self._require_bucket("write", key)
        return isinstance(error, (ClientError, ChecksumError, FileNotFoundError))

    def _put_file(self, source: str, size: int, part: int, key: str) -> None:
        from fsspec.callbacks import Callback

        progress = Progress(f"Writing {self.url(key)}", size)

        class Counted(Callback):  # type: ignore[misc]
            """Counts what gcsfs says that it has sent."""

            def absolute_update(self, value: int) -> None:
                progress.add(value - self.value)
                super().absolute_update(value)

        self._filesystem.put_file(
            source, self._path(key), chunksize=part, consistency=_CHECKSUM, callback=Counted()
        )

    def _ask_bucket(self, bucket: str) -> None:
        self._filesystem.call("GET", "b/{}/o", bucket, maxResults=1, json_out=True)

"""Buckets that are used through file systems of fsspec, whose answers do not say whether there is a bucket."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from airflow_artifacts.exceptions import ObjectNotFoundError, StorageError
from airflow_artifacts.storage.objects import ObjectStore

if TYPE_CHECKING:
    from collections.abc import Iterator


class BucketObjectStore(ObjectStore):
    """The objects below a prefix of a bucket: one that is not there is told from an object that is not."""

    _is_bucket_seen = False

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

    @contextlib.contextmanager
    def _errors(self, action: str, key: str) -> Iterator[None]:
        try:
            with super()._errors(action, key):
                yield
        except ObjectNotFoundError:
            self._require_bucket(action, key)
            raise

    def _require_bucket(self, action: str, key: str) -> None:
        """Tell a bucket that is not there from an object that is not.

        Raises:
            StorageError: There is no bucket.
        """
        if self._is_bucket_seen:
            return
        try:
            self._ask_bucket(self._base.partition("/")[0])
        except FileNotFoundError:
            raise StorageError(action, self.url(key), "there is no such bucket. Create it.") from None
        except Exception:  # noqa: BLE001 - who may not ask gets the other error
            return
        self._is_bucket_seen = True

    def _ask_bucket(self, bucket: str) -> None:
        """Make a request that fails with FileNotFoundError where there is no bucket."""
        raise NotImplementedError

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


class S3FilesystemStore(BucketObjectStore):
    """The objects below a prefix of a bucket on S3, through s3fs or the file system of Airflow's provider."""

    def _ask_bucket(self, bucket: str) -> None:
        self._filesystem.call_s3("list_objects_v2", Bucket=bucket, MaxKeys=1)

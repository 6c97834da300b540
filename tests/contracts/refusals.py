"""What stores have to do that have buckets or check credentials, as tests to inherit."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from airflow_artifacts.exceptions import ObjectExistsError, ObjectNotFoundError, StorageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from airflow_artifacts.storage import ObjectStore

_SECONDS = 10  # in which an error that no retry helps has to be there


def _acts(store: ObjectStore, folder: Path) -> Iterator[tuple[str, Callable[[], object]]]:
    source = folder / "source"
    source.write_bytes(b"1")
    yield "a/read", lambda: store.read("a/read")
    yield "a/open", lambda: store.open("a/open").read()
    yield "a/download", lambda: store.download("a/download", folder / "target")
    yield "a/exists", lambda: store.exists("a/exists")
    yield "a/list", lambda: store.list("a/list")
    yield "a/folders", lambda: store.folders("a/folders")
    yield "a/create", lambda: store.create("a/create", b"1")
    yield "a/replace", lambda: store.replace("a/replace", b"1")
    yield "a/upload", lambda: store.upload(source, "a/upload")
    yield "a/delete", lambda: store.delete("a/delete")
    yield "a/delete_prefix", lambda: store.delete_prefix("a/delete_prefix")


def check_refused(
    store: ObjectStore,
    folder: Path,
    *,
    says: str | None = None,
    secrets: tuple[str, ...] = (),
    harmless: tuple[str, ...] = (),
) -> None:
    """Check that whatever is asked of a store is an error at once which names the key and shows no secret."""
    for key, act in _acts(store, folder):
        if key in harmless:
            continue
        start = time.monotonic()
        with pytest.raises(StorageError, match=says) as caught:
            pytest.fail(f"{key} gave {act()!r}")
        assert time.monotonic() - start < _SECONDS
        assert not isinstance(caught.value, ObjectNotFoundError | ObjectExistsError), key
        assert store.url(key) in str(caught.value)
        for secret in secrets:
            assert secret not in str(caught.value)


class BucketContract:
    @pytest.fixture
    def bucketless(self) -> ObjectStore:
        """A store whose bucket is not there."""
        raise NotImplementedError

    def test_a_bucket_that_is_not_there_is_named(self, bucketless: ObjectStore, tmp_path: Path) -> None:
        # Where there is nothing, there is nothing to delete, which is no error.
        check_refused(bucketless, tmp_path, says="no such (bucket|container)", harmless=("a/delete",))


class CredentialsContract:
    wrong_secrets: tuple[str, ...] = ()

    @pytest.fixture
    def stranger(self) -> ObjectStore:
        """A store that is there, opened with credentials that are wrong."""
        raise NotImplementedError

    def test_wrong_credentials_are_an_error_at_once(self, stranger: ObjectStore, tmp_path: Path) -> None:
        check_refused(stranger, tmp_path, secrets=self.wrong_secrets)

"""Stores on Google Cloud Storage keep the contract, on a server that has its API."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest

from airflow_artifacts.exceptions import StorageError
from airflow_artifacts.storage import ObjectStore, open_store
from tests.contracts.large import LargeFileContract
from tests.contracts.network import NetworkContract
from tests.contracts.refusals import BucketContract
from tests.contracts.sharing import SharedStoreContract

if TYPE_CHECKING:
    from pathlib import Path


# What aiohttp says of the bytes that gcsfs gives it; nobody else waits in its event loop.
@pytest.mark.filterwarnings("ignore:Sending a large body directly:ResourceWarning")
class TestGcs(SharedStoreContract, NetworkContract, BucketContract, LargeFileContract):
    backend = "GCS (fake-gcs-server)"
    # gcsfs asks for an object and a folder at once, and aiohttp makes requests twice that are cut.
    most_refusals = 6
    most_requests = 30

    @pytest.fixture
    def store(self, gcs_root: str) -> ObjectStore:
        return open_store(gcs_root)

    def another(self, store: ObjectStore) -> ObjectStore:
        return open_store(store.root)

    @pytest.fixture
    def server(self, gcs_server: str) -> str:
        return gcs_server

    def reach(self, store: ObjectStore, endpoint: str, monkeypatch: pytest.MonkeyPatch) -> ObjectStore:
        import gcsfs

        gcsfs.GCSFileSystem.clear_instance_cache()
        monkeypatch.setenv("STORAGE_EMULATOR_HOST", endpoint)
        return open_store(store.root)

    @pytest.fixture
    def impatient(self, monkeypatch: pytest.MonkeyPatch) -> None:
        async def sleep(seconds: float) -> None:
            await asyncio.sleep(seconds / 200)

        monkeypatch.setattr("gcsfs.retry.asyncio", SimpleNamespace(sleep=sleep))

    @pytest.fixture
    def bucketless(self, gcs_root: str) -> ObjectStore:
        return open_store("gs://no-such-bucket/prefix")


def test_a_large_file_for_a_bucket_that_is_not_there(
    gcs_server: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("STORAGE_EMULATOR_HOST", gcs_server)
    (tmp_path / "source").write_bytes(bytes(9 * 1024 * 1024))
    with pytest.raises(StorageError, match="there is no such bucket"):
        open_store("gs://no-such-bucket/x").upload(tmp_path / "source", "large")

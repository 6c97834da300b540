"""Stores on Azure Blob Storage keep the contract, on a server that has its API and checks signatures."""

from __future__ import annotations

import base64

import pytest

from airflow_artifacts.storage import ObjectStore, open_store
from tests.contracts.large import LargeFileContract
from tests.contracts.network import NetworkContract
from tests.contracts.refusals import BucketContract, CredentialsContract
from tests.contracts.sharing import SharedStoreContract
from tests.servers.azure import KEY, connection_string

WRONG_KEY = base64.b64encode(b"a wrong key" * 5).decode()


class TestAzure(SharedStoreContract, NetworkContract, BucketContract, CredentialsContract, LargeFileContract):
    backend = "Azure (azurite)"
    secrets = (KEY,)
    wrong_secrets = (WRONG_KEY,)

    @pytest.fixture
    def store(self, azure_root: str) -> ObjectStore:
        return open_store(azure_root)

    def another(self, store: ObjectStore) -> ObjectStore:
        return open_store(store.root)

    @pytest.fixture
    def server(self, azure_server: str) -> str:
        return azure_server

    def reach(self, store: ObjectStore, endpoint: str, monkeypatch: pytest.MonkeyPatch) -> ObjectStore:
        monkeypatch.setenv("AZURE_STORAGE_CONNECTION_STRING", connection_string(endpoint))
        return open_store(store.root)

    @pytest.fixture
    def bucketless(self, azure_root: str) -> ObjectStore:
        return open_store("abfs://no-such-container/prefix")

    @pytest.fixture
    def stranger(self, azure_root: str, azure_server: str, monkeypatch: pytest.MonkeyPatch) -> ObjectStore:
        monkeypatch.setenv("AZURE_STORAGE_CONNECTION_STRING", connection_string(azure_server, WRONG_KEY))
        return open_store(azure_root)

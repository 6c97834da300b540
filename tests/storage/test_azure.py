"""Stores on Azure Blob Storage keep the contract, on a server that has its API and checks signatures."""

from __future__ import annotations

import base64
from datetime import datetime, timedelta, timezone

import pytest
from azure.storage.blob import AccountSasPermissions, ResourceTypes, generate_account_sas

from airflow_artifacts.exceptions import StorageError
from airflow_artifacts.storage import ObjectStore, open_store
from airflow_artifacts.storage.azure_blob import AzureAccess, open_azure
from airflow_artifacts.storage.transfers import TRANSFER_BYTES
from tests.contracts.large import LargeFileContract
from tests.contracts.network import NetworkContract
from tests.contracts.refusals import BucketContract, CredentialsContract
from tests.contracts.sharing import SharedStoreContract
from tests.contracts.signing import SigningContract
from tests.servers.azure import ACCOUNT, KEY, connection_string

_HOUR = timedelta(hours=1)
WRONG_KEY = base64.b64encode(b"a wrong key" * 5).decode()


class TestAzure(
    SharedStoreContract,
    NetworkContract,
    BucketContract,
    CredentialsContract,
    LargeFileContract,
    SigningContract,
):
    backend = "Azure (azurite)"
    signs = True
    signs_odd_keys = False
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


def test_with_a_signature_for_credentials_no_url_is_signed(azure_server: str, azure_root: str) -> None:
    sas = generate_account_sas(
        ACCOUNT,
        KEY,
        ResourceTypes(object=True),
        AccountSasPermissions(read=True),
        datetime.now(timezone.utc) + _HOUR,
    )
    access = AzureAccess(ACCOUNT, sas=sas, endpoint=f"{azure_server}/{ACCOUNT}")
    store = open_azure(azure_root, lambda: access, TRANSFER_BYTES)
    with pytest.raises(StorageError, match=f"Could not sign a URL of {azure_root}/a: .*not supported") as caught:
        store.signed_url("a", 60)
    assert sas not in str(caught.value)

"""Stores that are reached with a connection of Airflow keep the contract, with no credentials but its own."""

from __future__ import annotations

import json
import uuid
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from airflow_artifacts.runtime import open_url
from tests.contracts.object_store import ObjectStoreContract
from tests.contracts.refusals import BucketContract
from tests.contracts.sharing import SharedStoreContract
from tests.servers import azure
from tests.storage.s3 import s3_environment, s3_root, s3_server

if TYPE_CHECKING:
    from airflow_artifacts.storage import ObjectStore

__all__ = ["s3_environment", "s3_root", "s3_server"]


class ConnectionContract(SharedStoreContract):
    """Supply ``store``, with a connection whose id is ``somewhere``."""

    def another(self, store: ObjectStore) -> ObjectStore:
        return open_url(store.root)

    def shared_url(self, store: ObjectStore) -> str:
        return store.root.replace("somewhere@", "")


@pytest.mark.thorough
class TestS3WithConnection(ConnectionContract, BucketContract):
    backend = "S3 with a connection (moto)"
    signs = True

    @pytest.fixture
    def store(self, s3_root: str, connection: None) -> ObjectStore:
        return open_url(s3_root.replace("s3://", "s3://somewhere@"))

    @pytest.fixture
    def connection(self, s3_server: str, monkeypatch: pytest.MonkeyPatch) -> None:
        connection = {
            "conn_type": "aws",
            "login": "somebody",
            "password": "some secret",
            "extra": {"endpoint_url": s3_server, "region_name": "us-east-1"},
        }
        monkeypatch.setenv("AIRFLOW_CONN_SOMEWHERE", json.dumps(connection))

    @pytest.fixture
    def bucketless(self, connection: None) -> ObjectStore:
        return open_url("s3://somewhere@no-such-bucket/prefix")


@pytest.mark.thorough
class TestAzureWithConnection(ConnectionContract):
    backend = "Azure with a connection (azurite)"
    signs = True

    @pytest.fixture
    def store(self, azure_root: str, azure_server: str, monkeypatch: pytest.MonkeyPatch) -> ObjectStore:
        extra = {"connection_string": azure.connection_string(azure_server)}
        monkeypatch.setenv("AIRFLOW_CONN_SOMEWHERE", json.dumps({"conn_type": "wasb", "extra": extra}))
        return open_url(azure_root.replace("abfs://", "abfs://somewhere@"))


@pytest.mark.thorough
class TestWebHdfsWithConnection(ObjectStoreContract):
    backend = "HDFS with a connection (WebHDFS)"

    @pytest.fixture
    def store(self, strict_webhdfs_server: str, monkeypatch: pytest.MonkeyPatch) -> ObjectStore:
        place = urlsplit(strict_webhdfs_server)
        connection = {
            "conn_type": "webhdfs",
            "host": place.hostname,
            "port": place.port,
            "login": "somebody",
        }
        monkeypatch.setenv("AIRFLOW_CONN_SOMEWHERE", json.dumps(connection))
        monkeypatch.setenv("HADOOP_USER_NAME", "nobody")
        return open_url(f"webhdfs://somewhere@{place.netloc}/folder-{uuid.uuid4().hex}")

    def another(self, store: ObjectStore) -> ObjectStore:
        return open_url(store.root)

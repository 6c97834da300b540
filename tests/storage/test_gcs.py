"""Stores on Google Cloud Storage keep the contract, on a server that has its API."""

from __future__ import annotations

import asyncio
import hashlib
import json
from types import SimpleNamespace
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, unquote, urlsplit

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

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


def test_a_key_of_a_service_account_signs_as_google_checks_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """No server of the tests checks it, so that is done here, as Google documents the V4 signing process."""
    import gcsfs

    private = rsa.generate_private_key(65537, 2048)
    account = {
        "type": "service_account",
        "project_id": "project",
        "client_email": "me@project.iam.gserviceaccount.com",
        "token_uri": "http://127.0.0.1:9/token",
        "private_key": private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode(),
    }
    (tmp_path / "key.json").write_text(json.dumps(account))
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(tmp_path / "key.json"))
    gcsfs.GCSFileSystem.clear_instance_cache()
    url = open_store("gs://bucket/prefix").signed_url("a b/ü+#%.txt", 300)
    gcsfs.GCSFileSystem.clear_instance_cache()
    assert url is not None
    parts = urlsplit(url)
    assert unquote(parts.path) == "/bucket/prefix/a b/ü+#%.txt"
    signed, _, signature = parts.query.rpartition("&X-Goog-Signature=")
    query = dict(parse_qsl(signed))
    assert query["X-Goog-Expires"] == "300"
    request = f"GET\n{parts.path}\n{signed}\nhost:{parts.netloc}\n\nhost\nUNSIGNED-PAYLOAD"
    scope = query["X-Goog-Credential"].partition("/")[2]
    digest = hashlib.sha256(request.encode()).hexdigest()
    text = f"GOOG4-RSA-SHA256\n{query['X-Goog-Date']}\n{scope}\n{digest}"
    private.public_key().verify(bytes.fromhex(signature), text.encode(), PKCS1v15(), SHA256())

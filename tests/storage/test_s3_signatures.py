"""An S3 server that checks signatures is used with the right secret, and says no to a wrong one."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

import pytest

from airflow_artifacts.storage import ObjectStore, open_store
from tests.contracts.refusals import CredentialsContract
from tests.contracts.signing import SigningContract
from tests.servers.rclone import KEY_ID, SECRET

if TYPE_CHECKING:
    from pathlib import Path

WRONG_SECRET = "a-secret-that-is-wrong"  # noqa: S105


class TestS3Signatures(CredentialsContract, SigningContract):
    backend = "S3 signatures (rclone)"
    secrets = (SECRET,)
    wrong_secrets = (WRONG_SECRET, SECRET)

    @pytest.fixture
    def bucket(self, rclone_server: str, monkeypatch: pytest.MonkeyPatch) -> str:
        """URL of an empty root in a bucket; the environment has the right credentials."""
        import boto3

        monkeypatch.setenv("AWS_ENDPOINT_URL", rclone_server)
        monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", KEY_ID)
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
        name = f"bucket-{uuid.uuid4().hex}"
        boto3.Session().client("s3").create_bucket(Bucket=name)
        return f"s3://{name}/some/prefix"

    @pytest.fixture
    def store(self, bucket: str) -> ObjectStore:
        return open_store(bucket)

    @pytest.fixture(params=["wrong secret", "unknown key"])
    def stranger(
        self, request: pytest.FixtureRequest, bucket: str, monkeypatch: pytest.MonkeyPatch
    ) -> ObjectStore:
        if request.param == "unknown key":
            monkeypatch.setenv("AWS_ACCESS_KEY_ID", "nobody")
        else:
            monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", WRONG_SECRET)
        return open_store(bucket)

    def test_the_right_secret_works(self, bucket: str, tmp_path: Path) -> None:
        store = open_store(bucket)
        large = bytes(range(256)) * 80_000
        (tmp_path / "source").write_bytes(large)
        store.create("a b/ü+#%", b"1")
        store.upload(tmp_path / "source", "a b/large")
        assert [(info.key, info.size) for info in store.list("a b")] == [
            ("a b/large", len(large)),
            ("a b/ü+#%", 1),
        ]
        assert store.read("a b/ü+#%") == b"1"
        assert store.read("a b/large") == large
        store.download("a b/ü+#%", tmp_path / "target")
        assert (tmp_path / "target").read_bytes() == b"1"
        store.delete("a b/ü+#%")
        assert not store.exists("a b/ü+#%")
        store.delete_prefix("a b")
        assert store.list() == []

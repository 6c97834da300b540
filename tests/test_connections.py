from __future__ import annotations

import json
import os
import pickle
from typing import TYPE_CHECKING, Any

import pytest

from airflow_artifacts.connections import azure_access, filesystem_for, http_options, login_for, s3_access
from airflow_artifacts.exceptions import MissingExtraError, UrlError
from airflow_artifacts.runtime import open_url
from airflow_artifacts.storage import open_store, remote
from airflow_artifacts.storage.objects import MemoryObjectStore
from airflow_artifacts.storage.remote import RemoteObjectStore
from tests.servers.webhdfs import running_server as running_webhdfs
from tests.storage.s3 import s3_environment, s3_root, s3_server

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Connect = Callable[..., str]

__all__ = ["s3_environment", "s3_root", "s3_server"]

SECRET = "aHVudGVyMi8="  # noqa: S105 - of no account


@pytest.fixture
def connect(airflow_home: Path, monkeypatch: pytest.MonkeyPatch) -> Connect:
    def connect(conn_id: str, **fields: Any) -> str:
        monkeypatch.setenv(f"AIRFLOW_CONN_{conn_id.upper()}", json.dumps(fields))
        return conn_id

    return connect


@pytest.fixture
def s3_connection(
    connect: Connect, s3_root: str, s3_server: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> str:
    """The URL of an empty root, for which only a connection has the credentials and the server."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    extra = {"endpoint_url": s3_server, "region_name": "us-east-1"}
    connect("my_s3", conn_type="aws", login="someone", password=SECRET, extra=extra)
    return s3_root.replace("s3://", "s3://my_s3@")


def test_s3_with_a_connection(s3_connection: str) -> None:
    store = open_url(s3_connection)
    assert isinstance(store, RemoteObjectStore)
    store.create("a", b"1")
    assert open_url(s3_connection).read("a") == b"1"
    assert store.root == s3_connection
    assert pickle.loads(pickle.dumps(store)).read("a") == b"1"  # noqa: S301
    assert SECRET.encode() not in pickle.dumps(store)


def test_s3_with_a_connection_after_a_fork(s3_connection: str, monkeypatch: pytest.MonkeyPatch) -> None:
    open_url(s3_connection).create("a", b"1")
    monkeypatch.setattr(remote, "_used_in", os.getpid() + 1)
    store = open_url(s3_connection)
    assert not isinstance(store, RemoteObjectStore)
    assert store.read("a") == b"1"
    assert store.root == s3_connection


def test_a_connection_of_s3_without_credentials_is_no_anonymous_access(
    s3_connection: str, connect: Connect
) -> None:
    connect("my_s3", conn_type="aws", extra={"region_name": "us-east-1"})
    with pytest.raises(UrlError, match=r"^s3://my_s3@bucket.* no AWS credentials are found"):
        open_url(s3_connection)


def test_a_connection_that_signs_in_its_own_way_is_left_to_its_provider(
    s3_connection: str, connect: Connect, s3_server: str
) -> None:
    extra = {"endpoint_url": s3_server, "service_config": {"s3": {"proxy-uri": s3_server}}}
    connect("my_s3", conn_type="aws", login="someone", password=SECRET, extra=extra)
    assert type(login_for(s3_connection)).__name__ == "S3FileSystem"


def test_region_and_certificates_of_a_connection(connect: Connect) -> None:
    extra = {"region_name": "eu-central-1", "verify": False}
    access = s3_access(connect("my_s3", conn_type="aws", login="someone", password=SECRET, extra=extra))
    assert (access.region, access.endpoint, access.verify) == ("eu-central-1", None, False)
    assert access.credentials()["secret_access_key"] == SECRET


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"login": "acc", "password": SECRET}, ("acc", SECRET, None, None)),
        ({"login": "acc", "extra": {"shared_access_key": SECRET}}, ("acc", SECRET, None, None)),
        (
            {"host": "acc.blob.core.windows.net", "password": SECRET},
            ("acc", SECRET, None, "https://acc.blob.core.windows.net"),
        ),
        (
            {"login": "acc", "host": "http://127.0.0.1:1/acc", "password": SECRET},
            ("acc", SECRET, None, "http://127.0.0.1:1/acc"),
        ),
        ({"extra": {"account_name": "acc", "account_key": SECRET}}, ("acc", SECRET, None, None)),
        ({"login": "acc", "extra": {"extra__wasb__sas_token": "?sv=1"}}, ("acc", None, "sv=1", None)),
        (
            {"login": "acc", "extra": {"sas_token": "https://acc.blob.core.windows.net/?sv=1"}},
            ("acc", None, "sv=1", None),
        ),
        (
            {
                "extra": {
                    "connection_string": f"AccountName=acc;AccountKey={SECRET};"
                    "EndpointSuffix=core.chinacloudapi.cn"
                }
            },
            ("acc", SECRET, None, "https://acc.blob.core.chinacloudapi.cn"),
        ),
    ],
)
def test_connections_of_azure(connect: Connect, fields: dict[str, Any], expected: tuple[Any, ...]) -> None:
    access = azure_access(connect("my_azure", conn_type="wasb", **fields))
    assert (access.account, access.key, access.sas, access.endpoint) == expected
    assert access.credential is None


@pytest.mark.parametrize(
    ("fields", "kind"),
    [
        (
            {"host": "acc", "login": "client", "password": SECRET, "extra": {"tenant_id": "t"}},
            "ClientSecretCredential",
        ),
        ({"login": "acc", "extra": {"managed_identity_client_id": "m"}}, "DefaultAzureCredential"),
    ],
)
def test_identities_of_azure(connect: Connect, fields: dict[str, Any], kind: str) -> None:
    access = azure_access(connect("my_azure", conn_type="wasb", **fields))
    assert (access.account, access.key, type(access.credential).__name__) == ("acc", None, kind)


def test_azure_with_a_connection_needs_no_provider(connect: Connect) -> None:
    connect("my_azure", conn_type="wasb", login="acc", password=SECRET)
    store = open_url("abfs://my_azure@container/prefix")
    assert isinstance(store, RemoteObjectStore)
    assert store.root == "abfs://my_azure@container/prefix"
    with pytest.raises(UrlError, match="connections are opened by Airflow"):
        open_store("abfs://my_azure@container/prefix")
    connect("my_azure", conn_type="wasb", login="acc", password="no base 64")
    with pytest.raises(UrlError, match="key of the storage account is malformed") as caught:
        open_url("abfs://my_azure@container/prefix")
    assert "no base 64" not in str(caught.value)


def test_a_provider_that_is_not_installed_is_named(connect: Connect) -> None:
    connect("my_google", conn_type="google_cloud_platform")
    with pytest.raises(MissingExtraError, match=r"pip install 'airflow-artifacts\[gcs\]'"):
        open_url("gs://my_google@bucket/prefix")


def test_webhdfs_with_a_connection(connect: Connect) -> None:
    with running_webhdfs("somebody") as url:
        host, port = url.removeprefix("http://").split(":")
        connect("my_hadoop", conn_type="webhdfs", host=host, port=int(port), login="somebody")
        store = open_url("webhdfs://my_hadoop@/some/root")
        store.create("a", b"1")
        connect("my_hadoop", conn_type="webhdfs", login="somebody")
        assert open_url(f"webhdfs://my_hadoop@{host}:{port}/some/root").read("a") == b"1"
        assert store.root == "webhdfs://my_hadoop@/some/root"


def test_a_connection_without_a_host_needs_one_in_the_url(connect: Connect) -> None:
    connect("my_hadoop", conn_type="webhdfs", login="somebody")
    with pytest.raises(UrlError, match="it names no host"):
        open_url("webhdfs://my_hadoop@/some/root")


def test_memory_with_a_connection(connect: Connect) -> None:
    connect("my_memory", conn_type="generic")
    store = open_url("memory://my_memory@some/root")
    assert isinstance(store, MemoryObjectStore)
    store.create("a", b"1")
    assert open_url("memory://some/root").read("a") == b"1"


def test_what_may_be_a_token_is_not_shown(airflow_home: Path) -> None:
    with pytest.raises(
        UrlError, match=r"^https://example.org/a cannot be opened: there is no connection"
    ) as caught:
        filesystem_for("https://ghp_secret@example.org/a")
    assert "ghp_secret" not in str(caught.value)
    assert caught.value.__cause__ is None
    with pytest.raises(UrlError, match="there is no connection 'nobody'"):
        login_for("abfs://nobody@container")


def test_options_of_a_connection_for_http(connect: Connect) -> None:
    fields = {"conn_type": "http", "login": "me", "password": SECRET, "extra": {"headers": {"X-Key": "1"}}}
    assert http_options(connect("my_web", **fields)) == {"auth": ("me", SECRET), "headers": {"X-Key": "1"}}
    assert http_options(connect("my_web", conn_type="http")) == {}

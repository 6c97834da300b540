"""Where the account and the credentials for Azure come from."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from airflow_artifacts.exceptions import StorageError, UnsafeUrlError, UrlError
from airflow_artifacts.storage import connection_of, open_store, remote, split_connection
from airflow_artifacts.storage.azure_blob import (
    AzureAccess,
    access_for,
    access_from_environment,
    azure_filesystem,
    container_of,
    service_credential,
)
from tests.servers.azure import ACCOUNT, KEY

PREFIX = "AZURE_STORAGE_"


@pytest.fixture(autouse=True)
def _no_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("CONNECTION_STRING", "ACCOUNT_NAME", "ACCOUNT_KEY", "SAS_TOKEN"):
        monkeypatch.delenv(PREFIX + name, raising=False)


@pytest.mark.parametrize(
    ("url", "connection", "place"),
    [
        ("abfs://c/p/q", None, ("c", "", "p/q")),
        ("abfs://c@acc.dfs.core.windows.net/p", None, ("c", "acc", "p")),
        ("abfss://c@acc.blob.core.chinacloudapi.cn/p", None, ("c", "acc", "p")),
        ("abfs://conn@c/p", "conn", ("c", "", "p")),
        ("az://conn@c@acc.dfs.core.windows.net", "conn", ("c", "acc", "")),
    ],
)
def test_parts_of_a_url(url: str, connection: str | None, place: tuple[str, str, str]) -> None:
    assert connection_of(url) == connection
    assert container_of(url) == place
    assert connection_of(split_connection(url)[1]) is None


@pytest.mark.parametrize(
    ("account", "variables", "expected"),
    [
        ("", {"CONNECTION_STRING": f"AccountName=a;AccountKey={KEY};EndpointSuffix=x.y"}, ("a", KEY, None)),
        ("a", {"CONNECTION_STRING": "AccountName=a;SharedAccessSignature=sv=1"}, ("a", None, "sv=1")),
        ("", {"CONNECTION_STRING": "BlobEndpoint=https://a.blob.x.y/;SharedAccessSignature=s"}, ("a", None, "s")),
        ("b", {"CONNECTION_STRING": f"AccountName=a;AccountKey={KEY}", "SAS_TOKEN": "s"}, ("b", None, "s")),
        ("", {"ACCOUNT_NAME": "a", "ACCOUNT_KEY": KEY, "SAS_TOKEN": ""}, ("a", KEY, None)),
        ("b", {"ACCOUNT_KEY": KEY}, ("b", KEY, None)),
        ("", {"ACCOUNT_NAME": "a", "SAS_TOKEN": "s"}, ("a", None, "s")),
    ],
)
def test_variables(account: str, variables: dict[str, str], expected: tuple[Any, ...]) -> None:
    access = access_from_environment(account, {PREFIX + name: text for name, text in variables.items()})
    assert (access.account, access.key, access.sas) == expected


@pytest.mark.parametrize(
    ("variables", "kind"),
    [
        (
            {"ACCOUNT_NAME": "a", "TENANT_ID": "t", "CLIENT_ID": "c", "CLIENT_SECRET": "s"},
            "ClientSecretCredential",
        ),
        ({"ACCOUNT_NAME": "a", "TENANT_ID": "t"}, "DefaultAzureCredential"),
    ],
)
def test_identities(variables: dict[str, str], kind: str) -> None:
    access = access_from_environment("", {PREFIX + name: text for name, text in variables.items()})
    assert type(access.credential).__name__ == kind


def test_the_key_of_one_account_is_not_sent_to_another() -> None:
    access = access_from_environment("b", {PREFIX + "ACCOUNT_NAME": "a", PREFIX + "ACCOUNT_KEY": KEY})
    assert (access.account, access.key) == ("b", None)


@pytest.mark.parametrize(
    ("url", "access", "endpoint"),
    [
        ("abfs://c/p", AzureAccess("a"), None),
        ("abfs://c@a.dfs.core.windows.net/p", AzureAccess("a"), "https://a.blob.core.windows.net"),
        ("abfs://c@a.dfs.core.chinacloudapi.cn/p", AzureAccess("a"), "https://a.blob.core.chinacloudapi.cn"),
        ("az://me@c@a.blob.core.usgovcloudapi.net", AzureAccess(""), "https://a.blob.core.usgovcloudapi.net"),
        ("abfs://c@a.dfs.core.windows.net", AzureAccess("a", endpoint="http://host/a"), "http://host/a"),
    ],
)
def test_the_cloud_of_a_url_is_the_one_that_is_asked(url: str, access: AzureAccess, endpoint: str | None) -> None:
    found = access_for(url, lambda: access)
    assert (found.account, found.endpoint) == ("a", endpoint)


def test_the_cloud_of_a_url_after_a_fork_and_without(monkeypatch: pytest.MonkeyPatch) -> None:
    url = "abfs://me@c@a.dfs.core.chinacloudapi.cn/p"
    store = open_store(url, lambda: AzureAccess("a", key=KEY))
    assert isinstance(store, remote.RemoteObjectStore)
    assert store._bucket.config["endpoint"] == "https://a.blob.core.chinacloudapi.cn"
    for access in (AzureAccess("a", key=KEY), AzureAccess("a", credential=service_credential("t", "c", "s"))):
        filesystem = azure_filesystem(access_for(url, lambda access=access: access))  # type: ignore[misc]
        assert filesystem.service_client.url.startswith("https://a.blob.core.chinacloudapi.cn")


@pytest.mark.parametrize("used_in", [None, -1], ids=["obstore", "after a fork"])
def test_a_connection_to_another_account_is_refused(monkeypatch: pytest.MonkeyPatch, used_in: int | None) -> None:
    monkeypatch.setattr(remote, "_used_in", used_in)
    with pytest.raises(UrlError, match=r"c@b\.dfs.* cannot be opened: .* to the account 'a'. Name this account"):
        open_store("abfs://me@c@b.dfs.core.windows.net/p", lambda: AzureAccess("a", key=KEY))


def test_an_access_shows_no_secret() -> None:
    assert "s3cr3t" not in repr(AzureAccess("a", key="s3cr3t", sas="s3cr3t"))


@pytest.mark.parametrize(
    ("access", "problem"),
    [
        (AzureAccess(""), "no storage account is named"),
        (AzureAccess("a"), "no credentials for Azure are found"),
        (AzureAccess("a", key="?"), "it is no Base64"),
    ],
)
def test_what_is_missing_is_said(access: AzureAccess, problem: str) -> None:
    with pytest.raises(UrlError, match=f"^abfs://me@c/p cannot be opened: .*{problem}"):
        open_store("abfs://me@c/p", lambda: access)


def test_a_token_is_asked_for_at_once() -> None:
    from azure.core.exceptions import ClientAuthenticationError, ServiceRequestError

    asked = []

    class Credential:
        error: Exception | None = None

        def get_token(self, scope: str) -> SimpleNamespace:
            asked.append(scope)
            if self.error:
                raise self.error
            return SimpleNamespace(token="t", expires_on=2_000_000_000)

    access = AzureAccess("a", credential=Credential())
    open_store("abfs://me@c/p", lambda: access)
    assert asked == ["https://storage.azure.com/.default"]
    Credential.error = ClientAuthenticationError("nobody is logged in\nand so on")
    with pytest.raises(UrlError, match=r"no credentials.* azure-identity says: nobody is logged in$"):
        open_store("abfs://me@c/p", lambda: access)
    Credential.error = ServiceRequestError("no network")
    with pytest.raises(StorageError, match="no network"):
        open_store("abfs://me@c/p", lambda: access)


def test_credentials_in_a_url_are_refused_and_not_shown() -> None:
    with pytest.raises(UnsafeUrlError, match="credentials do not belong into a URL") as caught:
        open_store("abfs://acc:hunter2@container/p")
    assert "hunter2" not in str(caught.value)


def test_the_environment_does_not_come_before_a_connection(
    azure_root: str, azure_server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AZURE_STORAGE_ACCOUNT_NAME", ACCOUNT)
    monkeypatch.setenv("AZURE_STORAGE_ACCOUNT_KEY", KEY)
    endpoint = f"{azure_server}/{ACCOUNT}"
    url = azure_root.replace("abfs://", "abfs://me@")
    store = open_store(url, lambda: AzureAccess(ACCOUNT, sas="sv=2020-01-01&sig=x", endpoint=endpoint))
    with pytest.raises(StorageError, match="403"):
        store.create("a", b"1")


def test_after_a_fork(azure_root: str, azure_server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    access = AzureAccess(ACCOUNT, key=KEY, endpoint=f"{azure_server}/{ACCOUNT}")
    url = azure_root.replace("abfs://", "abfs://me@")
    open_store(url, lambda: access).create("a", b"1")
    monkeypatch.setattr(remote, "_used_in", -1)
    store = open_store(url, lambda: access)
    assert type(store).__name__ == "ObjectStore"
    assert store.read("a") == b"1"
    with pytest.raises(FileExistsError):
        store.create("a", b"2")

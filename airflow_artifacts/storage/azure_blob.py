"""Containers of Azure Blob Storage: their account and credentials, from the environment or from a connection."""

from __future__ import annotations

import base64
import functools
import os
from dataclasses import dataclass, field, replace
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlsplit

from airflow_artifacts._optional import require
from airflow_artifacts.exceptions import StorageError, UrlError
from airflow_artifacts.storage.remote import (
    RemoteObjectStore,
    client_options,
    made,
    require_obstore,
    retry_config,
)
from airflow_artifacts.storage.urls import scrub, split_connection, without_credentials

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from fsspec import AbstractFileSystem

_SCOPE = "https://storage.azure.com/.default"
_ENVIRONMENT = "AZURE_STORAGE_"
_NO_CREDENTIALS = (
    "no credentials for Azure are found. Set AZURE_STORAGE_CONNECTION_STRING, AZURE_STORAGE_ACCOUNT_KEY or "
    "AZURE_STORAGE_SAS_TOKEN, give the machine an identity, or name a connection of Airflow that has them: "
    "abfs://conn_id@container/prefix."
)


@dataclass(frozen=True)
class AzureAccess:
    """How to get at the containers of a storage account. One of key, sas and credential is given.

    Attributes:
        account: Name of the account.
        key: A key of the account.
        sas: A shared access signature.
        credential: A credential of azure-identity.
        endpoint: URL of the account's blobs, None for Azure's own.
    """

    account: str
    key: str | None = field(default=None, repr=False)
    sas: str | None = field(default=None, repr=False)
    credential: Any = None
    endpoint: str | None = None

    @classmethod
    def from_connection_string(cls, text: str) -> AzureAccess:
        """Read a connection string, as the portal of Azure gives it."""
        fields = dict(part.split("=", 1) for part in text.split(";") if "=" in part)
        account = fields.get("AccountName", "")
        endpoint = fields.get("BlobEndpoint")
        if endpoint is None and "EndpointSuffix" in fields:
            protocol = fields.get("DefaultEndpointsProtocol", "https")
            endpoint = f"{protocol}://{account}.blob.{fields['EndpointSuffix']}"
        if not account and endpoint:
            account = endpoint.partition("://")[2].partition(".")[0]
        return cls(account, fields.get("AccountKey"), fields.get("SharedAccessSignature"), endpoint=endpoint)

    def credentials(self) -> dict[str, Any]:
        """Give what requests are signed with, in the words of obstore; a token is asked for."""
        if self.key:
            return {"access_key": self.key, "expires_at": None}
        if self.sas:
            return {"sas_token": self.sas.removeprefix("?"), "expires_at": None}
        found = self.credential.get_token(_SCOPE)
        return {"token": found.token, "expires_at": datetime.fromtimestamp(found.expires_on, timezone.utc)}

    def check(self, root: str) -> None:
        """Refuse what cannot work, before the first request.

        Raises:
            UrlError: There is no account, or there are no credentials.
            StorageError: Azure could not be asked for a token.
        """
        problem = self._problem()
        if problem:
            raise UrlError(root, problem)
        if self.credential is not None:
            from azure.core.exceptions import AzureError, ClientAuthenticationError

            try:
                self.credentials()
            except ClientAuthenticationError as error:
                reason = str(error).partition("\n")[0]
                raise UrlError(root, f"{_NO_CREDENTIALS} azure-identity says: {scrub(reason)}") from None
            except AzureError as error:
                raise StorageError("open", root, scrub(error)) from None

    def _problem(self) -> str | None:
        """Say what is missing."""
        if not self.account:
            return (
                "no storage account is named. Set AZURE_STORAGE_CONNECTION_STRING or AZURE_STORAGE_ACCOUNT_NAME, "
                "write abfs://container@account.dfs.core.windows.net/prefix, or name a connection of Airflow: "
                "abfs://conn_id@container/prefix."
            )
        if not (self.key or self.sas or self.credential):
            return _NO_CREDENTIALS
        try:
            base64.b64decode(self.key or "", validate=True)
        except ValueError:
            return "the key of the storage account is malformed: it is no Base64. Copy it again."
        return None


class AzureObjectStore(RemoteObjectStore):
    """The objects below a prefix of a container."""

    def _sign(self, path: str, seconds: int) -> str | None:
        url = super()._sign(path, seconds)
        # obstore signs the path as it is written in the URL, and Azure compares with what it means.
        return url if url and url.partition("?")[0].endswith(f"/{path}") else None


def open_azure(url: str, login: Callable[[], AzureAccess] | None, transfer_bytes: int) -> RemoteObjectStore:
    """Open the store at an ``abfs://``, ``abfss://`` or ``az://`` URL.

    Args:
        url: A container, perhaps with its account, and perhaps a prefix.
        login: Gives the access, where the URL names a connection; without it the environment does.
        transfer_bytes: What may be in flight of large files, in the process.

    Raises:
        UrlError: There are no credentials.
        MissingExtraError: A package for Azure is not installed.
    """
    container, account, prefix = container_of(url)
    require_obstore(url)
    login = functools.partial(access_for, url, login or functools.partial(access_from_environment, account))
    opener = functools.partial(_open_container, without_credentials(url), container, login)
    return AzureObjectStore(url, prefix, opener, transfer_bytes)


def container_of(url: str) -> tuple[str, str, str]:
    """Give container, account (empty where none is named) and prefix of a URL."""
    authority, _, prefix = split_connection(url)[1].partition("://")[2].partition("/")
    container, _, host = authority.partition("@")
    return container, host.partition(".")[0], prefix


def access_for(url: str, login: Callable[[], AzureAccess]) -> AzureAccess:
    """Give the access to the account that a URL names, in the cloud that it names.

    Raises:
        UrlError: The access is one to another account.
    """
    access, (_, account, _) = login(), container_of(url)
    if not account:
        return access
    if access.account not in {"", account}:
        problem = f"the connection is one to the account {access.account!r}. Name this account, or none."
        raise UrlError(without_credentials(url), problem)
    host = split_connection(url)[1].partition("://")[2].partition("/")[0].rpartition("@")[2]
    endpoint = f"https://{host.replace('.dfs.core.', '.blob.core.')}"
    return replace(access, account=account, endpoint=access.endpoint or endpoint)


def access_from_environment(account: str = "", environment: Mapping[str, str] = os.environ) -> AzureAccess:
    """Read the variables that adlfs reads; without any that has credentials, ask azure-identity for its own.

    Args:
        account: The account that a URL names.
        environment: The variables.
    """
    found = {
        name.removeprefix(_ENVIRONMENT): text
        for name, text in environment.items()
        if name.startswith(_ENVIRONMENT) and text
    }
    if "CONNECTION_STRING" in found:
        access = AzureAccess.from_connection_string(found["CONNECTION_STRING"])
        if account in {"", access.account}:
            return access
    name = account or found.get("ACCOUNT_NAME", "")
    if name == found.get("ACCOUNT_NAME", name):  # its keys are no keys of another account
        if "ACCOUNT_KEY" in found:
            return AzureAccess(name, key=found["ACCOUNT_KEY"])
        if "SAS_TOKEN" in found:
            return AzureAccess(name, sas=found["SAS_TOKEN"])
    service = [found.get(each) for each in ("TENANT_ID", "CLIENT_ID", "CLIENT_SECRET")]
    return AzureAccess(name, credential=service_credential(*service) if all(service) else default_credential())


def service_credential(tenant: Any, client: Any, secret: Any) -> Any:
    """Give the credential of a service principal."""
    identity = require("azure.identity", extra="azure", purpose="A service principal of Azure")
    return identity.ClientSecretCredential(tenant, client, secret)


def default_credential(**options: Any) -> Any:
    """Give what azure-identity finds: an identity that is managed, the login of its command line and so on."""
    identity = require("azure.identity", extra="azure", purpose="Opening abfs:// URLs without a key")
    return identity.DefaultAzureCredential(**options)


def azure_filesystem(access: AzureAccess) -> AbstractFileSystem:
    """Give adlfs with the same access, for a process in which obstore does not work."""
    adlfs = require("adlfs", extra="azure", purpose="Opening abfs:// URLs after a fork")
    options: dict[str, Any] = {"account_name": access.account, "use_listings_cache": False}
    if access.credential is not None:
        options["credential"] = access.credential
        if access.endpoint:
            options["account_host"] = urlsplit(access.endpoint).netloc
    elif access.endpoint:
        secret = f"AccountKey={access.key}" if access.key else f"SharedAccessSignature={access.sas}"
        options["connection_string"] = f"AccountName={access.account};BlobEndpoint={access.endpoint};{secret}"
    else:
        options |= {"account_key": access.key, "sas_token": access.sas}
    return cast("AbstractFileSystem", adlfs.AzureBlobFileSystem(**options))


def _open_container(root: str, container: str, login: Callable[[], AzureAccess]) -> Any:
    access = login()
    access.check(root)
    # obstore reads variables of the environment too, which would come before what a connection says: so everything
    # that they may say is said.
    config: Any = {
        "account_name": access.account,
        "endpoint": access.endpoint or f"https://{access.account}.blob.core.windows.net",
        "use_emulator": False,
        "skip_signature": False,
    }
    from obstore.store import AzureStore

    return made(
        root,
        lambda: AzureStore(
            container,
            config=config,
            retry_config=cast("Any", retry_config()),
            client_options=cast("Any", client_options(access.endpoint)),
            credential_provider=cast("Any", access.credentials),
        ),
    )

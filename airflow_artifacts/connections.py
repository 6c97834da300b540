"""Connections of Airflow, as what stores and file systems are opened with."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any, cast

from airflow_artifacts._optional import require
from airflow_artifacts.exceptions import MissingExtraError, UrlError
from airflow_artifacts.storage import split_connection, without_credentials
from airflow_artifacts.storage.gcs import GCS_OPTIONS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from airflow.sdk import Connection
    from fsspec import AbstractFileSystem

    from airflow_artifacts.storage import Login
    from airflow_artifacts.storage.azure_blob import AzureAccess
    from airflow_artifacts.storage.s3 import S3Access

_S3 = frozenset({"s3", "s3a"})
_GOOGLE = frozenset({"gs", "gcs"})
_HTTP = frozenset({"http", "https"})  # in whose URLs a user may be a token
_AZURE = frozenset({"abfs", "abfss", "az"})
# Schemes that Airflow's providers serve: the provider, and the extra of this package that installs it.
_PROVIDERS = {
    **dict.fromkeys(_S3, ("apache-airflow-providers-amazon", "s3")),
    **dict.fromkeys(_GOOGLE, ("apache-airflow-providers-google", "gcs")),
    **dict.fromkeys(_AZURE, ("apache-airflow-providers-microsoft-azure", "azure")),
}
_NAMED_BY_URL = frozenset({"hdfs", "webhdfs"})  # schemes whose URLs have a host and a port


def get_connection(conn_id: str) -> Connection:
    """Give a connection.

    Raises:
        AirflowNotFoundException: There is none.
    """
    from airflow.sdk import BaseHook

    return BaseHook.get_connection(conn_id)


def login_for(url: str) -> Login | None:
    """Give what the store at a URL is opened with; None where the URL names no connection.

    Raises:
        UrlError: The connection does not exist, or nothing serves the scheme.
        MissingExtraError: The provider for the scheme is not installed.
    """
    scheme, conn_id = url.partition("://")[0], split_connection(url)[0]
    if conn_id is None:
        return None
    _require_connection(conn_id, url)
    if scheme in _AZURE:
        return functools.partial(azure_access, conn_id)
    if scheme in _HTTP:
        return functools.partial(http_options, conn_id)
    if scheme in _S3 and not _has_own_way(conn_id):
        return functools.partial(s3_access, conn_id)
    return filesystem_for(url, GCS_OPTIONS if scheme in _GOOGLE else None)


def filesystem_for(url: str, storage_options: Mapping[str, Any] | None = None) -> AbstractFileSystem | None:
    """Give the file system of a URL of the form ``s3://conn_id@bucket/...``, with the connection's credentials.

    None where the URL names no connection: its credentials are the environment's.

    Raises:
        UrlError: The connection does not exist, or nothing serves the scheme.
        MissingExtraError: The provider for the scheme is not installed.
    """
    scheme, conn_id = url.partition("://")[0], split_connection(url)[0]
    if conn_id is None:
        return None
    from airflow.sdk.io import get_fs, has_fs

    # Airflow's file systems would take a connection that does not exist for anonymous access.
    _require_connection(conn_id, url)
    served = "abfs" if scheme in _AZURE else scheme
    if not has_fs(served):
        if scheme in _PROVIDERS:
            raise MissingExtraError(*_PROVIDERS[scheme], f"A connection for {scheme}://")
        raise UrlError(
            without_credentials(url), f"no installed provider serves {scheme}:// with a connection. Install one."
        )
    options = {**_place(scheme, url), **(storage_options or {})}
    return cast("AbstractFileSystem", get_fs(served, conn_id, options))


def s3_access(conn_id: str) -> S3Access:
    """Give what a connection of Amazon's provider says: a session that renews its credentials, and a server."""
    from airflow_artifacts.storage.s3 import S3Access

    hook = _s3_hook(conn_id)
    endpoint = hook.conn_config.get_service_endpoint_url("s3")
    verify = True if hook.verify is None else hook.verify
    session = hook.get_session()
    return S3Access(session, hook.region_name or session.region_name, endpoint, verify)


def azure_access(conn_id: str) -> AzureAccess:
    """Give what a connection of Microsoft's provider says, of any of its kinds that lead to Blob Storage."""
    from airflow_artifacts.storage.azure_blob import (
        AzureAccess,
        default_credential,
        service_credential,
    )

    connection = get_connection(conn_id)
    extra = _azure_extra(connection)
    if extra.get("connection_string"):
        return AzureAccess.from_connection_string(extra["connection_string"])
    tenant, sas = extra.get("tenant_id"), extra.get("sas_token")
    account, endpoint = _azure_account(connection, extra)
    access = functools.partial(AzureAccess, account, endpoint=endpoint)
    if tenant and connection.login and connection.password:
        return access(credential=service_credential(tenant, connection.login, connection.password))
    if sas:
        return access(sas=sas.rpartition("?")[2])
    key = extra.get("account_key") or extra.get("shared_access_key") or connection.password
    if key:
        return access(key=key)
    names = ("managed_identity_client_id", "workload_identity_client_id", "workload_identity_tenant_id")
    identity = {name: extra[name] for name in names if extra.get(name)}
    return access(credential=default_credential(**identity))


def http_options(conn_id: str) -> dict[str, Any]:
    """Give what a connection says of who asks: its login and password, and the headers in its extra field."""
    connection = get_connection(conn_id)
    options: dict[str, Any] = {}
    if connection.login or connection.password:
        options["auth"] = (connection.login or "", connection.password or "")
    headers = connection.extra_dejson.get("headers")
    if headers:
        options["headers"] = headers
    return options


def _azure_extra(connection: Connection) -> dict[str, Any]:
    """Give the extra fields, which older versions of Airflow stored with the kind of the connection."""
    prefix = f"extra__{connection.conn_type}__"
    return {name.removeprefix(prefix): value for name, value in connection.extra_dejson.items() if value}


def _azure_account(connection: Connection, extra: Mapping[str, Any]) -> tuple[str, str | None]:
    """Give the account and the URL of its blobs, None for the one that Azure gives it."""
    host = str(extra.get("account_host") or connection.host or "")
    server = host.partition("://")[2] or host
    is_named = "." in server or "://" in host
    named = server.partition(".")[0] if is_named else server
    account = str(extra.get("account_name") or (not extra.get("tenant_id") and connection.login) or named)
    if not is_named:
        return account, None
    return account, (host if "://" in host else f"https://{host}").rstrip("/")


def _has_own_way(conn_id: str) -> bool:
    """Say whether a connection signs or connects in a way that only its provider's file system knows."""
    config = _s3_hook(conn_id).service_config
    return bool(config.get("signer") or config.get("proxy-uri"))


def _s3_hook(conn_id: str) -> Any:
    hooks = require("airflow.providers.amazon.aws.hooks.s3", extra="s3", purpose="A connection for s3://")
    return hooks.S3Hook(aws_conn_id=conn_id)


def _place(scheme: str, url: str) -> dict[str, Any]:
    """Give host and port of a URL, for file systems that take them from there rather than from the connection."""
    if scheme not in _NAMED_BY_URL:
        return {}
    host, _, port = split_connection(url)[1].partition("://")[2].partition("/")[0].partition(":")
    return {name: value for name, value in (("host", host), ("port", port)) if value}


def _require_connection(conn_id: str, url: str) -> None:
    from airflow.sdk.exceptions import AirflowNotFoundException

    try:
        get_connection(conn_id)
    except AirflowNotFoundException:
        shown = "of that name" if url.partition("://")[0] in _HTTP else repr(conn_id)
        raise UrlError(without_credentials(url), f"there is no connection {shown}. Create it.") from None

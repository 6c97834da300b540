"""``webhdfs://``: HDFS through the web interface of its name node."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow_artifacts.connections import get_connection
from airflow_artifacts.storage.webhdfs import open_webhdfs

if TYPE_CHECKING:
    from fsspec import AbstractFileSystem

schemes = ["webhdfs"]

# What the extra field of a connection may have, and how fsspec calls it.
_EXTRA = {
    "use_ssl": "use_https",
    "verify": "session_verify",
    "kerberos": "kerberos",
    "kerb_kwargs": "kerb_kwargs",
    "token": "token",
    "proxy_to": "proxy_to",
    "data_proxy": "data_proxy",
}


def get_fs(conn_id: str | None, storage_options: dict[str, Any] | None = None) -> AbstractFileSystem:
    """Give the file system of a connection.

    Args:
        conn_id: A connection with a host, and perhaps a port, a login and a password. Its extra field may have
            ``use_ssl``, ``verify``, ``cert`` and ``key``, ``kerberos``, ``kerb_kwargs``, ``token``, ``proxy_to``
            and ``data_proxy``.
        storage_options: What fsspec's file system takes, before what the connection says.

    Raises:
        UrlError: Neither names a host.
        MissingExtraError: requests is not installed.
    """
    if conn_id is None:
        return open_webhdfs("webhdfs://", dict(storage_options or {}))
    connection = get_connection(conn_id)
    extra = connection.extra_dejson
    options: dict[str, Any] = {
        "host": connection.host,
        "port": connection.port,
        "user": connection.login,
        "password": connection.password,
        **{name: extra.get(ours) for ours, name in _EXTRA.items()},
    }
    if extra.get("cert"):
        options["session_cert"] = (extra["cert"], extra["key"]) if extra.get("key") else extra["cert"]
    given = {name: value for name, value in options.items() if value not in {None, ""}}
    return open_webhdfs(f"webhdfs://{conn_id}@", {**given, **(storage_options or {})})

"""``hdfs://``: HDFS through Hadoop's own library."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow_artifacts.connections import get_connection
from airflow_artifacts.storage.hadoop import open_libhdfs

if TYPE_CHECKING:
    from fsspec import AbstractFileSystem

schemes = ["hdfs"]

_EXTRA = ("kerb_ticket", "replication", "extra_conf")


def get_fs(conn_id: str | None, storage_options: dict[str, Any] | None = None) -> AbstractFileSystem:
    """Give the file system of a connection.

    Args:
        conn_id: A connection with a host, a port and a login, as far as they are not those of the Hadoop
            installation. Its extra field may have ``kerb_ticket``, ``replication`` and ``extra_conf``.
        storage_options: What fsspec's file system takes, before what the connection says.

    Raises:
        UrlError: Hadoop's library is not there, or cannot connect.
    """
    if conn_id is None:
        return open_libhdfs("hdfs://", dict(storage_options or {}))
    connection = get_connection(conn_id)
    extra = connection.extra_dejson
    options = {
        "host": connection.host,
        "port": connection.port,
        "user": connection.login,
        **{name: extra.get(name) for name in _EXTRA},
    }
    given = {name: value for name, value in options.items() if value}
    return open_libhdfs(f"hdfs://{conn_id}@", {**given, **(storage_options or {})})

"""``http://`` and ``https://``: files of web servers, read-only, from the hosts that the settings allow."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow_artifacts.connections import http_options
from airflow_artifacts.runtime import get_settings
from airflow_artifacts.storage.http.filesystem import make_http_filesystem

if TYPE_CHECKING:
    from fsspec import AbstractFileSystem

schemes = ["http", "https"]


def get_fs(conn_id: str | None, storage_options: dict[str, Any] | None = None) -> AbstractFileSystem:
    """Give the file system of a connection.

    Args:
        conn_id: A connection with a login and a password, or with ``headers`` in its extra field. They are sent
            to the host that is asked, and not on to one that it redirects to.
        storage_options: ``headers`` and ``auth``, before what the connection says.

    Raises:
        UrlError: An option is not known.
    """
    options = {} if conn_id is None else http_options(conn_id)
    return make_http_filesystem("https://", {**options, **(storage_options or {})}, get_settings().http_hosts)

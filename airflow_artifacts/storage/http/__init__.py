"""Reading over http and https: only from hosts that are allowed, and never from a private address by accident."""

from airflow_artifacts.storage.http.filesystem import open_http_filesystem
from airflow_artifacts.storage.http.hosts import ANY_PUBLIC_HOST, HttpUrl, parse_http_url
from airflow_artifacts.storage.http.store import HttpObjectStore

__all__ = ["ANY_PUBLIC_HOST", "HttpObjectStore", "HttpUrl", "open_http_filesystem", "parse_http_url"]

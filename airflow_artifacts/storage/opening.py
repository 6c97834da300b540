"""From the URL of a root to its store."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

from airflow_artifacts._optional import require
from airflow_artifacts.exceptions import UrlError
from airflow_artifacts.storage.buckets import S3FilesystemStore
from airflow_artifacts.storage.gcs import GCS_OPTIONS, GcsObjectStore
from airflow_artifacts.storage.local import LocalObjectStore
from airflow_artifacts.storage.objects import MemoryObjectStore, ObjectStore
from airflow_artifacts.storage.transfers import TRANSFER_BYTES
from airflow_artifacts.storage.urls import (
    local_path,
    refuse_credentials,
    scrub,
    split_connection,
    without_credentials,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from fsspec import AbstractFileSystem

# Schemes whose file systems need packages of their own: module, and the extra that installs it.
PACKAGES = {
    "s3": ("s3fs", "s3"),
    "s3a": ("s3fs", "s3"),
    "gs": ("gcsfs", "gcs"),
    "gcs": ("gcsfs", "gcs"),
    "abfs": ("adlfs", "azure"),
    "abfss": ("adlfs", "azure"),
    "az": ("adlfs", "azure"),
    "webhdfs": ("requests", "hdfs"),
}
_S3 = frozenset({"s3", "s3a"})
_AZURE = frozenset({"abfs", "abfss", "az"})
_GOOGLE = frozenset({"gs", "gcs"})
_HTTP = frozenset({"http", "https"})
_ANY_HOST = ("*",)

# What a connection gives: a function for S3 (it gives ``S3Access``), Azure (``AzureAccess``) and HTTP (options),
# else a file system.
Login: TypeAlias = "Callable[[], Any] | AbstractFileSystem"


def open_store(
    url: str,
    login: Login | None = None,
    *,
    transfer_bytes: int = TRANSFER_BYTES,
    http_hosts: Sequence[str] = _ANY_HOST,
) -> ObjectStore:
    """Open the store whose root is a URL or an absolute local path.

    Args:
        url: The root. The connection that it names is not looked at: see ``login``.
        login: What a connection gives: the file system to use, or for S3, Azure and HTTP a function that gives
            the access. Without it, credentials are those of the environment.
        transfer_bytes: What may be in flight of large files, in the process.
        http_hosts: Hosts that are read from over HTTP.

    Raises:
        UnsafeUrlError: There are credentials in the URL.
        UrlError: The URL cannot be opened, or there are no credentials for it.
        MissingExtraError: The package for the URL's scheme is not installed.
    """
    scheme, separator, _ = url.partition("://")
    if scheme in {"file", "local"} or not separator:
        return LocalObjectStore(local_path(split_connection(url)[1]))
    if scheme in _HTTP:
        from airflow_artifacts.storage.http import HttpObjectStore

        options = login() if callable(login) else {}
        return HttpObjectStore(split_connection(url)[1] if login else url, hosts=http_hosts, options=options)
    refuse_credentials(url)
    if login is None and scheme in _S3 | _AZURE | _GOOGLE and split_connection(url)[0] is not None:
        raise UrlError(
            without_credentials(url),
            "connections are opened by Airflow: call open_url of airflow_artifacts.runtime.",
        )
    if scheme in _S3 | _AZURE and (login is None or callable(login)):
        from airflow_artifacts.storage.remote import is_forked

        if not is_forked():
            return _open_remote(scheme, url, login, transfer_bytes)
        if login is not None:
            login = _remote_filesystem(scheme, url, login)
    return _open_filesystem_store(scheme, url, login, transfer_bytes)


def _open_remote(scheme: str, url: str, login: Callable[[], Any] | None, transfer_bytes: int) -> ObjectStore:
    if scheme in _S3:
        from airflow_artifacts.storage.s3 import open_s3

        return open_s3(url, login, transfer_bytes)
    from airflow_artifacts.storage.azure_blob import open_azure

    return open_azure(url, login, transfer_bytes)


def _remote_filesystem(scheme: str, url: str, login: Callable[[], Any]) -> AbstractFileSystem:
    if scheme in _S3:
        from airflow_artifacts.storage.s3 import s3_filesystem

        return s3_filesystem(login())
    from airflow_artifacts.storage.azure_blob import access_for, azure_filesystem

    return azure_filesystem(access_for(url, login))


def _open_filesystem_store(
    scheme: str, url: str, filesystem: AbstractFileSystem | None, transfer_bytes: int
) -> ObjectStore:
    if filesystem is None:
        filesystem, path = open_filesystem(
            url, GCS_OPTIONS if scheme in _GOOGLE else {"use_listings_cache": False}
        )
    else:
        path = path_on(filesystem, url)
    if hasattr(filesystem, "dircache"):
        filesystem.dircache.use_listings_cache = False
    store = _kind(scheme)(without_credentials(url), filesystem, path)
    store.transfer_bytes = transfer_bytes
    return store


def _kind(scheme: str) -> type[ObjectStore]:
    if scheme in _GOOGLE:
        return GcsObjectStore
    if scheme in _S3:
        return S3FilesystemStore
    if scheme == "webhdfs":
        from airflow_artifacts.storage.webhdfs import WebHdfsObjectStore

        return WebHdfsObjectStore
    if scheme == "hdfs":
        from airflow_artifacts.storage.hadoop import LibhdfsObjectStore

        return LibhdfsObjectStore
    return MemoryObjectStore if scheme == "memory" else ObjectStore


def path_on(filesystem: AbstractFileSystem, url: str) -> str:
    """Give the path that a URL, with or without a connection, has on its file system."""
    return str(filesystem._strip_protocol(split_connection(url)[1]))  # noqa: SLF001 - it has no public name


def open_filesystem(
    url: str, options: Mapping[str, Any], http_hosts: Sequence[str] = _ANY_HOST
) -> tuple[AbstractFileSystem, str]:
    """Give fsspec's file system for a URL, with the credentials of the environment, and the path on it.

    Args:
        url: A URL, or a local path.
        options: What the file system is made with.
        http_hosts: Hosts that are read from over HTTP.

    Raises:
        UnsafeUrlError: There are credentials in the URL.
        UrlError: There is no file system for the URL.
        MissingExtraError: The package for the URL's scheme is not installed.
    """
    scheme = url.partition("://")[0]
    if scheme in _HTTP:
        from airflow_artifacts.storage.http import open_http_filesystem

        return open_http_filesystem(url, options, http_hosts)
    if scheme in PACKAGES:
        refuse_credentials(url)
        module, extra = PACKAGES[scheme]
        require(module, extra=extra, purpose=f"Opening {scheme}:// URLs")
    if scheme == "webhdfs":
        from airflow_artifacts.storage.webhdfs import open_webhdfs

        filesystem = open_webhdfs(url, dict(options))
        return filesystem, path_on(filesystem, url)
    if scheme == "hdfs":
        from airflow_artifacts.storage.hadoop import open_libhdfs

        filesystem = open_libhdfs(url, dict(options))
        return filesystem, path_on(filesystem, url)
    import fsspec

    try:
        filesystem, path = fsspec.core.url_to_fs(url, **options)
    except (ValueError, ImportError) as error:
        raise UrlError(without_credentials(url), scrub(error)) from None  # which may quote a password
    return filesystem, str(path)

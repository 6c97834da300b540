"""From the URL of a root to its store."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow_artifacts._optional import require
from airflow_artifacts.exceptions import UrlError
from airflow_artifacts.storage.local import LocalObjectStore
from airflow_artifacts.storage.objects import MemoryObjectStore, ObjectStore
from airflow_artifacts.storage.urls import local_path, scrub, without_credentials

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fsspec import AbstractFileSystem

# Schemes whose file systems are packages of their own: module, and the extra that installs it.
_PACKAGES = {
    "s3": ("s3fs", "s3"),
    "gs": ("gcsfs", "gcs"),
    "gcs": ("gcsfs", "gcs"),
    "abfs": ("adlfs", "azure"),
    "abfss": ("adlfs", "azure"),
    "az": ("adlfs", "azure"),
}


def open_store(url: str, filesystem: AbstractFileSystem | None = None) -> ObjectStore:
    """Open the store whose root is a URL or an absolute local path.

    Args:
        url: The root. What stands before an ``@`` in it is not looked at: see ``filesystem``.
        filesystem: The file system to use, where the caller has credentials for it. Without one, fsspec's for
            the URL's scheme, with credentials from the environment.

    Raises:
        UrlError: There is no file system for the URL.
        MissingExtraError: The package for the URL's scheme is not installed.
    """
    scheme, separator, rest = url.partition("://")
    if scheme in {"file", "local"} or not separator:
        return LocalObjectStore(local_path(url))
    if filesystem is None and scheme in {"s3", "s3a"}:
        from airflow_artifacts.storage.s3 import S3ObjectStore, is_forked

        if not is_forked():
            return S3ObjectStore(url)
    if filesystem is None:
        filesystem, path = open_filesystem(url, {"use_listings_cache": False})
    else:
        authority, slash, below = rest.partition("/")
        bucket = authority.rpartition("@")[2]
        path = str(filesystem._strip_protocol(f"{scheme}://{bucket}{slash}{below}"))  # noqa: SLF001
    if hasattr(filesystem, "dircache"):
        filesystem.dircache.use_listings_cache = False
    kind = MemoryObjectStore if scheme == "memory" else ObjectStore
    return kind(without_credentials(url), filesystem, path)


def open_filesystem(url: str, options: Mapping[str, Any]) -> tuple[AbstractFileSystem, str]:
    """Give fsspec's file system for a URL, with the credentials of the environment, and the path on it.

    Args:
        url: A URL, or a local path.
        options: What the file system is made with.

    Raises:
        UrlError: There is no file system for the URL.
        MissingExtraError: The package for the URL's scheme is not installed.
    """
    scheme = url.partition("://")[0]
    if scheme in _PACKAGES:
        module, extra = _PACKAGES[scheme]
        require(module, extra=extra, purpose=f"Opening {scheme}:// URLs")
    import fsspec

    try:
        filesystem, path = fsspec.core.url_to_fs(url, **options)
    except (ValueError, ImportError) as error:
        raise UrlError(without_credentials(url), scrub(error)) from None  # which may quote a password
    return filesystem, str(path)

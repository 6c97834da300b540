"""From the URL of a root to its store."""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow_artifacts.exceptions import UrlError
from airflow_artifacts.storage.local import LocalObjectStore
from airflow_artifacts.storage.objects import MemoryObjectStore, ObjectStore
from airflow_artifacts.storage.urls import local_path, scrub, without_credentials

if TYPE_CHECKING:
    from fsspec import AbstractFileSystem


def open_store(url: str, filesystem: AbstractFileSystem | None = None) -> ObjectStore:
    """Open the store whose root is a URL or an absolute local path.

    Args:
        url: The root. What stands before an ``@`` in it is not looked at: see ``filesystem``.
        filesystem: The file system to use, where the caller has credentials for it. Without one, fsspec's for
            the URL's scheme, with credentials from the environment.

    Raises:
        UrlError: There is no file system for the URL.
    """
    scheme, separator, rest = url.partition("://")
    if scheme in {"file", "local"} or not separator:
        return LocalObjectStore(local_path(url))
    import fsspec

    shown = without_credentials(url)
    if filesystem is None:
        try:
            filesystem, path = fsspec.core.url_to_fs(url, use_listings_cache=False)
        except (ValueError, ImportError) as error:
            raise UrlError(shown, scrub(error)) from error
    else:
        authority, slash, below = rest.partition("/")
        bucket = authority.rpartition("@")[2]
        path = filesystem._strip_protocol(f"{scheme}://{bucket}{slash}{below}")  # noqa: SLF001
    if hasattr(filesystem, "dircache"):
        filesystem.dircache.use_listings_cache = False
    kind = MemoryObjectStore if scheme == "memory" else ObjectStore
    return kind(shown, filesystem, str(path))

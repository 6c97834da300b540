"""fsspec's view of files on web servers, for what takes file systems: read-only, and without folders."""

from __future__ import annotations

import base64
import functools
import re
from typing import TYPE_CHECKING, Any

from airflow_artifacts.exceptions import UrlError
from airflow_artifacts.storage.http.fetching import Fetcher
from airflow_artifacts.storage.http.hosts import ANY_PUBLIC_HOST, Hosts, parse_http_url
from airflow_artifacts.storage.http.reading import HttpReader, open_reader
from airflow_artifacts.storage.urls import without_credentials

if TYPE_CHECKING:
    import io
    from collections.abc import Mapping, Sequence

    from fsspec import AbstractFileSystem

# Options of fsspec that say how to keep what was fetched, and that need no answer here.
_WITHOUT_MEANING = frozenset(
    {"asynchronous", "block_size", "cache_options", "cache_type", "listings_expiry_time", "loop", "max_paths"}
    | {"skip_instance_cache", "use_listings_cache"}
)
_OWN_HEADERS = frozenset(
    {"accept-encoding", "connection", "content-length", "host", "range", "transfer-encoding", "user-agent"}
)
_HEADER = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+\Z")
_VALUE = re.compile(r"[\t\x20-\x7e\x80-\xff]*\Z")


def open_http_filesystem(
    url: str, options: Mapping[str, Any], hosts: Sequence[str] = ANY_PUBLIC_HOST
) -> tuple[AbstractFileSystem, str]:
    """Give a file system that reads over HTTP, and the path of a URL on it, which is the URL.

    Args:
        url: An ``http://`` or ``https://`` URL.
        options: ``headers``, a dictionary; ``auth``, a user name and a password; or ``client_kwargs`` with these.
        hosts: The hosts that are allowed.

    Raises:
        UnsafeUrlError: The URL holds credentials, or its host is not allowed.
        UrlError: An option is not known.
    """
    Hosts(hosts).check(parse_http_url(url))
    return make_http_filesystem(url, options, hosts), url


def make_http_filesystem(url: str, options: Mapping[str, Any], hosts: Sequence[str]) -> AbstractFileSystem:
    """Give a file system that reads over HTTP from any of the hosts; see ``open_http_filesystem``.

    Raises:
        UrlError: An option is not known. The URL is only for the message.
    """
    return _kind()(hosts=tuple(hosts), headers=headers_of(url, options))


def headers_of(url: str, options: Mapping[str, Any]) -> dict[str, str]:
    """Give the headers that storage options ask for.

    Raises:
        UrlError: An option is not known, or malformed. Its value is not in the message.
    """
    shown = without_credentials(url)
    given = {name: value for name, value in options.items() if name not in _WITHOUT_MEANING}
    given.update(given.pop("client_kwargs", None) or {})
    headers = dict(given.pop("headers", None) or {})
    auth = given.pop("auth", None)
    if given:
        raise UrlError(shown, f"storage options for HTTP are headers and auth, and not {sorted(given)}.")
    if auth is not None:
        if not isinstance(auth, (tuple, list)) or [type(part) for part in auth[:2]] != [str, str]:
            raise UrlError(shown, "the storage option auth is no pair of a user name and a password.")
        headers["Authorization"] = "Basic " + base64.b64encode(":".join(auth[:2]).encode()).decode()
    for name, value in headers.items():
        if not isinstance(name, str) or not _HEADER.match(name) or name.lower() in _OWN_HEADERS:
            raise UrlError(shown, f"the header {name!r} cannot be set.")
        if not isinstance(value, str) or not _VALUE.match(value):
            raise UrlError(shown, f"the value of the header {name!r} is no text of one line.")
    return headers


class _Files:
    """What a file system has to have, over HTTP."""

    protocol = ("http", "https")
    cachable = False  # an instance has credentials, and may die with who made it
    storage_options: dict[str, Any]

    @classmethod
    def _strip_protocol(cls, path: str) -> str:
        return path

    def _fetcher(self, path: str) -> Fetcher:
        options = self.storage_options
        return Fetcher(parse_http_url(path), Hosts(options["hosts"]), options["headers"])

    def info(self, path: str, **_: Any) -> dict[str, Any]:
        """Say how large a file is."""
        with HttpReader(self._fetcher(path)) as reader:
            return {"name": path, "size": reader.size, "type": "file"}

    def exists(self, path: str, **_: Any) -> bool:
        """Say whether there is a file."""
        try:
            self.info(path)
        except FileNotFoundError:
            return False
        return True

    def isdir(self, path: str) -> bool:
        """Say that it is no folder: there are none."""
        del path
        return False

    def ls(self, path: str, detail: bool = True, **_: Any) -> list[Any]:  # noqa: FBT001, FBT002 - as fsspec has it
        """Refuse to list: what a page links to may be anything."""
        del detail
        raise UrlError(without_credentials(path), "over HTTP there are no folders. Name each file.")

    def glob(self, path: str, detail: bool = False, **_: Any) -> Any:  # noqa: FBT001, FBT002 - as fsspec has it
        """Refuse to list; a question mark is no pattern, but begins a query.

        Raises:
            FileNotFoundError: There is no such file.
            UrlError: It is a pattern.
        """
        if re.search(r"[*\[]", path):
            self.ls(path)
        found = {path: self.info(path)}
        return found if detail else list(found)

    def _open(self, path: str, mode: str = "rb", *_: Any, **__: Any) -> io.BufferedReader:
        if mode != "rb":
            raise UrlError(without_credentials(path), "over HTTP, files are only read.")
        return open_reader(self._fetcher(path))


@functools.cache
def _kind() -> type[AbstractFileSystem]:
    from fsspec import AbstractFileSystem

    return type("HttpFileSystem", (_Files, AbstractFileSystem), {"__doc__": _Files.__doc__})

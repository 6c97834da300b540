"""Objects on a web server: read by their names, never listed or written."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, BinaryIO, NoReturn, cast
from urllib.parse import quote, unquote

from airflow_artifacts.exceptions import UrlError
from airflow_artifacts.storage.http.fetching import Fetcher
from airflow_artifacts.storage.http.filesystem import headers_of
from airflow_artifacts.storage.http.hosts import ANY_PUBLIC_HOST, Hosts, parse_http_url
from airflow_artifacts.storage.http.reading import HttpReader, open_reader
from airflow_artifacts.storage.keys import check_relative_path
from airflow_artifacts.storage.objects import ObjectInfo, ObjectStore
from airflow_artifacts.storage.transfers import Progress
from airflow_artifacts.storage.urls import without_credentials

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

_COPY_BYTES = 1024 * 1024


class HttpObjectStore(ObjectStore):
    """What lies below a URL of a web server, read-only.

    Args:
        url: The URL below which the keys are.
        hosts: The hosts that are allowed.
        options: Storage options: see ``open_http_filesystem``.

    Raises:
        UnsafeUrlError: The URL holds credentials, or its host is not allowed.
        UrlError: An option is not known.
    """

    def __init__(
        self, url: str, *, hosts: Sequence[str] = ANY_PUBLIC_HOST, options: Mapping[str, Any] | None = None
    ) -> None:  # without fsspec
        parsed = parse_http_url(url)
        self.root = parsed.shown.rstrip("/")
        self._base = parsed.text.partition("?")[0].rstrip("/")
        self._hosts = Hosts(hosts)
        self._hosts.check(parsed)
        self._headers = headers_of(url, options or {})
        self._files: dict[str, str] = {}

    def add_file(self, url: str) -> str:
        """Take a file that is directly below the URL by its own URL, written as it is, and with its query.

        Returns:
            Its key.

        Raises:
            UnsafeNameError: The last part of the URL cannot be the name of a file.
        """
        key = file_name(url)
        self._files[key] = url
        return key

    def url(self, key: str) -> str:
        """Give the URL of a key, without credentials and query, for messages and links."""
        return without_credentials(self._url(key))

    def read(self, key: str) -> bytes:
        """Read a whole object."""
        return b"".join(self.stream(key))

    def open(self, key: str) -> BinaryIO:
        """Open an object for reading; it is seekable and read as needed."""
        with self._errors("read", key):
            return cast("BinaryIO", open_reader(self._fetcher(key)))

    def stream(self, key: str) -> Iterator[bytes]:
        """Give an object in parts, in order."""
        with self._errors("read", key), HttpReader(self._fetcher(key)) as reader:
            progress = Progress(f"Reading {self.url(key)}", reader.size or 0)
            while chunk := reader.read(_COPY_BYTES):
                progress.add(len(chunk))
                yield chunk

    def exists(self, key: str) -> bool:
        """Say whether an object has the key."""
        with self._errors("look at", key):
            try:
                HttpReader(self._fetcher(key)).close()
            except FileNotFoundError:
                return False
            return True

    def list(self, prefix: str = "") -> list[ObjectInfo]:
        """Refuse to list.

        Raises:
            UrlError: Always.
        """
        raise UrlError(self.url(prefix).rstrip("/"), "over HTTP there are no folders. Name each file.")

    def folders(self, prefix: str) -> Sequence[str]:
        """Refuse to list.

        Raises:
            UrlError: Always.
        """
        return [info.key for info in self.list(prefix)]

    def create(self, key: str, data: bytes) -> None:
        """Refuse to write."""
        self._refuse(key, data)

    def replace(self, key: str, data: bytes) -> None:
        """Refuse to write."""
        self._refuse(key, data)

    def upload(self, source: Path, key: str, **_: Any) -> NoReturn:
        """Refuse to write."""
        self._refuse(key, source)

    def delete(self, key: str) -> None:
        """Refuse to delete."""
        self._refuse(key)

    def delete_prefix(self, prefix: str) -> None:
        """Refuse to delete."""
        self._refuse(prefix)

    def _refuse(self, key: str, *_: object) -> NoReturn:
        raise UrlError(self.url(key), "http and https are read-only.")

    def _fetcher(self, key: str) -> Fetcher:
        check_relative_path(key, what="key")
        return Fetcher(parse_http_url(self._url(key)), self._hosts, self._headers)

    def _url(self, key: str) -> str:
        return self._files.get(key) or f"{self._base}/{quote(key)}"


def file_name(url: str) -> str:
    """Give the name of the file that a URL leads to.

    Raises:
        UnsafeUrlError: The URL is malformed.
        UnsafeNameError: Its last part cannot be the name of a file.
    """
    last = parse_http_url(url).target.partition("?")[0].rpartition("/")[2]
    return check_relative_path(unquote(last).replace("/", "%2F"), what="file name")

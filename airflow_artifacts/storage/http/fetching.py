"""One answer of a server at a time: redirects followed and checked, failures tried again, within bounds.

The proxies of the environment are not used: a proxy would connect to what nobody here has checked.
"""

from __future__ import annotations

import contextlib
import http.client
import random
import re
import ssl
import time
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin

from airflow_artifacts.exceptions import ArtifactsError, StorageError, UnsafeUrlError, UrlError
from airflow_artifacts.storage.http.hosts import Hosts, HttpUrl, parse_http_url
from airflow_artifacts.storage.urls import scrub

if TYPE_CHECKING:
    from collections.abc import Mapping

    from typing_extensions import Buffer

WAITS: tuple[float, ...] = (0.25, 1, 3, 8)
"""Seconds, a quarter more or less, before a request is made again; it is made once more than there are waits."""

_REDIRECTS = 5
_CONNECT_SECONDS = 15
_READ_SECONDS = 60
_TRANSIENT = frozenset({408, 425, 429, 500, 502, 503, 504})
_MOVED = frozenset({301, 302, 303, 307, 308})
_GONE = frozenset({404, 410})
_EXPIRED = frozenset({400, 401, 403, 404, 410})  # what a server says to a signature that it made a while ago
_WHOLE, _PART, _BEYOND = 200, 206, 416
_NUMBER = r"\d{1,18}"  # of bytes
_LENGTH = re.compile(_NUMBER)
_RANGE = re.compile(rf"bytes ({_NUMBER})-({_NUMBER})/({_NUMBER}|\*)")


class _Connection(http.client.HTTPConnection):
    def __init__(self, url: HttpUrl, hosts: Hosts, context: ssl.SSLContext | None) -> None:
        super().__init__(url.host, url.port, timeout=_READ_SECONDS)
        self.url = url
        self._hosts = hosts
        self._context = context
        self.default_port = 80 if context is None else 443  # which is left out of the header Host

    def connect(self) -> None:
        """Connect to an address that is checked."""
        connection = self._hosts.connect(self.url, _CONNECT_SECONDS)
        if self._context is not None:
            try:
                connection = self._context.wrap_socket(connection, server_hostname=self.url.host)
            except BaseException:
                connection.close()
                raise
        connection.settimeout(_READ_SECONDS)
        self.sock = connection


@dataclass(frozen=True)
class _Place:
    """A URL, and the headers that may be sent there."""

    url: HttpUrl
    headers: Mapping[str, str]


class Answer:
    """The bytes of a file from a position on.

    Making one raises ConnectionError for a part without bytes.

    Attributes:
        position: Where in the file the next byte is.
        end: Position behind the last byte that was promised, None where it is not known.
        is_counted: Whether one sees that it was cut.
        is_part: Whether it is the part that was asked for, and not the whole.
        is_wanted: Whether it says so in a way that can be trusted.
        total: Size of the file, None where the server does not say it.
        encoding: How the bytes are encoded, None where they are the file's.
        version: What tells versions of the file apart, as far as the server says it.
    """

    def __init__(self, response: http.client.HTTPResponse, start: int) -> None:
        self._response = response
        length, chunked = response.getheader("Content-Length"), response.chunked
        match = _RANGE.fullmatch(response.getheader("Content-Range", ""))
        self.is_part = response.status == _PART
        if self.is_part and match and int(match[2]) < int(match[1]):
            raise ConnectionError("the server sent a part without bytes")  # whoever took it would ask for ever
        self.position = start if self.is_part else 0
        self.end = int(length) + self.position if length and not chunked else None
        self.total = self.end
        self.is_wanted = True
        if self.is_part:
            self.is_wanted = match is not None and int(match[1]) == start and match[3] != "*"
            self.total = int(match[3]) if match and match[3] != "*" else None
            self.end = int(match[2]) + 1 if match else None
        self.is_counted = chunked or self.end is not None
        encoding = response.getheader("Content-Encoding", "").strip().lower()
        self.encoding = None if encoding in {"", "identity"} else encoding
        etag = response.getheader("ETag", "")
        self.version = (etag if etag.startswith('"') else "", response.getheader("Last-Modified", ""))

    def readinto(self, target: Buffer) -> int:
        """Read some bytes; 0 at the end.

        Raises:
            OSError: The connection was cut, or ended too early.
            http.client.HTTPException: The same.
        """
        count = self._response.readinto(target)
        self.position += count
        if count == 0 and self.end is not None and self.position < self.end:
            raise ConnectionError(f"it ended {self.end - self.position} bytes too early")
        return count

    @property
    def is_read(self) -> bool:
        """Whether it was read to its end, so that its connection can be used again."""
        return self._response.isclosed()


class Fetcher:
    """Asks a server for a file.

    Args:
        url: The URL of the file.
        hosts: The hosts that are allowed, also those of redirects.
        headers: Headers, such as credentials. They are not sent to another host, scheme or port.
    """

    def __init__(self, url: HttpUrl, hosts: Hosts, headers: Mapping[str, str]) -> None:
        hosts.check(url)
        self.url = url
        self._hosts = hosts
        self._first = self._place = _Place(url, headers)
        self._connection: _Connection | None = None

    @cached_property
    def _context(self) -> ssl.SSLContext:
        return ssl.create_default_context()

    def close(self) -> None:
        """Close the connection."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def get(self, start: int = 0, end: int | None = None, *, whole: bool = False) -> Answer:
        """Ask for the bytes from a position on, perhaps to an end.

        Args:
            start: Position of the first byte.
            end: Position behind the last one.
            whole: Whether to ask for the file without saying which bytes.

        Returns:
            The answer. A server that knows no parts of files answers with the whole.

        Raises:
            FileNotFoundError: There is no such file.
            UrlError: The server refuses.
            UnsafeUrlError: It leads to where nothing may be fetched.
            StorageError: The server failed, however often it was asked.
        """
        headers = {} if whole else {"Range": f"bytes={start}-{'' if end is None else end - 1}"}
        for wait in (*WAITS, None):
            try:
                response = self._follow(headers)
                if response.status not in _TRANSIENT:
                    return self._checked(response, start, whole=whole)
                problem = f"the server answered {response.status}"
            except (ArtifactsError, FileNotFoundError):
                self.close()
                raise
            except ssl.SSLCertVerificationError as error:
                problem = f"the server is not who it says it is ({error.verify_message})."
                raise UrlError(self.url.shown, problem) from None
            except (OSError, http.client.HTTPException) as error:
                problem = failure(error)
            self.close()
            if wait is None:
                break
            time.sleep(wait * random.uniform(0.75, 1.25))  # noqa: S311 - nothing to be guessed
        raise StorageError("read", self.url.shown, f"{problem}. It was asked {len(WAITS) + 1} times.")

    def _checked(self, response: http.client.HTTPResponse, start: int, *, whole: bool) -> Answer:
        if response.status in {_WHOLE, _PART}:
            length = response.getheader("Content-Length")
            if length is not None and not response.chunked and not _LENGTH.fullmatch(length):
                raise UrlError(self.url.shown, f"the server gives {length[:40]!r} as the length of what it sends.")
            return Answer(response, start)
        # It is also what some servers say of the first byte of an empty file.
        if response.status == _BEYOND and not whole:
            self.close()
            return self.get(whole=True)
        if response.status in _GONE:
            raise FileNotFoundError(self.url.shown)
        way = ""
        if response.status in {401, 403}:
            way = " Give credentials with a connection, or in the storage options."
        raise UrlError(self.url.shown, f"the server answered {response.status}.{way}")

    def _follow(self, headers: Mapping[str, str]) -> http.client.HTTPResponse:
        """Ask, where the last request ended, or from the beginning, and go where redirects lead."""
        if self._place is not self._first:
            response = self._ask(self._place, headers)
            if response.status not in _EXPIRED | _MOVED:
                return response
            self.close()
        place = self._first
        for _ in range(_REDIRECTS + 1):
            response = self._ask(place, headers)
            if response.status not in _MOVED:
                self._place = place
                return response
            place = self._redirected(place, response.getheader("Location", ""))
            self.close()
        raise UrlError(self.url.shown, f"it leads to more than {_REDIRECTS} other URLs, one after the other.")

    def _redirected(self, place: _Place, location: str) -> _Place:
        try:
            url = parse_http_url(urljoin(place.url.text, location))
        except ValueError as error:  # which UnsafeUrlError is, too
            problem = "malformed" if not isinstance(error, UnsafeUrlError) else str(error)
            raise UnsafeUrlError(self.url.shown, f"it redirects to a URL that is not used: {problem}") from None
        if (place.url.scheme, url.scheme) == ("https", "http"):
            raise UnsafeUrlError(self.url.shown, f"it redirects from https to http, to the host {url.host!r}.")
        return _Place(url, place.headers if url.origin == place.url.origin else {})

    def _ask(self, place: _Place, headers: Mapping[str, str]) -> http.client.HTTPResponse:
        connection = self._connection
        if connection is not None and connection.url.origin == place.url.origin and connection.sock is not None:
            # A server may have closed it meanwhile, which is no failure.
            with contextlib.suppress(OSError, http.client.HTTPException):
                return _send(connection, place, headers)
        self.close()
        context = self._context if place.url.scheme == "https" else None
        self._connection = _Connection(place.url, self._hosts, context)
        return _send(self._connection, place, headers)


def _send(connection: _Connection, place: _Place, headers: Mapping[str, str]) -> http.client.HTTPResponse:
    # Without this, a server may compress what it sends, and parts would be those of the compressed file.
    plain = {"Accept-Encoding": "identity", "User-Agent": "airflow-artifacts"}
    connection.request("GET", place.url.target, headers={**plain, **place.headers, **headers})
    return connection.getresponse()


def failure(error: Any) -> str:
    """Say what went wrong with a connection."""
    return scrub(error) or type(error).__name__

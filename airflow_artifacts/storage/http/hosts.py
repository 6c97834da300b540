"""Which hosts may be read from, and connecting to the very address that was checked.

A URL is taken apart once, and what was checked is what is connected to: a name is resolved once for each
connection, each address that it has is checked, and the socket is opened to one of these. So a name that has a
public address when it is looked at and a private one when it is used (DNS rebinding) gains nothing, and neither
does a redirect.
"""

from __future__ import annotations

import ipaddress
import re
import socket
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

from airflow_artifacts.exceptions import StorageError, UnsafeUrlError
from airflow_artifacts.storage.urls import without_credentials

if TYPE_CHECKING:
    from collections.abc import Sequence

    _Address = ipaddress.IPv4Address | ipaddress.IPv6Address

ANY_PUBLIC_HOST = ("*",)
"""The patterns of hosts that are allowed by default."""

_PORTS = {"http": 80, "https": 443}
_PLAIN = "!$&'()*+,;=:@/-._~%"  # what stays in a path as it is, besides letters and digits
_CONTROLS = re.compile(r"[\x00-\x1f\x7f]")
# What the functions of the C library take for an address, written with one to four numbers of any base.
_NUMERIC = re.compile(r"(?:.*\.)?(?:0x[0-9a-f]*|[0-9]+)\.?\Z")
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
# Not all versions of Python know them: protocol assignments, relays of 6to4, the documentation's, local NAT64.
_SPECIAL = tuple(
    map(ipaddress.ip_network, ("192.0.0.0/24", "192.88.99.0/24", "3fff::/20", "64:ff9b:1::/48", "::/96"))
)


@dataclass(frozen=True)
class HttpUrl:
    """A URL, taken apart once.

    Attributes:
        scheme: ``http`` or ``https``.
        host: Its host in lower case, in ASCII, without brackets.
        port: The port, also where the URL does not name it.
        target: Path and query, as they are sent.
        shown: The URL without its query, which may be a signature, for messages.
    """

    scheme: str
    host: str
    port: int
    target: str
    shown: str

    @property
    def origin(self) -> tuple[str, str, int]:
        """Scheme, host and port: what credentials are for."""
        return self.scheme, self.host, self.port

    @property
    def text(self) -> str:
        """The URL as it is asked for, with a query that it may have."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        port = "" if self.port == _PORTS[self.scheme] else f":{self.port}"
        return f"{self.scheme}://{host}{port}{self.target}"


def parse_http_url(url: str) -> HttpUrl:
    """Take a URL apart.

    Raises:
        UnsafeUrlError: It holds credentials, or is malformed. Nothing of the credentials is in the message.
    """
    scheme, _, rest = url.partition("://")
    url = f"{scheme.lower()}://{rest}"
    shown = without_credentials(url)
    if scheme.lower() not in _PORTS:
        raise UnsafeUrlError(shown, f"its scheme is {scheme[:20]!r}, not http or https.")
    if _CONTROLS.search(url):
        raise UnsafeUrlError(repr(shown), "it holds control characters.")
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port or _PORTS[parts.scheme]
    except ValueError:  # whose text quotes the URL
        raise UnsafeUrlError(shown, "its host or port is malformed.") from None
    if "@" in parts.netloc:
        raise UnsafeUrlError(
            shown,
            "a user name, a password or a token stands in front of its host, and would be shown wherever the URL "
            "is. Put it into a connection of Airflow, and give https://<connection id>@<host>/<path>.",
        )
    target = quote(parts.path or "/", safe=_PLAIN) + (
        f"?{quote(parts.query, safe=_PLAIN + '?/')}" if parts.query else ""
    )
    return HttpUrl(parts.scheme, _check_host(shown, host), port, target, shown)


def _check_host(shown: str, host: str) -> str:
    if ":" in host:
        try:
            return str(ipaddress.IPv6Address(host.replace("%", " ")))  # a zone is one of this machine
        except ValueError:
            raise UnsafeUrlError(shown, "its host is no IPv6 address.") from None
    try:
        host = host.encode("idna").decode("ascii").lower().removesuffix(".")
    except UnicodeError:
        host = ""
    if not re.fullmatch(r"[a-z0-9_-]+(\.[a-z0-9_-]+)*", host):
        raise UnsafeUrlError(shown, "it names no host, or one with characters that no name of a host has.")
    if _NUMERIC.match(host) and not _is_canonical(host):
        raise UnsafeUrlError(shown, "its host is a number. Write an address as four numbers: 192.0.2.7.")
    return host


def _is_canonical(host: str) -> bool:
    try:
        return str(ipaddress.IPv4Address(host)) == host
    except ValueError:
        return False


def is_public(address: str) -> bool:
    """Say whether an address, as the system writes it, is one of the internet and not of one's own network."""
    return _is_public(ipaddress.ip_address(address.partition("%")[0]))


def _is_public(address: _Address) -> bool:
    if isinstance(address, ipaddress.IPv6Address):
        if address in _NAT64:
            return _is_public(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF))
        inner = address.ipv4_mapped or address.sixtofour
        if inner is not None:
            return _is_public(inner)
        if address.is_site_local:
            return False
    special = any(address in network for network in _SPECIAL if network.version == address.version)
    return address.is_global and not (special or address.is_multicast or address.is_reserved)


@dataclass(frozen=True)
class Hosts:
    """The hosts that are allowed.

    Attributes:
        patterns: ``*``, ``*.example.com``, ``data.example.com``, ``10.0.0.7``, ``[::1]``, each perhaps with a
            ``:port``. Only a host that is named as such, and by no ``*``, may have an address that is not public.
    """

    patterns: Sequence[str] = ANY_PUBLIC_HOST

    def check(self, url: HttpUrl) -> None:
        """Refuse a URL whose host is not allowed.

        Raises:
            UnsafeUrlError: It is not.
        """
        if not any(_matches(pattern, url) for pattern in self.patterns):
            raise UnsafeUrlError(
                url.shown, f"the host {url.host!r} is not among [airflow_artifacts] http_hosts. Add it there."
            )

    def connect(self, url: HttpUrl, timeout: float) -> socket.socket:
        """Open a connection to the host of a URL.

        Raises:
            UnsafeUrlError: The host is not allowed, or has an address that is not public.
            StorageError: There is no such host.
            OSError: The connection cannot be made.
        """
        self.check(url)
        try:
            found = socket.getaddrinfo(url.host, url.port, type=socket.SOCK_STREAM)
        except socket.gaierror as error:
            if error.errno == socket.EAI_AGAIN:
                raise
            raise StorageError("read", url.shown, f"the host {url.host!r} is not known.") from None
        if not any("*" not in pattern and _matches(pattern, url) for pattern in self.patterns):
            for *_, address in found:
                if not is_public(str(address[0])):
                    raise UnsafeUrlError(
                        url.shown,
                        f"the host {url.host!r} has the address {address[0]}, which is not a public one. If that "
                        "is meant, name the host in [airflow_artifacts] http_hosts.",
                    )
        return _connect(found, timeout)


def _connect(found: Sequence[tuple[int, int, int, str, tuple[object, ...]]], timeout: float) -> socket.socket:
    problem: OSError = OSError("the host has no address")
    for family, kind, protocol, _, address in found:
        connection = socket.socket(family, kind, protocol)
        try:
            connection.settimeout(timeout)
            connection.connect(address)
        except OSError as error:
            connection.close()
            problem = error
        else:
            return connection
    raise problem


def _matches(pattern: str, url: HttpUrl) -> bool:
    name, port = _split(pattern.lower())
    if port and int(port) != url.port:
        return False
    if name == "*":
        return True
    if name.startswith("*."):
        return url.host.endswith(name[1:])
    return name == url.host or _same_address(name, url.host)


def _split(pattern: str) -> tuple[str, str]:
    if pattern.startswith("["):
        name, _, port = pattern[1:].partition("]")
        return name, port.removeprefix(":")
    name, _, port = pattern.partition(":")
    return name, port


def _same_address(name: str, host: str) -> bool:
    try:
        return ipaddress.ip_address(name) == ipaddress.ip_address(host)
    except ValueError:
        return False

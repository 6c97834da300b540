"""Which URLs and addresses are read from; nothing here leaves the machine."""

from __future__ import annotations

import socket
from typing import Any

import pytest

from airflow_artifacts.exceptions import StorageError, UnsafeUrlError
from airflow_artifacts.storage.http import fetching
from airflow_artifacts.storage.http.filesystem import open_http_filesystem
from airflow_artifacts.storage.http.hosts import Hosts, is_public, parse_http_url
from airflow_artifacts.storage.http.store import HttpObjectStore
from tests.servers.web import web_server

SECRET = "s3cr3t"  # noqa: S105

PRIVATE = [
    "127.0.0.1",
    "127.8.9.1",
    "10.1.2.3",
    "172.16.0.1",
    "172.31.255.255",
    "192.168.1.1",
    "169.254.169.254",
    "0.0.0.0",  # noqa: S104
    "100.64.0.1",
    "192.0.0.8",
    "192.0.2.7",
    "192.88.99.1",
    "198.18.0.1",
    "224.0.0.1",
    "239.1.2.3",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "fe80::1",
    "fe80::1%eth0",
    "fec0::1",
    "fc00::1",
    "fd00:ec2::254",
    "ff02::1",
    "2001:db8::1",
    "::ffff:127.0.0.1",
    "::ffff:169.254.169.254",
    "::ffff:10.0.0.1",
    "::127.0.0.1",
    "64:ff9b::7f00:1",
    "64:ff9b::a9fe:a9fe",
    "64:ff9b:1::1",
    "2002:7f00:1::",
    "2002:a9fe:a9fe::1",
    "2001:0:4136:e378:8000:63bf:3fff:fdd2",
]
PUBLIC = [
    "93.184.216.34",
    "8.8.8.8",
    "2606:2800:220:1::1",
    "::ffff:8.8.8.8",
    "64:ff9b::808:808",
    "2002:808:808::1",
]


@pytest.mark.parametrize("address", PRIVATE)
def test_addresses_that_are_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", PUBLIC)
def test_public_addresses(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    ("url", "parts"),
    [
        ("http://Example.COM", ("http", "example.com", 80, "/")),
        ("HTTPS://example.com./a b/c?x=1&y=ü#f", ("https", "example.com", 443, "/a%20b/c?x=1&y=%C3%BC")),
        ("http://[::0001]:8080/%7Ea", ("http", "::1", 8080, "/%7Ea")),
        ("http://bücher.example/", ("http", "xn--bcher-kva.example", 80, "/")),
        ("http://\uff11\uff12\uff17.\uff10.\uff10.\uff11/", ("http", "127.0.0.1", 80, "/")),
    ],
)
def test_urls(url: str, parts: Any) -> None:
    parsed = parse_http_url(url)
    assert (parsed.scheme, parsed.host, parsed.port, parsed.target) == parts
    again = parse_http_url(parsed.text)
    assert (again.origin, again.target) == (parsed.origin, parsed.target)


@pytest.mark.parametrize(
    "url",
    [
        f"https://{SECRET}@example.com/a",
        f"HTTPS://{SECRET}@example.com/a",
        f"https://user:{SECRET}@example.com/a?{SECRET}",
        f"https://user:{SECRET}/x@example.com/a",
        f"http://user:{SECRET}@",
        f"http://example.com\\@{SECRET}@127.0.0.1/",
        f"http://example.com:port/?{SECRET}",
        f"http://example.com:99999/#{SECRET}",
        f"http://[::1/?{SECRET}",
        f"http://[fe80::1%25eth0]/?{SECRET}",
        f"http:///path?{SECRET}",
        f"ftp://example.com/?{SECRET}",
        f"http://exa\nmple.com/?{SECRET}",
        f"http://exa mple.com/?{SECRET}",
        f"http://{'a' * 70}.example/?{SECRET}",
        "http://2130706433/", "http://0x7f.1/", "http://0x7f000001/", "http://017700000001/", "http://127.1/",
        "http://0177.0.0.1/", "http://127.0.0.1.1/", "http://127.0.0.0x1/", "http://1.2.3.400/",
    ],
)  # fmt: skip
def test_urls_that_are_refused_show_no_secret(url: str) -> None:
    with pytest.raises(UnsafeUrlError) as refused:
        parse_http_url(url)
    assert SECRET not in str(refused.value)
    assert refused.value.__cause__ is None


@pytest.mark.parametrize(
    ("pattern", "allowed", "others"),
    [
        ("*", ["http://a.example", "http://[::1]:1"], []),
        ("*:8080", ["http://a:8080"], ["http://a"]),
        ("*.example.com", ["https://a.example.com", "http://a.b.Example.com:1"], ["http://example.com", "http://aexample.com"]),
        ("Data.example.com", ["https://data.example.com."], ["http://x.data.example.com", "http://example.com"]),
        ("a.example:8443", ["https://a.example:8443"], ["https://a.example"]),
        ("10.0.0.7", ["http://10.0.0.7:99"], ["http://10.0.0.70", "http://10.0.0.7.example"]),
        ("[::1]", ["http://[0:0::1]:5"], ["http://[::2]"]),
        ("[::1]:80", ["http://[::1]"], ["http://[::1]:81"]),
    ],
)  # fmt: skip
def test_patterns(pattern: str, allowed: list[str], others: list[str]) -> None:
    for url in allowed:
        Hosts((pattern,)).check(parse_http_url(url))
    for url in others:
        with pytest.raises(UnsafeUrlError, match="is not among \\[airflow_artifacts\\] http_hosts"):
            Hosts(("x", pattern)).check(parse_http_url(url))
        with pytest.raises(UnsafeUrlError):
            open_http_filesystem(url, {}, [pattern])
        with pytest.raises(UnsafeUrlError):
            HttpObjectStore(url, hosts=[pattern])


def test_no_pattern_allows_no_host() -> None:
    with pytest.raises(UnsafeUrlError):
        Hosts(()).check(parse_http_url("http://example.com"))


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "localhost."])
@pytest.mark.parametrize("pattern", ["*", "*.0.0.1", "*host"])
def test_a_private_address_is_never_connected_to_because_of_a_star(host: str, pattern: str) -> None:
    with web_server() as web:
        web.add("/a", b"x")
        url = f"http://{host}:{web.port}/a"
        with pytest.raises(UnsafeUrlError):
            HttpObjectStore(f"http://{host}:{web.port}", hosts=["*", pattern]).read("a")
        filesystem, path = open_http_filesystem(url, {}, [pattern, "*"])
        with pytest.raises(UnsafeUrlError):
            filesystem.open(path)
        assert web.requests == []
        assert HttpObjectStore(f"http://{host}:{web.port}", hosts=[host.rstrip(".")]).read("a") == b"x"


class Names:
    """A resolver that changes its mind; what is connected to is remembered, and is a local server."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *answers: list[str], server: int = 0) -> None:
        self.answers = list(answers)
        self.connected: list[str] = []
        real = socket.socket.connect

        def connect(sock: socket.socket, address: Any) -> None:
            self.connected.append(address[0])
            real(sock, ("127.0.0.1", server))

        monkeypatch.setattr(socket, "getaddrinfo", self.resolve)
        monkeypatch.setattr(socket.socket, "connect", connect)

    def resolve(self, host: str, port: int, **_: Any) -> list[Any]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (name, port)) for name in self.answers.pop(0)]


def test_a_name_that_changes_its_address(monkeypatch: pytest.MonkeyPatch) -> None:
    with web_server() as web:
        web.add("/a", b"x", headers={"Connection": "close"})
        names = Names(monkeypatch, ["93.184.216.34"], ["127.0.0.1"], ["93.184.216.34"], server=web.port)
        store = HttpObjectStore("http://rebinding.example")
        assert store.read("a") == b"x"
        with pytest.raises(UnsafeUrlError, match=r"has the address 127\.0\.0\.1, which is not a public one"):
            store.read("a")
        assert names.connected == ["93.184.216.34"], "what was checked is what is connected to"
        assert len(names.answers) == 1, "one look-up for each connection"


def test_one_private_address_among_public_ones_is_too_many(monkeypatch: pytest.MonkeyPatch) -> None:
    names = Names(monkeypatch, ["93.184.216.34", "10.0.0.1"])
    with pytest.raises(UnsafeUrlError, match=r"10\.0\.0\.1"):
        HttpObjectStore("http://a.example").read("a")
    assert names.connected == []


def test_a_name_that_is_named_may_have_any_address(monkeypatch: pytest.MonkeyPatch) -> None:
    with web_server() as web:
        web.add("/a", b"x")
        Names(monkeypatch, ["10.0.0.1"], server=web.port)
        assert HttpObjectStore("http://intern.example", hosts=["intern.example"]).read("a") == b"x"


def test_names_that_are_not_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetching, "WAITS", (0,))
    asked = []

    def fail(number: int) -> Any:
        def resolve(*_: Any, **__: Any) -> None:
            asked.append(number)
            raise socket.gaierror(number, "no")

        return resolve

    monkeypatch.setattr(socket, "getaddrinfo", fail(socket.EAI_NONAME))
    with pytest.raises(StorageError, match=r"the host 'a\.example' is not known"):
        HttpObjectStore("http://a.example").read("a")
    monkeypatch.setattr(socket, "getaddrinfo", fail(socket.EAI_AGAIN))
    with pytest.raises(StorageError, match="It was asked 2 times"):
        HttpObjectStore("http://a.example").read("a")
    assert asked == [socket.EAI_NONAME, socket.EAI_AGAIN, socket.EAI_AGAIN]


def test_the_next_address_is_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    with web_server() as web:
        web.add("/a", b"x")
        found = [
            (socket.AF_INET, socket.SOCK_STREAM, 6, "", (name, web.port)) for name in ("127.0.0.9", "127.0.0.1")
        ]
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
        assert HttpObjectStore("http://two.example", hosts=["two.example"]).read("a") == b"x"


def test_a_host_without_addresses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetching, "WAITS", ())
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: [])
    with pytest.raises(StorageError, match="no address"):
        HttpObjectStore("http://none.example").read("a")

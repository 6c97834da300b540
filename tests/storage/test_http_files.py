"""Files over HTTP, from servers that do well and servers that do not."""

from __future__ import annotations

import contextlib
import datetime as dt
import hashlib
import ipaddress
import itertools
import os
import re
import socketserver
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest

from airflow_artifacts.exceptions import (
    ObjectNotFoundError,
    StorageError,
    UnsafeNameError,
    UnsafeUrlError,
    UrlError,
)
from airflow_artifacts.storage.http import HttpObjectStore, fetching, open_http_filesystem
from tests.servers.web import Web, web_server

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

HERE = ("127.0.0.1", "127.0.0.2", "localhost")
SECRET = "s3cr3t"  # noqa: S105
DATA = os.urandom(700_001)
BIG = os.urandom(3_000_000)


@pytest.fixture(autouse=True)
def _no_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetching, "WAITS", (0, 0, 0))


@pytest.fixture
def web() -> Iterator[Web]:
    with web_server() as running:
        yield running


@pytest.fixture
def other() -> Iterator[Web]:
    with web_server("127.0.0.2") as running:
        yield running


def store_of(web: Web, **more: Any) -> HttpObjectStore:
    return HttpObjectStore(web.url, hosts=HERE, **more)


SERVERS: dict[str, dict[str, Any]] = {
    "parts": {},
    "no parts": {"parts": False},
    "chunks": {"length": "chunked"},
    "chunks, no parts": {"length": "chunked", "parts": False},
    "zipped": {"zipped": True},
    "zipped, no parts": {"zipped": True, "parts": False, "length": "chunked"},
    "closing": {"headers": {"Connection": "close"}},
}


@pytest.fixture(params=list(SERVERS))
def server(request: pytest.FixtureRequest) -> dict[str, Any]:
    how = dict(SERVERS[request.param])
    if how.get("zipped"):
        how["parts"] = False  # parts of what is compressed are no parts of the file
    return how


@pytest.mark.parametrize("size", [0, 1, 65_536, 65_537, 700_001])
def test_whole(web: Web, server: Any, size: int, tmp_path: Path) -> None:
    web.add("/a", DATA[:size], **server)
    store = store_of(web)
    assert store.read("a") == DATA[:size]
    assert b"".join(store.stream("a")) == DATA[:size]
    store.download("a", tmp_path / "new" / "a")
    assert (tmp_path / "new" / "a").read_bytes() == DATA[:size]
    with store.open("a") as file:
        assert file.read() == DATA[:size]
    assert store.exists("a")


def test_here_and_there(web: Web, server: Any) -> None:
    web.add("/a", DATA, **server)
    with store_of(web).open("a") as file:
        assert file.seekable()
        assert file.readable()
        assert file.read(3) == DATA[:3]
        assert file.seek(-9, os.SEEK_END) == len(DATA) - 9
        assert file.read() == DATA[-9:]
        for start, count in [(300_000, 10), (300_010, 100_000), (5, 5), (699_999, 100), (len(DATA) + 5, 5)]:
            file.seek(start)
            assert file.read(count) == DATA[start : start + count]
        file.seek(10)
        file.seek(10, os.SEEK_CUR)
        assert file.tell() == 20
        assert file.read(400_000) == DATA[20:400_020]
        with pytest.raises(ValueError, match="-1"):
            file.raw.seek(-1)  # type: ignore[attr-defined]


def test_the_end_of_what_has_no_length(web: Web) -> None:
    web.add("/a", DATA, length="chunked", parts=False)
    with store_of(web).open("a") as file:
        assert file.seek(0, os.SEEK_END) == len(DATA)
        file.seek(-1, os.SEEK_CUR)
        assert file.read() == DATA[-1:]


def test_a_part_is_read_without_the_rest(web: Web) -> None:
    web.add("/a", BIG)
    with store_of(web).open("a") as file:
        file.seek(2_000_000)
        assert file.read(1000) == BIG[2_000_000:2_001_000]
    assert web.sent < 500_000


def test_reading_on_asks_for_more_and_more_on_one_connection(web: Web) -> None:
    web.add("/a", BIG)
    with store_of(web).open("a") as file:
        file.seek(1_000_000)
        assert file.read() == BIG[1_000_000:]
    starts = [int(str(wanted).removeprefix("bytes=").partition("-")[0]) for wanted in web.ranges]
    sizes = [after - before for before, after in itertools.pairwise(starts[1:])]
    assert sizes == sorted(sizes)
    assert len(starts) < 8


def test_a_file_is_read_in_order_with_two_requests(web: Web) -> None:
    web.add("/a", BIG)
    assert store_of(web).read("a") == BIG
    assert web.ranges == ["bytes=0-65535", "bytes=65536-"]


# Failures


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504])
def test_a_server_that_fails_for_a_while(web: Web, status: int) -> None:
    web.add("/a", DATA, statuses=[status] * 3)
    assert store_of(web).read("a") == DATA


def test_a_server_that_fails_for_ever(web: Web) -> None:
    web.add("/a", DATA, statuses=[503] * 99)
    with pytest.raises(
        StorageError, match=rf"read {web.url}/a: the server answered 503. It was asked 4 times"
    ) as e:
        store_of(web).read("a")
    assert e.value.retryable
    assert len(web.requests) == 4


def test_a_server_that_is_not_there() -> None:
    with web_server() as web:
        pass
    with pytest.raises(StorageError, match=r"refused.*asked 4 times"):
        store_of(web).read("a")


def test_waits_grow(web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    waited: list[float] = []
    monkeypatch.setattr(time, "sleep", waited.append)
    web.add("/a", DATA, statuses=[500] * 99)
    with pytest.raises(StorageError):
        store_of(web).read("a")
    assert len(waited) == 4
    assert waited == sorted(waited)
    assert sum(waited) < 16


@pytest.mark.parametrize("cut", [0, 10, 65_535, 100_000])
def test_a_body_that_is_cut_goes_on_where_it_was(web: Web, server: Any, cut: int, tmp_path: Path) -> None:
    web.add("/a", DATA, **server, cuts=[cut, cut, cut])
    store_of(web).download("a", tmp_path / "a")
    assert (tmp_path / "a").read_bytes() == DATA


def test_a_body_that_is_always_cut_is_never_a_shorter_file(web: Web, server: Any, tmp_path: Path) -> None:
    web.add("/a", DATA, **server, cuts=[9] * 99)
    with pytest.raises(StorageError, match=f"read {web.url}/a") as error:
        store_of(web).download("a", tmp_path / "a")
    assert error.value.retryable
    assert not (tmp_path / "a").exists()
    assert len(web.requests) < 30


def test_an_end_that_may_be_a_cut(web: Web) -> None:
    web.add("/a", DATA, length="unknown", parts=False)
    with pytest.raises(UrlError, match="does not say how long the file is"):
        store_of(web).read("a")


def test_parts_are_counted_all_the_same(web: Web) -> None:
    web.add("/a", DATA, length="unknown", cuts=[100, 70_000])
    assert store_of(web).read("a") == DATA


@pytest.mark.parametrize(("status", "way"), [(401, "credentials"), (403, "credentials"), (400, ""), (204, "")])
def test_a_server_that_refuses(web: Web, status: int, way: str) -> None:
    url = web.add("/a", statuses=[status] * 9)
    with pytest.raises(UrlError, match=f"{url} cannot be opened: the server answered {status}.*{way}") as error:
        store_of(web).read("a")
    assert not error.value.retryable
    assert len(web.requests) == 1


def test_a_missing_file(web: Web) -> None:
    web.add("/b", statuses=[410])
    for key in "ab":
        with pytest.raises(ObjectNotFoundError, match=f"{web.url}/{key}"):
            store_of(web).read(key)
    assert not store_of(web).exists("c")
    assert len(web.requests) == 3


def test_a_file_that_goes_away_while_it_is_read(web: Web) -> None:
    web.add("/a", DATA, cuts=[100_000, 100])
    with store_of(web).open("a") as file:
        file.read(10)
        web.pages.clear()
        with pytest.raises(FileNotFoundError):
            file.read()


@pytest.mark.parametrize(
    "headers",
    [{"ETag": '"1"'}, {"Last-Modified": "Sat, 21 Nov 2026 03:00:00 GMT"}, {}],
    ids=["tag", "date", "size"],
)
@pytest.mark.parametrize("parts", [True, False])
def test_a_file_that_changes_while_it_is_read(web: Web, headers: dict[str, str], parts: bool) -> None:
    web.add("/a", DATA, headers=headers, cuts=[100_000] * 2, parts=parts)
    with store_of(web).open("a") as file:
        file.read(10)
        changed = {name: value.replace("1", "2") for name, value in headers.items()}
        web.add("/a", DATA[::-1] + (b"" if headers else b"x"), headers=changed, parts=parts)
        if parts or headers:
            with pytest.raises(StorageError, match="changed while it was read"):
                file.read()


def test_weak_tags_say_nothing(web: Web) -> None:
    web.add("/a", DATA, headers={"ETag": 'W/"1"'}, cuts=[100_000])
    with store_of(web).open("a") as file:
        file.read(10)
        web.pages["/a"].headers = {"ETag": 'W/"2"'}
        assert file.read() == DATA[10:]


def test_compression_that_nobody_knows(web: Web) -> None:
    web.add("/a", DATA, headers={"Content-Encoding": "br"})
    with pytest.raises(UrlError, match="'br'"):
        store_of(web).read("a")


def test_an_archive_stays_one(web: Web) -> None:
    web.add("/a.gz", DATA, zipped=True, parts=False)
    assert store_of(web).read("a.gz")[:2] == b"\x1f\x8b"


def test_several_members_of_gzip(web: Web) -> None:
    import gzip

    body = gzip.compress(b"a" * 3_000_000) + gzip.compress(b"b")
    web.add("/a", body, headers={"Content-Encoding": "gzip"}, parts=False)
    assert store_of(web).read("a") == b"a" * 3_000_000 + b"b"
    web.add("/cut", body[:-4], headers={"Content-Encoding": "gzip"}, parts=False)
    with pytest.raises(StorageError, match="ends too early"):
        store_of(web).read("cut")


@pytest.mark.parametrize("odd_range", ["bytes 7-9/10", "bytes 0-9/*", "nonsense", ""])
def test_a_part_that_may_be_another_one_is_not_used(web: Web, odd_range: str) -> None:
    web.add("/a", b"0123456789", odd_range=odd_range)
    with store_of(web).open("a") as file:
        assert file.read(5) == b"01234"
        file.seek(7)
        assert file.read() == b"789"


@contextlib.contextmanager
def answering(answer: Callable[[int], bytes]) -> Iterator[str]:
    """Run a server that answers, to whoever asks for the bytes from a position on, with what a function gives."""

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            asked = b"".join(iter(self.rfile.readline, b"\r\n"))
            self.wfile.write(answer(int(re.findall(rb"bytes=(\d+)", asked)[0])))

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield "http://127.0.0.1:{}".format(*server.server_address[1:])
        server.shutdown()


def test_a_part_without_bytes_is_a_failure() -> None:
    def part(start: int) -> bytes:
        size = 0 if start else 65_536
        where = f"bytes {start}-{start + size - 1}/700001"
        head = f"HTTP/1.1 206 OK\r\nContent-Range: {where}\r\nContent-Length: {size}\r\n\r\n"
        return head.encode() + bytes(size)

    with answering(part) as url, HttpObjectStore(url, hosts=HERE).open("a") as file:
        assert file.read(65_536) == bytes(65_536)
        with pytest.raises(StorageError, match=rf"{url}/a.*part without bytes. It was asked 4 times"):
            file.read(1)


def test_no_part_is_within_the_file_and_the_whole_neither(web: Web) -> None:
    web.add("/a", DATA, statuses=[416] * 99)
    with pytest.raises(UrlError, match=f"{web.url}/a .*the server answered 416"):
        store_of(web).read("a")
    assert web.ranges == ["bytes=0-65535", None]


@pytest.mark.parametrize("length", ["abc", "-5", "5, 5", "", "9" * 5000], ids=lambda text: text[:9])
def test_a_length_that_is_none(length: str) -> None:
    answer = f"HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\nhello".encode()
    with (
        answering(lambda _: answer) as url,
        pytest.raises(UrlError, match=f"^{url}/a .*as the length of what it sends"),
    ):
        HttpObjectStore(url, hosts=HERE).read("a")


# Redirects


def test_redirects_are_followed(web: Web, other: Web) -> None:
    target = other.add("/target", DATA)
    web.add("/a", location="b?x=1", statuses=[301])
    web.add("/b", location="/c", statuses=[308])
    web.add("/c", location=f"//127.0.0.2:{other.port}/target#x", statuses=[303])
    assert store_of(web).read("a") == DATA
    assert target.endswith(other.requests[0][0])
    assert len(web.requests) == 3, "the second part is asked for where the first one was"


def test_a_redirect_that_expires_is_asked_for_again(web: Web, other: Web) -> None:
    web.add("/a", location=f"{other.url}/old")
    other.add("/old", DATA, cuts=[70_000, 100])
    with store_of(web).open("a") as file:
        file.read(10)
        other.pages["/old"].statuses = [403]
        other.add("/new", DATA)
        web.add("/a", location=f"{other.url}/new")
        assert file.read() == DATA[10:]


@pytest.mark.parametrize(
    ("location", "problem"),
    [
        ("http://169.254.169.254/latest/meta-data/", "is not among"),
        ("http://127.0.0.3/", "is not among"),
        (f"http://user:{SECRET}@127.0.0.2/", "redirects to a URL that is not used"),
        ("file:///etc/passwd", "its scheme is 'file'"),
        ("http://[::1", "redirects to a URL that is not used"),
        ("http://2130706433/", "its host is a number"),
    ],
)
def test_redirects_to_where_nothing_may_be_fetched(web: Web, location: str, problem: str) -> None:
    web.add("/a", location=location)
    with pytest.raises(UnsafeUrlError, match=problem) as error:
        store_of(web).read("a")
    assert SECRET not in str(error.value)
    assert len(web.requests) == 1


def test_a_redirect_into_the_own_network(monkeypatch: pytest.MonkeyPatch) -> None:
    import socket

    with web_server() as web:
        web.add("/a", location=f"http://127.0.0.1:{web.port}/b")
        web.add("/b", DATA)
        real = socket.getaddrinfo
        monkeypatch.setattr(
            socket,
            "getaddrinfo",
            lambda host, *a, **k: real("127.0.0.1" if host == "ok.example" else host, *a, **k),
        )
        store = HttpObjectStore(f"http://ok.example:{web.port}", hosts=["ok.example", "*"])
        with pytest.raises(UnsafeUrlError, match=r"'127\.0\.0\.1' has the address 127\.0\.0\.1"):
            store.read("a")
        assert [path for path, _ in web.requests] == ["/a"]


def test_redirects_are_bounded(web: Web) -> None:
    for number in range(9):
        web.add(f"/{number}", location=f"/{number + 1}")
    web.add("/9", DATA)
    with pytest.raises(UrlError, match="more than 5 other URLs"):
        store_of(web).read("3")
    assert len(web.requests) == 6
    assert store_of(web).read("4") == DATA


def test_a_redirect_in_a_circle(web: Web) -> None:
    web.add("/a", location="/a")
    with pytest.raises(UrlError, match="more than 5"):
        store_of(web).read("a")


def test_a_redirect_to_nowhere(web: Web) -> None:
    web.add("/a", location="")
    with pytest.raises(UrlError, match="more than 5"):
        store_of(web).read("a")


# Credentials

OPTIONS: list[dict[str, Any]] = [
    {"headers": {"X-Token": SECRET}, "auth": ("me", SECRET)},
    {"client_kwargs": {"headers": {"X-Token": SECRET}, "auth": ["me", SECRET]}, "use_listings_cache": False},
]


@pytest.mark.parametrize("options", OPTIONS, ids=["plain", "as fsspec"])
def test_credentials_stay_with_their_host(web: Web, other: Web, options: dict[str, Any]) -> None:
    web.add("/a", location="/b")
    web.add("/b", location=f"{other.url}/c")
    other.add("/c", location=f"{web.url}/d")
    web.add("/d", DATA)
    filesystem, path = open_http_filesystem(f"{web.url}/a", options, HERE)
    with filesystem.open(path) as file:
        assert file.read(4) == DATA[:4]
    sent = [
        (path, headers["X-Token"], headers["Authorization"]) for path, headers in web.requests + other.requests
    ]
    basic = "Basic bWU6czNjcjN0"
    assert sent == [("/a", SECRET, basic), ("/b", SECRET, basic), ("/d", None, None), ("/c", None, None)]
    assert SECRET not in repr(filesystem)


def test_cookies_are_not_kept(web: Web) -> None:
    web.add("/a", DATA, headers={"Set-Cookie": "a=b"})
    assert store_of(web).read("a") == DATA
    assert [headers["Cookie"] for _, headers in web.requests] == [None, None]


def test_another_port_is_another_origin(web: Web) -> None:
    with web_server() as second:
        web.add("/a", location=second.add("/b", b"x"))
        assert store_of(web, options={"headers": {"X-Token": SECRET}}).read("a") == b"x"
        assert second.requests[0][1]["X-Token"] is None


@pytest.mark.parametrize(
    "options",
    [
        {"token": SECRET},
        {"auth": SECRET},
        {"auth": ("a", 1)},
        {"auth": (SECRET,)},
        {"headers": {"X": f"{SECRET}\nHost: x"}},
        {"headers": {"X": 1}},
        {"headers": {"X\n": SECRET}},
        {"headers": {"Host": SECRET}},
        {"headers": {"range": SECRET}},
        {"client_kwargs": {"proxy": SECRET}},
    ],
)
def test_options_that_are_not_taken(options: dict[str, Any]) -> None:
    with pytest.raises(UrlError) as error:
        open_http_filesystem(f"http://example.com/a?{SECRET}", options)
    assert SECRET not in str(error.value)


def test_a_proxy_of_the_environment_is_not_used(web: Web, other: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, other.url)
    web.add("/a", DATA)
    assert store_of(web).read("a") == DATA
    assert other.requests == []


def test_a_signature_is_sent_and_never_shown(web: Web, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    store = store_of(web)
    key = store.add_file(f"{web.add('/a%2Bb(c).txt', DATA)}?sig={SECRET}")
    assert key == "a+b(c).txt"
    assert store.read(key) == DATA
    assert web.requests[0][0] == f"/a%2Bb(c).txt?sig={SECRET}", "written as it was"
    web.pages.clear()
    with pytest.raises(ObjectNotFoundError) as error:
        store.read(key)
    web.add("/a%2Bb(c).txt", statuses=[500] * 9)
    with pytest.raises(StorageError) as failed:
        store.read(key)
    assert SECRET not in f"{error.value!r} {failed.value!r} {caplog.text} {store!r} {store.url(key)}"


# The store and the file system


def test_keys(web: Web) -> None:
    web.add("/d%20e/%C3%BC%23%3F%25.txt", b"x")
    assert store_of(web).read("d e/ü#?%.txt") == b"x"
    assert HttpObjectStore(f"{web.url}/d%20e/", hosts=HERE).read("ü#?%.txt") == b"x"
    for key in ("../a", "/a", "a//b", "%2e%2e/a", ""):
        with pytest.raises(UnsafeNameError):
            store_of(web).read(key)
    for url in ("http://h/", "http://h/..", "http://h/%2e%2e", "http://h/a%2Fb", "http://h/a%00", "http://h/x\\y"):
        with pytest.raises(UnsafeNameError):
            store_of(web).add_file(url)


def test_nothing_is_written_or_listed(web: Web, tmp_path: Path) -> None:
    web.add("/a", b"x")
    store = store_of(web)
    calls: list[Any] = [
        lambda: store.create("a", b"y"),
        lambda: store.replace("a", b"y"),
        lambda: store.write("a", b"y"),
        lambda: store.upload(tmp_path, "a"),
        lambda: store.delete("a"),
        lambda: store.delete_prefix("a"),
    ]
    for call in calls:
        with pytest.raises(UrlError, match="read-only"):
            call()
    for call in (store.list, lambda: store.list("a"), lambda: store.folders("a")):
        with pytest.raises(UrlError, match="there are no folders"):
            call()
    assert web.requests == []


def test_a_file_system(web: Web) -> None:
    url = web.add("/a.txt", b"abc")
    filesystem, path = open_http_filesystem(f"{url}?x", {}, HERE)
    assert filesystem.info(path) == {"name": f"{url}?x", "size": 3, "type": "file"}
    assert filesystem.exists(path)
    assert not filesystem.exists(f"{url}2")
    assert not filesystem.isdir(url)
    assert filesystem.isfile(url)
    assert filesystem.cat_file(path) == b"abc"
    assert filesystem.glob(path) == [path]
    assert filesystem.glob(path, detail=True) == {path: filesystem.info(path)}
    with pytest.raises(FileNotFoundError):
        filesystem.glob(f"{url}2?x")
    for call in (filesystem.ls, filesystem.find, lambda url: filesystem.glob(f"{url}/*.txt")):
        with pytest.raises(UrlError, match="there are no folders"):
            call(web.url)
    with pytest.raises(UrlError, match="only read"):
        filesystem.open(path, "wb")


def test_a_file_system_reads_from_no_other_host(web: Web) -> None:
    filesystem, _ = open_http_filesystem(web.url, {}, ["127.0.0.1"])
    with pytest.raises(UnsafeUrlError):
        filesystem.open("http://127.0.0.2/a")


def test_each_thread_has_its_own_connection(web: Web) -> None:
    for name in "abcdefgh":
        web.add(f"/{name}", DATA + name.encode())
    store, found = store_of(web), {}

    def read(name: str) -> None:
        found[name] = hashlib.sha256(store.read(name)).hexdigest()

    threads = [threading.Thread(target=read, args=name) for name in "abcdefgh"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == {name: hashlib.sha256(DATA + name.encode()).hexdigest() for name in "abcdefgh"}


# TLS


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "tests")])
    now = dt.datetime.now(dt.timezone.utc)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), 1, now, now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), False)
        .add_extension(x509.BasicConstraints(True, None), True)
        .sign(key, hashes.SHA256())
    )
    file = tmp_path / "certificate.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    file.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    return file


def test_https(certificate: Path, web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    with web_server(certificate=certificate) as secure:
        secure.add("/a", DATA)
        secure.add("/down", location=f"{web.url}/b")
        web.add("/b", DATA)
        web.add("/up", location=f"{secure.url}/a")
        with pytest.raises(UrlError, match="not who it says it is"):
            store_of(secure).read("a")
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        assert store_of(secure).read("a") == DATA
        assert store_of(web).read("up") == DATA
        with pytest.raises(UnsafeUrlError, match=r"from https to http, to the host '127\.0\.0\.1'"):
            store_of(secure).read("down")
        asked = HttpObjectStore(secure.url.replace("127.0.0.1", "localhost"), hosts=HERE)
        with pytest.raises(UrlError, match="not who it says it is"):
            asked.read("a")
    assert [path for path, _ in web.requests] == ["/up"]


def test_a_handshake_that_fails(web: Web) -> None:
    web.add("/a", DATA)
    with pytest.raises(StorageError, match="asked 4 times"):
        HttpObjectStore(web.url.replace("http", "https"), hosts=HERE).read("a")

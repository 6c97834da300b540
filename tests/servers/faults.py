"""A proxy in front of a real server that counts what passes, and fails when it is told to.

It passes on the Host header as it came: signatures cover it, and servers make redirects of it.
"""

from __future__ import annotations

import http.client
import socket
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterator

Fault = Literal["403", "500", "503", "cut before", "half sent", "lost answer", "half answered"]
ALWAYS = 1_000_000
_CHUNK = 64 * 1024


@dataclass
class FaultyProxy:
    """A proxy that runs in threads of this process.

    Attributes:
        target: URL of the server behind it.
        url: Its own URL.
        requests: Method and path of every request that came.
        sent: Bytes of content that clients took.
        failed: How many requests were made to fail.
    """

    target: str
    url: str = ""
    requests: list[tuple[str, str]] = field(default_factory=list)
    sent: int = 0
    failed: int = 0
    _fault: Fault = "500"
    _skip: int = 0
    _times: int = 0
    _lock: Lock = field(default_factory=Lock)

    def fail(self, fault: Fault, times: int = 1, *, skip: int = 0) -> None:
        """Make requests fail, from now on.

        Args:
            fault: A status that is answered without asking the server; or ``cut before`` the server got the
                request, when the request was ``half sent`` to it, with a ``lost answer`` to what it did, or when
                the client was ``half answered``.
            times: How many of them.
            skip: How many pass before.
        """
        with self._lock:
            self._fault, self._times, self._skip, self.failed = fault, times, skip, 0

    def heal(self) -> None:
        """Let everything pass, and count anew."""
        with self._lock:
            self._times = self._skip = self.failed = self.sent = 0
            self.requests.clear()

    def next_fault(self, method: str, path: str) -> Fault | None:
        """Note a request, and say how it is to fail."""
        with self._lock:
            self.requests.append((method, path))
            if self._skip:
                self._skip -= 1
            elif self._times:
                self._times -= 1
                self.failed += 1
                return self._fault
            return None

    def count(self, sent: int) -> None:
        """Count bytes that a client took."""
        with self._lock:
            self.sent += sent


@contextmanager
def running_proxy(target: str) -> Iterator[FaultyProxy]:
    """Run a proxy in front of the server that has a URL."""
    proxy = FaultyProxy(target)
    server = _Server(("127.0.0.1", 0), type("Handler", (_Handler,), {"proxy": proxy}))
    proxy.url = "http://{}:{}".format(*server.server_address[:2])
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield proxy
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, *_: Any) -> None:
        """Say nothing of a client that goes away."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    proxy: FaultyProxy

    def do_GET(self) -> None:
        body = self._body()
        # What http.server makes of a path is not always what was asked for.
        path = self.requestline.split(" ")[1]
        fault = self.proxy.next_fault(self.command, path)
        if fault == "cut before":
            self._cut()
        elif fault in {"403", "500", "503"}:
            self._refuse(int(fault))
        else:
            self._pass(path, body, fault)

    do_HEAD = do_PUT = do_POST = do_DELETE = do_PATCH = do_GET  # noqa: N815 - the names are http.server's

    def log_message(self, *_: Any) -> None:
        pass

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding", "").lower() != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))
        chunks = []
        while size := int(self.rfile.readline().split(b";")[0], 16):
            chunks.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        del self.headers["Transfer-Encoding"]
        self.headers["Content-Length"] = str(sum(map(len, chunks)))
        return b"".join(chunks)

    def _pass(self, path: str, body: bytes, fault: Fault | None) -> None:
        with closing(http.client.HTTPConnection(urlsplit(self.proxy.target).netloc, timeout=60)) as server:
            server.putrequest(self.command, path, skip_host=True, skip_accept_encoding=True)
            for name, value in self.headers.items():
                if name.lower() not in {"connection", "expect"}:
                    server.putheader(name, value)
            server.putheader("Connection", "close")
            server.endheaders(body[: len(body) // 2] if fault == "half sent" else body)
            if fault != "half sent":
                self._answer(server.getresponse(), fault)
        if fault == "half sent":
            self._cut()

    def _answer(self, answer: http.client.HTTPResponse, fault: Fault | None) -> None:
        content = None
        if answer.getheader("Content-Length") is None and self.command != "HEAD":
            content = answer.read()
        if fault == "lost answer" or (fault and not answer.length and not content):
            answer.read()
            self._cut()
            return
        self.send_response_only(answer.status, answer.reason)
        for name, value in answer.getheaders():
            if name.lower() not in {"connection", "transfer-encoding"}:
                self.send_header(name, value.replace(self.proxy.target, self.proxy.url))
        if content is not None and answer.status not in {204, 304}:
            self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if fault:
            whole = answer.read() if content is None else content
            self._write(whole[: len(whole) // 2])
            self._cut()
            return
        for chunk in [content] if content is not None else iter(lambda: answer.read(_CHUNK), b""):
            self._write(chunk)

    def _write(self, data: bytes) -> None:
        self.wfile.write(data)
        self.proxy.count(len(data))

    def _refuse(self, status: int) -> None:
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _cut(self) -> None:
        self.close_connection = True
        self.connection.shutdown(socket.SHUT_RDWR)

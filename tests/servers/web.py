"""A web server that serves what a test gives it, well or badly, and remembers what it was asked."""

from __future__ import annotations

import contextlib
import gzip
import re
import ssl
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Iterator
    from email.message import Message
    from pathlib import Path


@dataclass
class Page:
    """What is at a path, and how it is served.

    Attributes:
        data: The bytes.
        parts: Whether the server knows ``Range``.
        length: Whether it says how many bytes come, sends them in chunks, or just ends.
        zipped: Whether it compresses what nobody wanted to be compressed.
        headers: More headers of each answer.
        statuses: What it answers to the first requests instead.
        location: Where it redirects to, with the first of the statuses or 302.
        cuts: After how many bytes of its body each of the first answers is cut.
        odd_range: What it says of the bytes that it sends, and that are others, when it was asked for some.
    """

    data: bytes = b""
    parts: bool = True
    length: Literal["known", "chunked", "unknown"] = "known"
    zipped: bool = False
    headers: dict[str, str] = field(default_factory=dict)
    statuses: list[int] = field(default_factory=list)
    location: str | None = None
    cuts: list[int] = field(default_factory=list)
    odd_range: str | None = None


@dataclass
class Web:
    """A running server.

    Attributes:
        url: Its URL, without a slash at the end.
        pages: What is at each path, which begins with a slash; the query is not part of it.
        requests: Paths with queries, and headers, of what was asked.
        sent: How many bytes of bodies were sent.
    """

    url: str
    pages: dict[str, Page] = field(default_factory=dict)
    requests: list[tuple[str, Message]] = field(default_factory=list)
    sent: int = 0

    @property
    def port(self) -> int:
        return int(self.url.rpartition(":")[2])

    @property
    def ranges(self) -> list[str | None]:
        """Which bytes were asked for, request by request."""
        return [headers["Range"] for _, headers in self.requests]

    def add(self, path: str, data: bytes = b"", **how: Any) -> str:
        """Serve bytes, and give their URL."""
        self.pages[path] = Page(data, **how)
        return self.url + path


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    web: Web

    def do_GET(self) -> None:
        self.web.requests.append((self.path, self.headers))
        page = self.web.pages.get(self.path.partition("?")[0])
        if page is None:
            self._answer(404, {})
        elif page.location is not None:
            status = page.statuses[0] if page.statuses else 302
            self._answer(status, {"Location": page.location, **page.headers})
        elif page.statuses:
            self._answer(page.statuses.pop(0), page.headers)
        else:
            self._serve(page)

    def _answer(self, status: int, headers: dict[str, str], body: bytes = b"sorry") -> None:
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def _serve(self, page: Page) -> None:
        data, headers, status = page.data, dict(page.headers), 200
        if page.zipped:
            data, headers["Content-Encoding"] = gzip.compress(data), "gzip"
        wanted = re.match(r"bytes=(\d+)-(\d*)", self.headers["Range"] or "")
        if wanted and page.parts:
            start, end = int(wanted[1]), min(int(wanted[2] or len(data)) + 1, len(data))
            if start >= len(data):
                self._answer(416, {"Content-Range": f"bytes */{len(data)}"})
                return
            headers["Content-Range"] = f"bytes {start}-{end - 1}/{len(data)}"
            data, status = data[start:end], 206
            if page.odd_range is not None:
                headers["Content-Range"], data = page.odd_range, bytes(len(data))
        self.send_response(status)
        if page.length == "known":
            headers["Content-Length"] = str(len(data))
        elif page.length == "chunked":
            headers["Transfer-Encoding"] = "chunked"
        else:
            headers["Connection"] = "close"
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        cut = page.cuts.pop(0) if page.cuts else None
        with contextlib.suppress(ConnectionError):
            self._send(data[:cut], chunked=page.length == "chunked", is_cut=cut is not None)
        self.close_connection = cut is not None or page.length == "unknown"

    def _send(self, data: bytes, *, chunked: bool, is_cut: bool) -> None:
        for start in range(0, len(data), 50_000):
            chunk = data[start : start + 50_000]
            self.wfile.write(b"%x\r\n%s\r\n" % (len(chunk), chunk) if chunked else chunk)
            self.web.sent += len(chunk)
        if chunked and not is_cut:
            self.wfile.write(b"0\r\n\r\n")

    def log_message(self, *_: object) -> None:
        pass


@contextlib.contextmanager
def web_server(host: str = "127.0.0.1", certificate: Path | None = None) -> Iterator[Web]:
    """Run a server on a free port.

    Args:
        host: The address, and the name in its URL.
        certificate: A file with a certificate and its key, for https.
    """
    server = ThreadingHTTPServer((host, 0), _Handler)
    server.daemon_threads = True
    if certificate is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    server.handle_error = lambda *_: None  # type: ignore[method-assign] # clients that end a connection
    web = Web(f"{'https' if certificate else 'http'}://{host}:{server.server_port}")
    server.RequestHandlerClass = type("Handler", (_Handler,), {"web": web})
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield web
    finally:
        server.shutdown()
        server.server_close()
        thread.join()

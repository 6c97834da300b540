"""The server: it reads requests, lets them fail when it is told to, and sends answers."""

from __future__ import annotations

import contextlib
import socket
import struct
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import unquote, urlsplit

from airflow_artifacts.testing import (
    routes_commits,
    routes_content,
    routes_lfs,
    routes_listing,
    routes_refs,
    routes_repositories,
    routes_xet,
)
from airflow_artifacts.testing.answers import Answer, FilePart, HubError
from airflow_artifacts.testing.blobs import CHUNK
from airflow_artifacts.testing.exchanges import Exchange
from airflow_artifacts.testing.faults import Fault

if TYPE_CHECKING:
    from collections.abc import Iterator

    from airflow_artifacts.testing.requests import Request
    from airflow_artifacts.testing.state import HubState

_ROUTERS = (
    routes_commits.router,
    routes_content.router,
    routes_lfs.router,
    routes_listing.router,
    routes_refs.router,
    routes_repositories.router,
    routes_xet.router,
)


class _CutError(ConnectionError):
    """The connection is at an end, and what was asked is not done."""


class HubServer(ThreadingHTTPServer):
    """A server on a port of 127.0.0.1.

    Attributes:
        state: What the fake knows.
        stopping: Set when it stops.
    """

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, state: HubState, port: int) -> None:
        self.state = state
        self.stopping = threading.Event()
        self._connections: set[socket.socket] = set()
        super().__init__(("127.0.0.1", port), _Handler)
        state.endpoint = f"http://127.0.0.1:{self.server_port}"
        self._thread = threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop, also for clients that keep their connections."""
        self.stopping.set()
        self.shutdown()
        self.server_close()
        self._thread.join()
        for connection in list(self._connections):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def get_request(self) -> tuple[socket.socket, Any]:
        """Take a connection, and remember it."""
        connection, address = super().get_request()
        self._connections.add(connection)
        return connection, address

    def shutdown_request(self, request: Any) -> None:
        """Forget a connection."""
        self._connections.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of a client that goes away; what a hook raises is shown."""
        if not (self.stopping.is_set() or isinstance(sys.exc_info()[1], ConnectionError)):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: HubServer
    log_message: ClassVar[Any] = lambda *_: None

    def do_GET(self) -> None:
        state, url = self.server.state, urlsplit(self.path)
        request = state.log.add(self.command, unquote(url.path), url.query)
        self._unread = self._body()
        try:
            state.log.run_hooks("before", request)
            fault = state.faults.take(request) or Fault.slow(0)
            self._fail_early(fault)
            failed = fault.kind == "status"
            answer = fault.error().answer() if failed else self._answer(request, url.path)
            for _ in self._unread:
                pass
            request.status = answer.status
            if not failed:
                state.log.run_hooks("after", request)
            if fault.kind == "lost answer":
                request.status = None
                raise _CutError
            self._send(answer, request, cut_after=fault.after if fault.kind == "cut download" else None)
        except ConnectionError:
            self._cut()

    do_HEAD = do_PUT = do_POST = do_DELETE = do_PATCH = do_GET  # noqa: N815 - the names are http.server's

    def _fail_early(self, fault: Fault) -> None:
        if self.server.stopping.wait(fault.seconds):
            raise _CutError
        if fault.kind == "cut upload":
            came = 0
            while came < fault.after and (chunk := next(self._unread, b"")):
                came += len(chunk)
            raise _CutError

    def _answer(self, request: Request, path: str) -> Answer:
        state = self.server.state
        try:
            user = state.accounts.of_token(self.headers["Authorization"])
            exchange = Exchange(state, request, path, self.headers, self._unread, user)
            routes = (router.find(self.command, path) for router in _ROUTERS)
            return next(filter(None, routes), _unknown)(exchange)
        except HubError as error:
            return error.answer()
        except (LookupError, TypeError, ValueError, struct.error) as error:
            return HubError(400, f"The request is malformed: {error!r}").answer()

    def _body(self) -> Iterator[bytes]:
        """Give what the client sends, as it comes."""
        if self.headers.get("Transfer-Encoding", "").lower() == "chunked":
            while size := int(self._line().split(b";")[0], 16):
                yield from self._read(size)
                self._line()
            self._line()
        else:
            yield from self._read(int(self.headers.get("Content-Length") or 0))

    def _line(self) -> bytes:
        line = self.rfile.readline()
        if not line:
            raise _CutError
        return line

    def _read(self, size: int) -> Iterator[bytes]:
        while size:
            chunk = self.rfile.read(min(size, CHUNK))
            if not chunk:
                raise _CutError
            size -= len(chunk)
            yield chunk

    def _send(self, answer: Answer, request: Request, cut_after: int | None) -> None:
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(answer.size))
        self.send_header("X-Request-Id", f"fake-{request.number}")
        self.end_headers()
        if self.command == "HEAD":
            return
        left = answer.size if cut_after is None else cut_after
        for chunk in _chunks(answer.body):
            self.wfile.write(chunk[:left])
            left -= len(chunk[:left])
        if cut_after is not None:
            request.status = None
            raise _CutError

    def _cut(self) -> None:
        self.close_connection = True
        with contextlib.suppress(OSError):
            self.connection.shutdown(socket.SHUT_RDWR)


def _unknown(exchange: Exchange) -> Answer:
    raise HubError(404, f"This fake Hub does not know {exchange.request.method} {exchange.request.path}")


def _chunks(body: bytes | FilePart) -> Iterator[bytes]:
    if isinstance(body, bytes):
        yield body
        return
    with body.path.open("rb") as file:
        file.seek(body.start)
        left = body.size
        while left:
            chunk = file.read(min(left, CHUNK))
            left -= len(chunk)
            yield chunk

"""A proxy that keeps what clients send, without the header that is there to carry a secret."""

from __future__ import annotations

import base64
import binascii
import http.client
import json
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass
class Recorder:
    """What was sent: line, headers and body of each request, and what was in Base64 in it."""

    target: str
    url: str = ""
    requests: list[bytes] = field(default_factory=list)

    def keep(self, line: str, headers: list[tuple[str, str]], body: bytes) -> None:
        shown = [f"{name}: {value}" for name, value in headers if name.lower() != "authorization"]
        self.requests.append("\n".join([line, *shown]).encode() + b"\n" + body + b"".join(_decoded(body)))


def _decoded(body: bytes) -> Iterator[bytes]:
    """Give the files in the lines of a commit."""
    for line in body.splitlines():
        try:
            yield base64.b64decode(json.loads(line)["value"]["content"])
        except (ValueError, KeyError, TypeError, binascii.Error):
            continue


@contextmanager
def running_recorder(target: str) -> Iterator[Recorder]:
    """Run a proxy in front of the server that has a URL."""
    recorder = Recorder(target)
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"recorder": recorder}))
    server.daemon_threads = True
    recorder.url = "http://{}:{}".format(*server.server_address[:2])
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield recorder
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    recorder: Recorder

    def do_GET(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        path = self.requestline.split(" ")[1]
        self.recorder.keep(self.requestline, self.headers.items(), body)
        netloc = urlsplit(self.recorder.target).netloc
        with closing(http.client.HTTPConnection(netloc, timeout=60)) as server:
            headers = {name: value for name, value in self.headers.items() if name.lower() != "connection"}
            server.request(self.command, path, body, headers)
            answer = server.getresponse()
            data = answer.read().replace(self.recorder.target.encode(), self.recorder.url.encode())
        self.send_response_only(answer.status, answer.reason)
        for name, value in answer.getheaders():
            if name.lower() not in {"connection", "transfer-encoding", "content-length"}:
                self.send_header(name, value.replace(self.recorder.target, self.recorder.url))
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    do_HEAD = do_PUT = do_POST = do_DELETE = do_GET  # noqa: N815 - the names are http.server's

    def log_message(self, *_: Any) -> None:
        pass

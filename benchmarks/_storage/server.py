"""An S3 server that costs little: what is measured is the clients, on a machine that has to run both.

A server for tests computes digests, keeps everything in Python's memory and has one thread at work at a time; a
client that is twice as fast looks the same beside it. This one copies what it is sent into unlinked files, and
gives them back with ``sendfile``. It knows what uploading and downloading takes (PUT, multipart, ranges, HEAD,
lists of keys), believes every signature, and keeps the promise of ``If-None-Match: *``.
"""

from __future__ import annotations

import os
import socketserver
import sys
import tempfile
import threading
import time
import uuid
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import parse_qsl, unquote
from xml.sax.saxutils import escape

from tests.servers.processes import running_module, serve_until_input_ends

if TYPE_CHECKING:
    import socket
    from collections.abc import Iterator
    from pathlib import Path

_IN_MEMORY = 1024 * 1024  # bytes of a body from which it becomes a file
_BUFFER = 256 * 1024
_REASONS = {200: "OK", 204: "No Content", 206: "Partial Content", 404: "Not Found", 412: "Precondition Failed"}
_DATE = "Sat, 01 Jan 2028 00:00:00 GMT"


class Body:
    """Bytes that were sent: in memory, or in a file that goes when nobody refers to it."""

    def __init__(self, reader: Any, size: int, folder: str) -> None:
        self.size = size
        self._data = b""
        self._file = None
        if size < _IN_MEMORY:
            self._data = reader.read(size)
            return
        self._file = tempfile.TemporaryFile(dir=folder, buffering=0)  # noqa: SIM115 - it lives as long as this
        view = memoryview(bytearray(_BUFFER))
        while size:
            count = reader.readinto(view[: min(size, _BUFFER)])
            if not count:
                raise ConnectionError
            self._file.write(view[:count])
            size -= count

    def send(self, connection: socket.socket, start: int, stop: int) -> None:
        """Send the bytes between two offsets."""
        if self._file is None:
            connection.sendall(self._data[start:stop])
            return
        while start < stop:
            start += os.sendfile(connection.fileno(), self._file.fileno(), start, stop - start)


class Request(NamedTuple):
    """What was asked, and the body that came with it."""

    method: str
    bucket: str
    key: str
    query: dict[str, str]
    headers: dict[str, str]
    body: Body


class Answer(NamedTuple):
    """A status and a text, or the bytes of an object between two offsets, and headers."""

    status: int = 200
    text: str = ""
    bodies: tuple[Body, ...] = ()
    span: tuple[int, int] = (0, 0)
    headers: str = ""


class Server(socketserver.ThreadingTCPServer):
    """The server, and what it keeps."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, folder: str, latency: float) -> None:
        super().__init__(("127.0.0.1", 0), Connection)
        self.folder = folder
        self.latency = latency
        self.buckets: dict[str, dict[str, tuple[Body, ...]]] = {}
        self.uploads: dict[str, dict[int, Body]] = {}
        self.creating = threading.Lock()

    def answer(self, request: Request) -> Answer:
        """Do what is asked."""
        if not request.key:
            return self._of_bucket(request)
        objects = self.buckets.get(request.bucket)
        if objects is None:
            return Answer(404, "<Error><Code>NoSuchBucket</Code></Error>")
        if "uploadId" in request.query or "uploads" in request.query:
            return self._of_upload(request, objects, request.query.get("uploadId"))
        return self._of_object(request, objects)

    def _of_object(self, request: Request, objects: dict[str, tuple[Body, ...]]) -> Answer:
        if request.method == "PUT":
            with self.creating:
                if "if-none-match" in request.headers and request.key in objects:
                    return Answer(412, "<Error><Code>PreconditionFailed</Code></Error>")
                objects[request.key] = (request.body,)
            return Answer(headers='ETag: "0"\r\n')
        if request.method == "DELETE":
            objects.pop(request.key, None)
            return Answer(204)
        if request.key not in objects:
            return Answer(404, "<Error><Code>NoSuchKey</Code></Error>")
        return _read(objects[request.key], request.headers.get("range"))

    def _of_bucket(self, request: Request) -> Answer:
        if request.method == "PUT":
            self.buckets[request.bucket] = {}
        elif request.method == "DELETE":
            self.buckets.pop(request.bucket, None)
        elif request.bucket not in self.buckets:
            return Answer(404, "<Error><Code>NoSuchBucket</Code></Error>")
        elif request.method == "GET":
            return self._list(request)
        return Answer()

    def _list(self, request: Request) -> Answer:
        prefix = request.query.get("prefix", "")
        found = "".join(
            f"<Contents><Key>{escape(key)}</Key><Size>{sum(body.size for body in bodies)}</Size>"
            '<ETag>"0"</ETag><LastModified>2028-01-01T00:00:00.000Z</LastModified></Contents>'
            for key, bodies in sorted(self.buckets[request.bucket].items())
            if key.startswith(prefix)
        )
        about = f"<Name>{request.bucket}</Name><Prefix>{escape(prefix)}</Prefix><IsTruncated>false</IsTruncated>"
        return Answer(text=f"<ListBucketResult>{about}{found}</ListBucketResult>")

    def _of_upload(self, request: Request, objects: dict[str, tuple[Body, ...]], upload: str | None) -> Answer:
        if upload is None:
            upload = uuid.uuid4().hex
            self.uploads[upload] = {}
            about = f"<Bucket>{request.bucket}</Bucket><Key>{escape(request.key)}</Key>"
            result = "InitiateMultipartUploadResult"
            return Answer(text=f"<{result}>{about}<UploadId>{upload}</UploadId></{result}>")
        if request.method == "PUT":
            self.uploads[upload][int(request.query["partNumber"])] = request.body
            return Answer(headers='ETag: "0"\r\n')
        parts = self.uploads.pop(upload)
        if request.method == "DELETE":
            return Answer(204)
        objects[request.key] = tuple(parts[number] for number in sorted(parts))
        result = "CompleteMultipartUploadResult"
        return Answer(text=f'<{result}><Key>{escape(request.key)}</Key><ETag>"0"</ETag></{result}>')


def _read(bodies: tuple[Body, ...], span: str | None) -> Answer:
    size = sum(body.size for body in bodies)
    about = f'ETag: "0"\r\nLast-Modified: {_DATE}\r\nAccept-Ranges: bytes\r\nContent-Type: binary/octet-stream\r\n'
    if span is None:
        return Answer(200, "", bodies, (0, size), about)
    first, _, last = span.removeprefix("bytes=").partition("-")
    start, stop = int(first), min(int(last) + 1 if last else size, size)
    return Answer(206, "", bodies, (start, stop), f"{about}Content-Range: bytes {start}-{stop - 1}/{size}\r\n")


class Connection(socketserver.StreamRequestHandler):
    """One connection, request by request."""

    server: Server
    rbufsize = _BUFFER
    disable_nagle_algorithm = True

    def handle(self) -> None:
        """Answer until the client goes."""
        try:
            while line := self.rfile.readline():
                self._answer(*line.decode("ascii").split()[:2])
        except ConnectionError:
            return

    def _answer(self, method: str, target: str) -> None:
        headers = {}
        while line := self.rfile.readline().strip():
            name, _, value = line.decode("latin-1").partition(":")
            headers[name.lower()] = value.strip()
        if "aws-chunked" in headers.get("content-encoding", "") or "transfer-encoding" in headers:
            raise ConnectionError  # it would keep other bytes than those of the file
        if headers.get("expect", "").lower() == "100-continue":
            self.connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        path, _, query = target.partition("?")
        bucket, _, key = unquote(path).lstrip("/").partition("/")
        body = Body(self.rfile, int(headers.get("content-length", 0)), self.server.folder)
        time.sleep(self.server.latency)
        asked = dict(parse_qsl(query, keep_blank_values=True))
        self._send(self.server.answer(Request(method, bucket, key, asked, headers, body)), method)

    def _send(self, answer: Answer, method: str) -> None:
        text = answer.text.encode()
        start, stop = answer.span
        size = stop - start if answer.bodies else len(text)
        head = (
            f"HTTP/1.1 {answer.status} {_REASONS[answer.status]}\r\nContent-Length: {size}\r\n{answer.headers}\r\n"
        )
        self.connection.sendall(head.encode() + (b"" if method == "HEAD" else text))
        if method == "HEAD":
            return
        for body in answer.bodies:
            if start < body.size and stop > 0:
                body.send(self.connection, max(start, 0), min(stop, body.size))
            start, stop = start - body.size, stop - body.size


@contextmanager
def running_server(folder: Path, latency: float = 0) -> Iterator[str]:
    """Run the server in another process, and give its URL; what it is sent becomes files of a folder."""
    with running_module("benchmarks._storage.server", str(folder), str(latency)) as url:
        yield url


def main() -> None:
    folder, latency = sys.argv[1:]
    with Server(folder, float(latency)) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        serve_until_input_ends("http://{}:{}".format(*server.server_address))
        server.shutdown()


if __name__ == "__main__":
    main()

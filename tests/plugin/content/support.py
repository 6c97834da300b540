"""Files in a store, and a server that sends them as the API server does: below Airflow's kinds of middleware."""

from __future__ import annotations

import hashlib
import socket
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import httpx
import uvicorn
from fastapi import FastAPI, Request
from fastapi.middleware.gzip import GZipMiddleware
from fastapi.responses import JSONResponse
from starlette.middleware.base import BaseHTTPMiddleware

from airflow_artifacts.artifacts import FileRecord
from airflow_artifacts.exceptions import ArtifactsError, ObjectNotFoundError
from airflow_artifacts.plugin.content import Member, archive_response, file_response
from tests.contracts.object_store import odd_bytes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from starlette.responses import Response

    from airflow_artifacts.storage import ObjectStore

SMALL, LARGE = odd_bytes(100_000), odd_bytes(20_000_001)
SAVED_AT = "2026-11-30T12:34:56.789000+00:00"


def saved(store: ObjectStore, path: str, data: bytes) -> FileRecord:
    """Keep a file under its path as the key, and give its record."""
    store.replace(path, data)
    return FileRecord(path, len(data), hashlib.sha256(data).hexdigest())


def member(store: ObjectStore, file: FileRecord, path: str | None = None, created_at: str = SAVED_AT) -> Member:
    return Member(path or file.path, store, file.path, file, created_at)


def served(  # noqa: PLR0913
    store: ObjectStore,
    file: FileRecord,
    *,
    media_type: str = "application/octet-stream",
    inline: bool = False,
    sign: bool = False,
    members: Sequence[Member] = (),
) -> FastAPI:
    """Make an app with a file and an archive, mounted and wrapped as the API server has it."""
    app = FastAPI()

    @app.api_route("/file", methods=["GET", "HEAD"])
    def get_file(request: Request) -> Any:
        return file_response(request, store, file.path, file, media_type=media_type, inline=inline, sign=sign)

    @app.get("/archive")
    def get_archive() -> Any:
        return archive_response("all of it.zip", members)

    @app.exception_handler(ArtifactsError)
    def refuse(_: Request, error: ArtifactsError) -> Response:
        status = 404 if isinstance(error, ObjectNotFoundError) else 502
        return JSONResponse({"detail": str(error)}, status)

    airflow = FastAPI()
    airflow.add_middleware(BaseHTTPMiddleware, dispatch=_pass_on)
    airflow.add_middleware(GZipMiddleware, minimum_size=1024, compresslevel=5)
    airflow.mount("/app", app)
    return airflow


async def _pass_on(request: Request, call_next: Callable[[Request], Any]) -> Any:
    return await call_next(request)


@contextmanager
def running(app: FastAPI) -> Iterator[str]:
    """Run an app in a server of this process, and give the URL of what is mounted in it."""
    config = uvicorn.Config(app, host="127.0.0.1", port=0, log_config=None, lifespan="off", ws="none")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        eventually(lambda: server.started)
        port = server.servers[0].sockets[0].getsockname()[1]
        yield f"http://127.0.0.1:{port}/app"
    finally:
        server.should_exit = True
        thread.join(60)
        assert not thread.is_alive()


def connected(url: str) -> socket.socket:
    parts = urlsplit(url)
    assert parts.port is not None
    return socket.create_connection(("127.0.0.1", parts.port), timeout=60)


@contextmanager
def stalled(url: str, path: str = "/file", headers: str = "") -> Iterator[socket.socket]:
    """Ask for something, read the beginning of the answer, and then no more."""
    with connected(url) as connection:
        connection.sendall(f"GET /app{path} HTTP/1.1\r\nHost: a\r\n{headers}\r\n".encode())
        begun = b""
        while len(begun) < 100_000:
            begun += connection.recv(10_000)
        assert begun.startswith(b"HTTP/1.1 2")
        yield connection


def receive(url: str) -> tuple[bytes, Exception | None]:
    """Ask for something, and give what came, and what went wrong before all had come."""
    received = bytearray()
    try:
        with httpx.stream("GET", url, timeout=60) as answer:
            answer.raise_for_status()
            for part in answer.iter_bytes():
                received += part
    except httpx.RemoteProtocolError as error:
        return bytes(received), error
    return bytes(received), None


def eventually(is_so: Callable[[], object], seconds: float = 60) -> None:
    """Wait until something is so."""
    end = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < end, "it never came to be so"
        time.sleep(0.01)

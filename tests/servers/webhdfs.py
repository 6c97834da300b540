"""A server with the REST API of Hadoop's file system, for no Hadoop can be had on a machine that only has Python.

As there, the name node answers requests for content with a redirect to a data node (which is the same server), and
a file is visible from the moment in which somebody begins to write it.
"""

from __future__ import annotations

import argparse
import json
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, quote, unquote, urlencode, urlsplit

from tests.servers.hdfs_names import HadoopError, HadoopNames
from tests.servers.processes import running_module, serve_until_input_ends

if TYPE_CHECKING:
    from collections.abc import Iterator

_API = "/webhdfs/v1"
_CHUNK = 64 * 1024
_REDIRECTED = {"CREATE", "APPEND", "OPEN"}


@contextmanager
def running_server(*users: str) -> Iterator[str]:
    """Run the server in another process, and give its URL.

    Args:
        users: Who may use it; everybody where none is named.
    """
    with running_module("tests.servers.webhdfs", *(f"--user={user}" for user in users)) as url:
        yield url


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    names: HadoopNames
    users: frozenset[str]

    def do_GET(self) -> None:
        self._answer()

    do_PUT = do_POST = do_DELETE = do_GET  # noqa: N815 - the names are http.server's

    def log_message(self, *_: Any) -> None:
        pass

    def _answer(self) -> None:
        parts = urlsplit(self.path)
        self.asked = {name: values[-1] for name, values in parse_qs(parts.query, keep_blank_values=True).items()}
        self.place = unquote(parts.path.removeprefix(_API)) or "/"
        self.operation = self.asked.get("op", "").upper()
        try:
            self._check_user()
            act = getattr(self, f"_{self.command}_{self.operation}".lower(), self._refuse)
            if self.operation in _REDIRECTED and "datanode" not in self.asked:
                self._redirect()
            else:
                act()
        except HadoopError as error:
            problem = {"exception": error.kind, "javaClassName": f"org.apache.{error.kind}", "message": str(error)}
            self._drain()
            self._send(error.status, {"RemoteException": problem})

    def _refuse(self) -> None:
        raise HadoopError("UnsupportedOperationException", f"{self.command} {self.operation}", 400)

    def _check_user(self) -> None:
        user = self.asked.get("user.name")
        if self.users and user is None:
            raise HadoopError("AuthenticationException", "Authentication required", 401)
        if self.users and user not in self.users:
            raise HadoopError("AccessControlException", f"Permission denied: user={user}")

    def _redirect(self) -> None:
        self._drain()
        if self.operation != "CREATE":
            self.names.file(self.place)
        query = urlencode({**self.asked, "datanode": "1"})
        where = f"http://{self.headers['Host']}{_API}{quote(self.place)}?{query}"
        self._send(307, headers={"Location": where})

    def _get_getfilestatus(self) -> None:
        self._send(200, {"FileStatus": self.names.status(self.place)})

    def _get_liststatus(self) -> None:
        self._send(200, {"FileStatuses": {"FileStatus": self.names.listed(self.place)}})

    def _get_open(self) -> None:
        data = self.names.file(self.place).data
        offset = int(self.asked.get("offset", 0))
        if offset > len(data):
            raise HadoopError("IOException", f"Offset={offset} out of the range [0, {len(data)}]")
        end = offset + int(self.asked["length"]) if "length" in self.asked else len(data)
        self._send(200, bytes(data[offset:end]))

    def _put_create(self) -> None:
        self.names.create(self.place, overwrite=self.asked.get("overwrite") == "true")
        self._receive()
        self._send(201)

    def _post_append(self) -> None:
        self.names.file(self.place)
        self._receive()
        self._send(200)

    def _put_mkdirs(self) -> None:
        self.names.make_folders(self.place)
        self._send(200, {"boolean": True})

    def _put_rename(self) -> None:
        options = self.asked.get("renameoptions")
        if options is None:
            self._send(200, {"boolean": self.names.rename(self.place, self.asked["destination"])})
        else:
            self.names.rename_with(options, self.place, self.asked["destination"])
            self._send(200)

    def _delete_delete(self) -> None:
        recursive = self.asked.get("recursive") == "true"
        self._send(200, {"boolean": self.names.delete(self.place, recursive=recursive)})

    def _receive(self) -> None:
        for chunk in self._body():
            self.names.append(self.place, chunk)

    def _drain(self) -> None:
        for _ in self._body():
            pass

    def _body(self) -> Iterator[bytes]:
        """Give what the client sends, as it comes."""
        if self.headers.get("Transfer-Encoding", "").lower() == "chunked":
            while size := int(self.rfile.readline().split(b";")[0], 16):
                yield self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
            del self.headers["Transfer-Encoding"]  # once it is read
            return
        left = int(self.headers.get("Content-Length") or 0)
        del self.headers["Content-Length"]
        while left and (chunk := self.rfile.read(min(left, _CHUNK))):
            left -= len(chunk)
            yield chunk

    def _send(self, status: int, content: Any = b"", headers: dict[str, str] | None = None) -> None:
        data = content if isinstance(content, bytes) else json.dumps(content).encode()
        self._drain()
        self.send_response(status)
        kind = "application/octet-stream" if isinstance(content, bytes) else "application/json"
        for name, value in {"Content-Type": kind, "Content-Length": str(len(data)), **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_: Any) -> None:
        """Say nothing of a client that goes away."""


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--user", action="append", default=[])
    users = frozenset(parser.parse_args().user)
    handler = type("Handler", (_Handler,), {"names": HadoopNames(), "users": users})
    server = _Server(("127.0.0.1", 0), handler)
    Thread(target=server.serve_forever, daemon=True).start()
    serve_until_input_ends("http://{}:{}".format(*server.server_address[:2]))
    server.shutdown()
    server.server_close()


if __name__ == "__main__":
    main()

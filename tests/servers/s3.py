"""A real S3 server, moto. It checks no secret: see ``tests.servers.rclone`` for that."""

from __future__ import annotations

import logging
from contextlib import contextmanager
from typing import TYPE_CHECKING

from tests.servers.processes import running_module, serve_until_input_ends

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def running_server() -> Iterator[str]:
    """Run the server in another process, and give its URL."""
    with running_module("tests.servers.s3") as url:
        yield url


def main() -> None:
    from moto.server import ThreadedMotoServer

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    serve_until_input_ends("http://{}:{}".format(*server.get_host_and_port()))
    server.stop()


if __name__ == "__main__":
    main()

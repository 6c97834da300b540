"""A real server with the API of Azure Blob Storage, azurite, which npm fetches into the cache of this checkout."""

from __future__ import annotations

import re
import subprocess
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

from tests.servers.processes import installed, running_module, serve_until_input_ends

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# The account that every azurite has, as its documentation says.
ACCOUNT = "devstoreaccount1"
KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
_PACKAGE = "azurite@3.35.0"
_OPTIONS = ["--inMemoryPersistence", "--skipApiVersionCheck", "--blobPort", "0", "--disableTelemetry"]


def connection_string(url: str, key: str = KEY) -> str:
    """Write what the clients of Azure take instead of a URL and credentials."""
    return f"DefaultEndpointsProtocol=http;AccountName={ACCOUNT};AccountKey={key};BlobEndpoint={url}/{ACCOUNT};"


@contextmanager
def running_server(*, fetch: bool = False) -> Iterator[str]:
    """Run the server in another process, and give its URL.

    Args:
        fetch: Whether it may be fetched if it is not here.

    Raises:
        ServerMissingError: It is not here and may not, or cannot, be fetched.
    """
    script = installed(
        "azurite",
        _script,
        ["npm", "install", "--no-audit", "--no-fund", "--prefix", "{folder}", _PACKAGE],
        allowed=fetch,
    )
    with running_module("tests.servers.azure", str(script)) as url:
        yield url


def _script(folder: Path) -> Path | None:
    path = folder / "node_modules" / "azurite" / "dist" / "src" / "blob" / "main.js"
    return path if path.is_file() else None


def main() -> None:
    node = subprocess.Popen(["node", sys.argv[1], *_OPTIONS], stdout=subprocess.PIPE, text=True)
    assert node.stdout is not None
    found = None
    for line in node.stdout:
        if found := re.search(r"listens on (http://[\d.]+:\d+)", line):
            break
    if found:
        serve_until_input_ends(found[1])
    node.kill()
    node.communicate()


if __name__ == "__main__":
    main()

"""Servers in processes of their own, and programs for them that no dependency brings.

A server is a module that ``python -m`` runs: it prints its URL and stops when its standard input ends, so that it
never outlives whoever started it.
"""

from __future__ import annotations

import fcntl
import os
import signal
import socket
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PROJECT = Path(__file__).parents[2]
CACHE = PROJECT / ".cache"
_SECONDS = 20  # that a server may take to stop


class ServerMissingError(Exception):
    """A server cannot be had on this machine; the text says why."""


@contextmanager
def running_module(module: str, *arguments: str) -> Iterator[str]:
    """Run a module as a server, and give the URL that it prints.

    Raises:
        ServerMissingError: It printed none.
    """
    server = subprocess.Popen(
        [sys.executable, "-m", module, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=PROJECT,
        env=os.environ | {"PYTHONPATH": str(PROJECT)},
        text=True,
        start_new_session=True,  # what it starts ends with it, and Ctrl-C is for the tests
    )
    assert server.stdout is not None
    try:
        url = server.stdout.readline().strip()
        if not url:
            message = f"{module} did not start"
            raise ServerMissingError(message)
        yield url
    finally:
        try:
            server.communicate(timeout=_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(server.pid, signal.SIGKILL)
            server.communicate()


def free_port() -> int:
    """Give a port of 127.0.0.1 that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def serve_until_input_ends(url: str) -> None:
    """Print the URL and wait until whoever reads it wants no more."""
    sys.stdout.write(f"{url}\n")
    sys.stdout.flush()
    sys.stdin.read()


def installed(name: str, found: Callable[[Path], Path | None], command: list[str], *, allowed: bool) -> Path:
    """Find a program in the cache of this checkout, where it is put at first use.

    Args:
        name: The program, and its folder in the cache.
        found: Looks for the program in the folder.
        command: What puts it there; ``{folder}`` stands for the folder.
        allowed: Whether it may be fetched if it is not there.

    Raises:
        ServerMissingError: It is not there and may not, or cannot, be fetched.
    """
    folder = CACHE / name
    program = found(folder)
    if program is None:
        if not allowed:
            message = f"{name} is not in {folder.relative_to(PROJECT)}: `make test-storage` fetches it"
            raise ServerMissingError(message)
        folder.mkdir(parents=True, exist_ok=True)
        (CACHE / ".gitignore").write_text("*\n")
        with (CACHE / f"{name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)  # tests run in several processes, of which one fetches
            fetching = [part.format(folder=folder) for part in command]
            program = found(folder) or _fetched(name, folder, fetching, found)
    return program


def _fetched(name: str, folder: Path, command: list[str], found: Callable[[Path], Path | None]) -> Path:
    try:
        done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=300, cwd=folder)
    except (OSError, subprocess.TimeoutExpired) as error:
        message = f"{name} cannot be fetched: {error}"
        raise ServerMissingError(message) from error
    program = found(folder)
    if program is None:
        last = (done.stderr.strip().splitlines() or ["nothing was said"])[-1]
        message = f"{name} cannot be fetched with {command[0]}: {last}"
        raise ServerMissingError(message)
    return program

"""Another process that uses stores as it is told, line by line: ``python -m`` runs it.

Its lines are JSON: what to do, the URL of the store, the environment with its credentials, and arguments.
"""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from airflow_artifacts.exceptions import ObjectExistsError
from airflow_artifacts.storage import ObjectStore, open_store

if TYPE_CHECKING:
    from collections.abc import Iterator

PROJECT = Path(__file__).parents[2]
_PASSED_ON = ("AWS_", "AZURE_", "GCSFS_", "GOOGLE_", "HADOOP_", "STORAGE_")


class OtherProcess:
    """The end of it that the tests hold."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def send(self, act: str, url: str, *arguments: Any) -> None:
        """Say what to do, and do not wait until it is done."""
        environment = {name: value for name, value in os.environ.items() if name.startswith(_PASSED_ON)}
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps([act, url, environment, arguments], default=_text) + "\n")
        self._process.stdin.flush()

    def receive(self) -> Any:
        """Wait until it is done."""
        assert self._process.stdout is not None
        return json.loads(self._process.stdout.readline())

    def do(self, act: str, url: str, *arguments: Any) -> Any:
        """Say what to do, and wait until it is done."""
        self.send(act, url, *arguments)
        return self.receive()


@contextmanager
def running_other_process() -> Iterator[OtherProcess]:
    """Run the process."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.contracts.other_process"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=PROJECT,
        text=True,
    )
    try:
        yield OtherProcess(process)
    finally:
        process.communicate(timeout=20)


def create_in_turns(store: ObjectStore, keys: list[str], content: bytes, start: float, pause: float) -> list[str]:
    """Create each key at a moment of its own, which others know too, and give those that were not there."""
    won = []
    for number, key in enumerate(keys):
        time.sleep(max(0.0, start + number * pause - time.time()))
        try:
            store.create(key, content)
        except ObjectExistsError:
            continue
        won.append(key)
    return won


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _obey(act: str, store: ObjectStore, arguments: list[Any]) -> Any:
    if act == "create in turns":
        keys, content, start, pause = arguments
        return create_in_turns(store, keys, base64.b64decode(content), start, pause)
    if act in {"create", "replace"}:
        key, content = arguments
        return getattr(store, act)(key, base64.b64decode(content))
    if act == "delete":
        return store.delete(*arguments)
    assert act == "open"
    return repr(store)


def main() -> None:
    stores: dict[tuple[str, ...], ObjectStore] = {}
    for line in sys.stdin:
        act, url, environment, arguments = json.loads(line)
        os.environ.update(environment)
        where = (url, *(f"{name}={value}" for name, value in sorted(environment.items())))
        if where not in stores:
            stores[where] = open_store(url)
        answer = json.dumps(_obey(act, stores[where], arguments))
        sys.stdout.write(f"{answer}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()

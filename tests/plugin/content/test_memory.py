"""Large files are sent in little memory; ``python -m`` measures a server in a process of its own."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from airflow_artifacts.artifacts import FileRecord
from airflow_artifacts.storage import open_store
from tests.plugin.content.support import member, running, saved, served

if TYPE_CHECKING:
    from airflow_artifacts.storage import ObjectStore

_PROJECT = Path(__file__).parents[3]
_MEBIBYTE = 1024 * 1024
_SIZE = 256  # MiB
_ASKED = (("file",), ("file", "Range", "bytes=1-"), ("archive",))
_CLIENT = """
import sys, urllib.request
request = urllib.request.Request(sys.argv[1], headers=dict([sys.argv[2:]] if sys.argv[2:] else []))
with urllib.request.urlopen(request) as answer:
    print(sum(len(part) for part in iter(lambda: answer.read(1 << 20), b"")))
"""
_MOST = {"local": 30, "s3": 80}  # MiB beyond what a small file takes


@pytest.mark.thorough
def test_large_files_and_many_take_little_memory(store: ObjectStore, tmp_path: Path) -> None:
    measured = measure(store, tmp_path / "source", _SIZE)
    assert [each["received"] for each in measured] == [
        _SIZE * _MEBIBYTE + more for more in (0, -1, 124, 98 * _SIZE + 22)
    ]
    most = _MOST["local" if store.root.startswith("file:") else "s3"]
    assert max(each["memory"] for each in measured) < most, measured


def measure(store: ObjectStore, source: Path, size: int) -> Any:
    """Send a file of a size, given in MiB, in a process of its own: as it is, as a range, and in an archive.

    The last archive has as many bytes in files of 1 MiB.
    """
    digest = hashlib.sha256()
    with source.open("wb") as file:
        for number in range(size):
            part = number.to_bytes(16, "big") * (_MEBIBYTE // 16)
            digest.update(part)
            file.write(part)
    store.upload(source, "large")
    command = [sys.executable, "-m", "tests.plugin.content.test_memory", store.root, digest.hexdigest()]
    done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=300, cwd=_PROJECT)
    return json.loads(done.stdout.splitlines()[-1])


def _peak() -> float:
    """Give the most memory that this process had, in MiB."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    raise AssertionError


def _receive(url: str, path: str, *headers: str) -> int:
    """Give how many bytes of an answer another process took."""
    done = subprocess.run(
        [sys.executable, "-c", _CLIENT, f"{url}/{path}", *headers], check=True, capture_output=True, text=True
    )
    return int(done.stdout)


def main() -> None:
    root, sha256 = sys.argv[1:]
    store = open_store(root)
    size = next(info.size for info in store.list() if info.key == "large")
    large, small = FileRecord("large", size, sha256), saved(store, "small", b"small")
    with running(served(store, small, members=[member(store, small)])) as url:
        for ask in _ASKED:
            _receive(url, *ask)
    before = _peak()
    with running(served(store, large, members=[member(store, large)])) as url:
        measured = [_measured(before, url, *ask) for ask in _ASKED]
    piece = saved(store, "piece", bytes(_MEBIBYTE))
    many = [member(store, piece, f"{number:03}") for number in range(size // _MEBIBYTE)]
    with running(served(store, piece, members=many)) as url:
        measured.append(_measured(before, url, "archive"))
    sys.stdout.write(json.dumps(measured) + "\n")


def _measured(before: float, url: str, *ask: str) -> dict[str, float]:
    start = time.monotonic()
    received = _receive(url, *ask)
    return {"received": received, "memory": _peak() - before, "seconds": time.monotonic() - start}


if __name__ == "__main__":
    main()

"""A file of 256 MiB, as a test to inherit; ``python -m`` sends it there and back in a process of its own."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from airflow_artifacts.storage import open_store
from tests.contracts.object_store import ObjectStoreContract

if TYPE_CHECKING:
    from airflow_artifacts.storage import ObjectStore

_SIZE = 256 * 1024 * 1024
_MEBIBYTE = 1024 * 1024
_MEMORY = 200  # MiB beyond what the process needs anyway
_PROJECT = Path(__file__).parents[2]


class LargeFileContract(ObjectStoreContract):
    @pytest.mark.thorough
    def test_256_mib_there_and_back_in_bounded_memory(self, store: ObjectStore, tmp_path: Path) -> None:
        done = subprocess.run(
            [sys.executable, "-m", "tests.contracts.large", store.root, str(tmp_path)],
            check=False,
            capture_output=True,
            cwd=_PROJECT,
            text=True,
            timeout=240,
        )
        assert done.returncode == 0, done.stderr[-3000:]
        measured = json.loads(done.stdout)
        assert measured["sent"] == measured["received"]
        assert [info.size for info in store.list()] == [_SIZE, len(b"small")]
        assert measured["upload"] < _MEMORY, measured
        assert measured["download"] < _MEMORY, measured


def _peak() -> float:
    """Give the most memory that this process had, in MiB."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    raise AssertionError


def main() -> None:
    store, folder = open_store(sys.argv[1]), Path(sys.argv[2])
    source, target = folder / "source", folder / "target"
    sent = hashlib.sha256()
    with source.open("wb") as file:
        for number in range(_SIZE // _MEBIBYTE):
            chunk = hashlib.sha256(str(number).encode()).digest() * (_MEBIBYTE // 32)
            file.write(chunk)
            sent.update(chunk)
    store.replace("small", b"small")
    store.read("small")
    before, start = _peak(), time.monotonic()
    store.upload(source, "large")
    after_upload, middle = _peak(), time.monotonic()
    store.download("large", target)
    after_download, end = _peak(), time.monotonic()
    received = hashlib.sha256()
    with target.open("rb") as file:
        while chunk := file.read(_MEBIBYTE):
            received.update(chunk)
    measured = {
        "sent": sent.hexdigest(),
        "received": received.hexdigest(),
        "upload": after_upload - before,
        "download": after_download - before,
        "seconds": [middle - start, end - middle],
    }
    sys.stdout.write(json.dumps(measured))


if __name__ == "__main__":
    main()

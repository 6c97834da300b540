"""Saving takes as much memory for many rows as for few."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

SCRIPT = """
import sys
import pyarrow as pa
import pyarrow.parquet, jinja2, yaml, fsspec
from airflow_artifacts.distiset import Distiset, Subset
from airflow_artifacts.distiset import shards
from airflow_artifacts.storage import open_store

count, target = int(sys.argv[1]), sys.argv[2]
shards._GROUP_BYTES = 4 * 1024**2  # so that both runs write many groups
pa.array([1])

class Rows:
    def __len__(self):
        return count
    def batches(self, size):
        for start in range(0, count, size):
            numbers = range(start, min(count, start + size))
            yield [{"id": n, "text": f"{n:0500d}", "meta": {"n": n, "tokens": [n, n]}} for n in numbers]

def peak():
    return next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("VmHWM"))

before = peak()
Distiset("x", [Subset("a", Rows())]).save(target, source=open_store(target), train_size=0.9)
print(peak() - before)
"""


def test_memory_is_flat(tmp_path: Path) -> None:
    peaks = []
    for count in (20_000, 100_000):
        done = subprocess.run(
            [sys.executable, "-c", SCRIPT, str(count), str(tmp_path / "out")],
            check=True, capture_output=True, text=True, timeout=120,
        )  # fmt: skip
        peaks.append(int(done.stdout) / 1024)
    assert peaks[1] - peaks[0] < 40, peaks  # of 50 MiB of rows and 200 MiB of Python objects more

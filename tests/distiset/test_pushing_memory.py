"""A push holds neither the data set in memory nor more than one shard of it on the disk."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

from tests.distiset.pushes import REPO, _environment

if TYPE_CHECKING:
    from pathlib import Path

    from airflow_artifacts.testing import FakeHub, Request

SCRIPT = """
import json, sys
import huggingface_hub, hf_xet, jinja2, pyarrow.parquet, yaml
from airflow_artifacts.distiset import Distiset, Subset, shards
from airflow_artifacts.storage import open_store

shards._GROUP_BYTES = 1024**2

class Rows:
    def __init__(self, count):
        self.count = count
    def __len__(self):
        return self.count
    def batches(self, size):
        for start in range(0, self.count, size):
            numbers = range(start, min(self.count, start + size))
            yield [{"id": n, "text": f"{n * 2654435761:0200d}", "half": n / 2} for n in numbers]

def peak():
    return next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("VmHWM"))

peaks = []
for count in (30_000, 300_000):
    made = Distiset("x", [Subset("a", Rows(count))])
    made.push(sys.argv[1], source=open_store(sys.argv[2]), shard_bytes=6 * 1024**2)
    peaks.append(peak() / 1024)
print(json.dumps(peaks))
"""


def test_many_shards(hub: FakeHub, tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    seen: list[tuple[int, int]] = []

    def look(_: Request) -> None:
        files = [path for path in home.glob("distiset-*/**/*.parquet") if path.exists()]
        seen.append((len(files), sum(path.stat().st_size for path in files if path.exists())))

    hub.on_request("before", look)
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, REPO, str(home)],
        check=False, capture_output=True, text=True, env=_environment(hub, home), timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    shards = [path for path in hub.tree(REPO) if path.endswith(".parquet")]
    assert len(shards) > 10
    largest = max(file.size for file in hub.tree(REPO).values())
    assert max(count for count, _ in seen) == 1
    assert max(size for _, size in seen) <= largest
    assert not list(home.glob("distiset-*"))
    peaks = json.loads(done.stdout)
    assert peaks[1] - peaks[0] < 60, peaks  # of 70 MiB of rows more, and several times as much as Python objects

"""What pushing rows to a Hub costs, beside ``datasets.Dataset.push_to_hub``.

Each way runs in a process of its own, in turns, against a fake Hub in another one; the rows, of about 500 bytes,
come from parts on a disk, as between two tasks. CPU time is the client's (user and system, all threads), without
imports; memory is the peak above what the process held then. Each number is the smallest of several runs.

    python benchmarks/hub.py
    python benchmarks/hub.py --rows 100000 --repeat 1
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from airflow_artifacts.distiset import Distiset, Subset
from airflow_artifacts.hub import HubLogin
from airflow_artifacts.rows import Rows, RowsRef, RowsWriter
from airflow_artifacts.storage import open_store
from airflow_artifacts.testing import FakeHub
from benchmarks.memory import MIB, iter_texts, peak

REPO = "tester/numbers"
SHARD_BYTES = 64 * MIB
NUMBERS = ("cpu", "wall", "memory")


def write_rows(root: str, count: int) -> dict[str, Any]:
    """Keep rows as a task does, and give their ref."""
    with RowsWriter(open_store(root), "runs/dag/run/load/-1/001-a") as writer:
        batch = []
        for row in iter_texts(count):
            batch.append(row)
            if len(batch) == 1000:
                writer.write(batch)
                batch = []
        writer.write(batch)
        return writer.commit(producer={}, step={}).to_xcom()


def push_ours(rows: Rows, root: str, login: HubLogin) -> None:
    """Push as DistisetPushOperator does."""
    subsets = [Subset("default", rows)]
    Distiset("numbers", subsets).push(REPO, source=open_store(root), login=login, shard_bytes=SHARD_BYTES)


def push_theirs(rows: Rows, root: str, login: HubLogin) -> None:
    """Push as somebody would who has the rows and ``datasets``."""
    from datasets import Dataset

    def generate() -> Any:
        for batch in rows.batches(1000):
            yield from batch

    data = Dataset.from_generator(generate, cache_dir=tempfile.mkdtemp(dir=Path(root.removeprefix("file://"))))
    data.push_to_hub(REPO, max_shard_size=SHARD_BYTES)


WAYS = {"ours": push_ours, "datasets": push_theirs}


def run(way: str, root: str, ref: dict[str, Any]) -> dict[str, float]:
    """Push in this process; give what it cost."""
    import datasets
    import huggingface_hub
    import pandas as pd
    import pyarrow.parquet

    assert all((datasets, huggingface_hub, pd, pyarrow.parquet))  # imported, so that they are not counted
    rows = Rows(open_store(root), [RowsRef.from_xcom(ref)])
    login = HubLogin(os.environ["HF_TOKEN"], os.environ["HF_ENDPOINT"])
    held, before, begin = peak(), time.process_time(), time.perf_counter()
    WAYS[way](rows, root, login)
    cpu, wall = time.process_time() - before, time.perf_counter() - begin
    assert resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime == 0, "a child did work that is not counted"
    return {"cpu": cpu, "wall": wall, "memory": (peak() - held) / MIB}


def measure(way: str, root: str, ref: dict[str, Any]) -> dict[str, float]:
    """Push in a process of its own, to a Hub of its own."""
    with FakeHub() as hub, tempfile.TemporaryDirectory(prefix="bench-hub-") as home:
        command = [sys.executable, __file__, "--way", way, "--root", root, "--ref", json.dumps(ref)]
        environment = {**os.environ, **hub.environment, "HF_HOME": home, "HF_HUB_DISABLE_PROGRESS_BARS": "1"}
        environment["PYTHONPATH"] = str(Path(__file__).parents[1])
        done = subprocess.run(command, env=environment, check=True, stdout=subprocess.PIPE, text=True)
        found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
        shards = sum(path.endswith(".parquet") for path in hub.tree(REPO))
        return {**found, "commits": len(hub.commits(REPO)) - 1, "shards": shards}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=500_000)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--way", choices=WAYS)
    parser.add_argument("--root")
    parser.add_argument("--ref", type=json.loads)
    arguments = parser.parse_args()
    if arguments.way:
        print(json.dumps(run(arguments.way, arguments.root, arguments.ref)))
        return
    with tempfile.TemporaryDirectory(prefix="bench-hub-") as folder:
        root = Path(folder).as_uri()
        ref = write_rows(root, arguments.rows)
        runs: dict[str, list[dict[str, float]]] = {way: [] for way in WAYS}
        for _ in range(arguments.repeat):
            for way, costs in runs.items():
                costs.append(measure(way, root, ref))
    best = {way: {name: min(cost[name] for cost in costs) for name in costs[0]} for way, costs in runs.items()}
    print(f"{arguments.rows:,} rows of 500 bytes, shards of {SHARD_BYTES // MIB} MiB")
    for way, cost in best.items():
        ratios = ", ".join(f"{name} x {cost[name] / best['datasets'][name]:.2f}" for name in NUMBERS)
        print(
            f"{way:>10}: {cost['cpu']:6.1f} s CPU, {cost['wall']:6.1f} s, {cost['memory']:5.0f} MiB, "
            f"{cost['shards']:.0f} shards, {cost['commits']:.0f} commits ({ratios} of datasets)"
        )


if __name__ == "__main__":
    main()

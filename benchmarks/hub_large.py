"""Peak memory and scratch disk of pushing a data set of 5 GB, made by a generator step, to a fake Hub.

The two tasks of the DAG run in processes of their own, as on a worker; memory is above what the process of the
push held after its imports. The target is two shards (of 500 MiB) for each. It wants about 15 GB of disk.

    python benchmarks/hub_large.py
    python benchmarks/hub_large.py --gigabytes 1
"""

from __future__ import annotations

import argparse
import base64
import json
import os
import random
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

from airflow_artifacts.distiset import Distiset, Subset
from airflow_artifacts.distiset.model import SHARD_BYTES
from airflow_artifacts.hub import HubLogin
from airflow_artifacts.rows import Rows, RowsRef, RowsWriter
from airflow_artifacts.steps import GeneratorStep
from airflow_artifacts.steps.driving import drive
from airflow_artifacts.storage import open_store
from airflow_artifacts.testing import FakeHub
from benchmarks.memory import MIB, peak

REPO = "tester/large"
ROW_BYTES = 500


class Texts(GeneratorStep):
    """Makes texts that cannot be compressed to nothing."""

    count: int

    def process(self, offset: int = 0) -> Any:
        choose = random.Random(offset)  # noqa: S311 - for texts
        for start in range(offset, self.count, 1000):
            data = choose.randbytes(375 * 1000)
            rows = [
                {"id": start + n, "text": base64.b64encode(data[375 * n : 375 * (n + 1)]).decode()}
                for n in range(min(1000, self.count - start))
            ]
            yield rows, start + 1000 >= self.count


def load(root: str, count: int) -> None:
    """Run the generator step, and print the ref of its rows."""
    with RowsWriter(open_store(root), "runs/dag/run/load/-1/001-a") as writer:
        drive(Texts(count=count), [], writer)
        print(json.dumps(writer.commit(producer={}, step={}).to_xcom()))


def push(root: str, ref: str) -> None:
    """Push the rows, and print what memory that took."""
    import huggingface_hub
    import pandas as pd
    import pyarrow.parquet

    assert all((huggingface_hub, pd, pyarrow.parquet))  # imported, so that they are not counted
    store = open_store(root)
    rows = Rows(store, [RowsRef.from_xcom(json.loads(ref))])
    login = HubLogin(os.environ["HF_TOKEN"], os.environ["HF_ENDPOINT"])
    held, begin = peak(), time.perf_counter()
    Distiset("large", [Subset("default", rows)]).push(REPO, source=store, login=login)
    print(json.dumps([(peak() - held) / MIB, time.perf_counter() - begin]))


def run(*arguments: str, **variables: str) -> str:
    environment = {**os.environ, **variables, "PYTHONPATH": str(Path(__file__).parents[1])}
    command = [sys.executable, __file__, *arguments]
    done = subprocess.run(command, env=environment, check=True, stdout=subprocess.PIPE, text=True)
    return done.stdout.splitlines()[-1]


def watch(folder: Path, sizes: list[int], ended: threading.Event) -> None:
    """Note the size of a folder again and again."""
    while not ended.wait(0.1):
        total = 0
        for path in folder.rglob("*"):
            try:
                total += path.stat().st_blocks * 512
            except FileNotFoundError:
                continue
        sizes.append(total)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--gigabytes", type=float, default=5)
    parser.add_argument("--load", nargs=2)
    parser.add_argument("--push", nargs=2)
    arguments = parser.parse_args()
    if arguments.load:
        load(arguments.load[0], int(arguments.load[1]))
        return 0
    if arguments.push:
        push(*arguments.push)
        return 0
    count = int(arguments.gigabytes * 10**9 / ROW_BYTES)
    with FakeHub() as hub, tempfile.TemporaryDirectory(prefix="hub-large-") as folder:
        root, scratch = (Path(folder) / "root").as_uri(), Path(folder, "scratch")
        scratch.mkdir()
        ref = run("--load", root, str(count))
        sizes, ended = [0], threading.Event()
        watching = threading.Thread(target=watch, args=(scratch, sizes, ended))
        watching.start()
        # Over LFS: to put the chunks of xet together takes the fake Hub longer than all the rest.
        variables = {**hub.environment, "TMPDIR": str(scratch), "HF_HOME": str(scratch), "HF_HUB_DISABLE_XET": "1"}
        memory, seconds = json.loads(run("--push", root, ref, **variables))
        ended.set()
        watching.join()
        shards = [file.size for path, file in hub.tree(REPO).items() if path.endswith(".parquet")]
        commits = len(hub.commits(REPO)) - 1
    limit, disk = 2 * SHARD_BYTES / MIB, max(sizes) / MIB
    size, made = count * ROW_BYTES / 10**9, sum(shards) / MIB
    print(f"{count:,} rows, {size:.1f} GB; {len(shards)} shards, {made:,.0f} MiB of Parquet, {seconds:.0f} s")
    print(
        f"{commits} commit, peak memory {memory:,.0f} MiB, peak scratch disk {disk:,.0f} MiB ({limit:,.0f} each)"
    )
    return int(not (memory < limit and disk < limit))


if __name__ == "__main__":
    sys.exit(main())

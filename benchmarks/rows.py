"""How fast rows go from one task to the next, beside other formats.

A hop is what a task does with rows: import the library, read rows in batches of 50, add a column, write them.
Each hop runs in a process of its own; its CPU time (all threads) and its peak memory above the imports are
taken by the parent from ``getrusage``. The first hop writes the rows that the second one reads.

    python benchmarks/rows.py
    python benchmarks/rows.py --large --only ours pickle
"""

from __future__ import annotations

import argparse
import io
import itertools
import json
import os
import pickle
import random
import resource
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

BATCH = 50
KINDS = ("text", "embedding")
FORMATS = ("ours", "pickle", "jsonl", "parquet")
PICKLE_TARGET, PARQUET_TARGET = 1.4, 3.0
SETTLED = 100_000  # rows from which the targets hold


class Hop(NamedTuple):
    """CPU and wall time in seconds, and peak memory above the imports in MB."""

    cpu: float
    wall: float
    memory: float


def make_rows(kind: str, count: int) -> Iterator[dict[str, Any]]:
    import numpy as np

    choose = random.Random(7)  # noqa: S311
    letters = "abcdefghijklmnopqrstuvwxyz"
    words = ["".join(choose.choices(letters, k=choose.randint(2, 9))) for _ in range(5000)]
    vectors = np.random.default_rng(7)
    for number in range(count):
        if kind == "embedding":
            vector = vectors.standard_normal(384, dtype=np.float32)
            yield {"id": number, "text": " ".join(choose.choices(words, k=12)), "embedding": vector}
            continue
        texts = [" ".join(choose.choices(words, k=50)) for _ in range(3)]
        usage = {"input_tokens": number % 512, "output_tokens": 128, "finish": "stop", "score": choose.random()}
        yield {"id": number, "text": texts[0], "generations": texts[1:], "usage": {"model": "m", "tokens": usage}}


def add_column(batches: Iterator[list[dict[str, Any]]], column: str) -> Iterator[list[dict[str, Any]]]:
    for batch in batches:
        for row in batch:
            row[column] = row["id"] % 7
        yield batch


def batched(rows: Iterator[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    while batch := list(itertools.islice(rows, BATCH)):
        yield batch


def hop_ours(source: Path, target: Path, _: str) -> Callable[[Iterator[Any] | None], None]:
    from airflow_artifacts.rows import Rows, RowsRef, RowsWriter
    from airflow_artifacts.storage import LocalObjectStore

    def run(first: Iterator[Any] | None) -> None:
        if first is None:
            ref = RowsRef.from_xcom(json.loads((source / "ref.json").read_text()))
            first = Rows(LocalObjectStore(source), [ref]).batches(BATCH)
        with RowsWriter(LocalObjectStore(target), "rows-of-one-task") as writer:
            for done, batch in enumerate(add_column(first, target.name), 1):
                writer.write(batch)
                writer.mark(done * BATCH)
            ref = writer.commit(producer={}, step={})
        (target / "ref.json").write_text(json.dumps(ref.to_xcom()))

    return run


def hop_pickle(source: Path, target: Path, kind: str) -> Callable[[Iterator[Any] | None], None]:
    if kind == "embedding":
        import numpy  # noqa: F401, ICN001 - what reading imports anyway

    def read() -> Iterator[list[dict[str, Any]]]:
        with (source / "rows.pickle").open("rb") as file:
            while True:
                try:
                    yield pickle.load(file)
                except EOFError:
                    return

    def run(first: Iterator[Any] | None) -> None:
        with (target / "rows.pickle").open("wb") as file:
            for batch in add_column(first or read(), target.name):
                pickle.dump(batch, file, protocol=pickle.HIGHEST_PROTOCOL)

    return run


def hop_jsonl(source: Path, target: Path, kind: str) -> Callable[[Iterator[Any] | None], None]:
    import zstandard

    if kind == "embedding":
        import numpy as np

    def read() -> Iterator[dict[str, Any]]:
        with (source / "rows.jsonl.zst").open("rb") as file:
            reader = zstandard.ZstdDecompressor().stream_reader(file)
            for line in io.TextIOWrapper(io.BufferedReader(reader, 1 << 20), encoding="utf-8"):
                row = json.loads(line)
                if kind == "embedding":
                    row["embedding"] = np.array(row["embedding"], dtype=np.float32)
                yield row

    def run(first: Iterator[Any] | None) -> None:
        raw = (target / "rows.jsonl.zst").open("wb")
        with raw, zstandard.ZstdCompressor(level=1).stream_writer(raw) as file:
            for batch in add_column(first or batched(read()), target.name):
                lines = (json.dumps(row, default=lambda array: array.tolist()) for row in batch)
                file.write(("\n".join(lines) + "\n").encode())

    return run


def hop_parquet(source: Path, target: Path, kind: str) -> Callable[[Iterator[Any] | None], None]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    if kind == "embedding":
        import numpy as np

    def read() -> Iterator[list[dict[str, Any]]]:
        for batch in pq.ParquetFile(source / "rows.parquet").iter_batches(BATCH):
            rows = batch.to_pylist()
            if kind == "embedding":
                for row in rows:
                    row["embedding"] = np.array(row["embedding"], dtype=np.float32)
            yield rows

    def run(first: Iterator[Any] | None) -> None:
        writer = None
        batches = add_column(first or read(), target.name)
        while group := list(itertools.islice(batches, 20)):
            rows = [row for batch in group for row in batch]
            table = pa.Table.from_pylist(rows)
            writer = writer or pq.ParquetWriter(target / "rows.parquet", table.schema, compression="zstd")
            writer.write_table(table.cast(writer.schema))
        if writer is not None:
            writer.close()

    return run


HOPS = {"ours": hop_ours, "pickle": hop_pickle, "jsonl": hop_jsonl, "parquet": hop_parquet}


def peak() -> float:
    """Give this process's own peak memory in MB; ``ru_maxrss`` would count its parent's, from before exec."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM")) / 1024


def child(arguments: argparse.Namespace) -> None:
    """Run one hop, and print the memory that it took above the imports."""
    source, target = Path(arguments.source), Path(arguments.target)
    target.mkdir()
    run = HOPS[arguments.child](source, target, arguments.kind)
    first = batched(make_rows(arguments.kind, arguments.count)) if arguments.count else None
    before = peak()
    run(first)
    print(peak() - before)


def measure(name: str, kind: str, source: Path, target: Path, count: int = 0) -> Hop:
    command = [sys.executable, __file__, "--child", name, "--kind", kind, "--count", str(count)]
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    done = subprocess.run(
        [*command, "--source", str(source), "--target", str(target)],
        check=True,
        stdout=subprocess.PIPE,
        env=os.environ | {"PYTHONPATH": str(Path(__file__).resolve().parents[1])},
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Hop(cpu, time.perf_counter() - start, float(done.stdout))


@contextmanager
def hops(name: str, kind: str, count: int, repeat: int, folder: str | None) -> Iterator[list[Hop]]:
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        base = Path(scratch)
        measure(name, kind, base, base / "first", count)
        yield [measure(name, kind, base / "first", base / f"hop{n}") for n in range(repeat)]


def compare(speeds: dict[tuple[str, int, str], float]) -> bool:
    """Print the ratios beside their targets; False when one is missed."""
    is_met = True
    for kind, count in dict.fromkeys((kind, count) for kind, count, _ in speeds):
        own = speeds.get((kind, count, "ours"))
        for other in FORMATS[1:]:
            if own is None or (kind, count, other) not in speeds:
                continue
            speed = own / speeds[kind, count, other]
            line = f"{kind:10} {count:>9,} rows: ours is {speed:5.2f} times as fast as {other}"
            if count >= SETTLED and other in {"pickle", "parquet"}:
                needed = 1 / PICKLE_TARGET if other == "pickle" else PARQUET_TARGET
                is_met = is_met and speed >= needed
                line += f" (target {needed:.2f}: {'met' if speed >= needed else 'MISSED'})"
            print(line)
    return is_met


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--large", action="store_true", help="measure 1,000,000 rows too")
    parser.add_argument("--rows", type=int, nargs="+", default=[10_000, 100_000], help="numbers of rows")
    parser.add_argument("--only", nargs="+", choices=FORMATS, default=FORMATS, help="formats to measure")
    parser.add_argument("--kinds", nargs="+", choices=KINDS, default=KINDS, help="kinds of rows")
    parser.add_argument("--repeat", type=int, default=3, help="hops per measurement; the best one counts")
    parser.add_argument("--folder", help="where to put the files; the system's temporary folder by default")
    for option in ("--child", "--kind", "--source", "--target"):
        parser.add_argument(option, help=argparse.SUPPRESS)
    parser.add_argument("--count", type=int, help=argparse.SUPPRESS)
    return parser.parse_args()


def main() -> None:
    arguments = parse()
    if arguments.child:
        child(arguments)
        return
    speeds = {}
    print("kind            rows  format   k rows/CPU s   CPU s  wall s  MB above imports")
    for kind, count in itertools.product(arguments.kinds, arguments.rows + [1_000_000] * arguments.large):
        for name in arguments.only:
            with hops(name, kind, count, arguments.repeat, arguments.folder) as found:
                best = min(found)
            speeds[kind, count, name] = count / best.cpu
            speed = count / best.cpu / 1000
            numbers = f"{speed:12.1f} {best.cpu:7.2f} {best.wall:7.2f} {best.memory:12.0f}"
            print(f"{kind:10} {count:>9,}  {name:8} {numbers}", flush=True)
    sys.exit(not compare(speeds))


if __name__ == "__main__":
    main()

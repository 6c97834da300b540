"""Copies files one way, once, and prints what it cost; in a process of its own."""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path

from benchmarks._artifacts.measuring import cpu
from benchmarks._storage.ways import WAYS, OursChecked


def memory(what: str) -> float:
    """Give a line of this process's status in MiB: ``VmRSS`` is the memory that it holds, ``VmHWM`` its peak."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith(what)) / 1024


def forget_peak() -> None:
    """Begin to take the peak anew."""
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--way", choices=WAYS, required=True)
    parser.add_argument("--act", choices=("upload", "download"), required=True)
    parser.add_argument(
        "--source", type=Path, required=True, help="folder of the files that are, or were, uploaded"
    )
    parser.add_argument("--target", type=Path, required=True, help="folder for what is downloaded")
    parser.add_argument("--prefix", required=True, help="folder of their keys")
    arguments = parser.parse_args()
    before = cpu()
    way = WAYS[arguments.way]()
    sources = [(path, f"{arguments.prefix}/{path.name}") for path in sorted(arguments.source.iterdir())]
    warm, received = arguments.target / "warm", arguments.target / "warm-received"
    warm.write_bytes(b"warm")
    if isinstance(way, OursChecked):
        way.remember([(warm, "warm/up")])
    # Imports, connecting, credentials and the first threads are not in what is compared.
    way.upload([(warm, "warm/up")])
    way.download([(received, "warm/up")])
    warm.unlink()
    received.unlink()
    pairs = sources
    if arguments.act == "download":
        pairs = [(arguments.target / path.name, key) for path, key in sources]
    start = cpu() - before
    if isinstance(way, OursChecked):
        way.remember(sources)
    forget_peak()
    held, used, begin = memory("VmRSS"), cpu(), time.perf_counter()
    getattr(way, arguments.act)(pairs)
    wall = time.perf_counter() - begin
    costs = {"cpu": cpu() - used, "wall": wall, "memory": memory("VmHWM") - held, "start": start}
    print(json.dumps(costs))


if __name__ == "__main__":
    main()

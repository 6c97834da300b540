"""What the catalogue of 10,000 versions costs, beside reading the same records with the standard library.

The versions are of 10,000 names, of 1,000 names and of one name. Beside each figure stands its ratio to what it
takes in the same process to read all records with ``pathlib`` and ``json``, or to list them with ``os.walk``. Each
figure is CPU time, the least of several.

    python benchmarks/catalogue.py
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import tempfile
import time
import tracemalloc
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Any

from airflow_artifacts.artifacts import ArtifactRepository
from airflow_artifacts.artifacts.catalogue import Catalogue, Query, parse_condition
from airflow_artifacts.storage import open_store

if TYPE_CHECKING:
    from collections.abc import Callable

FAN = 16


def record(name: str, number: int) -> dict[str, Any]:
    """Give a record like those that tasks write: one in ten is of an attempt of its own, and has parents."""
    attempt = str(uuid.UUID(int=number // 10))
    folder = f"runs/dag{number % 20}/run{number // 100}/task/-1/001-{attempt}/artifacts/{name}-{number:016x}"
    return {
        "format": "airflow-artifacts/version/1",
        "name": name,
        "path": folder,
        "files": [{"path": f"{file}.bin", "size": 1000, "sha256": f"{number:064x}"} for file in range(2)],
        "size": 2000,
        "created_at": f"2026-03-{number % 28 + 1:02}T08:00:00.{number:06}+00:00",
        "kind": ("table", "image", "model")[number % 3],
        "codec": "folder",
        "media_type": None,
        "metadata": {"accuracy": number / 10_000, "stage": "test", "epochs": number % 7},
        "facts": {"files": 2},
        "tags": ["nightly"] if number % 2 else [],
        "label": None,
        "step": None,
        "producer": {
            "dag_id": f"dag{number % 20}",
            "run_id": f"run{number // 100}",
            "task_id": "task",
            "map_index": -1,
            "try_number": 1,
            "attempt": attempt,
            "logical_date": None,
        },
        "parents": [[name, 1]] if number % 10 == 0 else [],
        "source": None,
        "id": f"{number:016x}",
    }


def fill(root: Path, names: int, versions: int) -> None:
    """Write the registry as saves do, with its blocks, but without their waiting for the disk."""
    for index in range(names):
        name = f"name{index:05}"
        folder = root / "registry" / name
        folder.mkdir(parents=True)
        records = [record(name, index * versions + number) for number in range(versions)]
        for number, each in enumerate(records, 1):
            (folder / str(number)).write_text(json.dumps(each, separators=(",", ":")))
        if versions > 1:
            (folder / "last").write_text(str(versions))
        size = FAN
        while size <= versions:
            (folder / "blocks").mkdir(exist_ok=True)
            for first in range(1, versions - size + 2, size):
                lines = [json.dumps({**each, "files": None}) for each in records[first - 1 : first - 1 + size]]
                (folder / "blocks" / f"{first}-{first + size - 1}").write_text("\n".join(lines))
            size *= FAN


def cpu(act: Callable[[], Any], times: int) -> float:
    """Give the least CPU time of several calls, in seconds."""
    best = float("inf")
    for _ in range(times):
        gc.collect()
        begin = time.process_time()
        act()
        best = min(best, time.process_time() - begin)
    return best


def walk(root: Path) -> list[Path]:
    """List with the standard library."""
    found = []
    for folder, _, files in os.walk(root / "registry"):
        found += [Path(folder, file) for file in files if Path(folder, file).stat().st_size]
    return found


def read_plainly(root: Path) -> list[Any]:
    """Read all records with the standard library."""
    return [json.loads(path.read_bytes()) for path in walk(root) if path.name.isdigit()]


def anyone(_: str | None) -> bool:
    return True


def run(names: int, versions: int, times: int) -> None:
    """Fill a root and measure."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        fill(root, names, versions)
        store = open_store(folder)
        print(f"{names:,} names with {versions:,} versions{'CPU ms':>28}   ratio")
        plain, listing = cpu(lambda: read_plainly(root), times), cpu(lambda: walk(root), times)
        print(f"  {'all records with pathlib and json':50} {plain * 1000:8.1f}")
        print(f"  {'listing with os.walk':50} {listing * 1000:8.1f}")

        def show(what: str, act: Callable[[], Any], base: float = plain, times: int = times) -> None:
            taken = cpu(act, times)
            print(f"  {what:50} {taken * 1000:8.1f} {taken / base:7.2f}")

        show("the first find", lambda: Catalogue(store).find(Query(), anyone))
        show("ArtifactRepository.latest", lambda: ArtifactRepository(store).latest(), times=1)
        catalogue = Catalogue(store)
        catalogue.refresh()
        show("refresh, nothing new (beside os.walk)", catalogue.refresh, listing)
        new = iter(range(versions + 1, versions + 1000))

        def refresh_one() -> None:
            number = next(new)
            content = json.dumps(record("name00000", number))
            (root / "registry/name00000" / str(number)).write_text(content)
            catalogue.refresh()

        show("refresh, one new (beside os.walk)", refresh_one, listing)
        conditions = (parse_condition("accuracy>0.5"), parse_condition("stage=test"))
        wanted = Query(text="NAME", kind="table", tags=("nightly",), metadata=conditions)
        show("find, filtered", lambda: catalogue.find(wanted, anyone))
        show("find, the latest of each name", lambda: catalogue.find(Query(latest=True), anyone))
        show("facets", lambda: catalogue.facets(anyone))
        show("series", lambda: catalogue.series("name00000", anyone))
        show("children", lambda: catalogue.children("name00000", 1, anyone))
        measure_memory(folder, names * versions)


def measure_memory(folder: str, versions: int) -> None:
    tracemalloc.start()
    catalogue = Catalogue(open_store(folder))
    catalogue.refresh()
    gc.collect()
    kept, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    print(f"  memory: {kept / versions:,.0f} bytes for each version are kept, {peak / versions:,.0f} at most")


def main() -> None:
    """Read the command line and run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--versions", type=int, default=10_000)
    parser.add_argument("--repeat", type=int, default=3)
    arguments = parser.parse_args()
    for versions in (1, 10, arguments.versions):
        run(arguments.versions // versions, versions, arguments.repeat)


if __name__ == "__main__":
    main()

"""Peak memory of load, map and save, each in a process of its own, above what it holds after its imports."""

from __future__ import annotations

import argparse
import json
import os
import random
import resource
import subprocess
import sys
import tempfile
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

MIB = 1024 * 1024
LIMITS = {"load": 200, "map": 200, "save": 500}  # MiB above the imports
WORDS = [f"word{number:04d}" for number in range(2000)]


def iter_texts(count: int) -> Iterator[dict[str, Any]]:
    """Give rows of about 500 bytes."""
    choose = random.Random(7)  # noqa: S311 - texts that do not shrink to nothing
    for number in range(count):
        yield {"id": number, "text": " ".join(choose.choices(WORDS, k=54))}


def peak() -> int:
    """Peak resident memory of this process in bytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def run_task(task: str, rows: int, folder: Path) -> dict[str, float]:
    """Run one task of the chain in this process, as its operator would; give what it cost."""
    from airflow.sdk import DAG

    from airflow_artifacts.operators import DistisetPushOperator, StepOperator
    from airflow_artifacts.steps import GeneratorStep, Step

    class Texts(GeneratorStep):
        def process(self, offset: int = 0) -> Any:
            batch = []
            for row in iter_texts(rows):
                batch.append(row)
                if len(batch) == self.batch_size:
                    yield batch, False
                    batch = []
            yield batch, True

    class Measure(Step):
        def process(self, inputs: Any) -> Any:
            yield [{**row, "length": len(row["text"])} for row in inputs]

    refs = {path.stem: json.loads(path.read_text()) for path in folder.glob("*.ref")}
    makers: dict[str, Callable[[], Any]] = {
        "load": lambda: StepOperator(task_id="load", step=Texts()),
        "map": lambda: StepOperator(task_id="map", step=Measure(), inputs=refs["load"]),
        "save": lambda: DistisetPushOperator(task_id="save", path=str(folder / "out"), inputs=refs["map"]),
    }
    with DAG("memory", schedule=None):
        operator = makers[task]()
    ids = {"dag_id": "memory", "run_id": "run", "task_id": task, "map_index": -1, "try_number": 1, "id": task}
    context: Any = {"ti": SimpleNamespace(**ids, xcom_push=lambda *_: None), "logical_date": None}
    if task == "save":
        import pyarrow.parquet  # noqa: F401 - what the process holds after its imports
    before = peak()
    execute: Any = type(operator).execute
    ref = execute.__wrapped__(operator, context)
    made = ref["rows"]
    assert (made if task != "save" else made["default"]["train"]) == rows, made
    (folder / f"{task}.ref").write_text(json.dumps(ref))
    used = resource.getrusage(resource.RUSAGE_SELF)
    return {"memory": peak() - before, "cpu": used.ru_utime + used.ru_stime}


def main() -> int:
    """Print a table; give 1 if a limit is passed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, nargs="*", default=[100_000, 1_000_000])
    parser.add_argument("--task", help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.task:
        sys.stdout.write(json.dumps(run_task(arguments.task, arguments.rows[0], arguments.folder)))
        return 0
    passed = False
    for rows in arguments.rows:
        with tempfile.TemporaryDirectory() as folder:
            environment = {**os.environ, "AIRFLOW__AIRFLOW_ARTIFACTS__ROOT": f"{folder}/root"}
            for task, limit in LIMITS.items():
                command = [sys.executable, __file__, "--rows", str(rows), "--task", task, "--folder", folder]
                answer = subprocess.run(command, check=True, capture_output=True, text=True, env=environment)
                cost = json.loads(answer.stdout.splitlines()[-1])
                memory = cost["memory"] / MIB
                passed |= memory > limit
                print(f"{rows:>9,} rows  {task:5} {memory:6.0f} MiB (limit {limit})  {cost['cpu']:6.1f} CPU s")
    return int(passed)


if __name__ == "__main__":
    sys.exit(main())

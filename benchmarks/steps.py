"""A chain of steps (load, map, global statistics with an artifact): as tasks, called directly, and in distilabel.

As tasks it is run by ``dag.test()``, with Airflow imported and its database made beforehand. Called directly, the
same step objects hand their lists to each other in one process. distilabel runs a pipeline of the same three steps
in an environment of its own, which ``--distilabel`` makes.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).parents[1]
WORDS = [f"word{number:04d}" for number in range(2000)]
DISTILABEL = """
import json, resource, sys, time
from pathlib import Path
from distilabel.pipeline import Pipeline
from distilabel.steps import GeneratorStep, GlobalStep, Step, StepInput

class Load(GeneratorStep):
    path: str
    @property
    def outputs(self): return ["id", "text"]
    def process(self, offset=0):
        rows = []
        with open(self.path) as file:
            for line in file:
                if len(rows) == self.batch_size:  # an empty last batch would make the pipeline wait for ever
                    yield rows, False
                    rows = []
                rows.append(json.loads(line))
        yield rows, True

class Measure(Step):
    @property
    def inputs(self): return ["text"]
    @property
    def outputs(self): return ["length"]
    def process(self, inputs: StepInput):
        yield [{**row, "length": len(row["text"])} for row in inputs]

class Mean(GlobalStep):
    @property
    def inputs(self): return ["length"]
    @property
    def outputs(self): return ["mean"]
    def process(self, inputs: StepInput):
        mean = sum(row["length"] for row in inputs) / len(inputs)
        self.save_artifact("mean", lambda path: (path / "mean.json").write_text(json.dumps(mean)) and None, {})
        yield [{**row, "mean": mean} for row in inputs]

if __name__ == "__main__":
    begin = time.monotonic()
    with Pipeline("bench", cache_dir=sys.argv[2]) as pipeline:
        Load(path=sys.argv[1]) >> Measure() >> Mean()
    data = pipeline.run(use_cache=False)
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    cpu = sum(each.ru_utime + each.ru_stime for each in used)
    print(json.dumps({"wall": time.monotonic() - begin, "cpu": cpu, "rows": len(data["default"]["train"])}))
"""


def make_steps(path: str) -> tuple[Any, Any, Any]:
    """Make the three steps."""
    from airflow_artifacts.steps import GlobalStep, LoadDataFromFiles, Step, StepInput

    class Measure(Step):
        def process(self, inputs: StepInput) -> Any:
            yield [{**row, "length": len(row["text"])} for row in inputs]

    class Mean(GlobalStep):
        def process(self, inputs: StepInput) -> Any:
            mean = statistics.fmean(row["length"] for row in inputs)
            self.save_artifact("mean", lambda folder: (folder / "mean.json").write_text(json.dumps(mean)))
            yield [{**row, "mean": mean} for row in inputs]

    return LoadDataFromFiles(data_files=path), Measure(), Mean()


def run_directly(path: str) -> int:
    """Call the steps one after the other; give the number of rows."""
    load, measure, mean = make_steps(path)
    measured = [row for batch, _ in load.process() for rows in measure.process(batch) for row in rows]
    return sum(len(rows) for rows in mean.process(measured))


def run_as_tasks(path: str) -> int:
    """Run the steps as tasks of a DAG; give the number of rows."""
    from airflow.dag_processing.dagbag import DagBag, sync_bag_to_db
    from airflow.sdk import DAG

    from airflow_artifacts.operators import StepOperator

    with DAG("bench", schedule=None) as dag:
        load, measure, mean = (
            StepOperator(task_id=f"step{n}", step=step) for n, step in enumerate(make_steps(path))
        )
        load >> measure >> mean
    bag = DagBag(os.environ["AIRFLOW__CORE__DAGS_FOLDER"])
    bag.bag_dag(dag)
    sync_bag_to_db(bag, "dags-folder", None)
    run = dag.test()
    assert str(run.state) == "success", run.state
    return int(run.get_task_instance("step2").xcom_pull("step2")["rows"])


def measure(kind: str, path: str) -> dict[str, Any]:
    """Run one way in this process, once to warm up with few rows, then for the record."""
    run = {"directly": run_directly, "tasks": run_as_tasks}[kind]
    if kind == "tasks":
        from airflow.dag_processing.bundles.manager import DagBundlesManager
        from airflow.utils.db import initdb

        initdb()
        DagBundlesManager().sync_bundles_to_db()  # type: ignore[no-untyped-call]
    warm_up = Path(path).with_name("few.jsonl")
    warm_up.write_text(Path(path).read_text()[:6000].rpartition("\n")[0] + "\n")
    run(str(warm_up))
    before, begin = time.process_time(), time.monotonic()
    rows = run(path)
    return {"cpu": time.process_time() - before, "wall": time.monotonic() - begin, "rows": rows}


def run_child(command: list[str], home: str) -> dict[str, Any]:
    """Run a way in a process of its own."""
    environment = {
        **os.environ,
        "AIRFLOW_HOME": home,
        "AIRFLOW__CORE__DAGS_FOLDER": f"{home}/dags",
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__LOGGING__LOGGING_LEVEL": "ERROR",
        "HF_HUB_OFFLINE": "1",
        "HF_HOME": f"{home}/huggingface",
    }
    answer = subprocess.run(command, check=True, capture_output=True, text=True, env=environment)
    return dict(json.loads(answer.stdout.splitlines()[-1]))


def main() -> int:
    """Print a table of the ways, and the ratios."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000, help="rows of about 500 bytes")
    parser.add_argument("--distilabel", action="store_true", help="make .venv-distilabel, and run distilabel too")
    parser.add_argument("--way", help=argparse.SUPPRESS)
    parser.add_argument("--path", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.way:
        print(json.dumps(measure(arguments.way, arguments.path)))
        return 0
    with tempfile.TemporaryDirectory() as home:
        Path(home, "dags").mkdir()
        path = Path(home, "texts.jsonl")
        with path.open("w") as file:
            for number in range(arguments.rows):
                words = (WORDS[(number * 7919 + position * 104729) % len(WORDS)] for position in range(54))
                file.write(json.dumps({"id": number, "text": " ".join(words)}) + "\n")
        results = {
            way: run_child([sys.executable, __file__, "--way", way, "--path", str(path)], home)
            for way in ("directly", "tasks")
        }
        if arguments.distilabel:
            python = PROJECT / ".venv-distilabel" / "bin" / "python"
            if not python.exists():
                subprocess.run([sys.executable, "-m", "venv", str(python.parents[1])], check=True)
                packages = ["distilabel==1.5.3", "requests", "pillow", "setuptools<81"]
                subprocess.run([str(python), "-m", "pip", "install", "--quiet", *packages], check=True)
            script = Path(home, "pipeline_of_distilabel.py")
            script.write_text(DISTILABEL)
            results["distilabel"] = run_child([str(python), str(script), str(path), f"{home}/cache"], home)
    for way, result in results.items():
        print(f"{way:11} {result['rows']:>9,} rows  {result['cpu']:7.2f} CPU s  {result['wall']:7.2f} s")
    ours = results["tasks"]
    print(f"as tasks: {ours['cpu'] / results['directly']['cpu']:.2f} times the CPU of direct calls (target 3)")
    if "distilabel" in results:
        print(
            f"as tasks: {results['distilabel']['wall'] / ours['wall']:.1f} times as fast as distilabel (target 30)"
        )
    return 0


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    sys.exit(main())

"""What saving 1, 10, 100 and 1000 artifacts of 4 KiB in one task costs, beside MLflow and ZenML.

Each way of saving runs in a process and a home of its own, the peers in environments that are made on the first
call and kept. A task saves one artifact to warm up, then the others while CPU (user and system, all threads and
children) and wall time are taken. The S3 server is another process, so its CPU counts for nobody. Each
number is the smallest of several runs. The exit code is 1 where a target is missed.

    python benchmarks/artifacts.py
    python benchmarks/artifacts.py --stores local --only "MLflow log_artifact" --repeat 1
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import random
import subprocess
import sys
import tempfile
import urllib.request
import uuid
from contextlib import nullcontext
from pathlib import Path
from typing import Any, NamedTuple

from tests.servers.s3 import running_server

PROJECT = Path(__file__).resolve().parents[1]
SIZE = 4096
SMALL, LARGE = 10, 1000
FLAT = 1.25  # an artifact of many may cost this much of what one of few does, for the sake of noise
STORES = ("local", "s3")


class Way(NamedTuple):
    """The function called, the module of ``_artifacts`` that calls it, and what its environment holds."""

    call: str
    module: str
    requirements: tuple[str, ...] = ()


WAYS = {
    "ours log_artifact": Way("log_artifact", "with_airflow"),
    "ours save_artifact": Way("save_artifact", "with_airflow"),
    "MLflow log_artifact": Way("log_artifact", "with_mlflow", ("mlflow>=3.17,<4", "boto3")),
    # What `zenml integration install s3` adds to ZenML.
    "ZenML save_artifact": Way(
        "save_artifact",
        "with_zenml",
        ("zenml[local]>=0.98,<1", "s3fs>2022.3.0,!=2025.3.1", "boto3", "aws-profile-manager"),
    ),
}
OURS = tuple(name for name, way in WAYS.items() if not way.requirements)
PEERS = tuple(name for name, way in WAYS.items() if way.requirements)


class Costs:
    """The smallest costs of one way on one store, over its runs, by the number saved in a task."""

    def __init__(self) -> None:
        self.version = ""
        self.start = float("inf")
        self.cpu: dict[int, float] = {}  # milliseconds per artifact
        self.wall: dict[int, float] = {}
        self.end: dict[int, float] = {}  # milliseconds

    def add(self, run: dict[str, Any]) -> None:
        self.version = run["version"]
        self.start = min(self.start, run["start"])
        for count in map(int, run["cpu"]):
            for costs, name, share in ((self.cpu, "cpu", count), (self.wall, "wall", count), (self.end, "end", 1)):
                each = run[name][str(count)] * 1000 / share
                costs[count] = min(costs.get(count, each), each)


def python_of(way: Way, environments: Path) -> str:
    """Give the Python of a way's environment, which is made unless it is there with the same requirements."""
    if not way.requirements:
        return sys.executable
    folder = environments / way.module
    python, complete = folder / "bin" / "python", folder / "complete"
    wanted = "\n".join(way.requirements)
    if not complete.exists() or complete.read_text() != wanted:
        print(f"making {folder}", flush=True)
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(folder)], check=True)
        subprocess.run([str(python), "-m", "pip", "install", "--quiet", "--quiet", *way.requirements], check=True)
        complete.write_text(wanted)
    return str(python)


def make_root(home: Path, endpoint: str) -> str:
    """Make a folder or a bucket that nobody has saved to."""
    if not endpoint:
        (home / "root").mkdir()
        return str(home / "root")
    bucket = f"bench-{uuid.uuid4().hex}"
    request = urllib.request.Request(f"{endpoint}/{bucket}", method="PUT")  # noqa: S310
    urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request).close()
    return f"s3://{bucket}"


def make_files(folder: Path, count: int) -> Path:
    """Make the files to save, and one more to warm up with."""
    folder.mkdir()
    choose = random.Random(7)  # noqa: S311 - bytes that do not shrink to nothing
    for number in range(count + 1):
        (folder / f"{number:06}.bin").write_bytes(choose.randbytes(SIZE))
    return folder


def environment(home: Path, root: str, endpoint: str) -> dict[str, str]:
    """Give the variables that a way runs with: nothing of this user's, no telemetry, no more than is needed."""
    foreign = ("AIRFLOW", "AWS_", "MLFLOW_", "ZENML_", "PYTHON")
    variables = {name: value for name, value in os.environ.items() if not name.startswith(foreign)} | {
        "HOME": str(home),
        "PYTHONPATH": str(PROJECT),
        "NO_PROXY": "127.0.0.1",
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__DAGS_FOLDER": str(home / "dags"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__LOGGING__LOGGING_LEVEL": "ERROR",
        "AIRFLOW__AIRFLOW_ARTIFACTS__ROOT": root,
        "GIT_PYTHON_REFRESH": "quiet",
        "MLFLOW_DISABLE_TELEMETRY": "true",
        "MLFLOW_ENABLE_SYSTEM_METRICS_LOGGING": "false",
        "MLFLOW_TRACKING_URI": f"sqlite:///{home}/mlflow.db",
        "ZENML_ANALYTICS_OPT_IN": "false",
        "ZENML_CONFIG_PATH": str(home / "zenml"),
        "ZENML_LOGGING_VERBOSITY": "ERROR",
    }
    if endpoint:
        variables |= {
            "AWS_ACCESS_KEY_ID": "key",
            "AWS_SECRET_ACCESS_KEY": "secret",
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_ENDPOINT_URL": endpoint,
            "MLFLOW_S3_ENDPOINT_URL": endpoint,
        }
    return variables


def run_once(way: Way, python: str, home: Path, endpoint: str, options: list[str]) -> dict[str, Any]:
    """Make the databases that a way needs in one process, and save in another; no endpoint is a folder."""
    (home / "dags").mkdir()
    root, costs = make_root(home, endpoint), home / "costs.json"
    command = [python, "-m", f"benchmarks._artifacts.{way.module}", "--call", way.call, "--root", root, *options]
    command += ["--costs", str(costs), "--endpoint", endpoint]
    for arguments in (["--prepare"], []):
        subprocess.run(
            command + arguments,
            check=True,
            cwd=home,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env=environment(home, root, endpoint),
        )
    return dict(json.loads(costs.read_text()))


def measure(arguments: argparse.Namespace, endpoint: str) -> tuple[dict[tuple[str, str], Costs], bool]:
    """Run every way on every store, in turns; say too whether one failed, which is printed and left out."""
    found: dict[tuple[str, str], Costs] = {}
    has_failed = False
    pythons = {name: python_of(WAYS[name], arguments.environments) for name in arguments.only}
    with tempfile.TemporaryDirectory() as scratch:
        files = make_files(Path(scratch, "files"), max(arguments.counts))
        options = ["--files", str(files), "--counts", *map(str, arguments.counts)]
        for _, store, name in itertools.product(range(arguments.repeat), arguments.stores, arguments.only):
            home = Path(tempfile.mkdtemp(dir=scratch))
            try:
                run = run_once(WAYS[name], pythons[name], home, endpoint if store == "s3" else "", options)
            except subprocess.CalledProcessError as error:
                has_failed = True
                print(f"{name}, {store}: not measured, it failed:\n{error.stdout[-3000:]}", flush=True)
                continue
            found.setdefault((store, name), Costs()).add(run)
    in_order = itertools.product(STORES, WAYS)
    return {key: found[key] for key in in_order if key in found}, has_failed


def show(found: dict[tuple[str, str], Costs], counts: list[int]) -> None:
    """Print the costs."""
    first, last = min(counts), max(counts)
    print(
        "\nCPU ms per artifact, by the artifacts saved in a task (wall ms in brackets), and what is not in them:"
    )
    print("start, CPU s for imports (Airflow's own not counted for ours), connecting and the first save;")
    print("end, CPU ms from the last save to the end of the run or task (with what Airflow itself does then)\n")
    heads = "".join(f"{count:>17,}" for count in counts)
    print(f"{'store':6}{'way':20}{'version':8}{heads}  start  end of {first:,} and {last:,}")
    for (store, name), costs in found.items():
        cells = "".join(f"{costs.cpu[count]:8.2f} {f'({costs.wall[count]:.2f})':>8}" for count in counts)
        ends = f"{costs.end[first]:8.1f} {costs.end[last]:8.1f}"
        print(f"{store:6}{name:20}{costs.version:8}{cells}{costs.start:7.2f} {ends}")
    print()


def compare(found: dict[tuple[str, str], Costs], counts: list[int]) -> bool:
    """Print the ratios beside their targets; False when one is missed."""
    is_met = True
    for (store, name), costs in found.items():
        for peer in PEERS if name in OURS else ():
            if (store, peer) not in found:
                continue
            ratios = [costs.cpu[count] / found[store, peer].cpu[count] for count in counts]
            is_less = max(ratios) < 1
            is_met = is_met and is_less
            cells = ", ".join(f"{ratio:.2f} at {count:,}" for ratio, count in zip(ratios, counts, strict=True))
            print(f"{store}: {name} takes {cells} of the CPU of {peer} (target < 1: {verdict(is_less)})")
    for (store, name), costs in found.items():
        if SMALL not in counts or LARGE not in counts:
            continue
        flatness = costs.cpu[LARGE] / costs.cpu[SMALL]
        line = f"{store}: {name} costs {flatness:.2f} times as much at {LARGE:,} as at {SMALL}"
        if name in OURS:
            is_met = is_met and flatness <= FLAT
            line += f" (target {FLAT}: {verdict(flatness <= FLAT)})"
        print(line)
    return is_met


def verdict(is_met: bool) -> str:  # noqa: FBT001 - it says one thing
    return "met" if is_met else "MISSED"


def parse() -> argparse.Namespace:
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--counts", type=int, nargs="+", default=[1, SMALL, 100, LARGE], help="artifacts in a task"
    )
    parser.add_argument("--stores", nargs="+", choices=STORES, default=STORES, help="where to save")
    parser.add_argument("--only", nargs="+", choices=WAYS, default=list(WAYS), help="ways to measure")
    parser.add_argument("--repeat", type=int, default=3, help="runs per measurement; the smallest cost counts")
    default = cache / "airflow-artifacts-benchmarks"
    parser.add_argument("--environments", type=Path, default=default, help=f"folder of the peers' ({default})")
    return parser.parse_args()


def main() -> int:
    arguments = parse()
    with running_server() if "s3" in arguments.stores else nullcontext("") as endpoint:
        found, has_failed = measure(arguments, endpoint)
    show(found, arguments.counts)
    is_met = compare(found, arguments.counts)
    return int(has_failed or not is_met)


if __name__ == "__main__":
    sys.exit(main())

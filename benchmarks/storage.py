"""What copying one file of 1 GiB, or 2000 files of 4 KiB, to S3 and back costs, beside boto3, s3fs and obstore.

Each copy is made in a process of its own, in turns, and checked byte by byte. CPU time is the client's (user and
system, all threads), without imports and connecting, which is the column "start"; memory is the peak above what
the process held then. The server is another process that costs as little as can be, but the two share a machine
(see ``benchmarks/_storage/server.py``), so CPU time says more than wall time. Each number is the smallest of
several runs. The exit code is 1 where a target is missed.

    python benchmarks/storage.py
    python benchmarks/storage.py --only ours boto3 --sizes small --latency 20
"""

from __future__ import annotations

import argparse
import hashlib
import http.client
import itertools
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit

from benchmarks._storage.server import running_server
from benchmarks._storage.ways import BUCKET, IN_PARTS, MIB, WAYS

if TYPE_CHECKING:
    from _typeshed import SupportsRead

PROJECT = Path(__file__).resolve().parents[1]
ACTS = ("upload", "download")
SIZES = ("large", "small")
SMALL = 4096
FACTOR, MEMORY = 1.15, 200  # times the fastest of the others, and MiB over the imports, that ours may take
OWN = ("ours", "ours, with SHA-256")


class Costs(NamedTuple):
    """Seconds and MiB."""

    cpu: float
    wall: float
    memory: float
    start: float


class Job(NamedTuple):
    """What is copied which way."""

    size: str
    act: str
    way: str


def make_files(folder: Path, count: int, size: int) -> None:
    """Make files of bytes that nothing can shrink."""
    folder.mkdir()
    choose = random.Random(7)  # noqa: S311
    for number in range(count):
        with (folder / f"{number:05}.bin").open("wb") as file:
            for start in range(0, size, MIB):
                file.write(choose.randbytes(min(MIB, size - start)))


def digest_of(reader: SupportsRead[bytes]) -> str:
    """Hash what can be read."""
    digest = hashlib.sha256()
    while chunk := reader.read(MIB):
        digest.update(chunk)
    return digest.hexdigest()


def digests(folder: Path) -> dict[str, str]:
    """Hash the files of a folder, by their names."""
    found = {}
    for path in folder.iterdir():
        with path.open("rb") as file:
            found[path.name] = digest_of(file)
    return found


class Bucket:
    """What the server keeps, looked at past all clients."""

    def __init__(self, url: str) -> None:
        self._connection = http.client.HTTPConnection(urlsplit(url).netloc)

    def empty(self) -> None:
        """Drop all objects."""
        self._ask("PUT", "")

    def put(self, folder: Path, prefix: str) -> None:
        """Store the files of a folder."""
        for path in folder.iterdir():
            with path.open("rb") as file:
                self._ask("PUT", f"{prefix}/{path.name}", file, {"Content-Length": str(path.stat().st_size)})

    def digest(self, key: str) -> str:
        """Hash an object."""
        self._connection.request("GET", f"/{BUCKET}/{key}")
        return digest_of(self._connection.getresponse())

    def _ask(self, method: str, key: str, body: object = None, headers: dict[str, str] | None = None) -> None:
        self._connection.request(method, f"/{BUCKET}/{key}".rstrip("/"), body, headers or {})  # type: ignore[arg-type]
        answer = self._connection.getresponse()
        answer.read()
        assert answer.status == http.client.OK, (method, key, answer.status)


def environment(url: str) -> dict[str, str]:
    """Give the variables that a worker runs with: the server's, and no other store's."""
    foreign = ("AIRFLOW", "AWS_", "PYTHON")
    return {name: value for name, value in os.environ.items() if not name.startswith(foreign)} | {
        "PYTHONPATH": str(PROJECT),
        "NO_PROXY": "127.0.0.1",
        "AWS_ACCESS_KEY_ID": "key",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ENDPOINT_URL": url,
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    }


def run_once(job: Job, files: Path, target: Path, url: str) -> Costs:
    """Copy once, and compare what came of it."""
    bucket, expected = Bucket(url), digests(files)
    bucket.empty()
    if job.act == "download":
        bucket.put(files, job.size)
    target.mkdir()
    command = [sys.executable, "-m", "benchmarks._storage.worker", "--way", job.way, "--act", job.act]
    command += ["--source", str(files), "--target", str(target), "--prefix", job.size]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, cwd=target, env=environment(url))
    if job.act == "download":
        received = digests(target)
    else:
        received = {name: bucket.digest(f"{job.size}/{name}") for name in expected}
    assert received == expected, f"{job}: other bytes arrived"
    shutil.rmtree(target)
    return Costs(**json.loads(done.stdout))


def measure(arguments: argparse.Namespace, scratch: Path, url: str) -> dict[Job, Costs]:
    """Run everything in turns, each round in another order, and keep the smallest costs."""
    found: dict[Job, Costs] = {}
    for size in arguments.sizes:
        count, each = (1, arguments.mib * MIB) if size == "large" else (arguments.files, SMALL)
        make_files(scratch / size, count, each)
        jobs = [Job(size, act, way) for act, way in itertools.product(ACTS, arguments.only)]
        if size == "small":  # for which there are no parts
            jobs = [job for job in jobs if job.way != IN_PARTS]
        for turn in range(arguments.repeat):
            for job in jobs if turn % 2 == 0 else reversed(jobs):
                costs = run_once(job, scratch / size, scratch / "received", url)
                found[job] = Costs(*map(min, costs, found.get(job, costs)))
    return found


def fastest(found: dict[Job, Costs], job: Job) -> Costs:
    """Give the least that any way of others takes for a job, or of all where there is none."""
    same = {other: costs for other, costs in found.items() if other[:2] == job[:2]}
    others = [costs for other, costs in same.items() if other.way not in OWN] or list(same.values())
    return Costs(*map(min, *others, others[0]))


def show(found: dict[Job, Costs], arguments: argparse.Namespace) -> bool:
    """Print costs and ratios; False when a target is missed."""
    is_met = True
    for size, act in itertools.product(arguments.sizes, ACTS):
        what = f"one file of {arguments.mib} MiB" if size == "large" else f"{arguments.files} files of 4 KiB"
        print(f"\n{act} of {what:<24} CPU s  wall s   times the fastest of the others    MiB  start")
        for way in arguments.only:
            job = Job(size, act, way)
            if job not in found:
                continue
            costs, best = found[job], fastest(found, job)
            ratios = costs.cpu / best.cpu, costs.wall / best.wall
            line = f"  {way:34} {costs.cpu:8.2f} {costs.wall:7.2f} {ratios[0]:12.2f} CPU {ratios[1]:8.2f} wall"
            line += f" {costs.memory:10.0f} {costs.start:6.2f}"
            if way == OWN[0]:
                is_good = max(ratios) <= FACTOR and costs.memory < MEMORY
                is_met = is_met and is_good
                line += "  met" if is_good else "  MISSED"
            print(line)
    print(f"\nTargets for {OWN[0]}: {FACTOR} times the fastest of the others, and {MEMORY} MiB.")
    return is_met


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", nargs="+", choices=SIZES, default=SIZES, help="one large file, many small ones")
    parser.add_argument("--only", nargs="+", choices=WAYS, default=list(WAYS), help="ways to measure")
    parser.add_argument("--mib", type=int, default=1024, help="size of the large file")
    parser.add_argument("--files", type=int, default=2000, help="number of small files")
    parser.add_argument("--repeat", type=int, default=3, help="runs per measurement; the smallest cost counts")
    parser.add_argument("--latency", type=float, default=0, help="milliseconds until the server answers")
    memory = Path("/dev/shm")  # noqa: S108 - where there is no disk to wait for
    default = memory if memory.is_dir() else Path(tempfile.gettempdir())
    parser.add_argument("--folder", type=Path, default=default, help=f"where the files lie ({default})")
    return parser.parse_args()


def main() -> int:
    arguments = parse()
    load = os.getloadavg()[0]
    with tempfile.TemporaryDirectory(dir=arguments.folder) as folder:
        scratch = Path(folder)
        with running_server(scratch, arguments.latency / 1000) as url:
            found = measure(arguments, scratch, url)
    is_met = show(found, arguments)
    print(f"Load of this machine with {os.cpu_count()} cores: {load:.1f} before, {os.getloadavg()[0]:.1f} after.")
    return int(not is_met)


if __name__ == "__main__":
    sys.exit(main())

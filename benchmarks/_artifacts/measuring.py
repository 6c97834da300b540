"""What the ways of saving have in common: how they are told what to save, and how its cost is taken.

Runs in the environments of the peers too, so it imports nothing but the standard library.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import json
import resource
import time
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, TypedDict

if TYPE_CHECKING:
    from collections.abc import Callable


class Job(NamedTuple):
    """What to call, where to save, how many artifacts in each task, and where to leave the costs."""

    call: str
    root: str
    endpoint: str
    files: Path
    counts: list[int]
    costs: Path
    is_preparing: bool


class Costs(TypedDict):
    """Costs of one process in seconds, by the number of artifacts saved in a task; ``end`` is CPU too."""

    version: str
    start: float
    cpu: dict[int, float]
    wall: dict[int, float]
    end: dict[int, float]


def parse() -> Job:
    """Read the job from the command line."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--call", required=True)
    parser.add_argument("--root", required=True)
    parser.add_argument("--endpoint", default="")
    parser.add_argument("--files", type=Path, required=True)
    parser.add_argument("--counts", type=int, nargs="+", required=True)
    parser.add_argument("--costs", type=Path, required=True)
    parser.add_argument("--prepare", dest="is_preparing", action="store_true")
    return Job(**vars(parser.parse_args()))


def cpu() -> float:
    """Give the CPU seconds of this process, all its threads and its finished children."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in used)


class Meter:
    """Takes the costs of a process, task by task."""

    def __init__(self, package: str, job: Job) -> None:
        self._job = job
        self._begin = self._saved = 0.0
        version = importlib.metadata.version(package)
        self._costs: Costs = {"version": version, "start": 0.0, "cpu": {}, "wall": {}, "end": {}}

    def begin(self) -> None:
        """Count from here what it takes to start; call it before the first import."""
        self._begin = cpu()

    def measure(self, count: int, save: Callable[[Path], object]) -> None:
        """Save one file to warm up, then ``count`` of them for the record."""
        paths = sorted(self._job.files.iterdir())[: count + 1]
        assert len(paths) == count + 1
        save(paths[0])
        if not self._costs["cpu"]:
            self._costs["start"] = cpu() - self._begin
        before, begin = cpu(), time.perf_counter()
        for path in paths[1:]:
            save(path)
        self._costs["wall"][count] = time.perf_counter() - begin
        self._saved = cpu()
        self._costs["cpu"][count] = self._saved - before

    def end(self, count: int) -> None:
        """Take what was left to do when the last artifact was saved."""
        self._costs["end"][count] = cpu() - self._saved

    def write(self, saved: int) -> None:
        """Leave the costs for the parent, once as many artifacts are found as were saved."""
        expected = sum(self._job.counts) + len(self._job.counts)
        assert saved == expected, f"{saved} artifacts were found, {expected} were saved"
        self._job.costs.write_text(json.dumps(self._costs))

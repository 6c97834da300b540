"""Writers of checkpoints in this process and in others, and what they left on a fake Hub."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

from airflow_artifacts.steps import HuggingFaceHubCheckpointer
from airflow_artifacts.steps.base import StepRun
from airflow_artifacts.steps.driving import drive
from airflow_artifacts.steps.running import _ListInput, _ListOutput

if TYPE_CHECKING:
    from pathlib import Path

    from airflow_artifacts.testing import FakeHub

REPO = "tester/data"
Rows = list[dict[str, Any]]

_WRITING = """
import json, sys
from tests.steps.hub_support import write
write(*json.loads(sys.argv[1]), **json.loads(sys.argv[2]))
"""
_LOADING = """
import json, sys
from datasets import load_dataset
found = {}
for config in sys.argv[2:]:
    for streaming in (False, True):
        rows = list(load_dataset(sys.argv[1], config, split="train", streaming=streaming))
        assert found.setdefault(config, rows) == rows, (streaming, rows)
print(json.dumps(found, default=str))
"""


def numbered(count: int, start: int = 0, **more: Any) -> Rows:
    return [{"n": number, **more} for number in range(start, start + count)]


def write(
    *inputs: Rows, key: str = "", names: tuple[str, ...] = (), size: int = 2, interval: float = 0, **fields: Any
) -> Rows:
    """Run the step over rows, and give what it passed on."""
    step = HuggingFaceHubCheckpointer(
        name="save", repo_id=REPO, input_batch_size=size, commit_interval=interval, **fields
    )
    step.use_run(StepRun(key, tuple(names)))
    output = _ListOutput()
    drive(step, [_ListInput("input", rows) for rows in inputs], output)
    return output.rows


def environment(hub: FakeHub, home: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("HF_", "COV_"))}
    return {**kept, "HF_HOME": str(home), "HF_DATASETS_DISABLE_PROGRESS_BARS": "1", **hub.environment}


def writing(hub: FakeHub, home: Path, *inputs: Rows, **options: Any) -> subprocess.Popen[str]:
    """Start another process that writes."""
    command = [sys.executable, "-c", _WRITING, json.dumps(inputs), json.dumps(options)]
    return subprocess.Popen(command, env=environment(hub, home), stderr=subprocess.PIPE, text=True)


def run_python(hub: FakeHub, home: Path, code: str, *arguments: str, **more: str) -> str:
    """Run code in another process, and give what it printed."""
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        check=False,
        capture_output=True,
        text=True,
        env={**environment(hub, home), **more},
        timeout=240,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def loaded(hub: FakeHub, home: Path, *configs: str, repo: str = REPO) -> dict[str, Rows]:
    """Give what ``datasets`` loads, streaming or not, with moments as text."""
    found: dict[str, Rows] = json.loads(run_python(hub, home, _LOADING, repo, *configs).splitlines()[-1])
    return found


def files_of(hub: FakeHub, config: str = "config-0", revision: str = "main") -> dict[str, Rows]:
    """Give the rows of each file of a configuration, by its name, in their order."""
    return {
        path.partition("/")[2]: [json.loads(line) for line in hub.read(REPO, path, revision).splitlines()]
        for path in sorted(hub.tree(REPO, revision))
        if path.startswith(f"{config}/")
    }


def rows_of(hub: FakeHub, config: str = "config-0", revision: str = "main") -> Rows:
    """Give the rows of a configuration."""
    return [row for rows in files_of(hub, config, revision).values() for row in rows]


def added_commits(hub: FakeHub) -> int:
    """Count the commits after the one that a repository begins with."""
    return len(hub.commits(REPO)) - 1

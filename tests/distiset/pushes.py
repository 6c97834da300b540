"""Pushes for the tests: in this process, in others that can be killed, and read back by the libraries of users."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING, Any

from airflow_artifacts.storage import open_store
from tests.distiset.support import PNG, distiset, numbered, stored_artifact

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from airflow_artifacts.distiset import PushedDistiset
    from airflow_artifacts.distiset.model import Distiset
    from airflow_artifacts.hub import HubLogin
    from airflow_artifacts.testing import FakeHub

    Push = Callable[..., PushedDistiset]

REPO = "tester/data"


def old_and_new(root: Path, which: str) -> Distiset:
    """Give one of two versions of a data set; the new one has fewer shards and other artifacts."""
    if which == "old":
        artifacts = [
            stored_artifact(root, "plot", {"old.png": PNG + b"old"}),
            stored_artifact(root, "n", {"n": b"1"}),
        ]
        return distiset({"a": numbered(900), "gone": numbered(3)}, artifacts=artifacts)
    artifacts = [stored_artifact(root, "plot", {"new.png": PNG, "n.json": b'{"n": 2}'})]
    return distiset({"a": numbered(400, more=1.5), "b": numbered(2)}, artifacts=artifacts)


def push(root: Path, which: str, repo: str, login: HubLogin | None = None, **options: Any) -> PushedDistiset:
    return old_and_new(root, which).push(
        repo, source=open_store(str(root)), login=login, shard_bytes=options.pop("shard_bytes", 15_000), **options
    )


_SERVING = """
import json, os, sys, traceback
from pathlib import Path

import huggingface_hub, jinja2, pyarrow.parquet, yaml
import huggingface_hub._commit_api, huggingface_hub.file_download, huggingface_hub.lfs
import airflow_artifacts.distiset.pushing
from tests.distiset.pushes import push

for line in sys.stdin:
    child = os.fork()
    if not child:
        try:
            push(Path(sys.argv[1]), **json.loads(line))
            os._exit(0)
        except BaseException:
            traceback.print_exc()
            sys.stderr.flush()
            os._exit(1)
    print(child, flush=True)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""


class Pusher:
    """Pushes, each in a process of its own, which is forked from one that has imported everything."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self.child = 0

    @property
    def _output(self) -> IO[str]:
        assert self._process.stdout is not None
        return self._process.stdout

    def push(self, **what: Any) -> int:
        """Push, and give the exit code: minus the signal's number where it was killed."""
        assert self._process.stdin is not None
        print(json.dumps(what), file=self._process.stdin, flush=True)
        self.child = int(self._output.readline())
        return int(self._output.readline())

    def kill(self) -> None:
        """Kill the push that runs, and wait until it is dead."""
        os.kill(self.child, signal.SIGKILL)
        while os.path.exists(f"/proc/{self.child}/fd/1"):  # noqa: PTH110 - a zombie has no files
            pass


@contextmanager
def pusher(hub: FakeHub, root: Path, **environment: str) -> Iterator[Pusher]:
    with subprocess.Popen(
        [sys.executable, "-c", _SERVING, str(root)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**_environment(hub, root), **environment},
        text=True,
    ) as process:
        yield Pusher(process)
        assert process.stdin is not None
        process.stdin.close()


def _environment(hub: FakeHub, home: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("HF_", "COV_"))}
    more = {"HF_HOME": str(home / "hf"), "TMPDIR": str(home), "HF_HUB_DISABLE_PROGRESS_BARS": "1"}
    return {**kept, **more, **hub.environment}


_READING = """
import json, sys
from datasets import get_dataset_config_names, load_dataset
from huggingface_hub import snapshot_download

seen = []
for repo, revision in json.loads(sys.argv[1]):
    configs = get_dataset_config_names(repo, revision=revision)
    sets = {config: load_dataset(repo, config, revision=revision) for config in configs}
    if len(configs) == 1:
        load_dataset(repo, revision=revision)
    seen.append({
        "rows": {config: {name: list(split) for name, split in parts.items()} for config, parts in sets.items()},
        "types": {config: {name: getattr(kind, "dtype", "") for name, kind in parts["train"].features.items()}
                  for config, parts in sets.items()},
        "snapshot": snapshot_download(repo, repo_type="dataset", revision=revision),
    })
print(json.dumps(seen))
"""


def run(hub: FakeHub, home: Path, code: str, *arguments: str) -> str:
    """Run code in a process that only knows where the Hub is, and give the last line that it prints."""
    home.mkdir(exist_ok=True)
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code, *arguments],
        check=False,
        capture_output=True,
        text=True,
        env=_environment(hub, home),
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()[-1]


def read_back(hub: FakeHub, home: Path, *repos: str, revision: str | None = None) -> list[dict[str, Any]]:
    """Give what ``datasets`` and ``snapshot_download`` see."""
    seen: list[dict[str, Any]] = json.loads(
        run(hub, home, _READING, json.dumps([(repo, revision) for repo in repos]))
    )
    return seen


def contents(hub: FakeHub, repo: str = REPO, revision: str = "main") -> dict[str, bytes]:
    """Give all files of a revision, but the one that each repository begins with."""
    return {path: hub.read(repo, path, revision) for path in hub.tree(repo, revision) if path != ".gitattributes"}


def asked(hub: FakeHub, method: str = "", path: str = "", since: int = 0) -> list[int | None]:
    """Give the statuses of requests."""
    found = [each for each in hub.requests[since:] if method in {"", each.method} and path in each.path]
    return [each.status for each in found]

"""``kill -9`` of a process that writes checkpoints, at every moment: each row is on the Hub once, in order."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

import pytest

from tests.steps.hub_support import REPO, added_commits, files_of, numbered, rows_of, writing

if TYPE_CHECKING:
    import subprocess
    from pathlib import Path

    from airflow_artifacts.testing import FakeHub
    from airflow_artifacts.testing.requests import Request

COMMIT = r"/commit/main$"


class Killer:
    """Kills a process at one of its requests."""

    def __init__(self) -> None:
        self.process: subprocess.Popen[str] | None = None
        self.left = 0

    def __call__(self, _: Request) -> None:
        self.left -= 1
        if self.left == 0 and self.process is not None:
            self.process.kill()
            self.process.wait()


def ended(process: subprocess.Popen[str]) -> int:
    _, errors = process.communicate(timeout=120)
    assert process.returncode in {0, -signal.SIGKILL}, errors
    return process.returncode


@pytest.mark.parametrize(("key", "batches"), [("dag/run/task", 10), ("", 3)])
def test_killed_after_each_batch_in_turn(hub: FakeHub, tmp_path: Path, key: str, batches: int) -> None:
    rows = numbered(batches)
    killer = Killer()
    hub.on_request("after", killer, method="POST", path=COMMIT)
    for batch in range(1, batches + 1):
        killer.left = 1
        killer.process = writing(hub, tmp_path, rows, key=key, size=1)
        assert ended(killer.process) == -signal.SIGKILL
        assert rows_of(hub) == rows[:batch]
    killer.left = 0
    assert ended(writing(hub, tmp_path, rows, key=key, size=1)) == 0
    assert files_of(hub) == {f"train-{number:05}.jsonl": [{"n": number}] for number in range(batches)}
    assert added_commits(hub) == (batches if key else batches + 1)


@pytest.mark.parametrize("number", range(1, 9))
def test_killed_at_every_request_of_a_commit(hub: FakeHub, tmp_path: Path, number: int) -> None:
    hub.create_repo(REPO)
    hub.commit(REPO, {"config-0/train-00000.jsonl": b'{"n": -1}\n', "README.md": b"Mine\n"})
    rows = numbered(3)
    killer = Killer()
    killer.left = number
    hub.on_request("after", killer, path="^/api/(?!agent)")
    killer.process = writing(hub, tmp_path, rows, key="a", size=3)
    assert ended(killer.process) == -signal.SIGKILL
    assert rows_of(hub) in ([{"n": -1}], [{"n": -1}, *rows])
    assert ended(writing(hub, tmp_path, rows, key="a", size=3)) == 0
    assert rows_of(hub) == [{"n": -1}, *rows]
    assert hub.read(REPO, "README.md").endswith(b"---\n\nMine\n")
    assert added_commits(hub) == 2

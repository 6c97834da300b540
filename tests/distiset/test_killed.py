"""``kill -9`` at any moment of a save: the old distiset or the new one is there, and the next save cleans up."""

from __future__ import annotations

import fcntl
import os
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

from airflow_artifacts.distiset import folders, load_from_disk
from tests.distiset.support import distiset, numbered

if TYPE_CHECKING:
    from pathlib import Path

    from airflow_artifacts.storage import ObjectStore

SCRIPT = """
import os, signal, sys
from airflow_artifacts.distiset import building, folders, foreign, saving, shards
from airflow_artifacts.storage import open_store
from tests.distiset.support import distiset, numbered

moment, target = sys.argv[1:]

def die(*_, **__):
    os.kill(os.getpid(), signal.SIGKILL)

def die_after(function):
    def wrapper(*args, **more):
        function(*args, **more)
        die()
    return wrapper

if moment == "survey":
    saving.survey_all = die
elif moment == "shard":
    shards.SplitWriter._write_group = die_after(shards.SplitWriter._write_group)
elif moment == "card":
    building.Builder.build_texts = die
elif moment == "before":
    saving.replace_folder = die
elif moment == "exchanged":
    folders._exchange = die_after(folders._exchange)
elif moment == "after":
    saving.replace_folder = die_after(saving.replace_folder)
elif moment == "between":
    from pathlib import Path
    folders._exchange = lambda *_: False
    Path.rename = die_after(Path.rename)
distiset({"a": numbered(7000)}).save(target, source=open_store(target), shard_bytes=50_000)
"""


def run(moment: str, target: Path) -> int:
    return subprocess.run([sys.executable, "-c", SCRIPT, moment, str(target)], check=False, timeout=60).returncode


def rows(target: Path) -> int:
    return len(list(load_from_disk(str(target))["a"]["train"]))


@pytest.mark.parametrize(
    ("moment", "seen"),
    [
        ("survey", 3),
        ("shard", 3),
        ("card", 3),
        ("before", 3),
        ("exchanged", 7000),
        ("after", 7000),
        ("between", None),
    ],
)
def test_a_killed_save(tmp_path: Path, source: ObjectStore, moment: str, seen: int | None) -> None:
    out = tmp_path / "x/out"
    distiset({"a": numbered(3)}).save(str(out), source=source)
    (out / "LICENSE").write_text("free")
    assert run(moment, out) == -signal.SIGKILL
    left = [path.name for path in out.parent.iterdir() if path.name != "out"]
    assert bool(left) == (moment != "survey")
    if seen is not None:
        assert rows(out) == seen
    distiset({"a": numbered(4)}).save(str(out), source=source)
    assert rows(out) == 4
    assert (out / "LICENSE").read_text() == "free"
    assert [path.name for path in out.parent.iterdir()] == ["out"]


def test_a_killed_first_save(tmp_path: Path, source: ObjectStore) -> None:
    out = tmp_path / "x/out"
    assert run("before", out) == -signal.SIGKILL
    assert not out.exists()
    distiset({"a": numbered(4)}).save(str(out), source=source)
    assert [path.name for path in out.parent.iterdir()] == ["out"]


def test_folders_of_the_living_and_of_others_stay(tmp_path: Path, source: ObjectStore) -> None:
    living, other = tmp_path / ".out.tmp-1", tmp_path / ".outer.tmp-1"
    living.mkdir()
    other.mkdir()
    lock = os.open(living, os.O_RDONLY)
    fcntl.flock(lock, fcntl.LOCK_EX)
    try:
        distiset({"a": numbered(4)}).save(str(tmp_path / "out"), source=source)
        assert living.exists()
        assert other.exists()
    finally:
        os.close(lock)
    distiset({"a": numbered(4)}).save(str(tmp_path / "out"), source=source)
    assert not living.exists()
    assert other.exists()


def test_where_locks_do_not_work_a_week_decides(
    tmp_path: Path, source: ObjectStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(37, "No locks available")

    monkeypatch.setattr(fcntl, "flock", refuse)
    new, old = tmp_path / ".out.tmp-new", tmp_path / ".out.tmp-old"
    for folder in (new, old):
        folder.mkdir()
    os.utime(old, (time.time() - 8 * 24 * 3600,) * 2)
    distiset({"a": numbered(4)}).save(str(tmp_path / "out"), source=source)
    assert new.exists()
    assert not old.exists()


def test_a_folder_that_is_cleaned_while_it_is_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    answers = [False, True]
    monkeypatch.setattr(folders, "_lock", lambda _: answers.pop(0))
    with folders.folder_beside(tmp_path / "out") as folder:
        assert folder.exists()
    assert answers == []


def test_a_folder_that_vanishes_while_it_is_looked_at(tmp_path: Path) -> None:
    with folders._dead(tmp_path / "gone") as dead:
        assert not dead

"""Which versions pruning deletes, what it leaves alone, and what is left when it dies."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from airflow_artifacts.distiset import GatheredArtifact
from airflow_artifacts.distiset.references import note_location
from airflow_artifacts.exceptions import ArtifactNotFoundError, ArtifactsError, DistisetError
from airflow_artifacts.pruning import PruneRule, Pruning
from tests.cli.support import add, alive, folders, open_repository
from tests.distiset.support import distiset, numbered

if TYPE_CHECKING:
    from pathlib import Path

    from airflow_artifacts.artifacts import ArtifactRepository


@pytest.fixture
def repository(root: Path) -> ArtifactRepository:
    return open_repository(root)


def no_filesystem(_: str) -> None:
    return None


def pruning(
    repository: ArtifactRepository, name: str = "", *, keep: int | None = 1, days: float | None = None
) -> Pruning:
    older_than = None if days is None else timedelta(days=days)
    return Pruning(repository, PruneRule(keep, older_than), no_filesystem, name)


def save_data_set(repository: ArtifactRepository, path: Path, *references: tuple[str, int]) -> None:
    """Save a data set as DistisetPushOperator does."""
    gathered = [
        GatheredArtifact("step", repository.registry(name).record(number), number) for name, number in references
    ]
    note_location(repository.store, str(path))
    distiset({"a": numbered(1)}, artifacts=gathered).save(str(path), source=repository.store)


@pytest.mark.parametrize(
    ("rule", "left"),
    [
        ({"keep": 2}, [4, 5]),
        ({"keep": 1}, [5]),
        ({"keep": 9}, [1, 2, 3, 4, 5]),
        ({"keep": None, "days": 25}, [3, 4, 5]),
        ({"keep": None, "days": 1}, [5]),
        ({"keep": 1, "days": 25}, [3, 4, 5]),
        ({"keep": 4, "days": 1}, [2, 3, 4, 5]),
        ({"keep": None, "days": 0}, [5]),
    ],
)
def test_what_goes(repository: ArtifactRepository, root: Path, rule: dict[str, Any], left: list[int]) -> None:
    for days in (50, 40, 20, 10, 5):
        add(repository, "a", days=days)
    found = pruning(repository, **rule).find()
    assert alive(repository, "a") == [1, 2, 3, 4, 5]
    assert [each.version.version for each in found] == [number for number in range(1, 6) if number not in left]
    assert pruning(repository, **rule).delete() == found
    assert alive(repository, "a") == left
    assert folders(root) == {f"a-{number}" for number in left}
    assert pruning(repository, **rule).delete() == []


def test_only_living_versions_count(repository: ArtifactRepository) -> None:
    for _ in range(6):
        add(repository, "a")
    repository.delete("a", [4, 6])
    pruning(repository, keep=2).delete()
    assert alive(repository, "a") == [3, 5]


def test_names_and_prefixes(repository: ArtifactRepository) -> None:
    names = ["plot", "plot/deep", "plots", "other"]
    for name in names * 2:
        add(repository, name)

    def found(name: str) -> list[str]:
        return [each.version.name for each in pruning(repository, name).find()]

    assert found("") == sorted(names)
    assert found("plot") == ["plot"]
    assert found("plo") == ["plot", "plot/deep", "plots"]
    assert found("plot/") == ["plot/deep"]
    with pytest.raises(ArtifactNotFoundError, match=r"begins with 'nothing'.*4 other names"):
        found("nothing")


@pytest.mark.parametrize(
    ("keep", "problem"), [(None, "how many versions to keep"), (0, "cannot be kept"), (-1, "cannot be kept")]
)
def test_a_rule_that_is_none(keep: int | None, problem: str) -> None:
    with pytest.raises(ArtifactsError, match=problem):
        PruneRule(keep)


def test_parents_do_not_stay(repository: ArtifactRepository) -> None:
    add(repository, "a")
    add(repository, "a")
    add(repository, "b", parents=(("a", 1),))
    pruning(repository).delete()
    assert alive(repository, "a") == [2]
    assert repository.get("b").parents == ("artifact://a@1",)


def test_what_a_data_set_refers_to_stays(repository: ArtifactRepository, tmp_path: Path) -> None:
    for _ in range(4):
        add(repository, "a", days=100)
        add(repository, "b", days=100)
    out = tmp_path / "out"
    save_data_set(repository, out, ("a", 2), ("b", 1))
    pruning(repository, days=1).delete()
    assert (alive(repository, "a"), alive(repository, "b")) == ([2, 4], [1, 4])
    save_data_set(repository, out, ("a", 4))
    pruning(repository, days=1).delete()
    assert (alive(repository, "a"), alive(repository, "b")) == ([4], [4])


def test_a_data_set_that_is_gone_protects_nothing(repository: ArtifactRepository, tmp_path: Path) -> None:
    add(repository, "a")
    add(repository, "a")
    save_data_set(repository, tmp_path / "out", ("a", 1))
    shutil.rmtree(tmp_path / "out")
    pruning(repository).delete()
    assert alive(repository, "a") == [2]


def test_a_data_set_that_cannot_be_read_stops_everything(repository: ArtifactRepository, tmp_path: Path) -> None:
    add(repository, "a")
    add(repository, "a")
    save_data_set(repository, tmp_path / "out", ("a", 2))
    (tmp_path / "out/distiset.json").write_text("{")
    for act in (pruning(repository).find, pruning(repository).delete):
        with pytest.raises(
            DistisetError, match=r"/out refers to: .*damaged.*Nothing was deleted.*/distisets/\w+\.json"
        ):
            act()
    assert alive(repository, "a") == [1, 2]


def test_what_was_agreed_to_is_looked_at_again(repository: ArtifactRepository, tmp_path: Path) -> None:
    for _ in range(4):
        add(repository, "a")
    found = pruning(repository).find()
    save_data_set(repository, tmp_path / "out", ("a", 2))
    add(repository, "a")  # so that number 4 may go, which nobody agreed to
    assert [each.version.version for each in pruning(repository).delete(found)] == [1, 3]
    assert alive(repository, "a") == [2, 4, 5]


def test_latest_that_was_deleted_meanwhile(repository: ArtifactRepository) -> None:
    for _ in range(3):
        add(repository, "a")
    found = pruning(repository).find()
    repository.delete("a", [3])
    pruning(repository).delete(found)
    assert alive(repository, "a") == [2]


KILLED = """
import os, signal, sys
from airflow_artifacts.artifacts.registry import Registry
from airflow_artifacts.storage import LocalObjectStore
from tests.cli.support import open_repository
from tests.test_pruning import pruning
from pathlib import Path

moment, root = sys.argv[1:]

def die(*_):
    os.kill(os.getpid(), signal.SIGKILL)

if moment == "before":
    Registry.delete = die
elif moment == "said":
    LocalObjectStore.delete_prefix = die
elif moment == "some files":
    delete, calls = LocalObjectStore.delete_prefix, []
    LocalObjectStore.delete_prefix = lambda *args: die() if len(calls) == 3 else calls.append(delete(*args))
elif moment == "all files":
    Registry.erase = die
pruning(open_repository(Path(root))).delete()
"""


@pytest.mark.parametrize(
    ("moment", "seen", "files"), [("before", 6, 6), ("said", 1, 6), ("some files", 1, 3), ("all files", 1, 1)]
)
def test_killed(repository: ArtifactRepository, root: Path, moment: str, seen: int, files: int) -> None:
    for _ in range(6):
        add(repository, "a")
    command = [sys.executable, "-c", KILLED, moment, str(root)]
    assert subprocess.run(command, check=False, timeout=60).returncode == -signal.SIGKILL
    assert len(alive(repository, "a")) == seen
    assert len(folders(root)) == files
    left = pruning(repository).find()
    assert [(each.version.version, each.is_deleted) for each in left] == [(n, seen == 1) for n in range(1, 6)]
    pruning(repository, keep=100).delete()  # what was begun is ended, whatever the rule
    assert len(folders(root)) == (6 if moment == "before" else 1)
    pruning(repository).delete()
    assert alive(repository, "a") == [6]
    assert folders(root) == {"a-6"}
    assert pruning(repository).find() == []


def test_several_at_once(repository: ArtifactRepository, root: Path) -> None:
    for _ in range(30):
        add(repository, "a")
        add(repository, "b")
    barrier = threading.Barrier(6)

    def prune(keep: int) -> None:
        mine = pruning(open_repository(root), keep=keep)
        barrier.wait()
        mine.delete()

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(prune, [1, 2, 3] * 2))
    for name in ("a", "b"):
        assert alive(repository, name) == [30]
        changes = repository.registry(name).changes()
        assert changes.deleted == changes.erased == set(range(1, 30))
    assert folders(root) == {"a-30", "b-30"}


def test_somebody_else_is_faster(
    repository: ArtifactRepository, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(4):
        add(repository, "a")
    delete, calls = repository.delete, []

    def late(name: str, numbers: list[int]) -> None:
        calls.append(numbers)
        if len(calls) == 1:
            open_repository(root).delete("a", [1, 3])
        delete(name, numbers)

    monkeypatch.setattr(repository, "delete", late)
    pruning(repository).delete()
    assert calls == [[1, 2, 3], [2]]
    assert alive(repository, "a") == [4]
    assert folders(root) == {"a-4"}


@pytest.mark.parametrize("is_gone", [False, True])
def test_a_name_with_a_damaged_record_is_left_alone(
    repository: ArtifactRepository, caplog: pytest.LogCaptureFixture, is_gone: bool
) -> None:
    for name in ("bad", "good"):
        for _ in range(3):
            add(repository, name)
    repository.store.replace("registry/bad/2", b"{garbage")
    if is_gone:
        repository.store.delete("registry/bad/2")
    pruning(repository, keep=1).delete()
    assert alive(repository, "good") == [3]
    assert "Nothing of the artifact 'bad' is deleted" in caplog.text
    assert repository.get("bad", 1).version == 1

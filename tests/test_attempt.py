"""What is known of an attempt while it runs, without a real task: those are in test_tracking."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from airflow_artifacts import attempt as module
from airflow_artifacts.artifacts import ArtifactRepository
from airflow_artifacts.attempt import RunningAttempt, attempt_for, close_attempt, current_attempt
from airflow_artifacts.storage import Producer, open_store
from tests.artifacts.support import save_value

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from airflow_artifacts.artifacts import ArtifactVersion


class Task:
    """A task whose class has a hook of its own, which takes no result."""

    def __init__(self) -> None:
        self.called = 0

    def post_execute(self, context: Any) -> None:
        self.called += 1


class Instance(SimpleNamespace):
    """A task instance that keeps its XComs."""

    def xcom_push(self, key: str, value: Any) -> None:
        self.xcoms[key] = value


def make_context(attempt: str = "x", task: Task | None = None) -> dict[str, Any]:
    task = Task() if task is None else task
    ids = {"dag_id": "d", "run_id": "r", "task_id": "t", "map_index": None, "try_number": 1}
    return {"ti": Instance(**ids, id=attempt, task=task, xcoms={}), "task": task}


@pytest.fixture(autouse=True)
def _no_attempt() -> Iterator[None]:
    yield
    if module._running is not None:
        close_attempt(module._running.producer.attempt)


@pytest.fixture
def version(tmp_path: Path) -> ArtifactVersion:
    return save_value(ArtifactRepository(open_store(str(tmp_path / "root"))), "a", [1])


def test_outside_of_tasks_there_is_none() -> None:
    assert current_attempt() is None


def test_an_attempt_is_one_as_long_as_it_runs() -> None:
    context = make_context()
    attempt = attempt_for(context)
    assert attempt_for(context) is attempt
    assert attempt_for(make_context()) is attempt, "another dictionary of the same attempt"
    assert attempt.producer == Producer("d", "r", "t", attempt="x")
    other = attempt_for(make_context("y"))
    assert other is not attempt
    assert other.producer.attempt == "y"


def test_folders_go_with_the_attempt() -> None:
    attempt = attempt_for(make_context())
    with ThreadPoolExecutor(4) as pool:
        folders = list(pool.map(lambda _: attempt.new_folder(), range(20)))
    assert len(set(folders)) == 20
    for folder in folders:
        (folder / "deep").mkdir()
        (folder / "deep" / "file").write_text("x")
    close_attempt("another")
    assert all(folder.is_dir() for folder in folders)
    close_attempt("x")
    assert not any(folder.exists() for folder in folders)
    close_attempt("x")
    assert attempt_for(make_context()) is not attempt


def test_a_folder_that_the_task_removed_is_no_error() -> None:
    attempt = attempt_for(make_context())
    attempt.new_folder().rmdir()
    left = attempt.new_folder()
    close_attempt("x")
    assert not left.exists()


def test_what_was_read_is_remembered_once_and_in_order(tmp_path: Path) -> None:
    repository = ArtifactRepository(open_store(str(tmp_path)))
    versions = [save_value(repository, name) for name in ("b", "a", "b")]
    attempt = attempt_for(make_context())
    assert not attempt.origin.parents
    for version in (versions[2], versions[0], versions[1], versions[0]):
        attempt.add_read(version)
    assert attempt.origin.parents == (("b", 2), ("b", 1), ("a", 1))
    assert attempt.origin.producer == attempt.producer


def test_refs_are_pushed_once_when_the_code_has_ended(version: ArtifactVersion) -> None:
    context = make_context()
    attempt = attempt_for(context)
    attempt.add_saved([version], asset=False)
    attempt.add_saved([version, version], asset=False)
    assert context["ti"].xcoms == {}
    context["task"].post_execute(context)
    assert context["ti"].xcoms == {"artifacts": [version.to_ref()] * 3}
    assert context["task"].called == 1, "the task's own hook, with what Airflow calls it with"


def test_an_operator_that_runs_again_pushes_what_that_attempt_saved(
    version: ArtifactVersion, tmp_path: Path
) -> None:
    """``dag.test()`` may run one operator object several times in a process."""
    task = Task()
    first, second = make_context("x", task), make_context("y", task)
    attempt_for(first).add_saved([version], asset=False)
    later = save_value(ArtifactRepository(open_store(str(tmp_path / "root"))), "a", [2])
    attempt_for(second).add_saved([later], asset=False)
    task.post_execute(second)
    assert second["ti"].xcoms == {"artifacts": [later.to_ref()]}
    assert first["ti"].xcoms == {}
    assert task.called == 1


def test_an_attempt_that_saves_nothing_changes_no_task() -> None:
    context = make_context()
    attempt_for(context)
    assert "post_execute" not in vars(context["task"])


def test_the_root_is_opened_once(root: Path) -> None:
    attempt = RunningAttempt(Producer("d", "r", "t"), {})
    assert attempt.repository is attempt.repository
    assert attempt.repository.store.root == root.as_uri()
    folder = attempt.repository.access.new_folder()
    attempt.close()
    assert not folder.exists()

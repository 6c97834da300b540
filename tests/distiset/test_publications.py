"""Which data sets came from a version is noted by the task that makes them, and found again."""

from __future__ import annotations

import json
import logging
import uuid
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from airflow.sdk import DAG

from airflow_artifacts import ArtifactClient
from airflow_artifacts.artifacts.watched import reading
from airflow_artifacts.distiset.manifest import Manifest
from airflow_artifacts.distiset.publications import (
    Publication,
    Publications,
    note_publication,
    pushed_publication,
    saved_publication,
)
from airflow_artifacts.distiset.pushing import PushChanges, PushedDistiset
from airflow_artifacts.exceptions import ObjectExistsError, StorageError
from airflow_artifacts.hub import Commit
from airflow_artifacts.operators import DistisetPushOperator, StepOperator
from airflow_artifacts.storage import LocalObjectStore, Producer, open_store
from tests.artifacts.test_catalogue import recorded
from tests.distiset.support import distiset, stored_artifact
from tests.hub.fixtures import REPO, hub
from tests.operators.test_distiset import Doubles, Makes

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from airflow_artifacts.storage import ObjectStore
    from airflow_artifacts.testing import FakeHub

__all__ = ["hub"]


def anyone(_: str | None) -> bool:
    return True


def publication(number: int = 0, **changed: Any) -> Publication:
    values: dict[str, Any] = {
        "created_at": f"2026-03-01T00:00:00.{number:06}+00:00",
        "producer": Producer("d", "run 1", "push", attempt=f"attempt-{number}"),
        "path": None,
        "repo_id": "someone/data",
        "revision": "main",
        "commit": "a" * 40,
        "url": f"https://huggingface.co/datasets/someone/data/commit/{'a' * 40}",
        "rows": 3,
        "versions": (("a", 1), ("a/b", 2)),
    }
    return Publication(**{**values, **changed})


def memory_store() -> ObjectStore:
    return open_store(f"memory://{uuid.uuid4().hex}")


def of(store: ObjectStore, name: str = "a", version: int = 1) -> list[Publication]:
    return Publications(store).of(name, version, anyone)


# Notes


def test_a_note_comes_back_as_it_was() -> None:
    store = memory_store()
    pushed = publication()
    saved = publication(
        path="s3://bucket/x", repo_id=None, revision=None, commit=None, url=None, created_at="2026-02-01T00:00:00Z"
    )
    for _ in range(2):
        note_publication(store, pushed)
        note_publication(store, saved)
    assert [info.key for info in store.list()] == [
        "published/d/run~201/push/-1/001-attempt-0-pushed.json",
        "published/d/run~201/push/-1/001-attempt-0-saved.json",
    ]
    assert (
        of(store) == of(store, "a/b", 2) == [pushed, replace(saved, created_at="2026-02-01T00:00:00.000000+00:00")]
    )
    assert of(store, "a", 2) == of(store, "b") == []


def test_an_attempt_has_one_note_of_a_kind() -> None:
    store = memory_store()
    note_publication(store, publication())
    with pytest.raises(ObjectExistsError):
        note_publication(store, publication(rows=4))


def test_the_newest_are_listed_first_and_no_more_than_a_hundred() -> None:
    store = memory_store()
    for number in range(103):
        note_publication(store, publication(number))
    assert of(store) == [publication(number) for number in range(102, 2, -1)]


def test_only_those_of_dags_that_may_be_read_are_listed() -> None:
    store = memory_store()
    for number, dag_id in enumerate("abcab"):
        note_publication(store, publication(number, producer=Producer(dag_id, "r", "t", attempt=str(number))))
    asked: list[str | None] = []

    def may_read(dag_id: str | None) -> bool:
        asked.append(dag_id)
        return dag_id in {"a", "c"}

    found = Publications(store).of("a", 1, may_read)
    assert [each.producer.dag_id for each in found] == ["a", "c", "a"]
    assert sorted(asked, key=str) == ["a", "b", "c"]


def test_only_new_notes_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = LocalObjectStore(tmp_path)
    for number in range(3):
        note_publication(store, publication(number))
    publications = Publications(store)
    assert len(publications.of("a", 1, anyone)) == 3
    read = recorded(store, "read", monkeypatch)
    note_publication(LocalObjectStore(tmp_path), publication(3))
    assert len(publications.of("a", 1, anyone)) == 3, "it has just been looked at"
    publications.refresh()
    assert len(publications.of("a", 1, anyone)) == 4
    assert read == [publication(3).key]
    store.delete(publication(0).key)
    publications.refresh()
    assert publications.of("a", 1, anyone) == [publication(number) for number in (3, 2, 1)]
    store.delete_prefix("published")
    publications.refresh()
    assert publications.of("a", 1, anyone) == []


def note(**changed: Any) -> bytes:
    store = memory_store()
    note_publication(store, publication())
    return json.dumps({**json.loads(store.read(publication().key)), **changed}).encode()


PRODUCER = json.loads(note())["producer"]
DAMAGED = {
    "nothing": b"",
    "a list": b"[]",
    "another format": note(format="airflow-artifacts/publication/2"),
    "nothing else": b'{"format": "airflow-artifacts/publication/1"}',
    "nested deeply": b"[" * 100_000,
    "no time": note(created_at="now"),
    "no producer": note(producer=None),
    "producer of another DAG": note(producer={**PRODUCER, "dag_id": "e"}),
    "producer of another try": note(producer={**PRODUCER, "try_number": 2}),
    "producer of all DAGs": note(producer={**PRODUCER, "dag_id": "~"}),
    "rows a text": note(rows="3"),
    "script for a page": note(url="javascript:alert(1)"),
    "script after a page": note(url="https://x/\u2028javascript:"),
    "page of a file": note(url="file:///etc/passwd"),
    "page with a password": note(url="https://someone:secret@example.com/"),
    "page with a token": note(url="https://hf_token@example.com/"),
    "page with a query": note(url="https://example.com/?token=x"),
    "page very long": note(url=f"https://example.com/{'x' * 1000}"),
    "page a list": note(url=["https://example.com"]),
    "repository that climbs": note(repo_id="a/../b"),
    "revision with a line end": note(revision="main\n"),
    "revision empty": note(revision=""),
    "commit with a line end": note(commit="a\n"),
    "versions a text": note(versions="a"),
    "versions an object": note(versions={}),
    "version that climbs": note(versions=[["../a", 1]]),
    "version without a number": note(versions=[["a", None]]),
    "neither place": note(repo_id=None),
    "both places": note(path="s3://bucket/x"),
    "a place for another kind": note(path="s3://bucket/x", repo_id=None),
}


@pytest.mark.parametrize("name", DAMAGED)
def test_a_damaged_note_is_left_out_and_said_once(name: str, caplog: pytest.LogCaptureFixture) -> None:
    store = memory_store()
    note_publication(store, publication(1))
    store.replace(publication().key, DAMAGED[name])
    publications = Publications(store)
    for _ in range(3):
        publications.refresh()
        assert publications.of("a", 1, anyone) == [publication(1)]
    (warning,) = [each.getMessage() for each in caplog.records if each.levelno >= logging.WARNING]
    assert f"{publication().key} is damaged" in warning
    store.replace(publication().key, note() + b" " * 50)
    publications.refresh()
    assert publications.of("a", 1, anyone) == [publication(1), publication()]


def test_a_note_that_is_written_anew_is_read_anew() -> None:
    store = memory_store()
    note_publication(store, publication())
    publications = Publications(store)
    assert publications.of("a", 1, anyone) == [publication()]
    store.replace(publication().key, note(rows=12345))
    publications.refresh()
    assert publications.of("a", 1, anyone) == [publication(rows=12345)]
    store.replace(publication().key, b"{")
    publications.refresh()
    assert publications.of("a", 1, anyone) == []


def test_a_note_that_was_damaged_and_deleted_is_not_remembered() -> None:
    store = memory_store()
    publications = Publications(store)
    for content, expected in ((b"{" * len(note()), []), (None, []), (note(), [publication()])):
        if content is None:
            store.delete(publication().key)
        else:
            store.replace(publication().key, content)
        publications.refresh()
        assert publications.of("a", 1, anyone) == expected


@pytest.mark.parametrize(
    "path",
    [
        "/etc/passwd",
        "s3://key:secret@bucket/x",
        "https://token@example.com/x",
        "s3://bucket/x?sig=1",
        "s3://bucket/\nx",
        pytest.param(f"s3://bucket/{'x' * 20_000}", id="very long"),
        "",
    ],
)
def test_a_path_that_is_no_url_or_has_credentials_is_not_believed(path: str) -> None:
    store = memory_store()
    good = publication(path="s3://bucket/x", repo_id=None, url=None)
    note_publication(store, good)
    assert of(store) == [good]
    content = {**json.loads(store.read(good.key)), "path": path}
    store.replace(good.key, json.dumps(content).encode())
    assert of(store) == []


def test_a_note_that_cannot_be_read_now_is_tried_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "_AGAIN", 0.0)
    store = LocalObjectStore(tmp_path)
    note_publication(store, publication())
    publications = Publications(store)

    def fail(key: str) -> bytes:
        raise StorageError("read", key, "the disk is on fire")

    with monkeypatch.context() as patch:
        patch.setattr(store, "read", fail)
        assert publications.of("a", 1, anyone) == []
    publications.refresh()
    assert publications.of("a", 1, anyone) == [publication()]


@pytest.mark.parametrize(
    ("path", "url"),
    [
        ("/data/a b#1", "file:///data/a%20b%231"),
        ("file:///data/x/", "file:///data/x"),
        ("file:///data/a b", "file:///data/a%20b"),
        ("local:///data/x", "file:///data/x"),
        pytest.param(f"/{'ä' * 2000}", f"file:///{'%C3%A4' * 2000}", id="very long"),
        ("s3://conn@bucket/x/", "s3://conn@bucket/x"),
        ("s3://key:secret@bucket/x", "s3://bucket/x"),
        ("https://someone@example.com/x?sig=secret", "https://example.com/x"),
    ],
)
def test_the_place_is_a_url_without_credentials(path: str, url: str) -> None:
    made = saved_publication(distiset({"default": [{"n": 1}]}), path, 1, publication().producer)
    assert made.path == url
    store = memory_store()
    note_publication(store, replace(made, versions=(("a", 1),)))
    assert [each.path for each in of(store)] == [url]


def test_a_page_is_noted_without_credentials() -> None:
    manifest = Manifest("x", (), (), (), None, ())
    commit = Commit("a" * 40, "https://someone:secret@hub.example.com/commit/a?token=secret")
    pushed = PushedDistiset("someone/data", "", commit, manifest, PushChanges((), (), {}, {}, {}), "")
    made = pushed_publication(distiset({}), pushed, commit, None, publication().producer)
    assert (made.url, made.commit) == ("https://hub.example.com/commit/a", commit.oid)
    store = memory_store()
    note_publication(store, replace(made, versions=(("a", 1),)))
    assert [each.url for each in of(store)] == [made.url]


def test_each_version_is_noted_once(tmp_path: Path) -> None:
    artifacts = [
        stored_artifact(tmp_path, "count", {"a": b""}, version=version, ordinal=ordinal)
        for ordinal, version in enumerate((2, None, 2, 1))
    ]
    made = saved_publication(
        distiset({"default": [{"n": 1}]}, artifacts=artifacts), "/data", 1, publication().producer
    )
    assert made.versions == (("count", 2), ("count", 1))


def test_a_note_that_names_a_version_twice_is_listed_once() -> None:
    store = memory_store()
    store.replace(publication().key, note(versions=[["a", 1], ["a", 1]]))
    assert of(store) == [publication(versions=(("a", 1),))]


# By tasks


@pytest.fixture
def root(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """An empty root, configured as a user would."""
    folder = tmp_path / "root"
    monkeypatch.setenv("AIRFLOW__AIRFLOW_ARTIFACTS__ROOT", folder.as_uri())
    return folder


@pytest.fixture
def connection(hub: FakeHub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HF_TOKEN", raising=False)
    fields = {"conn_type": "huggingface", "password": hub.token, "host": hub.endpoint}
    monkeypatch.setenv("AIRFLOW_CONN_HUGGINGFACE_DEFAULT", json.dumps(fields))


def publishing(name: str, **arguments: Any) -> DAG:
    with DAG(name, schedule=None) as dag:
        push = DistisetPushOperator(task_id="push", **arguments)
        StepOperator(task_id="load", step=Makes()) >> StepOperator(task_id="double", step=Doubles()) >> push
    return dag


def made_by(root: Path, dag_id: str) -> list[Publication]:
    """Give the data sets that came from what a DAG saved last."""
    version = ArtifactClient(str(root)).get_artifact_version("count")
    assert version.producer is not None
    assert version.producer.dag_id == dag_id
    return of(open_store(str(root)), version.name, version.version)


def test_a_save_is_noted_with_the_versions_it_was_made_of(
    run_and_collect: Callable[..., Any], root: Path, tmp_path: Path
) -> None:
    results = run_and_collect(publishing("noted_save", path=str(tmp_path / "out")))
    (found,) = made_by(root, "noted_save")
    assert found.path == (tmp_path / "out").as_uri()
    assert (found.repo_id, found.revision, found.commit, found.url) == (None, None, None, None)
    assert (found.producer.dag_id, found.producer.run_id) == ("noted_save", results.run.run_id)
    assert (found.producer.task_id, found.rows) == ("push", 3)
    assert [name for name, _ in found.versions] == ["count"]


@pytest.mark.usefixtures("connection")
def test_a_push_is_noted_with_its_commit(
    run_and_collect: Callable[..., Any], hub: FakeHub, root: Path, tmp_path: Path
) -> None:
    run_and_collect(publishing("noted_push", repo_id=REPO, path=str(tmp_path / "out"), revision="next"))
    pushed, saved = made_by(root, "noted_push")
    oid = hub.commits(REPO, "next")[0].oid
    assert (pushed.repo_id, pushed.revision, pushed.commit, pushed.path) == (REPO, "next", oid, None)
    assert pushed.url == f"{hub.endpoint}/datasets/{REPO}/commit/{oid}"
    assert saved.path == (tmp_path / "out").as_uri()
    assert pushed.versions == saved.versions
    assert pushed.rows == saved.rows == 3


@pytest.mark.usefixtures("connection")
def test_a_pull_request_is_noted_and_a_dry_run_is_not(
    run_and_collect: Callable[..., Any], hub: FakeHub, root: Path
) -> None:
    run_and_collect(publishing("noted_request", repo_id=REPO, create_pr=True))
    (asked,) = made_by(root, "noted_request")
    assert asked.url == f"{hub.endpoint}/datasets/{REPO}/discussions/1"
    assert asked.revision is None
    run_and_collect(publishing("noted_not", repo_id=REPO, dry_run=True))
    assert made_by(root, "noted_not") == []


def test_a_failed_save_is_not_noted(run_and_collect: Callable[..., Any], root: Path, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out/mine.txt").write_text("in the way")
    assert run_and_collect(publishing("noted_never", path=str(tmp_path / "out"))).states["push"] == "failed"
    assert made_by(root, "noted_never") == []


@pytest.mark.usefixtures("connection")
def test_a_retry_notes_what_could_not_be_noted_and_pushes_nothing(
    run_and_collect: Callable[..., Any], hub: FakeHub, root: Path
) -> None:
    root.mkdir()
    (root / "published").write_text("in the way")
    commits = []

    def clear_the_way(_: Any) -> None:
        commits.extend(hub.commits(REPO))
        (root / "published").unlink()

    arguments = {"retries": 1, "retry_delay": timedelta(0), "on_retry_callback": clear_the_way}
    results = run_and_collect(publishing("noted_later", repo_id=REPO, **arguments))
    assert results.states["push"] == "success"
    (found,) = made_by(root, "noted_later")
    assert (found.commit, found.producer.try_number) == (commits[0].oid, 2)
    assert hub.commits(REPO) == commits

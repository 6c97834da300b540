"""Artifacts are found by whatever leads to them, and what is missing is named beside what is there."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from airflow_artifacts.artifacts import ArtifactRepository, Found, RunUri, VersionFilter
from airflow_artifacts.artifacts.copying import new_folder
from airflow_artifacts.exceptions import (
    ArtifactError,
    ArtifactNotFoundError,
    ArtifactUriError,
    DamagedObjectError,
    InvalidRefError,
    ObjectNotFoundError,
    UnsafeNameError,
)
from airflow_artifacts.storage import LocalObjectStore, Producer
from tests.artifacts.support import PRODUCER, keys, new_store, save_value

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(params=["local", "memory"])
def repository(request: pytest.FixtureRequest, tmp_path: Path) -> ArtifactRepository:
    return ArtifactRepository(new_store(request.param, tmp_path))


def fill(repository: ArtifactRepository, name: str = "a", versions: int = 3, **more: Any) -> None:
    for number in range(1, versions + 1):
        save_value(repository, name, number, **more)


def numbers(repository: ArtifactRepository, name: str = "a") -> list[int]:
    return [version.version for version in repository.versions(name)]


# Finding


def test_the_list_is_complete_and_in_order(repository: ArtifactRepository) -> None:
    fill(repository, versions=300)
    assert numbers(repository) == list(range(1, 301))
    assert [version.load() for version in repository.versions("a")[::50]] == [1, 51, 101, 151, 201, 251]
    wanted = VersionFilter(metadata={"size": 3})
    assert [version.version for version in repository.versions("a", wanted)] == list(range(100, 301))


def test_one_version(repository: ArtifactRepository) -> None:
    save_value(repository, "a", 1, version="first")
    fill(repository, versions=2)
    found = {version: repository.get("a", version).version for version in (None, "latest", 1, "2", "003", "first")}
    assert found == {None: 3, "latest": 3, 1: 1, "2": 2, "003": 3, "first": 1}
    assert repository.get("a", np.int64(2)).version == 2


@pytest.mark.parametrize(
    "version", [0, -1, 4, "0", "4", "v1", "", "FIRST", 10**300, "9" * 5000, 1.5, 1.0, True, b"1"], ids=lambda _: ""
)
def test_a_version_that_is_not_there(repository: ArtifactRepository, version: Any) -> None:
    fill(repository, versions=2)
    save_value(repository, "a", 3, version="first")
    with pytest.raises(ArtifactNotFoundError) as caught:
        repository.get("a", version)
    existing = "It has the versions 1 to 3, and the labels 'first'."
    assert str(caught.value) == f"There is no version {version!r} of the artifact 'a'. {existing}"


def test_what_is_missing_names_what_is_there(repository: ArtifactRepository) -> None:
    root = repository.store.root
    with pytest.raises(ArtifactNotFoundError) as caught:
        repository.get("plots/loss")
    assert str(caught.value) == f"There is no artifact 'plots/loss' below {root}. There is none yet."
    for name in ("plots/los", "plots/lost", "x", "y", "z", "model"):
        fill(repository, name, 1)
    for missing in (lambda: repository.get("plots/loss", 3), lambda: repository.check_exists("plots/loss")):
        with pytest.raises(ArtifactNotFoundError) as caught:
            missing()
        assert "There are 6 artifacts, for instance 'plots/los', 'plots/lost'." in str(caught.value)
    with pytest.raises(
        ArtifactNotFoundError, match=r"6 artifacts, for instance 'model', 'plots/los', 'plots/lost'\."
    ):
        repository.get("QQQQQQ")


def test_gaps_that_deletions_leave_are_named(repository: ArtifactRepository) -> None:
    fill(repository, versions=12)
    save_value(repository, "a", version="gone")
    save_value(repository, "a", version="kept")
    repository.delete("a", [2, 4, 6, 8, 10, 13])
    with pytest.raises(ArtifactNotFoundError) as caught:
        repository.get("a", 4)
    expected = "It has the versions ... 5, 7, 9, 11 to 12, 14, and the labels 'kept'; 6 are deleted."
    assert str(caught.value) == f"There is no version 4 of the artifact 'a'. {expected}"
    repository.delete("a", [1, 3, 5, 7, 9, 11, 12, 14])
    with pytest.raises(
        ArtifactNotFoundError, match=r"no version of the artifact 'a'\. All that there were are deleted"
    ):
        repository.get("a")
    repository.check_exists("a")
    assert (numbers(repository), repository.latest(), repository.names()) == ([], [], ["a"])


def test_names_and_latest(repository: ArtifactRepository) -> None:
    for name in ("b", "a/b", "a", "ab", "x" * 200, "a/" * 39 + "a"):
        fill(repository, name, 2)
    repository.delete("b", [2])
    expected = ["a", "a/" * 39 + "a", "a/b", "ab", "b", "x" * 200]
    assert repository.names() == expected
    assert repository.names("a/") == expected[1:3]
    assert [(each.name, each.version) for each in repository.latest()] == [
        (name, 1 if name == "b" else 2) for name in expected
    ]
    assert [each.name for each in repository.latest("ab")] == ["ab"]
    assert repository.latest("c") == []


NOT_NAMES = ["my file.txt", "a#b", "a?b", "100%", "ä", "../a", "a//b", "/a", "a\\b", "a b/c", "a" * 201]


@pytest.mark.parametrize("name", NOT_NAMES)
def test_what_is_no_name_is_refused_everywhere(repository: ArtifactRepository, name: str) -> None:
    for use in (
        lambda: repository.get(name),
        lambda: repository.versions(name),
        lambda: repository.check_exists(name),
        lambda: repository.delete(name, [1]),
        lambda: save_value(repository, name),
    ):
        with pytest.raises(UnsafeNameError, match="The artifact name"):
            use()
    for reference in (name, f"artifact://{name}", f"{name}@1"):
        with pytest.raises((UnsafeNameError, ArtifactUriError)):
            repository.find(reference)
    assert keys(repository.store) == []


def files(folder: Path) -> None:
    (folder / "sub").mkdir()
    (folder / "sub" / "my file #1.txt").write_text("f")


def test_references(repository: ArtifactRepository) -> None:
    fill(repository, "a", 2)
    fill(repository, "a/b", 1)
    save_value(repository, "a", files, version="v3")
    first = repository.get("a", 1)
    latest = repository.get("a")
    below = repository.get("a/b")
    for reference, expected in (
        (first, Found(first)),
        (Found(first, "x"), Found(first, "x")),
        (first.to_ref(), Found(first)),
        (json.loads(json.dumps(first.to_ref())), Found(first)),
        ("a", Found(latest)),
        ("a@1", Found(first)),
        ("a@v3", Found(latest)),
        ("a@latest", Found(latest)),
        ("a/b", Found(below)),
        ("artifact://a/b@1", Found(below)),
        ("artifact://a@3/sub/my%20file%20%231.txt", Found(latest, "sub/my file #1.txt")),
        ("artifact://a/sub/my%20file%20%231.txt", Found(latest, "sub/my file #1.txt")),
        ("a/b/c", Found(below, "c")),
    ):
        assert repository.find(reference) == expected


@pytest.mark.parametrize(
    ("reference", "error"),
    [
        (None, InvalidRefError),
        (5, InvalidRefError),
        (["a"], InvalidRefError),
        ({"name": "a"}, InvalidRefError),
        ("", ArtifactUriError),
        ("s3://bucket/a", ArtifactUriError),
        ("b", ArtifactNotFoundError),
        ("b/c", ArtifactNotFoundError),
        ("a@7", ArtifactNotFoundError),
        ("artifact://b@1", ArtifactNotFoundError),
        ("run://d/r", ArtifactNotFoundError),
        ("run://d/r/t", ArtifactNotFoundError),
        ("run://d/r/t/a", ArtifactNotFoundError),
        ("artifact://a/../../x", UnsafeNameError),
    ],
)
def test_references_that_lead_nowhere(
    repository: ArtifactRepository, reference: Any, error: type[Exception]
) -> None:
    fill(repository, "a", 1)
    with pytest.raises(error):
        repository.find(reference)


def test_a_ref_that_was_edited_leads_nowhere_else(repository: ArtifactRepository) -> None:
    fill(repository, "a", 2)
    fill(repository, "b", 1)
    ref = repository.get("a", 1).to_ref()
    for edit in ({"path": repository.get("a", 2).path}, {"path": new_folder("a", PRODUCER)}):
        with pytest.raises(InvalidRefError, match=r"artifact://a@1 is kept at"):
            repository.find(ref | edit)
    for edit in ({"path": repository.get("b").path}, {"path": "registry/a"}, {"name": "../a"}):
        with pytest.raises(UnsafeNameError):
            repository.find(ref | edit)
    with pytest.raises(InvalidRefError):
        repository.find(ref | {"version": 2})


# Runs


def test_what_a_run_made(repository: ArtifactRepository) -> None:
    run = "manual__2026-01-02T03:04:05+00:00"
    for map_index in (0, 10, 2):
        save_value(repository, "a", map_index, Producer("d", run, "mapped", map_index, attempt=f"m{map_index}"))
    save_value(repository, "2024/x", "first", Producer("d", run, "t", attempt="1"))
    save_value(repository, "b", files, Producer("d", run, "t", attempt="1"))
    save_value(repository, "2024/x", "second", Producer("d", run, "t", try_number=2, attempt="2"))
    save_value(repository, "2024/x", "third", Producer("d", run, "t", try_number=2, attempt="2"))
    save_value(repository, "b", 1)

    def uris(*ids: Any) -> list[str]:
        return [version.uri.removeprefix("artifact://") for version in repository.made_by(RunUri("d", *ids))]

    assert uris(run, "mapped") == ["a@1", "a@3", "a@2"]
    assert uris(run, "mapped", 10) == ["a@2"]
    assert uris(run, "t") == ["2024/x@1", "b@1", "2024/x@2", "2024/x@3"]
    assert uris(run) == [*uris(run, "mapped"), *uris(run, "t")]
    assert uris("other") == uris(run, "x") == uris(run, "t", 0) == []
    prefix = f"run://d/{run}"
    for uri, expected, file in (
        (f"{prefix}/mapped/10/a", "a@2", None),
        (f"{prefix}/t/-1/2024/x", "2024/x@3", None),
        (f"{prefix}/t/b", "b@1", None),
        (f"{prefix}/t/b/sub/my%20file%20%231.txt", "b@1", "sub/my file #1.txt"),
    ):
        found = repository.find(uri)
        assert (found.version.uri, found.file) == (f"artifact://{expected}", file)
    with pytest.raises(ArtifactNotFoundError, match=r"saved '2024/x', 'b'\."):
        repository.find(f"{prefix}/t/c")
    with pytest.raises(ArtifactNotFoundError, match="saved none"):
        repository.find(f"{prefix}/mapped/a")
    with pytest.raises(ArtifactNotFoundError, match="has to go on with a task and a name"):
        repository.find(f"{prefix}/t")


def test_what_a_run_made_and_was_deleted(repository: ArtifactRepository) -> None:
    for value in ("kept", "deleted"):
        save_value(repository, "a", value, PRODUCER)
    repository.delete("a", [2])
    assert repository.find("run://d/r/t/a").version.load() == "kept"
    repository.delete("a", [1])
    assert repository.made_by(RunUri("d", "r")) == []


# Metadata


def test_metadata_is_checked_before_it_is_added(repository: ArtifactRepository) -> None:
    version = save_value(repository, "a")
    before = keys(repository.store)
    for metadata in ({"x": float("nan")}, {"x": b""}, [1]):
        with pytest.raises(ArtifactError):
            repository.add_metadata(version, metadata)  # type: ignore[arg-type]
    assert keys(repository.store) == before


# Deleting


def test_what_is_deleted_is_gone_and_its_number_and_label_stay_taken(repository: ArtifactRepository) -> None:
    fill(repository, versions=2)
    save_value(repository, "a", 3, version="v3")
    path = repository.get("a", "v3").path
    repository.delete("a", ["v3"])
    assert numbers(repository) == [1, 2]
    assert repository.get("a").version == 2
    assert not [key for key in keys(repository.store) if key.startswith(path)]
    for version in (3, "3", "v3"):
        for use in (repository.get, lambda name, number: repository.delete(name, [number])):
            with pytest.raises(ArtifactNotFoundError, match=r"It has the versions 1 to 2; 1 are deleted\."):
                use("a", version)
    assert save_value(repository, "a", 4).version == 4
    repository.delete("a", [1, 2, 4])
    assert save_value(repository, "a", 5).version == 5
    assert [version.load() for version in repository.versions("a")] == [5]


@pytest.mark.parametrize("version", [0, 4, "0", "x", 1.5, "latest", None])
def test_deleting_what_is_not_there_deletes_nothing(repository: ArtifactRepository, version: Any) -> None:
    fill(repository)
    before = keys(repository.store)
    with pytest.raises(ArtifactNotFoundError):
        repository.delete("a", [1, version])
    with pytest.raises(ArtifactNotFoundError):
        repository.delete("b", [1])
    assert keys(repository.store) == before


@pytest.mark.parametrize("version", [2, "v2"])
@pytest.mark.parametrize("moment", ["before the files", "among the files", "after the files"])
def test_a_delete_that_died_is_finished_by_repeating_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, moment: str, version: int | str
) -> None:
    repository = ArtifactRepository(new_store("local", tmp_path))
    fill(repository, versions=1)
    save_value(repository, "a", 2, PRODUCER, version="v2")
    path = repository.get("a", 2).path
    delete = LocalObjectStore.delete_prefix

    def crash(self: LocalObjectStore, prefix: str) -> None:
        if moment != "before the files":
            delete(self, prefix)
        raise KeyboardInterrupt

    monkeypatch.setattr(LocalObjectStore, "delete_prefix", crash)
    with pytest.raises(KeyboardInterrupt):
        repository.delete("a", [version])
    monkeypatch.undo()
    assert numbers(repository) == [1], "it is gone at once"
    assert repository.made_by(RunUri("d", "r")) == []
    with pytest.raises(ArtifactNotFoundError):
        repository.get("a", version)
    repository.delete("a", [version])
    assert not [key for key in keys(repository.store) if key.startswith(path)]
    with pytest.raises(ArtifactNotFoundError):
        repository.delete("a", [version])


def plant(repository: ArtifactRepository, name: str, **edit: Any) -> None:
    """Write a record as a stranger would who can write to the store, or a bug."""
    save_value(repository, name)
    key = f"registry/{name}/1"
    repository.store.replace(key, json.dumps(json.loads(repository.store.read(key)) | edit).encode())


@pytest.mark.parametrize(
    "path", ["runs", "registry", "saved", "../x", "", ".", "/", "registry/victim", "victim's"]
)
def test_a_planted_record_deletes_and_reads_nothing_else(tmp_path: Path, path: str) -> None:
    repository = ArtifactRepository(new_store("local", tmp_path))
    (tmp_path / "x").mkdir()
    (tmp_path / "x" / "mine.txt").write_text("mine")
    victim = save_value(repository, "victim", {"secret": 1})
    save_value(repository, "other", 1, PRODUCER)
    plant(repository, "planted", path=victim.path if path == "victim's" else path)
    before = keys(repository.store)
    for use in (
        lambda: repository.delete("planted", [1]),
        lambda: repository.get("planted"),
        lambda: repository.versions("planted"),
    ):
        with pytest.raises(DamagedObjectError, match="registry/planted/1"):
            use()
    assert keys(repository.store) == before
    assert (tmp_path / "x" / "mine.txt").read_text() == "mine"
    assert victim.load() == {"secret": 1}
    assert repository.get("other").load() == 1


def test_a_planted_file_name_reads_and_writes_nothing_else(repository: ArtifactRepository) -> None:
    (file,) = json.loads(json.dumps([vars(each) for each in save_value(repository, "b").files]))
    for path in ("../../registry/b/1", "/etc/hostname", "a/../../x", "%2e%2e/x"):
        name = f"planted{len(repository.names())}"
        plant(repository, name, files=[file | {"path": path}])
        with pytest.raises(DamagedObjectError):
            repository.get(name)


def test_a_record_of_another_name_is_not_believed(repository: ArtifactRepository) -> None:
    save_value(repository, "a", {"x": 1})
    repository.store.create("registry/b/1", repository.store.read("registry/a/1"))
    with pytest.raises(DamagedObjectError, match="registry/b/1"):
        repository.get("b")


def test_an_entry_that_is_missing_is_not_skipped(repository: ArtifactRepository) -> None:
    fill(repository)
    repository.store.delete("registry/a/2")
    with pytest.raises(ObjectNotFoundError, match="registry/a/2"):
        repository.versions("a")


def test_a_damaged_record_hides_no_other_artifact(
    repository: ArtifactRepository, caplog: pytest.LogCaptureFixture
) -> None:
    save_value(repository, "good")
    save_value(repository, "bad")
    repository.store.replace("registry/bad/1", b"{garbage")
    assert [version.name for version in repository.latest()] == ["good"]
    assert "'bad' is left out" in caplog.text

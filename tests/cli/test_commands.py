"""What the commands print, ask, and do."""

from __future__ import annotations

import io
import json
import logging
import sys
import uuid
from argparse import Namespace
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from airflow_artifacts.cli.terminal import command
from airflow_artifacts.distiset import GatheredArtifact
from airflow_artifacts.distiset.references import note_location
from airflow_artifacts.exceptions import ArtifactsError, StorageError
from airflow_artifacts.storage import LocalObjectStore, Producer
from tests.cli.support import add, alive
from tests.distiset.support import distiset, numbered

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from airflow_artifacts.artifacts import ArtifactRepository
    from tests.cli.conftest import Answer

    Airflow = Callable[..., Answer]

PRODUCER = Producer("dag", "run 1", "task", 3, 2, "attempt")
HOSTILE = "[/red] \x1b[2J\n[bold] :smile:"


@pytest.fixture(autouse=True)
def nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody is at a terminal."""
    monkeypatch.setattr(sys, "stdin", io.StringIO("y\n"))


@pytest.mark.parametrize(
    "name", ["", "list", "show", "versions", "download", "delete", "prune", "verify", "check-store"]
)
def test_help(airflow: Airflow, name: str) -> None:
    answer = airflow(*name.split(), "--help")
    assert answer.code == 0
    assert f"Usage: airflow artifacts {name}".strip() in answer.out


def test_list(airflow: Airflow, repository: ArtifactRepository) -> None:
    assert airflow("list").out == "No data found\n"
    assert json.loads(airflow("list", "-o", "json").out) == []
    add(repository, "plots/a", files={"a": b"x" * 1500}, label="1.10", producer=PRODUCER, kind="image")
    add(repository, "b")
    add(repository, "b", metadata={"n": 1}, tags=("x", "y"))
    table = airflow("list")
    assert (table.code, table.err) == (0, "")
    assert [line.partition(" | 20")[0] for line in table.lines[2:]] == [
        "b | 2 | | folder | 7 B",
        "plots/a | 1 | 1.10 | image | 1.5 kB",
    ]
    assert table.lines[0].startswith(
        "name | version | label | kind | size | created_at | dag_id | run_id | task_id"
    )
    assert table.lines[3].endswith("| dag | run 1 | task")
    plain = airflow("list", "plots", "--output", "plain")
    assert plain.lines[1].startswith("plots/a 1 1.10 image 1500 20")
    assert len(plain.lines) == 2
    for output, read in (("json", json.loads), ("yaml", yaml.safe_load)):
        one, other = read(airflow("list", "-o", output).out)
        assert (one["name"], one["version"], one["size"], one["dag_id"]) == ("b", 2, 7, None)
        assert one["metadata"] == {"size": 7, "n": 1}
        assert one["tags"] == ["x", "y"]
        assert (other["size"], other["map_index"], other["label"]) == (1500, 3, "1.10")


def test_what_a_run_saved(airflow: Airflow, root: Path) -> None:
    from airflow_artifacts.artifacts import ArtifactConfig, Origin, draft_value, save
    from tests.cli.support import open_repository

    repository = open_repository(root)
    draft = draft_value(ArtifactConfig("a").checked(), {"x": 1}, root.parent, kind=None, allow_pickle=False)
    save(repository, [draft], Origin(PRODUCER))
    add(repository, "b")
    (found,) = json.loads(airflow("list", "run://dag/run%201/task/3", "-o", "json").out)
    assert found["uri"] == "artifact://a@1"


def test_versions(airflow: Airflow, repository: ArtifactRepository) -> None:
    add(repository, "a", days=30, metadata={"n": 1, "split": "train", "version": "1"}, tags=("x",))
    add(repository, "a", days=20, metadata={"n": 2, "split": "test", "flag": True}, tags=("x", "y"))
    add(repository, "a", days=10, metadata={"n": [1]}, producer=PRODUCER)
    repository.add_metadata(repository.get("a", 1), {"n": 5})

    def found(*args: str) -> list[int]:
        return [each["version"] for each in json.loads(airflow("versions", "a", *args, "-o", "json").out)]

    time = repository.get("a", 2).created_at
    assert found() == [1, 2, 3]
    assert found("--metadata", "n=5") == [1]
    assert found("--metadata", "n=1") == []
    assert found("--metadata", "n=[1]") == [3]
    assert found("--metadata", "split=test") == found("--metadata", 'split="test"') == [2]
    assert found("--metadata", 'version="1"') == [1]
    assert found("--metadata", "version=1") == []
    assert found("--metadata", "flag=true") == [2]
    assert found("--metadata", "flag=NaN") == []
    assert found("--metadata", "n=2", "--metadata", "split=train") == []
    assert found("--tag", "x") == [1, 2]
    assert found("--tag", "x", "--tag", "y") == [2]
    assert found("--dag-id", "dag") == found("--run-id", "run 1") == found("--task-id", "task") == [3]
    assert found("--dag-id", "other") == []
    assert found("--created-after", time.isoformat()) == [3]
    assert found("--created-before", time.strftime("%Y-%m-%dT%H:%M:%S.%fZ")) == [1]
    assert found("--created-before", f"{time.date()}") == [1]
    lines = airflow("versions", "a").lines
    assert lines[0].startswith("version | label | kind | size | created_at")
    assert lines[3].startswith("2 | | folder | 7 B | 20")
    assert lines[3].endswith("| x, y")
    assert airflow("versions", "a", "--tag", "z").out == "No data found\n"


@pytest.mark.parametrize(
    ("args", "problem"),
    [
        (("versions", "a", "--metadata", "n"), "is not of the form key=value"),
        (("versions", "a", "--created-after", "soon"), "is no date such as"),
        (("prune", "--keep", "0"), "is no number above 0"),
        (("prune", "--older-than", "30"), "is no age such as"),
        (("prune", "--older-than", "1m"), "is no age such as"),
        (("delete", "a"), "is not of the form NAME@VERSION"),
        (("list", "--output", "xml"), "invalid choice"),
    ],
)
def test_arguments_that_are_none(airflow: Airflow, args: tuple[str, ...], problem: str) -> None:
    answer = airflow(*args)
    assert answer.code == 2
    assert problem in answer.err


def test_show(airflow: Airflow, repository: ArtifactRepository) -> None:
    add(repository, "parent")
    version = add(
        repository,
        "a/b",
        files={"a.txt": b"abc", "deep/b": b"x" * 2500},
        label="best",
        metadata={"n": 1, "nested": {"x": [None]}},
        facts={"rows": 3},
        tags=("x",),
        producer=PRODUCER,
        parents=(("parent", 1),),
        step="train",
        kind="image",
        codec="image",
        media_type="image/png",
    )
    repository.add_metadata(version, {"n": 2})
    (found,) = json.loads(airflow("show", "a/b", "-o", "json").out)
    assert found["metadata"] == {"size": 2503, "rows": 3, "n": 2, "nested": {"x": [None]}}
    assert [change["metadata"] for change in found["metadata_history"]] == [{"n": 2}]
    assert found["parents"] == ["artifact://parent@1"]
    assert found["producer"]["run_id"] == "run 1"
    assert found["producer"]["map_index"] == 3
    assert found["files"][0] == {
        "path": "a.txt",
        "size": 3,
        "sha256": "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
    }
    assert found["url"] == repository.store.url(version.path)
    assert [yaml.safe_load(airflow("show", "a/b@best", "-o", "yaml").out)[0]] == [found]
    shown = dict(line.split(" | ", 1) for line in airflow("show", "artifact://a/b@1").lines[2:] if " | " in line)
    for name, value in {
        "name": "a/b",
        "version": "1",
        "label": "best",
        "size": "2.5 kB",
        "tags": "x",
        "step": "train",
        "media_type": "image/png",
        "producer task_id": "task",
        "parent": "artifact://parent@1",
        "metadata n": "2",
        "metadata nested": '{"x": [null]}',
        f"metadata of {found['metadata_history'][0]['created_at']}": '{"n": 2}',
        "file a.txt": f"3 B, SHA-256 {found['files'][0]['sha256']}",
    }.items():
        assert shown[name] == value
    assert f"2500, SHA-256 {found['files'][1]['sha256']}" in airflow("show", "a/b", "-o", "plain").out


@pytest.mark.parametrize("output", ["table", "plain"])
def test_nothing_is_taken_for_markup_or_for_a_command(
    airflow: Airflow, repository: ArtifactRepository, output: str
) -> None:
    add(repository, "a", tags=(HOSTILE,), metadata={HOSTILE: HOSTILE}, producer=Producer(HOSTILE, "r", "t"))
    for called in ("list", "versions a", "show a"):
        answer = airflow(*called.split(), "-o", output)
        assert (answer.code, answer.err) == (0, "")
        assert "[/red]" in answer.out
        assert "[bold] :smile:" in answer.out
        assert "\x1b" not in answer.out


def test_download(airflow: Airflow, repository: ArtifactRepository, tmp_path: Path) -> None:
    version = add(repository, "a", files={"a.txt": b"abc", "deep/b": b"x"})
    add(repository, "one", files={"b.txt": b"2"}, kind="file", codec="file")
    here = tmp_path / "here"
    before = {path for path in tmp_path.iterdir() if path != here}
    assert airflow("download", "a@1", str(here)).out == f"{here}\n"
    assert sorted(path.relative_to(here).as_posix() for path in here.rglob("*")) == ["a.txt", "deep", "deep/b"]
    assert airflow("download", "one", str(here)).out == f"{here}/b.txt\n"
    assert (here / "b.txt").read_bytes() == b"2"
    assert (
        airflow("download", "artifact://a@1/deep/b", str(tmp_path / "there")).out == f"{tmp_path}/there/deep/b\n"
    )
    assert [path.name for path in (tmp_path / "there").rglob("*")] == ["deep", "b"]
    assert set(tmp_path.iterdir()) == before | {here, tmp_path / "there"}
    repository.store.replace(f"{version.path}/a.txt", b"abd")
    answer = airflow("download", "a", str(tmp_path / "damaged"))
    assert (answer.code, answer.out) == (1, "")
    assert "a.txt is damaged" in answer.err
    assert not (tmp_path / "damaged/a.txt").exists()
    answer = airflow("download", "one", str(here / "b.txt"))
    assert (answer.code, answer.err.count("\n")) == (1, 1)


@pytest.mark.parametrize(
    "args",
    [
        ("show", "nothing"),
        ("show", "a@7"),
        ("show", "a@nothing"),
        ("versions", "nothing"),
        ("download", "nothing", "/nowhere"),
        ("download", "a@1/nothing", "/nowhere"),
        ("delete", "a@7", "--yes"),
        ("delete", "a@1", "--yes"),
        ("delete", "a@nothing", "--yes"),
        ("prune", "nothing", "--keep", "1"),
        ("verify", "nothing"),
        ("show", "../x"),
        ("show", "s3://bucket/x"),
        ("list", "artifact://nothing"),
    ],
)
def test_errors_are_one_line(airflow: Airflow, repository: ArtifactRepository, args: tuple[str, ...]) -> None:
    add(repository, "a")
    add(repository, "a")
    repository.delete("a", [1])
    answer = airflow(*args)
    assert (answer.code, answer.out, answer.err.count("\n")) == (1, "", 1)
    if args[0] == "delete":
        assert "It has the versions 2" in answer.err


def test_delete(airflow: Airflow, repository: ArtifactRepository, answer: Callable[[str], None]) -> None:
    for number in range(5):
        add(repository, "a", label=f"1.{number}")
    refused = airflow("delete", "a@1")
    assert refused.code == 1
    assert "give --yes" in refused.err
    answer("n")
    assert airflow("delete", "a@1").code == 1
    answer("")
    asked = airflow("delete", "a@1")
    assert (asked.code, asked.out) == (1, "")
    assert "Delete artifact://a@1, 7 bytes" in asked.err
    assert alive(repository, "a") == [1, 2, 3, 4, 5]
    answer("y")
    assert airflow("delete", "a@1").code == 0
    assert airflow("delete", "a@1.2", "--yes").err == "Deleted artifact://a@3.\n"
    assert airflow("delete", "artifact://a@latest", "-y").code == 0
    assert alive(repository, "a") == [2, 4]
    repository.registry("a").delete([2])  # and died
    assert airflow("delete", "a@2").code == 0
    assert repository.registry("a").changes().erased == {1, 2, 3, 5}


def test_prune(airflow: Airflow, repository: ArtifactRepository, answer: Callable[[str], None]) -> None:
    for days in (40, 30, 20, 10):
        add(repository, "a", days=days)
        add(repository, "b", days=days)
    repository.registry("b").delete([1])  # and died
    assert airflow("prune").code == 1
    rule = ("prune", "--keep", "2", "--older-than", "3w")
    found = json.loads(airflow(*rule, "--dry-run", "-o", "json").out)
    expected = [("a", 1, "delete"), ("a", 2, "delete"), ("b", 1, "finish deletion"), ("b", 2, "delete")]
    assert [(each["name"], each["version"], each["action"]) for each in found] == expected
    assert [
        line.endswith(("| delete", "| finish deletion")) for line in airflow(*rule, "--dry-run").lines[2:]
    ] == [True] * 4
    refused = airflow(*rule)
    assert refused.code == 1
    assert "Delete 4 versions, 28 bytes? Nobody can answer here: give --yes." in refused.err
    answer("no")
    assert airflow(*rule).code == 1
    assert (alive(repository, "a"), alive(repository, "b")) == ([1, 2, 3, 4], [2, 3, 4])
    answer("yes")
    asked = airflow(*rule, "a", "-o", "json")
    assert asked.code == 0
    assert [each["version"] for each in json.loads(asked.out)] == [1, 2]
    assert (alive(repository, "a"), alive(repository, "b")) == ([3, 4], [2, 3, 4])
    done = airflow(*rule, "--yes", "-o", "json")
    assert [each["version"] for each in json.loads(done.out)] == [1, 2]
    assert done.err == "Deleted 2 versions, 14 bytes.\n"
    assert alive(repository, "b") == [3, 4]
    assert airflow(*rule).out == "No data found\n"


def test_only_what_was_shown_is_pruned(
    airflow: Airflow, repository: ArtifactRepository, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Slow:
        def isatty(self) -> bool:
            return True

        def readline(self) -> str:
            add(repository, "a")  # while somebody thinks about it
            return "y"

    for _ in range(3):
        add(repository, "a")
    monkeypatch.setattr(sys, "stdin", Slow())
    assert airflow("prune", "--keep", "1").err.endswith("Deleted 2 versions, 14 bytes.\n")
    assert alive(repository, "a") == [3, 4]


def test_an_error_of_several_lines() -> None:
    @command
    def fails(_: Namespace) -> None:
        raise ArtifactsError("one\n  two")

    with pytest.raises(SystemExit, match=r"^one two$"):
        fails(Namespace())


def test_prune_and_data_sets(
    airflow: Airflow, repository: ArtifactRepository, tmp_path: Path, airflow_home: Path
) -> None:
    for _ in range(3):
        add(repository, "a", days=9)
    artifact = GatheredArtifact("step", repository.registry("a").record(1), 1)
    distiset({"a": numbered(1)}, artifacts=[artifact]).save(str(tmp_path / "out"), source=repository.store)
    note_location(repository.store, str(tmp_path / "out"))
    prune: Any = ("prune", "--keep", "1", "--yes")
    note_location(repository.store, "s3://no_such_connection@bucket/data")
    refused = airflow(*prune)
    assert (refused.code, refused.out, refused.err.count("\n")) == (1, "", 1)
    assert "s3://no_such_connection@bucket/data" in refused.err
    assert "there is no connection 'no_such_connection'" in refused.err
    assert alive(repository, "a") == [1, 2, 3]
    url = refused.err.partition("delete the object ")[2].partition(",")[0]
    repository.store.delete(url.removeprefix(f"{repository.store.root}/"))
    assert airflow(*prune).code == 0
    assert alive(repository, "a") == [1, 3]


def test_verify(airflow: Airflow, repository: ArtifactRepository) -> None:
    nothing = airflow("verify")
    assert (nothing.code, nothing.out) == (0, "")
    assert nothing.err.startswith("Checked 0 versions with 0 files, 0 B, in ")
    add(repository, "a")
    version = add(repository, "b", files={"x": b"1", "y": b"2"})
    assert airflow("verify", "-o", "json").out == "[]\n"
    repository.store.replace("saved/c-0123456789abcdef/x", b"1")
    orphan = airflow("verify")
    assert orphan.code == 0
    assert orphan.lines[2].startswith("orphaned | | | saved/c-0123456789abcdef | 1 files, 1 bytes, to which")
    assert orphan.err.endswith(": all that was saved is there, unchanged.\n")
    repository.store.replace(f"{version.path}/x", b"3")
    repository.store.delete(f"{version.path}/y")
    damaged = airflow("verify", "-o", "json")
    assert damaged.code == 1
    found = json.loads(damaged.out)
    assert [(each["problem"], each["name"], each["version"]) for each in found] == [
        ("damaged", "b", 1),
        ("missing", "b", 1),
        ("orphaned", None, None),
    ]
    assert damaged.err.startswith("Checked 2 versions with 3 files, 9 B, in ")
    assert damaged.err.endswith(": 2 findings.\n")
    assert airflow("verify", "a").code == 0
    plain = airflow("verify", "b", "-o", "plain")
    assert plain.code == 1
    assert plain.lines[1].startswith(f"damaged b 1 {version.path}/x its SHA-256 is not the recorded one.")


def test_verify_says_how_old_it_is(airflow: Airflow, repository: ArtifactRepository) -> None:
    for hours in (1, 50):
        moment = datetime.now(timezone.utc) - timedelta(hours=hours)
        attempt = uuid.UUID(int=int(moment.timestamp() * 1000) << 80 | 7 << 76 | 2 << 62)
        repository.store.replace(f"runs/d/r/t/-1/001-{attempt}/artifacts/a-0123456789abcdef/x", b"1")
    assert sorted(each["age"] for each in json.loads(airflow("verify", "-o", "json").out)) == ["2 d", "60 min"]


def test_check_store(airflow: Airflow, root: Path, tmp_path: Path) -> None:
    done = airflow("check-store")
    assert done.code == 0
    assert done.err == f"Trying out {root.as_uri()}\n"
    assert [line.split()[0] for line in done.lines] == ["ok"] * 11
    assert list(root.iterdir()) == []
    assert airflow("check-store", str(tmp_path / "other")).code == 0
    refused = airflow("check-store", "/proc/nothing")
    assert refused.code == 1
    assert [line.split()[0] for line in refused.lines] == ["ok", "FAILED", "ok"]
    assert "Create the folder, or choose another root." in refused.lines[1]


@pytest.mark.parametrize(
    ("root", "problem"),
    [
        ("s3://no_such_connection@bucket/x", "there is no connection 'no_such_connection'"),
        ("s3://AKIAKEY:hunter2@bucket/x", "redentials"),
        ("nothing://x", "nothing"),
        ("relative", "has to be a URL or an absolute path"),
    ],
)
def test_check_store_of_a_root_that_cannot_be_opened(
    airflow: Airflow, airflow_home: Path, root: str, problem: str
) -> None:
    answer = airflow("check-store", root)
    assert answer.code == 1
    assert len(answer.lines) == 1
    assert answer.lines[0].startswith("FAILED Open the root: ")
    assert problem in answer.out
    assert "hunter2" not in answer.out + answer.err


def test_what_libraries_log_of_an_error_is_not_shown(
    airflow: Airflow, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fails(*_: object) -> None:
        logging.getLogger("gcsfs").error("a traceback")
        raise StorageError("create", "file:///x", "it is broken.")

    monkeypatch.setattr(LocalObjectStore, "create", fails)
    assert "it is broken." in airflow("check-store").lines[1]
    assert caplog.records == []
    logging.getLogger("gcsfs").error("later")
    assert [record.message for record in caplog.records] == ["later"]

from __future__ import annotations

import json
import logging
import os
from pathlib import Path
from typing import Any

import pytest

from airflow_artifacts.exceptions import ArtifactError, UnsafeFileError, UnsafeNameError
from airflow_artifacts.steps import GlobalStep, Step, StepInput, StepOutput, run_step
from airflow_artifacts.storage import quote_segment


class Saves(Step):
    def process(self, inputs: Any) -> Any:
        yield inputs


@pytest.fixture
def save(tmp_path: Path) -> Any:
    """Save an artifact the way that a step does, and give its folder."""

    def save(write: Any, name: Any = "plot", metadata: Any = None) -> Any:
        class Saver(Step):
            def process(self, inputs: Any) -> Any:
                self.save_artifact(name, write, metadata)
                yield inputs

        run_step(Saver(name="saver"), [{}], artifacts_path=tmp_path)
        return tmp_path / "saver" / name

    return save


def hello(folder: Path) -> None:
    (folder / "hello.txt").write_text("hello")


def test_a_global_step_that_draws_what_it_counted(tmp_path: Path) -> None:
    pyplot = pytest.importorskip("matplotlib.pyplot")
    pyplot.switch_backend("agg")

    class CountTextCharacters(GlobalStep):
        @property
        def inputs(self) -> Any:
            return ["text"]

        @property
        def outputs(self) -> Any:
            return ["text_character_count"]

        def process(self, inputs: StepInput) -> StepOutput:
            counts = []
            for row in inputs:
                row["text_character_count"] = len(row["text"])
                counts.append(row["text_character_count"])
            pyplot.hist(counts)
            self.save_artifact(
                name="text_character_count_distribution",
                write_function=lambda path: pyplot.savefig(path / "figure.png"),
                metadata={"type": "image", "library": "matplotlib"},
            )
            pyplot.close()
            yield inputs

    rows = [{"text": "a" * length} for length in (1, 1, 2, 30)]
    result = run_step(CountTextCharacters(), rows, artifacts_path=tmp_path)
    assert [row["text_character_count"] for row in result.rows] == [1, 1, 2, 30]
    assert rows[0] == {"text": "a"}
    folder = result.artifacts / "count_text_characters_0" / "text_character_count_distribution"
    assert (folder / "figure.png").read_bytes().startswith(b"\x89PNG")
    assert json.loads((folder / "metadata.json").read_text()) == {"type": "image", "library": "matplotlib"}


def test_files_in_folders(save: Any) -> None:
    def write(folder: Path) -> None:
        assert list(folder.iterdir()) == []
        (folder / "a" / "b").mkdir(parents=True)
        (folder / "a" / "b" / "c.txt").write_text("c")
        hello(folder)

    folder = save(write)
    files = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert files == {"a/b/c.txt", "hello.txt", "metadata.json"}
    assert json.loads((folder / "metadata.json").read_text()) == {}
    assert folder.stat().st_mode & 0o777 == 0o755


def test_saving_again_replaces(save: Any, tmp_path: Path) -> None:
    save(lambda folder: (folder / "old.txt").write_text("old"))
    folder = save(hello)
    assert sorted(path.name for path in folder.iterdir()) == ["hello.txt", "metadata.json"]
    assert [path.name for path in (tmp_path / "saver").iterdir()] == ["plot"]


def test_names_with_a_common_beginning_keep_apart(save: Any, tmp_path: Path) -> None:
    save(hello, "a/b")
    save(hello, "a")
    assert sorted(path.name for path in (tmp_path / "saver").iterdir()) == sorted(["a", quote_segment("a/b")])


@pytest.mark.parametrize(
    "name",
    ["", "..", "../x", "/abs", "a//b", "a/../b", "a\\b", "a\0b", ".hidden", "a b", "a/", "ä", "x" * 201, "a\n"],
)
def test_hostile_names(save: Any, tmp_path: Path, name: Any) -> None:
    with pytest.raises(UnsafeNameError):
        save(lambda _: pytest.fail("nothing is written"), name)
    assert list(tmp_path.rglob("*")) == []


@pytest.mark.parametrize("metadata", [{"a": float("nan")}, {"a": object()}, {1: "a"}, {"a": {"b": {1, 2}}}])
def test_metadata_that_is_not_json_is_refused_first(save: Any, tmp_path: Path, metadata: Any) -> None:
    with pytest.raises(ArtifactError, match="metadata"):
        save(lambda _: pytest.fail("nothing is written"), metadata=metadata)
    assert list(tmp_path.rglob("*")) == []


def test_nothing_written(save: Any, tmp_path: Path) -> None:
    with pytest.raises(ArtifactError, match="Artifact 'plot' was not saved: no file was written"):
        save(lambda _: None)
    assert list((tmp_path / "saver").iterdir()) == []


def test_the_name_of_the_metadata_is_taken(save: Any) -> None:
    with pytest.raises(ArtifactError, match=r"'metadata.json' is taken"):
        save(lambda folder: (folder / "metadata.json").write_text("{}"))


def test_an_error_while_writing_leaves_nothing_and_the_artifact_before(save: Any, tmp_path: Path) -> None:
    def fail(folder: Path) -> None:
        (folder / "half.txt").write_text("half")
        raise ZeroDivisionError

    folder = save(hello)
    with pytest.raises(ZeroDivisionError):
        save(fail)
    assert [path.name for path in (tmp_path / "saver").iterdir()] == ["plot"]
    assert (folder / "hello.txt").read_text() == "hello"


def test_links_within_become_files(save: Any) -> None:
    def write(folder: Path) -> None:
        hello(folder)
        (folder / "absolute.txt").symlink_to(folder / "hello.txt")
        (folder / "relative.txt").symlink_to("hello.txt")

    folder = save(write)
    for name in ("absolute.txt", "relative.txt"):
        assert (folder / name).read_text() == "hello"
        assert not (folder / name).is_symlink()


def test_links_outwards_and_pipes_are_refused(save: Any, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("secret")
    with pytest.raises(UnsafeFileError, match="leads out"):
        save(lambda folder: (folder / "link").symlink_to(tmp_path / "secret"))
    with pytest.raises(UnsafeFileError, match="neither a file nor a folder"):
        save(lambda folder: os.mkfifo(folder / "pipe"))


def test_without_anyone_who_drives_the_step_the_log_says_where(
    caplog: pytest.LogCaptureFixture, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    Saves().save_artifact("plot", hello, {"a": 1})
    [record] = [record for record in caplog.records if record.levelno == logging.WARNING]
    folder = Path(record.getMessage().rpartition(" ")[2])
    assert folder.is_relative_to(tmp_path)
    assert (folder / "hello.txt").read_text() == "hello"
    assert folder.parts[-2:] == ("saves_0", "plot")


def test_two_artifacts_of_a_step_share_its_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    step = Saves()
    step.save_artifact("a", hello)
    step.save_artifact("b", hello)
    assert sorted(path.parent.name for path in tmp_path.rglob("hello.txt")) == ["a", "b"]
    assert len(list(tmp_path.iterdir())) == 1

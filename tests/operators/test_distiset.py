from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from airflow.sdk import DAG, task, task_group

from airflow_artifacts import ArtifactClient, log_artifacts, log_dict, log_text
from airflow_artifacts.distiset import Distiset, load_from_disk
from airflow_artifacts.distiset.references import find_references
from airflow_artifacts.exceptions import DistisetError, StorageError
from airflow_artifacts.operators import DistisetPushOperator, StepOperator
from airflow_artifacts.steps import GeneratorStep, RuntimeParameter, Step, StepInput
from airflow_artifacts.storage import open_store

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from airflow_artifacts.steps import GeneratorStepOutput, StepOutput


class Makes(GeneratorStep):
    """Makes numbered rows."""

    count: RuntimeParameter[int] = 3

    def process(self, offset: int = 0) -> GeneratorStepOutput:
        count = self.count or 0
        self.save_artifact("count", lambda path: (path / "count.txt").write_text(str(count)), {"count": count})
        yield [{"n": n} for n in range(count)], True


class Doubles(Step):
    """Doubles a number."""

    def process(self, inputs: StepInput) -> StepOutput:
        yield [{**row, "double": 2 * row["n"]} for row in inputs]


class Drops(Step):
    """Drops every row."""

    def process(self, inputs: StepInput) -> StepOutput:
        yield [row for row in inputs if False]


def rows_of(path: Path, subset: str = "default", split: str = "train") -> list[dict[str, Any]]:
    return list(load_from_disk(str(path)).subsets[subset][split])


def files_below(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def test_one_leaf_becomes_the_default_subset(run_and_collect: Callable[..., Any], tmp_path: Path) -> None:
    out = tmp_path / "out"
    with DAG("one_leaf", schedule=None) as dag:
        load = StepOperator(task_id="load", step=Makes())
        (
            load
            >> StepOperator(task_id="double", step=Doubles())
            >> DistisetPushOperator(task_id="push", path=str(out))
        )
    results = run_and_collect(dag)
    assert results.xcom("push") == {
        "format": "airflow-artifacts/distiset/1",
        "path": str(out),
        "rows": {"default": {"train": 3}},
    }
    assert rows_of(out) == [{"n": n, "double": 2 * n} for n in range(3)]
    assert files_below(out) == {
        "README.md",
        "distiset.json",
        "default/train-00000-of-00001.parquet",
        "artifacts/load/count/count.txt",
        "artifacts/load/count/metadata.json",
    }
    card = (out / "README.md").read_text()
    for fact in ("one_leaf", "test_distiset.Doubles", results.run.run_id.partition("+")[0][-10:]):
        assert fact in card.replace("\\", "")


def test_leaves_become_subsets_and_mapped_artifacts_have_folders_of_their_own(
    run_and_collect: Callable[..., Any], tmp_path: Path
) -> None:
    out = tmp_path / "out"
    with DAG("leaves", schedule=None) as dag:
        mapped = StepOperator.partial(task_id="mapped", step=Makes()).expand(
            runtime_parameters=[{"count": 1}, {"count": 2}]
        )
        double = StepOperator(task_id="double", step=Doubles())
        other = StepOperator(task_id="other", step=Doubles(name="renamed"))
        mapped >> double
        mapped >> other

        @task
        def in_between() -> None:
            pass

        [double, other] >> in_between() >> DistisetPushOperator(task_id="push", path=str(out))
    run_and_collect(dag)
    assert [row["n"] for row in rows_of(out, "double")] == [0, 0, 1]
    assert rows_of(out, "renamed") == rows_of(out, "double")
    texts = {name: (out / name).read_text() for name in files_below(out) if name.endswith(".txt")}
    assert texts == {"artifacts/mapped-0/count/count.txt": "1", "artifacts/mapped-1/count/count.txt": "2"}


def test_given_inputs_and_splits(run_and_collect: Callable[..., Any], tmp_path: Path) -> None:
    out = tmp_path / "out"
    with DAG("inputs", schedule=None, params={"folder": str(tmp_path)}) as dag:
        load = StepOperator(task_id="load", step=Makes(count=10))
        double = StepOperator(task_id="double", step=Doubles())
        load >> double
        push = DistisetPushOperator(
            task_id="push", path="{{ params.folder }}/out", inputs=load.output, train_size=0.8, seed=1
        )
        double >> push
    results = run_and_collect(dag)
    assert results.xcom("push")["rows"] == {"default": {"train": 8, "test": 2}}
    assert sorted(row["n"] for split in ("train", "test") for row in rows_of(out, split=split)) == list(range(10))


def test_steps_of_one_name_are_told_apart_by_their_tasks(
    run_and_collect: Callable[..., Any], tmp_path: Path
) -> None:
    out = tmp_path / "out"
    with DAG("same_names", schedule=None) as dag:
        loads = [StepOperator(task_id=f"load{n}", step=Makes(name="same", count=n)) for n in (1, 2)]
        loads >> DistisetPushOperator(task_id="push", path=str(out))
    run_and_collect(dag)
    assert set(load_from_disk(str(out)).subsets) == {"load1", "load2"}
    assert {name for name in files_below(out) if name.endswith(".txt")} == {
        "artifacts/load1/count/count.txt",
        "artifacts/load2/count/count.txt",
    }


def test_a_store_url(run_and_collect: Callable[..., Any]) -> None:
    url = "memory://bucket/data-set"
    with DAG("store", schedule=None) as dag:
        StepOperator(task_id="load", step=Makes()) >> DistisetPushOperator(task_id="push", path=url)
    results = run_and_collect(dag)
    assert results.xcom("push")["path"] == url
    assert list(load_from_disk(url).subsets["default"]["train"]) == [{"n": n} for n in range(3)]


def test_no_rows_fail_the_task_and_leave_the_old_data_set(
    run_and_collect: Callable[..., Any], tmp_path: Path
) -> None:
    out = tmp_path / "out"
    with DAG("empty", schedule=None) as dag:
        load = StepOperator(task_id="load", step=Makes())
        push = DistisetPushOperator(task_id="push", path=str(out), retries=3)
        load >> push
    run_and_collect(dag)
    before = {name: (out / name).read_bytes() for name in files_below(out)}
    with DAG("empty", schedule=None) as dag:
        load = StepOperator(task_id="load", step=Makes())
        push = DistisetPushOperator(task_id="push", path=str(out), retries=3)
        load >> StepOperator(task_id="drop", step=Drops()) >> push
    assert run_and_collect(dag).states["push"] == "failed"
    assert {name: (out / name).read_bytes() for name in files_below(out)} == before


def test_without_a_step_before_it_the_task_fails(run_and_collect: Callable[..., Any], tmp_path: Path) -> None:
    with DAG("alone", schedule=None) as dag:
        DistisetPushOperator(task_id="push", path=str(tmp_path / "out"))
    assert run_and_collect(dag).states == {"push": "failed"}
    assert not (tmp_path / "out").exists()


def test_leaves_inside_a_mapped_task_group(run_and_collect: Callable[..., Any], tmp_path: Path) -> None:
    out = tmp_path / "out"
    with DAG("group", schedule=None) as dag:

        @task_group
        def group(parameters: dict[str, int]) -> None:
            load = StepOperator(task_id="load", step=Makes(), runtime_parameters=parameters)
            load >> StepOperator(task_id="double", step=Doubles())

        group.expand(parameters=[{"count": 1}, {"count": 2}]) >> DistisetPushOperator(
            task_id="push", path=str(out)
        )
    run_and_collect(dag)
    assert [row["double"] for row in rows_of(out)] == [0, 0, 2]
    assert len([name for name in files_below(out) if name.endswith("count.txt")]) == 2


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ({"path": ""}, "has no place"),
        ({"path": "/x", "train_size": 1.0}, "between 0 and 1"),
        ({"path": "/x", "train_size": "0.9"}, "between 0 and 1"),
        ({"path": "data/out"}, "Give an absolute path, or a URL"),
    ],
)
def test_bad_arguments_are_refused_when_the_dag_is_parsed(arguments: dict[str, Any], text: str) -> None:
    with DAG("bad", schedule=None), pytest.raises(DistisetError, match=text):
        DistisetPushOperator(task_id="push", **arguments)


class Fails(Step):
    """Fails."""

    def process(self, inputs: StepInput) -> StepOutput:
        raise RuntimeError("no rows from here")
        yield inputs


def test_a_failure_further_up_is_not_passed_over(run_and_collect: Callable[..., Any], tmp_path: Path) -> None:
    with DAG("further_up", schedule=None) as dag:
        load = StepOperator(task_id="load", step=Makes())
        double = StepOperator(task_id="double", step=Doubles())
        fails = StepOperator(task_id="fails", step=Fails())
        load >> [double, fails]

        @task(trigger_rule="all_done")
        def clean_up() -> None:
            pass

        fails >> clean_up() >> (push := DistisetPushOperator(task_id="push", path=str(tmp_path / "out")))
        double >> push
    states = run_and_collect(dag).states
    assert (states["clean_up"], states["push"]) == ("success", "failed")
    assert not (tmp_path / "out").exists()


def references(root: Path) -> set[tuple[str, int]]:
    return find_references(open_store(str(root)), lambda _: None)


def artifacts_of(path: Path) -> dict[str, tuple[str, int | None]]:
    """Give the folder of each artifact, with its name and version."""
    manifest = load_from_disk(str(path)).manifest
    return {each.folder.removeprefix("artifacts/"): (each.name, each.version) for each in manifest.artifacts}


def test_versions_are_kept_with_the_data_set(
    run_and_collect: Callable[..., Any], root: Path, tmp_path: Path
) -> None:
    for number in (1, 2):
        with DAG("versions", schedule=None) as dag:
            mapped = StepOperator.partial(task_id="load", step=Makes()).expand(
                runtime_parameters=[{"count": 1}, {"count": 2}]
            )
            mapped >> DistisetPushOperator(task_id="push", path=str(tmp_path / "out"))
        run_and_collect(dag)
        found = artifacts_of(tmp_path / "out")
        assert set(found) == {"load-0/count", "load-1/count"}
        assert set(found.values()) == references(root) == {("count", 2 * number - 1), ("count", 2 * number)}
    client = ArtifactClient(str(root))
    for folder, (name, version) in found.items():
        kept = client.get_artifact_version(name, version)
        text = (tmp_path / "out/artifacts" / folder / "count.txt").read_text()
        assert text == str(kept.metadata["count"])


class Logs(Step):
    """Saves and logs."""

    def process(self, inputs: StepInput) -> StepOutput:
        self.save_artifact("both", lambda path: (path / "a.txt").write_text("saved"))
        log_text("logged", "both")
        log_text("more", "more.txt")
        yield inputs


def test_what_tasks_logged_is_gathered(run_and_collect: Callable[..., Any], root: Path, tmp_path: Path) -> None:
    with DAG("logged", schedule=None) as dag:

        @task
        def prepare() -> None:
            (tmp_path / "folder").mkdir()
            (tmp_path / "folder/metadata.json").write_text("mine")
            log_artifacts(tmp_path / "folder", "results/folder")
            log_dict({"a": 1}, "config.json", metadata={"by": "hand"})
            log_dict({"b": 2}, "config.json")

        @task
        def each(number: int) -> None:
            log_text(str(number), "each.txt")

        @task.artifact
        def value() -> dict[str, int]:
            return {"x": 1}

        @task
        def silent(ti: Any = None) -> None:
            ti.xcom_push("artifacts", ["mine", {"own": True}, None])

        @task
        def aside() -> None:
            log_text("not before the push", "aside.txt")

        load = StepOperator(task_id="load", step=Makes())
        logs = StepOperator(task_id="logs", step=Logs())
        push = DistisetPushOperator(task_id="push", path=str(tmp_path / "out"))
        prepare() >> load >> logs >> push
        [each.expand(number=[0, 1]), value(), silent()] >> push
        load >> aside()
    run_and_collect(dag)
    found = artifacts_of(tmp_path / "out")
    assert {folder: name for folder, (name, _) in found.items()} == {
        "prepare/results/folder": "results/folder",
        "prepare/config.json": "config.json",
        "prepare/config.json-2": "config.json",
        "load/count": "count",
        "logs/both": "both",
        "logs/both-2": "both",
        "logs/more.txt": "more.txt",
        "each-0/each.txt": "each.txt",
        "each-1/each.txt": "each.txt",
        "value/logged/value": "logged/value",
    }
    assert set(found.values()) == references(root)
    assert None not in [version for _, version in found.values()]
    files = tmp_path / "out/artifacts"
    assert (files / "prepare/results/folder/metadata.json").read_text() == "mine"
    assert json.loads((files / "prepare/config.json/metadata.json").read_text()) == {"by": "hand"}
    assert (files / "logs/both/a.txt").read_text() == "saved"
    assert (files / "logs/both-2/both").read_text() == "logged"
    assert (files / "each-1/each.txt/each.txt").read_text() == "1"
    makers = {each.folder: each.step for each in load_from_disk(str(tmp_path / "out")).manifest.artifacts}
    assert makers["artifacts/each-1/each.txt"] == "each"


@pytest.mark.parametrize("edit", ["path", "version", "deleted", "nothing"])
def test_an_edited_xcom_leads_nowhere(
    run_and_collect: Callable[..., Any], root: Path, tmp_path: Path, edit: str
) -> None:
    client = ArtifactClient(str(root))
    one, other = (client.save_artifact("a", value) for value in "12")
    if edit == "deleted":
        client.delete_artifact_version("a", 1)
    changed = {"path": {"path": other["path"]}, "version": {"version": 3, "uri": "artifact://a@3"}}

    with DAG("edited", schedule=None) as dag:

        @task
        def edits(ti: Any = None) -> None:
            ti.xcom_push("artifacts", [{**one, **changed.get(edit, {})}])

        load = StepOperator(task_id="load", step=Makes())
        [edits(), load] >> DistisetPushOperator(task_id="push", path=str(tmp_path / "out"))
    assert run_and_collect(dag).states["push"] == ("success" if edit == "nothing" else "failed")
    assert (tmp_path / "out").exists() == (edit == "nothing")


def test_a_data_set_is_noted_before_it_is_saved(
    run_and_collect: Callable[..., Any], root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = []

    def fail(*_: Any, **__: Any) -> None:
        seen.append(references(root))
        raise StorageError("save", "x", "the disk is full")

    with DAG("noted", schedule=None) as dag:
        load = StepOperator(task_id="load", step=Makes())
        load >> DistisetPushOperator(task_id="push", path=str(tmp_path / "out"))
    with monkeypatch.context() as patch:
        patch.setattr(Distiset, "save", fail)
        assert run_and_collect(dag).states["push"] == "failed"
    assert seen == [{("count", 1)}]
    assert references(root) == set()
    (note,) = (root / "distisets").iterdir()
    assert json.loads(note.read_bytes())["url"] == str(tmp_path / "out")

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from airflow.sdk import DAG, task, task_group

from airflow_artifacts.distiset import load_from_disk
from airflow_artifacts.exceptions import DistisetError
from airflow_artifacts.operators import DistisetPushOperator, StepOperator
from airflow_artifacts.steps import GeneratorStep, RuntimeParameter, Step, StepInput

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
        ({"path": ""}, "has no path"),
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

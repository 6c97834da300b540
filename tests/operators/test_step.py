from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from airflow.sdk import DAG
from pydantic import SecretStr

from airflow_artifacts.exceptions import (
    InputsError,
    MissingColumnError,
    RuntimeParameterError,
    StepDefinitionError,
)
from airflow_artifacts.operators import DistisetPushOperator, StepOperator
from airflow_artifacts.steps import GeneratorStep, GlobalStep, RuntimeParameter, Step, StepInput

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from airflow_artifacts.steps import GeneratorStepOutput, StepOutput


class Numbers(GeneratorStep):
    """Makes rows with a number and a word."""

    count: RuntimeParameter[int] = 3
    word: str = "n"

    @property
    def outputs(self) -> list[str]:
        return ["n", "word"]

    def process(self, offset: int = 0) -> GeneratorStepOutput:
        rows = [{"n": n, "word": self.word} for n in range(self.count or 0)]
        for start in range(offset, len(rows), 2):
            yield rows[start : start + 2], start + 2 >= len(rows)


class Square(Step):
    """Adds the square of a number."""

    power: RuntimeParameter[int] = 2

    @property
    def inputs(self) -> list[str]:
        return ["n"]

    @property
    def outputs(self) -> list[str]:
        return ["square"]

    def process(self, inputs: StepInput) -> StepOutput:
        for row in inputs:
            row["square"] = row["n"] ** (self.power or 2)
        yield inputs


class Total(GlobalStep):
    """Adds up, and keeps the sum as an artifact."""

    @property
    def inputs(self) -> list[str]:
        return ["n"]

    @property
    def outputs(self) -> list[str]:
        return ["total"]

    def process(self, inputs: StepInput) -> StepOutput:
        total = sum(row["n"] for row in inputs)
        self.save_artifact("sum", lambda path: (path / "sum.txt").write_text(str(total)), {"total": total})
        yield [{**row, "total": total} for row in inputs]


class Pair(Step):
    """Joins two inputs side by side."""

    def process(self, *inputs: StepInput) -> StepOutput:
        yield [{"left": left["word"], "right": right["word"]} for left, right in zip(*inputs, strict=True)]


class Fails(Step):
    """Yields a batch, then fails."""

    def process(self, inputs: StepInput) -> StepOutput:
        yield inputs
        raise RuntimeError("the model is gone")


class Nothing(Step):
    """Drops every row."""

    def process(self, inputs: StepInput) -> StepOutput:
        yield [row for row in inputs if False]


def make_dag(dag_id: str, **kwargs: Any) -> DAG:
    return DAG(dag_id, schedule=None, **kwargs)


def test_rows_pass_from_task_to_task(run_and_collect: Callable[..., Any], root: Path) -> None:
    with make_dag("chain") as dag:
        load = StepOperator(task_id="load", step=Numbers())
        load >> StepOperator(task_id="square", step=Square()) >> StepOperator(task_id="total", step=Total())
    results = run_and_collect(dag)
    assert results.rows("total") == [{"n": n, "word": "n", "square": n * n, "total": 3} for n in range(3)]
    assert not list(root.rglob("*tmp*"))


def test_artifacts_are_listed_in_xcom_and_kept_with_checksums(
    run_and_collect: Callable[..., Any], root: Path
) -> None:
    with make_dag("artifacts") as dag:
        StepOperator(task_id="load", step=Numbers()) >> StepOperator(task_id="total", step=Total())
    results = run_and_collect(dag)
    (artifact,) = results.xcom("total", "artifacts")
    assert (artifact["name"], artifact["version"]) == ("sum", 1)
    assert artifact["metadata"] == {"total": 3, "files": 1, "size": 1}
    folder = root / artifact["path"]
    assert {path.name: path.read_text() for path in folder.iterdir()} == {"sum.txt": "3"}
    (record,) = json.loads((folder.parents[1] / "artifacts.json").read_text())["artifacts"]
    assert record["metadata"] == {"total": 3}
    assert record["files"] == [
        {
            "path": "sum.txt",
            "size": 1,
            "sha256": "4e07408562bedb8b60ce05c1decfe3ad16b72230967de01f640b7e4729b49fce",
        }
    ]
    assert results.xcom("load", "artifacts") == []


def test_ref_in_xcom_is_small_whatever_the_number_of_rows(run_and_collect: Callable[..., Any]) -> None:
    with make_dag("d" * 200) as dag:
        StepOperator(task_id="t" * 200, step=Numbers(count=20_000))
    ref = run_and_collect(dag).xcom("t" * 200)
    assert ref["rows"] == 20_000
    assert len(json.dumps(ref)) < 2048


def test_step_is_named_like_its_task_unless_it_has_a_name() -> None:
    with make_dag("names"):
        assert StepOperator(task_id="my.task", step=Numbers()).step.name == "my_task"
        assert StepOperator(task_id="other", step=Numbers(name="numbers")).step.name == "numbers"


def test_templates_in_step_fields_are_rendered_for_each_run(run_and_collect: Callable[..., Any]) -> None:
    with make_dag("templates", params={"count": 2, "word": "x"}) as dag:
        operator = StepOperator(
            task_id="load", step=Numbers(count="{{ params.count }}", word="{{ params.word }}-{{ dag.dag_id }}")
        )
    assert run_and_collect(dag).rows("load") == [{"n": n, "word": "x-templates"} for n in range(2)]
    assert len(run_and_collect(dag, count=5).rows("load")) == 5
    assert operator.step.word == "{{ params.word }}-{{ dag.dag_id }}"  # type: ignore[attr-defined]


def test_value_that_a_template_renders_is_validated(run_and_collect: Callable[..., Any]) -> None:
    with make_dag("bad_template", params={"count": "many"}) as dag:
        StepOperator(task_id="load", step=Numbers(count="{{ params.count }}"), retries=2)
    assert run_and_collect(dag).states == {"load": "failed"}


def test_runtime_parameters_are_given_to_the_step(run_and_collect: Callable[..., Any]) -> None:
    with make_dag("runtime") as dag:
        load = StepOperator(task_id="load", step=Numbers(), runtime_parameters={"count": 2})
        load >> StepOperator(task_id="cube", step=Square(), runtime_parameters={"power": "{{ 1 + 2 }}"})
    assert [row["square"] for row in run_and_collect(dag).rows("cube")] == [0, 1]


def test_several_inputs_in_the_order_given_or_in_that_of_the_dag_file(run_and_collect: Callable[..., Any]) -> None:
    with make_dag("several") as dag:
        one, two = (StepOperator(task_id=word, step=Numbers(count=2, word=word)) for word in ("one", "two"))
        StepOperator(task_id="given", step=Pair(), inputs=[two.output, one.output])
        [two, one] >> StepOperator(task_id="found", step=Pair())
    results = run_and_collect(dag)
    assert results.rows("given") == [{"left": "two", "right": "one"}] * 2
    assert results.rows("found") == [{"left": "one", "right": "two"}] * 2


def test_mapped_tasks_over_runtime_parameters_and_inputs(run_and_collect: Callable[..., Any]) -> None:
    counts = [1, 3, 2]
    with make_dag("mapped") as dag:
        load = StepOperator.partial(task_id="load", step=Numbers(word="{{ ti.map_index }}")).expand(
            runtime_parameters=[{"count": count} for count in counts]
        )
        square = StepOperator.partial(task_id="square", step=Square()).expand(inputs=load.output)
        StepOperator(task_id="total", step=Total(), inputs=square.output)
        square >> StepOperator(task_id="implicit", step=Total())
    results = run_and_collect(dag)
    expected = [(str(index), n) for index, count in enumerate(counts) for n in range(count)]
    for task_id in ("total", "implicit"):
        assert [(row["word"], row["n"]) for row in results.rows(task_id)] == expected
    assert len(results.rows("square", map_index=1)) == 3


def test_step_inside_a_mapped_task_group_reads_its_own_instance(run_and_collect: Callable[..., Any]) -> None:
    from airflow.sdk import task_group

    with make_dag("groups") as dag:

        @task_group
        def group(parameters: dict[str, int]) -> None:
            load = StepOperator(task_id="load", step=Numbers(), runtime_parameters=parameters)
            load >> StepOperator(task_id="square", step=Square())

        group.expand(parameters=[{"count": 1}, {"count": 4}])
    results = run_and_collect(dag)
    assert [len(results.rows("group.square", map_index=index)) for index in (0, 1)] == [1, 4]


def test_failing_step_fails_its_task_and_leaves_nothing_that_counts(
    run_and_collect: Callable[..., Any], root: Path
) -> None:
    with make_dag("fails") as dag:
        load = StepOperator(task_id="load", step=Numbers())
        load >> StepOperator(task_id="bad", step=Fails()) >> StepOperator(task_id="after", step=Total())
    results = run_and_collect(dag)
    assert results.states == {"load": "success", "bad": "failed", "after": "upstream_failed"}
    assert results.xcom("bad") is None
    assert [path.parts[-4] for path in root.rglob("manifest.json")] == ["load"]


@pytest.mark.parametrize("step", [Square(), Total()], ids=["batches", "global"])
def test_no_rows_in_gives_no_rows_out(run_and_collect: Callable[..., Any], step: Step) -> None:
    with make_dag("empty") as dag:
        load = StepOperator(task_id="load", step=Numbers())
        load >> StepOperator(task_id="drop", step=Nothing()) >> StepOperator(task_id="after", step=step)
    results = run_and_collect(dag)
    assert results.states["after"] == "success"
    assert results.rows("drop") == results.rows("after") == []


def test_joined_inputs_of_unequal_length_fail_with_the_counts(
    run_and_collect: Callable[..., Any], caplog: pytest.LogCaptureFixture
) -> None:
    with make_dag("unequal") as dag:
        few, many = (StepOperator(task_id=f"load{n}", step=Numbers(count=n)) for n in (2, 5))
        [few, many] >> StepOperator(task_id="pair", step=Pair())
    assert run_and_collect(dag).states["pair"] == "failed"


def test_missing_column_at_run_time_fails_the_task(run_and_collect: Callable[..., Any], root: Path) -> None:
    class Loose(Numbers):
        @property
        def outputs(self) -> list[str]:
            return []

    with make_dag("missing") as dag:
        load = StepOperator(task_id="load", step=Loose())
        load >> StepOperator(task_id="square", step=Square(input_mappings={"n": "m"}))
    assert run_and_collect(dag).states == {"load": "success", "square": "failed"}


def test_skipped_upstream_is_left_out(run_and_collect: Callable[..., Any]) -> None:
    from airflow.sdk import task

    with make_dag("branches") as dag:

        @task.branch
        def choose() -> str:
            return "left"

        left, right = (StepOperator(task_id=side, step=Numbers(word=side)) for side in ("left", "right"))
        choose() >> [left, right]
        [left, right] >> StepOperator(task_id="after", step=Square(), trigger_rule="none_failed_min_one_success")
    results = run_and_collect(dag)
    assert {row["word"] for row in results.rows("after")} == {"left"}


def parse(dag: DAG) -> None:
    """Do what Airflow does once a DAG file is parsed."""
    dag.resolve_template_files()  # type: ignore[no-untyped-call]


def missing_column() -> None:
    load = StepOperator(task_id="load", step=Numbers())
    load >> StepOperator(task_id="square", step=Square()) >> StepOperator(task_id="use", step=ask("m"))


def missing_column_of_a_mapped_task() -> None:
    mapped = StepOperator.partial(task_id="use", step=ask("m")).expand(runtime_parameters=[{}])
    StepOperator(task_id="square", step=Numbers(output_mappings={"word": "square"})) >> mapped


def missing_column_behind_mapped_tasks() -> None:
    load = StepOperator.partial(task_id="load", step=Numbers()).expand(runtime_parameters=[{"count": 1}])
    square = StepOperator.partial(task_id="square", step=Square()).expand(inputs=load.output)
    StepOperator.partial(task_id="use", step=ask("m")).expand(inputs=square.output)
    DistisetPushOperator(task_id="push", path="/out", inputs=square.output)


def missing_column_of_a_given_input() -> None:
    load = StepOperator(task_id="load", step=Numbers())
    square = StepOperator(task_id="square", step=Square(), inputs=load)
    StepOperator(task_id="use", step=Choose(), inputs=[square.output], runtime_parameters={"column": "m"})


def too_many_inputs() -> None:
    loads = [StepOperator(task_id=f"load{n}", step=Numbers()) for n in (1, 2)]
    loads >> StepOperator(task_id="use", step=Square())


def no_inputs() -> None:
    StepOperator(task_id="use", step=Square())


def inputs_of_a_generator() -> None:
    StepOperator(task_id="use", step=Numbers(), inputs=StepOperator(task_id="load", step=Numbers()))


def unknown_parameter_of_a_mapped_task() -> None:
    StepOperator(task_id="load", step=Numbers())
    StepOperator.partial(task_id="use", step=Numbers()).expand(runtime_parameters=[{"cuont": 1}])


def mapped_class_instead_of_a_step() -> None:
    StepOperator(task_id="load", step=Numbers())
    StepOperator.partial(task_id="use", step=Numbers).expand(runtime_parameters=[{}])


class Choose(Step):
    """Needs a column that a runtime parameter names."""

    column: RuntimeParameter[str] | None = None

    @property
    def inputs(self) -> list[str]:
        return [f"{self.column:s}"]  # fails while there is none

    def process(self, inputs: StepInput) -> StepOutput:
        yield inputs


def ask(column: str) -> Choose:
    return Choose(column=column)


@pytest.mark.parametrize(
    ("build", "error", "text"),
    [
        (missing_column, MissingColumnError, "'use' requires the column 'm'.*'square'.*'n', 'square', 'word'"),
        (
            missing_column_of_a_mapped_task,
            MissingColumnError,
            "'use' requires the column 'm'.*'square'.*'n', 'square'",
        ),
        (missing_column_behind_mapped_tasks, MissingColumnError, "'use' requires the column 'm'.*'square'"),
        (missing_column_of_a_given_input, MissingColumnError, "'use' requires the column 'm'.*'square'"),
        (too_many_inputs, InputsError, "it takes 1, but is given 2: load1, load2"),
        (no_inputs, InputsError, "it is given none"),
        (inputs_of_a_generator, InputsError, "it makes rows itself and takes none"),
        (
            unknown_parameter_of_a_mapped_task,
            RuntimeParameterError,
            "'use': 'cuont' is unknown; did you",
        ),
        (mapped_class_instead_of_a_step, StepDefinitionError, "is the class Numbers"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_what_cannot_work_is_refused_when_the_dag_is_parsed(
    build: Callable[[], None], error: type[Exception], text: str
) -> None:
    with make_dag("refused") as dag:
        build()
    with pytest.raises(error, match=text):
        parse(dag)


def test_what_only_the_run_can_tell_is_not_refused(run_and_collect: Callable[..., Any]) -> None:
    with make_dag("not_refused", params={"column": "word", "columns": "n"}) as dag:
        load = StepOperator(task_id="load", step=Numbers())
        named = StepOperator(task_id="named", step=Choose(), runtime_parameters={"column": "word"})
        templated = StepOperator(task_id="templated", step=Choose(column="{{ params.column }}"))
        parameter = StepOperator(
            task_id="parameter", step=Choose(), runtime_parameters={"column": "{{ params.column }}"}
        )
        mapped = StepOperator.partial(task_id="mapped", step=Choose(), inputs=load.output).expand(
            runtime_parameters=[{"column": "word"}, {"column": "n"}]
        )
        load >> [named, templated, parameter]
        # A task that makes rows may come after others.
        load >> StepOperator(task_id="again", step=Numbers())
        mapped >> StepOperator(task_id="total", step=Total())
    parse(dag)
    assert set(run_and_collect(dag).states.values()) == {"success"}


def test_unknown_runtime_parameter_is_refused_when_the_dag_is_parsed() -> None:
    with (
        make_dag("parameters"),
        pytest.raises(RuntimeParameterError, match="'cuont' is unknown; did you mean 'count'"),
    ):
        StepOperator(task_id="load", step=Numbers(), runtime_parameters={"cuont": 1})


@pytest.mark.parametrize(("value", "text"), [(Numbers, "the class Numbers"), ("x", "a str")])
def test_something_else_than_a_step_is_refused(value: Any, text: str) -> None:
    with make_dag("wrong"), pytest.raises(StepDefinitionError, match=text):
        StepOperator(task_id="load", step=value)


def test_secrets_of_a_step_are_neither_rendered_nor_stored(
    run_and_collect: Callable[..., Any], root: Path
) -> None:
    class Secretive(Numbers):
        token: SecretStr
        api_key: str = ""

    with make_dag("secrets") as dag:
        operator = StepOperator(task_id="load", step=Secretive(token="hf_abcdef", api_key="sk-12345"))
    results = run_and_collect(dag)
    from airflow.models.renderedtifields import RenderedTaskInstanceFields
    from airflow.serialization.serialized_objects import DagSerialization

    (instance,) = results.run.get_task_instances()
    kept = [
        str(RenderedTaskInstanceFields.get_templated_fields(instance)),
        json.dumps(DagSerialization.to_dict(dag), default=str),
        repr(operator.step),
        *(path.read_text("latin-1") for path in root.rglob("*") if path.is_file()),
    ]
    assert not [text for text in kept if "hf_abcdef" in text or "sk-12345" in text]
    assert "Secretive" in kept[0]


def test_skipped_input_is_not_replaced_by_another(run_and_collect: Callable[..., Any]) -> None:
    from airflow.sdk import task

    with make_dag("skipped_input") as dag:

        @task.branch
        def choose() -> str:
            return "right"

        left, right = (StepOperator(task_id=side, step=Numbers(word=side)) for side in ("left", "right"))
        choose() >> [left, right]
        only = StepOperator(task_id="only", step=Square(), inputs=left.output, trigger_rule="all_done")
        right >> only
        StepOperator(task_id="pair", step=Pair(), inputs=[left.output, right.output], trigger_rule="all_done")
        two = StepOperator(task_id="two", step=Two(), inputs=[left.output, right.output], trigger_rule="all_done")
        two >> StepOperator(task_id="after", step=Square())
    states = run_and_collect(dag).states
    assert (states["only"], states["two"]) == ("failed", "failed")


class Two(Step):
    """Takes two inputs, each in its place."""

    def process(self, left: StepInput, right: StepInput | None = None) -> StepOutput:
        yield left


@pytest.mark.parametrize("rule", ["all_done", "none_skipped"])
def test_rows_of_a_failed_task_are_missed(run_and_collect: Callable[..., Any], rule: str, tmp_path: Path) -> None:
    with make_dag("failed_input") as dag:
        good = StepOperator(task_id="good", step=Numbers())
        bad = StepOperator.partial(task_id="bad", step=FailsFor(), inputs=good.output).expand(
            runtime_parameters=[{"who": 1}, {"who": 2}]
        )
        [good, bad] >> StepOperator(task_id="join", step=Total(), trigger_rule=rule)
        bad >> DistisetPushOperator(task_id="push", path=str(tmp_path / "out"), trigger_rule=rule)
    states = run_and_collect(dag).states
    assert (states["bad[0]"], states["bad[1]"]) == ("success", "failed")
    assert states["join"] == states["push"] == "failed"
    assert not (tmp_path / "out").exists()


class FailsFor(Step):
    """Fails in one of two mapped instances."""

    who: RuntimeParameter[int] = 0

    def process(self, inputs: StepInput) -> StepOutput:
        if self.who == 2:
            raise RuntimeError("not for two")
        yield inputs


def test_rows_that_nobody_could_find_are_refused() -> None:
    with make_dag("no_xcom"), pytest.raises(StepDefinitionError, match="do_xcom_push=False would lose its rows"):
        StepOperator(task_id="load", step=Numbers(), do_xcom_push=False)


def test_text_as_input_is_refused() -> None:
    with make_dag("text"), pytest.raises(InputsError, match="'load' is a text"):
        StepOperator(task_id="use", step=Square(), inputs="load")


def test_parameters_that_are_no_dictionary_fail_the_task(run_and_collect: Callable[..., Any]) -> None:
    from airflow.sdk import task

    with make_dag("no_dictionary") as dag:

        @task
        def parameters() -> list[int]:
            return [1]

        StepOperator(task_id="load", step=Numbers(), runtime_parameters=parameters())  # type: ignore[arg-type]
    assert run_and_collect(dag).states["load"] == "failed"


def test_secret_among_runtime_parameters_is_not_shown(run_and_collect: Callable[..., Any]) -> None:
    from airflow.models.renderedtifields import RenderedTaskInstanceFields
    from airflow.sdk import task
    from airflow.serialization.serialized_objects import DagSerialization

    class Secretive(Numbers):
        key: RuntimeParameter[SecretStr]

        def process(self, offset: int = 0) -> GeneratorStepOutput:
            yield [{"length": len(self.key.get_secret_value())}], True

    with make_dag("secret_parameters", params={"key": "sk-rendered"}) as dag:
        StepOperator(task_id="literal", step=Secretive(), runtime_parameters={"key": "sk-literal"})  # type: ignore[call-arg]
        StepOperator(task_id="template", step=Secretive(), runtime_parameters={"key": "{{ params.key }}"})  # type: ignore[call-arg]

        def numbers(key: RuntimeParameter[SecretStr]) -> GeneratorStepOutput:
            yield [{"length": len(key.get_secret_value())}], True

        task.step(step_type="generator", task_id="decorated")(numbers)(key="sk-literal")  # type: ignore[arg-type]
        task.step(step_type="generator", task_id="positional")(numbers)("sk-literal")  # type: ignore[arg-type]
        task.step(step_type="generator", task_id="rendered")(numbers)("{{ params.key }}")  # type: ignore[arg-type]
    results = run_and_collect(dag)
    assert [results.rows(name) for name in ("literal", "template", "decorated")] == [
        [{"length": 10}],
        [{"length": 11}],
        [{"length": 10}],
    ]
    assert [results.rows(name) for name in ("positional", "rendered")] == [[{"length": 10}], [{"length": 11}]]
    get_fields = RenderedTaskInstanceFields.get_templated_fields
    shown = [str(get_fields(instance)) for instance in results.run.get_task_instances()]
    assert not [text for text in shown if "sk-literal" in text or "sk-rendered" in text]
    assert "sk-literal" not in json.dumps(DagSerialization.to_dict(dag), default=str)


def test_rows_of_a_mapped_task_are_read_by_a_plain_task(run_and_collect: Callable[..., Any]) -> None:
    from airflow.sdk import task

    from airflow_artifacts import read_rows

    with make_dag("plain") as dag:
        load = StepOperator.partial(task_id="load", step=Numbers()).expand(
            runtime_parameters=[{"count": 1}, {"count": 2}]
        )

        @task
        def count(refs: Any) -> list[int]:
            return [row["n"] for row in read_rows(refs)]

        count(load.output)
    assert run_and_collect(dag).xcom("count") == [0, 0, 1]


class Tells(Step):
    """Tells where it runs."""

    def process(self, *inputs: StepInput) -> StepOutput:
        yield [{"key": self._step_run.key, "inputs": list(self._step_run.inputs)} for _ in inputs[0]]


def test_a_step_knows_its_work_and_what_feeds_it(run_and_collect: Callable[..., Any], root: Path) -> None:
    with DAG("tells", schedule=None) as dag:
        one, two = StepOperator(task_id="one", step=Numbers()), StepOperator(task_id="two", step=Numbers())
        [one, two] >> StepOperator(task_id="both", step=Tells())
        StepOperator.partial(task_id="mapped", step=Tells()).expand(inputs=[one.output, two.output])
    results = run_and_collect(dag)
    (both,) = {(row["key"], *row["inputs"]) for row in results.rows("both")}
    assert both[1:] == ("one", "two")
    mapped = [results.rows("mapped", map_index=index)[0] for index in (0, 1)]
    assert [row["inputs"] for row in mapped] == [["one"], ["two"]]
    assert len({both[0], *(row["key"] for row in mapped)}) == 3
    # Another try of the same work has the same folder above that of the attempt.
    assert both[0] == f"{root.as_uri()}/{results.xcom('both')['prefix']}".rpartition("/")[0]

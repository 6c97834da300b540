from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from airflow.sdk import DAG
from airflow.sdk import task as _task

from airflow_artifacts.exceptions import MissingColumnError, StepDefinitionError
from airflow_artifacts.steps import RuntimeParameter, StepInput  # noqa: TC001 - `task` hides the decorator

if TYPE_CHECKING:
    from collections.abc import Callable

    from airflow_artifacts.steps import GeneratorStepOutput, StepOutput

# For a type checker the decorated function still takes rows, and not outputs of tasks.
task: Any = _task


@task.step(outputs=["n"], step_type="generator")
def numbers(count: RuntimeParameter[int] = 3) -> GeneratorStepOutput:
    yield [{"n": n} for n in range(count or 0)], True


@task.step(inputs=["n"], outputs=["power"])
def powers(inputs: StepInput, exponent: RuntimeParameter[int] = 2) -> StepOutput:
    """Raises a number to a power."""
    yield [{**row, "power": row["n"] ** (exponent or 0)} for row in inputs]


@task.step(inputs=["n"], outputs=["sum"])
def add(*inputs: StepInput) -> StepOutput:
    yield [{"sum": sum(row["n"] for row in rows)} for rows in zip(*inputs, strict=True)]


@task.step(inputs=["n"], outputs=["total"], step_type="global")
def total(inputs: StepInput) -> StepOutput:
    yield [{"total": sum(row["n"] for row in inputs)}]


def test_functions_are_steps(run_and_collect: Callable[..., Any]) -> None:
    with DAG("functions", schedule=None) as dag:
        rows = numbers(count=4)
        powers(rows, exponent=3)
        add(rows, rows, numbers(count=4))
        total(rows)
    results = run_and_collect(dag)
    assert [row["power"] for row in results.rows("powers")] == [0, 1, 8, 27]
    assert results.rows("add") == [{"sum": 3 * n} for n in range(4)]
    assert results.rows("total") == [{"total": 6}]


def test_without_arguments_the_tasks_before_are_the_inputs(run_and_collect: Callable[..., Any]) -> None:
    with DAG("implicit", schedule=None) as dag:
        numbers() >> powers()
    assert len(run_and_collect(dag).rows("powers")) == 3


def test_parameters_may_be_templates_or_outputs_of_other_tasks(run_and_collect: Callable[..., Any]) -> None:
    with DAG("parameters", schedule=None, params={"count": 2}) as dag:

        @task
        def exponent() -> int:
            return 10

        powers(numbers(count="{{ params.count }}"), exponent=exponent())
    assert [row["power"] for row in run_and_collect(dag).rows("powers")] == [0, 1]


def test_mapped_over_parameters_and_over_inputs(run_and_collect: Callable[..., Any]) -> None:
    with DAG("mapped", schedule=None) as dag:
        rows = numbers.expand(count=[1, 2])
        powers.partial(exponent=1).expand(inputs=rows)
        total(rows)
    results = run_and_collect(dag)
    assert [len(results.rows("powers", map_index=index)) for index in (0, 1)] == [1, 2]
    assert results.rows("total") == [{"total": 1}]


def test_step_made_by_a_factory_function(run_and_collect: Callable[..., Any]) -> None:
    def make(prefix: str) -> Any:
        @task.step(outputs=[f"{prefix}_length"], inputs=["n"])
        def lengths(inputs: StepInput) -> StepOutput:
            yield [{f"{prefix}_length": row["n"]} for row in inputs]

        return lengths.override(task_id=f"{prefix}_lengths")

    with DAG("factory", schedule=None) as dag:
        rows = numbers(count=1)
        for prefix in ("a", "b"):
            make(prefix)(rows)
    results = run_and_collect(dag)
    assert results.rows("a_lengths") == [{"a_length": 0}]
    assert results.rows("b_lengths") == [{"b_length": 0}]


def test_columns_are_checked_when_the_dag_is_parsed() -> None:
    @task.step(inputs=["sums"])
    def use(inputs: StepInput) -> StepOutput:
        yield inputs

    with DAG("parsed", schedule=None) as dag:
        use(add(numbers()))
    with pytest.raises(MissingColumnError, match=r"requires the column 'sums'.*'add'.*'n', 'sum'"):
        dag.resolve_template_files()  # type: ignore[no-untyped-call]


def test_unknown_argument_is_refused_when_the_dag_is_parsed() -> None:
    with DAG("unknown", schedule=None), pytest.raises(TypeError, match="exponnet"):
        powers(numbers(), exponnet=3)


def test_generator_that_takes_rows_is_refused() -> None:
    def wrong(inputs: StepInput) -> StepOutput:
        yield inputs

    with DAG("wrong", schedule=None), pytest.raises(StepDefinitionError, match="makes rows and is given none"):
        task.step(step_type="generator")(wrong)()

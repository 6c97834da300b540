from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import pytest

from airflow_artifacts.exceptions import RuntimeParameterError, StepDefinitionError
from airflow_artifacts.steps import (
    GeneratorStep,
    GlobalStep,
    RuntimeParameter,
    Step,
    StepInput,
    run_step,
    step,
)
from airflow_artifacts.steps import RuntimeParameter as Parameter

if TYPE_CHECKING:
    from decimal import Decimal  # noqa: TC004 - as many modules have it: only type checkers see it

    from airflow_artifacts.steps import GeneratorStepOutput, StepOutput  # noqa: TC004 - likewise


@step(inputs=["text"], outputs=["length"])
def measure_text(inputs: StepInput, factor: RuntimeParameter[int] = 1) -> StepOutput:
    """Measure texts.

    More about it.
    """
    yield [{**row, "length": factor * len(row["text"])} for row in inputs]


@step(outputs=["n"], step_type="generator")
def count_up(limit: RuntimeParameter[int]) -> GeneratorStepOutput:
    for n in range(0, limit, 2):
        yield [{"n": n}, {"n": n + 1}], n + 2 >= limit


@step(outputs=["n"], step_type="generator")
def count_on(offset: int, limit: Parameter[int] = 3) -> GeneratorStepOutput:
    yield [{"n": n} for n in range(offset, limit)], True


@step(outputs=["total"], step_type="global")
def add_up(*inputs: StepInput, start: Parameter[int] = 0) -> StepOutput:
    yield [{"total": start + sum(row["n"] for rows in inputs for row in rows)}]


@step()
def pair_up(left: StepInput, right: list[dict[str, Any]]) -> StepOutput:
    yield [{**a, **b} for a, b in zip(left, right, strict=True)]


def test_a_class_is_made() -> None:
    assert Step in measure_text.__bases__
    made = measure_text(factor=2)
    assert made.name == "measure_text_0"
    assert (made.inputs, made.outputs) == (["text"], ["length"])
    assert made.describe()["doc"] == "Measure texts."
    assert made.runtime_parameters_names == {"input_batch_size": True, "factor": True}
    assert run_step(made, [{"text": "abc"}]).rows == [{"text": "abc", "length": 6}]
    assert run_step(made, [{"text": "abc"}], runtime_parameters={"factor": 3}).rows[0]["length"] == 9


def test_declarations_are_not_shared() -> None:
    list_of: Any = measure_text().inputs
    list_of.append("other")
    assert measure_text().inputs == ["text"]


def test_a_generator_without_offset() -> None:
    assert GeneratorStep in count_up.__bases__
    assert [row["n"] for row in run_step(count_up(limit=4)).rows] == [0, 1, 2, 3]
    assert list(count_up(limit=4).process(3)) == [([], False), ([{"n": 3}], True)]
    with pytest.raises(RuntimeParameterError, match="limit has no default and was not given"):
        run_step(count_up())


def test_a_generator_with_offset() -> None:
    assert list(count_on().process(1)) == [([{"n": 1}, {"n": 2}], True)]
    assert run_step(count_on()).rows == [{"n": 0}, {"n": 1}, {"n": 2}]


def test_a_global_step_of_several_inputs() -> None:
    assert GlobalStep in add_up.__bases__
    assert add_up().input_count() == (1, None)
    assert run_step(add_up(start=1), [{"n": 1}, {"n": 2}], [{"n": 4}]).rows == [{"total": 8}]


def test_named_inputs() -> None:
    assert pair_up().input_count() == (2, 2)
    assert run_step(pair_up(), [{"a": 1}], [{"b": 2}]).rows == [{"a": 1, "b": 2}]


def test_a_step_made_in_a_function() -> None:
    factor = 5
    kind = int

    @step(inputs=["n"], outputs=["m"])
    def multiply(inputs: StepInput, more: RuntimeParameter[kind] = 1) -> StepOutput:  # type: ignore[valid-type]
        assert issubclass(kind, int)
        yield [{"m": row["n"] * factor * more} for row in inputs]

    assert run_step(multiply(more=2), [{"n": 1}]).rows == [{"m": 10}]


def test_steps_made_by_a_factory_keep_apart() -> None:
    def make(word: str) -> Any:
        @step(outputs=["said"])
        def say(inputs: StepInput) -> StepOutput:
            yield [{"said": word} for _ in inputs]

        return say

    hello, bye = make("hello")(), make("bye")()
    assert [run_step(each, [{}]).rows for each in (hello, bye)] == [[{"said": "hello"}], [{"said": "bye"}]]


def test_a_mutable_default_is_not_shared() -> None:
    @step()
    def collect(inputs: StepInput, seen: RuntimeParameter[list[Any]] = []) -> StepOutput:  # noqa: B006
        seen.extend(inputs)
        yield list(seen)

    first = collect()
    assert run_step(first, [{"a": 1}]).rows == run_step(first, [{"a": 1}]).rows == [{"a": 1}]
    made: Any = collect()
    assert made.seen == []


def test_annotations_that_only_type_checkers_see() -> None:
    @step()
    def convert(inputs: StepInput) -> Decimal:  # type: ignore[misc]
        yield inputs

    assert run_step(convert(), [{"a": 1}]).rows == [{"a": 1}]
    with pytest.raises(StepDefinitionError, match=r"annotation of 'k' cannot be evaluated.*Import that name"):

        @step()
        def fail(inputs: StepInput, k: RuntimeParameter[Decimal]) -> StepOutput:
            yield inputs


def takes_number(inputs: StepInput, k: int) -> Any: ...
def takes_default(inputs: StepInput, k: Any = 3) -> Any: ...
def takes_text(inputs: str) -> Any: ...
def takes_choice(inputs: Literal["a"]) -> Any: ...
def takes_keyword(inputs: StepInput, *, more: StepInput) -> Any: ...
def takes_keywords(inputs: StepInput, **more: Any) -> Any: ...
def takes_position(inputs: StepInput, /) -> Any: ...
def takes_name(inputs: StepInput, name: RuntimeParameter[str] = "x") -> Any: ...
def takes_inputs(rows: StepInput, inputs: RuntimeParameter[str] = "x") -> Any: ...
def takes_private(inputs: StepInput, _k: RuntimeParameter[int] = 1) -> Any: ...
def takes_parameter_first(k: RuntimeParameter[int], *inputs: StepInput) -> Any: ...


@pytest.mark.parametrize(
    ("function", "problem"),
    [
        (takes_number, "'k': annotate it with RuntimeParameter"),
        (takes_default, "'k': annotate it"),
        (takes_text, "'inputs': annotate it"),
        (takes_choice, "'inputs': annotate it"),
        (takes_keyword, "'more': annotate it"),
        (takes_keywords, "'more': arguments are given by name"),
        (takes_position, "'inputs': arguments are given by name"),
        (takes_name, "'name': every step has something of that name"),
        (takes_inputs, "'inputs': every step has"),
        (takes_private, "'_k': every step has"),
        (takes_parameter_first, "runtime parameters after the rows"),
    ],
)
def test_arguments_that_are_neither(function: Any, problem: Any) -> None:
    with pytest.raises(StepDefinitionError, match=f"{function.__name__!r}.*{problem}"):
        step()(function)


def test_a_generator_of_rows() -> None:
    with pytest.raises(StepDefinitionError, match="'inputs': it makes rows and is given none"):
        step(step_type="generator")(takes_text)


def test_an_unknown_type() -> None:
    with pytest.raises(StepDefinitionError, match="'generators', but has to be one of normal, global, generator"):
        step(step_type="generators")  # type: ignore[arg-type]


def test_without_brackets() -> None:
    with pytest.raises(StepDefinitionError, match="'takes_text' cannot run: write @step"):
        step(takes_text)  # type: ignore[arg-type]


def test_no_rows_at_all() -> None:
    @step()
    def nothing(k: RuntimeParameter[int] = 1) -> StepOutput:
        yield []

    with pytest.raises(StepDefinitionError, match="takes no rows"):
        nothing().input_count()

from __future__ import annotations

import warnings
from typing import Any, cast

import pytest
from pydantic import BaseModel, Field, PositiveInt, PrivateAttr, SecretStr, model_validator

from airflow_artifacts.exceptions import RuntimeParameterError
from airflow_artifacts.steps import RuntimeParameter, Step
from airflow_artifacts.steps.parameters import check_names, missing_parameters


class Llm(BaseModel):
    model: RuntimeParameter[str] = cast("str", None)
    temperature: RuntimeParameter[float] = 0.5
    url: str = "http://localhost"


class Generate(Step):
    llm: Llm = Llm()
    llms: list[Llm] = []
    k: RuntimeParameter[PositiveInt] = 3
    key: RuntimeParameter[SecretStr] | None = None
    seen: list[str] = []
    options: dict[str, Any] = {}
    _cache: dict[str, Any] = PrivateAttr(default_factory=dict)

    def process(self, inputs: Any) -> Any:
        yield inputs


@pytest.fixture
def step() -> Any:
    return Generate(llms=[Llm(), Llm(model="b")])


def test_names_and_whether_they_may_be_left_out(step: Any) -> None:
    nested = {"model": False, "temperature": True}
    assert step.runtime_parameters_names == {
        "input_batch_size": True,
        "llm": nested,
        "llms": {"0": nested, "1": nested},
        "k": True,
        "key": True,
    }
    assert "llms" not in Generate().runtime_parameters_names


def test_what_is_missing(step: Any) -> None:
    assert missing_parameters(step) == ["llm.model", "llms.0.model"]


def test_values_are_set_in_a_copy(step: Any) -> None:
    values = {"k": "5", "llm": {"model": "a"}, "llms": {"0": {"model": "c", "temperature": 1}}}
    copied = step.with_runtime_parameters(values)
    assert (copied.k, copied.llm.model) == (5, "a")
    assert [(llm.model, llm.temperature) for llm in copied.llms] == [("c", 1.0), ("b", 0.5)]
    assert missing_parameters(copied) == []
    assert (step.k, step.llm.model, step.llms[0].model) == (3, None, None)
    assert type(step).model_fields["k"].default == 3


def test_a_copy_shares_nothing_that_changes(step: Any) -> None:
    copied = step.with_runtime_parameters({})
    copied.seen.append("x")
    copied.options["x"] = 1
    copied._cache["x"] = 1
    copied.llm.model = "x"
    copied.llms[0].model = "x"
    assert (step.seen, step.options, step._cache, step.llm.model, step.llms[0].model) == ([], {}, {}, None, None)


def test_set_in_place(step: Any) -> None:
    step.set_runtime_parameters({"k": 4, "llm": {"model": "a"}})
    assert (step.k, step.llm.model) == (4, "a")


@pytest.mark.parametrize(
    ("values", "problem"),
    [
        ({"kk": 1}, "'kk' is unknown; did you mean 'k'?"),
        ({"zzz": 1}, "'zzz' is unknown; there are: input_batch_size, llm, llms, k, key"),
        ({3: 1}, "3 is unknown"),
        ({"llm": {"modle": "a"}}, "llm.'modle' is unknown; did you mean 'model'?"),
        ({"llm": {"url": "x"}}, "llm.'url' is unknown"),
        ({"llm": "a"}, "'llm' takes a dictionary of parameters"),
        ({"llms": {"7": {}}}, "llms.'7' is unknown"),
        ({"k": 0}, "the value of 'k' is invalid: Input should be greater than 0"),
        ({"llm": {"temperature": "hot"}}, "the value of 'temperature' is invalid"),
    ],
)
def test_what_is_refused(step: Any, values: Any, problem: Any) -> None:
    with pytest.raises(RuntimeParameterError) as caught:
        step.with_runtime_parameters(values)
    assert problem in str(caught.value)
    assert step == Generate(llms=[Llm(), Llm(model="b")])


def test_a_secret_is_not_in_the_error(step: Any) -> None:
    with pytest.raises(RuntimeParameterError) as caught:
        step.with_runtime_parameters({"key": ["hunter2"]})
    assert "hunter2" not in str(caught.value)
    assert caught.value.__suppress_context__


def test_names_alone_can_be_checked(step: Any) -> None:
    check_names("x", {"k": object()}, step.runtime_parameters_names)
    with pytest.raises(RuntimeParameterError, match="there are: none"):
        check_names("x", {"k": 1}, {})


def test_a_template_is_no_value_any_more_when_the_step_runs(step: Any) -> None:
    with pytest.raises(RuntimeParameterError, match="'k' is invalid"):
        step.with_runtime_parameters({"k": "{{ params.k }}"})


def test_values_are_validated_together() -> None:
    class Ordered(Step):
        low: RuntimeParameter[int] = 1
        high: RuntimeParameter[int] = 2

        @model_validator(mode="after")
        def _check(self) -> Any:
            if self.low > self.high:
                raise ValueError("low is above high")
            return self

        def process(self, inputs: Any) -> Any:
            yield inputs

    copied = Ordered().with_runtime_parameters({"low": 10, "high": 20})
    assert (copied.low, copied.high) == (10, 20)
    with pytest.raises(RuntimeParameterError, match="low is above high"):
        Ordered().with_runtime_parameters({"low": 10})


def test_all_ways_to_write_one() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")

        class Written(BaseModel):
            required: RuntimeParameter[int]
            described: RuntimeParameter[int] = Field(description="x")
            default: RuntimeParameter[int] = 1
            optional: RuntimeParameter[int] | None = None
            plain: int = 1

    made: Any = Written
    assert missing_parameters(made()) == ["required", "described"]

from __future__ import annotations

from functools import cached_property
from typing import Any

import pytest
from jinja2.nativetypes import NativeEnvironment
from pydantic import BaseModel, SecretStr, field_validator

from airflow_artifacts.exceptions import MappingError, RuntimeParameterError
from airflow_artifacts.steps import GeneratorStep, GeneratorStepOutput, RuntimeParameter, Step
from airflow_artifacts.steps.templates import has_template


class Client(BaseModel):
    url: str = "x"
    token: SecretStr = SecretStr("x")


class Templated(Step):
    k: RuntimeParameter[int] = 1
    even: int = 2
    secret: SecretStr | None = None
    client: Client = Client()
    clients: list[Client] = []
    options: dict[str, Any] = {}
    pair: tuple[int, str] = (1, "x")

    @field_validator("even")
    @classmethod
    def _check_even(cls, value: Any) -> Any:
        if value % 2:
            raise ValueError("odd")
        return value

    @cached_property
    def doubled(self) -> Any:
        return f"{self.k}{self.k}"

    @property
    def inputs(self) -> Any:
        return ["text"]

    def process(self, inputs: Any) -> Any:
        yield inputs


def render(**params: Any) -> Any:
    environment = NativeEnvironment()
    return lambda text: environment.from_string(text).render(params=params)


def test_templates_wait_in_fields_of_any_type() -> None:
    step = Templated(k="{{ params.k }}", even="{{ params.k }}", options={"a": ["{{ params.k }}"]})
    assert step.doubled == "{{ params.k }}{{ params.k }}"
    rendered = step.rendered(render(k=4))
    assert (rendered.k, rendered.even, rendered.options) == (4, 4, {"a": [4]})
    assert rendered.doubled == "44"
    unchanged: Any = (step.k, step.options)
    assert unchanged == ("{{ params.k }}", {"a": ["{{ params.k }}"]})


@pytest.mark.parametrize(("field", "value"), [("k", "many"), ("even", 3), ("even", "x"), ("k", "{{ x }}")])
def test_what_they_become_is_validated(field: Any, value: Any) -> None:
    step = Templated(**{field: "{{ params.value }}"})
    with pytest.raises(RuntimeParameterError, match=f"the value of '{field}' is invalid"):
        step.rendered(render(value=value))


def test_a_text_that_comes_out_with_braces_is_content() -> None:
    class Prompt(Step):
        prompt: str

        def process(self, inputs: Any) -> Any:
            yield inputs

    step = Prompt(prompt="{{ params.prompt }}").rendered(lambda _: "Say {{ name }}")
    assert step.prompt == "Say {{ name }}"


def test_templates_in_models_and_secrets() -> None:
    step = Templated(
        secret="{{ params.secret }}",
        client=Client(url="{{ params.url }}", token=SecretStr("{{ params.secret }}")),
        clients=[Client(), Client(url="{{ params.url }}")],
        pair=(3, "{{ params.url }}"),
    )
    rendered: Any = step.rendered(render(url="https://host", secret="hunter2"))
    assert rendered.secret.get_secret_value() == "hunter2"
    assert rendered.client.token.get_secret_value() == "hunter2"
    assert [client.url for client in (rendered.client, *rendered.clients)] == ["https://host", "x", "https://host"]
    assert rendered.pair == (3, "https://host")
    assert step.client.url == "{{ params.url }}"
    assert "hunter2" not in repr(rendered)


def test_a_step_without_templates() -> None:
    step = Templated()
    assert step.rendered(lambda _: 1 / 0) == step


def test_the_name_is_no_template() -> None:
    step = Templated(name="a", options={"x": "{{ 1 }}"})
    assert step.rendered(lambda _: "rendered").name == "a"


def test_mappings_are_checked_when_their_names_are_known() -> None:
    step = Templated(input_mappings={"txt": "{{ params.column }}"})
    with pytest.raises(MappingError, match="'txt'"):
        step.rendered(render(column="a"))
    step = Templated(input_mappings={"text": "{{ params.column }}"})
    assert step.required_columns() == []
    assert step.rendered(render(column="a")).required_columns() == ["a"]


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ("{% if x %}", True),
        ("{ {", False),
        ({"{{ key }}": 1}, False),
        ([("{{ x }}",)], True),
        (SecretStr("{{ x }}"), True),
        ({"{{ x }}"}, False),
        (3, False),
    ],
)
def test_what_is_a_template(value: Any, found: Any) -> None:
    assert has_template(value) is found


def test_text_that_looks_like_a_number_stays_a_text() -> None:
    class Dated(GeneratorStep):
        day: str
        count: int

        def process(self, offset: int = 0) -> GeneratorStepOutput:
            yield [], True

    step = Dated(day="{{ ds_nodash }}", count="{{ 3 }}").rendered(lambda _: 20240101)
    assert (step.day, step.count) == ("20240101", 20240101)

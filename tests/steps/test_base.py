from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import pytest
from pydantic import BaseModel, SecretStr, ValidationError

from airflow_artifacts.exceptions import MappingError, StepDefinitionError
from airflow_artifacts.steps import GeneratorStep, GlobalStep, RuntimeParameter, Step, StepInput, run_step

if TYPE_CHECKING:
    from airflow_artifacts.steps import GeneratorStepOutput, StepOutput

T = TypeVar("T")


class Extend(Step):
    """Adds a column.

    And more.
    """

    @property
    def inputs(self) -> Any:
        return {"text": True, "system": False}

    @property
    def outputs(self) -> Any:
        return ["generation"]

    def process(self, inputs: StepInput) -> StepOutput:
        yield [{**row, "generation": row["text"] * 2} for row in inputs]


class Generate(GeneratorStep):
    def process(self, offset: int = 0) -> GeneratorStepOutput:
        yield [{"n": offset}], True


@pytest.mark.parametrize(
    ("class_name", "name"),
    [
        ("LoadDataFromDicts", "load_data_from_dicts_0"),
        ("TextGeneration", "text_generation_0"),
        ("UltraFeedback", "ultra_feedback_0"),
        ("MinHashDedup", "min_hash_dedup_0"),
        ("Step2", "step2_0"),
        ("Embed2Vec", "embed2_vec_0"),
        ("A", "a_0"),
        ("snake_case", "snake_case_0"),
        # distilabel takes acronyms apart: g_p_t4_judge_0
        ("GPT4Judge", "gpt4_judge_0"),
        ("LoadHFData", "load_hf_data_0"),
        ("HTTPServer", "http_server_0"),
        ("_Private", "private_0"),
        ("Größe", "gr_e_0"),
        ("Ω", "step_0"),
    ],
)
def test_names_are_inferred(class_name: Any, name: Any) -> None:
    made = type(class_name, (Extend,), {"__module__": __name__})()
    assert made.name == name
    assert "name" not in made.model_fields_set
    assert type(made)(name="given").name == "given"


def test_the_name_of_a_generic_class() -> None:
    class Take(Step, Generic[T]):
        value: T

        def process(self, inputs: Any) -> Any:
            yield inputs

    assert Take[int](value=1).name == "take_int_0"


@pytest.mark.parametrize("name", ["a b", "a/b", "../x", "a\n", "{{ x }}"])
def test_names_that_are_no_names(name: Any) -> None:
    with pytest.raises(ValidationError):
        Extend(name=name)


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"input_mappings": {"txt": "a"}}, r"input_mappings .*'extend_0' name the column 'txt'.*'text', 'system'"),
        ({"output_mappings": {"text": "a"}}, r"output_mappings .* name the column 'text'.*'generation'"),
    ],
)
def test_a_mapping_of_an_undeclared_column(fields: Any, problem: Any) -> None:
    with pytest.raises(MappingError, match=problem):
        Extend(**fields)


def test_without_declared_outputs_any_may_be_renamed() -> None:
    assert run_step(Generate(output_mappings={"n": "m"})).rows == [{"m": 0}]
    with pytest.raises(MappingError, match="input_mappings"):
        Generate(input_mappings={"n": "m"})


class TestColumns:
    @pytest.mark.parametrize(
        ("fields", "required", "outgoing"),
        [
            ({}, ["text"], {"text", "x", "generation"}),
            ({"input_mappings": {"text": "x"}}, ["x"], {"text", "x", "generation"}),
            ({"output_mappings": {"generation": "y"}}, ["text"], {"text", "x", "y"}),
        ],
    )
    def test_by_the_names_of_the_rows(self, fields: Any, required: Any, outgoing: Any) -> None:
        step = Extend(**fields)
        assert step.required_columns() == required
        assert step.output_columns({"text", "x"}) == outgoing
        assert step.output_columns(None) is None
        [row] = run_step(step, [{"text": "a", "x": "b"}]).rows
        assert set(row) == outgoing

    def test_an_output_that_is_an_input_with_another_name(self) -> None:
        class Rewrite(Extend):
            @property
            def outputs(self) -> Any:
                return ["system"]

            def process(self, inputs: StepInput) -> StepOutput:
                yield [{**row, "system": "new"} for row in inputs]

        step = Rewrite(input_mappings={"system": "prompt"})
        [row] = run_step(step, [{"text": "a"}]).rows
        assert row == {"text": "a", "prompt": "new"}
        assert set(row) <= (step.output_columns({"text"}) or set())

    def test_unknown_without_declaration(self) -> None:
        assert Generate().output_columns(None) is None

        class Anything(Extend):
            @property
            def outputs(self) -> Any:
                return []

        assert Anything().output_columns({"text"}) is None

    def test_of_a_generator(self) -> None:
        class Declared(Generate):
            @property
            def outputs(self) -> Any:
                return {"n": True}

        assert Declared(output_mappings={"n": "m"}).output_columns({"other"}) == {"m"}


class TestInputCount:
    @pytest.mark.parametrize(
        ("process", "count"),
        [
            (lambda self, inputs: None, (1, 1)),
            (lambda self, *inputs: None, (1, None)),
            (lambda self, left, right: None, (2, 2)),
            (lambda self, left, right=None: None, (1, 2)),
            (lambda self, left, *others: None, (1, None)),
        ],
    )
    def test_by_the_arguments_of_process(self, process: Any, count: Any) -> None:
        assert type("Made", (GlobalStep,), {"process": process, "__module__": __name__})().input_count() == count

    def test_a_generator_takes_none(self) -> None:
        assert Generate().input_count() == (0, 0)

    def test_no_rows(self) -> None:
        with pytest.raises(StepDefinitionError, match="process\\(\\) takes no rows"):
            type("Made", (Step,), {"process": lambda self: None, "__module__": __name__})().input_count()


class Client(BaseModel):
    api_key: str = "hunter2"
    url: str = "https://user:hunter2@host"


class Secretive(Extend):
    token: str | None = None
    password: SecretStr | None = None
    client: Client = Client()
    options: dict[str, Any] = {}
    limit: float = float("inf")
    even: int = 2


class TestSecrets:
    step = Secretive(
        name="s",
        token="hunter2",
        password="hunter2",
        options={"headers": {"Authorization": "hunter2"}},
    )

    def test_they_are_not_shown(self) -> None:
        shown = [repr(self.step), str(self.step), json.dumps(self.step.serialize(), allow_nan=False)]
        shown.append(json.dumps(self.step.describe(), allow_nan=False))
        assert all("hunter2" not in text for text in shown)
        assert all("***" in text for text in shown)

    def test_they_are_not_in_errors(self) -> None:
        for fields in ({"token": ["hunter2"]}, {"even": "hunter2"}, {"client": {"api_key": ["hunter2"]}}):
            with pytest.raises(ValidationError) as caught:
                Secretive(**fields)
            assert "hunter2" not in str(caught.value)
        with pytest.raises(ValidationError) as caught:
            self.step.even = "hunter2"  # type: ignore[assignment]
        assert "hunter2" not in str(caught.value)

    def test_the_description(self) -> None:
        described = self.step.describe()
        assert described["name"] == "s"
        assert described["class"] == f"{__name__}.Secretive"
        assert described["doc"] == ""
        assert described["parameters"]["client"] == {
            "class": "Client",
            "api_key": "***",
            "url": "https://***@host",
        }
        assert Extend().describe()["doc"] == "Adds a column."
        assert Extend().serialize()["class"] == "Extend"


class TestIsolation:
    def test_a_mutable_default_belongs_to_the_step(self) -> None:
        class Collect(Step):
            seen: list[Any] = []

            def process(self, inputs: Any) -> Any:
                self.seen.extend(inputs)
                yield list(self.seen)

        first, second = Collect(), Collect()
        first.seen.append("x")
        first.input_mappings["a"] = "b"
        assert second.seen == []
        assert second.input_mappings == Collect().input_mappings == {}
        assert run_step(second, [{}]).rows == run_step(second, [{}]).rows == [{}]
        assert second.seen == []

    def test_unknown_fields_and_assignments_are_refused(self) -> None:
        with pytest.raises(ValidationError):
            Extend(typo=1)  # type: ignore[call-arg]
        with pytest.raises(ValidationError):
            Extend().input_batch_size = 0

    def test_annotations_of_a_module_that_postpones_them(self) -> None:
        class Local(Step):
            k: RuntimeParameter[int] = 1

            def process(self, inputs: StepInput) -> StepOutput:
                self._logger.info("k")
                yield inputs

        assert Local().runtime_parameters_names == {"input_batch_size": True, "k": True}
        assert Local().input_count() == (1, 1)
        assert run_step(Local(), [{"a": 1}]).rows == [{"a": 1}]


def test_class_in_a_dag_file_is_described_without_the_prefix_of_its_parsed_module() -> None:
    kind = type(
        "Found", (GeneratorStep,), {"__module__": "unusual_prefix_0a1b2c_my_dag", "process": lambda _: None}
    )
    assert kind().describe()["class"] == "my_dag.Found"

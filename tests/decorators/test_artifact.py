from __future__ import annotations

import asyncio
from collections.abc import Sequence  # noqa: TC003 - `task` hides the decorator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import pytest
from airflow.sdk import DAG, XComArg, task_group
from airflow.sdk import task as _task
from pydantic import BaseModel

from airflow_artifacts.artifacts import ArtifactConfig, ArtifactVersion
from airflow_artifacts.client import ArtifactClient
from airflow_artifacts.exceptions import StepDefinitionError, UnsafeNameError
from airflow_artifacts.step_context import get_step_context
from airflow_artifacts.tracking import load_artifact, save_artifact

if TYPE_CHECKING:
    from polars import DataFrame

task: Any = _task  # for a type checker a decorated function still takes values, and not outputs of tasks


@pytest.fixture
def client(root: Path) -> ArtifactClient:
    return ArtifactClient(root.as_uri())


class Split(BaseModel):
    name: str
    rows: list[int] = []


@dataclass
class Score:
    value: float


def create_dynamic_step(prefix: str) -> Any:
    @task.artifact
    def dynamic_step(data: Any) -> Annotated[dict[str, Any], ArtifactConfig(name=f"{prefix}_artifact")]:
        return {"processed_data": data}

    return dynamic_step


def test_function_made_by_a_factory_function(run_and_collect: Any, client: ArtifactClient) -> None:
    with DAG("factory", schedule=None) as dag:
        for prefix in ("train", "validation", "test"):
            create_dynamic_step(prefix)(f"{prefix} rows")
    results = run_and_collect(dag)
    assert set(results.states) == {"dynamic_step", "dynamic_step__1", "dynamic_step__2"}
    for prefix in ("train", "validation", "test"):
        assert client.load_artifact(f"{prefix}_artifact") == {"processed_data": f"{prefix} rows"}
    ref = results.xcom("dynamic_step")
    assert (ref["name"], ref["version"]) == ("train_artifact", 1)
    assert results.xcom("dynamic_step", "artifacts") == [ref]
    assert results.xcom("dynamic_step", "name") is None  # a dictionary in an annotation takes no ref apart


def test_factory_with_options(run_and_collect: Any, client: ArtifactClient) -> None:
    def create(prefix: str) -> Any:
        @task.artifact(task_id=f"make_{prefix}", retries=2, retry_delay=timedelta(0))
        def step() -> Annotated[int, f"{prefix}_n"]:
            return len(prefix)

        return step

    with DAG("factory_with_options", schedule=None) as dag:
        assert create("a")().operator.retries == 2
        create("bc")()
    run_and_collect(dag)
    assert [client.load_artifact(name) for name in ("a_n", "bc_n")] == [1, 2]


def test_values_are_passed_on_and_parents_recorded(run_and_collect: Any, client: ArtifactClient) -> None:
    with DAG("passed", schedule=None) as dag:

        @task.artifact
        def numbers() -> Annotated[list[int], "numbers"]:
            return [1, 2, 3]

        @task.artifact
        def total(values: list[int], *, factor: int = 1) -> Annotated[int, "total"]:
            assert isinstance(values, list)
            return sum(values) * factor

        @task.artifact
        def report(both: dict[str, Any], *rest: Any, **named: Any) -> Annotated[dict[str, Any], "report"]:
            return {"both": both, "rest": list(rest), "last": named["last"]}

        @task
        def plain(ref: dict[str, Any]) -> str:
            return str(ref["uri"])

        found = numbers()
        result = total(found, factor=10)
        report({"in": [found, (result,)], "n": 5}, result, 7, last=found)
        plain(result)
    results = run_and_collect(dag)
    assert set(results.states.values()) == {"success"}
    assert client.load_artifact("report") == {
        "both": {"in": [[1, 2, 3], [60]], "n": 5},
        "rest": [60, 7],
        "last": [1, 2, 3],
    }
    assert results.xcom("plain") == "artifact://total@1"
    assert client.get_artifact_version("total").parents == ("artifact://numbers@1",)
    assert set(client.get_artifact_version("report").parents) == {"artifact://numbers@1", "artifact://total@1"}
    producer = client.get_artifact_version("total").producer
    assert producer is not None
    assert (producer.dag_id, producer.task_id) == ("passed", "total")


def test_parameters_say_into_what_is_loaded(run_and_collect: Any, client: ArtifactClient) -> None:
    with DAG("typed", schedule=None) as dag:

        @task.artifact
        def make() -> tuple[
            Annotated[Split, "split"],
            Annotated[Score, "score"],
            Annotated[DataFrame, "frame"],
            Annotated[str, "text"],
        ]:
            import pandas as pd

            return Split(name="train", rows=[1]), Score(0.5), pd.DataFrame({"n": [1, 2]}), "hello"

        @task.artifact
        def check(
            split: Split, scores: dict[str, list[Score | None]], untyped: Any, frame: DataFrame
        ) -> Annotated[str, "kind"]:
            assert split == Split(name="train", rows=[1])
            assert scores == {"a": [Score(0.5)]}
            assert untyped == {"name": "train", "rows": [1]}
            return type(frame).__module__.partition(".")[0]

        @task.artifact
        def look(version: ArtifactVersion) -> Annotated[str, "uri"]:
            assert version.load(Split) == Split(name="train", rows=[1])
            return version.uri

        made = make()
        check(made["split"], {"a": [made["score"]]}, made["split"], made["frame"])
        look(made["split"])
    results = run_and_collect(dag)
    assert set(results.states.values()) == {"success"}
    # DataFrame is imported for type checkers only, and so it is what it was.
    assert (client.load_artifact("kind"), client.load_artifact("uri")) == ("pandas", "artifact://split@1")
    assert client.get_artifact_version("uri").parents == ("artifact://split@1",)


def test_several_outputs_are_one_list_and_each_an_xcom(run_and_collect: Any, client: ArtifactClient) -> None:
    with DAG("several", schedule=None, params={"split": "dev"}) as dag:

        @task.artifact
        def split() -> tuple[Annotated[list[int], "data/train"], Annotated[list[int], "{{ params.split }}.v1"]]:
            return [1, 2], [3]

        @task.artifact
        def both(parts: list[list[int]]) -> Annotated[int, "both"]:
            train, dev = parts
            return sum(train) - sum(dev)

        @task.artifact
        def one(part: list[int]) -> Annotated[list[int], "one"]:
            return part

        @task.artifact
        def each(part: list[int]) -> Annotated[int, "each"]:
            return sum(part)

        parts = split()
        both(parts)
        one(parts["data/train"])
        each.expand(part=parts)
    results = run_and_collect(dag)
    assert set(results.states.values()) == {"success"}
    refs = results.xcom("split")
    assert [ref["name"] for ref in refs] == ["data/train", "dev.v1"]
    assert [results.xcom("split", ref["name"]) for ref in refs] == refs
    assert (client.load_artifact("both"), client.load_artifact("one")) == (0, [1, 2])
    assert [version.load() for version in client.list_artifact_versions("each")] == [3, 3]


def test_templates(run_and_collect: Any, client: ArtifactClient) -> None:
    config = ArtifactConfig(
        "{{ params.split }}_data_{{ ds_nodash or 'x' }}",
        version="v{{ params.number }}",
        tags=["{{ params.split }}", "plain"],
        metadata={"deep": [{"number": "{{ params.number }}"}], "n": 1},
    )
    params = {"split": "train", "number": 7}
    with DAG("templates", schedule=None, params=params, render_template_as_native_obj=True) as dag:

        @task.artifact
        def data() -> Annotated[int, config]:
            return 1

        @task.artifact
        def digits() -> tuple[Annotated[int, "{{ '2026_01' }}"]]:
            return (1,)

        data() >> digits()
    results = run_and_collect(dag)
    ref = results.xcom("data")
    version = client.get_artifact_version(ref["name"])
    assert ref["name"].startswith("train_data_")
    assert (version.label, version.tags) == ("v7", ("train", "plain"))
    assert version.metadata["deep"] == [{"number": 7}]  # as the DAG wants it, unlike names and tags
    assert results.xcom("digits")[0]["name"] == "2026_01"


def test_rendered_outputs_are_shown(run_and_collect: Any) -> None:
    from airflow.models.renderedtifields import RenderedTaskInstanceFields
    from airflow.utils.session import create_session
    from sqlalchemy import select

    with DAG("rendered", schedule=None) as dag:

        @task.artifact
        def data() -> Annotated[int, "{{ dag.dag_id }}_data"]:
            return 1

        data()
    results = run_and_collect(dag)
    with create_session() as session:
        query = select(RenderedTaskInstanceFields).filter_by(run_id=results.run.run_id, dag_id="rendered")
        (fields,) = session.scalars(query)
        assert fields.rendered_fields["outputs"] == [
            {"name": "rendered_data", "version": None, "tags": [], "metadata": {}}
        ]


def test_metadata_is_added_while_the_function_runs(run_and_collect: Any, client: ArtifactClient) -> None:
    with DAG("metadata", schedule=None) as dag:

        @task.artifact
        def one() -> Annotated[int, ArtifactConfig("one", metadata={"a": 1, "b": 1})]:
            get_step_context().add_output_metadata(metadata={"b": 2, "c": Path("x")})
            return 1

        @task.artifact
        def two() -> tuple[Annotated[int, "{{ 'x' }}"], Annotated[int, "y"]]:
            get_step_context().add_output_metadata("x", {"n": 1})
            get_step_context().add_output_metadata(output_name="y", metadata={"n": 2})
            return 1, 2

        one(), two()
    results = run_and_collect(dag)
    assert set(results.states.values()) == {"success"}
    metadata = client.get_artifact_version("one").run_metadata
    assert (metadata["a"], metadata["b"], metadata["c"]) == (1, 2, "x")
    assert [client.get_artifact_version(name).metadata["n"] for name in ("x", "y")] == [1, 2]


def test_metadata_of_no_output_is_refused(run_and_collect: Any, client: ArtifactClient) -> None:
    def unknown() -> Annotated[int, "a"]:
        get_step_context().add_output_metadata("b", {"n": 1})
        return 1

    assert "'b' is not among the outputs: 'a'" in failing(run_and_collect, unknown)
    assert client.list_artifacts() == []


def test_mapped_tasks(run_and_collect: Any, client: ArtifactClient) -> None:
    with DAG("mapped", schedule=None, params={"prefix": "part"}) as dag:

        @task.artifact
        def part(n: int, offset: int = 0) -> Annotated[list[int], "{{ params.prefix }}_{{ ti.map_index }}"]:
            return [n + offset]

        @task.artifact
        def same(n: list[int]) -> Annotated[int, ArtifactConfig("same", metadata={"index": "{{ ti.map_index }}"})]:
            return sum(n)

        @task.artifact
        def total(parts: Sequence[list[int]], values: list[int]) -> Annotated[list[Any], "total"]:
            assert len(parts) == len(values) == 2
            return [*parts, parts[-1], *parts[1:], list(values)]

        parts = part.partial(offset=10).expand(n=[1, 2])
        total(parts, same.expand(n=parts))
    results = run_and_collect(dag)
    assert set(results.states.values()) == {"success"}
    assert client.load_artifact("total") == [[11], [12], [12], [12], [11, 12]]
    assert {v.metadata["index"]: v.load() for v in client.list_artifact_versions("same")} == {"0": 11, "1": 12}
    producer = client.get_artifact_version("part_1").producer
    assert producer is not None
    assert producer.map_index == 1


def test_several_outputs_of_mapped_tasks(run_and_collect: Any, client: ArtifactClient) -> None:
    with DAG("several_mapped", schedule=None) as dag:

        @task.artifact
        def base() -> Annotated[int, "base"]:
            return 10

        @task.artifact
        def two(base: int, n: int) -> tuple[Annotated[int, "low"], Annotated[int, "high"]]:
            return n, base + n

        @task.artifact
        def collect(high: Sequence[int], both: Sequence[list[int]]) -> Annotated[list[Any], "collected"]:
            return [list(high), list(both)]

        pairs = two.partial(base=base()).expand_kwargs([{"n": 1}, {"n": 2}])
        collect(pairs["high"], pairs)
    results = run_and_collect(dag)
    assert set(results.states.values()) == {"success"}
    assert client.load_artifact("collected") == [[11, 12], [[1, 11], [2, 12]]]


def test_mapped_over_a_list_of_outputs_and_in_a_group(run_and_collect: Any, client: ArtifactClient) -> None:
    with DAG("mapped_over_list", schedule=None) as dag:

        @task.artifact
        def number(n: int) -> Annotated[int, "number{{ ti.map_index }}"]:
            return n

        @task.artifact
        def double(n: int) -> Annotated[int, "double"]:
            return 2 * n

        @task.artifact
        def total(numbers: list[int]) -> Annotated[int, "total"]:
            return sum(numbers)

        @task_group
        def group(n: int) -> Any:
            return double(number(n))

        double.expand(n=[number(1), number(2)])
        total(group.expand(n=[3, 4]))
    results = run_and_collect(dag)
    assert set(results.states.values()) == {"success"}
    assert client.load_artifact("total") == 14
    assert sorted(version.load() for version in client.list_artifact_versions("double")) == [2, 4, 6, 8]


def test_without_a_name_the_task_names_the_artifact(run_and_collect: Any, client: ArtifactClient) -> None:
    with DAG("un.named", schedule=None) as dag:

        @task.artifact
        def typed() -> dict[str, Any]:
            return {"a": 1}

        @task.artifact
        def untyped(n, ti):  # type: ignore[no-untyped-def]
            return ti.task_id if n else None

        @task.artifact
        def nothing() -> None: ...

        @task_group
        def group() -> None:
            typed()

        typed()
        group()
        untyped.override(task_id="returns")(1)
        untyped.override(task_id="returns_none")(0)
        untyped.expand(n=[1])
        nothing()
    results = run_and_collect(dag)
    assert set(results.states.values()) == {"success"}
    names = [version.name for version in client.list_artifacts()]
    assert names == ["un.named/group.typed", "un.named/returns", "un.named/typed", "un.named/untyped"]
    assert client.load_artifact("un.named/returns") == "returns"
    assert results.xcom("returns_none") is results.xcom("nothing") is None


def test_context_defaults_templates_and_coroutines(run_and_collect: Any, client: ArtifactClient) -> None:
    with DAG("called", schedule=None, params={"n": 3}) as dag:

        @task.artifact
        async def called(
            text: str, data: dict[str, Any], /, dag_run: Any, last: int = 5, **context: Any
        ) -> Annotated[list[Any], "called"]:
            await asyncio.sleep(0)
            save_artifact("inside", 1)
            return [text, data["n"], dag_run.dag_id, last, context["ti"].task_id]

        called("{{ params.n }}", {"n": 4})
    run_and_collect(dag)
    assert client.load_artifact("called") == ["3", 4, "called", 5, "called"]
    producer = client.get_artifact_version("inside").producer
    assert producer is not None
    assert producer.task_id == "called"


def failing(run_and_collect: Any, function: Any, **options: Any) -> str:
    """Run a function as a task that fails; give its error."""
    errors: list[Any] = []
    options["on_failure_callback"] = lambda context: errors.append(context["exception"])
    with DAG("failing", schedule=None) as dag:
        task.artifact(function, retries=1, retry_delay=timedelta(0), **options)()
    (instance,) = run_and_collect(dag).run.get_task_instances()
    assert (instance.state, instance.try_number) == ("failed", 1)  # for good, in spite of the retry that is left
    return str(errors[0])


def test_wrong_number_of_values_saves_nothing(run_and_collect: Any, client: ArtifactClient) -> None:
    def three() -> tuple[Annotated[int, "a"], Annotated[int, "b"]]:
        return 1, 2, 3  # type: ignore[return-value]

    assert "returned 3 values. It has to return a tuple of 2" in failing(run_and_collect, three)

    def a_dictionary() -> tuple[Annotated[int, "a"], Annotated[int, "b"]]:
        return {"a": 1, "b": 2}  # type: ignore[return-value]

    assert "'a, b' was not saved: the function returned a dict" in failing(run_and_collect, a_dictionary)
    assert client.list_artifacts() == []


def test_one_value_that_cannot_be_kept_keeps_all_back(run_and_collect: Any, client: ArtifactClient) -> None:
    def second() -> tuple[Annotated[int, "a"], Annotated[object, "b"]]:
        return 1, object()

    assert "'b' was not saved" in failing(run_and_collect, second)
    assert client.list_artifacts() == []


def test_a_value_that_the_annotation_denies_is_not_dropped(run_and_collect: Any) -> None:
    def none() -> None:
        return 1  # type: ignore[return-value]

    assert "'failing/none' was not saved: the function returned a int" in failing(run_and_collect, none)


@pytest.mark.parametrize(
    ("first", "said"), [("{{ 'a b' }}", "'a b'"), ("{{ 'c' }}", "two outputs"), ("{{ 'artifacts' }}", "XCom key")]
)
def test_names_are_checked_when_they_are_rendered(
    run_and_collect: Any, client: ArtifactClient, first: str, said: str
) -> None:
    ran = []

    def function() -> tuple[Annotated[int, first], Annotated[int, "c"]]:
        ran.append(1)
        return 1, 2

    assert said in failing(run_and_collect, function)
    assert client.list_artifacts() == []
    assert not ran


def test_an_absent_artifact_fails_for_good(run_and_collect: Any) -> None:
    def loads() -> Annotated[int, "a"]:
        return load_artifact("nothing/here")  # type: ignore[no-any-return]

    assert "nothing/here" in failing(run_and_collect, loads)


def test_what_cannot_be_honoured_is_refused_when_the_dag_is_parsed() -> None:
    def bad() -> Annotated[int, "a b"]:
        return 1

    with pytest.raises(UnsafeNameError, match="'a b'"):
        task.artifact(bad)

    def unknown() -> Unknown:  # type: ignore[name-defined]  # noqa: F821
        return 1

    with pytest.raises(StepDefinitionError, match=r"unknown'.*'Unknown' cannot be evaluated"):
        task.artifact(retries=1)(unknown)

    def yields() -> Any:
        yield 1

    with pytest.raises(StepDefinitionError, match=r"yields'.*it yields"):
        task.artifact(yields)
    with pytest.raises(StepDefinitionError, match=r"'name'.*no function"):
        task.artifact("name")


def test_mapping_over_one_artifact_is_refused_when_the_dag_is_parsed() -> None:
    @task.artifact
    def one() -> Annotated[list[int], "one"]:
        return [1, 2]

    @task.artifact
    def each(n: int) -> int:
        return n

    @task_group
    def group(n: int) -> Any:
        return one()

    with DAG("mapped_over_one", schedule=None) as dag:
        each.expand(n=one())
    with pytest.raises(StepDefinitionError, match=r"'one'.*'each' is mapped over its output"):
        dag.resolve_template_files()  # type: ignore[no-untyped-call]
    with DAG("mapped_over_one_of_a_group", schedule=None) as dag:
        each.expand(n=group.expand(n=[1, 2]))
    with pytest.raises(StepDefinitionError, match=r"'group\.one'.*'each' is mapped over its output"):
        dag.resolve_template_files()  # type: ignore[no-untyped-call]


def test_a_name_made_of_ids_that_are_too_long_is_refused_when_the_dag_is_parsed() -> None:
    @task.artifact(task_id="t" * 200)
    def one() -> int:
        return 1

    with DAG("long", schedule=None) as dag:
        one()
    with pytest.raises(UnsafeNameError, match="longer than 200"):
        dag.resolve_template_files()  # type: ignore[no-untyped-call]


def test_decorated_function_is_shown_as_any_other() -> None:
    @task.artifact
    def documented(data: Any) -> Annotated[Any, "x"]:
        """Says what it does."""
        return data

    with DAG("documented", schedule=None) as dag:
        made = documented(1)
    assert isinstance(made, XComArg)
    operator: Any = dag.get_task("documented")
    assert operator.doc_md == "Says what it does."
    assert operator.operator_name == "@task.artifact"
    assert operator.get_python_source().startswith("def documented(data: Any)")

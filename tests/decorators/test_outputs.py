"""What annotations say of outputs, written as texts (``from __future__``) and as objects."""

from __future__ import annotations

from textwrap import dedent
from typing import Annotated, Any

import pytest

from airflow_artifacts.decorators.annotations import find_names
from airflow_artifacts.decorators.outputs import check_names, default_name, find_outputs
from airflow_artifacts.exceptions import ArtifactError, StepDefinitionError, UnsafeNameError

UNNAMED: dict[str, Any] = {"name": None, "version": None, "tags": [], "metadata": {}}


def named(name: str, **others: Any) -> dict[str, Any]:
    return {**UNNAMED, "name": name, **others}


def found(function: Any) -> tuple[str, list[dict[str, Any]]]:
    return find_outputs(function, find_names(function))


@pytest.fixture(params=["texts", "objects"])
def outputs_of(request: pytest.FixtureRequest) -> Any:
    """Reads the outputs of a function with an annotation, which stands in a factory function with a prefix."""

    def read(annotation: str) -> tuple[str, list[dict[str, Any]]]:
        future = "from __future__ import annotations\n" if request.param == "texts" else ""
        source = dedent(
            f"""
            from typing import Annotated, Any, Optional, Union
            from datetime import date
            from airflow_artifacts.artifacts.config import ArtifactConfig
            class Model: pass
            Named = Annotated[int, "from_alias"]
            def create(prefix):
                def function(data: Any) -> {annotation}:
                    return data
                return found(function)
            """
        )
        scope: dict[str, Any] = {"found": found}
        exec(compile(future + source, "dag.py", "exec", dont_inherit=True), scope)  # noqa: S102
        return scope["create"]("train")  # type: ignore[no-any-return]

    return read


@pytest.mark.parametrize(
    ("annotation", "outputs"),
    [
        ('Annotated[dict[str, Any], "data"]', ("value", [named("data")])),
        ('Annotated[dict[str, Any], ArtifactConfig(name=f"{prefix}_data")]', ("value", [named("train_data")])),
        ("\"Annotated[dict, 'data']\"", ("value", [named("data")])),
        ('Annotated["NotImported", "data"]', ("value", [named("data")])),
        ('Annotated[int, 5, "data"]', ("value", [named("data")])),
        ('Annotated[tuple[int, str], "pair"]', ("value", [named("pair")])),
        ('tuple[Annotated[int, "a"], Annotated[str, "b/c"]]', ("tuple", [named("a"), named("b/c")])),
        ("tuple[\"Annotated[int, 'a']\"]", ("tuple", [named("a")])),
        ("Named", ("value", [named("from_alias")])),
        ("tuple[int, str]", ("value", [UNNAMED])),
        ("Annotated[int, 5]", ("value", [UNNAMED])),
        ("dict[str, Model]", ("value", [UNNAMED])),
        ("Optional[Model]", ("value", [UNNAMED])),
        ("None", ("nothing", [])),
        (
            'Annotated[int, ArtifactConfig("{{ ds }}", "v1", ["x"], {"day": date(2026, 1, 2)})]',
            ("value", [named("{{ ds }}", version="v1", tags=["x"], metadata={"day": "2026-01-02"})]),
        ),
        ('Annotated[int, ArtifactConfig("a b{{ ds }}", "{{ ds }}")]', None),
    ],
)
def test_annotations(outputs_of: Any, annotation: str, outputs: Any) -> None:
    expected = outputs or ("value", [named("a b{{ ds }}", version="{{ ds }}")])  # templates are not names yet
    assert outputs_of(annotation) == expected


def test_without_an_annotation() -> None:
    def function(data):  # type: ignore[no-untyped-def]
        return data

    assert found(function) == ("anything", [UNNAMED])


@pytest.mark.parametrize(
    ("annotation", "error", "said"),
    [
        ('Annotated[int, "a b"]', UnsafeNameError, "artifact name 'a b'"),
        ('Annotated[int, "../a"]', UnsafeNameError, r"artifact name '\.\./a'"),
        ('Annotated[int, ""]', UnsafeNameError, "not empty"),
        ("Annotated[int, ArtifactConfig(5)]", UnsafeNameError, "artifact name 5"),
        ('Annotated[int, ArtifactConfig("a", "latest")]', UnsafeNameError, "version label 'latest'"),
        ('Annotated[int, ArtifactConfig("a", tags="x")]', ArtifactError, "tags are 'x'"),
        ('Annotated[int, ArtifactConfig("a", metadata={"x": float("nan")})]', ArtifactError, "nan"),
        ('Annotated[int, "a", "b"]', StepDefinitionError, "several names to one output"),
        ('tuple[Annotated[int, "a"], Annotated[int, "a"]]', StepDefinitionError, "'a' is the name of two outputs"),
        ('tuple[Annotated[int, "a"], Annotated[int, "artifacts"]]', StepDefinitionError, "an XCom key"),
        ('tuple[Annotated[int, "a"], str]', StepDefinitionError, r"'create.<locals>.function'.*only some"),
        ('tuple[Annotated[int, "a"], ...]', StepDefinitionError, "only some"),
        ('list[Annotated[int, "a"]]', StepDefinitionError, r"inside of list\[.*would not be seen"),
        ('dict[str, list[Annotated[int, "a"]]]', StepDefinitionError, "would not be seen"),
        ('Optional[Annotated[int, "a"]]', StepDefinitionError, "would not be seen"),
        ('Annotated[list[Annotated[int, "a"]], "b"]', StepDefinitionError, "would not be seen"),
    ],
)
def test_what_cannot_be_honoured_is_refused(
    outputs_of: Any, annotation: str, error: type[Exception], said: str
) -> None:
    with pytest.raises(error, match=said):
        outputs_of(annotation)


def test_what_is_imported_for_type_checkers_only_is_not_needed() -> None:
    source = """
from __future__ import annotations
from typing import TYPE_CHECKING
if TYPE_CHECKING:
    from typing import Annotated
    import frames
    from airflow_artifacts import ArtifactConfig
def function() -> tuple[Annotated[frames.Frame, "a"], Annotated[dict[str, frames.X], ArtifactConfig("b")]]:
    return 1, 2
"""
    scope: dict[str, Any] = {}
    exec(source, scope)  # noqa: S102
    assert found(scope["function"]) == ("tuple", [named("a"), named("b")])


@pytest.mark.parametrize(
    "annotation", ["Frame", "Annotated[int, name]", "Annotated[int, 'a' 5]", "Annotated[int]"]
)
def test_what_cannot_be_evaluated_is_refused_by_name(annotation: str) -> None:
    def function() -> None: ...

    function.__annotations__["return"] = annotation
    with pytest.raises(
        StepDefinitionError, match=r"<locals>.function'.*cannot be evaluated when the DAG file"
    ) as e:
        found(function)
    assert repr(annotation) in str(e.value)


def test_names_of_all_functions_around_are_known() -> None:
    def outer(prefix: str) -> list[Any]:
        def inner(suffix: str) -> Any:
            def function() -> Annotated[int, f"{prefix}_{suffix}"]:
                return 1

            return found(function)

        return [inner(suffix) for suffix in ("a", "b")]

    assert outer("x") == [("value", [named("x_a")]), ("value", [named("x_b")])]


def test_innermost_names_count() -> None:
    def outer(prefix: str) -> Any:
        def inner(prefix: str) -> Any:
            def function() -> Annotated[int, f"{prefix}_data"]:
                return 1

            return found(function)

        return inner("inner"), prefix

    assert outer("outer")[0] == ("value", [named("inner_data")])


def test_names_of_a_closure_are_known_where_its_function_has_returned() -> None:
    def make(prefix: str) -> Any:
        def function() -> Annotated[int, prefix]:
            return len(prefix)

        return function

    assert found(make("kept")) == ("value", [named("kept")])


def test_names_of_other_functions_that_run_are_not_known() -> None:
    word = "no"

    def elsewhere(function: Any, word: str) -> Any:
        return found(function), word

    def make() -> Any:
        def function() -> Annotated[int, word]:
            return 1

        return elsewhere(function, "other")[0]

    assert word
    assert make() == ("value", [named("no")])


def test_default_name_is_a_name() -> None:
    assert default_name("my_dag", "group.task-1") == "my_dag/group.task-1"
    assert default_name("größe", "_x.") == "gr__e/x_x_"


def test_names_that_templates_became_are_checked_together() -> None:
    check_names("f", ["a", "b"])
    with pytest.raises(StepDefinitionError, match=r"'f'.*'a' is the name of two"):
        check_names("f", ["a", "a"])

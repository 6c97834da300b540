"""What a function's annotation says of the artifacts that it makes."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any, Literal, get_args, get_origin

from airflow_artifacts.artifacts import ArtifactConfig
from airflow_artifacts.decorators.annotations import evaluate
from airflow_artifacts.exceptions import StepDefinitionError
from airflow_artifacts.steps.templates import has_template

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

# What a function returns: no value, one, one for each output, or (where nothing is said) one or none.
Returns = Literal["nothing", "value", "tuple", "anything"]

# XCom keys that mean something else than an output.
_RESERVED = ("artifacts", "return_value")
UNNAMED: dict[str, Any] = {"name": None, "version": None, "tags": [], "metadata": {}}


def find_outputs(function: Callable[..., Any], names: dict[str, Any]) -> tuple[Returns, list[dict[str, Any]]]:
    """Read the outputs of a function from its return annotation.

    Args:
        function: The function.
        names: What ``find_names`` gave for it.

    Returns:
        What the function returns, and for each output the fields of its ArtifactConfig, as JSON values. The name
        is None where none is given.

    Raises:
        StepDefinitionError: The annotation cannot be evaluated, or is none of those that name outputs.
        UnsafeNameError: A name or a label, which is no template, is malformed.
        ArtifactError: A tag is no text, or metadata is not JSON.
    """
    if "return" not in function.__annotations__:
        return "anything", [UNNAMED]
    annotation = evaluate(function, function.__annotations__["return"], names)
    if annotation is None or annotation is type(None):
        return "nothing", []
    config = _config(function, annotation)
    if config is not None:
        _refuse_names_inside(function, get_args(annotation)[0])
        return "value", [_fields(config)]
    items = [evaluate(function, item, names) for item in get_args(annotation)]
    configs = [_config(function, item) for item in items if item is not Ellipsis]
    if get_origin(annotation) is not tuple or not any(configs):
        _refuse_names_inside(function, annotation)
        return "value", [UNNAMED]
    if None in configs or len(configs) < len(items):
        raise StepDefinitionError(
            function.__qualname__,
            f"the annotation {annotation} names only some of its outputs. Write each as Annotated[..., '<name>'].",
        )
    outputs = [_fields(config) for config in configs if config]
    check_names(function.__qualname__, (output["name"] for output in outputs))
    return "tuple", outputs


def check_names(owner: str, names: Iterable[str]) -> None:
    """Refuse names of several outputs that cannot be told apart, or not from other XComs of a task.

    Args:
        owner: What makes the outputs, for the message.
        names: The names.

    Raises:
        StepDefinitionError: A name is there twice, or is the key of another XCom.
    """
    seen = set()
    for name in names:
        if name in seen or name in _RESERVED:
            why = "is the name of two outputs" if name in seen else "is an XCom key with another meaning"
            raise StepDefinitionError(owner, f"{name!r} {why}. Give each output a name of its own.")
        seen.add(name)


def default_name(dag_id: str, task_id: str) -> str:
    """Name the artifact of a function that names none after its task."""
    return "/".join(_segment(part) for part in (dag_id, task_id))


def _segment(text: str) -> str:
    plain = re.sub(r"[^A-Za-z0-9._-]|\.$", "_", text)
    return plain if plain[0].isalnum() else f"x{plain}"


def _config(function: Callable[..., Any], annotation: Any) -> ArtifactConfig | None:
    """Give what an annotation says of an output, None if it says nothing."""
    if get_origin(annotation) is not Annotated:
        return None
    said = annotation.__metadata__
    configs = [item for item in said if isinstance(item, ArtifactConfig)]
    found = configs or [ArtifactConfig(item) for item in said if isinstance(item, str)]
    if len(found) > 1:
        raise StepDefinitionError(
            function.__qualname__, f"the annotation {annotation} gives several names to one output. Give one."
        )
    return found[0] if found else None


def _refuse_names_inside(function: Callable[..., Any], annotation: Any) -> None:
    for item in get_args(annotation):
        if _config(function, item) is not None:
            raise StepDefinitionError(
                function.__qualname__,
                f"the annotation names an output inside of {annotation}, where it would not be seen. Outputs are "
                "Annotated[..., '<name>'], or a tuple of these.",
            )
        _refuse_names_inside(function, item)


def _fields(config: ArtifactConfig) -> dict[str, Any]:
    """Check what is no template, and give the fields as JSON values, which Airflow renders and shows."""
    checked = replace(
        config,
        name="template" if has_template(config.name) else config.name,
        version=None if has_template(config.version) else config.version,
    ).checked()
    return {
        "name": config.name,
        "version": config.version,
        "tags": list(checked.tags),
        "metadata": dict(checked.metadata or {}),
    }

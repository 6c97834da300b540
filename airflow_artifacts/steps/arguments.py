"""The arguments of a function that becomes a step: rows, or runtime parameters."""

from __future__ import annotations

import inspect
import types
import typing
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

from airflow_artifacts.exceptions import StepDefinitionError
from airflow_artifacts.steps.parameters import RuntimeParameter, is_marked

if TYPE_CHECKING:
    from collections.abc import Callable

    from pydantic import BaseModel

_EVALUATION_ERRORS = (NameError, AttributeError, TypeError, SyntaxError)
_SHARED_FIELDS = {"input_batch_size", "batch_size"}


class Arguments(NamedTuple):
    """What a function takes.

    Attributes:
        rows: Arguments that take rows; of a generator, the ``offset`` if it takes one.
        annotations: Annotations of the runtime parameters.
        defaults: Defaults of those that have one.
    """

    rows: list[inspect.Parameter]
    annotations: dict[str, Any]
    defaults: dict[str, Any]


def find_arguments(function: Callable[..., Any], base: type[BaseModel], *, is_generator: bool) -> Arguments:
    """Say which arguments of a function are rows and which are runtime parameters.

    Args:
        function: The function.
        base: The class that the step derives from; its attributes are names that runtime parameters cannot have.
        is_generator: Whether the step makes rows from nothing.

    Raises:
        StepDefinitionError: An argument is neither.
    """
    found = Arguments([], {}, {})
    for name, parameter in inspect.signature(function).parameters.items():
        annotation = _resolve(function, name, parameter.annotation)
        if is_marked(annotation):
            found.annotations[name] = annotation
            if parameter.default is not parameter.empty:
                found.defaults[name] = parameter.default
        else:
            found.rows.append(parameter)
        problem = _problem(parameter, annotation, base, is_generator=is_generator)
        if problem:
            raise StepDefinitionError(function.__name__, f"its argument {name!r}: {problem}")
    return found


def _problem(
    parameter: inspect.Parameter, annotation: Any, base: type[BaseModel], *, is_generator: bool
) -> str | None:
    if parameter.kind in {parameter.POSITIONAL_ONLY, parameter.VAR_KEYWORD}:
        return "arguments are given by name, so write neither a / behind it nor ** before it."
    if is_marked(annotation):
        is_taken = hasattr(base, parameter.name) or parameter.name in base.model_fields
        if parameter.name.startswith("_") or (is_taken and parameter.name not in _SHARED_FIELDS):
            return "every step has something of that name already. Give it another one."
        return None
    if is_generator:
        return (
            None if parameter.name == "offset" else "it makes rows and is given none. Use RuntimeParameter[...]."
        )
    if not _may_be_rows(parameter, annotation):
        return "annotate it with RuntimeParameter[...], or with StepInput if it takes rows."
    return None


def _may_be_rows(parameter: inspect.Parameter, annotation: Any) -> bool:
    if parameter.kind is parameter.KEYWORD_ONLY or parameter.default is not parameter.empty:
        return False
    if typing.get_origin(annotation) is Annotated:
        annotation = typing.get_args(annotation)[0]
    if isinstance(annotation, str) or annotation in {parameter.empty, Any}:
        return True
    kind = typing.get_origin(annotation) or annotation
    return isinstance(kind, type) and issubclass(kind, Iterable) and not issubclass(kind, (str, bytes, Mapping))


def _resolve(function: Callable[..., Any], name: str, annotation: Any) -> Any:
    """Evaluate an annotation that is text, as it is in modules that postpone annotations."""
    if not isinstance(annotation, str):
        return annotation
    holder = types.SimpleNamespace(__annotations__={name: annotation})
    names = {**inspect.getclosurevars(function).nonlocals, "RuntimeParameter": RuntimeParameter}
    try:
        return typing.get_type_hints(holder, function.__globals__, names, include_extras=True)[name]
    except _EVALUATION_ERRORS as error:
        if is_marked(annotation):
            problem = (
                f"the annotation of {name!r} cannot be evaluated ({error}). Import that name at module level."
            )
            raise StepDefinitionError(function.__name__, problem) from error
        return annotation

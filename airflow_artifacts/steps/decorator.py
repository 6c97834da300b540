"""``@step``: a step class from a function."""

from __future__ import annotations

import inspect
import types
import typing
from typing import TYPE_CHECKING, Any, Literal

from airflow_artifacts.exceptions import StepDefinitionError
from airflow_artifacts.steps.base import BaseStep, GeneratorStep, GlobalStep, Step
from airflow_artifacts.steps.parameters import RuntimeParameter, is_marked

if TYPE_CHECKING:
    from collections.abc import Callable

    from airflow_artifacts.steps.base import GeneratorStepOutput, StepColumns

StepType = Literal["normal", "global", "generator"]

_BASES: dict[str, type[BaseStep]] = {"normal": Step, "global": GlobalStep, "generator": GeneratorStep}


def step(
    inputs: StepColumns | None = None, outputs: StepColumns | None = None, step_type: StepType = "normal"
) -> Callable[[Callable[..., Any]], type[BaseStep]]:
    """Make a step class from a function that yields what ``process`` of the class would yield.

    Arguments of the function that are annotated with ``RuntimeParameter`` become fields of the class; the others
    are the rows: ``inputs: StepInput`` for one upstream step, ``*inputs: StepInput`` for several.

    Args:
        inputs: Columns that the function needs.
        outputs: Columns that it makes.
        step_type: ``normal`` for batches, ``global`` for all rows at once, ``generator`` for one that makes rows.

    Raises:
        StepDefinitionError: The step type is unknown, or an argument is neither rows nor a runtime parameter.
    """
    if step_type not in _BASES:
        raise StepDefinitionError(
            "@step", f"step_type is {step_type!r}, but has to be one of {', '.join(_BASES)}."
        )

    def decorate(function: Callable[..., Any]) -> type[BaseStep]:
        return _make_class(function, inputs or [], outputs or [], step_type)

    return decorate


def _make_class(
    function: Callable[..., Any], inputs: StepColumns, outputs: StepColumns, step_type: str
) -> type[BaseStep]:
    parameters = inspect.signature(function).parameters
    annotations = {name: _resolve(function, name, each.annotation) for name, each in parameters.items()}
    fields = [name for name in parameters if is_marked(annotations[name])]
    rows = [parameter for name, parameter in parameters.items() if name not in fields]
    if step_type == "generator" and any(parameter.name != "offset" for parameter in rows):
        problem = f"a generator is given no rows: annotate {rows[0].name!r} with RuntimeParameter[...]."
        raise StepDefinitionError(function.__name__, problem)
    namespace: dict[str, Any] = {
        "__module__": function.__module__,
        "__qualname__": function.__qualname__,
        "__doc__": function.__doc__,
        "__annotations__": {name: annotations[name] for name in fields},
        **{
            name: parameters[name].default
            for name in fields
            if parameters[name].default is not inspect.Parameter.empty
        },
        "inputs": property(lambda _: inputs),
        "outputs": property(lambda _: outputs),
        "process": _generate(function, fields, rows)
        if step_type == "generator"
        else _process(function, fields, rows),
        "_process_parameters": lambda _: rows,
    }
    return type(function.__name__, (_BASES[step_type],), namespace)


def _process(function: Callable[..., Any], fields: list[str], rows: list[inspect.Parameter]) -> Callable[..., Any]:
    takes_any_number = any(parameter.kind is parameter.VAR_POSITIONAL for parameter in rows)

    def process(self: BaseStep, *batches: Any) -> Any:
        given = {name: getattr(self, name) for name in fields}
        if takes_any_number:
            return function(*batches, **given)
        return function(
            **{parameter.name: batch for parameter, batch in zip(rows, batches, strict=False)}, **given
        )

    return process


def _generate(
    function: Callable[..., Any], fields: list[str], rows: list[inspect.Parameter]
) -> Callable[..., Any]:
    def process(self: BaseStep, offset: int = 0) -> Any:
        given = {name: getattr(self, name) for name in fields}
        if rows:
            return function(offset=offset, **given)
        return _leave_out(function(**given), offset)

    return process


def _leave_out(batches: GeneratorStepOutput, offset: int) -> GeneratorStepOutput:
    """Leave out rows at the beginning, for a function that does not take an offset itself."""
    for rows, is_last in batches:
        yield rows[offset:], is_last
        offset = max(0, offset - len(rows))


def _resolve(function: Callable[..., Any], name: str, annotation: Any) -> Any:
    """Evaluate an annotation that is text, as it is in modules that postpone annotations."""
    if not isinstance(annotation, str):
        return annotation
    holder = types.SimpleNamespace(__annotations__={name: annotation})
    names = {**inspect.getclosurevars(function).nonlocals, "RuntimeParameter": RuntimeParameter}
    try:
        return typing.get_type_hints(holder, function.__globals__, names, include_extras=True)[name]
    except NameError as error:
        if is_marked(annotation):
            problem = (
                f"the annotation of {name!r} cannot be evaluated ({error}). Import that name at module level."
            )
            raise StepDefinitionError(function.__name__, problem) from error
        return annotation

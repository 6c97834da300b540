"""``@step``: a step class from a function."""

from __future__ import annotations

import copy
import inspect
from typing import TYPE_CHECKING, Any, Literal

from airflow_artifacts.exceptions import StepDefinitionError
from airflow_artifacts.steps.arguments import find_arguments
from airflow_artifacts.steps.base import BaseStep, GeneratorStep, GlobalStep, Step

if TYPE_CHECKING:
    from collections.abc import Callable

    from airflow_artifacts.steps.arguments import Arguments
    from airflow_artifacts.steps.base import GeneratorStepOutput, StepColumns

StepType = Literal["normal", "global", "generator"]

_BASES: dict[str, type[Any]] = {"normal": Step, "global": GlobalStep, "generator": GeneratorStep}


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
    if callable(inputs):
        raise StepDefinitionError(inputs.__name__, "write @step() with brackets, or @step(inputs=[...], ...).")
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
    base = _BASES[step_type]
    is_generator = step_type == "generator"
    arguments = find_arguments(function, base, is_generator=is_generator)
    namespace: dict[str, Any] = {
        "__module__": function.__module__,
        "__qualname__": function.__qualname__,
        "__doc__": function.__doc__,
        "__annotations__": arguments.annotations,
        **arguments.defaults,
        "inputs": property(lambda _: copy.copy(inputs)),
        "outputs": property(lambda _: copy.copy(outputs)),
        "process": (_generate if is_generator else _process)(function, arguments),
        "_process_parameters": lambda _: arguments.rows,
    }
    return type(function.__name__, (base,), namespace)


def _process(function: Callable[..., Any], arguments: Arguments) -> Callable[..., Any]:
    takes_any_number = any(each.kind is each.VAR_POSITIONAL for each in arguments.rows)
    if takes_any_number and next(iter(inspect.signature(function).parameters)) in arguments.annotations:
        raise StepDefinitionError(function.__name__, "write runtime parameters after the rows.")

    def process(self: BaseStep, *batches: Any) -> Any:
        given = {name: getattr(self, name) for name in arguments.annotations}
        if takes_any_number:
            return function(*batches, **given)
        rows = {parameter.name: batch for parameter, batch in zip(arguments.rows, batches, strict=False)}
        return function(**rows, **given)

    return process


def _generate(function: Callable[..., Any], arguments: Arguments) -> Callable[..., Any]:
    def process(self: BaseStep, offset: int = 0) -> Any:
        given = {name: getattr(self, name) for name in arguments.annotations}
        if arguments.rows:
            return function(offset=offset, **given)
        batches = function(**given)
        return _leave_out(batches, offset) if offset else batches

    return process


def _leave_out(batches: GeneratorStepOutput, offset: int) -> GeneratorStepOutput:
    """Leave out rows at the beginning, for a function that does not take an offset itself."""
    for rows, is_last in batches:
        yield rows[offset:], is_last
        offset = max(0, offset - len(rows))

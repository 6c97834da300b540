"""Runtime parameters: fields of a step that may be set when it runs, also in models inside a step."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, Annotated, Any, TypeVar, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

from airflow_artifacts.exceptions import RuntimeParameterError

if TYPE_CHECKING:
    from collections.abc import Mapping

T = TypeVar("T")

_MARKER = "airflow_artifacts.runtime_parameter"

FINAL_VALUES: dict[str, Any] = {}
"""The validation context in which a text is what it says, and no template that is rendered later."""


class _NoValueYet(FieldInfo):  # type: ignore[misc] # final, but FastAPI derives from it too
    """The default of a runtime parameter. Its own class, because pydantic warns of plain ones within a union."""


if TYPE_CHECKING:
    RuntimeParameter = Annotated[T, _MARKER]  # while a step runs, it is not None
else:
    RuntimeParameter = Annotated[T | None, _NoValueYet(default=None), _MARKER]
"""Marks a field of a step as a runtime parameter: ``k: RuntimeParameter[int] = 5``.

One without a default, or with the default None, has to be given when the step runs. One that may stay None is
written ``k: RuntimeParameter[int] | None = None``.
"""

ParameterNames = dict[str, Any]
"""Names of runtime parameters: to True where one need not be given, or to the names within a model or a list."""


def is_marked(annotation: Any) -> bool:
    """Say whether an annotation is ``RuntimeParameter[...]``, or a union with one, or its source text."""
    if isinstance(annotation, str):  # of a function whose module postpones annotations
        return "RuntimeParameter[" in annotation
    if get_origin(annotation) is Annotated and _MARKER in get_args(annotation):
        return True
    return any(is_marked(argument) for argument in get_args(annotation))


def _is_runtime_parameter(info: FieldInfo) -> bool:
    return _MARKER in info.metadata or is_marked(info.annotation)


def parameter_names(model: BaseModel) -> ParameterNames:
    """Name the runtime parameters of a model, and of models and lists of models in its fields."""
    names: ParameterNames = {}
    for name, info in type(model).model_fields.items():
        value = getattr(model, name)
        if _is_runtime_parameter(info):
            names[name] = info.default is not None or _MARKER not in info.metadata
        elif isinstance(value, BaseModel):
            nested = parameter_names(value)
            names.update({name: nested} if nested else {})
        elif isinstance(value, (list, tuple)) and value and all(isinstance(item, BaseModel) for item in value):
            nested = {str(index): parameter_names(item) for index, item in enumerate(value)}
            names.update({name: nested} if any(nested.values()) else {})
    return names


def missing_parameters(model: BaseModel, names: ParameterNames | None = None, prefix: str = "") -> list[str]:
    """List the runtime parameters that have to be given and have no value yet, nested ones as ``llm.model``."""
    missing = []
    for name, detail in (parameter_names(model) if names is None else names).items():
        value = getattr(model, name)
        if isinstance(detail, dict) and isinstance(value, BaseModel):
            missing += missing_parameters(value, detail, f"{prefix}{name}.")
        elif isinstance(detail, dict):
            for index, item in enumerate(value):
                missing += missing_parameters(item, detail[str(index)], f"{prefix}{name}.{index}.")
        elif not detail and value is None:
            missing.append(f"{prefix}{name}")
    return missing


def check_names(step: str, given: Mapping[str, Any], names: ParameterNames, prefix: str = "") -> None:
    """Refuse names that are not runtime parameters.

    Raises:
        RuntimeParameterError: One is unknown; the message gives close matches, or all that there are.
    """
    for name, value in given.items():
        if name not in names:
            close = difflib.get_close_matches(str(name), names, cutoff=0.5)
            hint = f"did you mean {close[0]!r}?" if close else f"there are: {', '.join(names) or 'none'}."
            raise RuntimeParameterError(step, f"{prefix}{name!r} is unknown; {hint}")
        if isinstance(names[name], dict):
            if not isinstance(value, dict):
                raise RuntimeParameterError(step, f"{prefix}{name!r} takes a dictionary of parameters.")
            check_names(step, value, names[name], f"{prefix}{name}.")


def with_parameters(step: str, model: BaseModel, given: Mapping[str, Any]) -> dict[str, Any]:
    """Work out the new values of the fields that runtime parameters change, without changing the model.

    Raises:
        RuntimeParameterError: A name is unknown, or a value is invalid for its field.
    """
    names = parameter_names(model)
    check_names(step, given, names)
    changed: dict[str, Any] = {}
    for name, value in given.items():
        current = getattr(model, name)
        if not isinstance(names[name], dict):
            changed[name] = value
        elif isinstance(current, BaseModel):
            changed[name] = copy_with(step, current, with_parameters(step, current, value))
        else:
            changed[name] = [
                copy_with(step, item, with_parameters(step, item, value.get(str(index), {})))
                for index, item in enumerate(current)
            ]
    return changed


ModelT = TypeVar("ModelT", bound=BaseModel)


def copy_with(step: str, model: ModelT, changed: Mapping[str, Any]) -> ModelT:
    """Copy a model with other values in some of its fields, each of them validated.

    Lists, dictionaries, sets and models in its fields are copied too, so that what the copy does when it runs
    leaves the original as it was.

    Raises:
        RuntimeParameterError: A value is invalid for its field.
    """
    copied = _copied(model)
    # All at once before each is validated: a validator of the model sees no old value beside a new one.
    copied.__dict__.update(changed)
    validator = type(model).__pydantic_validator__
    for name, value in changed.items():
        try:
            validator.validate_assignment(copied, name, value, context=FINAL_VALUES)
        except ValidationError as error:
            # The input is left out of the sentence: it may be a secret.
            problem = "; ".join(detail["msg"] for detail in error.errors(include_input=False))
            raise RuntimeParameterError(step, f"the value of {name!r} is invalid: {problem}.") from None
    return copied


def _copied(model: ModelT) -> ModelT:
    copied = model.model_copy()
    # Only fields: what a cached_property keeps was computed from values that may be about to change.
    values = {name: _copied_value(getattr(model, name)) for name in type(model).model_fields}
    copied.__dict__.clear()
    copied.__dict__.update(values)
    private = copied.__pydantic_private__
    for name, value in (private or {}).items():
        if private is not None and type(value) in {list, dict, set}:
            private[name] = value.copy()
    return copied


def _copied_value(value: Any) -> Any:
    if isinstance(value, BaseModel):
        return _copied(value)
    if type(value) is list:
        return [_copied_value(item) if isinstance(item, BaseModel) else item for item in value]
    return value.copy() if type(value) in {dict, set} else value

"""Jinja templates in the fields of a step and of the models inside it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import BaseModel, SecretStr, ValidationInfo, ValidatorFunctionWrapHandler
from pydantic_core import core_schema

from airflow_artifacts.steps.parameters import FINAL_VALUES, copy_with

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from pydantic_core import CoreSchema

_TEMPLATE = re.compile(r"\{\{|\{%")

ModelT = TypeVar("ModelT", bound=BaseModel)


def has_template(value: Any) -> bool:
    """Say whether a value is a template or holds one; a model's ``literal_fields`` are not looked at."""
    if isinstance(value, str):
        return _TEMPLATE.search(value) is not None
    if isinstance(value, SecretStr):
        return has_template(value.get_secret_value())
    if isinstance(value, BaseModel):
        return any(has_template(getattr(value, name)) for name in _fields(value))
    if isinstance(value, dict):
        return any(map(has_template, value.values()))
    return isinstance(value, (list, tuple)) and any(map(has_template, value))


def defer_templates(schema: CoreSchema, literal: Collection[str]) -> None:
    """Change the schema of a model so that a text that is a template passes for any field, as it is.

    The field's validators, those of derived classes included, see the text once it is rendered, which the context
    ``FINAL_VALUES`` says. A validator of the whole model still has to expect templates.

    Args:
        schema: The schema of the model.
        literal: Names of fields whose text is content and no template.
    """
    inner: Any = schema
    while inner["type"] != "model-fields":
        inner = inner["schema"]
    for name, field in inner["fields"].items():
        holder = field
        while holder["schema"]["type"] == "default":
            holder = holder["schema"]
        if name not in literal and holder["schema"].get("function", {}).get("function") is not _unless_template:
            holder["schema"] = core_schema.with_info_wrap_validator_function(_unless_template, holder["schema"])


def _unless_template(value: Any, handler: ValidatorFunctionWrapHandler, info: ValidationInfo) -> Any:
    if isinstance(value, str) and has_template(value) and info.context is not FINAL_VALUES:
        return value
    return handler(value)


def rendered_copy(step: str, model: ModelT, render: Callable[[Any], Any]) -> ModelT:
    """Copy a model with its templates rendered, and the results validated.

    Args:
        step: Name of the step, for messages.
        model: The model. It is not changed.
        render: Gives what a text with a template becomes.

    Raises:
        RuntimeParameterError: What a template became is invalid for its field.
    """
    values = {name: getattr(model, name) for name in _fields(model)}
    changed = {name: _rendered(step, value, render) for name, value in values.items() if has_template(value)}
    for name, value in changed.items():
        # With native rendering a template becomes a number where its text looks like one.
        if type(model).model_fields[name].annotation is str and isinstance(value, (int, float)):
            changed[name] = str(value)
    return copy_with(step, model, changed)


def _fields(model: BaseModel) -> list[str]:
    literal = getattr(model, "literal_fields", ())
    return [name for name in type(model).model_fields if name not in literal]


def _rendered(step: str, value: Any, render: Callable[[Any], Any]) -> Any:
    if not has_template(value):
        return value
    if isinstance(value, SecretStr):
        return SecretStr(str(render(value.get_secret_value())))
    if isinstance(value, BaseModel):
        return rendered_copy(step, value, render)
    if isinstance(value, dict):
        return {key: _rendered(step, item, render) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_rendered(step, item, render) for item in value]
    return render(value)

"""Secrets among the parameters of a step."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, get_args

from pydantic import BaseModel, SecretBytes, SecretStr

from airflow_artifacts.steps.templates import has_template
from airflow_artifacts.storage.secrets import find_tokens

if TYPE_CHECKING:
    from collections.abc import Mapping


def hide_secrets(model: BaseModel, values: Mapping[str, Any]) -> dict[str, Any]:
    """Wrap values for secret fields, so that whoever shows the values shows ``**********`` instead.

    Templates are left as they are: they are no secrets, and have to be rendered first.

    Args:
        model: The model that has the fields.
        values: Values of some of its fields, of models in them as dictionaries.
    """
    return {name: _hidden(model, name, value) for name, value in values.items()}


def _hidden(model: BaseModel, name: str, value: Any) -> Any:
    info = type(model).model_fields.get(name)
    if info is None:
        return value
    if isinstance(value, str) and not has_template(value) and _is_secret(info.annotation):
        return SecretStr(value)
    nested = getattr(model, name)
    return hide_secrets(nested, value) if isinstance(value, dict) and isinstance(nested, BaseModel) else value


def _is_secret(annotation: Any) -> bool:
    return annotation is SecretStr or any(map(_is_secret, get_args(annotation)))


def find_secrets(value: Any) -> list[str]:
    """List the secrets in a model, as text; also the tokens of the Hub that somebody wrote into a plain text."""
    if isinstance(value, str):
        return find_tokens(value)
    if isinstance(value, SecretStr):
        return [value.get_secret_value()]
    if isinstance(value, SecretBytes):
        return [value.get_secret_value().decode(errors="replace")]
    if isinstance(value, BaseModel):
        return [secret for name in type(value).model_fields for secret in find_secrets(getattr(value, name))]
    if isinstance(value, dict):
        return [secret for item in value.values() for secret in find_secrets(item)]
    return [secret for item in value for secret in find_secrets(item)] if isinstance(value, (list, tuple)) else []

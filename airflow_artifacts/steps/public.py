"""Fields of a step as values that people may see: in logs, XCom, cards and the UI."""

from __future__ import annotations

import dataclasses
import math
import re
from typing import Any

from pydantic import BaseModel, SecretBytes, SecretStr

from airflow_artifacts.storage.secrets import MASK, mask_text, words_of

# Whole words of a name, so that a tokenizer is not taken for a token.
_SECRET_NAME = re.compile(
    r"(?:^|[^a-z])(?:tokens?|secrets?|pass(?:word|wd|phrase|code)s?|pwd|auth|authorization|credentials?|"
    r"(?:api|access|account|private|secret|signing)[_-]?keys?|connection_?string|cookies?|signature|sig)(?:$|[^a-z])"
)
_URL_PARAMETER = re.compile(r"(?<=[?&])([^=&#\s]*)=([^&#\s]+)")
_TEXT_LIMIT = 500
_ITEMS_LIMIT = 20


def public_parameters(model: BaseModel) -> dict[str, Any]:
    """Give a model's fields as JSON values that may be shown: secrets masked, long values cut."""
    return {
        name: public_value(getattr(model, name), name=name)
        for name, info in type(model).model_fields.items()
        if not info.exclude and name in vars(model)  # an error may show a model that is not complete
    }


def public_value(value: Any, *, name: str = "") -> Any:  # noqa: PLR0911 - one line for each kind
    """Give a value as a JSON value that may be shown.

    Args:
        value: The value.
        name: The name it is known by, which may say that it is a secret.
    """
    if isinstance(value, (SecretStr, SecretBytes)) or _is_secret(name, value):
        return MASK
    if value is None or isinstance(value, (bool, int)):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)  # JSON has no infinity
    if isinstance(value, BaseModel):
        return {"class": type(value).__name__, **public_parameters(value)}
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
        return {"class": type(value).__name__, **_public_items(fields)}
    if isinstance(value, dict):
        return _public_items(value)
    if isinstance(value, (set, frozenset)):
        value = sorted(value, key=str)  # in an order that is the same each time that a DAG is parsed
    if isinstance(value, (list, tuple)):
        if len(value) > _ITEMS_LIMIT or any(isinstance(item, dict) for item in value):
            return f"{len(value)} items"
        return [public_value(item) for item in value]
    return _public_text(value)


def _public_items(items: dict[Any, Any]) -> dict[str, Any]:
    shown = list(items.items())[:_ITEMS_LIMIT]
    return {str(key): public_value(item, name=str(key)) for key, item in shown}


def _public_text(value: Any) -> str:
    text = str(value)
    if not isinstance(value, str) and " at 0x" in text:
        # An address in memory would make the serialized DAG another one each time that it is parsed.
        return f"<{type(value).__name__}>"
    text = mask_text(text)
    if "://" in text:
        text = _URL_PARAMETER.sub(_mask_parameter, text)
    return text if len(text) <= _TEXT_LIMIT else f"{text[:_TEXT_LIMIT]}... ({len(text)} characters)"


def _mask_parameter(match: re.Match[str]) -> str:
    return f"{match[1]}={MASK}" if _is_secret(match[1], match[2]) else match[0]


def _is_secret(name: str, value: Any) -> bool:
    if value is None or isinstance(value, bool):
        return False
    words = words_of(name)
    if isinstance(value, (int, float)) and "token" in words:
        return False  # it says how many
    return _SECRET_NAME.search(words) is not None

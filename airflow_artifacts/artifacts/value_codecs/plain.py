"""JSON, exactly: what is written is what JSON gives back, or it is refused."""

from __future__ import annotations

import json
import math
from enum import Enum
from typing import TYPE_CHECKING, Any

from airflow_artifacts.artifacts.value_codecs.encoded import type_name
from airflow_artifacts.exceptions import ArtifactError

if TYPE_CHECKING:
    from collections.abc import Iterator

DEPTH_LIMIT = 100  # each level takes a call of the decoder, and the stack of a task is deep already
_DIGITS_LIMIT = 4300  # Python refuses to read more: https://docs.python.org/3/library/stdtypes.html
_BITS_LIMIT = int(_DIGITS_LIMIT * math.log2(10))


def check_json(name: str, value: Any, where: str = "$", depth: int = 0) -> None:
    """Refuse a value that JSON does not give back as it is.

    Tuples and subclasses of list and dict are taken: they come back as plain lists and dictionaries.

    Args:
        name: The artifact's name, for the message.
        value: What is to be written.
        where: Where the value is, for the message.
        depth: How many containers it is in.

    Raises:
        ArtifactError: Something in it is no JSON value; the message says where and what to do.
    """
    if depth > DEPTH_LIMIT:
        raise ArtifactError(
            name,
            f"{_short(where)} is nested more than {DEPTH_LIMIT} deep, or holds itself. Flatten it.",
        )
    kind = type(value)
    if value is None or kind is bool:
        return
    if kind is str:
        check_text(name, value, where)
    elif kind is int or kind is float:
        _check_number(name, value, where)
    elif isinstance(value, dict):
        for key, item in value.items():
            check_json(name, item, f"{where}{_step(name, key, where)}", depth + 1)
    elif isinstance(value, list | tuple) and not hasattr(value, "_fields"):
        for index, item in enumerate(value):
            check_json(name, item, f"{where}[{index}]", depth + 1)
    else:
        raise ArtifactError(name, f"{_short(where)} is {_described(value)}")


def check_text(name: str, text: str, where: str = "the text") -> None:
    """Refuse a text that UTF-8 does not hold.

    Raises:
        ArtifactError: It has lone surrogates.
    """
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise ArtifactError(
            name,
            f"{_short(where)} holds half of a character (a lone surrogate) at position {error.start}. Clean "
            "it with "
            ".encode('utf-8', 'replace').decode().",
        ) from None


def dump_json(name: str, value: Any, *, indent: int | None = None) -> bytes:
    """Write a value as JSON in UTF-8.

    Raises:
        ArtifactError: It is no JSON value.
    """
    check_json(name, value)
    try:
        return json.dumps(value, ensure_ascii=False, allow_nan=False, indent=indent).encode()
    except (TypeError, ValueError, RecursionError) as error:  # a subclass that shows other items here than there
        raise ArtifactError(
            name, f"it cannot be written as JSON: {error}. Make plain lists and dicts of it."
        ) from error


def parse_json(data: bytes | str) -> Any:
    """Read JSON as the standard has it: UTF-8, no NaN, no infinity.

    Raises:
        ValueError: It is something else.
    """
    return json.loads(data, parse_constant=_refuse_constant)


def _refuse_constant(constant: str) -> Any:
    raise ValueError(f"it holds {constant}, which JSON does not have")


def _check_number(name: str, value: float, where: str) -> None:
    if isinstance(value, float):
        if not math.isfinite(value):
            raise ArtifactError(
                name, f"{_short(where)} is {value}, which JSON does not have. Give None, or leave it out."
            )
    elif value.bit_length() > _BITS_LIMIT:
        raise ArtifactError(
            name,
            f"{_short(where)} is an integer of more than {_DIGITS_LIMIT} digits. Give it as hexadecimal text.",
        )


def _step(name: str, key: object, where: str) -> str:
    """Give a key as a part of a path, if it is a text."""
    if type(key) is not str:
        advice = f"a key in {_short(where)} is {_described(key)}"
        raise ArtifactError(name, f"{advice} Keys of JSON are texts: use str(key), or a list of pairs.")
    check_text(name, key, f"a key in {where}")
    return f".{key}" if key.isidentifier() else f"[{key!r}]"


def _short(where: str) -> str:
    return where if len(where) <= 120 else f"{where[:120]}..."  # noqa: PLR2004 - a sentence stays readable


def _described(value: object) -> str:
    """Say what a value is and what to give instead; never the value itself, which may be a secret."""
    shown = type_name(type(value))
    return f"a value of the type {shown}. {next(_remedies(value))}"


def _remedies(value: object) -> Iterator[str]:
    if hasattr(value, "get_secret_value"):
        yield "It is a secret, and secrets are not stored: leave it out."
    if isinstance(value, Enum):
        yield "Use its .value."
    if type(value).__module__ == "numpy":
        yield "Use .tolist(), or save the array itself as an artifact of its own."
    if isinstance(value, tuple):
        yield "Use its ._asdict(), or list()."
    if hasattr(value, "model_dump"):
        yield "Use its .model_dump(mode='json')."
    if hasattr(value, "__dataclass_fields__"):
        yield "Use dataclasses.asdict()."
    if hasattr(value, "isoformat"):
        yield "Use its .isoformat()."
    if isinstance(value, bytes | bytearray | memoryview):
        yield "Decode it to a text, or save it as an artifact of its own."
    yield "Convert it to None, bool, int, float, str, list or dict."

"""Values as the texts of cells."""

from __future__ import annotations

import json
from datetime import date, datetime, time
from typing import TYPE_CHECKING, Any

from airflow_artifacts.plugin.previews.texts import clean

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

CELL = 500  # characters
ITEMS = 250  # of a list or an array: no cell has room for more
_TYPES: tuple[tuple[type | tuple[type, ...], str], ...] = (
    (bool, "boolean"),
    (int, "integer"),
    (float, "number"),
    (str, "text"),
    ((bytes, bytearray, memoryview), "bytes"),
    (dict, "object"),
    ((list, tuple, set, frozenset), "list"),
    (datetime, "datetime"),
    (date, "date"),
    (time, "time"),
)


def cut(text: str, limit: int = CELL) -> str:
    """Cut a text, which then ends with an ellipsis, and replace what is no Unicode."""
    return clean(text) if len(text) <= limit else clean(text[:limit]) + "…"


def cell_text(value: object) -> str | None:
    """Write a value as the text of a cell; None where there is none."""
    if value is None:
        return None
    write = next((write for kind, write in _WRITERS if isinstance(value, kind)), _other_text)
    return write(value) if not _is_numpy(value) else _array_text(value)


def value_types(values: Iterable[object]) -> set[str]:
    """Name the types of the values of a column."""
    return {_type_of(value) for value in values if value is not None}


def joined_types(names: Iterable[str]) -> str:
    """Name the type of a column whose values have these types."""
    return " | ".join(sorted(names)) or "null"


def _type_of(value: Any) -> str:
    if _is_numpy(value):
        return f"{value.dtype}{list(value.shape)}" if value.shape else str(value.dtype)
    return next((name for kind, name in _TYPES if isinstance(value, kind)), type(value).__name__)


def _is_numpy(value: object) -> bool:
    return type(value).__module__ == "numpy"


def _array_text(value: Any) -> str | None:
    return cell_text(value.ravel()[:ITEMS].tolist() if value.shape else value.item())


def _json_text(value: Any) -> str:
    """Write the beginning of nested values as JSON, piece by piece, and no further than a cell goes."""
    text = ""
    try:
        for piece in _ENCODER.iterencode(value):
            text += piece[: CELL + 1]
            if len(text) > CELL:
                break
    except (TypeError, ValueError, RecursionError):  # keys that are no texts, huge integers, hundreds of levels
        return f"{cut(text)}…"
    return cut(text)


def _integer_text(value: int) -> str:
    try:
        return cut(str(value))
    except ValueError:  # more digits than Python writes: https://docs.python.org/3/library/stdtypes.html
        return cut(hex(value))


def _other_text(value: object) -> str:
    return cut(str(value))


_ENCODER = json.JSONEncoder(ensure_ascii=False, default=cell_text)
_WRITERS: tuple[tuple[type | tuple[type, ...], Callable[[Any], str]], ...] = (
    (str, cut),
    (bool, lambda value: "true" if value else "false"),
    (int, _integer_text),
    ((bytes, bytearray, memoryview), lambda value: f"<{len(value)} bytes>"),
    ((datetime, date, time), lambda value: value.isoformat()),
    ((dict, list, tuple), _json_text),
    ((set, frozenset), lambda value: _json_text(list(value))),
)

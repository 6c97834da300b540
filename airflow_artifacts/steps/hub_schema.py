"""What the rows of a configuration hold, as ``features`` in which ``datasets`` can load all of its files.

Without features ``datasets`` takes the types of the first file, and fails at a later one in which a column is new,
or is text and was null. So the types are unified over all batches, and the card says them.

A type is one of the names below, ``{"list": type}`` or ``{"struct": {field: type}}``: a JSON value, which is kept
beside the checkpoints.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping

ValueType: TypeAlias = "str | dict[str, Any]"
Columns: TypeAlias = "dict[str, ValueType]"

NULL, BOOL, INT, FLOAT, TEXT = "null", "bool", "int", "float", "text"
WIDE = "wide int"  # an integer that a double does not hold exactly
DATE, NAIVE, AWARE = "date", "datetime", "datetime with a zone"
JSON = "json"  # anything

_DTYPES = {
    NULL: "null",
    BOOL: "bool",
    INT: "int64",
    WIDE: "int64",
    FLOAT: "float64",
    TEXT: "string",
    DATE: "date32",
    NAIVE: "timestamp[us]",
    AWARE: "timestamp[us, tz=UTC]",
    JSON: "json",
}
_WIDER = {frozenset({INT, WIDE}): WIDE, frozenset({INT, FLOAT}): FLOAT}
_TEXTS = frozenset({TEXT, DATE, NAIVE, AWARE})  # they are text in the files
_FIELDS_LIMIT = 200  # a dictionary with more keys than that is a mapping, and has no fields
_DEPTH_LIMIT = 100


def unify(one: ValueType, other: ValueType) -> ValueType:
    """Give the type that holds the values of both; ``json`` holds what no other type does."""
    if other in (one, NULL):
        return one
    if one == NULL:
        return other
    if isinstance(one, str) and isinstance(other, str):
        return TEXT if {one, other} <= _TEXTS else _WIDER.get(frozenset({one, other}), JSON)
    if isinstance(one, str) or isinstance(other, str) or one.keys() != other.keys():
        return JSON
    if "list" in one:
        return {"list": unify(one["list"], other["list"])}
    return struct(unify_columns(one["struct"], other["struct"]))


def unify_all(types: list[ValueType]) -> ValueType:
    """Give the type that holds the values of all."""
    result: ValueType = NULL
    for type_ in types:
        result = unify(result, type_)
    return result


def unify_columns(one: Mapping[str, ValueType], other: Mapping[str, ValueType]) -> Columns:
    """Give the types of the columns of both; new columns come last."""
    return {**one, **{name: unify(one.get(name, NULL), type_) for name, type_ in other.items()}}


def struct(fields: Columns) -> ValueType:
    """Give the type of a dictionary. Without fields it is ``json``, because Arrow casts no empty struct."""
    return {"struct": fields} if 0 < len(fields) <= _FIELDS_LIMIT else JSON


def features(columns: Mapping[str, ValueType]) -> list[dict[str, Any]]:
    """Give the columns as the YAML of a card has them, the way that ``datasets`` writes it."""
    return [{"name": name, **_feature(type_)} for name, type_ in columns.items()]


def _feature(type_: ValueType) -> dict[str, Any]:
    if isinstance(type_, str):
        return {"dtype": _DTYPES[type_]}
    if "struct" in type_:
        return {"struct": features(type_["struct"])}
    element = _feature(type_["list"])
    # A list of values or of structs is written without one level.
    return {"list": element.get("dtype") or element.get("struct") or element}


def check_columns(value: Any, depth: int = 0) -> Columns:
    """Refuse what is no dictionary of types.

    Raises:
        ValueError: It is none.
    """
    if not isinstance(value, dict):
        raise ValueError(f"columns are a {type(value).__name__}")  # noqa: TRY004 - of a file, not of a caller
    for type_ in value.values():
        _check(type_, depth)
    return value


def _check(type_: Any, depth: int) -> None:
    if depth > _DEPTH_LIMIT:
        raise ValueError("types are nested too deep")
    if isinstance(type_, dict) and type_.keys() == {"list"}:
        _check(type_["list"], depth + 1)
    elif isinstance(type_, dict) and type_.keys() == {"struct"}:
        check_columns(type_["struct"], depth + 1)
    elif not isinstance(type_, str) or type_ not in _DTYPES:
        raise ValueError("a type is unknown")

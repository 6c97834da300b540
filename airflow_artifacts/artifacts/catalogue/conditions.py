"""Conditions on metadata, as people write them: ``accuracy>=0.9``."""

from __future__ import annotations

import json
import math
import operator
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from airflow_artifacts.artifacts.catalogue.entries import ABSENT, Brief
from airflow_artifacts.exceptions import QueryError

if TYPE_CHECKING:
    from collections.abc import Callable

    from airflow_artifacts.artifacts.catalogue.entries import Entry

_OPERATOR = re.compile(r"!=|>=|<=|[=><]")
_LENGTH_LIMIT = 1000  # characters of the key and the text together
_ORDERS: dict[str, Callable[[Any, Any], bool]] = {
    ">": operator.gt,
    "<": operator.lt,
    ">=": operator.ge,
    "<=": operator.le,
}


@dataclass(frozen=True)
class Condition:
    """What a value of the metadata has to be.

    A text that is a JSON value (``1``, ``true``, ``null``) equals that value, ``1`` also ``1.0``, and the same
    text. Text in quotes equals only text. Lists and objects are compared as JSON, the keys in their order. A value
    that only the beginning is kept of equals nothing.

    Attributes:
        key: The key, which the version has to have.
        operator: ``=``, ``!=``, ``>``, ``<``, ``>=``, ``<=``; without it the key is enough.
        text: What the value is compared with. For an order, a number.

    Raises:
        QueryError: The key is empty, it is very long, there is no such operator, or an order has no number.
    """

    key: str
    operator: str = ""
    text: str = ""
    _wanted: Any = field(init=False, repr=False, compare=False)
    _json: str | None = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if not self.key:
            raise _error(self, "it has no key. Give key, key=value, key!=value, key>number or key<number.")
        if len(self.key) + len(self.text) > _LENGTH_LIMIT:
            raise _error(self, f"it has more than {_LENGTH_LIMIT:,} characters.")
        if self.operator not in {"", "=", "!=", *_ORDERS}:
            raise _error(self, f"there is no operator {self.operator!r}.")
        wanted = _parse(self.text)
        if self.operator in _ORDERS and not _is_number(wanted):
            raise _error(self, f"{self.text[:100]!r} is no number.")
        object.__setattr__(self, "_wanted", wanted)
        is_nested = isinstance(wanted, list | dict)
        object.__setattr__(self, "_json", json.dumps(wanted, ensure_ascii=False) if is_nested else None)

    def matches(self, entry: Entry) -> bool:
        """Say whether a version is as wanted."""
        found = entry.get(self.key)
        if found is ABSENT:
            return False
        if order := _ORDERS.get(self.operator):
            return _is_number(found) and order(found, self._wanted)
        return not self.operator or self._equals(found) == (self.operator == "=")

    def _equals(self, found: Any) -> bool:
        if isinstance(found, str):
            return found in {self._wanted, self.text} if isinstance(self._wanted, str) else found == self.text
        if isinstance(found, Brief):  # which is JSON as Python writes it
            return found.text == self._json and not found.is_cut
        if isinstance(found, bool) or isinstance(self._wanted, bool):
            return found is self._wanted
        return bool(found == self._wanted)


def parse_condition(text: str) -> Condition:
    """Read a condition: ``key``, ``key=value``, ``key!=value``, ``key>number``, and so with ``<``, ``>=``, ``<=``.

    The first sign that is an operator ends the key. Spaces around the key and the value do not count.

    Raises:
        QueryError: It is none.
    """
    match = _OPERATOR.search(text)
    if match is None:
        return Condition(text.strip())
    return Condition(text[: match.start()].strip(), match[0], text[match.end() :].strip())


def _error(condition: Condition, problem: str) -> QueryError:
    shown = f"{condition.key}{condition.operator}{condition.text}"
    return QueryError(f"The filter metadata {shown[:200]!r}", problem)


def _parse(text: str) -> Any:
    """Give the JSON value that a text is, or the text."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return text
    return text if isinstance(value, float) and not math.isfinite(value) else value


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)

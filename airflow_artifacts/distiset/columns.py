"""What has been seen of a column, from which one Arrow type is chosen at the end."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import chain
from typing import TYPE_CHECKING

from airflow_artifacts.distiset import kinds
from airflow_artifacts.exceptions import SchemaError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_EXACT = 2**53  # the integers up to here are exact as double (IEEE 754)
_SIGNED = 2**63  # the integers below are int64
_UNSIGNED = 2**64


@dataclass
class Column:
    """The values seen in a column, in a field of a dictionary, or among the elements of a list.

    Attributes:
        subset: The subset, for messages.
        path: Where in a row it is: ``column``, ``column.field``, ``column[]``.
        seen: Kinds, each with the first row that holds it.
        fields: What was seen in the fields of dictionaries.
        element: What was seen in lists.
        low: The least integer, or 0.
        high: The greatest integer, or 0.
        inexact: The first row with an integer that a double cannot hold, None without one.
        unsigned: The first row with an integer that only uint64 can hold, None without one.
        zones: Names of time zones.
        whole: Digits of decimals before the point.
        scale: Digits of decimals after the point.
        empty_dtypes: Kinds of NumPy arrays without values; they count only where nothing else was seen.
        converted: Whether pyarrow cannot take the values as they are.
        size: Estimated size of the values in bytes.
    """

    subset: str
    path: str
    seen: dict[str, int] = field(default_factory=dict)
    fields: dict[str, Column] = field(default_factory=dict)
    element: Column | None = None
    low: int = 0
    high: int = 0
    inexact: int | None = None
    unsigned: int | None = None
    zones: set[str] = field(default_factory=set)
    whole: int = 0
    scale: int = 0
    empty_dtypes: set[str] = field(default_factory=set)
    converted: bool = False
    size: int = 0

    def note(self, kind: str, row: Callable[[], int]) -> None:
        """Remember a kind; the row is asked for only when the kind is new.

        Raises:
            SchemaError: The kind does not fit to those before.
        """
        if kind in self.seen:
            return
        self.seen[kind] = row()
        if len({kinds.family(known) for known in self.seen}) > 1:
            raise self.error(self.seen)

    def note_range(self, low: int, high: int, row_outside: Callable[[int, int], int]) -> None:
        """Remember the least and the greatest of some integers.

        Args:
            low: The least.
            high: The greatest.
            row_outside: Gives the first row with an integer below or above two limits.

        Raises:
            SchemaError: An integer needs more than 64 bits.
        """
        if low < -_SIGNED or high >= _UNSIGNED:
            raise self.error({"an integer beyond 64 bits": row_outside(-_SIGNED, _UNSIGNED - 1)})
        self.low, self.high = min(self.low, low), max(self.high, high)
        if self.inexact is None and (low < -_EXACT or high > _EXACT):
            self.inexact = row_outside(-_EXACT, _EXACT)
        if self.unsigned is None and high >= _SIGNED:
            self.unsigned = row_outside(-_SIGNED, _SIGNED - 1)

    def elements(self) -> Column:
        """Give the column of the elements of lists."""
        if self.element is None:
            self.element = Column(self.subset, f"{self.path}[]")
        return self.element

    def add_field(self, name: str) -> None:
        """Make the column of a field of dictionaries."""
        self.fields[name] = Column(self.subset, f"{self.path}.{name}" if self.path else name)

    def error(self, seen: Mapping[str, int]) -> SchemaError:
        """Make the error for kinds that do not fit together, each with its first row."""
        return SchemaError(self.subset, self.path, dict(sorted(seen.items(), key=lambda item: item[1])))

    def with_all_below(self) -> list[Column]:
        """Give the column and those below it."""
        below = [*self.fields.values(), *([self.element] if self.element else [])]
        return [self, *chain.from_iterable(column.with_all_below() for column in below)]

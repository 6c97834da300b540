"""Which columns rows have, counted while they are written."""

from __future__ import annotations

from collections import Counter
from itertools import islice
from typing import TYPE_CHECKING, Any

from airflow_artifacts.exceptions import UnsupportedValueError

if TYPE_CHECKING:
    from collections.abc import Sequence

_PENDING_LIMIT = 100_000  # names in shapes that are not counted yet
_COLUMNS_LIMIT = 100_000  # the manifest lists them all


class ColumnCounter:
    """Counts in how many rows each column is, by the shapes of rows, of which there are mostly few."""

    def __init__(self) -> None:
        self._columns: Counter[str] = Counter()
        self._shapes: Counter[tuple[str, ...]] = Counter()
        self._pending = 0

    def add(self, rows: Sequence[dict[str, Any]], first: int) -> None:
        """Count rows, of which the first has the number ``first``.

        Raises:
            UnsupportedValueError: The name of a column is no text, or there are too many columns.
        """
        seen = len(self._shapes)
        self._shapes.update(map(tuple, rows))
        if len(self._shapes) == seen:
            return
        for shape in islice(self._shapes, seen, None):
            self._pending += len(shape)
            if not {*map(type, shape)} <= {str}:
                raise _bad_column(rows, first)
        if self._pending > _PENDING_LIMIT:
            self.total()
        if len(self._columns) > _COLUMNS_LIMIT:
            problem = (
                f"there are more than {_COLUMNS_LIMIT} columns. Keep such keys in a dictionary in one column."
            )
            raise UnsupportedValueError(None, first, problem)

    def total(self) -> dict[str, int]:
        """Give the columns in the order in which they first appeared, with their counts."""
        for shape, count in self._shapes.items():
            for column in shape:
                self._columns[column] += count
        self._shapes.clear()
        self._pending = 0
        return dict(self._columns)


def _bad_column(rows: Sequence[dict[Any, Any]], first: int) -> UnsupportedValueError:
    column, number = next(
        (column, number) for number, row in enumerate(rows, first) for column in row if type(column) is not str
    )
    return UnsupportedValueError(column, number, "the name of a column has to be a str.")

"""Tables, their cells cut as short as it takes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

from airflow_artifacts.plugin.previews.cells import CELL, cell_text, cut, joined_types, value_types

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

ROWS = COLUMNS = 100
_NAME = 300  # characters, of a column's name
_TYPE = 120
_ANSWER_BYTES = 600 * 1024


class Totals(NamedTuple):
    """How many columns and rows a file has, where that is known, and a sentence on what is left out."""

    columns: int
    rows: int | None
    note: str | None = None


def make_table(
    table_format: str, columns: Sequence[tuple[str, str]], rows: Sequence[Sequence[str | None]], totals: Totals
) -> dict[str, Any]:
    """Give the preview of a table, its cells cut as short as it takes for the answer not to be too large.

    Args:
        table_format: The format of the file.
        columns: Name and type of the first columns.
        rows: The first rows, with a cell for each of those columns.
        totals: How many there are.
    """
    table: dict[str, Any] = {
        "type": "table",
        "format": table_format,
        "columns": [{"name": cut(name, _NAME), "type": cut(kind, _TYPE)} for name, kind in columns],
        "total_columns": totals.columns,
        "rows": _cut_cells(rows, CELL),
        "total_rows": totals.rows,
        "note": totals.note,
    }
    limit = CELL
    while limit > 1 and len(json.dumps(table, ensure_ascii=False).encode()) > _ANSWER_BYTES:
        limit //= 2
        table["rows"] = _cut_cells(rows, limit)
    return table


def objects_table(
    table_format: str, rows: Sequence[dict[str, Any]], names: Sequence[str], totals: Totals
) -> dict[str, Any]:
    """Give the preview of rows that are dictionaries, of which the first of the named columns are shown."""
    shown = names[:COLUMNS]
    columns = [(name, joined_types(value_types(row.get(name) for row in rows))) for name in shown]
    return make_table(
        table_format, columns, [[cell_text(row.get(name)) for name in shown] for row in rows], totals
    )


def union_of_keys(rows: Iterable[dict[str, Any]]) -> list[str]:
    """Give the keys of rows, in the order in which they appear."""
    return list(dict.fromkeys(key for row in rows for key in row))


def _cut_cells(rows: Sequence[Sequence[str | None]], limit: int) -> list[list[str | None]]:
    return [[None if cell is None else cut(cell, limit) for cell in row] for row in rows]

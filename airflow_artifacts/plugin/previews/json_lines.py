"""The first rows of files of JSON Lines."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from airflow_artifacts.plugin.previews.csv_files import TABLE_BYTES
from airflow_artifacts.plugin.previews.tables import ROWS, Totals, objects_table, union_of_keys
from airflow_artifacts.plugin.previews.texts import read_text

if TYPE_CHECKING:
    from airflow_artifacts.plugin.previews.reading import BudgetReader


def preview_json_lines(reader: BudgetReader) -> dict[str, Any] | None:
    """Show the first objects of a file that has one on each line; None where a line is something else.

    Raises:
        StorageError: The store failed.
    """
    found = read_text(reader, TABLE_BYTES)
    if found is None:
        return None
    lines = found.text.split("\n")
    if found.is_cut:
        lines.pop()
    lines = [line for line in lines if line.strip()]
    rows = [_object(line) for line in lines[:ROWS]]
    objects = [row for row in rows if row is not None]
    if not objects or len(objects) < len(rows):
        return None
    names = union_of_keys(objects)
    return objects_table("jsonl", objects, names, Totals(len(names), None if found.is_cut else len(lines)))


def _object(line: str) -> dict[str, Any] | None:
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None

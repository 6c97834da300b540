"""Renaming columns on the way into a step and out of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

# A column that a mapping hides from a step travels along in its row under a name that no column of a user has,
# so that it comes out with the row it came in with, however many rows the step drops, adds or reorders.
_HIDDEN = "\x00"


def map_inputs(rows: list[dict[str, Any]], mappings: Mapping[str, str]) -> list[dict[str, Any]]:
    """Give rows the column names that a step asks for.

    Args:
        rows: The rows.
        mappings: Column that the step asks for, to the column that the rows have.
    """
    if not mappings:
        return rows
    asked = {column: name for name, column in mappings.items()}
    return [_rename(row, asked, mappings) for row in rows]


def _rename(row: dict[str, Any], asked: dict[str, str], mappings: Mapping[str, str]) -> dict[str, Any]:
    renamed = {}
    for column, value in row.items():
        if column in asked:
            renamed[asked[column]] = value
        elif column in mappings and mappings[column] in row:
            renamed[f"{_HIDDEN}{column}"] = value
        else:
            renamed[column] = value
    return renamed


def map_outputs(
    rows: list[dict[str, Any]], inputs: Mapping[str, str], outputs: Mapping[str, str]
) -> list[dict[str, Any]]:
    """Give rows that a step made the names that they have outside of it.

    Args:
        rows: The rows.
        inputs: The step's input mappings, which are undone.
        outputs: Column that the step makes, to the column that the rows get.
    """
    if not inputs and not outputs:
        return rows
    names = {**inputs, **outputs}
    return [_restore(row, names, outputs) for row in rows]


def _restore(row: dict[str, Any], names: Mapping[str, str], outputs: Mapping[str, str]) -> dict[str, Any]:
    made = {names.get(column, column): value for column, value in row.items() if not column.startswith(_HIDDEN)}
    for column, value in row.items():
        if column.startswith(_HIDDEN):
            made.setdefault(column.removeprefix(_HIDDEN), value)
        elif column in outputs:
            made[outputs[column]] = value  # what the step made wins over a column that had the name before
    return made

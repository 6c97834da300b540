"""Renaming columns on the way into a step and out of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

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
    asked: dict[str, list[str]] = {}
    for name, column in mappings.items():
        asked.setdefault(column, []).append(name)
    return [dict(_asked_items(row, asked, mappings)) for row in rows]


def _asked_items(
    row: dict[str, Any], asked: Mapping[str, list[str]], mappings: Mapping[str, str]
) -> Iterator[tuple[str, Any]]:
    for column, value in row.items():
        if column in asked:
            for name in asked[column]:
                yield name, value
        elif column in mappings:
            yield f"{_HIDDEN}{column}", value
        else:
            yield column, value


def map_outputs(
    rows: list[dict[str, Any]], inputs: Mapping[str, str], outputs: Mapping[str, str]
) -> list[dict[str, Any]]:
    """Give rows that a step made the names that they have outside of it.

    Where two columns get one name, the one of an output mapping wins over one that the step made or left under
    that name, and that one over a column that only gets its old name back.

    Args:
        rows: The rows.
        inputs: The step's input mappings, which are undone.
        outputs: Column that the step makes, to the column that the rows get.
    """
    if not inputs and not outputs:
        return rows
    return [_restore(row, {**inputs, **outputs}, outputs) for row in rows]


def _restore(row: dict[str, Any], names: Mapping[str, str], outputs: Mapping[str, str]) -> dict[str, Any]:
    made: dict[str, Any] = {}
    strengths: dict[str, int] = {}
    for column, value in row.items():
        if isinstance(column, str) and column.startswith(_HIDDEN):
            name, strength = column.removeprefix(_HIDDEN), 0
        else:
            name, strength = names.get(column, column), 1 if column in names else 2
        strength = 3 if column in outputs else strength
        if strength >= strengths.get(name, 0):
            made[name], strengths[name] = value, strength
    return made

"""The first rows of CSV files."""

from __future__ import annotations

import csv
import io
from collections import Counter
from itertools import chain, islice
from typing import TYPE_CHECKING, Any

from airflow_artifacts.plugin.previews.tables import COLUMNS, ROWS, Totals, make_table
from airflow_artifacts.plugin.previews.texts import read_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from airflow_artifacts.plugin.previews.reading import BudgetReader

TABLE_BYTES = 512 * 1024
_SAMPLE, _SAMPLE_ROWS = 16 * 1024, 20  # characters and rows that tell the delimiter
_DELIMITERS = "\t;|,"  # the rarer in texts come first: numbers have commas too


def preview_csv(reader: BudgetReader, table_format: str) -> dict[str, Any] | None:
    """Show the first rows of a file of comma-separated values, the first of which has the names of the columns.

    Args:
        reader: The file.
        table_format: csv, or tsv with its tabs.

    Returns:
        The table, None where the file is something else.

    Raises:
        StorageError: The store failed.
    """
    found = read_text(reader, TABLE_BYTES)
    if found is None:
        return None
    text = found.text
    if found.is_cut and "\n" in text:
        text = text[: text.rindex("\n") + 1]
    try:
        records = _records(text, "\t" if table_format == "tsv" else _delimiter(text))
        header, rows = next(records), list(islice(records, ROWS))
        more = sum(1 for _ in records)
    except (csv.Error, StopIteration):
        return None
    total_columns = max(map(len, chain([header], rows)))
    width = min(total_columns, COLUMNS)
    return make_table(
        table_format,
        [(name, "text") for name in _padded(header, width, "")],
        [_padded(row, width, None) for row in rows],
        Totals(total_columns, None if found.is_cut else len(rows) + more),
    )


def _records(text: str, delimiter: str) -> Iterator[list[str]]:
    """Read records, without the empty ones that blank lines are."""
    if csv.field_size_limit() <= len(text):  # of the process: it is raised, so that nobody has it lowered
        csv.field_size_limit(TABLE_BYTES + 1)
    return filter(None, csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))


def _delimiter(text: str) -> str:
    """Find out what gives the first rows the same number of columns; csv.Sniffer may take minutes for that."""
    best, delimiter = 0.0, ","
    for candidate in _DELIMITERS:
        widths = [len(row) for row in islice(_records(text[:_SAMPLE], candidate), _SAMPLE_ROWS)]
        if len(text) > _SAMPLE and 1 < len(widths) < _SAMPLE_ROWS:
            del widths[-1]  # which the sample cuts
        width, times = Counter(widths).most_common(1)[0] if widths else (0, 0)
        if width > 1 and times / len(widths) > best:
            best, delimiter = times / len(widths), candidate
    return delimiter


def _padded(row: list[str], width: int, filler: Any) -> list[Any]:
    return [*row[:width], *[filler] * (width - len(row))]

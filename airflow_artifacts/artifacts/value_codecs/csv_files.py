"""Tables as CSV: texts in quotes, everything else without, so that a text of digits stays one."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from airflow_artifacts.exceptions import ArtifactError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import pyarrow as pa

_CELL = re.compile(r'("[^"]*(?:""[^"]*)*"|[^",\r\n]*)(,|\r?\n|\r|\Z)')  # RFC 4180
_NO_CSV = ("binary", "duration", "list", "struct", "map")


def write_csv(name: str, table: pa.Table, path: Path) -> None:
    """Write a table as CSV in UTF-8.

    Raises:
        ArtifactError: A column holds what CSV has no text for.
    """
    import pyarrow as pa
    import pyarrow.csv as pa_csv

    for field in table.schema:
        if any(kind in str(field.type) for kind in _NO_CSV):
            raise ArtifactError(
                name,
                f"CSV cannot hold the column {field.name!r} of {field.type}. Use .parquet, or make texts of it.",
            )
    try:
        pa_csv.write_csv(_without_dictionaries(table), path)
    except pa.ArrowException as error:
        raise ArtifactError(name, f"CSV cannot hold the table: {error}. Use .parquet.") from error


def read_csv(path: Path) -> pa.Table:
    """Read CSV in UTF-8: what is quoted is text, an empty cell is missing, other types are guessed.

    Raises:
        ValueError: It is no CSV.
    """
    import pyarrow as pa
    import pyarrow.csv as pa_csv

    names, texts = _scan(path.read_text("utf-8-sig", errors="replace"))
    converting = pa_csv.ConvertOptions(
        column_types=dict.fromkeys(texts, pa.string()), strings_can_be_null=True, quoted_strings_can_be_null=False
    )
    # An empty line is a missing value where there is one column.
    parsing = pa_csv.ParseOptions(newlines_in_values=True, ignore_empty_lines=len(names) > 1)
    return pa_csv.read_csv(path, parse_options=parsing, convert_options=converting)


def _scan(text: str) -> tuple[list[str], list[str]]:
    """Give the names of all columns, and of those whose first value is in quotes."""
    rows = _rows(text)
    names = [cell[1:-1].replace('""', '"') if cell.startswith('"') else cell for cell in next(rows, [])]
    unknown, texts = dict(enumerate(names)), []
    for row in rows:
        for index, cell in enumerate(row):
            if cell and index in unknown:
                name = unknown.pop(index)
                if cell.startswith('"'):
                    texts.append(name)
        if not unknown:
            break
    return names, texts


def _rows(text: str) -> Iterator[list[str]]:
    """Yield rows of cells, quotes included, as far as the text is CSV; pyarrow says where it is none."""
    row: list[str] = []
    position = 0
    while position < len(text) and (match := _CELL.match(text, position)):
        row.append(match[1])
        position = match.end()
        if match[2] != ",":
            yield row
            row = []


def _without_dictionaries(table: pa.Table) -> pa.Table:
    """Give a table whose categories are written out."""
    import pyarrow as pa

    kinds = [field.type.value_type if pa.types.is_dictionary(field.type) else field.type for field in table.schema]
    return table.cast(pa.schema(list(zip(table.column_names, kinds, strict=True))))

"""The first pass over the rows of a subset: count, schema, sizes."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain, islice
from typing import TYPE_CHECKING, Any

from airflow_artifacts.distiset.arrow_types import arrow_type
from airflow_artifacts.distiset.columns import Column
from airflow_artifacts.distiset.observing import observe
from airflow_artifacts.exceptions import DistisetError, EmptySubsetError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import pyarrow as pa

    from airflow_artifacts.distiset.model import Progress, RowsSource, Subset

BATCH_ROWS = 1000
BATCH_BYTES = 32 * 1024**2
_SAMPLE = 10


@dataclass(frozen=True)
class Survey:
    """What the first pass found out about a subset.

    Attributes:
        subset: The subset.
        rows: Number of its rows.
        size: Estimated size of them in bytes.
        batch_rows: How many rows the second pass should hold at a time.
        schema: The Arrow schema that holds every row.
        converted: Columns whose values pyarrow cannot take as they are.
        example: The first row.
    """

    subset: str
    rows: int
    size: int
    batch_rows: int
    schema: pa.Schema
    converted: frozenset[str]
    example: Mapping[str, Any]


def batches_of(rows: RowsSource, size: int) -> Iterator[list[dict[str, Any]]]:
    """Give rows in lists of exactly ``size``, the last one shorter, however the source cuts them.

    The files that are written depend on the cuts, and the same rows have to give the same files.
    """
    stream = chain.from_iterable(rows.batches(size))
    while batch := list(islice(stream, size)):
        yield batch


def survey(subset: Subset, on_progress: Progress | None) -> Survey:
    """Read all rows once and find the schema that holds them.

    Raises:
        EmptySubsetError: There are no rows.
        SchemaError: A column holds types that do not fit together.
        DistisetError: The rows have no columns.
    """
    import pyarrow as pa

    root = Column(subset.name, "")
    example: dict[str, Any] | None = None
    rows = largest = size = 0
    batch_rows = _suitable_rows(subset)
    for batch in batches_of(subset.rows, batch_rows):
        example = batch[0] if example is None else example
        _check_rows(subset.name, batch, rows)
        observe(root, batch, lambda index, first=rows: first + index)  # type: ignore[misc]
        rows += len(batch)
        before, size = size, sum(column.size for column in root.with_all_below())
        largest = max(largest, size - before)
        if on_progress:
            on_progress("schema", subset.name, rows, len(subset.rows))
    if example is None:
        raise EmptySubsetError(subset.name)
    if not root.fields:
        raise DistisetError(
            f"Subset {subset.name!r} has {rows} rows, but none of them has a column. Look at the tasks before."
        )
    fields = [pa.field(name, arrow_type(column)) for name, column in root.fields.items()]
    return Survey(
        subset=subset.name,
        rows=rows,
        size=size,
        batch_rows=_fitting_rows(batch_rows, largest),
        schema=pa.schema(fields),
        converted=frozenset(name for name, column in root.fields.items() if _is_converted(column)),
        example=example,
    )


def _suitable_rows(subset: Subset) -> int:
    """Give the number of rows for a batch, from the size of the first few."""
    first = list(islice(batches_of(subset.rows, _SAMPLE), 1))
    if not first:
        return BATCH_ROWS
    column = Column(subset.name, "")
    _check_rows(subset.name, first[0], 0)
    observe(column, first[0], lambda index: index)
    size = sum(below.size for below in column.with_all_below())
    return min(BATCH_ROWS, BATCH_BYTES * len(first[0]) // max(size, 1) + 1)


def _fitting_rows(rows: int, size: int) -> int:
    """Scale a number of rows that took ``size`` bytes to what fits into a batch."""
    return max(1, min(rows, rows * BATCH_BYTES // max(size, 1)))


def _check_rows(subset: str, batch: list[dict[str, Any]], first: int) -> None:
    for index, row in enumerate(batch):
        if not isinstance(row, dict):
            raise DistisetError(
                f"Row {first + index} of subset {subset!r} is a {type(row).__name__}, but has to be a dictionary."
            )


def _is_converted(column: Column) -> bool:
    return any(below.converted for below in column.with_all_below())

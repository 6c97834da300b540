"""Rows of Parquet files, a few at a time."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

from airflow_artifacts.exceptions import SourceFileError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import pyarrow as pa
    import pyarrow.parquet as pq

    from airflow_artifacts.steps.file_search import Rows, SourceFile

_BATCH_ROWS = 1000
_BATCH_BYTES = 8 * 1024 * 1024
_BUFFER_BYTES = 1024 * 1024


def iter_parquet(file: SourceFile, start: int, columns: Sequence[str] | None) -> Rows:
    """Give the rows of a Parquet file from number ``start`` on, and return how many more to leave out.

    Row groups before ``start`` are not read, nor are columns that are not asked for.

    Raises:
        SourceFileError: A column is not there, or its values cannot be kept; or the file is damaged.
        StorageError: The file could not be read.
    """
    import pyarrow.parquet as pq

    with file.open() as raw, _damage(file):
        # With a buffer, a column of a row group is read bit by bit and not as a whole.
        source = pq.ParquetFile(raw, buffer_size=_BUFFER_BYTES, pre_buffer=False)
        names = _check_columns(file, source.schema_arrow, columns)
        for group in range(source.num_row_groups):
            rows = source.metadata.row_group(group).num_rows
            if start < rows:
                yield from _group_rows(file, source, group, start, names)
            start = max(0, start - rows)
        return start


def _group_rows(
    file: SourceFile, source: pq.ParquetFile, group: int, start: int, names: list[str]
) -> Iterator[dict[str, Any]]:
    metadata = source.metadata.row_group(group)
    size = max(1, min(_BATCH_ROWS, _BATCH_BYTES * metadata.num_rows // (metadata.total_byte_size + 1)))
    for batch in source.iter_batches(size, row_groups=[group], columns=names, use_threads=False):
        if start < batch.num_rows:
            yield from _plain(file, batch.slice(start).select(names)).to_pylist()
        start = max(0, start - batch.num_rows)


def _check_columns(file: SourceFile, schema: pa.Schema, columns: Sequence[str] | None) -> list[str]:
    names = list(schema.names)
    for name in columns or names:
        if name not in names:
            raise SourceFileError(file.url, f"it has no column {name!r}, but {', '.join(map(repr, names))}.")
        if names.count(name) > 1:
            raise SourceFileError(file.url, f"it has the column {name!r} more than once.")
    return names if columns is None else list(columns)


def _plain(file: SourceFile, batch: pa.RecordBatch) -> pa.RecordBatch:
    """Give times in nanoseconds as microseconds, which is what the types of Python's datetime hold."""
    import pyarrow as pa

    fields = [field.with_type(_in_microseconds(field.type)) for field in batch.schema]
    schema = pa.schema(fields)
    if schema.equals(batch.schema):
        return batch
    try:
        return batch.cast(schema)
    except pa.ArrowInvalid as error:
        problem = f"a time has nanoseconds, which a row cannot keep ({error}). Leave the column out with columns=."
        raise SourceFileError(file.url, problem) from error


def _in_microseconds(kind: pa.DataType) -> pa.DataType:
    import pyarrow as pa

    if pa.types.is_timestamp(kind) and kind.unit == "ns":
        return pa.timestamp("us", kind.tz)
    if pa.types.is_time64(kind):
        return pa.time64("us")
    if pa.types.is_duration(kind) and kind.unit == "ns":
        return pa.duration("us")
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        make = pa.list_ if pa.types.is_list(kind) else pa.large_list
        return make(kind.value_field.with_type(_in_microseconds(kind.value_type)))
    if pa.types.is_struct(kind):
        fields = [kind.field(index) for index in range(kind.num_fields)]
        return pa.struct([field.with_type(_in_microseconds(field.type)) for field in fields])
    return kind


@contextlib.contextmanager
def _damage(file: SourceFile) -> Iterator[None]:
    import pyarrow as pa

    try:
        yield
    except pa.ArrowException as error:
        raise SourceFileError(file.url, f"it is no Parquet file, or damaged: {error}.") from error
    except OSError as error:
        # Arrow has no class of its own for what it finds while it decodes.
        if type(error) is OSError and error.errno is None:
            raise SourceFileError(file.url, f"it is damaged: {error}.") from error
        raise

"""The first rows of Parquet files, column by column, as many as a preview may read."""

from __future__ import annotations

import struct
from itertools import accumulate
from typing import TYPE_CHECKING, Any

from airflow_artifacts.plugin.previews.arrow_cells import array_cells
from airflow_artifacts.plugin.previews.parquet_pages import BATCH_ROWS, Chunk, PageChecks, is_deep
from airflow_artifacts.plugin.previews.reading import BudgetExceeded
from airflow_artifacts.plugin.previews.tables import COLUMNS, ROWS, Totals, make_table

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pyarrow.parquet as pq

    from airflow_artifacts.plugin.previews.reading import BudgetReader

_MAGIC = b"PAR1"
_ENCRYPTED = b"PARE"
_END = struct.Struct("<I4s")  # length of the footer, magic: https://parquet.apache.org/docs/file-format/
_FOOTER_BYTES = 1_500_000
_FOOTER_ITEMS = 50_000  # of a list: pyarrow makes room for all before it looks at the first
_TAIL_BYTES = 64 * 1024  # what pyarrow reads of the end, whatever the footer's length
# Logical types of what pyarrow can leave in a dictionary.
_KEPT = frozenset({"NONE", "STRING", "JSON", "BSON", "ENUM"})
_BUFFER_BYTES = 16 * 1024  # with a buffer, a column is read page by page


def preview_parquet(reader: BudgetReader) -> dict[str, Any]:
    """Show the first rows, read page by page, the smallest columns first.

    Raises:
        BudgetExceeded: The schema has too many values.
        StorageError: The store failed.
    """
    import pyarrow as pa

    reason = _check_footer(reader)
    if reason:
        return {"type": "none", "reason": reason}
    try:
        return _table(reader)
    except (pa.ArrowException, ValueError) as error:
        return _damaged(error)
    except OSError as error:
        # Arrow has no class of its own for what it finds while it decodes.
        if type(error) is OSError and error.errno is None:
            return _damaged(error)
        raise


def _damaged(error: Exception) -> dict[str, Any]:
    return {"type": "none", "reason": f"The file is damaged, or uses what is not supported: {str(error)[:200]}"}


def _check_footer(reader: BudgetReader) -> str | None:
    """Say why the footer cannot be read, or keep it and what pyarrow reads with it."""
    end = reader.fetch(max(0, reader.size - _TAIL_BYTES), reader.size)[-_END.size :]
    length, magic = _END.unpack(end) if len(end) == _END.size else (0, b"")
    if magic == _ENCRYPTED:
        return "The file is encrypted."
    if magic != _MAGIC:
        return "The file is damaged, or is no Parquet file: it does not end like one."
    if length > _FOOTER_BYTES:
        return f"Its footer, which describes its columns, has {length:,} bytes, too many for a preview."
    footer = reader.fetch(max(0, reader.size - _END.size - length), reader.size - _END.size)
    try:
        return "Its columns are nested too deep for a preview." if is_deep(footer) else None
    except ValueError as error:
        return f"The file is damaged, or is no Parquet file: {error}."


def _table(reader: BudgetReader) -> dict[str, Any]:
    import pyarrow.parquet as pq

    options = {
        "buffer_size": _BUFFER_BYTES,
        "pre_buffer": False,
        "thrift_container_size_limit": _FOOTER_ITEMS,
    }
    source = pq.ParquetFile(reader, **options)
    schema, metadata = source.schema_arrow, source.metadata
    fields = [schema.field(index) for index in range(min(len(schema), COLUMNS))]
    count = min(ROWS, metadata.num_rows)
    groups = _first_groups(source, count)
    chunks = _chunks(source, groups, [field.name for field in fields])
    # Thousands of values may be one large text: where it can, it stays in its dictionary.
    kept = {chunk.leaf for found in chunks.values() for chunk in found if chunk.keeps_dictionary}
    source = pq.ParquetFile(reader, metadata=metadata, read_dictionary=sorted(kept), **options)
    columns: dict[int, list[str | None]] = {}
    pages = PageChecks(reader)
    for index in sorted(range(len(fields)), key=lambda index: sum(one.size for one in chunks[fields[index].name])):
        try:
            pages.check(chunks[fields[index].name], count)
            columns[index] = _column(source, groups, fields, index, count)
        except BudgetExceeded:
            continue
    empty: list[str | None] = [None] * count
    cells = [columns.get(index, empty) for index in range(len(fields))]
    return make_table(
        "parquet",
        [(field.name, str(field.type)) for field in fields],
        [list(row) for row in zip(*cells, strict=True)],
        Totals(len(schema), metadata.num_rows, _note(len(fields) - len(columns))),
    )


def _first_groups(source: pq.ParquetFile, count: int) -> list[int]:
    """List the row groups that have the first rows."""
    groups: list[int] = []
    for group in range(source.num_row_groups):
        if count <= 0:
            break
        rows = source.metadata.row_group(group).num_rows
        if rows:
            groups.append(group)
        count -= rows
    return groups


def _chunks(source: pq.ParquetFile, groups: Sequence[int], names: Sequence[str]) -> dict[str, list[Chunk]]:
    """List what is read for each name of a column."""
    chunks: dict[str, list[Chunk]] = {name: [] for name in names}
    metadata = source.metadata
    for leaf in range(metadata.num_columns):
        column = source.schema.column(leaf)
        # A nested column has several leaves. pyarrow reads all whose path begins with the name.
        beginnings = accumulate(column.path.split("."), "{}.{}".format)
        for name in {name for name in beginnings if name in chunks}:
            found = [_chunk(metadata.row_group(group), leaf, column) for group in groups]
            keeps_dictionary = all(chunk.keeps_dictionary for chunk in found)
            chunks[name] += [chunk._replace(keeps_dictionary=keeps_dictionary) for chunk in found]
    return chunks


def _chunk(group: pq.RowGroupMetaData, leaf: int, schema: pq.ColumnSchema) -> Chunk:
    column = group.column(leaf)
    start = column.data_page_offset
    if column.has_dictionary_page and column.dictionary_page_offset is not None:
        start = min(start, column.dictionary_page_offset)
    is_text = schema.physical_type == "BYTE_ARRAY"
    keeps_dictionary = is_text and schema.logical_type.type in _KEPT and "DELTA_BYTE_ARRAY" not in column.encodings
    return Chunk(
        leaf,
        start,
        column.total_compressed_size,
        column.num_values,
        group.num_rows,
        is_nested=schema.max_repetition_level > 0,
        width=max(0, schema.length or 0),
        is_text=is_text,
        keeps_dictionary=keeps_dictionary,
    )


def _column(
    source: pq.ParquetFile, groups: list[int], fields: Sequence[Any], index: int, count: int
) -> list[str | None]:
    name = fields[index].name
    which = sum(field.name == name for field in fields[:index])  # of several columns that have the name
    cells: list[str | None] = []
    for group in groups:  # one by one: of nested columns, pyarrow does not join the dictionaries of several
        for batch in source.iter_batches(BATCH_ROWS, row_groups=[group], columns=[name], use_threads=False):
            found = batch.schema.get_all_field_indices(name)
            cells += array_cells(batch.column(found[which]))
            if len(cells) >= count:
                return cells[:count]
    return [*cells, *[None] * (count - len(cells))]


def _note(left_out: int) -> str | None:
    if not left_out:
        return None
    what = "column is" if left_out == 1 else "columns are"
    return f"{left_out} {what} left out: too large to be read in part."

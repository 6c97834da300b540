"""The second pass over the rows of a subset: Parquet files, one row group at a time.

The same rows give the same bytes. Files are cut into pages by content, so that a later version that shares rows
with this one shares bytes with it, and carry a page index, so that a reader can skip to rows.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from airflow_artifacts.distiset.conversion import to_table
from airflow_artifacts.distiset.manifest import SavedSplit, SavedSubset, schema_text
from airflow_artifacts.distiset.splits import assign, split_sizes
from airflow_artifacts.distiset.survey import batches_of
from airflow_artifacts.exceptions import DistisetError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import pyarrow as pa
    from pyarrow import parquet

    from airflow_artifacts.distiset.building import Options
    from airflow_artifacts.distiset.model import Subset
    from airflow_artifacts.distiset.survey import Survey

    Keep = Callable[[str], None]

_GROUP_BYTES = 64 * 1024**2
_GROUP_ROWS = 100_000


@dataclass
class SplitWriter:
    """Writes the shards of one split.

    Attributes:
        folder: The local folder below which files are made.
        prefix: Path of the files below it, up to the number: ``<subset>/<split>``, or ``<subset>/<split>-<part>``.
        schema: Schema of the rows.
        rows: Number of rows that will come.
        shards: Number of files that they go into.
        keep: Called with the path of each file that is complete.
        files: Paths of the files.
        size: Size of the rows as Arrow tables.
    """

    folder: Path
    prefix: str
    schema: pa.Schema
    rows: int
    shards: int
    keep: Keep
    files: list[str] = field(default_factory=list)
    size: int = 0
    _written: int = 0
    _held: int = 0
    _pending: list[pa.Table] = field(default_factory=list)
    _writer: parquet.ParquetWriter | None = None

    def write(self, table: pa.Table) -> None:
        """Write rows, into the next shards where one is full."""
        self.size += table.nbytes
        while table.num_rows:
            end = (max(len(self.files), 1) * self.rows) // self.shards
            if self._written == end or self._writer is None:
                self._next_shard()
                continue
            part = table.slice(0, end - self._written)
            self._pending.append(part)
            self._written += part.num_rows
            table = table.slice(part.num_rows)
            self._held += part.nbytes
            if self._held >= _GROUP_BYTES or sum(map(len, self._pending)) >= _GROUP_ROWS:
                self._write_group()

    def close(self) -> None:
        """Finish the last file."""
        if self._writer is not None:
            self._write_group()
            self._writer.close()
            self._writer = None
            self.keep(self.files[-1])

    def abandon(self) -> None:
        """Close the last file as it is, after an error."""
        if self._writer is not None:
            self._writer.close()
            self._writer = None

    def _next_shard(self) -> None:
        from pyarrow import parquet

        self.close()
        self.files.append(f"{self.prefix}-{len(self.files):05d}-of-{self.shards:05d}.parquet")
        path = self.folder / self.files[-1]
        path.parent.mkdir(parents=True, exist_ok=True)
        self._writer = parquet.ParquetWriter(
            path, self.schema, compression="zstd", use_content_defined_chunking=True, write_page_index=True
        )

    def _write_group(self) -> None:
        import pyarrow as pa

        if self._pending and self._writer is not None:  # nothing is pending where a group was just written
            group = pa.concat_tables(self._pending)
            self._pending.clear()
            self._held = 0
            self._writer.write_table(group, row_group_size=group.num_rows)


def write_shards(subset: Subset, survey: Survey, folder: Path, options: Options, keep: Keep) -> SavedSubset:
    """Write the rows of a subset below a local folder.

    Args:
        subset: The rows.
        survey: What the first pass found.
        folder: Where the files are made, as ``<subset>/<split>-00000-of-00001.parquet``.
        options: Splits, seed and size of a shard.
        keep: Called with the path of each file that is complete.

    Raises:
        DistisetError: A value cannot be written, or the rows are not those of the first pass.
    """
    sizes = split_sizes(subset.name, survey.rows, options.train_size)
    writers = {
        split: SplitWriter(
            folder=folder,
            prefix=f"{subset.name}/{split}-{options.part}" if options.part else f"{subset.name}/{split}",
            schema=survey.schema,
            rows=rows,
            shards=_shards(survey.size * rows // survey.rows, rows, options.shard_bytes),
            keep=keep,
        )
        for split, rows in sizes.items()
    }
    try:
        _write_rows(subset, survey, writers, options)
        for writer in writers.values():
            writer.close()
    finally:
        for writer in writers.values():
            writer.abandon()
    parts = [
        SavedSplit(name, writer.rows, writer.size, tuple(writer.files), options.part)
        for name, writer in writers.items()
    ]
    return SavedSubset(subset.name, schema_text(survey.schema), tuple(parts))


def _shards(size: int, rows: int, shard_bytes: int) -> int:
    return max(1, min(rows, -(-size // shard_bytes)))


def _write_rows(subset: Subset, survey: Survey, writers: dict[str, SplitWriter], options: Options) -> None:
    splits = assign({name: writer.rows for name, writer in writers.items()}, options.seed)
    done = 0
    for batch in batches_of(subset.rows, survey.batch_rows):
        if done + len(batch) > survey.rows:
            done += len(batch)
            break
        table = to_table(survey, batch, done)
        chosen = [next(splits) for _ in batch]
        for name, writer in writers.items():
            writer.write(table if len(writers) == 1 else table.filter([split == name for split in chosen]))
        done += len(batch)
        if options.on_progress:
            options.on_progress("shards", subset.name, done, survey.rows)
    if done != survey.rows:
        raise DistisetError(
            f"Subset {subset.name!r} had {survey.rows} rows when its schema was found and has another number now, "
            "so nothing was saved. Let the rows stay as they are while they are saved."
        )

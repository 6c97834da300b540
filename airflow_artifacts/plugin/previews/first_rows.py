"""The first rows of an attempt."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, BinaryIO, cast

from airflow_artifacts.exceptions import DamagedObjectError
from airflow_artifacts.plugin.previews.cells import cell_text, joined_types, value_types
from airflow_artifacts.plugin.previews.reading import BUDGET, BudgetExceeded, BudgetReader
from airflow_artifacts.plugin.previews.tables import COLUMNS, Totals, make_table
from airflow_artifacts.rows import load_manifest
from airflow_artifacts.rows.parts import iter_file_frames

if TYPE_CHECKING:
    from airflow_artifacts.rows import Manifest
    from airflow_artifacts.rows.parts import Frame
    from airflow_artifacts.storage import ObjectStore

_ROWS = 50
# Of all frames, after decompression. Dictionaries in one another take 92 times the memory that their bytes do.
_UNPACKED_BYTES = 3 * 512 * 1024
_TOO_LARGE = "Rows that follow are left out: too large to be read in part."
# Tuples, sets and pairs of 64 KiB and more: extension types, whose content is copied to be decoded, at each level.
_LARGE_COLLECTION = re.compile(rb"(?=\xc9\0(...)[\x0a-\x0d])", re.DOTALL)
_COPIED_BYTES = 8 * 1024 * 1024


def preview_rows(store: ObjectStore, prefix: str) -> dict[str, Any]:
    """Show the first rows of an attempt, of which only the first frames are read.

    What is read is not compared with its SHA-256, which is that of a whole part.

    Args:
        store: Where the rows are.
        prefix: Key of the attempt's folder.

    Returns:
        JSON of the type ``TablePreview`` in ``ui/src/api.ts``.

    Raises:
        ObjectNotFoundError: There is no manifest, or no part.
        DamagedObjectError: One of them is not what was written.
        StorageError: The store failed.
    """
    manifest = load_manifest(store, prefix)
    table = _Table(list(manifest.columns)[:COLUMNS], min(_ROWS, manifest.rows))
    _read_parts(store, prefix, manifest, table)
    return make_table(
        "rows",
        [(name, joined_types(types)) for name, types in table.types.items()],
        table.rows,
        Totals(len(manifest.columns), manifest.rows, _TOO_LARGE if table.wanted else None),
    )


class _Table:
    """Rows as texts: the values of a frame are not kept."""

    def __init__(self, names: list[str], wanted: int) -> None:
        self.types: dict[str, set[str]] = {name: set() for name in names}
        self.rows: list[list[str | None]] = []
        self.wanted = wanted

    def add(self, frame: Frame) -> None:
        """Add the rows of a frame that are still wanted.

        Raises:
            ValueError: It has something else.
        """
        try:
            rows = frame.decode()[: self.wanted]
            for name, types in self.types.items():
                types.update(value_types(row.get(name) for row in rows))
            self.rows += [[cell_text(row.get(name)) for name in self.types] for row in rows]
        except (TypeError, AttributeError, MemoryError) as error:
            raise ValueError(f"a frame has something else than rows ({error!r})") from error
        self.wanted -= len(rows)


def _read_parts(store: ObjectStore, prefix: str, manifest: Manifest, table: _Table) -> None:
    left, unpacked = BUDGET, _UNPACKED_BYTES
    for part in manifest.parts:
        if not table.wanted:
            break
        key = f"{prefix}/rows/{part.name}"
        wanted = table.wanted
        with BudgetReader(store, key, left) as reader:
            try:
                for frame in iter_file_frames(cast("BinaryIO", reader), limit=unpacked):
                    if _copied_bytes(frame.body) > _COPIED_BYTES:
                        break
                    table.add(frame)
                    unpacked -= len(frame.body)
                    if not table.wanted:
                        break
            except BudgetExceeded:
                break
            except ValueError as error:
                raise DamagedObjectError(store.url(key), str(error)) from error
            left = reader.left
        if wanted - table.wanted < max(1, part.rows):  # a part without rows is none that was written
            break


def _copied_bytes(body: bytes) -> int:
    """Say how much is copied at once to decode a frame."""
    lengths = ((found.end(1), int.from_bytes(found[1], "big")) for found in _LARGE_COLLECTION.finditer(body))
    # In random bytes there is now and then what looks like one: most of those would not fit in.
    return sum(length for at, length in lengths if at + length < len(body))

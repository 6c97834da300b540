"""What Parquet would have to be unpacked, found out before anything is: little can be read and much come of it.

Headers of pages and the footer: https://github.com/apache/parquet-format/blob/master/src/main/thrift/parquet.thrift
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from airflow_artifacts.plugin.previews.compact_thrift import decode_struct
from airflow_artifacts.plugin.previews.reading import BudgetExceeded

if TYPE_CHECKING:
    from airflow_artifacts.plugin.previews.reading import BudgetReader

BATCH_ROWS = 10  # which are decoded at once
_HEADER_BYTES = (512, 16 * 1024)  # as a rule, and where it has long statistics
_HEADERS = 2000  # of all columns: each takes a while to decode
_WINDOW = 64 * 1024  # read at once where pages are small
_PAGES_BYTES = 32 * 1024 * 1024  # of a column, after decompression
_DICTIONARY_BYTES = 8 * 1024 * 1024
_DECODED_BYTES = 16 * 1024 * 1024  # of values that are each as long as they can be
_NESTED_VALUES = 2_000_000
_LEVELS = 100
_PATHS_BYTES = 16_000_000
_PAGE_TYPE, _UNCOMPRESSED, _COMPRESSED, _DATA, _DICTIONARY, _DATA_2 = 1, 2, 3, 5, 7, 8  # fields of PageHeader
_SCHEMA, _NAME, _CHILDREN = 2, 4, 5  # fields of FileMetaData and SchemaElement
_DICTIONARY_PAGE = 2
_ENCODINGS = {_DATA: 2, _DATA_2: 4}  # the field of the header of data that has the encoding
_DELTA_BYTE_ARRAY = 7  # whose values repeat the beginning of the one before


class Chunk(NamedTuple):
    """The pages of a column in a row group.

    Attributes:
        leaf: The number of the column, those within others counted.
        start: Offset of the first one.
        size: Bytes of all.
        values: How many values they have, those of lists counted one by one.
        rows: How many rows they have.
        is_nested: Whether lists are in the column.
        width: Bytes of a value, where all have as many.
        is_text: Whether values are of any length.
        keeps_dictionary: Whether these stay in their dictionary when they are read.
    """

    leaf: int
    start: int
    size: int
    values: int
    rows: int
    is_nested: bool
    width: int
    is_text: bool
    keeps_dictionary: bool


class _Page(NamedTuple):
    is_dictionary: bool
    unpacked: int
    packed: int
    values: int
    is_delta: bool
    end: int


@dataclass(slots=True)
class _Group:
    """An element of a schema: how many of its children are to come, bytes and parts of its path."""

    left: int
    path: int
    parts: int


def is_deep(footer: bytes) -> bool:
    """Say whether a schema is nested so deep, or has names so long, that it should not be read.

    pyarrow keeps all beginnings of all paths, which names with dots have too: a few long names become gigabytes.

    Raises:
        BudgetExceeded: It has too many values.
        ValueError: It is no footer.
    """
    try:
        elements = decode_struct(footer, until=_SCHEMA).fields[_SCHEMA]
        open_groups: list[_Group] = []
        total = 0
        for element in elements:
            while open_groups and open_groups[-1].left == 0:
                open_groups.pop()
            path, parts = (0, 0) if not open_groups else (open_groups[-1].path, open_groups[-1].parts)
            if open_groups:
                open_groups[-1].left -= 1
            name = element.get(_NAME, b"")
            group = _Group(element.get(_CHILDREN, 0), path + len(name) + 1, parts + name.count(b".") + 1)
            open_groups.append(group)
            total += group.path * group.parts
            if group.parts > _LEVELS or total > _PATHS_BYTES:
                return True
    except (IndexError, KeyError, AttributeError, TypeError) as error:
        raise ValueError("it has no schema") from error
    return False


class PageChecks:
    """Looks at the headers of pages, of all columns of a preview together no more than a limit.

    Args:
        reader: The file.
    """

    def __init__(self, reader: BudgetReader) -> None:
        self._reader = reader
        self._headers_left = _HEADERS

    def check(self, chunks: list[Chunk], rows: int) -> None:
        """Look at the headers of the pages that have the first rows of a column.

        Raises:
            BudgetExceeded: They are too large, packed or unpacked, or too many.
            ValueError: They are damaged.
            StorageError: The store failed.
        """
        packed = unpacked = decoded = nested = 0
        for chunk in chunks:
            position, end = chunk.start, chunk.start + chunk.size
            # Of lists nobody knows how many values the first rows have; twice the average is the guess.
            wanted = chunk.values * min(rows, chunk.rows) // max(1, chunk.rows) * 2 if chunk.is_nested else rows
            seen, size, longest = -1, _WINDOW, chunk.width
            while position < end and seen < wanted:
                page = self._read(position, end, _WINDOW if size < _WINDOW else 0)
                unpacked += page.unpacked
                packed += page.packed
                is_heavy = page.is_dictionary and page.unpacked > _DICTIONARY_BYTES
                if unpacked > _PAGES_BYTES or is_heavy or packed > self._reader.left:
                    raise BudgetExceeded
                nested += page.values if chunk.is_nested else 0
                at_once = page.values if chunk.is_nested else min(page.values, BATCH_ROWS)
                if page.is_delta or (page.is_dictionary and chunk.is_text and not chunk.keeps_dictionary):
                    longest = max(longest, page.unpacked)  # which may be all one value
                decoded += at_once * longest
                if nested > _NESTED_VALUES or decoded > _DECODED_BYTES:
                    raise BudgetExceeded
                seen = max(seen, 0) + page.values
                position, size = page.end, page.end - position
            rows -= min(rows, chunk.rows)

    def _read(self, start: int, end: int, window: int) -> _Page:
        if self._headers_left == 0:
            raise BudgetExceeded
        self._headers_left -= 1
        for limit in _HEADER_BYTES:
            data = self._reader.fetch(start, min(end, start + limit), ahead=min(end, start + window))
            try:
                fields, length = decode_struct(data)
            except IndexError:
                continue
            sizes: list[Any] = [fields.get(number) for number in (_PAGE_TYPE, _UNCOMPRESSED, _COMPRESSED)]
            kind = _DATA if _DATA in fields else _DATA_2
            counts = fields.get(kind, {})
            values: Any = counts.get(1, 0) if isinstance(counts, dict) else None
            if not all(isinstance(size, int) and size >= 0 for size in [*sizes, values]):
                raise ValueError("a page has no size")
            is_delta = counts.get(_ENCODINGS[kind]) == _DELTA_BYTE_ARRAY
            end = start + length + sizes[2]
            return _Page(sizes[0] == _DICTIONARY_PAGE, sizes[1], sizes[2], values, is_delta, end)
        raise ValueError("the header of a page is damaged")

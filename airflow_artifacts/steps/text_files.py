"""Rows of text files: JSON Lines and CSV, line by line."""

from __future__ import annotations

import contextlib
import csv
import io
import json
from typing import TYPE_CHECKING, Any, cast

from airflow_artifacts.exceptions import SourceFileError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from airflow_artifacts.steps.file_search import Rows, SourceFile

_BUFFER_BYTES = 256 * 1024
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
# The module csv takes 128 KiB by default, less than a long text. The limit keeps a quote that is never closed
# from taking a whole file into memory.
_FIELD_LIMIT = 64 * 1024 * 1024
# By name, because a Python can be built without some of the modules. The first is the one of zlib.
_DAMAGE = {"error", "BadGzipFile", "LZMAError", "ZstdError", "EOFError"}
_BZ2_DAMAGE = ("Invalid data stream",)


def iter_jsonl(file: SourceFile, start: int, columns: Sequence[str] | None) -> Rows:
    """Give the objects of a file of JSON Lines from number ``start`` on, and return how many more to leave out.

    Raises:
        SourceFileError: A line is no JSON object, or lacks a column that is asked for; or the file is damaged.
        StorageError: The file could not be read.
    """
    with _lines(file) as (reader, lines):
        if reader.peek(64).removeprefix(_BYTE_ORDER_MARK).lstrip()[:1] == b"[":
            raise SourceFileError(
                file.url,
                "it holds one JSON array. JSON Lines are needed: one object per line, without brackets and commas "
                "around them. With jq: jq -c '.[]' <file>.",
            )
        for number, line in lines:
            if not line.strip():
                continue
            if start:
                start -= 1
                continue
            row = _json_object(file, number, line)
            yield row if columns is None else _chosen(file, number, row, columns)
    return start


def _json_object(file: SourceFile, number: int, line: str) -> dict[str, Any]:
    try:
        value = json.loads(line)
    except (ValueError, RecursionError) as error:
        problem = (
            f"it is not JSON ({error}). JSON Lines have one object per line, and the whole of it on that line."
        )
        raise SourceFileError(file.url, problem, line=number) from error
    if not isinstance(value, dict):
        kind = type(value).__name__
        raise SourceFileError(file.url, f"a row is a JSON object, but this is a {kind}.", line=number)
    return value


def _chosen(file: SourceFile, line: int, row: dict[str, Any], columns: Sequence[str]) -> dict[str, Any]:
    for column in columns:
        if column not in row:
            found = ", ".join(map(repr, row)) or "none"
            raise SourceFileError(file.url, f"there is no column {column!r}. Columns there: {found}.", line=line)
    return {column: row[column] for column in columns}


def iter_csv(file: SourceFile, start: int, columns: Sequence[str] | None, delimiter: str | None) -> Rows:
    """Give the records of a CSV file from number ``start`` on, and return how many more to leave out.

    Raises:
        SourceFileError: There is no header, a name is in it twice or one that is asked for is not, a record has
            another number of fields, or the file is damaged.
        StorageError: The file could not be read.
    """
    csv.field_size_limit(max(csv.field_size_limit(), _FIELD_LIMIT))
    delimiter = delimiter or ("\t" if file.extension == ".tsv" else ",")
    with _lines(file) as (_, lines):
        reader = csv.reader((line for _, line in lines), delimiter=delimiter, strict=True)
        try:
            header = _header(file, reader)
            chosen = _chosen(file, 1, dict.fromkeys(header), columns or header)
            for record in reader:
                if not record:  # an empty line
                    continue
                if start:
                    start -= 1
                    continue
                if len(record) != len(header):
                    problem = f"it has {len(record)} fields, but the header has {len(header)}."
                    raise SourceFileError(file.url, problem, line=reader.line_num)
                row = dict(zip(header, record, strict=True))
                yield {column: row[column] for column in chosen}
        except csv.Error as error:
            raise SourceFileError(file.url, f"it is not CSV: {error}.", line=reader.line_num) from error
    return start


def _header(file: SourceFile, reader: Iterator[list[str]]) -> list[str]:
    header = next((record for record in reader if record), None)
    if header is None:
        raise SourceFileError(file.url, "it has no header: a first line with the names of the columns.")
    for name in header:
        if header.count(name) > 1:
            raise SourceFileError(file.url, f"the header has the column {name!r} twice.", line=1)
    return header


@contextlib.contextmanager
def _lines(file: SourceFile) -> Iterator[tuple[io.BufferedReader[Any], Iterator[tuple[int, str]]]]:
    """Open a file as a reader of bytes, and numbered lines of text from the same place."""
    with file.open() as raw:
        # Not every file of fsspec reads lines, and those that do are slow at it.
        reader: io.BufferedReader[Any] = io.BufferedReader(cast("io.RawIOBase", raw), _BUFFER_BYTES)
        try:
            yield reader, _decoded(file, reader)
        except Exception as error:
            if type(error).__name__ in _DAMAGE or (type(error) is OSError and error.args == _BZ2_DAMAGE):
                raise SourceFileError(file.url, f"it cannot be decompressed: {error}.") from error
            raise


def _decoded(file: SourceFile, reader: io.BufferedReader[Any]) -> Iterator[tuple[int, str]]:
    for number, line in enumerate(reader, 1):
        content = line.removeprefix(_BYTE_ORDER_MARK) if number == 1 else line
        try:
            yield number, content.decode()
        except UnicodeDecodeError as error:
            raise SourceFileError(file.url, f"it is not UTF-8: {error.reason}.", line=number) from error

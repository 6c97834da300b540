"""A generator step that loads files: JSON Lines, CSV and Parquet, on a disk or a store."""

from __future__ import annotations

import contextlib
import itertools
from contextvars import ContextVar
from pathlib import Path  # noqa: TC003 - pydantic evaluates annotations of fields
from typing import TYPE_CHECKING, Any

from pydantic import Field, NonNegativeInt, field_validator

from airflow_artifacts.exceptions import SourceFileError
from airflow_artifacts.steps.base import GeneratorStep, GeneratorStepOutput
from airflow_artifacts.steps.file_search import FilesystemOpener, FileType, SourceFile, find_files
from airflow_artifacts.steps.parameters import RuntimeParameter  # noqa: TC001 - as above
from airflow_artifacts.steps.parquet_files import iter_parquet
from airflow_artifacts.steps.text_files import iter_csv, iter_jsonl
from airflow_artifacts.storage import open_filesystem

if TYPE_CHECKING:
    from collections.abc import Generator

    from airflow_artifacts.steps.file_search import Rows


filesystem_opener: ContextVar[FilesystemOpener] = ContextVar(
    "airflow_artifacts.filesystem_opener", default=open_filesystem
)
"""What gives the file system for a URL or a local path, and the path on it.

Called with the URL as it was given to the step, and the step's storage options. By default it is fsspec, with the
credentials of the environment. Whoever runs steps can set another one for the time of the run, for example one
that looks up the credentials of a connection that the URL names: ``s3://my_connection@bucket/key``.
"""


class LoadDataFromFiles(GeneratorStep):
    """Makes rows from files, which are read as the rows are needed.

    * JSON Lines (``.jsonl``, ``.ndjson``, ``.json``): a JSON object on each line; empty lines are skipped.
    * CSV (``.csv``, ``.tsv``): the first line names the columns. Every value is a text, exactly as it is in the
      file, because no type is guessed; convert values in a step behind this one.
    * Parquet (``.parquet``, ``.pq``).

    Text is UTF-8; ``.gz``, ``.bz2``, ``.xz`` and ``.zst`` behind its extension are decompressed.

    Attributes:
        data_files: Local paths or URLs of files, folders and globs (``**`` goes through folders). Of a folder, all
            files below it are loaded that end with one of these extensions and are not hidden, sorted by path. A
            file that is found twice is loaded once.
        file_type: What the files hold, where their extensions do not say it. Of a folder, only such files.
        columns: The columns to load, which every file has to have; without them, all.
        storage_options: Options for the file system (see fsspec), such as credentials. They are never shown.
        delimiter: What separates the fields of CSV; by default a comma, and a tab in a ``.tsv`` file.
        num_examples: How many rows to load at most.
    """

    data_files: str | Path | list[str | Path]
    file_type: FileType | None = None
    columns: list[str] | None = Field(default=None, min_length=1)
    storage_options: dict[str, Any] = Field(default={}, exclude=True, repr=False)
    delimiter: str | None = Field(default=None, min_length=1, max_length=1)
    num_examples: RuntimeParameter[NonNegativeInt] | None = Field(
        default=None, description="How many rows to load at most."
    )

    @field_validator("columns")
    @classmethod
    def _check_columns(cls, columns: list[str] | None) -> list[str] | None:
        if columns is not None and len(set(columns)) != len(columns):
            raise ValueError("a column is named twice.")
        return columns

    @property
    def outputs(self) -> list[str]:
        """The columns to load, if they are given."""
        return self.columns or []

    def process(self, offset: int = 0) -> GeneratorStepOutput:
        """Load the rows.

        Args:
            offset: How many rows to leave out at the beginning. Parts of Parquet files before them are not read.

        Yields:
            A list of rows, and whether it is the last one.

        Raises:
            SourceFileError: A file is absent, or cannot be read as rows.
            StorageError: A file could not be read; running again may help.
        """
        size = self.batch_size or 1
        left = None if self.num_examples is None else max(0, self.num_examples - offset)
        batch: list[dict[str, Any]] = []
        with contextlib.closing(self._rows(offset)) as rows:
            for row in itertools.islice(rows, left):
                if len(batch) == size:
                    yield batch, False
                    batch = []
                batch.append(row)
        yield batch, True

    def _rows(self, offset: int) -> Generator[dict[str, Any], None, None]:
        for file in self._find_files():
            offset = yield from self._file_rows(file, offset)

    def _file_rows(self, file: SourceFile, offset: int) -> Rows:
        if file.file_type == "parquet":
            return iter_parquet(file, offset, self.columns)
        if file.file_type == "csv":
            return iter_csv(file, offset, self.columns, self.delimiter)
        return iter_jsonl(file, offset, self.columns)

    def _find_files(self) -> list[SourceFile]:
        patterns = self.data_files if isinstance(self.data_files, list) else [self.data_files]
        opener = filesystem_opener.get()
        found = [
            file
            for pattern in patterns
            for file in find_files(str(pattern), self.file_type, opener, self.storage_options)
        ]
        if not found:
            raise SourceFileError("data_files", "it is an empty list. Name at least one file.")
        return list({(file.filesystem, file.path): file for file in found}.values())

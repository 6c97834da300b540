"""Tables of pandas, polars and pyarrow as Parquet, each read as any of the three."""

# ruff: noqa: D102 - the methods of codecs are documented in BuiltinCodec

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow_artifacts._optional import require
from airflow_artifacts.artifacts.value_codecs.encoded import BuiltinCodec, Encoded, loaded
from airflow_artifacts.artifacts.value_codecs.file_names import file_path, only_file
from airflow_artifacts.artifacts.value_codecs.frames import frame_to_arrow
from airflow_artifacts.artifacts.value_codecs.parquet import (
    MEDIA_TYPE,
    check_columns,
    convert,
    read_arrow,
    table_facts,
    to_pandas,
    write_arrow,
)
from airflow_artifacts.exceptions import ArtifactError

if TYPE_CHECKING:
    from pathlib import Path


class PandasCodec(BuiltinCodec):
    """A frame of pandas, with its index and dtypes."""

    name = "pandas"
    kind = "table"

    def types(self) -> tuple[type, ...]:
        return loaded("pandas", "DataFrame")

    def check(self, name: str, value: Any) -> None:
        check_columns(name, value.columns, "df.columns = df.columns.map(str), or join what has several levels")

    def encode(self, name: str, value: Any, folder: Path) -> Encoded:
        self.check(name, value)
        return self.write(name, value, file_path(name, folder, ".parquet"))

    def write(self, name: str, value: Any, path: Path) -> Encoded:
        """Write a table that was checked."""
        write_arrow(name, frame_to_arrow(name, value), path)
        dtypes = zip(value.columns, value.dtypes, strict=True)
        return Encoded(self.name, self.kind, MEDIA_TYPE, table_facts(len(value), dtypes))

    def decode(self, folder: Path, as_type: type | None) -> Any:
        path = only_file(folder)
        return convert(read_arrow(path), as_type) if as_type else to_pandas(read_arrow(path))


class ArrowCodec(PandasCodec):
    """A table of pyarrow's, with the metadata of its schema."""

    name = "arrow"

    def types(self) -> tuple[type, ...]:
        return loaded("pyarrow", "Table")

    def check(self, name: str, value: Any) -> None:
        check_columns(name, value.column_names, "rename_columns()", is_unique=False)

    def write(self, name: str, value: Any, path: Path) -> Encoded:
        write_arrow(name, value, path)
        fields = ((field.name, field.type) for field in value.schema)
        return Encoded(self.name, self.kind, MEDIA_TYPE, table_facts(value.num_rows, fields))

    def decode(self, folder: Path, as_type: type | None) -> Any:
        return convert(read_arrow(only_file(folder)), as_type)


class PolarsCodec(PandasCodec):
    """A frame of polars, written by polars itself, which has types that pyarrow lacks."""

    name = "polars"

    def types(self) -> tuple[type, ...]:
        return loaded("polars", "DataFrame")

    def check(self, name: str, value: Any) -> None:
        from polars import Object

        for column, dtype in value.schema.items():
            if dtype == Object:
                raise ArtifactError(name, f"the column {column!r} holds Python objects. Convert it with .cast().")

    def write(self, name: str, value: Any, path: Path) -> Encoded:
        from polars.exceptions import PanicException

        try:
            value.write_parquet(path, compression="zstd")
        except PanicException as error:  # which is no Exception
            raise ArtifactError(
                name, f"polars cannot write the frame: {error}. Convert it with .cast()."
            ) from error
        return Encoded(self.name, self.kind, MEDIA_TYPE, table_facts(value.height, value.schema.items()))

    def decode(self, folder: Path, as_type: type | None) -> Any:
        path = only_file(folder)
        if as_type is not None and "polars" not in as_type.__module__:
            return convert(read_arrow(path), as_type)
        polars = require("polars", extra="polars", purpose="Loading frames of polars")
        with path.open("rb") as file:  # polars looks for patterns and partitions in a path
            try:
                return polars.read_parquet(file)
            except polars.exceptions.PanicException as error:  # which is no Exception
                raise ValueError(str(error)) from error

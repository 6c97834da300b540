"""Which codec takes a value, and which one reads it back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow_artifacts.artifacts.value_codecs.arrays import NumpyCodec
from airflow_artifacts.artifacts.value_codecs.encoded import BuiltinCodec, Codec, loaded, type_name
from airflow_artifacts.artifacts.value_codecs.entry_points import (
    GROUP,
    BrokenEntryPointError,
    find_entry_points,
    load_codec,
)
from airflow_artifacts.artifacts.value_codecs.figures import MatplotlibCodec, PlotlyCodec
from airflow_artifacts.artifacts.value_codecs.images import ImageCodec
from airflow_artifacts.artifacts.value_codecs.models import DataclassCodec, ModelCodec
from airflow_artifacts.artifacts.value_codecs.paths import FileCodec, FolderCodec, PickleCodec
from airflow_artifacts.artifacts.value_codecs.table_files import TableFileCodec
from airflow_artifacts.artifacts.value_codecs.tables import ArrowCodec, PandasCodec, PolarsCodec
from airflow_artifacts.artifacts.value_codecs.texts import BytesCodec, JsonCodec, TextCodec, YamlCodec
from airflow_artifacts.exceptions import ArtifactError, ArtifactLoadError, UnsupportedTypeError

if TYPE_CHECKING:
    from collections.abc import Iterator

# A text is text before it is JSON, and either before what is only taken where the kind is given.
_BUILTIN: tuple[BuiltinCodec, ...] = (
    TextCodec("text", ".txt"),
    JsonCodec(),
    BytesCodec(),
    NumpyCodec(),
    PandasCodec(),
    PolarsCodec(),
    ArrowCodec(),
    ImageCodec(),
    MatplotlibCodec(),
    PlotlyCodec(),
    ModelCodec(),
    DataclassCodec(),
    FileCodec(),
    FolderCodec(),
    TableFileCodec(),
    TextCodec("markdown", ".md", ".markdown"),
    TextCodec("html", ".html", ".htm"),
    TextCodec("csv", ".csv"),
    YamlCodec(),
)
_PICKLE = PickleCodec()
_BY_NAME: dict[str, Codec] = {codec.name: codec for codec in (*_BUILTIN, _PICKLE)}
_TAKEN = frozenset(_BY_NAME)

# Near misses: what they are is clear, and so is what to do.
_REMEDIES = (
    ("pandas", "Series", "Save its .to_frame(), with a name for the column."),
    ("pandas", "Index", "Save its .to_frame()."),
    ("polars", "Series", "Save its .to_frame()."),
    ("polars", "LazyFrame", "Save its .collect()."),
    ("pyarrow", "RecordBatch", "Save pyarrow.Table.from_batches([value])."),
    ("numpy", "generic", "Save its .item(), or numpy.asarray() of it."),
)


def find_codec(name: str, value: Any, *, kind: str | None, allow_pickle: bool) -> Codec:
    """Find the codec that writes a value.

    Raises:
        UnsupportedTypeError: None does.
        ArtifactError: The kind does not fit, or a codec of another package is broken.
    """
    if kind == _PICKLE.kind and allow_pickle:
        return _PICKLE
    candidates = _candidates(name, value) if kind != _PICKLE.kind else iter(())
    codec = next((codec for codec in candidates if kind in {None, codec.kind}), None)
    if codec is not None:
        return codec
    if kind is not None and kind != _PICKLE.kind:
        raise ArtifactError(
            name,
            f"its kind {kind!r} does not fit a value of the type {type_name(type(value))}. Kinds that fit: "
            f"{', '.join(dict.fromkeys(codec.kind for codec in _candidates(name, value))) or 'none'}. Leave the "
            "kind out, or convert the value.",
        )
    if allow_pickle:
        return _PICKLE
    raise UnsupportedTypeError(name, type(value))


def get_codec(name: str, codec: str) -> Codec:
    """Give the codec of a name.

    Raises:
        ArtifactLoadError: It is not installed, or broken.
    """
    if codec in _BY_NAME:
        return _BY_NAME[codec]
    points = {point.name: point for point in find_entry_points()}
    if codec not in points:
        raise ArtifactLoadError(
            name,
            f"its codec {codec!r} is not installed. Install the package that has it under the entry point group "
            f"{GROUP}. Installed are {', '.join([*_BY_NAME, *points])}.",
        )
    try:
        return load_codec(points[codec], _TAKEN)
    except BrokenEntryPointError as error:
        raise ArtifactLoadError(name, str(error)) from error


def _candidates(name: str, value: Any) -> Iterator[Codec]:
    """Yield the codecs that take a value, the best first: a package may claim what is no builtin's own type."""
    yield from (codec for codec in _BUILTIN if type(value) in codec.types())
    for point in find_entry_points():
        try:
            codec = load_codec(point, _TAKEN)
        except BrokenEntryPointError as error:
            raise ArtifactError(name, str(error)) from error
        if codec.matches(value):
            yield codec
    _refuse_near_misses(name, value)
    yield from (codec for codec in _BUILTIN if codec.matches(value))


def _refuse_near_misses(name: str, value: Any) -> None:
    for module, attribute, remedy in _REMEDIES:
        if isinstance(value, loaded(module, attribute)):
            raise ArtifactError(name, f"no codec takes a {module}.{type(value).__name__}. {remedy}")

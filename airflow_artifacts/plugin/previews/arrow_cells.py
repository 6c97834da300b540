"""Values of Arrow as the texts of cells, without Python's types, which do not hold all of them."""

from __future__ import annotations

import json
from itertools import chain
from typing import TYPE_CHECKING, Any

from airflow_artifacts.plugin.previews.cells import CELL, cell_text, cut

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import pyarrow as pa


def array_cells(array: pa.Array) -> list[str | None]:
    """Write the values of an array as the texts of cells."""
    import pyarrow as pa

    while isinstance(array, pa.ExtensionArray):
        array = array.storage
    kind = array.type
    if pa.types.is_dictionary(kind):  # an entry may be large, and is not copied for each value
        entries, indices = array.dictionary, array.indices.to_pylist()
        return [None if index is None else array_cells(entries.slice(index, 1))[0] for index in indices]
    if _is_binary(kind):
        return [None if size is None else f"<{size} bytes>" for size in _sizes(array)]
    try:
        if pa.types.is_nested(kind):
            return [_nested_text(value) for value in array]
        if pa.types.is_floating(kind):
            return [cell_text(value) for value in array.to_pylist()]
        return [None if text is None else cut(text) for text in array.cast(pa.large_string()).to_pylist()]
    except (pa.ArrowException, ValueError, OverflowError, TypeError, RecursionError):
        return [_printed(array, index) for index in range(len(array))]


def _is_binary(kind: pa.DataType) -> bool:
    import pyarrow as pa

    return any(
        test(kind)
        for test in (
            pa.types.is_binary,
            pa.types.is_large_binary,
            pa.types.is_fixed_size_binary,
            pa.types.is_binary_view,
        )
    )


def _sizes(array: Any) -> list[int | None]:
    import pyarrow as pa
    import pyarrow.compute as pc

    if pa.types.is_binary_view(array.type):
        array = array.cast(pa.large_binary())
    sizes: list[int | None] = pc.binary_length(array).to_pylist()
    return sizes


def _nested_text(value: Any) -> str | None:
    """Write the beginning of nested values as JSON, and make nothing of what no cell has room for."""
    if not value.is_valid:
        return None
    text = ""
    for piece in _pieces(value):
        text += piece
        if len(text) > CELL:
            break
    return cut(text)


def _pieces(value: Any) -> Iterator[str]:
    import pyarrow as pa

    if isinstance(value, pa.DictionaryScalar | pa.ExtensionScalar):
        value = value.value
    if value is None or not value.is_valid:
        yield "null"
    elif isinstance(value, pa.MapScalar):
        yield from _joined("[]", (_joined("[]", map(_pieces, (pair[0], pair[1]))) for pair in value.values))
    elif isinstance(value, pa.ListScalar):
        yield from _joined("[]", map(_pieces, value.values))
    elif isinstance(value, pa.StructScalar):
        names = (json.dumps(field.name, ensure_ascii=False) for field in value.type)
        fields = (chain([f"{name}: "], _pieces(value[index])) for index, name in enumerate(names))
        yield from _joined("{}", fields)
    else:
        found = value.as_py()
        yield json.dumps(cut(found) if isinstance(found, str) else found, ensure_ascii=False, default=cell_text)


def _joined(ends: str, values: Iterable[Iterable[str]]) -> Iterator[str]:
    yield ends[0]
    for number, pieces in enumerate(values):
        if number:
            yield ", "
        yield from pieces
    yield ends[1]


def _printed(array: Any, index: int) -> str | None:
    """Let Arrow write a value that Python does not hold: times of a far year, texts that are no UTF-8."""
    import pyarrow as pa

    if not array[index].is_valid:
        return None
    if pa.types.is_string(array.type) or pa.types.is_large_string(array.type):
        return cut(array[index].as_buffer().to_pybytes().decode(errors="replace"))
    text: str = array.slice(index, 1).to_string(window=5, container_window=5, skip_new_lines=True)
    return cut(text.removeprefix("[").removesuffix("]"))

"""Values of Arrow as the texts of cells, without Python's types, which do not hold all of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow_artifacts.plugin.previews.cells import ITEMS, cell_text, cut

if TYPE_CHECKING:
    import pyarrow as pa


def array_cells(array: pa.Array) -> list[str | None]:
    """Write the values of an array as the texts of cells."""
    import pyarrow as pa

    array = _plain(array)
    kind = array.type
    if pa.types.is_null(kind):
        return [None] * len(array)
    if _is_binary(kind):
        return [None if size is None else f"<{size} bytes>" for size in _sizes(array)]
    try:
        if pa.types.is_nested(kind):
            return [cell_text(value) for value in _first_items(array).to_pylist()]
        if pa.types.is_floating(kind):
            return [cell_text(value) for value in array.to_pylist()]
        return [None if text is None else cut(text) for text in array.cast(pa.large_string()).to_pylist()]
    except (pa.ArrowException, ValueError, OverflowError, TypeError, RecursionError):
        return [_printed(array, index) for index in range(len(array))]


def _plain(array: Any) -> Any:
    import pyarrow as pa

    if isinstance(array, pa.ExtensionArray):
        return _plain(array.storage)
    if pa.types.is_dictionary(array.type):
        return _plain(array.dictionary_decode())
    return array


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


def _first_items(array: Any) -> Any:
    """Leave out the items of lists that no cell has room for."""
    import pyarrow as pa
    import pyarrow.compute as pc

    is_list = pa.types.is_list(array.type) or pa.types.is_large_list(array.type)
    if is_list or pa.types.is_fixed_size_list(array.type):
        return pc.list_slice(array, 0, ITEMS, return_fixed_size_list=False)
    return array


def _printed(array: Any, index: int) -> str | None:
    """Let Arrow write a value that Python does not hold: times of a far year, texts that are no UTF-8."""
    import pyarrow as pa

    if not array[index].is_valid:
        return None
    if pa.types.is_string(array.type) or pa.types.is_large_string(array.type):
        return cut(array[index].as_buffer().to_pybytes().decode(errors="replace"))
    text: str = array.slice(index, 1).to_string(window=5, container_window=5, skip_new_lines=True)
    return cut(text.removeprefix("[").removesuffix("]"))

"""NumPy arrays and scalars as bytes: the type, the shape, and the memory as it is.

::

    length of the head / 16, one byte | MessagePack [dtype, shape] | zeros up to a multiple of 16 | memory
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

import ormsgpack

from airflow_artifacts.rows.refusals import Refused

if TYPE_CHECKING:
    import numpy as np

_KINDS = frozenset("biufcSUmM")
_UNIT = 16  # bytes; arrays that are read are aligned


def encode_array(value: Any) -> tuple[bool, bytes]:
    """Write an array or a scalar; also say whether it is a scalar.

    Raises:
        Refused: It is of a subclass, or its type is not the same bytes on every machine.
    """
    import numpy as np

    if type(value) is np.ndarray:
        return False, _head(value.dtype, value.shape) + value.tobytes()
    array = np.asarray(value)
    if type(value) is not array.dtype.type:
        raise Refused(f"it is a NumPy {type(value).__name__}. Convert it with .tolist() or numpy.asarray().")
    if isinstance(value, (str, bytes)) and len(array[()]) != len(value):
        raise Refused("it is a NumPy text that ends with NUL, which NumPy drops. Convert it with .item().")
    return True, _head(array.dtype, ()) + array.tobytes()


def decode_array(data: bytes) -> Any:
    """Read an array that ``encode_array`` wrote; the caller may write to it.

    Raises:
        ValueError: The bytes are something else.
    """
    import numpy as np

    size = data[0] * _UNIT
    dtype, shape = _read_head(data[:size])
    if len(data) == size:
        if 0 not in shape and dtype.itemsize:
            raise ValueError(f"an array of the shape {shape} without its values")
        return np.zeros(shape, dtype)
    return np.ndarray(shape, dtype, bytearray(data), size)  # a view of the bytes themselves would be read-only


@lru_cache(maxsize=256)
def _head(dtype: np.dtype[Any], shape: tuple[int, ...]) -> bytes:
    if not _is_portable(dtype):
        raise Refused(f"it is NumPy data of dtype {dtype}. Convert it with .tolist() or .astype().")
    head = ormsgpack.packb([dtype.str, list(shape)])
    units = -(-(1 + len(head)) // _UNIT)
    return bytes([units]) + head.ljust(units * _UNIT - 1, b"\0")


@lru_cache(maxsize=256)
def _read_head(head: bytes) -> tuple[np.dtype[Any], tuple[int, ...]]:
    import numpy as np

    name, shape = ormsgpack.unpackb(head[1:])
    dtype = np.dtype(name)
    if not _is_portable(dtype):  # bytes read as objects would be addresses
        raise ValueError(f"an array of dtype {dtype}")
    return dtype, tuple(shape)


def _is_portable(dtype: np.dtype[Any]) -> bool:
    """Tell types whose bytes mean the same everywhere: a long double differs from machine to machine."""
    return dtype.kind in _KINDS and dtype.itemsize <= {"f": 8, "c": 16}.get(dtype.kind, dtype.itemsize)

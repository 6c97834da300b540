"""What the headers of arrays tell, and what the record of an artifact knows."""

from __future__ import annotations

import ast
import math
import struct
import zipfile
import zlib
from itertools import islice
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple, cast

from airflow_artifacts.plugin.previews.cells import cell_text, cut
from airflow_artifacts.plugin.previews.reading import BudgetExceeded

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from airflow_artifacts.plugin.previews.reading import BudgetReader

_FACTS = 100
_MEMBERS = 50
_MAGIC = b"\x93NUMPY"
_LENGTHS = {1: struct.Struct("<H"), 2: struct.Struct("<I"), 3: struct.Struct("<I")}
_HEADER_BYTES = 10_000  # NumPy itself trusts no longer one
_DIMENSIONS = 64
_UNPACKED = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)  # piece by piece; the others unpack all that there is
_DAMAGE = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    ValueError,
    RuntimeError,
    NotImplementedError,
    OverflowError,
)


class _Header(NamedTuple):
    shape: tuple[int, ...]
    dtype: str
    is_fortran: bool


def make_facts(found: Iterable[tuple[str, object]], recorded: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Give the preview of facts: what was found in the file, then what else the record knows."""
    facts = {name: cell_text(value) or "" for name, value in found}
    for name, value in (recorded or {}).items():
        facts.setdefault(cut(str(name)), cell_text(value) or "")
    return {
        "type": "facts",
        "facts": [{"name": name, "value": value} for name, value in islice(facts.items(), _FACTS)],
    }


def preview_npy(reader: BudgetReader, recorded: Mapping[str, Any]) -> dict[str, Any] | None:
    """Show what the header of an array says; None for a file that is none.

    Raises:
        StorageError: The store failed.
    """
    try:
        header = _read_header(cast("BinaryIO", reader))
    except ValueError:
        return None
    facts = [
        ("shape", str(header.shape)),
        ("dtype", header.dtype),
        ("order", "Fortran" if header.is_fortran else "C"),
        ("values", math.prod(header.shape)),
    ]
    return make_facts(facts, recorded)


def preview_npz(reader: BudgetReader) -> dict[str, Any] | None:
    """Show the arrays of an archive; None for a file that is none.

    Raises:
        BudgetExceeded: Its list of members is too long.
        StorageError: The store failed.
    """
    try:
        with zipfile.ZipFile(cast("BinaryIO", reader)) as archive:
            members = archive.infolist()
            facts = [(cut(one.filename.removesuffix(".npy")), _member(archive, one)) for one in members[:_MEMBERS]]
    except _DAMAGE:
        return None
    if len(members) > _MEMBERS:
        facts.append(("…", f"and {len(members) - _MEMBERS} more"))
    return make_facts(facts)


def _member(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> str:
    """Say type and shape of an array in an archive, or at least its size."""
    if member.filename.endswith(".npy") and member.compress_type in _UNPACKED:
        try:
            with archive.open(member) as file:
                header = _read_header(cast("BinaryIO", file))
        except (*_DAMAGE, BudgetExceeded):
            return f"{member.file_size} bytes"
        return f"{header.dtype} {header.shape}"
    return f"{member.file_size} bytes"


def _read_header(file: BinaryIO) -> _Header:
    """Read the header of an array, https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html.

    Raises:
        ValueError: It is no such header.
    """
    start = file.read(len(_MAGIC) + 2)
    length = _LENGTHS.get(start[-2]) if start[:-2] == _MAGIC else None
    if length is None:
        raise ValueError("it does not begin like an array")
    try:
        (size,) = length.unpack(file.read(length.size))
        if size > _HEADER_BYTES:
            raise ValueError(f"its header has {size} bytes")
        found = ast.literal_eval(file.read(size).decode("latin-1" if start[-2] < 3 else "utf-8").strip())  # noqa: PLR2004
        shape, dtype, is_fortran = found["shape"], found["descr"], found["fortran_order"]
    except (struct.error, SyntaxError, TypeError, KeyError, MemoryError, RecursionError) as error:
        raise ValueError("its header is damaged") from error
    if not isinstance(shape, tuple) or len(shape) > _DIMENSIONS or not all(map(_is_dimension, shape)):
        raise ValueError("its shape is none")
    return _Header(shape, dtype if isinstance(dtype, str) else repr(dtype), bool(is_fortran))


def _is_dimension(value: object) -> bool:
    return type(value) is int and 0 <= value < 1 << 63

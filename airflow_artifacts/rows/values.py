"""Rows as MessagePack, exact: a value comes back as it went in, or it is refused.

What MessagePack has no type for becomes an extension type, whose code is part of the stored format and never
changes its meaning. Conversions that lose nothing a row means are the only ones made: a pydantic model becomes
what its ``model_dump`` gives, a subclass of ``dict`` a ``dict``, a ``bytearray`` or ``memoryview`` becomes
``bytes``, a subclass of ``datetime`` (pendulum's, say) a ``datetime`` of the same instant and zone, and a zone
whose offset never changes a ``datetime.timezone``.
"""

from __future__ import annotations

import struct
import sys
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, TypeGuard
from uuid import UUID

import ormsgpack

from airflow_artifacts.exceptions import ArtifactsError, UnsupportedValueError
from airflow_artifacts.rows.arrays import decode_array, encode_array
from airflow_artifacts.rows.moments import decode_datetime, decode_time, encode_datetime, encode_time
from airflow_artifacts.rows.refusals import Refused, advice

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pydantic import BaseModel

_OPTIONS = (
    ormsgpack.OPT_PASSTHROUGH_BIG_INT
    | ormsgpack.OPT_PASSTHROUGH_DATACLASS
    | ormsgpack.OPT_PASSTHROUGH_DATETIME
    | ormsgpack.OPT_PASSTHROUGH_ENUM
    | ormsgpack.OPT_PASSTHROUGH_SUBCLASS
    | ormsgpack.OPT_PASSTHROUGH_TUPLE
    | ormsgpack.OPT_PASSTHROUGH_UUID
)
_DEPTH_LIMIT = 100  # the encoder's own is 253
_NESTING_LIMIT = 32  # of extension types: each takes several Python calls to read, and a stack has about 1000
_PLAIN_TYPES = frozenset({type(None), bool, float, bytes, bytearray})
_DATE, _DATETIME, _TIME, _TIMEDELTA = 1, 2, 3, 4
_DECIMAL, _UUID, _INT, _COMPLEX, _TEXT = 5, 6, 7, 8, 9
_TUPLE, _SET, _FROZENSET, _PAIRS = 10, 11, 12, 13
_ARRAY, _SCALAR = 14, 15


def encode_rows(rows: Sequence[dict[str, Any]], *, first: int) -> bytes:
    """Encode rows, one after the other, without a header that counts them: see ``join_rows``.

    Args:
        rows: The rows, with text as keys.
        first: Number of the first of them, from 0, for messages.

    Raises:
        UnsupportedValueError: A value would not come back as it went in.
    """
    try:
        return _pack(rows)[len(_header(len(rows), 0x90, 0xDC)) :]
    except (ormsgpack.MsgpackEncodeError, RecursionError, Refused):
        return b"".join(_encode_row(row, first + offset) for offset, row in enumerate(rows))


def join_rows(count: int, bodies: Sequence[bytes]) -> bytes:
    """Make one array of what several calls of ``encode_rows`` gave, ``count`` rows in all."""
    return b"".join((_header(count, 0x90, 0xDC), *bodies))


def decode_rows(body: bytes) -> list[dict[str, Any]]:
    """Decode what ``join_rows`` gave.

    Raises:
        ValueError: The bytes are something else.
        UnknownTimeZoneError: A value has a time zone that this machine does not know.
    """
    try:
        rows: list[dict[str, Any]] = _unpack(body)
    except ArtifactsError:
        raise
    except (TypeError, LookupError, ArithmeticError, RecursionError, struct.error) as error:
        raise ValueError(f"a value cannot be decoded: {error!r}") from error
    return rows


def _header(count: int, small: int, medium: int) -> bytes:
    """Write the head of an array or a map, https://github.com/msgpack/msgpack/blob/master/spec.md."""
    if count < 16:  # noqa: PLR2004
        return bytes([small | count])
    if count < 1 << 16:
        return struct.pack(">BH", medium, count)
    return struct.pack(">BI", medium + 1, count)


def _pack(value: object, *, nesting: int = 0) -> bytes:
    """Encode a value; extension types inside are ``nesting`` deep in others already."""
    raised: list[BaseException] = []

    def encode(item: Any) -> Any:
        try:
            return _encode_extension(item, nesting)
        except BaseException as error:
            raised.append(error)
            raise

    try:
        return ormsgpack.packb(value, default=encode, option=_OPTIONS)
    except ormsgpack.MsgpackEncodeError:
        if raised:  # the encoder hides it, be it a KeyboardInterrupt or the timeout of a task
            raise raised[0] from None
        raise


def _unpack(data: bytes) -> Any:
    raised: list[BaseException] = []

    def decode(code: int, content: bytes) -> Any:
        try:
            return _decode_extension(code, content)
        except BaseException as error:
            raised.append(error)
            raise

    try:
        return ormsgpack.unpackb(data, ext_hook=decode)
    except ormsgpack.MsgpackDecodeError:
        if raised:
            raise raised[0] from None
        raise


def _encode_row(row: dict[str, Any], number: int) -> bytes:
    """Encode one row of several of which one is too much for the encoder alone."""
    try:
        return _pack(row)
    except (ormsgpack.MsgpackEncodeError, RecursionError, Refused):
        head = _header(len(row), 0x80, 0xDE)
        return head + b"".join(_encode_item(column, value, number) for column, value in row.items())


def _encode_item(column: str, value: object, number: int) -> bytes:
    """Encode a column and its value with care: the encoder hands its hook neither keys nor broken Unicode."""
    if not is_unicode(column):
        raise UnsupportedValueError(
            column, number, "its name holds half of a surrogate pair, which is no Unicode."
        )
    try:
        return ormsgpack.packb({column: _make_plain(value, depth=0, nesting=0)})[1:]
    except Refused as error:
        raise UnsupportedValueError(column, number, str(error)) from None
    except RecursionError as error:
        raise UnsupportedValueError(column, number, "it is nested too deep. Write it as text.") from error
    except ormsgpack.MsgpackEncodeError as error:
        raise UnsupportedValueError(column, number, f"MessagePack cannot hold it ({error}).") from error


def _make_plain(value: Any, *, depth: int, nesting: int) -> Any:  # noqa: PLR0911 - one for each kind
    """Rewrite a value in types that the encoder has, extension types included."""
    if depth > _DEPTH_LIMIT:
        raise Refused(f"it is nested more than {_DEPTH_LIMIT} deep. Write it as text (json.dumps).")
    kind = type(value)
    if kind in _PLAIN_TYPES or (kind is int and -(2**63) <= value < 2**64):
        return value
    if kind is str:
        return value if is_unicode(value) else ormsgpack.Ext(_TEXT, value.encode("utf-8", "surrogatepass"))
    if kind is memoryview:
        return value.tobytes()
    if kind is list:
        return [_make_plain(item, depth=depth + 1, nesting=nesting) for item in value]
    if kind in _COLLECTIONS:
        items = [_make_plain(item, depth=depth + 1, nesting=nesting + 1) for item in value]
        return _extension(_COLLECTIONS[kind], ormsgpack.packb(items), len(value), nesting + 1)
    if kind is dict:
        return _plain_dict(value, depth=depth, nesting=nesting)
    encoded = _encode_extension(value, nesting)
    if isinstance(encoded, ormsgpack.Ext):
        return encoded
    return _make_plain(encoded, depth=depth + 1, nesting=nesting)


def _plain_dict(value: dict[Any, Any], *, depth: int, nesting: int) -> Any:
    if all(type(key) is str and is_unicode(key) for key in value):
        return {key: _make_plain(item, depth=depth + 1, nesting=nesting) for key, item in value.items()}
    pairs = [[_make_plain(part, depth=depth + 1, nesting=nesting + 1) for part in pair] for pair in value.items()]
    return _extension(_PAIRS, ormsgpack.packb(pairs), len(value), nesting + 1)


def is_unicode(text: str) -> bool:
    """Say whether a text has no lone surrogates."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _encode_extension(value: Any, nesting: int) -> Any:
    """Give an extension type, or a value that the encoder has or is asked about anew."""
    kind = type(value)
    encode = _ENCODERS.get(kind)
    if encode is not None:
        return encode(value)
    if kind in _COLLECTIONS:
        content = _pack(list(value), nesting=nesting + 1)
        return _extension(_COLLECTIONS[kind], content, len(value), nesting + 1)
    if kind.__module__ == "numpy":
        is_scalar, content = encode_array(value)
        return ormsgpack.Ext(_SCALAR if is_scalar else _ARRAY, content)
    if isinstance(value, dict):
        return dict(value)
    if isinstance(value, datetime):
        return ormsgpack.Ext(_DATETIME, encode_datetime(value))
    if is_model(value):
        return dump_model(value)
    raise Refused(advice(value))


def is_model(value: object) -> TypeGuard[BaseModel]:
    """Tell a pydantic model, without an import of pydantic, which takes a while: it made the model."""
    pydantic = sys.modules.get("pydantic")
    return pydantic is not None and isinstance(value, pydantic.BaseModel)


def dump_model(model: BaseModel) -> Any:
    """Give what a pydantic model holds, subclasses in its fields whole.

    Raises:
        Refused: The model cannot be dumped.
    """
    try:
        return model.model_dump(serialize_as_any=True, warnings=False)
    except (ValueError, TypeError, RecursionError) as error:
        raise Refused(f"its model_dump() failed: {error}.") from error


def _extension(code: int, content: bytes, length: int, nesting: int) -> ormsgpack.Ext:
    """Give the extension type of a collection of ``length``, if it can be read back."""
    if nesting > _NESTING_LIMIT:
        raise Refused(
            f"it has tuples, sets or dictionaries whose keys are no text more than {_NESTING_LIMIT} deep in one "
            "another. Use lists, or write it as text (json.dumps)."
        )
    if code != _TUPLE:
        # What is written as a dictionary cannot be in a set, and what is unlike here may be alike there.
        try:
            is_whole = len(_decode_extension(code, content)) == length
        except TypeError:
            is_whole = False
        if not is_whole:
            raise Refused("a set or a dictionary holds keys that are not alike as plain values. Use a list.")
    return ormsgpack.Ext(code, content)


_COLLECTIONS: dict[type, int] = {tuple: _TUPLE, set: _SET, frozenset: _FROZENSET}
_ENCODERS: dict[type, Callable[[Any], ormsgpack.Ext]] = {
    date: lambda value: ormsgpack.Ext(_DATE, value.isoformat().encode()),
    datetime: lambda value: ormsgpack.Ext(_DATETIME, encode_datetime(value)),
    time: lambda value: ormsgpack.Ext(_TIME, encode_time(value)),
    timedelta: lambda value: ormsgpack.Ext(
        _TIMEDELTA, ormsgpack.packb([value.days, value.seconds, value.microseconds])
    ),
    Decimal: lambda value: ormsgpack.Ext(_DECIMAL, str(value).encode()),
    UUID: lambda value: ormsgpack.Ext(_UUID, value.bytes),
    int: lambda value: ormsgpack.Ext(_INT, value.to_bytes(value.bit_length() // 8 + 1, "big", signed=True)),
    complex: lambda value: ormsgpack.Ext(_COMPLEX, struct.pack(">dd", value.real, value.imag)),
}
_DECODERS: dict[int, Callable[[bytes], Any]] = {
    _DATE: lambda data: date.fromisoformat(data.decode()),
    _DATETIME: decode_datetime,
    _TIME: decode_time,
    _TIMEDELTA: lambda data: timedelta(*ormsgpack.unpackb(data)),
    _DECIMAL: lambda data: Decimal(data.decode()),
    _UUID: lambda data: UUID(bytes=data),
    _INT: lambda data: int.from_bytes(data, "big", signed=True),
    _COMPLEX: lambda data: complex(*struct.unpack(">dd", data)),
    _TEXT: lambda data: data.decode("utf-8", "surrogatepass"),
    _TUPLE: lambda data: tuple(_unpack(data)),
    _SET: lambda data: set(_unpack(data)),
    _FROZENSET: lambda data: frozenset(_unpack(data)),
    _PAIRS: lambda data: {key: item for key, item in _unpack(data)},  # noqa: C416 - pairs are lists
    _ARRAY: decode_array,
    _SCALAR: lambda data: decode_array(data)[()],
}


def _decode_extension(code: int, data: bytes) -> Any:
    decode = _DECODERS.get(code)
    if decode is None:
        raise ValueError(f"extension type {code} is unknown: a newer version of airflow-artifacts wrote it")
    return decode(data)

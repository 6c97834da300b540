"""Rows as MessagePack, exact: a value comes back as it went in, or it is refused.

What MessagePack has no type for becomes an extension type, whose code is part of the stored format and never
changes its meaning. Conversions that lose nothing a row means are the only ones made: a pydantic model becomes
a dictionary, a subclass of ``dict`` a ``dict``, a ``bytearray`` becomes ``bytes``, and a subclass of ``datetime``
(pendulum's, say) a ``datetime`` of the same instant and zone.
"""

from __future__ import annotations

import struct
from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

import ormsgpack
from pydantic import BaseModel

from airflow_artifacts.exceptions import UnsupportedValueError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_OPTIONS = (
    ormsgpack.OPT_PASSTHROUGH_BIG_INT
    | ormsgpack.OPT_PASSTHROUGH_DATACLASS
    | ormsgpack.OPT_PASSTHROUGH_DATETIME
    | ormsgpack.OPT_PASSTHROUGH_ENUM
    | ormsgpack.OPT_PASSTHROUGH_SUBCLASS
    | ormsgpack.OPT_PASSTHROUGH_TUPLE
    | ormsgpack.OPT_PASSTHROUGH_UUID
)
_DEPTH_LIMIT = 100  # the encoder's own is somewhat higher, and each extension type uses several levels of it
_PLAIN_TYPES = frozenset({type(None), bool, float, bytes, bytearray, memoryview})
_NUMPY_KINDS = frozenset("biufcSUmM")
_DATE, _DATETIME, _TIME, _TIMEDELTA = 1, 2, 3, 4
_DECIMAL, _UUID, _INT, _COMPLEX, _TEXT = 5, 6, 7, 8, 9
_TUPLE, _SET, _FROZENSET, _PAIRS = 10, 11, 12, 13
_ARRAY, _SCALAR = 14, 15


class _Refused(Exception):  # noqa: N818 - never leaves this module
    """A value that cannot be kept exactly; the text says why and what to do."""


def encode_rows(rows: Sequence[dict[str, Any]], *, first: int) -> bytes:
    """Encode rows, one after the other, without a header that counts them: see ``decode_rows``.

    Args:
        rows: The rows, with text as keys.
        first: Number of the first of them, from 0, for messages.

    Raises:
        UnsupportedValueError: A value would not come back as it went in.
    """
    try:
        return _pack(rows)[len(_array_header(len(rows))) :]
    except (ormsgpack.MsgpackEncodeError, _Refused):
        return b"".join(_encode_carefully(row, first + offset) for offset, row in enumerate(rows))


def decode_rows(count: int, body: bytes) -> list[dict[str, Any]]:
    """Decode ``count`` rows that ``encode_rows`` wrote, in one call or in several that are joined.

    Raises:
        ValueError: The bytes are something else.
    """
    rows = ormsgpack.unpackb(_array_header(count) + body, ext_hook=_decode_extension)
    if not isinstance(rows, list):  # pragma: no cover - the header makes it a list
        raise ValueError("not an array of rows")  # noqa: TRY004
    return rows


def _array_header(count: int) -> bytes:
    """Write the head of an array, https://github.com/msgpack/msgpack/blob/master/spec.md#array-format-family."""
    if count < 16:  # noqa: PLR2004
        return bytes([0x90 | count])
    if count < 1 << 16:
        return struct.pack(">BH", 0xDC, count)
    return struct.pack(">BI", 0xDD, count)


def _pack(value: object) -> bytes:
    return ormsgpack.packb(value, default=_encode_extension, option=_OPTIONS)


def _encode_carefully(row: dict[str, Any], number: int) -> bytes:
    """Encode a row value by value, where the fast way gave up: it hands a hook neither keys nor broken Unicode."""
    plain = {}
    for column, value in row.items():
        try:
            plain[column] = _make_plain(value, depth=0)
        except _Refused as error:
            raise UnsupportedValueError(column, number, str(error)) from None
    return _pack(plain)


def _make_plain(value: Any, *, depth: int) -> Any:
    """Rewrite a value in types that the encoder has, extension types included."""
    if depth > _DEPTH_LIMIT:
        raise _Refused(f"it is nested more than {_DEPTH_LIMIT} deep. Write it as text (json.dumps).")
    kind = type(value)
    if kind in _PLAIN_TYPES or (kind is int and -(2**63) <= value < 2**64):
        return value
    if kind is str:
        return value if _is_unicode(value) else ormsgpack.Ext(_TEXT, value.encode("utf-8", "surrogatepass"))
    if kind is list:
        return [_make_plain(item, depth=depth + 1) for item in value]
    if kind in _COLLECTIONS:
        return ormsgpack.Ext(_COLLECTIONS[kind], _pack([_make_plain(item, depth=depth + 1) for item in value]))
    if kind is dict:
        pairs = [[_make_plain(part, depth=depth + 1) for part in pair] for pair in value.items()]
        is_plain = all(type(key) is str for key, _ in pairs)
        return dict(pairs) if is_plain else ormsgpack.Ext(_PAIRS, _pack(pairs))
    encoded = _encode_extension(value)
    return _make_plain(encoded, depth=depth + 1) if isinstance(encoded, dict) else encoded


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _model_to_dict(model: BaseModel) -> dict[str, Any]:
    values = model.model_dump()
    secret = next((name for name, value in values.items() if hasattr(value, "get_secret_value")), None)
    if secret is not None:
        raise _Refused(f"{type(model).__name__}.{secret} is a secret, and rows are stored and published.")
    return values


def _encode_extension(value: Any) -> Any:
    encode = _ENCODERS.get(type(value))
    if encode is not None:
        return encode(value)
    if isinstance(value, BaseModel):
        return _model_to_dict(value)
    if isinstance(value, dict):
        return dict(value)
    if isinstance(value, datetime):
        return _encode_datetime(value)
    if type(value).__module__ == "numpy":
        return _encode_numpy(value)
    raise _Refused(_advice(value))


def _advice(value: Any) -> str:
    kind = f"{type(value).__module__}.{type(value).__qualname__}".removeprefix("builtins.")
    ways = {
        "pandas": "Convert it with .to_dict(), .to_list() or .to_pydatetime().",
        "torch": "Convert it with .numpy().",
        "PIL": "Save it as an artifact, or keep its bytes.",
        "enum": "Use its .value.",
    }
    if hasattr(value, "get_secret_value"):
        return f"it is a secret ({kind}), and rows are stored and published. Leave it out."
    if hasattr(value, "__dataclass_fields__"):
        return f"it is a {kind}. Convert it with dataclasses.asdict()."
    bases = {base.__module__.partition(".")[0] for base in type(value).__mro__}
    way = next((ways[name] for name in ways if name in bases), "Convert it to plain Python values, or to text.")
    return f"it is a {kind}. {way}"


class _Zoned(NamedTuple):
    """A date and time as the extension keeps it."""

    local: str
    fold: int
    zone: str | list[Any] | None


def _encode_datetime(value: datetime) -> ormsgpack.Ext:
    if getattr(value, "nanosecond", 0):
        raise _Refused("it has nanoseconds, which datetime has not. Keep it as text or as a NumPy datetime64.")
    local = datetime.isoformat(value.replace(tzinfo=None, fold=0))
    return ormsgpack.Ext(_DATETIME, _pack(list(_Zoned(local, value.fold, _encode_zone(value.tzinfo)))))


def _decode_datetime(data: bytes) -> datetime:
    local, fold, zone = ormsgpack.unpackb(data)
    return datetime.fromisoformat(local).replace(tzinfo=_decode_zone(zone), fold=fold)


def _encode_time(value: time) -> ormsgpack.Ext:
    local = value.replace(tzinfo=None, fold=0).isoformat()
    return ormsgpack.Ext(_TIME, _pack(list(_Zoned(local, value.fold, _encode_zone(value.tzinfo)))))


def _decode_time(data: bytes) -> time:
    local, fold, zone = ormsgpack.unpackb(data)
    return time.fromisoformat(local).replace(tzinfo=_decode_zone(zone), fold=fold)


def _encode_zone(zone: Any) -> str | list[Any] | None:
    """Write a zone: None, its IANA key, or [seconds, microseconds, name] of a fixed offset."""
    if zone is None:
        return None
    if isinstance(zone, ZoneInfo) and zone.key:
        return str(zone.key)
    if type(zone) is timezone:
        offset = zone.utcoffset(None)
        named = zone.tzname(None) != timezone(offset).tzname(None)
        return [offset.days * 86400 + offset.seconds, offset.microseconds, zone.tzname(None) if named else None]
    raise _Refused(
        f"its time zone is a {type(zone).__module__}.{type(zone).__qualname__}. "
        "Convert it with .astimezone(zoneinfo.ZoneInfo('<name>')) or .astimezone(datetime.timezone.utc)."
    )


def _decode_zone(zone: str | list[Any] | None) -> ZoneInfo | timezone | None:
    if zone is None or isinstance(zone, str):
        return ZoneInfo(zone) if zone else None
    seconds, microseconds, name = zone
    if (seconds, microseconds, name) == (0, 0, None):
        return timezone.utc
    offset = timedelta(seconds=seconds, microseconds=microseconds)
    return timezone(offset) if name is None else timezone(offset, name)


def _encode_numpy(value: Any) -> ormsgpack.Ext:
    import numpy as np

    code = _SCALAR if isinstance(value, np.generic) else _ARRAY
    array = np.asarray(value)
    if array.dtype.kind not in _NUMPY_KINDS or type(value) not in {np.ndarray, array.dtype.type}:
        kind = f"NumPy {type(value).__name__} of dtype {array.dtype}"
        raise _Refused(f"it is a {kind}. Convert it with .tolist() or .astype().")
    return ormsgpack.Ext(code, _pack([array.dtype.str, list(array.shape), array.tobytes()]))


def _decode_numpy(data: bytes) -> Any:
    import numpy as np

    dtype, shape, content = ormsgpack.unpackb(data)
    # frombuffer cannot make arrays of no bytes, and a view of bytes would be read-only.
    return np.ndarray(shape, np.dtype(dtype), bytearray(content) or None)


def _encode_collection(value: Any) -> ormsgpack.Ext:
    return ormsgpack.Ext(_COLLECTIONS[type(value)], _pack(list(value)))


def _unpack(data: bytes) -> Any:
    return ormsgpack.unpackb(data, ext_hook=_decode_extension)


_COLLECTIONS: dict[type, int] = {tuple: _TUPLE, set: _SET, frozenset: _FROZENSET}
_ENCODERS: dict[type, Callable[[Any], ormsgpack.Ext]] = {
    date: lambda value: ormsgpack.Ext(_DATE, value.isoformat().encode()),
    datetime: _encode_datetime,
    time: _encode_time,
    timedelta: lambda value: ormsgpack.Ext(_TIMEDELTA, _pack([value.days, value.seconds, value.microseconds])),
    Decimal: lambda value: ormsgpack.Ext(_DECIMAL, str(value).encode()),
    UUID: lambda value: ormsgpack.Ext(_UUID, value.bytes),
    int: lambda value: ormsgpack.Ext(_INT, value.to_bytes(value.bit_length() // 8 + 1, "big", signed=True)),
    complex: lambda value: ormsgpack.Ext(_COMPLEX, struct.pack(">dd", value.real, value.imag)),
    **dict.fromkeys(_COLLECTIONS, _encode_collection),
}
_DECODERS: dict[int, Callable[[bytes], Any]] = {
    _DATE: lambda data: date.fromisoformat(data.decode()),
    _DATETIME: _decode_datetime,
    _TIME: _decode_time,
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
    _ARRAY: _decode_numpy,
    _SCALAR: lambda data: _decode_numpy(data)[()],
}


def _decode_extension(code: int, data: bytes) -> Any:
    decode = _DECODERS.get(code)
    if decode is None:
        raise ValueError(f"extension type {code} is unknown: a newer version of airflow-artifacts wrote it")
    return decode(data)

"""A value comes back as it went in, or it is refused with advice."""

from __future__ import annotations

import collections
import dataclasses
import enum
import math
import struct
import sys
import uuid
import zoneinfo
from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal
from functools import reduce
from io import BytesIO
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import ormsgpack
import pytest
from hypothesis import given, settings
from pydantic import BaseModel, ConfigDict, Field, RootModel, SecretStr

from airflow_artifacts.exceptions import UnknownTimeZoneError, UnsupportedValueError
from airflow_artifacts.rows.values import decode_rows, encode_rows, join_rows
from tests.rows.support import ROWS, VALUES, is_same, round_trip

if TYPE_CHECKING:
    from collections.abc import Callable

BERLIN = zoneinfo.ZoneInfo("Europe/Berlin")


def float_of(bits: str) -> float:
    value: float = struct.unpack(">d", bytes.fromhex(bits))[0]
    return value


EXACT: dict[str, Any] = {
    "none": None,
    "true": True,
    "one": 1,
    "one as a float": 1.0,
    "minus zero": -0.0,
    "NaN": math.nan,
    "NaN with payload": float_of("7ff8000000000123"),
    "signalling NaN": float_of("7ff0000000000123"),
    "subnormal": 5e-324,
    "infinity": -math.inf,
    "largest native": 2**64 - 1,
    "beyond native": 2**64,
    "smallest native": -(2**63),
    "below native": -(2**63) - 1,
    "5000 digits": 10**5000,
    "decimal": Decimal("-0.00"),
    "decimal NaN": Decimal("NaN123"),
    "decimal sNaN": Decimal("-sNaN5"),
    "decimal infinity": Decimal("-Infinity"),
    "decimal huge": Decimal("1E+999999"),
    "decimal long": Decimal("1." + "3" * 500),
    "empty text": "",
    "lone surrogate": "a\ud800",
    "long text": "ä" * 3_000_000,
    "bytes": b"\x00\xff",
    "uuid": uuid.UUID(int=5),
    "complex": complex(-0.0, math.nan),
    "date": date(1, 1, 1),
    "first datetime": datetime.min,
    "last datetime": datetime.max,
    "fold": datetime(2020, 10, 25, 2, 30, fold=1, tzinfo=BERLIN),
    "fold without zone": datetime(2020, 10, 25, 2, 30, fold=1),
    "utc": datetime(2020, 1, 1, tzinfo=timezone.utc),
    "offset with seconds": datetime(2020, 1, 1, tzinfo=timezone(-timedelta(seconds=3661, microseconds=5))),
    "named offset": datetime(2020, 1, 1, tzinfo=timezone(timedelta(0), "Z")),
    "time": time(1, 2, 3, 4, fold=1, tzinfo=BERLIN),
    "timedelta": timedelta.min,
    "empty collections": [(), [], {}, set(), frozenset()],
    "set in tuple in dict with int keys": {1: ({2, 3}, {(4,): {frozenset({5})}})},
    "keys of every kind": {1: 2, "a": 3, None: 4, (1, 2): 5, 1.5: 6, b"x": 7, date(2020, 1, 1): 8},
    "lone surrogate as a key": {"\udfff": 1, "b": 2},
    "mixed": [1, "a", None, {"b": [1.5, {"c": ()}]}],
}


@pytest.mark.parametrize("value", EXACT.values(), ids=EXACT.keys())
def test_comes_back_exactly(value: Any) -> None:
    assert is_same(round_trip(value), value)
    assert is_same(round_trip([value, "\ud800"])[0], value), "also when the encoder alone does not suffice"


@given(VALUES)
@settings(max_examples=300, deadline=None)
def test_any_value_comes_back_exactly(value: Any) -> None:
    assert is_same(round_trip(value), value)


@given(ROWS)
@settings(max_examples=150, deadline=None)
def test_any_rows_come_back_exactly(rows: list[dict[str, Any]]) -> None:
    half = len(rows) // 2
    bodies = [encode_rows(rows[:half], first=0), encode_rows(rows[half:], first=half)]
    assert is_same(decode_rows(join_rows(len(rows), bodies)), rows)


ARRAYS: dict[str, Any] = {
    "bool": np.array([True, False]),
    "integers": np.arange(4, dtype=np.int8),
    "big-endian": np.arange(3, dtype=">i4"),
    "half": np.array([1.5, np.nan], np.float16),
    "complex": np.array([1j], np.complex64),
    "0-d": np.array(1.5),
    "empty": np.array([]),
    "empty in one dimension": np.zeros((3, 0, 2), np.float32),
    "strided": np.arange(10)[::2],
    "reversed": np.arange(10)[::-1],
    "Fortran": np.asfortranarray(np.arange(6).reshape(2, 3)),
    "broadcast": np.broadcast_to(np.float32(1), (2, 2)),
    "text": np.array(["a", "bcd", ""]),
    "bytes": np.array([b"a", b"bc\0"]),
    "dates": np.array(["2020", "NaT"], "M8[D]"),
    "durations": np.array([1, 2], "m8[10s]"),
    "read-only": np.frombuffer(b"abcd", np.uint8),
    "scalar": np.float64(1.5),
    "scalar bool": np.bool_(True),
    "scalar integer": np.uint64(2**64 - 1),
    "scalar text": np.str_("x"),
    "empty scalar text": np.str_("x")[:0],
    "scalar bytes": np.bytes_(b"x"),
    "scalar date": np.datetime64("2020-01-01", "ns"),
    "scalar NaT": np.datetime64("NaT", "s"),
    "scalar duration": np.timedelta64(5, "s"),
}


@pytest.mark.parametrize("value", ARRAYS.values(), ids=ARRAYS.keys())
def test_numpy_comes_back_exactly(value: Any) -> None:
    found = round_trip(value)
    assert is_same(found, value)
    if isinstance(found, np.ndarray):
        assert found.flags.writeable
        assert found.flags.aligned


class Color(enum.Enum):
    RED = 1


class Level(enum.IntEnum):
    LOW = 1


class Text(str):
    __slots__ = ()


class Number(int):
    pass


class Items(list[Any]):
    pass


class Amount(Decimal):
    pass


class Pair(NamedTuple):
    a: int
    b: int


@dataclasses.dataclass
class Point:
    x: int = 1


class Login(BaseModel):
    token: SecretStr = SecretStr("do not show")


class Nested(BaseModel):
    logins: list[dict[str, Login]] = Field(default_factory=lambda: [{"a": Login()}])


class Frozen(BaseModel):
    model_config = ConfigDict(frozen=True)
    x: int = 1


def keyless_zone() -> zoneinfo.ZoneInfo:
    """Give Berlin's zone without its name; its offset changes, so that it has no other."""
    from importlib import resources

    for folder in (*zoneinfo.TZPATH, str(resources.files("tzdata") / "zoneinfo")):
        try:
            with open(f"{folder}/Europe/Berlin", "rb") as file:  # noqa: PTH123 - a folder of the system's
                return zoneinfo.ZoneInfo.from_file(BytesIO(file.read()))
        except FileNotFoundError:
            continue
    raise AssertionError("no data of zones")


def recursive_list() -> list[Any]:
    items: list[Any] = []
    items += [items, items]
    return items


def recursive_dict() -> dict[str, Any]:
    item: dict[str, Any] = {}
    item["again"] = item
    return item


def recursive_tuple() -> tuple[Any, ...]:
    items: tuple[Any, ...] = ([],)
    items[0].append(items)
    return items


REFUSED: dict[str, tuple[Callable[[], Any], str]] = {
    "enum": (lambda: Color.RED, r"Use its \.value"),
    "int enum": (lambda: Level.LOW, r"Use its \.value"),
    "subclass of str": (lambda: Text("a"), "Text"),
    "subclass of int": (lambda: Number(1), "Number"),
    "subclass of list": (lambda: Items([1]), "Items"),
    "subclass of Decimal": (lambda: Amount(1), "Amount"),
    "named tuple": (lambda: Pair(1, 2), "Pair"),
    "deque": (lambda: collections.deque([1]), "deque"),
    "range": (lambda: range(3), "range"),
    "generator": (lambda: (n for n in [1]), "generator"),
    "function": (lambda: len, "builtin_function"),
    "class": (lambda: int, "type"),
    "dataclass": (Point, r"dataclasses\.asdict"),
    "secret": (lambda: SecretStr("do not show"), "secret"),
    "secret in a model": (Login, "secret"),
    "secret deep in a model": (Nested, "secret"),
    "key that is a subclass": (lambda: {Text("a"): 1}, "Text"),
    "model in a set": (lambda: {Frozen()}, "alike"),
    "model as a key": (lambda: {Frozen(): 1}, "alike"),
    "model in a tuple in a set": (lambda: {(Frozen(),)}, "alike"),
    "list in itself": (recursive_list, "100 deep"),
    "dict in itself": (recursive_dict, "100 deep"),
    "tuple in itself": (recursive_tuple, "deep"),
    "zone without a name": (lambda: datetime(2020, 1, 1, tzinfo=keyless_zone()), "astimezone"),
    "zone with half a character": (
        lambda: datetime(2020, 1, 1, tzinfo=timezone(timedelta(0), "\ud800")),
        "cannot",
    ),
    "masked array": (lambda: np.ma.array([1, 2], mask=[False, True]), r"numpy\.asarray"),
    "matrix": (lambda: np.ones((1, 1)).view(np.matrix), "matrix"),
    "record array": (lambda: np.rec.array([(1,)]), "recarray"),
    "structured": (lambda: np.zeros(2, "i4,f4"), "dtype"),
    "void": (lambda: np.void(b"abc"), "dtype"),
    "objects": (lambda: np.array([1, "a"], object), "dtype object"),
    "long double": (lambda: np.zeros(2, np.longdouble), "dtype float"),
    "long double scalar": (lambda: np.clongdouble(1), "dtype complex"),
    "NumPy text that ends with NUL": (lambda: np.str_("a\0"), "NUL"),
}


@pytest.mark.parametrize(("make", "advice"), REFUSED.values(), ids=REFUSED.keys())
def test_is_refused_with_advice(make: Callable[[], Any], advice: str) -> None:
    for value in (make(), [make()], {"a": make()}):
        with pytest.raises(UnsupportedValueError, match=advice) as caught:
            encode_rows([{"good": 1}, {"good": 1, "bad": value}], first=10)
        assert (caught.value.column, caught.value.row) == ("bad", 11)
        assert "do not show" not in str(caught.value)


def test_names_of_columns_are_unicode() -> None:
    with pytest.raises(UnsupportedValueError, match="surrogate"):
        encode_rows([{"a\ud800": 1}], first=0)


def test_conversions() -> None:
    assert is_same(round_trip(bytearray(b"x")), b"x")
    assert is_same(round_trip([memoryview(b"abcd")[::2], "\ud800"])[0], b"ac")
    assert is_same(round_trip(memoryview(b"abcd")[::2]), b"ac")
    assert is_same(round_trip(collections.OrderedDict(b=1, a=2)), {"b": 1, "a": 2})
    assert is_same(round_trip(collections.Counter({1: 2})), {1: 2})
    fixed = datetime(2020, 1, 1, tzinfo=zoneinfo.ZoneInfo("UTC"))
    assert is_same(round_trip(fixed), fixed)


def test_models_become_what_they_dump() -> None:
    class Base(BaseModel):
        x: int = 1

    class Sub(Base):
        y: tuple[int, set[int]] = (1, {2})

    class Holder(BaseModel):
        model_config = ConfigDict(arbitrary_types_allowed=True, extra="allow")
        base: Base = Sub()
        array: np.ndarray[Any, Any] = Field(default_factory=lambda: np.zeros(2))
        hidden: SecretStr = Field(default=SecretStr("x"), exclude=True)

    expected = {"base": {"x": 1, "y": (1, {2})}, "array": np.zeros(2), "more": {"y": (1, {2}), "x": 5}}
    found = round_trip(Holder(more=Sub(x=5)))
    assert found["base"] == expected["base"], "the fields of a subclass are not lost"
    assert found["more"] == expected["more"]
    assert is_same(found["array"], np.zeros(2))
    assert set(found) == {"base", "array", "more"}
    assert round_trip(RootModel[list[int]]([1])) == [1]
    assert round_trip([RootModel[list[int]]([1]), "\ud800"])[0] == [1]


def test_a_model_in_itself_is_refused() -> None:
    class Node(BaseModel):
        next: Any = None

    node = Node()
    node.next = node
    with pytest.raises(UnsupportedValueError, match=r"model_dump|deep"):
        round_trip(node)


def test_times_of_pandas() -> None:
    pandas = pytest.importorskip("pandas")
    stamp = pandas.Timestamp("2020-06-01 10:00", tz="Europe/Berlin")
    assert is_same(round_trip(stamp), datetime(2020, 6, 1, 10, tzinfo=BERLIN))
    for bad, reason in (
        (pandas.NaT, "no datetime"),
        (pandas.Timestamp(1, unit="ns"), "nanoseconds"),
        (pandas.Timestamp(np.datetime64("20000-01-01", "s")), "no datetime"),
        (pandas.Timedelta(1), "to_pytimedelta"),
        (pandas.NA, "pandas"),
        (pandas.Series([1]), r"to_list"),
    ):
        with pytest.raises(UnsupportedValueError, match=reason):
            round_trip(bad)


def test_times_of_pytz() -> None:
    pytz = pytest.importorskip("pytz")
    for is_dst in (True, False):
        moment = pytz.timezone("Europe/Berlin").localize(datetime(2020, 10, 25, 2, 30), is_dst=is_dst)
        assert is_same(round_trip(moment), datetime(2020, 10, 25, 2, 30, fold=not is_dst, tzinfo=BERLIN))
    assert round_trip(datetime(2020, 1, 1, tzinfo=pytz.utc)) == datetime(2020, 1, 1, tzinfo=timezone.utc)


def test_times_of_pendulum() -> None:
    pendulum = pytest.importorskip("pendulum")
    moment = pendulum.datetime(2020, 10, 25, 2, 30, fold=1, tz="Europe/Berlin")
    assert is_same(round_trip(moment), datetime(2020, 10, 25, 2, 30, fold=1, tzinfo=BERLIN))
    fixed = round_trip(pendulum.parse("2020-01-01T00:00:00+02:00"))
    assert (type(fixed), type(fixed.tzinfo)) == (datetime, timezone)
    assert fixed.isoformat() == "2020-01-01T00:00:00+02:00"


def test_a_zone_unknown_here_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    content = ormsgpack.packb(
        [{"a": ormsgpack.Ext(2, ormsgpack.packb(["2020-01-01T00:00:00", 0, "Mars/Olympus"]))}]
    )
    with pytest.raises(UnknownTimeZoneError, match="Mars/Olympus"):
        decode_rows(content)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x91",
        b"\xc1",
        ormsgpack.packb([{"a": ormsgpack.Ext(99, b"")}]),
        ormsgpack.packb([{"a": ormsgpack.Ext(2, b"")}]),
        ormsgpack.packb([{"a": ormsgpack.Ext(4, ormsgpack.packb([1e300, 0, 0]))}]),
        ormsgpack.packb([{"a": ormsgpack.Ext(5, b"no number")}]),
        ormsgpack.packb([{"a": ormsgpack.Ext(8, b"short")}]),
        ormsgpack.packb([{"a": ormsgpack.Ext(11, ormsgpack.packb([{}]))}]),
        ormsgpack.packb([{"a": ormsgpack.Ext(14, b"")}]),
        ormsgpack.packb(
            [{"a": ormsgpack.Ext(14, b"\x01" + ormsgpack.packb(["O", [1]]).ljust(15, b"\0") + b"x" * 8)}]
        ),
        ormsgpack.packb(
            [{"a": ormsgpack.Ext(14, b"\x01" + ormsgpack.packb(["<i8", [9]]).ljust(15, b"\0") + b"x")}]
        ),
        ormsgpack.packb([{"a": ormsgpack.Ext(14, b"\x01" + ormsgpack.packb(["<i8", [2**30]]).ljust(15, b"\0"))}]),
    ],
)
def test_other_bytes_are_no_rows(content: bytes) -> None:
    with pytest.raises(ValueError):
        decode_rows(content)


def test_an_interrupt_within_the_encoder_is_not_lost() -> None:
    interrupts = [KeyboardInterrupt()]

    class Interrupted(BaseModel):
        def model_dump(self, **_: Any) -> dict[str, Any]:
            if interrupts:
                raise interrupts.pop()
            return {}

    with pytest.raises(KeyboardInterrupt):
        encode_rows([{"a": Interrupted()}], first=0)


def test_an_interrupt_within_the_decoder_is_not_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    body = join_rows(1, [encode_rows([{"a": (1,)}], first=0)])
    monkeypatch.setattr("airflow_artifacts.rows.values._decode_extension", interrupt)
    with pytest.raises(KeyboardInterrupt):
        decode_rows(body)


NESTING: dict[str, Callable[[Any], Any]] = {
    "list": lambda value: [value],
    "dict": lambda value: {"a": value},
    "tuple": lambda value: (value,),
    "frozenset": lambda value: frozenset([value]),
    "ordered": lambda value: collections.OrderedDict(a=value),
    "int keys": lambda value: {1: value},
    "tuple in dict": lambda value: {"a": (value,)},
    "tuple in lists": lambda value: ([[[[[[[[[[value]]]]]]]]]],),
    "careful": lambda value: [value, "\ud800"],
}


@pytest.mark.parametrize("wrap", NESTING.values(), ids=NESTING.keys())
def test_what_is_accepted_can_be_read_even_from_a_deep_stack(wrap: Callable[[Any], Any]) -> None:
    accepted = 0
    for depth in (1, 8, 9, 31, 32, 33, 99, 100, 101, 102, 126, 127, 128, 252, 253, 254, 255, 256, 500, 20_000):
        value = reduce(lambda inner, _: wrap(inner), range(depth), 1)
        for rows in ([{"a": value}], [{"a": value}, {"a": 1}]):
            try:
                body = join_rows(len(rows), [encode_rows(rows, first=0)])
            except UnsupportedValueError:
                continue
            accepted = depth
            found = from_deep_stack(sys.getrecursionlimit() // 2, body)
            assert len(found) == len(rows)
    assert 8 <= accepted < 500


def from_deep_stack(frames: int, body: bytes) -> list[dict[str, Any]]:
    return decode_rows(body) if frames == 0 else from_deep_stack(frames - 1, body)


def test_a_deep_row_does_not_depend_on_its_neighbours() -> None:
    value: Any = 1
    for _ in range(150):
        value = [value]
    deep = {"a": value}
    assert encode_rows([deep, {"a": "\ud800"}], first=0).startswith(encode_rows([deep], first=0))

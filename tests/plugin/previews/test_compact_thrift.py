"""Structs of Thrift: all that Parquet has is read, and nothing else."""

from __future__ import annotations

import pytest

from airflow_artifacts.plugin.previews.compact_thrift import decode_struct
from airflow_artifacts.plugin.previews.reading import BudgetExceeded

# 1: i32 -3; 2: true; 3: false; 4: binary "ab"; 5: list of i64 [1, 150]; 6: double; 7: {1: byte 9}; 20: i16 1
STRUCT = b"\x15\x05\x11\x12\x18\x02ab\x19\x26\x02\xac\x02\x17" + bytes(8) + b"\x1c\x13\x09\0\x04\x28\x02\0"


def test_all_kinds_of_fields_are_read() -> None:
    found = decode_struct(b"before" + STRUCT + b"after", 6)
    assert found.fields == {1: -3, 2: True, 3: False, 4: b"ab", 5: [1, 150], 6: bytes(8), 7: {1: 9}, 20: 1}
    assert found.end == 6 + len(STRUCT)


def test_what_follows_the_wanted_field_is_not_read() -> None:
    assert decode_struct(STRUCT[:8], until=4).fields == {1: -3, 2: True, 3: False, 4: b"ab"}


def test_a_long_list_has_its_length_apart() -> None:
    assert decode_struct(b"\x19\xe5" + b"\x02" * 14 + b"\0").fields == {1: [1] * 14}
    assert decode_struct(b"\x19\xf5\x10" + b"\x02" * 16 + b"\0").fields == {1: [1] * 16}


@pytest.mark.parametrize("length", range(len(STRUCT)))
def test_data_that_end_within_a_struct_say_so(length: int) -> None:
    with pytest.raises(IndexError):
        decode_struct(STRUCT[:length])


def test_a_text_that_the_data_end_within_is_none_even_where_nothing_else_is_wanted() -> None:
    with pytest.raises(IndexError):
        decode_struct(b"\x18\x03ab", until=1)


@pytest.mark.parametrize(
    "data",
    [b"\x1c" * 10_000, b"\x19" + b"\x19" * 10_000, b"\x15" + b"\xff" * 20, b"\x1b\0", b"\x1e"],
    ids=["deep", "deep lists", "long number", "map", "unknown"],
)
def test_what_parquet_does_not_have_is_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match=r"nested too deep|too long|none that Parquet has"):
        decode_struct(data)


@pytest.mark.parametrize(
    "data",
    [b"\x19\xfc\xff\xff\x7f" + bytes(1_000_000), b"\x11" * 300_000, b"\x19\xf9\xff\xff\xff\x7f\x0c"],
    ids=["structs", "fields", "lists"],
)
def test_more_values_than_a_preview_takes_are_refused(data: bytes) -> None:
    with pytest.raises(BudgetExceeded):
        decode_struct(data)

"""Structs in the compact protocol of Thrift, in which the headers of Parquet are written.

https://github.com/apache/thrift/blob/master/doc/specs/thrift-compact-protocol.md
"""

from __future__ import annotations

from typing import Any, NamedTuple

from airflow_artifacts.plugin.previews.reading import BudgetExceeded

_STOP, _TRUE, _FALSE, _BYTE, _DOUBLE, _BINARY, _LIST, _SET, _MAP, _STRUCT = 0, 1, 2, 3, 7, 8, 9, 10, 11, 12
_INTEGERS = frozenset({4, 5, 6})
_VARINT_BYTES = 10
_DEPTH = 16
_VALUES = 250_000  # each takes a microsecond, and up to a hundred times the memory that its bytes do


class Decoded(NamedTuple):
    """Fields of a struct by their ids, and the offset after it, or after the field that was the last wanted."""

    fields: dict[int, Any]
    end: int


def decode_struct(data: bytes, start: int = 0, *, until: int | None = None) -> Decoded:
    """Decode a struct: whole numbers, bytes, lists, and structs as dictionaries.

    Args:
        data: Where it is.
        start: The offset at which it begins.
        until: The id of the last field that is wanted; what follows is not looked at.

    Raises:
        BudgetExceeded: It has too many values.
        IndexError: The data end within it.
        ValueError: It is something else.
    """
    decoder = _Decoder(data, start)
    return Decoded(decoder.struct(until, _DEPTH), decoder.at)


class _Decoder:
    def __init__(self, data: bytes, start: int) -> None:
        self.data = data
        self.at = start
        self.left = _VALUES

    def struct(self, until: int | None, depth: int) -> dict[int, Any]:
        fields: dict[int, Any] = {}
        number = 0
        while (head := self._byte()) != _STOP:
            self._count(1)
            number = number + (head >> 4) if head >> 4 else self._zigzag()
            kind = head & 15
            # In a field, the type of a truth value is the value.
            fields[number] = kind == _TRUE if kind in {_TRUE, _FALSE} else self._value(kind, depth)
            if number == until:
                break
        return fields

    def _value(self, kind: int, depth: int) -> Any:
        if kind in _INTEGERS:
            return self._zigzag()
        if kind == _BINARY:
            return self._take(self._varint())
        if kind in {_TRUE, _FALSE, _BYTE}:
            return self._byte()
        if kind == _DOUBLE:
            return self._take(8)
        if depth == 0:
            raise ValueError("it is nested too deep")
        if kind in {_LIST, _SET}:
            head = self._byte()
            count = head >> 4 if head >> 4 < 15 else self._varint()  # noqa: PLR2004 - four bits
            self._count(count)
            return [self._value(head & 15, depth - 1) for _ in range(count)]
        if kind == _STRUCT:
            return self.struct(None, depth - 1)
        raise ValueError(f"type {kind} is none that Parquet has")

    def _count(self, values: int) -> None:
        self.left -= values
        if self.left < 0:
            raise BudgetExceeded

    def _byte(self) -> int:
        self.at += 1
        return self.data[self.at - 1]

    def _take(self, count: int) -> bytes:
        self.at += count
        if self.at > len(self.data):
            raise IndexError("the data end within a text")
        return self.data[self.at - count : self.at]

    def _varint(self) -> int:
        value = 0
        for place in range(_VARINT_BYTES):
            byte = self._byte()
            value |= (byte & 127) << 7 * place
            if byte < 128:  # noqa: PLR2004 - the highest bit
                return value
        raise ValueError("a number is too long")

    def _zigzag(self) -> int:
        value = self._varint()
        return (value >> 1) ^ -(value & 1)

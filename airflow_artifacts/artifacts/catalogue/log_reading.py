"""Entries of many logs read at once, from the blocks that have most of what is wanted, else one by one."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, TypeVar

from airflow_artifacts.artifacts.watched import read_json
from airflow_artifacts.storage import ObjectInfo

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from airflow_artifacts.artifacts.watched import Reader

_T = TypeVar("_T")

_BLOCK = re.compile(r"([1-9][0-9]{0,8})-([1-9][0-9]{0,8})\Z")
_BLOCK_SIZE = 16 * 1024 * 1024  # bytes; of a larger one the smaller ones are read that it is made of


@dataclass(slots=True)
class Wanted(Generic[_T]):
    """What is wanted of a log.

    Attributes:
        prefix: Key of its folder.
        sizes: Of the entries that are wanted, the number and the size in bytes.
        blocks: Of its blocks, the name and the size.
        make: Makes something of an entry, a JSON value, and its number. It raises ValueError, TypeError or
            KeyError for what is damaged.
    """

    prefix: str
    sizes: Mapping[int, int]
    blocks: Mapping[str, int]
    make: Callable[[Any, int], _T]


def read_logs(reader: Reader, wanted: Sequence[Wanted[_T]]) -> list[dict[int, _T]]:
    """Give of each log, by number, what was made of the entries that could be read."""
    found: list[dict[int, _T]] = [{} for _ in wanted]
    blocks = {
        block.key: (index, block)
        for index, log in enumerate(wanted)
        if log.sizes and log.blocks
        for block in _choose(log)
    }

    def make_block(key: str, data: bytes) -> dict[int, _T]:
        index, block = blocks[key]
        return dict(_block_entries(wanted[index], block, data))

    infos = [ObjectInfo(key, block.size) for key, (_, block) in blocks.items()]
    for key, entries in reader.read(infos, make_block, is_needed=False).items():
        found[blocks[key][0]].update(entries)
    left = {
        f"{log.prefix}/{number}": (index, number, size)
        for index, log in enumerate(wanted)
        for number, size in log.sizes.items()
        if number not in found[index]
    }

    def make_entry(key: str, data: bytes) -> _T:
        index, number, _ = left[key]
        return wanted[index].make(read_json(data), number)

    for key, entry in reader.read([ObjectInfo(key, size) for key, (*_, size) in left.items()], make_entry).items():
        index, number, _ = left[key]
        found[index][number] = entry
    return found


class _Block(NamedTuple):
    key: str
    size: int
    numbers: range


def _choose(log: Wanted[_T]) -> Iterator[_Block]:
    """Give the largest blocks at least half of whose entries are wanted, and not yet in another one."""
    left = set(log.sizes)
    blocks = []
    for name, size in log.blocks.items():
        if size <= _BLOCK_SIZE and (match := _BLOCK.match(name)):
            numbers = range(int(match[1]), int(match[2]) + 1)
            blocks.append(_Block(f"{log.prefix}/blocks/{name}", size, numbers))
    for block in sorted(blocks, key=lambda block: len(block.numbers), reverse=True):
        # A stranger's name may promise a thousand million entries.
        if len(block.numbers) <= 2 * len(left) and 2 * len(left.intersection(block.numbers)) >= len(block.numbers):
            left.difference_update(block.numbers)
            yield block


def _block_entries(log: Wanted[_T], block: _Block, data: bytes) -> Iterator[tuple[int, _T]]:
    """Give the entries in a block that are wanted and not damaged: the others are read from where they are.

    Raises:
        ValueError: It has more entries than its name says, or less.
    """
    if data.count(b"\n") + 1 != len(block.numbers):
        raise ValueError("it has more entries than its name says, or less")
    for number, line in zip(block.numbers, data.split(b"\n"), strict=True):
        if number in log.sizes:
            try:
                yield number, log.make(read_json(line), number)
            except (ValueError, TypeError, KeyError, OverflowError):
                continue

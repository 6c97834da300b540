"""What a listing says of the registry of each name."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from airflow_artifacts.storage import ObjectInfo

_NUMBER = re.compile(r"[1-9][0-9]{0,8}\Z")
_CHANGES, _BLOCKS = "changes/", "blocks/"


@dataclass(slots=True)
class Listed:
    """Sizes of the objects in a folder.

    Two are equal where nothing has to be read: blocks only save requests.

    Attributes:
        name: That of the object with the artifact's name, None where there is none.
        records: Those of the records, by number.
        changes: Those of what happened later, by number.
        blocks: Those of the blocks of records, by their name.
        change_blocks: Those of the blocks of changes, by their name.
    """

    name: int | None = None
    records: dict[int, int] = field(default_factory=dict)
    changes: dict[int, int] = field(default_factory=dict)
    blocks: dict[str, int] = field(default_factory=dict, compare=False)
    change_blocks: dict[str, int] = field(default_factory=dict, compare=False)


def group(prefix: str, infos: Sequence[ObjectInfo]) -> dict[str, Listed]:
    """Give by folder what there is directly below a prefix."""
    found: dict[str, Listed] = {}
    start = len(prefix) + 1
    for info in infos:
        folder, _, tail = info.key[start:].partition("/")
        listed = found.get(folder)
        if listed is None:
            listed = found[folder] = Listed()
        if _NUMBER.match(tail):
            listed.records[int(tail)] = info.size
        else:
            _add(listed, tail, info.size)
    return found


def _add(listed: Listed, tail: str, size: int) -> None:
    rest = tail.removeprefix(_CHANGES)
    is_change = rest != tail
    if rest.startswith(_BLOCKS):
        (listed.change_blocks if is_change else listed.blocks)[rest.removeprefix(_BLOCKS)] = size
    elif is_change and _NUMBER.match(rest):
        listed.changes[int(rest)] = size
    elif tail == "name":
        listed.name = size

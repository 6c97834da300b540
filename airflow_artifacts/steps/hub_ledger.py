"""The ledger of checkpoints: which files in a repository a work has written.

It is committed with the files that it describes, so it is true of every commit. There is one for each work, so
that works know nothing of each other::

    .checkpoints/<work>.json                 of a work that has a key: a task of Airflow, whatever its try
    .checkpoints/<work>.<run>.<state>.json   of a run of a script; the state is "open" or "done"

What it says is checked, because anybody who may write into the repository can change it.
"""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, NoReturn

from airflow_artifacts.exceptions import DamagedObjectError
from airflow_artifacts.steps.hub_schema import check_columns

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from typing import TypeVar

    from airflow_artifacts.steps.hub_schema import Columns

    T = TypeVar("T")

FOLDER = ".checkpoints"
FORMAT = "airflow-artifacts/checkpoints/1"
COLUMNS_FORMAT = "airflow-artifacts/checkpoint-columns/1"

_CONFIG = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,120}\Z")
_SHA256 = re.compile(r"[0-9a-f]{64}\Z")
_ID = re.compile(r"[0-9a-f]{1,64}\Z")
_NUMBER = re.compile(r"train-(\d{5,9})\.jsonl\Z")
_REMEDY = (
    "Restore it from an earlier commit; if it is deleted, its work begins anew, after the rows that are there."
)


@dataclass(frozen=True)
class Entry:
    """A file: where it is, how many rows it has, and the SHA-256 of its bytes."""

    path: str
    rows: int
    sha256: str


@dataclass(frozen=True)
class Writer:
    """A process that writes: a random id, and when it began, as ISO 8601 in UTC with microseconds."""

    id: str
    started: str


@dataclass(frozen=True)
class Ledger:
    """The files of a work by configuration, in the order of the rows, and who wrote it last."""

    writer: Writer
    configs: Mapping[str, tuple[Entry, ...]] = field(default_factory=dict)

    def to_bytes(self) -> bytes:
        """Write it as JSON."""
        return _json({"format": FORMAT, **asdict(self)})

    @classmethod
    def from_bytes(cls, data: bytes, url: str) -> Ledger:
        """Read what ``to_bytes`` wrote.

        Raises:
            DamagedObjectError: It is something else.
        """
        return _read(data, url, FORMAT, _ledger)


def columns_to_bytes(columns: Columns) -> bytes:
    """Write the types of a configuration's columns as JSON."""
    return _json({"format": COLUMNS_FORMAT, "columns": columns})


def columns_from_bytes(data: bytes, url: str) -> Columns:
    """Read what ``columns_to_bytes`` wrote.

    Raises:
        DamagedObjectError: It is something else.
    """
    return _read(data, url, COLUMNS_FORMAT, lambda content: check_columns(content["columns"]))


def columns_path(config: str) -> str:
    """Give the path of the file with the types of a configuration's columns."""
    return f"{FOLDER}/columns/{config}.json"


def file_path(config: str, number: int) -> str:
    """Give the path of a file of a configuration."""
    return f"{config}/train-{number:05}.jsonl"


def file_number(config: str, path: str) -> int | None:
    """Give the number of a file, None where it is no file of the configuration."""
    folder, _, name = path.rpartition("/")
    found = _NUMBER.match(name) if folder == config else None
    return int(found[1]) if found else None


def next_number(config: str, paths: Iterable[str]) -> int:
    """Give the number after those of all files of a configuration."""
    numbers = (file_number(config, path) for path in paths)
    return max((number for number in numbers if number is not None), default=-1) + 1


def _json(content: Any) -> bytes:
    return json.dumps(content, indent=0, allow_nan=False).encode()


def _read(data: bytes, url: str, format_: str, convert: Callable[[Any], T]) -> T:
    try:
        content = json.loads(data)
        return convert(content) if content["format"] == format_ else _refuse_format(format_)
    except (ValueError, TypeError, LookupError, AttributeError, RecursionError) as error:
        raise DamagedObjectError(url, f"it is no file of checkpoints ({error!r}).", _REMEDY) from error


def _refuse_format(format_: str) -> NoReturn:
    raise ValueError(f"its format is not {format_!r}")


def _ledger(content: Any) -> Ledger:
    writer = Writer(**content["writer"])
    if not _ID.match(writer.id) or datetime.fromisoformat(writer.started).utcoffset() is None:
        raise ValueError("its writer is none")
    configs = {
        config: tuple(Entry(**entry) for entry in entries) for config, entries in content["configs"].items()
    }
    for config, entries in configs.items():
        numbers = [file_number(config, entry.path) for entry in entries]
        known = [number for number in numbers if number is not None]
        # Paths of other files would be replaced or deleted.
        if not _CONFIG.match(config) or len(known) < len(numbers) or sorted(set(known)) != known:
            raise ValueError("its paths are not those of files of a configuration, in order")
        if not all(
            type(entry.rows) is int and entry.rows >= 0 and _SHA256.match(entry.sha256) for entry in entries
        ):
            raise ValueError("an entry is none")
    return Ledger(writer, configs)

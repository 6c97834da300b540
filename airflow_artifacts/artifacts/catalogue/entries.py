"""What the catalogue keeps of a version: what lists show and filter by, cut so that memory is bounded."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from airflow_artifacts.artifacts.watched import (
    read_optional_text,
    read_producer,
    read_text,
    read_time,
    read_version,
    typed,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from airflow_artifacts.storage import Producer

RECORD_FORMAT = "airflow-artifacts/version/1"
ABSENT = object()

_TAGS_LIMIT = 100
_TAG_LIMIT = 200  # characters
_PARENTS_LIMIT = 1000
_KEYS_LIMIT = 200
_KEY_LIMIT = 200  # characters
_VALUE_LIMIT = 1000  # characters
_CUT = 120  # characters
_BITS = 2048  # which metadata may have at most
_SIZE_LIMIT = 2**63


JsonType: TypeAlias = Literal["string", "number", "boolean", "null", "list", "object"]


@dataclass(frozen=True, slots=True)
class Brief:
    """The beginning of a value of metadata that is not kept whole.

    Attributes:
        type: Its JSON type.
        text: The first characters, of a text or of JSON.
        size: Characters of the whole.
    """

    type: JsonType
    text: str
    size: int

    @property
    def is_cut(self) -> bool:
        """Whether there is more than the text."""
        return self.size > len(self.text)


Value: TypeAlias = bool | int | float | str | Brief | None


@dataclass(frozen=True, slots=True)
class Entry:
    """A version in the catalogue.

    Attributes:
        name: The artifact's name.
        version: Number of the version.
        label: Label of the version, besides the number.
        kind: What it is for people.
        media_type: Media type of its only file, None for folders and where it is not known.
        size: Size of all files in bytes.
        created_at: When it was saved, ISO 8601 in UTC with microseconds: the order of texts is that of time.
        tags: Words to find it by: the first hundred that are no longer than 200 characters.
        step: Name of the step that saved it.
        producer: The attempt that saved it, None outside of tasks.
        parents: Names and numbers of the versions that it was made of, the first thousand.
        is_by_reference: Whether its files are kept elsewhere.
        metadata: What the version's ``metadata`` has now, except for the size, unless that was given: the first
            200 keys.
    """

    name: str
    version: int
    label: str | None
    kind: str
    media_type: str | None
    size: int
    created_at: str
    tags: tuple[str, ...]
    step: str | None
    producer: Producer | None
    parents: tuple[tuple[str, int], ...]
    is_by_reference: bool
    metadata: Mapping[str, Value]

    @property
    def dag_id(self) -> str | None:
        """The DAG that made it, None outside of tasks."""
        return None if self.producer is None else self.producer.dag_id

    def get(self, key: str) -> Any:
        """Give a value of the metadata, the size included, and ``ABSENT`` where there is none."""
        return self.metadata.get(key, self.size if key == "size" else ABSENT)


def read_entry(record: Any, name: str, number: int) -> Entry:
    """Make an entry of the record of a version, of which nothing is believed.

    The files are not looked at: whoever reads them reads the whole record.

    Raises:
        ValueError: It is something else, or the record of another artifact, or its folder is not the producer's.
        KeyError: Something is missing.
    """
    typed(record, dict, "the record")
    if record["format"] != RECORD_FORMAT or record["name"] != name:
        raise ValueError(f"the format is {record['format']!r:.100} and the name {record['name']!r:.300}")
    size = typed(record["size"], int, "size")
    if not 0 <= size < _SIZE_LIMIT:
        raise ValueError("the size is none")
    producer = read_producer(record["producer"])
    # Who may see it is decided by the producer's DAG, so the files may be no other's.
    if not typed(record["path"], str, "the path").startswith(_folder(producer)):
        raise ValueError(f"the path {record['path']!r:.300} is not in the folder of its producer")
    return Entry(
        name=name,
        version=number,
        label=read_optional_text(record["label"], "label"),
        kind=read_text(record["kind"], "kind"),
        media_type=read_optional_text(record["media_type"], "media_type"),
        size=size,
        created_at=read_time(record["created_at"]),
        tags=_read_tags(record["tags"]),
        step=read_optional_text(record["step"], "step"),
        producer=producer,
        parents=_read_parents(record["parents"]),
        is_by_reference=record["source"] is not None,
        metadata=_read_metadata(record),
    )


@lru_cache(4096)
def _folder(producer: Producer | None) -> str:
    """Give how the paths begin of what an attempt saved, or what was saved outside of tasks."""
    return "saved/" if producer is None else f"{producer.prefix}/artifacts/"


def shortened(metadata: Mapping[str, Any]) -> dict[str, Value]:
    """Keep of metadata what the catalogue keeps."""
    kept = islice((key for key in metadata if len(key) <= _KEY_LIMIT), _KEYS_LIMIT)
    return {key: _brief(metadata[key]) for key in kept}


def overlaid(*layers: Mapping[str, Value]) -> dict[str, Value]:
    """Lay shortened metadata over each other, the last one on top."""
    found: dict[str, Value] = {}
    for layer in layers:
        found.update(layer)
    return found if len(found) <= _KEYS_LIMIT else dict(islice(found.items(), _KEYS_LIMIT))


def _read_metadata(record: Mapping[str, Any]) -> dict[str, Value]:
    facts, metadata = typed(record["facts"], dict, "facts"), typed(record["metadata"], dict, "metadata")
    return shortened({**facts, **metadata})


def _brief(value: Any) -> Value:
    if isinstance(value, str):
        return value if len(value) <= _VALUE_LIMIT else Brief("string", value[:_CUT], len(value))
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int | float):
        is_plain = math.isfinite(value) if isinstance(value, float) else value.bit_length() <= _BITS
        return value if is_plain else _brief_json("number", value)
    return _brief_json("list" if isinstance(value, list) else "object", value)


def _brief_json(kind: Literal["number", "list", "object"], value: Any) -> Brief:
    text = json.dumps(value, ensure_ascii=False)
    return Brief(kind, text[:_CUT], len(text))


@lru_cache(4096)
def _shared(tags: tuple[str, ...]) -> tuple[str, ...]:
    return tags


def _read_tags(value: Any) -> tuple[str, ...]:
    if not typed(value, list, "tags"):
        return ()
    tags = [typed(tag, str, "a tag") for tag in value]
    return _shared(tuple([tag for tag in tags if len(tag) <= _TAG_LIMIT][:_TAGS_LIMIT]))


def _read_parents(value: Any) -> tuple[tuple[str, int], ...]:
    if not typed(value, list, "parents"):
        return ()
    return tuple(dict.fromkeys(map(read_version, value[:_PARENTS_LIMIT])))

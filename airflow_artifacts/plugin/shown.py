"""What answers say of artifacts, as JSON values (the types are those of ``ui/src/api.ts``)."""

from __future__ import annotations

import json
from dataclasses import asdict
from itertools import islice
from typing import TYPE_CHECKING, Any

from airflow_artifacts.artifacts.catalogue import Brief
from airflow_artifacts.artifacts.uris import artifact_uri
from airflow_artifacts.plugin.airflow_internals import find_tries

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from airflow_artifacts.artifacts.catalogue import Entry, JsonType, Page
    from airflow_artifacts.plugin.airflow_internals import Try
    from airflow_artifacts.storage import Producer

_KEYS, _CHARACTERS = 200, 20_000  # of metadata that is shown in full
_TOGETHER = 400_000  # characters of all its values; when they are used up, each has only a few
_LINE = 100  # characters
_TAGS = 20  # in lists
_KEYS_IN_LISTS, _CHARACTERS_IN_LISTS = 12, 120


def shown_page(page: Page) -> dict[str, Any]:
    """Describe a page of a list."""
    return {"items": shown_items(page.entries), "total": page.total, "as_of": page.as_of}


def shown_items(entries: Sequence[Entry]) -> list[dict[str, Any]]:
    """Describe versions, as lists have them."""
    producers = shown_producers(entry.producer for entry in entries)
    return [
        {
            "name": entry.name,
            "version": entry.version,
            "label": entry.label,
            "uri": artifact_uri(entry.name, entry.version),
            "kind": entry.kind,
            "media_type": entry.media_type,
            "size": entry.size,
            "created_at": entry.created_at,
            "tags": list(entry.tags[:_TAGS]),
            "step": entry.step,
            "producer": producer,
            "metadata": [
                _value(key, value, _CHARACTERS_IN_LISTS)
                for key, value in islice(entry.metadata.items(), _KEYS_IN_LISTS)
            ],
            "is_by_reference": entry.is_by_reference,
        }
        for entry, producer in zip(entries, producers, strict=True)
    ]


def shown_producers(producers: Iterable[Producer | None]) -> list[dict[str, Any] | None]:
    """Describe the attempts that made something, with what Airflow knows of them, asked for all at once."""
    producers = list(producers)
    tries = find_tries(producer.attempt for producer in producers if producer is not None)
    return [None if producer is None else _producer(producer, tries) for producer in producers]


def _producer(producer: Producer, tries: Mapping[str, Try]) -> dict[str, Any]:
    known = tries.get(producer.attempt)
    state = None if known is None else known.state
    return {**asdict(producer), "state": state, "is_latest_try": None if known is None else known.is_latest}


class Shortener:
    """Cuts metadata to what can be shown, all that it is given together."""

    def __init__(self) -> None:
        self._left = _TOGETHER

    def show(self, metadata: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Describe metadata."""
        values = []
        for key, value in islice(metadata.items(), _KEYS):
            limit = min(_CHARACTERS, max(_CHARACTERS_IN_LISTS, self._left))
            values.append(_value(key[:_CHARACTERS_IN_LISTS], value, limit))
            self._left -= len(values[-1]["text"])
        return values


def _value(key: str, value: Any, limit: int) -> dict[str, Any]:
    if not isinstance(value, Brief):
        text = value if isinstance(value, str) else _json(value)
        value = Brief(_json_type(value), text[:limit], len(text))
    shown = value.text[:limit]
    return {"key": key, "type": value.type, "text": shown, "size": value.size, "is_cut": value.size > len(shown)}


def _json(value: Any) -> str:
    """Write JSON in a line, or, where that would be long, in many."""
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _LINE else json.dumps(value, ensure_ascii=False, indent=1)


def _json_type(value: Any) -> JsonType:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int | float):
        return "number"
    if isinstance(value, str):
        return "string"
    return "list" if isinstance(value, list) else "object"

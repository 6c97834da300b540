"""Which versions are wanted."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date, datetime, time, timezone
from typing import TYPE_CHECKING, Any

from airflow_artifacts.exceptions import ArtifactError, QueryError
from airflow_artifacts.storage.metadata import normalise

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from airflow_artifacts.artifacts.versions import ArtifactVersion

_ABSENT = object()
_ZULU = re.compile(r"[Zz]\Z")  # Python 3.10 does not know it


@dataclass(frozen=True)
class VersionFilter:
    """What a version has to have; what is None or empty does not matter.

    Attributes:
        metadata: Keys and the values that they have now, compared as JSON values: ``1`` is not ``True``.
        tags: Tags, all of which it has.
        dag_id: DAG of its producer.
        run_id: DAG run of its producer.
        task_id: Task of its producer.
        created_after: It was saved later. Without a time zone, the moment is in UTC; a date is its first moment.
        created_before: It was saved earlier.

    Raises:
        QueryError: Metadata that no version can have, or a text that is no date.
    """

    metadata: Mapping[str, Any] | None = None
    tags: str | Sequence[str] = ()
    dag_id: str | None = None
    run_id: str | None = None
    task_id: str | None = None
    created_after: date | str | None = None
    created_before: date | str | None = None
    _wanted: Mapping[str, Any] = field(init=False, repr=False)
    _tags: frozenset[str] = field(init=False, repr=False)
    _after: datetime | None = field(init=False, repr=False)
    _before: datetime | None = field(init=False, repr=False)

    def __post_init__(self) -> None:
        wanted = {key: _json(key, value) for key, value in (self.metadata or {}).items()}
        for name, value in (
            ("_wanted", wanted),
            ("_tags", frozenset([self.tags] if isinstance(self.tags, str) else self.tags)),
            ("_after", _moment("created_after", self.created_after)),
            ("_before", _moment("created_before", self.created_before)),
        ):
            object.__setattr__(self, name, value)

    def matches(self, version: ArtifactVersion) -> bool:
        """Say whether a version is wanted."""
        return (
            self._is_produced(version)
            and self._tags <= set(version.tags)
            and (self._after is None or version.created_at > self._after)
            and (self._before is None or version.created_at < self._before)
            and (not self._wanted or self._has_metadata(version.metadata))
        )

    def _is_produced(self, version: ArtifactVersion) -> bool:
        return all(
            wanted is None or (version.producer is not None and getattr(version.producer, name) == wanted)
            for name, wanted in (("dag_id", self.dag_id), ("run_id", self.run_id), ("task_id", self.task_id))
        )

    def _has_metadata(self, metadata: Mapping[str, Any]) -> bool:
        return all(_equal(metadata.get(key, _ABSENT), value) for key, value in self._wanted.items())


def _equal(found: object, wanted: object) -> bool:
    """Compare JSON values; for Python alone, ``1 == True``."""
    if isinstance(found, bool) or isinstance(wanted, bool):
        return found is wanted
    if isinstance(found, list) and isinstance(wanted, list):
        return len(found) == len(wanted) and all(map(_equal, found, wanted))
    if isinstance(found, dict) and isinstance(wanted, dict):
        return found.keys() == wanted.keys() and all(_equal(found[key], wanted[key]) for key in wanted)
    return found == wanted


def parse_moment(text: str) -> datetime:
    """Read a date, or a date and a time, as ISO 8601.

    Raises:
        ValueError: It is none.
    """
    return datetime.fromisoformat(_ZULU.sub("+00:00", text))


def _json(key: str, value: object) -> Any:
    try:
        return normalise(key, value)
    except ArtifactError as error:
        raise QueryError(f"The filter metadata[{key!r}]", error.problem) from error


def _moment(name: str, value: date | str | None) -> datetime | None:
    if value is None:
        return None
    try:
        moment = parse_moment(value) if isinstance(value, str) else value
    except ValueError as error:
        problem = f"{value!r} is no date. Give ISO 8601: 2026-01-31, or 2026-01-31T08:00:00+00:00."
        raise QueryError(f"The filter {name}", problem) from error
    if not isinstance(moment, datetime):
        moment = datetime.combine(moment, time.min)
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=timezone.utc)

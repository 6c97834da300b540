"""What is looked for in the catalogue."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, time, timezone
from typing import TYPE_CHECKING

from airflow_artifacts.artifacts.filters import parse_moment
from airflow_artifacts.artifacts.watched import utc_text
from airflow_artifacts.exceptions import QueryError

if TYPE_CHECKING:
    from airflow_artifacts.artifacts.catalogue.conditions import Condition
    from airflow_artifacts.artifacts.catalogue.entries import Entry

_TEXTS = ("name", "dag_id", "run_id", "task_id", "kind")
SORTS = ("name", "version", "kind", "size", "created_at")
_LIMIT = 200
_COUNT_LIMIT = 20  # tags, and conditions on metadata
_LENGTH_LIMIT = 1000  # characters of each text


@dataclass(frozen=True)
class Query:
    """Which versions are looked for, in which order, and which are shown. What is not given does not matter.

    Attributes:
        text: Part of the name, in upper or lower case; errors call it ``q``, as URLs do.
        name: The whole name.
        dag_id: DAG of the producer.
        run_id: DAG run of the producer.
        task_id: Task of the producer.
        map_index: Index of the producer, -1 where the task is not mapped.
        kind: Kind of the artifact.
        tags: Tags, all of which a version has; at most 20. Errors call them ``tag``.
        metadata: What holds for its metadata, all of it; at most 20 conditions.
        created_after: It was saved later. Without a time zone, the moment is in UTC; a date is its first moment.
        created_before: It was saved earlier.
        latest: Only the newest version of each name, of those that are all this.
        sort: ``name``, ``version``, ``kind``, ``size`` or ``created_at``, with ``-`` before it for the other
            direction. What is equal is in the order of names and versions.
        limit: How many are shown at most, from 1 to 200.
        offset: How many are left out before.

    Raises:
        QueryError: A value makes no sense, a text has more than 1,000 characters, or there are too many.
    """

    text: str = ""
    name: str | None = None
    dag_id: str | None = None
    run_id: str | None = None
    task_id: str | None = None
    map_index: int | None = None
    kind: str | None = None
    tags: tuple[str, ...] = ()
    metadata: tuple[Condition, ...] = ()
    created_after: date | str | None = None
    created_before: date | str | None = None
    latest: bool = False
    sort: str = "-created_at"
    limit: int = 50
    offset: int = 0
    _text: str = field(init=False, repr=False)
    _tags: frozenset[str] = field(init=False, repr=False)
    _after: str = field(init=False, repr=False)
    _before: str = field(init=False, repr=False)
    _producer: tuple[tuple[str, str | int], ...] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        if self.sort.removeprefix("-") not in SORTS:
            raise QueryError("The parameter sort", f"{self.sort[:100]!r} is none of {', '.join(SORTS)}.")
        if not 1 <= self.limit <= _LIMIT:
            raise QueryError("The parameter limit", f"{self.limit} is not between 1 and {_LIMIT}.")
        if self.offset < 0:
            raise QueryError("The parameter offset", f"{self.offset} is less than 0.")
        self._check_amount()
        producer = {name: getattr(self, name) for name in ("dag_id", "run_id", "task_id", "map_index")}
        for name, value in (
            ("_text", self.text.lower()),
            ("_tags", frozenset(self.tags)),
            ("_after", _moment("created_after", self.created_after)),
            ("_before", _moment("created_before", self.created_before)),
            ("_producer", tuple((name, value) for name, value in producer.items() if value is not None)),
        ):
            object.__setattr__(self, name, value)

    def _check_amount(self) -> None:
        """See to it that to compare one version with it takes little."""
        for name, items in (("tag", self.tags), ("metadata", self.metadata)):
            if len(items) > _COUNT_LIMIT:
                raise QueryError(
                    f"The parameter {name}", f"it is given {len(items)} times. Give at most {_COUNT_LIMIT}."
                )
        texts = {"q": self.text, **{name: getattr(self, name) for name in _TEXTS}}
        for name, text in (*texts.items(), *(("tag", tag) for tag in self.tags)):
            if text is not None and len(text) > _LENGTH_LIMIT:
                raise QueryError(
                    f"The parameter {name}", f"it has {len(text):,} characters. Give at most {_LENGTH_LIMIT:,}."
                )

    def matches_text(self, name: str) -> bool:
        """Say whether a name has the part that is wanted."""
        return self._text in name.lower()

    def matches(self, entry: Entry) -> bool:
        """Say whether a version is wanted, as far as its name does not matter."""
        return (
            (not self._producer or self._is_produced(entry))
            and (self.kind is None or entry.kind == self.kind)
            and (not self._after or entry.created_at > self._after)
            and (not self._before or entry.created_at < self._before)
            and (not self._tags or self._tags.issubset(entry.tags))
            and all(condition.matches(entry) for condition in self.metadata)
        )

    def _is_produced(self, entry: Entry) -> bool:
        producer = entry.producer
        return producer is not None and all(getattr(producer, name) == value for name, value in self._producer)


def _moment(name: str, value: date | str | None) -> str:
    """Give a moment as entries have it, an empty text where there is none."""
    if value is None or value == "":
        return ""
    try:
        moment = parse_moment(value) if isinstance(value, str) else value
        if not isinstance(moment, datetime):
            moment = datetime.combine(moment, time.min)
        return utc_text(moment if moment.tzinfo is not None else moment.replace(tzinfo=timezone.utc))
    except (ValueError, OverflowError) as error:
        problem = f"{str(value)[:100]!r} is no date. Give ISO 8601: 2026-01-31, or 2026-01-31T08:00:00+00:00."
        raise QueryError(f"The filter {name}", problem) from error

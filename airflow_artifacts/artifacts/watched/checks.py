"""Values that came out of a store, of which nothing is believed."""

from __future__ import annotations

import re
from datetime import datetime, timezone
from functools import lru_cache
from typing import Any

from airflow_artifacts.artifacts.filters import parse_moment
from airflow_artifacts.storage import Producer, check_artifact_name
from airflow_artifacts.storage.keys import has_controls

TEXT_LIMIT = 1000  # characters of what is no metadata: names, labels, tags
_UTC = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6}\+00:00\Z")


def utc_text(moment: datetime) -> str:
    """Write a moment as ``read_time`` does.

    Raises:
        OverflowError: It is in no year that there is.
    """
    return moment.astimezone(timezone.utc).isoformat(timespec="microseconds")


def typed(value: Any, kind: type[Any], what: str) -> Any:
    """Give a value if it is of a type, and of no other one that Python takes for it.

    Raises:
        ValueError: It is not.
    """
    if type(value) is not kind:
        raise ValueError(f"{what} is a {type(value).__name__}")
    return value


def read_text(value: Any, what: str, limit: int = TEXT_LIMIT) -> str:
    """Give a text of at most 1,000 characters, or of another limit.

    Raises:
        ValueError: It is none.
    """
    if type(value) is not str or len(value) > limit:
        raise ValueError(f"{what} is no text, or a very long one")
    return value


def read_optional_text(value: Any, what: str, limit: int = TEXT_LIMIT) -> str | None:
    """Give such a text, or None.

    Raises:
        ValueError: It is something else.
    """
    return None if value is None else read_text(value, what, limit)


def read_time(value: Any) -> str:
    """Read a moment, and write it in UTC with microseconds, so that the order of texts is that of time.

    Raises:
        ValueError: It is none, or has no time zone.
        OverflowError: It is in no year that there is.
    """
    text = read_text(value, "created_at")
    if _UTC.match(text):
        datetime.fromisoformat(text)  # there may be no such day
        return text
    moment = parse_moment(text)
    if moment.utcoffset() is None:
        raise ValueError("created_at has no time zone")
    return utc_text(moment)


_checked_name = lru_cache(4096)(check_artifact_name)


_shared_producer = lru_cache(4096)(Producer)  # one attempt often saves several artifacts


@lru_cache(4096)
def _checked_id(value: str) -> str:
    """Give an id if Airflow may have such a one: ``~`` means all DAGs to it, or all runs."""
    if value in {"", "~"} or has_controls(value):
        raise ValueError(f"Airflow has no such id as {value!r:.100}")
    return value


def read_producer(value: Any) -> Producer | None:
    """Read a producer, a dictionary or None.

    Raises:
        ValueError: It is something else, or Airflow has no such ids.
        KeyError: Something is missing.
    """
    if value is None:
        return None
    typed(value, dict, "the producer")
    return _shared_producer(
        _checked_id(read_text(value["dag_id"], "dag_id")),
        _checked_id(read_text(value["run_id"], "run_id")),
        _checked_id(read_text(value["task_id"], "task_id")),
        typed(value["map_index"], int, "map_index"),
        typed(value["try_number"], int, "try_number"),
        read_text(value["attempt"], "attempt"),
        read_optional_text(value["logical_date"], "logical_date"),
    )


def read_version(value: Any) -> tuple[str, int]:
    """Read the name and the number of a version, a list of two.

    Raises:
        ValueError: It is something else.
        UnsafeNameError: The name is none.
    """
    name, number = typed(value, list, "a version")
    return _checked_name(read_text(name, "a name")), typed(number, int, "a number")

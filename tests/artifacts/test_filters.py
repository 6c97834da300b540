from __future__ import annotations

from datetime import date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from airflow_artifacts.artifacts import ArtifactRecord, ArtifactRepository, VersionFilter
from airflow_artifacts.artifacts.registry import MetadataChange
from airflow_artifacts.exceptions import QueryError
from airflow_artifacts.storage import Producer, open_store

WHEN = "2026-01-02T03:04:05.000006+00:00"


def matches(wanted: VersionFilter, changes: list[dict[str, Any]] | None = None, **record: Any) -> bool:
    repository = ArtifactRepository(open_store("memory://unused"))
    values = {"path": "saved/a-0123456789abcdef", "files": None, "size": 5, "created_at": WHEN} | record
    history = [MetadataChange(change, WHEN) for change in changes or []]
    return wanted.matches(repository.version(1, ArtifactRecord("a", **values), history))


def test_an_empty_filter_wants_all() -> None:
    assert matches(VersionFilter())
    assert matches(VersionFilter(metadata={}, tags=[], dag_id=None))


@pytest.mark.parametrize(
    ("wanted", "found", "expected"),
    [
        (1, 1, True),
        (1, 1.0, True),
        (1, True, False),
        (True, 1, False),
        (0, False, False),
        (False, False, True),
        ("1", 1, False),
        (None, None, True),
        (None, 0, False),
        ([1, True], [1, True], True),
        ([1], [True], False),
        ([1], [1, 1], False),
        ({"a": [0]}, {"a": [False]}, False),
        ({"a": 1}, {"a": 1, "b": 2}, False),
        ({"a": {"b": "c"}}, {"a": {"b": "c"}}, True),
        ((1, 2), [1, 2], True),
        (np.int64(3), 3, True),
        (np.bool_(1), True, True),
        (date(2026, 1, 2), "2026-01-02", True),
        (Path("/a"), "/a", True),
    ],
)
def test_metadata_is_compared_as_json(wanted: Any, found: Any, expected: bool) -> None:
    assert matches(VersionFilter(metadata={"x": wanted}), metadata={"x": found, "y": 0}) is expected


def test_an_absent_key_is_not_none_and_all_have_to_match() -> None:
    assert not matches(VersionFilter(metadata={"x": None}))
    assert not matches(VersionFilter(metadata={"x": 1, "y": 2}), metadata={"x": 1})
    assert matches(VersionFilter(metadata={"x": 1, "y": 2}), metadata={"x": 1, "y": 2})


def test_only_the_newest_value_counts() -> None:
    changes = [{"x": 2}, {"y": 1}, {"x": 3}]
    assert [n for n in range(5) if matches(VersionFilter(metadata={"x": n}), changes, metadata={"x": 1})] == [3]


def test_automatic_metadata_is_matched_unless_other_was_given() -> None:
    assert matches(VersionFilter(metadata={"size": 5, "length": 3}), facts={"length": 3})
    assert not matches(VersionFilter(metadata={"length": 3}), facts={"length": 3}, metadata={"length": 4})


@pytest.mark.parametrize(
    ("tags", "expected"), [("a", True), (["a"], True), (("b", "a"), True), ("ab", False), (["a", "c"], False)]
)
def test_all_tags_are_wanted(tags: Any, expected: bool) -> None:
    assert matches(VersionFilter(tags=tags), tags=("a", "b")) is expected


def test_the_producer() -> None:
    producer = Producer("d", "r", "t", 3)
    for right, wrong in ((VersionFilter(dag_id="d"), "dag_id"), (VersionFilter(run_id="r"), "run_id")):
        assert matches(right, producer=producer)
        assert not matches(VersionFilter(**{wrong: "x"}), producer=producer)  # type: ignore[arg-type]
        assert not matches(right), "what no task made is not wanted"
    assert matches(VersionFilter(dag_id="d", run_id="r", task_id="t"), producer=producer)
    assert not matches(VersionFilter(dag_id="d", run_id="r", task_id="u"), producer=producer)


AWARE = datetime.fromisoformat(WHEN)


@pytest.mark.parametrize(
    "moment",
    [
        AWARE,
        AWARE.replace(tzinfo=None),
        AWARE.astimezone(timezone(timedelta(hours=5))),
        WHEN,
        WHEN.partition("+")[0],
    ],
    ids=["aware", "naive", "elsewhere", "text", "naive text"],
)
def test_moments_with_and_without_a_zone(moment: Any) -> None:
    def shifted(by: int) -> Any:
        value = datetime.fromisoformat(moment) if isinstance(moment, str) else moment
        value += timedelta(microseconds=by)
        return value.isoformat() if isinstance(moment, str) else value

    assert [matches(VersionFilter(created_after=shifted(by))) for by in (-1, 0, 1)] == [True, False, False]
    assert [matches(VersionFilter(created_before=shifted(by))) for by in (-1, 0, 1)] == [False, False, True]
    assert matches(VersionFilter(created_after=shifted(-1), created_before=shifted(1)))


def test_a_date_is_its_first_moment() -> None:
    for day in (date(2026, 1, 2), "2026-01-02"):
        assert matches(VersionFilter(created_after=day))
        assert not matches(VersionFilter(created_before=day))
    assert matches(VersionFilter(created_before=date(2026, 1, 3)))


def test_what_no_metadata_can_be_is_no_filter() -> None:
    for value in (float("nan"), b"x", object()):
        with pytest.raises(QueryError, match=r"filter metadata\['x'\]: \$ is"):
            VersionFilter(metadata={"x": value})
    with pytest.raises(QueryError, match="filter created_after: 'yesterday' is no date"):
        VersionFilter(created_after="yesterday")

"""What may be asked of the catalogue, and what conditions mean."""

from __future__ import annotations

from datetime import date, datetime, timezone
from typing import Any

import pytest

from airflow_artifacts.artifacts.catalogue import Catalogue, Condition, Query, parse_condition
from airflow_artifacts.exceptions import QueryError
from tests.artifacts.test_catalogue import add, anyone, found, memory_store, producer


def matching(values: dict[str, Any], *conditions: str, size: int = 5) -> list[str]:
    """Give those of the conditions that hold for a version with this metadata."""
    store = memory_store()
    add(store, "a", metadata=values, size=size)
    catalogue = Catalogue(store)
    catalogue.refresh()
    return [
        text for text in conditions if catalogue.find(Query(metadata=(parse_condition(text),)), anyone).total == 1
    ]


@pytest.mark.parametrize(
    ("value", "equal", "unequal"),
    [
        (1, ["1", "1.0", "1e0"], ["2", '"1"', "true", "one", "", "[1]"]),
        (1.0, ["1", "1.0"], ["true", "1.5"]),
        ("1", ["1", '"1"'], ["1.0", "2", "true"]),
        ("1.0", ["1.0"], ["1"]),
        (True, ["true"], ["1", "True", "false"]),
        (False, ["false"], ["0", "null", ""]),
        (0, ["0", "-0.0"], ["false", "null"]),
        (None, ["null"], ["None", "0", "false", ""]),
        ("true", ["true", '"true"'], ["True", "1"]),
        ("null", ["null"], ["None"]),
        ("", ["", '""'], ["null", "0"]),
        ("a b", ["a b", " a b ", '"a b"'], ["a", "A b"]),
        ("a=b>c", ["a=b>c"], ["a"]),
        ("NaN", ["NaN"], ["nan"]),
        ("1e999", ["1e999"], ["Infinity"]),
        ("9" * 900, ["9" * 900], []),
        (10**400, [f"1{'0' * 400}"], ["1"]),
        (2**53 + 1, [str(2**53 + 1)], [str(2**53)]),
        ([2, 3], ["[2, 3]", "[2,3]"], ["[2]", "2", "[2, 3"]),
        ({"a": "ä"}, ['{"a":"ä"}'], ["{}"]),
        (list(range(100)), [], [str(list(range(100)))]),
        (f"[{'1' * 118}]{'x' * 1000}", [], [f"[{'1' * 118}]"]),
    ],
    ids=str,
)
def test_what_a_value_equals(value: Any, equal: list[str], unequal: list[str]) -> None:
    texts = [f"k={text}" for text in equal + unequal]
    assert matching({"k": value}, *texts) == [f"k={text}" for text in equal]
    assert matching({"k": value}, *(text.replace("=", "!=", 1) for text in texts)) == [
        f"k!={text}" for text in unequal
    ]


def test_orders_are_of_numbers_only() -> None:
    conditions = ("k>1", "k>=2", "k>=2.0", "k<2.5", "k<=2", "k<2", "k>2", "k >= -1e3", "none>0")
    assert matching({"k": 2}, *conditions) == ["k>1", "k>=2", "k>=2.0", "k<2.5", "k<=2", "k >= -1e3"]
    for value in (True, "2", None, [2], "x" * 1001):
        assert matching({"k": value}, *conditions) == []
    assert matching({"k": 10**400}, "k>1.5", "k<1") == ["k>1.5"]


def test_the_size_is_a_key_unless_the_metadata_has_one() -> None:
    assert matching({}, "size", "size=5", "size>5") == ["size", "size=5"]
    assert matching({"size": "big"}, "size", "size=5", "size=big") == ["size", "size=big"]


def test_a_key_alone_is_enough() -> None:
    assert matching({"k": None, "a b": 1}, "k", " a b ", "b") == ["k", " a b "]


def test_an_absent_key_equals_nothing_and_is_unlike_nothing() -> None:
    assert matching({}, "k=null", "k!=1", "k=") == []


@pytest.mark.parametrize(
    ("text", "key", "operator", "value"),
    [
        ("loss", "loss", "", ""),
        ("a=b=c", "a", "=", "b=c"),
        ("a!=b", "a", "!=", "b"),
        ("a>=1", "a", ">=", "1"),
        ("a <= 1 ", "a", "<=", "1"),
        ("wow!", "wow!", "", ""),
        ("a=", "a", "=", ""),
    ],
)
def test_the_first_operator_ends_the_key(text: str, key: str, operator: str, value: str) -> None:
    assert parse_condition(text) == Condition(key, operator, value)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "it has no key"),
        ("=1", "it has no key"),
        ("  ", "it has no key"),
        ("k>x", "'x' is no number"),
        ("k<", "'' is no number"),
        ("k>true", "'true' is no number"),
        ("k>=NaN", "'NaN' is no number"),
        ("k<1e999", "'1e999' is no number"),
        (f"k<{'[' * 999}", "is no number"),
        (f"k={'9' * 1000}", "it has more than 1,000 characters"),
        (f"k<{'[' * 100_000}", "it has more than 1,000 characters"),
        ("k" * 1001, "it has more than 1,000 characters"),
    ],
)
def test_conditions_that_make_no_sense_are_refused(text: str, problem: str) -> None:
    with pytest.raises(QueryError, match=f"The filter metadata.*{problem}") as caught:
        parse_condition(text)
    assert len(str(caught.value)) < 500


def test_an_unknown_operator_is_refused() -> None:
    with pytest.raises(QueryError, match="there is no operator '=='"):
        Condition("k", "==", "1")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"sort": "producer"}, "The parameter sort: 'producer' is none of name, version"),
        ({"sort": "--name"}, "The parameter sort"),
        ({"sort": ""}, "The parameter sort"),
        ({"limit": 0}, "The parameter limit: 0 is not between 1 and 200"),
        ({"limit": 201}, "The parameter limit"),
        ({"offset": -1}, "The parameter offset: -1 is less than 0"),
        ({"created_after": "soon"}, "The filter created_after: 'soon' is no date"),
        ({"created_before": "0001-01-01T00:00:00+10:00"}, "The filter created_before"),
        ({"created_before": "x" * 10_000}, "The filter created_before"),
        ({"text": "x" * 1001}, "The parameter q: it has 1,001 characters"),
        ({"name": "x" * 1001}, "The parameter name: it has 1,001 characters"),
        ({"dag_id": "x" * 1001}, "The parameter dag_id"),
        ({"run_id": "x" * 1001}, "The parameter run_id"),
        ({"task_id": "x" * 1001}, "The parameter task_id"),
        ({"kind": "x" * 1001}, "The parameter kind"),
        ({"tags": ("t", "x" * 1001)}, "The parameter tag: it has 1,001 characters"),
        ({"tags": ("t",) * 21}, "The parameter tag: it is given 21 times. Give at most 20"),
        ({"metadata": (Condition("k"),) * 21}, "The parameter metadata: it is given 21 times. Give at most 20"),
    ],
    ids=str,
)
def test_queries_that_make_no_sense_are_refused(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(QueryError, match=message) as caught:
        Query(**arguments)
    assert len(str(caught.value)) < 500


def test_as_much_as_is_allowed_is_no_error() -> None:
    store = memory_store()
    add(store, "a", tags=("t",), metadata={"k": "x" * 999})
    longest: dict[str, Any] = dict.fromkeys(("text", "name", "dag_id", "run_id", "task_id", "kind"), "x" * 1000)
    assert found(Catalogue(store), tags=("t",) * 20, metadata=(parse_condition(f"k={'x' * 999}"),) * 20) == ["a@1"]
    assert found(Catalogue(store), tags=("x" * 1000,), **longest) == []
    assert found(Catalogue(store), created_after="", created_before="") == ["a@1"]


@pytest.mark.parametrize(
    ("wanted", "versions"),
    [
        ({"dag_id": "d"}, [1, 2, 3]),
        ({"dag_id": "e"}, [4]),
        ({"run_id": "s"}, [3]),
        ({"task_id": "u"}, [2]),
        ({"map_index": 0}, [2]),
        ({"map_index": -1}, [1, 3, 4]),
        ({"dag_id": "d", "map_index": -1}, [1, 3]),
        ({"map_index": 1}, []),
    ],
    ids=str,
)
def test_each_part_of_the_producer_counts(wanted: dict[str, Any], versions: list[int]) -> None:
    store = memory_store()
    for made_by in (("d", "t", "r"), ("d", "u", "r", 0), ("d", "t", "s"), ("e", "t", "r"), (None,)):
        add(store, "a", producer=producer(*made_by))
    assert found(Catalogue(store), sort="version", **wanted) == [f"a@{version}" for version in versions]


def test_a_part_of_the_name_is_enough_in_upper_or_lower_case() -> None:
    store = memory_store()
    for name in ("a/b", "B.c", "d"):
        add(store, name)
    catalogue = Catalogue(store)
    assert found(catalogue, text="b", sort="name") == found(catalogue, text="B", sort="name") == ["B.c@1", "a/b@1"]
    assert found(catalogue, text="/b") == found(catalogue, text="B", name="a/b") == ["a/b@1"]
    assert found(catalogue, text="b", name="d") == found(catalogue, text="e") == []


def test_fifty_are_shown_where_nothing_is_said() -> None:
    store = memory_store()
    for number in range(51):
        add(store, "a", number)
    page = Catalogue(store).find(Query(), anyone)
    assert (page.total, [entry.version for entry in page.entries]) == (51, list(range(51, 1, -1)))


def test_what_a_condition_wants_is_written_once(monkeypatch: pytest.MonkeyPatch) -> None:
    store = memory_store()
    for number in range(5):
        add(store, "a", metadata={"k": [number]})
    catalogue, condition = Catalogue(store), parse_condition("k=[3]")
    catalogue.refresh()
    monkeypatch.setattr("json.dumps", lambda *_, **__: 1 // 0)
    assert [entry.version for entry in catalogue.find(Query(metadata=(condition,)), anyone).entries] == [4]


def test_dates_without_a_time_are_their_first_moment() -> None:
    store = memory_store()
    for hour in (-1, 0, 1):
        add(store, "a", hour)  # of the first of March 2026
    catalogue = Catalogue(store)
    days: tuple[date | str, ...] = ("2026-03-01", date(2026, 3, 1), datetime(2026, 3, 1, tzinfo=timezone.utc))
    for day in (*days, datetime(2026, 3, 1), "2026-03-01T00:00:00Z", "2026-03-01T02:00:00+02:00"):
        assert found(catalogue, created_before=day, sort="version") == ["a@1"]
        assert found(catalogue, created_after=day, sort="version") == ["a@3"]


def test_pages_together_are_the_whole_in_either_direction() -> None:
    store = memory_store()
    for number in range(9):
        for name in ("b", "a"):
            add(store, name, number // 4, size=number % 2)
    catalogue = Catalogue(store)
    for sort in ("size", "-size", "created_at", "-created_at", "kind", "-version", "-name"):
        whole = found(catalogue, sort=sort)
        paged = [
            each for offset in range(0, 20, 4) for each in found(catalogue, sort=sort, limit=4, offset=offset)
        ]
        assert paged == whole
        assert len(set(whole)) == 18
    assert found(catalogue, sort="-size")[:3] == ["a@2", "a@4", "a@6"]
    assert found(catalogue, sort="-name")[:2] == ["b@1", "b@2"]


def test_what_is_equal_is_in_the_order_of_names() -> None:
    store = memory_store()
    for name in ("a0", "a/b"):  # which is the order of their folders
        add(store, name)
    assert found(Catalogue(store), sort="kind") == found(Catalogue(store), sort="-kind") == ["a/b@1", "a0@1"]


def test_the_latest_is_the_newest_of_those_that_match() -> None:
    store = memory_store()
    add(store, "a", kind="table", tags=("t",))
    add(store, "a", kind="image")
    add(store, "b", kind="image")
    catalogue = Catalogue(store)
    assert found(catalogue, latest=True, sort="name") == ["a@2", "b@1"]
    assert found(catalogue, latest=True, kind="table") == ["a@1"]
    assert found(catalogue, latest=True, tags=("t", "none")) == []

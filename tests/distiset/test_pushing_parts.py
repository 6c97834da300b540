"""Appending to a data set on the Hub: each part has files of its own, and only they are replaced."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from airflow_artifacts.distiset import load_from_disk
from airflow_artifacts.exceptions import DistisetError, ForeignFileError, SchemaChangeError
from tests.distiset.pushes import REPO, asked, contents, read_back
from tests.distiset.support import PNG, distiset, numbered, stored_artifact

if TYPE_CHECKING:
    from pathlib import Path

    from airflow_artifacts.testing import FakeHub
    from tests.distiset.pushes import Push


def rows_of(hub: FakeHub, home: Path) -> dict[str, Any]:
    """Give the rows as ``datasets`` sees them, after looking whether this package sees the same."""
    [seen] = read_back(hub, home, REPO)
    loaded = load_from_disk(seen["snapshot"])
    found = {name: {split: rows.to_arrow().to_pylist() for split, rows in loaded[name].items()} for name in loaded}
    assert found == seen["rows"]
    assert {name: {split: len(rows) for split, rows in loaded[name].items()} for name in loaded} == {
        name: {split: len(rows) for split, rows in splits.items()} for name, splits in seen["rows"].items()
    }
    rows: dict[str, Any] = seen["rows"]
    return rows


def test_parts(hub: FakeHub, push: Push, root: Path, tmp_path: Path) -> None:
    def artifact(content: bytes, **more: Any) -> Any:
        return stored_artifact(root, "plot", {"x.png": PNG + content}, **more)

    push(distiset({"a": numbered(3), "other": numbered(2)}, artifacts=[artifact(b"0")]))
    first = hub.tree(REPO)
    push(distiset({"a": numbered(2)}, artifacts=[artifact(b"1", ordinal=1)]), append_as="day-1")
    push(
        distiset({"a": numbered(1500)}, artifacts=[artifact(b"2", ordinal=2)]),
        append_as="day-2",
        shard_bytes=15_000,
    )
    second = hub.tree(REPO)
    again = distiset({"a": [{"id": 7, "text": "again"}], "new": numbered(1)})
    pushed = push(again, append_as="day-1")
    third = hub.tree(REPO)
    texts = {"README.md", "distiset.json"}
    assert {path for path in first.keys() - texts if third[path] != first[path]} == set()
    kept = {path for path in second if "day-1" not in path} - texts
    assert sum("day-2" in path for path in kept) > 3
    assert {path for path in kept if third[path] != second[path]} == set()
    assert third.keys() - kept - texts == {
        "a/train-day-1-00000-of-00001.parquet",
        "new/train-day-1-00000-of-00001.parquet",
    }
    assert set(pushed.changes.deleted) == {
        "artifacts/day-1/count/plot/x.png",
        "artifacts/day-1/count/plot/metadata.json",
    }
    assert pushed.changes.rows_before == {"a": 1505, "other": 2}
    assert pushed.changes.rows_after == {"a": 1504, "other": 2, "new": 1}
    assert rows_of(hub, tmp_path / "home") == {
        "a": {"train": [*numbered(3), {"id": 7, "text": "again"}, *numbered(1500)]},
        "other": {"train": numbered(2)},
        "new": {"train": numbered(1)},
    }
    assert contents(hub)["artifacts/day-2/count/plot/x.png"] == PNG + b"2"
    assert "1,507 rows in 3 subsets" in contents(hub)["README.md"].decode()
    since = len(hub.requests)
    assert push(again, append_as="day-1").changes.added == ()
    assert not asked(hub, "POST", since=since)
    dry = push(distiset({"a": numbered(1)}), append_as="day-3", dry_run=True)
    assert dry.changes.rows_after == {"a": 1505, "other": 2, "new": 1}
    push(distiset({"a": numbered(1)}))
    assert contents(hub).keys() == {"README.md", "distiset.json", "a/train-00000-of-00001.parquet"}
    assert rows_of(hub, tmp_path / "home") == {"a": {"train": numbered(1)}}


def test_a_subset_that_a_part_does_not_have_any_more_goes(hub: FakeHub, push: Push, tmp_path: Path) -> None:
    push(distiset({"a": numbered(1)}), append_as="one")
    push(distiset({"a": numbered(2), "b": numbered(2)}), append_as="two")
    pushed = push(distiset({"a": numbered(3)}), append_as="two")
    assert pushed.changes.deleted == ("b/train-two-00000-of-00001.parquet",)
    assert rows_of(hub, tmp_path / "home") == {"a": {"train": [*numbered(1), *numbered(3)]}}


def test_splits_of_parts(hub: FakeHub, push: Push, tmp_path: Path) -> None:
    push(distiset({"a": numbered(4)}), append_as="1")
    push(distiset({"a": numbered(4)}), append_as="2", train_size=0.5)
    push(distiset({"a": numbered(4)}), append_as="3", train_size=0.25)
    rows = rows_of(hub, tmp_path / "home")["a"]
    assert {split: len(found) for split, found in rows.items()} == {"train": 7, "test": 5}


FITTING: list[tuple[dict[str, Any], dict[str, Any], list[Any]]] = [
    ({"n": 1}, {"n": 2, "m": "x"}, [{"n": 1, "m": None}, {"n": 2, "m": "x"}]),
    ({"n": 1, "m": "x"}, {"n": 2}, [{"n": 1, "m": "x"}, {"n": 2, "m": None}]),
    ({"n": None, "l": []}, {"n": "x", "l": [1]}, [{"n": None, "l": []}, {"n": "x", "l": [1]}]),
    ({"n": "x", "l": [1.5]}, {"n": None, "l": None}, [{"n": "x", "l": [1.5]}, {"n": None, "l": None}]),
    ({"s": {"k": None}}, {"s": {"k": 1}}, [{"s": {"k": None}}, {"s": {"k": 1}}]),
    ({"n": 1.5}, {"n": 2}, [{"n": 1.5}, {"n": 2.0}]),
    ({"a": 1, "b": "x"}, {"b": "y", "a": 2}, [{"a": 1, "b": "x"}, {"a": 2, "b": "y"}]),
]
FITTING_IF_MEANT: list[tuple[dict[str, Any], dict[str, Any], list[Any]]] = [
    ({"n": 1}, {"n": 2.5}, [{"n": 1.0}, {"n": 2.5}]),
    ({"l": [1]}, {"l": [2.5]}, [{"l": [1.0]}, {"l": [2.5]}]),
    ({"s": {"k": 1}}, {"s": {"k": 1, "m": 2}}, [{"s": {"k": 1, "m": None}}, {"s": {"k": 1, "m": 2}}]),
]


def test_columns_of_parts(hub: FakeHub, push: Push, tmp_path: Path) -> None:
    file = "a/train-00000-of-00001.parquet"
    seen = {}
    for number, (old, new, expected) in enumerate([*FITTING, *FITTING_IF_MEANT]):
        repo = f"tester/data-{number}"
        push(distiset({"a": [old]}), repo)
        before, untouched = contents(hub, repo), hub.tree(repo)[file]
        is_meant = number >= len(FITTING)
        if is_meant:
            with pytest.raises(SchemaChangeError, match="allow_type_changes=True"):
                push(distiset({"a": [new]}), repo, append_as="new")
            assert contents(hub, repo) == before
        push(distiset({"a": [new]}), repo, append_as="new", allow_type_changes=is_meant)
        assert hub.tree(repo)[file] == untouched
        since = len(hub.requests)
        push(distiset({"a": [new]}), repo, append_as="new")
        assert not asked(hub, "POST", since=since)
        seen[repo] = expected
    found = read_back(hub, tmp_path / "home", *seen)
    assert [each["rows"]["a"]["train"] for each in found] == list(seen.values())
    for each in found:
        rows = load_from_disk(each["snapshot"])["a"]["train"].to_arrow().to_pylist()
        assert rows == each["rows"]["a"]["train"]


def test_columns_that_fit_to_nothing(hub: FakeHub, push: Push) -> None:
    push(distiset({"a": [{"n": 1}]}))
    before = contents(hub)
    with pytest.raises(DistisetError, match="no type holds both") as caught:
        push(distiset({"a": [{"n": "x"}]}), append_as="new", allow_type_changes=True)
    assert "append" in str(caught.value)
    assert contents(hub) == before


def test_a_part_that_is_all_there_is_may_change_its_types(hub: FakeHub, push: Push, tmp_path: Path) -> None:
    push(distiset({"a": [{"n": 1}]}), append_as="one")
    push(distiset({"a": [{"n": "x"}]}), append_as="one", allow_type_changes=True)
    assert rows_of(hub, tmp_path / "home") == {"a": {"train": [{"n": "x"}]}}


def test_a_part_may_change_the_types_of_what_only_it_has(hub: FakeHub, push: Push, tmp_path: Path) -> None:
    push(distiset({"a": [{"x": 1, "n": 1}]}), append_as="one")
    push(distiset({"a": [{"x": 2, "m": 2}]}), append_as="two")
    again = distiset({"a": [{"x": 1, "n": ["text"]}]})
    with pytest.raises(SchemaChangeError):
        push(again, append_as="one")
    push(again, append_as="one", allow_type_changes=True)
    since = len(hub.requests)
    push(again, append_as="one")
    assert not asked(hub, "POST", since=since)
    expected = [{"x": 1, "n": ["text"], "m": None}, {"x": 2, "n": None, "m": 2}]
    assert rows_of(hub, tmp_path / "home") == {"a": {"train": expected}}


def test_a_part_that_is_called_like_a_task(hub: FakeHub, push: Push, root: Path) -> None:
    nested = stored_artifact(root, "plots", {"length/x.png": PNG})
    push(distiset({"a": numbered(1)}, artifacts=[nested]))
    before = contents(hub)
    same = stored_artifact(root, "length", {"x.png": PNG + b"2"}, step="plots")
    with pytest.raises(DistisetError, match="'count' cannot be used"):
        push(distiset({"a": numbered(1)}, artifacts=[same]), append_as="count")
    assert contents(hub) == before
    for name in ("y.png", "z.png"):
        beside = stored_artifact(root, "more", {name: PNG}, step="plots")
        push(distiset({"a": numbered(1)}, artifacts=[beside]), append_as="count")
    files = contents(hub)
    assert files["artifacts/count/plots/length/x.png"] == PNG
    assert "artifacts/count/plots/more/y.png" not in files
    assert "artifacts/count/plots/more/z.png" in files


@pytest.mark.parametrize("part", ["", "a/b", "-x", ".x", "x" * 101, "ä", "a b", "..", "a\n"])
def test_a_part_that_cannot_be_in_the_names_of_files(hub: FakeHub, push: Push, part: str) -> None:
    with pytest.raises(DistisetError, match="The part"):
        push(distiset({"a": numbered(1)}), append_as=part)
    assert not hub.requests


def test_a_foreign_file_beside_the_rows_that_stay(hub: FakeHub, push: Push) -> None:
    push(distiset({"a": numbered(1), "b": numbered(1)}))
    hub.commit(REPO, {"b/train-mine.parquet": b"x"})
    with pytest.raises(ForeignFileError, match=r"b/train-mine\.parquet"):
        push(distiset({"a": numbered(1)}), append_as="new")
    push(distiset({"a": numbered(1)}))
    assert "b/train-mine.parquet" in contents(hub)


@pytest.mark.parametrize("content", [None, b"mine"])
def test_a_part_whose_rows_are_gone(hub: FakeHub, push: Push, tmp_path: Path, content: bytes | None) -> None:
    push(distiset({"a": numbered(3)}), append_as="x")
    push(distiset({"a": numbered(4)}), append_as="y")
    hub.commit(REPO, {"a/train-x-00000-of-00001.parquet": content})
    since, before = len(hub.requests), contents(hub)
    for part in ("y", "z"):
        with pytest.raises(
            DistisetError, match=r"replaced its file 'a/train-x-.* Restore the file, push that date"
        ):
            push(distiset({"a": numbered(5)}), append_as=part)
    assert contents(hub) == before
    assert not asked(hub, "POST", since=since)
    push(distiset({"a": numbered(3)}), append_as="x")
    push(distiset({"a": numbered(5)}), append_as="y")
    assert rows_of(hub, tmp_path / "home") == {"a": {"train": [*numbered(3), *numbered(5)]}}

"""The real ``datasets`` loads what the checkpointer wrote, at any moment, whatever columns do."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import pytest

from tests.steps.hub_support import REPO, Rows, loaded, numbered, rows_of, write

if TYPE_CHECKING:
    from pathlib import Path

    from airflow_artifacts.testing import FakeHub

pytestmark = pytest.mark.usefixtures("logged_in", "slept")

# Values of a column, one of them in each file; without the types in the card, datasets fails at the second file.
COLUMNS: dict[str, list[Any]] = {
    "null_then_text": [None, "x"],
    "text_then_null": ["x", None],
    "ints_then_floats": [1, 2.5],
    "floats_then_ints": [2.5, 1],
    "nested_null": [{"x": None}, {"x": "t"}],
    "nested_later": [{"x": 1, "y": None}, {"x": 2, "y": "t"}],
    "empty_list": [[], ["t"]],
    "list_of_structs": [[{"x": 1.0, "y": None}], [{"x": 2.5, "y": [True]}]],
    "ints_then_text": [1, "t"],
    "structs_then_text": [{"x": [1, {"y": "z"}]}, "t"],
    "scalars_then_lists": [1, [1]],
    "ints_then_bools": [1, True],
    "wide_then_floats": [2**53 + 1, 0.5],
    "empty_structs": [{}, {"x": 1}],
    "always_empty": [{}, {}],
    "always_null": [None, None],
    "inner_json": [{"x": [1, "a"], "y": 1}, {"x": [{}], "y": 2}],
    "odd text": ["\u2028\0 é😀", "\ufffd"],
}


def test_columns_that_change(hub: FakeHub, tmp_path: Path) -> None:
    """Each column has a configuration of its own, so that one does not help another."""
    names = tuple(COLUMNS)
    inputs = [[{"v": value} for value in values] for values in COLUMNS.values()]
    write(*inputs, key="k", names=tuple(name.replace(" ", ".") for name in names), size=1)
    found = loaded(hub, tmp_path, *(name.replace(" ", ".") for name in names))
    assert found == {name.replace(" ", "."): rows for name, rows in zip(names, inputs, strict=True)}


def test_columns_that_come_and_go(hub: FakeHub, tmp_path: Path) -> None:
    rows: Rows = [{"a": 1}, {"b": "x", "a": 2}, {}, {"c": {"d": [1.5]}}]
    write(rows, key="k", size=1)
    every = {"a": None, "b": None, "c": None}
    assert loaded(hub, tmp_path, "config-0") == {"config-0": [every | row for row in rows]}


def test_moments(hub: FakeHub, tmp_path: Path) -> None:
    zone = dt.timezone(dt.timedelta(hours=2))
    rows: Rows = [
        {"d": dt.date(2024, 1, 2), "n": dt.datetime(2024, 1, 2), "z": dt.datetime(2024, 1, 2, tzinfo=zone)},
        {"d": None, "n": dt.datetime(1, 1, 1, 0, 0, 0, 1), "z": dt.datetime(2024, 1, 2, 0, 0, 0, 5, zone)},
        {"d": dt.date(9999, 12, 31), "n": None, "z": [dt.datetime(2024, 1, 2, tzinfo=dt.timezone.utc)][0]},
    ]
    write(rows, key="k", size=1)
    expected = [
        {
            "d": row["d"] and str(row["d"]),
            "n": row["n"] and str(row["n"]),
            "z": str(row["z"].astimezone(dt.timezone.utc)),
        }
        for row in rows
    ]
    assert loaded(hub, tmp_path, "config-0") == {"config-0": expected}


def test_at_any_moment(hub: FakeHub, tmp_path: Path) -> None:
    """After each commit of two runs with different columns, everything that is there can be loaded."""
    write([{"n": 1}, {"n": 2.5}], key="run 1", size=1, names=("gen",))
    states = [(commit.oid, rows_of(hub, "gen", commit.oid)) for commit in hub.commits(REPO)[:-1]]
    write([{"n": None, "t": "x"}, {"n": 3, "t": None}], key="run 2", size=1, names=("gen",))
    states += [(commit.oid, rows_of(hub, "gen", commit.oid)) for commit in hub.commits(REPO)[:-3]]
    assert len(states) == 4
    for number, (oid, rows) in enumerate(states):
        with_all = [{name: row.get(name) for name in (("n", "t") if number > 1 else ("n",))} for row in rows]
        home = tmp_path / str(number)
        code_rows = _load_at(hub, home, oid)
        assert code_rows == with_all


def _load_at(hub: FakeHub, home: Path, oid: str) -> Rows:
    import json

    from tests.steps.hub_support import run_python

    code = (
        "import json, sys; from datasets import load_dataset\n"
        f"print(json.dumps(list(load_dataset({REPO!r}, 'gen', split='train', revision=sys.argv[1]))))"
    )
    rows: Rows = json.loads(run_python(hub, home, code, oid).splitlines()[-1])
    return rows


def test_configurations_of_others_are_loaded_too(hub: FakeHub, tmp_path: Path) -> None:
    hub.create_repo(REPO)
    card = b"---\nconfigs:\n- config_name: mine\n  data_files: mine.json\n---\n"
    hub.commit(
        REPO,
        {"mine.json": b'{"x": 1}\n', "a.csv": b"y\n1\n", "README.md": card, "gen/train-00000.json": b"nonsense"},
    )
    write(numbered(3), key="k", names=("gen",))
    assert loaded(hub, tmp_path, "mine", "gen") == {"mine": [{"x": 1}], "gen": numbered(3)}


def test_what_is_known_to_be_read_otherwise(hub: FakeHub, tmp_path: Path) -> None:
    """What docs/hub_steps.md says of ``datasets`` 5.2; the files are exact."""
    rows: Rows = [{"day": "2024-01-02"}, {"day": "soon"}]
    write(rows, key="a", size=1, names=("text",))
    mixed: Rows = [{"v": 1, "f": 0.30000000000000004}, {"v": "2", "f": 0.5}]
    write(mixed, key="b", size=1, names=("mixed",))
    assert (rows_of(hub, "text"), rows_of(hub, "mixed")) == (rows, mixed)
    found = loaded(hub, tmp_path, "text", "mixed")
    assert found["text"] == [{"day": "2024-01-02 00:00:00"}, {"day": "soon"}]
    assert found["mixed"] == [{"v": 1, "f": 0.3}, {"v": 2, "f": 0.5}]

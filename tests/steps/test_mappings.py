from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from airflow_artifacts.steps.mappings import map_inputs, map_outputs

COLUMNS = st.sampled_from(["a", "b", "c", "d", "e"])
ROWS = st.lists(st.dictionaries(COLUMNS, st.integers()), max_size=4)


@given(rows=ROWS, mappings=st.dictionaries(COLUMNS, COLUMNS))
def test_rows_that_a_step_leaves_alone_come_out_as_they_went_in(rows: Any, mappings: Any) -> None:
    assert map_outputs(map_inputs(rows, mappings), mappings, {}) == rows


@given(rows=ROWS, mappings=st.dictionaries(COLUMNS, COLUMNS))
def test_a_step_sees_what_its_mapping_says(rows: Any, mappings: Any) -> None:
    for row, mapped in zip(rows, map_inputs(rows, mappings), strict=True):
        for name, column in mappings.items():
            assert mapped.get(name, "absent") == row.get(column, "absent")


def test_rows_without_mappings_are_not_copied() -> None:
    rows = [{"a": 1}]
    assert map_inputs(rows, {}) is rows
    assert map_outputs(rows, {}, {}) is rows


def test_names_are_swapped() -> None:
    mappings = {"a": "b", "b": "a"}
    assert map_inputs([{"a": 1, "b": 2}], mappings) == [{"b": 1, "a": 2}]


def test_a_column_may_serve_two() -> None:
    assert map_inputs([{"x": 1}], {"a": "x", "b": "x"}) == [{"a": 1, "b": 1}]


def test_a_shadowed_column_follows_its_row_through_reordering_and_duplication() -> None:
    mappings = {"text": "instruction"}
    seen = map_inputs([{"text": "t1", "instruction": "i1"}, {"text": "t2", "instruction": "i2"}], mappings)
    assert [row["text"] for row in seen] == ["i1", "i2"]
    made = [{**seen[1], "copy": 1}, {**seen[1], "copy": 2}]
    assert map_outputs(made, mappings, {}) == [
        {"text": "t2", "instruction": "i2", "copy": 1},
        {"text": "t2", "instruction": "i2", "copy": 2},
    ]


def test_a_column_that_the_mapping_takes_away_is_not_seen_even_where_its_source_is_absent() -> None:
    mappings = {"text": "instruction"}
    [seen] = map_inputs([{"text": "not for the step"}], mappings)
    assert "text" not in seen
    assert map_outputs([seen], mappings, {}) == [{"text": "not for the step"}]


def test_a_new_row_has_only_what_the_step_put_into_it() -> None:
    assert map_outputs([{"text": "new"}], {"text": "instruction"}, {}) == [{"instruction": "new"}]


def test_an_output_mapping_wins_over_a_column_of_that_name_wherever_it_stands() -> None:
    for row in ({"kept": 1, "made": 2}, {"made": 2, "kept": 1}):
        assert map_outputs([row], {}, {"made": "kept"}) == [{"kept": 2}]


def test_a_column_that_the_step_made_wins_over_an_input_that_gets_its_name_back() -> None:
    for row in ({"text": "old", "instruction": "new"}, {"instruction": "new", "text": "old"}):
        assert map_outputs([row], {"text": "instruction"}, {}) == [{"instruction": "new"}]


def test_the_order_of_columns_is_kept() -> None:
    mappings = {"text": "instruction"}
    [row] = map_outputs(map_inputs([{"text": 1, "x": 2, "instruction": 3}], mappings), mappings, {"x": "y"})
    assert list(row) == ["text", "y", "instruction"]


def test_a_column_that_is_no_text_is_left_to_the_writer() -> None:
    rows: list[Any] = [{1: "a"}]
    assert map_outputs(rows, {"x": "y"}, {}) == rows

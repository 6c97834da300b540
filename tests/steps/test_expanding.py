from __future__ import annotations

import logging
from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError

from airflow_artifacts.exceptions import InputsError
from airflow_artifacts.steps import ExpandColumns, run_step


def expand(rows: Any, **fields: Any) -> Any:
    return run_step(ExpandColumns(**fields), rows).rows


def test_a_row_for_each_item() -> None:
    rows = [{"id": 1, "generation": ["x", "y"]}, {"id": 2, "generation": ["z"]}]
    assert expand(rows, columns=["generation"]) == [
        {"id": 1, "generation": "x"},
        {"id": 1, "generation": "y"},
        {"id": 2, "generation": "z"},
    ]


def test_several_columns_by_position() -> None:
    assert expand([{"a": [1, 2], "b": ["x", "y"]}], columns=["a", "b"]) == [{"a": 1, "b": "x"}, {"a": 2, "b": "y"}]


def test_under_another_name_the_list_stays() -> None:
    assert expand([{"a": [1, 2]}], columns={"a": "item"}) == [{"a": [1, 2], "item": 1}, {"a": [1, 2], "item": 2}]


def test_columns_that_are_declared() -> None:
    step = ExpandColumns(columns={"a": "item"})
    assert step.inputs == ["a"]
    assert step.outputs == ["item"]
    assert step.output_columns({"a", "b"}) == {"a", "b", "item"}


@pytest.mark.parametrize("value", [(1, 2), np.array([1, 2]), [1, 2]])
def test_what_counts_as_a_list(value: Any) -> None:
    assert expand([{"a": value}], columns=["a"]) == [{"a": 1}, {"a": 2}]


@pytest.mark.parametrize("value", ["ab", 3, {"a": 1}, {1}, np.float64(1.0)])
def test_what_is_no_list(value: Any) -> None:
    with pytest.raises(InputsError, match=f"column 'a' holds a {type(value).__name__}, not a list"):
        expand([{"a": value}], columns=["a"])


def test_rows_without_items_make_none_and_are_counted(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    assert expand([{"a": []}, {"a": None}, {"a": [1]}], columns=["a"]) == [{"a": 1}]
    assert "2 rows had nothing to expand, and made no row" in caplog.messages


def test_unequal_lengths() -> None:
    with pytest.raises(InputsError, match="differ in length: 'a' 2, 'b' 1"):
        expand([{"a": [1, 2], "b": [1]}], columns=["a", "b"])


def test_encoded_lists_are_decoded_and_the_input_is_not_changed() -> None:
    rows = [{"a": "[1, 2]", "b": ["x", "y"]}]
    assert expand(rows, columns=["a", "b"], encoded=["a"]) == [{"a": 1, "b": "x"}, {"a": 2, "b": "y"}]
    assert rows == [{"a": "[1, 2]", "b": ["x", "y"]}]
    assert expand([{"a": "[1]", "b": None}, {"a": None, "b": None}][1:], columns=["a", "b"], encoded=True) == []
    assert expand([{"a": "[1]", "b": b"[2]"}], columns=["a", "b"], encoded=True) == [{"a": 1, "b": 2}]


@pytest.mark.parametrize(
    ("value", "problem"),
    [("[1", "does not hold JSON"), ([1], "holds a list, not a text"), ('{"a": 1}', "holds a dict, not a list")],
)
def test_what_cannot_be_decoded(value: Any, problem: Any) -> None:
    with pytest.raises(InputsError, match=problem):
        expand([{"a": value}], columns=["a"], encoded=True)


def test_a_text_that_may_be_json_gets_a_hint() -> None:
    with pytest.raises(InputsError, match="set encoded"):
        expand([{"a": "[1]"}], columns=["a"])


def test_long_lists_come_out_in_batches() -> None:
    step = ExpandColumns(columns=["a"], input_batch_size=2)
    assert [len(rows) for rows in step.process([{"a": [1, 2, 3]}, {"a": [4, 5]}])] == [2, 2, 1]


@pytest.mark.parametrize(
    "fields",
    [
        {"columns": []},
        {"columns": ["a", "a"], "encoded": ["b"]},
        {"columns": {"a": "x", "b": "x"}},
        {"columns": ["a"], "encoded": ["b"]},
    ],
)
def test_fields_that_do_not_fit(fields: Any) -> None:
    with pytest.raises(ValidationError):
        ExpandColumns(**fields)


def test_templates() -> None:
    step = ExpandColumns(columns="{{ params.columns }}", encoded=["{{ params.encoded }}"])
    assert step.output_columns({"a"}) is None
    assert step.required_columns() == []
    rendered = step.rendered({"{{ params.columns }}": {"a": "b"}, "{{ params.encoded }}": "a"}.get)
    assert (rendered.columns, rendered.encoded) == ({"a": "b"}, ["a"])
    assert ExpandColumns(columns={"a": "{{ params.name }}"}).output_columns({"a"}) is None

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from airflow_artifacts.steps import LoadDataFromDicts, run_step

DATA = [{"n": number} for number in range(5)]


@pytest.mark.parametrize(
    ("offset", "batches"),
    [
        (0, [([0, 1], False), ([2, 3], False), ([4], True)]),
        (3, [([3, 4], True)]),
        (5, [([], True)]),
        (9, [([], True)]),
    ],
)
def test_batches_from_an_offset(offset: Any, batches: Any) -> None:
    step = LoadDataFromDicts(data=DATA, batch_size=2)
    assert [([row["n"] for row in rows], last) for rows, last in step.process(offset)] == batches


def test_the_last_full_batch_is_the_last() -> None:
    assert [last for _, last in LoadDataFromDicts(data=DATA[:4], batch_size=2).process()] == [False, True]


def test_no_data_is_one_empty_last_batch() -> None:
    step = LoadDataFromDicts(data=[])
    assert list(step.process()) == [([], True)]
    assert step.output_columns(None) is None
    assert run_step(step).rows == []


def test_outputs_are_the_columns_of_all_rows() -> None:
    step = LoadDataFromDicts(data=[{"a": 1}, {"b": 2, "a": 3}], output_mappings={"b": "c"})
    assert step.outputs == ["a", "b"]
    assert step.output_columns(None) == {"a", "c"}
    assert run_step(step).rows == [{"a": 1}, {"c": 2, "a": 3}]


def test_rows_are_copies_all_the_way_down() -> None:
    step = LoadDataFromDicts(data=[{"list": [1]}])
    for rows, _ in step.process():
        rows[0]["list"].append(2)
        rows[0]["new"] = 1
    assert step.data == [{"list": [1]}]


def test_data_is_content_and_not_a_template() -> None:
    step = LoadDataFromDicts(data=[{"prompt": "{{ params.x }}"}], name="load")
    assert step.rendered(lambda _: "rendered").data == [{"prompt": "{{ params.x }}"}]
    with pytest.raises(ValidationError):
        LoadDataFromDicts(data="{{ params.data }}")

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from airflow_artifacts.exceptions import InputsError, MappingError, MissingColumnError
from airflow_artifacts.steps import CombineOutputs, GroupColumns, KeepColumns, run_step


class TestKeepColumns:
    def test_only_those_columns_in_that_order(self) -> None:
        [row] = run_step(KeepColumns(columns=["b", "a"]), [{"a": 1, "b": 2, "c": 3}]).rows
        assert list(row.items()) == [("b", 2), ("a", 1)]

    def test_nothing_else_can_come_out(self) -> None:
        step = KeepColumns(columns=["b", "a"])
        assert step.inputs == step.outputs == ["b", "a"]
        assert step.output_columns({"a", "b", "c"}) == step.output_columns(None) == {"a", "b"}

    def test_a_missing_column(self) -> None:
        with pytest.raises(MissingColumnError, match="requires the column 'b'"):
            run_step(KeepColumns(columns=["b"]), [{"a": 1}])

    def test_with_mappings(self) -> None:
        step = KeepColumns(columns=["x", "y"], input_mappings={"x": "a"}, output_mappings={"y": "z"})
        assert run_step(step, [{"a": 1, "y": 2, "x": 3}]).rows == [{"a": 1, "z": 2}]
        assert step.output_columns({"a", "y", "x"}) == {"a", "z"}

    def test_columns_in_a_template(self) -> None:
        step = KeepColumns(columns="{{ params.columns }}")
        assert step.output_columns({"a"}) is None
        assert step.required_columns() == []
        step = step.rendered(lambda _: ["a"])
        assert run_step(step, [{"a": 1, "b": 2}]).rows == [{"a": 1}]

    def test_one_column_in_a_template(self) -> None:
        step = KeepColumns(columns=["id", "{{ params.column }}"])
        assert step.output_columns({"id"}) is None
        assert step.required_columns() == []
        assert step.rendered(lambda _: "a").columns == ["id", "a"]

    def test_no_columns(self) -> None:
        with pytest.raises(ValidationError):
            KeepColumns(columns=[])


class TestCombineOutputs:
    def test_columns_of_all_and_the_last_one_wins(self) -> None:
        left = [{"a": 1, "b": 1}, {"a": 2, "b": 2}]
        right = [{"a": 1, "c": 5}, {"a": 9, "c": 6}]
        rows = run_step(CombineOutputs(), left, right).rows
        assert rows == [{"a": 1, "b": 1, "c": 5}, {"a": 9, "b": 2, "c": 6}]
        assert left == [{"a": 1, "b": 1}, {"a": 2, "b": 2}]

    def test_all_that_comes_in_can_come_out(self) -> None:
        assert CombineOutputs().output_columns({"a", "b"}) == {"a", "b"}
        assert CombineOutputs().output_columns(None) is None

    def test_an_output_mapping(self) -> None:
        step = CombineOutputs(output_mappings={"a": "z"})
        assert step.output_columns({"a", "b"}) == {"z", "b"}
        assert run_step(step, [{"a": 1}], [{"b": 2}]).rows == [{"z": 1, "b": 2}]

    def test_unequal_lengths(self) -> None:
        with pytest.raises(InputsError, match="input 1 1, input 2 2"):
            run_step(CombineOutputs(), [{"a": 1}], [{"b": 1}, {"b": 2}])

    def test_no_input(self) -> None:
        with pytest.raises(InputsError, match="it is given none"):
            run_step(CombineOutputs())


class TestGroupColumns:
    LEFT = [{"id": 1, "generation": "x", "model": "m1"}]
    RIGHT = [{"id": 2, "generation": "y", "model": "m2", "extra": True}]

    def test_values_are_gathered_under_default_names(self) -> None:
        step = GroupColumns(columns=["generation"])
        assert step.outputs == ["grouped_generation"]
        assert run_step(step, [{"id": 1, "generation": "x"}], [{"id": 2, "generation": "y"}]).rows == [
            {"id": 2, "grouped_generation": ["x", "y"]}
        ]

    def test_names_can_be_given(self) -> None:
        step = GroupColumns(columns=["generation", "model"], output_columns=["generations", "models"])
        assert run_step(step, self.LEFT, self.RIGHT).rows == [
            {"id": 2, "extra": True, "generations": ["x", "y"], "models": ["m1", "m2"]}
        ]

    def test_a_list_may_have_the_name_of_a_column(self) -> None:
        step = GroupColumns(columns=["model"], output_columns=["model"])
        assert run_step(step, [{"model": 1}], [{"model": 2}]).rows == [{"model": [1, 2]}]
        assert step.output_columns({"model"}) == {"model"}

    def test_what_can_come_out(self) -> None:
        step = GroupColumns(columns=["g"], input_mappings={"g": "generation"})
        assert step.output_columns({"id", "generation"}) == {"id", "grouped_g"}
        assert step.output_columns(None) is None
        assert run_step(step, [{"id": 1, "generation": 1}], [{"generation": 2}]).rows == [
            {"id": 1, "grouped_g": [1, 2]}
        ]

    def test_a_shadowed_column_still_comes_out(self) -> None:
        step = GroupColumns(columns=["g"], input_mappings={"g": "generation"})
        [row] = run_step(step, [{"g": 0, "generation": 1}]).rows
        assert row == {"g": 0, "grouped_g": [1]}
        assert step.output_columns({"g", "generation"}) == set(row)

    def test_an_input_without_the_column(self) -> None:
        with pytest.raises(MissingColumnError, match="upstream step 2"):
            run_step(GroupColumns(columns=["g"]), [{"g": 1}], [{"h": 1}])

    @pytest.mark.parametrize("names", [["one"], ["one", "one"]])
    def test_names_that_do_not_fit(self, names: Any) -> None:
        with pytest.raises(ValidationError, match="output_columns"):
            GroupColumns(columns=["a", "b"], output_columns=names)

    def test_templates(self) -> None:
        step = GroupColumns(columns=["a", "b"], output_columns="{{ params.names }}")
        assert step.output_columns({"a", "b"}) is None
        assert step.rendered(lambda _: ["x", "y"]).outputs == ["x", "y"]
        assert GroupColumns(columns="{{ params.columns }}").output_columns({"a"}) is None

    def test_an_unknown_column_in_a_mapping(self) -> None:
        with pytest.raises(MappingError, match="'typo'"):
            GroupColumns(columns=["a"], input_mappings={"typo": "x"})

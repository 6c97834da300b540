"""Types that hold the values of several batches."""

from __future__ import annotations

from typing import Any

import pytest

from airflow_artifacts.steps.hub_schema import check_columns, features, struct, unify, unify_columns

TYPES: list[tuple[Any, Any, Any]] = [
    ("int", "int", "int"),
    ("null", "text", "text"),
    ("null", {"list": "int"}, {"list": "int"}),
    ("int", "wide int", "wide int"),
    ("int", "float", "float"),
    ("wide int", "float", "json"),
    ("int", "bool", "json"),
    ("int", "text", "json"),
    ("date", "datetime", "text"),
    ("datetime", "datetime with a zone", "text"),
    ("date", "text", "text"),
    ("date", "int", "json"),
    ("json", "int", "json"),
    ("json", {"list": "int"}, "json"),
    ("int", {"list": "int"}, "json"),
    ({"list": "int"}, {"struct": {"a": "int"}}, "json"),
    ({"list": "null"}, {"list": "text"}, {"list": "text"}),
    ({"list": "int"}, {"list": "text"}, {"list": "json"}),
    ({"struct": {"a": "int"}}, {"struct": {"b": "text"}}, {"struct": {"a": "int", "b": "text"}}),
    (
        {"struct": {"a": {"struct": {"x": "int"}}}},
        {"struct": {"a": {"struct": {"x": "text"}}}},
        {"struct": {"a": {"struct": {"x": "json"}}}},
    ),
    (struct({str(n): "int" for n in range(150)}), struct({f"x{n}": "int" for n in range(150)}), "json"),
]


@pytest.mark.parametrize(("one", "other", "both"), TYPES)
def test_unify(one: Any, other: Any, both: Any) -> None:
    assert unify(one, other) == both
    assert unify(both, one) == unify(both, other) == both
    swapped = unify(other, one)
    assert swapped == both
    assert unify_columns({"c": one}, {"c": other, "d": "int"}) == {"c": both, "d": "int"}


def test_features_are_written_as_datasets_reads_them() -> None:
    from datasets import Features, Json, List, Value

    columns: Any = {
        "a": "wide int",
        "b": {"list": "date"},
        "c": {"list": {"list": "datetime"}},
        "d": {"list": {"struct": {"x": "datetime with a zone"}}},
        "e": {"struct": {"x": "json", "y": "null"}},
        "f": "bool",
        "g": "text",
        "h": "float",
    }
    written = features(columns)
    expected = Features(
        {
            "a": Value("int64"),
            "b": List(Value("date32")),
            "c": List(List(Value("timestamp[us]"))),
            "d": List({"x": Value("timestamp[us, tz=UTC]")}),
            "e": {"x": Json(), "y": Value("null")},
            "f": Value("bool"),
            "g": Value("string"),
            "h": Value("float64"),
        }
    )
    assert Features._from_yaml_list(written) == expected
    assert written == expected._to_yaml_list()
    check_columns(columns)


def deep(depth: int) -> Any:
    value: Any = "int"
    for _ in range(depth):
        value = {"list": value}
    return {"a": value}


@pytest.mark.parametrize(
    "wrong",
    [
        None,
        [],
        {"a": "nonsense"},
        {"a": 1},
        {"a": {"list": "int", "struct": {}}},
        {"a": {"struct": []}},
        deep(150),
    ],
)
def test_what_is_no_type(wrong: Any) -> None:
    with pytest.raises(ValueError, match=r"a type is unknown|columns are a|too deep"):
        check_columns(wrong)

"""Metadata becomes JSON that says the same, or is refused with the place of what cannot."""

from __future__ import annotations

import json
from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal
from enum import Enum, IntEnum
from fractions import Fraction
from pathlib import Path, PurePosixPath
from types import MappingProxyType
from typing import Any
from uuid import UUID

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from airflow_artifacts.exceptions import ArtifactError
from airflow_artifacts.storage.metadata import normalise, normalise_metadata


class Colour(Enum):
    RED = "red"


class Level(IntEnum):
    HIGH = 3


class Word(str):
    """A text of another class."""

    __slots__ = ()


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (datetime(2026, 1, 2, 3, 4, 5, 6, tzinfo=timezone.utc), "2026-01-02T03:04:05.000006+00:00"),
        (datetime(2026, 1, 2), "2026-01-02T00:00:00"),
        (date(2026, 1, 2), "2026-01-02"),
        (time(3, 4), "03:04:00"),
        (timedelta(minutes=1, milliseconds=500), 60.5),
        (Path("/a/b"), "/a/b"),
        (PurePosixPath("c"), "c"),
        (UUID(int=5), "00000000-0000-0000-0000-000000000005"),
        (Decimal("1.10"), "1.10"),
        (Colour.RED, "red"),
        (Level.HIGH, 3),
        (Word("w"), "w"),
        ((1, (2, [3])), [1, [2, [3]]]),
        (np.int8(3), 3),
        (np.float64(0.5), 0.5),
        (np.float32(0.5), 0.5),
        (np.bool_(1), True),
        (np.str_("x"), "x"),
        (np.array([[1, 2], [3, 4]]), [[1, 2], [3, 4]]),
        (np.array(7), 7),
        (np.datetime64("2026-01-02T03:04:05"), "2026-01-02T03:04:05"),
        (np.array(["2026-01-02"], "datetime64[D]"), ["2026-01-02"]),
        (pd.Timestamp("2026-01-02", tz="UTC"), "2026-01-02T00:00:00+00:00"),
        (pd.Timedelta(seconds=3), 3.0),
        ([2**2047], [2**2047]),
        (-(2**63), -(2**63)),
        ({"a": {"b": [np.int64(1), None, True, "ä"]}}, {"a": {"b": [1, None, True, "ä"]}}),
    ],
)
def test_values_with_an_obvious_form_get_it(value: Any, expected: Any) -> None:
    normal = normalise("a", value)
    assert (normal, type(normal)) == (expected, type(expected))
    assert json.loads(json.dumps(normal, allow_nan=False)) == expected


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        (float("nan"), "metadata['x'] is nan"),
        (float("-inf"), "metadata['x'] is -inf"),
        (np.float32("nan"), "metadata['x'] is nan"),
        (np.array([1.0, np.nan]), "metadata['x'][1] is nan"),
        (pd.NaT, "metadata['x'] is nan"),
        (np.datetime64("NaT"), "metadata['x'] is nan"),
        (np.array(["NaT", "2026-01-01"], "datetime64[D]"), "metadata['x'] is nan"),
        (pd.NA, "metadata['x'] is a NAType"),
        (b"x", "metadata['x'] is a bytes"),
        (np.bytes_(b"x"), "metadata['x'] is a bytes"),
        ({1, 2}, "metadata['x'] is a set"),
        (lambda: None, "metadata['x'] is a function"),
        (int, "metadata['x'] is a type"),
        (object(), "metadata['x'] is a object"),
        (1j, "metadata['x'] is a complex"),
        (np.complex64(1), "metadata['x'] is a complex"),
        (Fraction(1, 2), "metadata['x'] is a Fraction"),
        ({"y": [0, b"x"]}, "metadata['x']['y'][1] is a bytes"),
        ({1: "a"}, "the key 1 in metadata['x'] is a int"),
        ({None: "a"}, "the key None in metadata['x'] is a NoneType"),
        ("\ud800", "metadata['x'] holds half of a character"),
        ({"\udfff": 1}, "a key in metadata['x'] holds half of a character"),
        ([2**2048], "metadata['x'][0] is a number of more than 2048 bits"),
        ([10**5000], "metadata['x'][0] is a number of more than 2048 bits"),
    ],
)
def test_what_json_does_not_have_is_refused_with_its_place(value: Any, problem: str) -> None:
    with pytest.raises(ArtifactError) as caught:
        normalise_metadata("plots/a", {"fine": 1, "x": value})
    assert str(caught.value).startswith(f"Artifact 'plots/a' was not saved: {problem}")


def test_what_holds_itself_is_refused() -> None:
    loop: list[Any] = []
    loop.append(loop)
    with pytest.raises(ArtifactError, match="more than 100 deep, or holds itself"):
        normalise_metadata("a", {"x": loop})


@pytest.mark.parametrize("given", [None, [1], "text", 5, [("a", 1)]])
def test_metadata_itself_is_a_dictionary(given: Any) -> None:
    with pytest.raises(ArtifactError, match=r"its metadata is a \w+\. Give a dictionary\."):
        normalise_metadata("a", given)


def test_any_mapping_is_taken_and_left_as_it_is() -> None:
    given = MappingProxyType({"a": (1,), "b": {}})
    assert normalise_metadata("x", given) == {"a": [1], "b": {}}
    assert given["a"] == (1,)


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**2047), 2**2047)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner),
    max_leaves=20,
)


@settings(deadline=None)
@given(JSON)
def test_json_is_left_as_it_is(value: Any) -> None:
    normal = normalise("a", value)
    assert normal == value
    assert json.loads(json.dumps(normal, allow_nan=False)) == value

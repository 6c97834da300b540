from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from airflow_artifacts.artifacts import ArtifactConfig
from airflow_artifacts.artifacts.config import check_label
from airflow_artifacts.exceptions import ArtifactError, UnsafeNameError

NOT_NAMES = [
    "",
    "a b",
    "a#b",
    "a?b",
    "a%20b",
    "ä",
    "e\u0301",
    "../a",
    "/a",
    "a/",
    "a//b",
    "a/../b",
    ".hidden",
    "a.",
    "a\\b",
    "a\nb",
    "a\0b",
    "C:/a",
    "a@1",
    "~a",
    "a" * 201,
    "日本",
    "a:b",
]


@pytest.mark.parametrize("name", ["a", "A/b.c_d-e", "2024/x", "a" * 200, "a/" * 99 + "a", "results/metrics.csv"])
def test_names(name: str) -> None:
    assert ArtifactConfig(name).checked().name == name


@pytest.mark.parametrize("name", [*NOT_NAMES, None, 5, b"a"])
def test_other_texts_are_no_names(name: Any) -> None:
    with pytest.raises(UnsafeNameError, match="The artifact name"):
        ArtifactConfig(name).checked()


def test_a_checked_configuration_is_in_the_form_that_is_kept() -> None:
    given = ArtifactConfig("a", "v1.0", ["x", "y", "x"], {"p": Path("/b"), "d": date(2026, 1, 2)})
    checked = given.checked()
    assert checked == ArtifactConfig("a", "v1.0", ("x", "y"), {"p": "/b", "d": "2026-01-02"})
    assert checked.checked() == checked
    assert ArtifactConfig("a").checked() == ArtifactConfig("a", None, (), {})


def test_it_is_frozen_and_can_be_a_key() -> None:
    assert len({ArtifactConfig("a", metadata={"x": 1}), ArtifactConfig("a", metadata={"x": 1})}) == 1
    with pytest.raises(AttributeError):
        ArtifactConfig("a").name = "b"  # type: ignore[misc]


@pytest.mark.parametrize("label", ["v1", "2026-01-02", "1.0", "a" * 200, "latest2", "1a"])
def test_labels(label: str) -> None:
    assert check_label(label) == label


@pytest.mark.parametrize("label", [*NOT_NAMES, "a/b", "1", "007", "٣", "latest", None, 3, True])
def test_other_texts_are_no_labels(label: Any) -> None:
    with pytest.raises(UnsafeNameError) as caught:
        check_label(label)
    assert str(caught.value).startswith(f"The version label {label!r}"[:200])
    assert str(caught.value).count("cannot be used") == 1


def test_a_label_with_a_colon_leaves_the_message_whole() -> None:
    with pytest.raises(UnsafeNameError, match=r"^The version label 'v: 1' cannot be used: each part"):
        check_label("v: 1")


@pytest.mark.parametrize(
    ("tags", "problem"),
    [
        ("abc", "tags are 'abc'. Give a list of texts: ['abc']."),
        (None, "tags are None"),
        (5, "tags are 5"),
        ([5], "the tag 5 is no text"),
        (["a", None], "the tag None is no text"),
        ([""], "the tag '' is no text"),
        ([" "], "the tag ' ' is no text"),
    ],
)
def test_other_things_are_no_tags(tags: Any, problem: str) -> None:
    with pytest.raises(ArtifactError) as caught:
        ArtifactConfig("a", tags=tags).checked()
    assert problem in str(caught.value)


def test_metadata_that_is_no_json_is_refused() -> None:
    with pytest.raises(ArtifactError, match=r"metadata\['x'\] is nan"):
        ArtifactConfig("a", metadata={"x": float("nan")}).checked()

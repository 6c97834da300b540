"""The card of a repository with checkpoints."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from airflow_artifacts.exceptions import HubRefusedError
from airflow_artifacts.steps.hub_card import update_card

FOUND = ("c/train-00000.jsonl", "old/a.jsonl", "x/train-0.parquet", "data/a.csv")
FILES = [{"split": "train", "path": "c/train-*.jsonl"}]
MINE = b"""---
license: mit
tags: [mine]
configs:
- config_name: old
  data_files: old/*
  default: true
dataset_info:
- config_name: old
  features:
  - name: x
    dtype: string
---
# Mine

text
"""


def front(card: bytes | None) -> dict[str, Any]:
    content: dict[str, Any] = yaml.safe_load((card or b"").decode().split("---\n")[1])
    return content


def test_a_new_card() -> None:
    card = update_card(None, "url", {"c": {"n": "int"}}, [], FOUND)
    assert front(card) == {
        "configs": [{"config_name": "c", "data_files": FILES}],
        "dataset_info": [{"config_name": "c", "features": [{"name": "n", "dtype": "int64"}]}],
    }
    assert update_card(card, "url", {"c": {"n": "int"}}, [], FOUND) == card
    assert update_card(None, "url", {}, [], FOUND) is None


def test_what_a_person_wrote_stays() -> None:
    card = update_card(MINE, "url", {"c": {"n": "int"}, "d": {}}, [], FOUND)
    assert card is not None
    assert card.endswith(b"---\n\n# Mine\n\ntext\n")
    content = front(card)
    assert (content["license"], content["tags"]) == ("mit", ["mine"])
    assert content["configs"][0] == {"config_name": "old", "data_files": "old/*", "default": True}
    assert [entry["config_name"] for entry in content["configs"]] == ["old", "c", "d"]
    assert content["dataset_info"][0]["config_name"] == "old"
    again = update_card(card, "url", {"c": {"n": "float"}}, [], FOUND)
    assert front(again)["configs"] == content["configs"]
    assert {entry["config_name"]: entry["features"] for entry in front(again)["dataset_info"]} == {
        "old": [{"name": "x", "dtype": "string"}],
        "c": [{"name": "n", "dtype": "float64"}],
        "d": [],
    }
    assert update_card(again, "url", {"c": {"n": "float"}}, [], FOUND) == again


def test_what_a_person_added_to_ours_stays() -> None:
    card = update_card(None, "url", {"c": {"n": "int"}}, [], FOUND)
    content = front(card)
    content["configs"][0] |= {"default": True, "data_files": [*FILES, {"split": "test", "path": "test.jsonl"}]}
    content["dataset_info"][0] |= {"splits": [{"name": "train", "num_examples": 1}], "download_size": 1, "x": 2}
    edited = f"---\n{yaml.safe_dump(content)}---\nText\n".encode()
    assert update_card(edited, "url", {"c": {"n": "int"}}, [], FOUND) == edited
    again = front(update_card(edited, "url", {"c": {"n": "text"}}, [], FOUND))
    assert again["configs"] == content["configs"]
    assert again["dataset_info"] == [{"config_name": "c", "features": [{"name": "n", "dtype": "string"}], "x": 2}]


@pytest.mark.parametrize("files", ["c/*", [{"split": "train", "path": "c/train-*"}], None])
def test_a_configuration_of_somebody_else_is_not_taken(files: Any) -> None:
    card = f"---\n{yaml.safe_dump({'configs': [{'config_name': 'c', 'data_files': files}]})}---\n".encode()
    with pytest.raises(HubRefusedError, match="has a configuration 'c' already") as caught:
        update_card(card, "https://hub/x", {"c": {}}, [], FOUND)
    assert "Nothing was pushed" in str(caught.value)


def test_configurations_without_files_go() -> None:
    card = update_card(MINE, "url", {"c": {"n": "int"}, "d": {"n": "int"}}, [], FOUND)
    content = front(update_card(card, "url", {"d": {"n": "int"}}, ["c"], FOUND))
    assert [entry["config_name"] for entry in content["configs"]] == ["old", "d"]
    assert [entry["config_name"] for entry in content["dataset_info"]] == ["old", "d"]
    assert update_card(MINE, "url", {}, ["c"], FOUND) == MINE


def test_the_single_default_of_a_person() -> None:
    card = (
        b"---\nconfigs:\n- data_files: a.jsonl\ndataset_info:\n  features:\n  - name: x\n    dtype: string\n---\n"
    )
    content = front(update_card(card, "url", {"c": {}}, [], FOUND))
    assert content["configs"][0] == {"config_name": "default", "data_files": "a.jsonl"}
    assert content["dataset_info"][0]["config_name"] == "default"


@pytest.mark.parametrize(
    "files",
    [
        "data/*.csv",
        "data/*",
        ["old/*", "x/train-*"],
        [{"split": "train", "path": "old/*"}, {"split": "test", "path": ["x/*"]}],
        {"train": "x/train-*"},
    ],
)
def test_files_of_another_format_are_refused(files: Any) -> None:
    """``datasets`` would take both for the same."""
    configs = [{"config_name": "plain"}, {"config_name": "other", "data_files": files}]
    card = f"---\n{yaml.safe_dump({'configs': configs})}---\n".encode()
    with pytest.raises(
        HubRefusedError, match=r"its configuration 'other' has the file (data/a.csv|x/train-0.parq)"
    ):
        update_card(card, "https://hub/x", {"c": {}}, [], FOUND)
    assert update_card(card, "https://hub/x", {"c": {}}, [], ["old/a.jsonl"])

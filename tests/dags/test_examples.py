"""Every example DAG runs."""

from __future__ import annotations

import json
import runpy
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from airflow_artifacts.distiset import load_from_disk

if TYPE_CHECKING:
    from collections.abc import Callable

    from airflow.sdk import DAG

FOLDER = Path(__file__).parents[2] / "dags"


def load_dag(name: str) -> DAG:
    names = runpy.run_path(str(FOLDER / f"{name}.py"), run_name=name)
    dag: DAG = names["push"].dag
    return dag


def test_text_statistics_of_the_standard_library(run_and_collect: Callable[..., Any], tmp_path: Path) -> None:
    from datasets import load_dataset

    out = tmp_path / "out"
    results = run_and_collect(load_dag("example_text_statistics"), output_path=str(out))
    assert results.states == dict.fromkeys(["load", "keep", "count", "push"], "success")
    data = load_dataset(str(out), cache_dir=str(tmp_path / "cache"))["train"]
    assert len(data) > 1000
    assert set(data.column_names) == {"module", "qualname", "text", "text_character_count"}
    assert all(len(row["text"]) == row["text_character_count"] > 0 for row in data)
    plot = "artifacts/count/text_character_count_distribution/figure.png"
    assert (out / plot).read_bytes().startswith(b"\x89PNG")
    assert f"]({plot})" in (out / "README.md").read_text()


@pytest.mark.parametrize("ending", ["jsonl", "csv"])
def test_text_statistics_of_a_file(run_and_collect: Callable[..., Any], tmp_path: Path, ending: str) -> None:
    texts = ["What is it?", "Größe, „x“", " ", "two\nlines"]
    source = tmp_path / f"questions.{ending}"
    if ending == "jsonl":
        source.write_text("".join(json.dumps({"id": n, "question": text}) + "\n" for n, text in enumerate(texts)))
    else:
        source.write_text("id,question\n" + "".join(f'{n},"{text}"\n' for n, text in enumerate(texts)))
    run_and_collect(
        load_dag("example_text_statistics"),
        output_path=str(tmp_path / "out"),
        input_path=str(source),
        text_column="question",
    )
    rows = load_from_disk(str(tmp_path / "out")).subsets["default"]["train"]
    assert [(row["question"], row["text_character_count"]) for row in rows] == [
        (text, len(text)) for text in texts if text.strip()
    ]


def test_mapped_steps(run_and_collect: Callable[..., Any]) -> None:
    results = run_and_collect(load_dag("example_mapped_steps"))
    assert set(results.states.values()) == {"success"}
    pushed = results.xcom("push")
    splits = load_from_disk(pushed["path"]).subsets["default"]
    assert {split: len(rows) for split, rows in splits.items()} == pushed["rows"]["default"]
    rows = [row for split in ("train", "test") for row in splits[split]]
    assert {row["package"] for row in rows} == {"json", "email"}
    assert all(row["is_long"] == (row["lines"] > 20) for row in rows)

"""The example DAG, and mapped steps side by side, under a real scheduler with LocalExecutor."""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow_artifacts.distiset import load_from_disk

if TYPE_CHECKING:
    from pathlib import Path

    from tests.servers.airflow import Server


def test_example_dag_saves_a_data_set(server: Server, tmp_path: Path) -> None:
    out = tmp_path / "out"
    run = server.run("example_text_statistics", {"output_path": str(out)})
    assert {each["task_id"]: each["state"] for each in run["instances"]} == dict.fromkeys(
        ["load", "keep", "count", "push"], "success"
    )
    rows = load_from_disk(str(out)).subsets["default"]["train"]
    assert len(rows) > 1000
    assert all(row["text_character_count"] == len(row["text"]) for row in rows)
    (plot,) = out.glob("artifacts/count/*/figure.png")
    assert plot.read_bytes().startswith(b"\x89PNG")


def test_mapped_instances_run_side_by_side(server: Server, tmp_path: Path) -> None:
    out = tmp_path / "out"
    run = server.run("meeting", {"place": str(tmp_path), "output_path": str(out)})
    assert run["state"] == "success"
    rows = [row["who"] for row in load_from_disk(str(out)).subsets["default"]["train"]]
    assert rows == [0] * 10 + [1] * 20
    texts = {path.parent.parent.name: path.read_text() for path in out.glob("artifacts/*/*/met.txt")}
    assert texts == {"meet-0": "1", "meet-1": "0"}


def test_a_killed_attempt_leaves_nothing_that_counts(server: Server, tmp_path: Path) -> None:
    out = tmp_path / "out"
    run = server.run("dying", {"place": str(tmp_path), "output_path": str(out)})
    assert run["state"] == "success"
    assert {each["task_id"]: each["try_number"] for each in run["instances"]} == {
        "numbers": 1,
        "dies": 2,
        "push": 1,
    }
    assert [row["n"] for row in load_from_disk(str(out)).subsets["default"]["train"]] == list(range(2000))
    assert (out / "artifacts/dies/last/last.txt").read_text() == "1950"
    killed, finished = sorted(server.home.glob("artifacts/runs/dying/*/dies/-1/*"))
    assert list(killed.glob("rows/*.rows"))
    assert not list(killed.glob("*.json"))
    assert (finished / "manifest.json").exists()

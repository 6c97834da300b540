from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow_artifacts.steps import CombineOutputs, Step, run_step

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


class Mark(Step):
    marked: int = 0

    def process(self, inputs: Any) -> Any:
        self.marked += 1
        for row in inputs:
            row["marked"] = self.marked
        self.save_artifact("note", lambda folder: (folder / "a.txt").write_text("a"))
        yield inputs


def test_neither_step_nor_rows_are_changed(tmp_path: Path) -> None:
    step, rows = Mark(input_batch_size=1), [{"n": 1}, {"n": 2}]
    for _ in range(2):
        result = run_step(step, rows, artifacts_path=str(tmp_path))
        assert result.rows == [{"n": 1, "marked": 1}, {"n": 2, "marked": 2}]
    assert step == Mark(input_batch_size=1)
    assert rows == [{"n": 1}, {"n": 2}]


def test_where_the_artifacts_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    result = run_step(Mark(name="m"), [{"n": 1}])
    assert result.artifacts.parent == tmp_path
    assert (result.artifacts / "m" / "note" / "a.txt").read_text() == "a"


def test_rows_from_any_iterable() -> None:
    assert run_step(CombineOutputs(), ({"n": n} for n in range(2)), [{"m": 1}] * 2).rows == [
        {"n": 0, "m": 1},
        {"n": 1, "m": 1},
    ]

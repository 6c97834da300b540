"""Running a step in a script or a test, without Airflow."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from airflow_artifacts.steps.artifact_sink import LocalArtifactSink
from airflow_artifacts.steps.driving import drive

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from airflow_artifacts.steps.base import BaseStep


class StepResult(NamedTuple):
    """What a step made: its rows, and the folder with its artifacts, ``<step>/<artifact>/<files>``."""

    rows: list[dict[str, Any]]
    artifacts: Path


class _ListInput:
    """Rows that are a list."""

    def __init__(self, name: str, rows: Iterable[Mapping[str, Any]]) -> None:
        self.name = name
        self._rows = [dict(row) for row in rows]  # copies, because a step may change the rows that it is given

    @property
    def columns(self) -> dict[str, int]:
        counts: dict[str, int] = {}
        for row in self._rows:
            for column in row:
                counts[column] = counts.get(column, 0) + 1
        return counts

    def __len__(self) -> int:
        return len(self._rows)

    def batches(self, size: int) -> Iterator[list[dict[str, Any]]]:
        for start in range(0, len(self._rows), size):
            yield self._rows[start : start + size]


class _ListOutput:
    """Keeps the rows in a list."""

    def __init__(self) -> None:
        self.rows: list[dict[str, Any]] = []

    def write(self, rows: Sequence[dict[str, Any]]) -> None:
        self.rows += rows

    def mark(self, done: int) -> None:
        """Nothing to do: nobody goes on after an interrupted run."""


def run_step(
    step: BaseStep,
    *inputs: Iterable[Mapping[str, Any]],
    runtime_parameters: Mapping[str, Any] | None = None,
    artifacts_path: str | Path | None = None,
) -> StepResult:
    """Run a step over rows that are in memory.

    Args:
        step: The step. It is not changed.
        *inputs: Rows of each upstream step; none for a generator step. They are not changed either.
        runtime_parameters: Values of runtime parameters.
        artifacts_path: Folder for the artifacts; without one, a temporary folder is made.

    Returns:
        The rows, and the folder with the artifacts.

    Raises:
        StepError: Inputs, columns or runtime parameters do not fit the step; see ``exceptions``.
    """
    folder = Path(artifacts_path or tempfile.mkdtemp(prefix="airflow-artifacts-"))
    running = step.with_runtime_parameters(runtime_parameters or {})
    running.use_sink(LocalArtifactSink(step.name, folder))
    output = _ListOutput()
    sources = [_ListInput(f"input {number}", rows) for number, rows in enumerate(inputs, 1)]
    drive(running, sources, output)
    return StepResult(output.rows, folder)

"""What a function that makes artifacts can say of them while it runs."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from airflow_artifacts.exceptions import TaskContextError
from airflow_artifacts.storage.metadata import normalise_metadata

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence


class StepContext:
    """The outputs of a ``@task.artifact`` function that runs.

    Args:
        names: Names of its outputs.
    """

    def __init__(self, names: Sequence[str]) -> None:
        self._metadata: dict[str, dict[str, Any]] = {name: {} for name in names}

    def add_output_metadata(
        self, output_name: str | None = None, metadata: Mapping[str, Any] | None = None
    ) -> None:
        """Add metadata to an output before it is saved.

        Args:
            output_name: Name of the artifact; needed where there are several.
            metadata: JSON values; dates, NumPy scalars and paths are normalised.

        Raises:
            TaskContextError: There is no such output, or no name where it is needed.
            ArtifactError: The metadata is not JSON.
        """
        names = ", ".join(map(repr, self._metadata)) or "none"
        if output_name is None and len(self._metadata) != 1:
            raise TaskContextError("add_output_metadata", f"give output_name, one of the outputs: {names}.")
        name = next(iter(self._metadata)) if output_name is None else output_name
        if name not in self._metadata:
            raise TaskContextError("add_output_metadata", f"{name!r} is not among the outputs: {names}.")
        self._metadata[name].update(normalise_metadata(name, metadata or {}))

    def output_metadata(self, name: str) -> dict[str, Any]:
        """Give the metadata that was added to an output."""
        return dict(self._metadata[name])


_current: StepContext | None = None  # a process runs one task at a time, perhaps in several threads


def get_step_context() -> StepContext:
    """Give the context of the ``@task.artifact`` function that runs.

    Raises:
        TaskContextError: None runs.
    """
    if _current is None:
        raise TaskContextError(
            "get_step_context()",
            "no function of @task.artifact runs. Elsewhere, give metadata to save_artifact, or use log_metadata.",
        )
    return _current


@contextmanager
def step_context(names: Sequence[str]) -> Iterator[StepContext]:
    """Make a context the current one while a function runs."""
    global _current  # noqa: PLW0603
    earlier, _current = _current, StepContext(names)
    try:
        yield _current
    finally:
        _current = earlier

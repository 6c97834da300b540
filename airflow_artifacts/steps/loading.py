"""A generator step whose rows are written in the DAG file."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any, ClassVar

from airflow_artifacts.steps.base import BaseStep, GeneratorStep

if TYPE_CHECKING:
    from airflow_artifacts.steps.base import GeneratorStepOutput


class LoadDataFromDicts(GeneratorStep):
    """Makes rows from dictionaries.

    Attributes:
        data: The rows. They are content: Jinja in them is not rendered.
    """

    literal_fields: ClassVar[frozenset[str]] = BaseStep.literal_fields | {"data"}

    data: list[dict[str, Any]]

    @property
    def outputs(self) -> list[str]:
        """The columns that any of the rows has."""
        return list(dict.fromkeys(column for row in self.data for column in row))

    def process(self, offset: int = 0) -> GeneratorStepOutput:
        """Give the rows, copied: what is done with them later leaves the step as it is.

        Args:
            offset: How many of the rows to leave out at the beginning.

        Yields:
            A list of rows, and whether it is the last one. Without rows, one empty list.
        """
        size = self.batch_size or 1
        for start in range(offset, max(len(self.data), offset + 1), size):
            yield copy.deepcopy(self.data[start : start + size]), start + size >= len(self.data)

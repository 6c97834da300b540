"""A step that makes a row of each item of a list."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from pydantic import PrivateAttr, model_validator

from airflow_artifacts.exceptions import InputsError
from airflow_artifacts.steps.base import Step, StepInput
from airflow_artifacts.steps.templates import has_template

if TYPE_CHECKING:
    from typing_extensions import Self

    from airflow_artifacts.steps.base import StepOutput


class ExpandColumns(Step):
    """Makes a row of each item of a list; the other columns are repeated.

    Several columns are expanded together, by position: their lists have to be of equal length in a row. A row
    whose list is empty or None makes no row; the log says how many there were.

    Attributes:
        columns: The columns with the lists. As a dictionary, to the name of the column with the items; under
            another name than the list's, the column with the list stays beside it.
        encoded: Whether the lists are JSON texts; or the names of the columns in which they are.
    """

    columns: list[str] | dict[str, str]
    encoded: bool | list[str] = False

    _without_items: int = PrivateAttr(default=0)

    @model_validator(mode="after")
    def _check_names(self) -> Self:
        if has_template([self.columns, self.encoded]) or has_template(list(self.columns)):
            return self
        if not self.columns or len(set(self.outputs)) != len(self.outputs):
            raise ValueError("columns has to name at least one column, and each name once.")
        unknown = set(self.encoded) - set(self.columns) if isinstance(self.encoded, list) else None
        if unknown:
            raise ValueError(f"encoded names {min(unknown)!r}, which is not one of the columns to expand.")
        return self

    @property
    def inputs(self) -> list[str]:
        """The columns with the lists."""
        return list(self._names)

    @property
    def outputs(self) -> list[str]:
        """The columns with the items."""
        return list(self._names.values())

    @property
    def _names(self) -> dict[str, str]:
        if isinstance(self.columns, dict):
            return self.columns
        return {column: column for column in self.columns}

    def load(self) -> None:
        """Begin to count rows without items."""
        self._without_items = 0

    def unload(self) -> None:
        """Say how many rows had no items."""
        if self._without_items:
            self._logger.info("%d rows had nothing to expand, and made no row", self._without_items)

    def process(self, inputs: StepInput) -> StepOutput:
        """Expand the rows.

        Args:
            inputs: A batch of rows.

        Yields:
            The rows that each row of the batch makes, in lists of the size of a batch.

        Raises:
            InputsError: A column holds no list, or the lists of a row differ in length.
        """
        made: list[dict[str, Any]] = []
        for row in inputs:
            lists = {name: self._items(column, row[column]) for column, name in self._names.items()}
            lengths = {name: len(items) for name, items in lists.items()}
            if len(set(lengths.values())) > 1:
                counts = ", ".join(f"{name!r} {length}" for name, length in lengths.items())
                raise InputsError(self.name, f"lists that are expanded together differ in length: {counts}.")
            self._without_items += not any(lengths.values())
            for items in zip(*lists.values(), strict=True):
                made.append({**row, **dict(zip(lists, items, strict=True))})
                if len(made) == (self.input_batch_size or 1):
                    yield made
                    made = []
        if made:
            yield made

    def _items(self, column: str, value: Any) -> list[Any]:
        if value is None:
            return []
        if self.encoded is True or (self.encoded and column in self.encoded):
            value = self._decoded(column, value)
        if isinstance(value, (list, tuple)):
            return list(value)
        if type(value).__module__ == "numpy" and getattr(value, "shape", None):
            return list(value)
        hint = " Is it JSON? Then set encoded." if isinstance(value, str) else ""
        raise InputsError(self.name, f"column {column!r} holds a {type(value).__name__}, not a list.{hint}")

    def _decoded(self, column: str, value: Any) -> Any:
        if not isinstance(value, (str, bytes)):
            problem = (
                f"column {column!r} is among the encoded ones, but holds a {type(value).__name__}, not a text."
            )
            raise InputsError(self.name, problem)
        try:
            return json.loads(value)
        except (ValueError, RecursionError) as error:
            raise InputsError(self.name, f"column {column!r} does not hold JSON: {error}.") from error

"""Steps that choose columns, or put the columns of several steps together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import Field, model_validator

from airflow_artifacts.exceptions import MissingColumnError
from airflow_artifacts.steps.base import Step, StepInput
from airflow_artifacts.steps.templates import has_template

if TYPE_CHECKING:
    from typing_extensions import Self

    from airflow_artifacts.steps.base import StepOutput


class KeepColumns(Step):
    """Keeps some columns and drops all others.

    Attributes:
        columns: The columns to keep, in the order that the rows shall have.
    """

    columns: list[str] = Field(min_length=1)

    @property
    def inputs(self) -> list[str]:
        """The columns to keep."""
        return self.columns

    @property
    def outputs(self) -> list[str]:
        """The columns to keep."""
        return self.columns

    def output_columns(self, incoming: set[str] | None) -> set[str] | None:  # noqa: ARG002
        """Say which columns can come out: those to keep, and no other."""
        return self._outside_names(self.columns)

    def process(self, inputs: StepInput) -> StepOutput:
        """Keep the columns.

        Args:
            inputs: A batch of rows.

        Yields:
            The rows with only those columns.
        """
        yield [{column: row[column] for column in self.columns} for row in inputs]


class CombineOutputs(Step):
    """Makes one row from the rows of several upstream steps that have the same place.

    A column that several of them have takes the value of the last one.
    """

    def output_columns(self, incoming: set[str] | None) -> set[str] | None:
        """Say which columns can come out: all that come in."""
        return None if incoming is None else self._outside_names(list(incoming))

    def process(self, *inputs: StepInput) -> StepOutput:
        """Combine the rows.

        Args:
            *inputs: A batch of each upstream step.

        Yields:
            The combined rows.
        """
        yield [_merged(rows) for rows in zip(*inputs, strict=True)]


class GroupColumns(Step):
    """Makes one row from the rows of several upstream steps, and gathers values of the same column in a list.

    The lists have one value for each upstream step, in the order of these. A column that is not gathered is kept;
    where several steps have it, it takes the value of the last one.

    Attributes:
        columns: The columns to gather.
        grouped_columns: Names of the columns with the lists, ``grouped_<column>`` by default. It is given as
            ``output_columns=[...]``.
    """

    columns: list[str] = Field(min_length=1)
    grouped_columns: list[str] | None = Field(default=None, alias="output_columns")

    @model_validator(mode="after")
    def _check_names(self) -> Self:
        names = self.grouped_columns
        if names is None or has_template([self.columns, names]):
            return self
        if len(names) != len(self.columns):
            raise ValueError(f"output_columns has {len(names)} names for {len(self.columns)} columns.")
        if len(set(names)) != len(names):
            raise ValueError("output_columns has a name twice.")
        return self

    @property
    def inputs(self) -> list[str]:
        """The columns to gather."""
        return self.columns

    @property
    def outputs(self) -> list[str]:
        """The columns with the lists."""
        if self.grouped_columns is not None:
            return self.grouped_columns
        return [f"grouped_{column}" for column in self.columns]

    def output_columns(self, incoming: set[str] | None) -> set[str] | None:
        """Say which columns can come out: the lists, and what comes in apart from what is gathered."""
        lists = self._outside_names(self.outputs)
        if incoming is None or lists is None:
            return None
        return (incoming - set(self.required_columns())) | lists

    def process(self, *inputs: StepInput) -> StepOutput:
        """Group the columns.

        Args:
            *inputs: A batch of each upstream step.

        Yields:
            The rows with the lists.

        Raises:
            MissingColumnError: A row of one of the inputs lacks a column.
        """
        yield [self._grouped(rows) for rows in zip(*inputs, strict=True)]

    def _grouped(self, rows: tuple[dict[str, Any], ...]) -> dict[str, Any]:
        for number, row in enumerate(rows, 1):
            for column in self.columns:
                if column not in row:
                    raise MissingColumnError(self.name, column, [f"upstream step {number}"], row)
        others = {column: value for column, value in _merged(rows).items() if column not in self.columns}
        lists = {
            name: [row[column] for row in rows] for column, name in zip(self.columns, self.outputs, strict=True)
        }
        return {**others, **lists}


def _merged(rows: tuple[dict[str, Any], ...]) -> dict[str, Any]:
    return {column: value for row in rows for column, value in row.items()}

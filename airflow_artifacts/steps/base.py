"""Steps: small classes that turn rows into rows, and may save artifacts on the way."""

from __future__ import annotations

import inspect
import logging
import re
import shutil
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, NamedTuple

from pydantic import BaseModel, ConfigDict, Field, PositiveInt, PrivateAttr

from airflow_artifacts.exceptions import MappingError, StepDefinitionError
from airflow_artifacts.steps.artifact_sink import ArtifactSink, LocalArtifactSink
from airflow_artifacts.steps.parameters import (
    ParameterNames,
    RuntimeParameter,
    copy_with,
    is_marked,
    parameter_names,
    with_parameters,
)
from airflow_artifacts.steps.public import public_parameters
from airflow_artifacts.steps.templates import defer_templates, has_template, rendered_copy

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from pydantic import GetCoreSchemaHandler
    from pydantic_core import CoreSchema
    from typing_extensions import Self

StepInput = Annotated[list[dict[str, Any]], "airflow_artifacts.step_input"]
"""A batch of rows, as an argument of ``process``."""

StepColumns = list[str] | dict[str, bool]
"""Columns: a list of required ones, or a dictionary that says of each whether it is required."""

StepOutput = Iterator[list[dict[str, Any]]]
"""What ``process`` returns: it yields lists of rows."""

GeneratorStepOutput = Iterator[tuple[list[dict[str, Any]], bool]]
"""What ``process`` of a generator step returns: it yields a list of rows, and whether it is the last one."""

_NAME = r"^[a-zA-Z0-9_-]*$"
_NOT_IN_NAME = re.compile(r"[^a-z0-9_-]+")
_PARSED_MODULE = re.compile(r"^unusual_prefix_[0-9a-f]+_")  # what Airflow puts before the name of a DAG file
_WORD_START = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


class InputCount(NamedTuple):
    """How many inputs a step takes: at least, and at most (None: any number)."""

    least: int
    most: int | None


@dataclass(frozen=True)
class StepRun:
    """Where a step runs, as far as it may know.

    Attributes:
        key: The same text for each try of the same work, and another one for any other work; empty where nobody
            can tell, as in a script.
        inputs: Names of the steps or tasks that feed it, one for each input; empty where they have none.
    """

    key: str = ""
    inputs: tuple[str, ...] = ()


class BaseStep(BaseModel, ABC):
    """What all steps share: name, mappings, runtime parameters, artifacts.

    Attributes:
        name: Name of the step; without one, the class name in snake case and ``_0``.
        input_mappings: Column that the step asks for, to the column that the rows have.
        output_mappings: Column that the step makes, to the column that the rows get.
    """

    model_config = ConfigDict(
        arbitrary_types_allowed=True,
        extra="forbid",
        hide_input_in_errors=True,  # it may be a secret
        validate_assignment=True,
        validate_default=True,
    )

    #: Fields in which no Jinja is rendered, because their text is content and not a template.
    literal_fields: ClassVar[frozenset[str]] = frozenset({"name"})

    name: str = Field(default="", pattern=_NAME)
    input_mappings: dict[str, str] = {}
    output_mappings: dict[str, str] = {}

    _sink: ArtifactSink | None = PrivateAttr(default=None)
    _step_run: StepRun = PrivateAttr(default=StepRun())

    def __init__(self, **fields: Any) -> None:
        super().__init__(**fields)
        # Here and not in a validator, where pydantic would wrap the error into one of its own.
        if not has_template(self):
            self._check_mappings()

    def model_post_init(self, context: Any, /) -> None:
        """Infer the name."""
        super().model_post_init(context)
        if not self.name:
            words = _WORD_START.sub("_", type(self).__name__).lower()
            # Not through the attribute: an inferred name does not count as one that was set.
            self.__dict__["name"] = f"{_NOT_IN_NAME.sub('_', words).strip('_') or 'step'}_0"

    def __repr_args__(self) -> Iterator[tuple[str, Any]]:
        yield from public_parameters(self).items()

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler, /) -> CoreSchema:
        schema = handler(source)
        defer_templates(handler.resolve_ref_schema(schema), cls.literal_fields)
        return schema

    @property
    def inputs(self) -> StepColumns:
        """Columns that the step needs."""
        return []

    @property
    def outputs(self) -> StepColumns:
        """Columns that the step makes. Where none is declared, any may come out."""
        return []

    @abstractmethod
    def process(self, *_: Any, **__: Any) -> Any:
        """Make rows; see the derived classes."""

    def load(self) -> None:
        """Prepare what the step needs, such as a model or a connection. Called once, before the first row."""

    def finish(self) -> None:
        """Complete what ``process`` began, such as a last upload. Called once, unless there was an error."""

    def unload(self) -> None:
        """Release what ``load`` prepared. Called once, also after an error, but not where ``load`` failed."""

    @property
    def _logger(self) -> logging.Logger:
        """A logger for the step's own messages."""
        return logging.getLogger(f"airflow_artifacts.step.{self.name}")

    def save_artifact(
        self, name: str, write_function: Callable[[Path], object], metadata: dict[str, Any] | None = None
    ) -> None:
        """Save files that the step made, under a name.

        In a task the artifact is kept with the rows of the task, and counts when they do. Elsewhere it goes to a
        local folder, which the log names. Saving again under a name replaces what this run of the step saved.

        Args:
            name: The artifact's name.
            write_function: Is given an empty local folder, and writes the files into it.
            metadata: Anything that JSON can hold.

        Raises:
            UnsafeNameError: The name, or the name of a file, is malformed.
            ArtifactError: No file was written, or the metadata is not JSON.
        """
        sink = self._sink = self._sink or LocalArtifactSink(self.name)
        folder = sink.prepare(name, metadata or {})
        try:
            write_function(folder)
            sink.save(name, folder, metadata or {})
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise

    def use_sink(self, sink: ArtifactSink) -> None:
        """Say where artifacts go from now on."""
        self._sink = sink

    def use_run(self, run: StepRun) -> None:
        """Say where the step runs from now on."""
        self._step_run = run

    @property
    def runtime_parameters_names(self) -> ParameterNames:
        """Names of the runtime parameters, and whether each may be left out; nested ones as dictionaries."""
        return parameter_names(self)

    def with_runtime_parameters(self, values: Mapping[str, Any]) -> Self:
        """Give a copy of the step with some runtime parameters set.

        Raises:
            RuntimeParameterError: A name is unknown, or a value is invalid.
        """
        return copy_with(self.name, self, with_parameters(self.name, self, values))

    def set_runtime_parameters(self, values: Mapping[str, Any]) -> None:
        """Set some runtime parameters.

        Raises:
            RuntimeParameterError: A name is unknown, or a value is invalid.
        """
        changed = self.with_runtime_parameters(values)
        self.__dict__.update({name: getattr(changed, name) for name in values})

    def rendered(self, render: Callable[[Any], Any]) -> Self:
        """Give a copy of the step with templates in its fields rendered, and the results validated.

        Raises:
            RuntimeParameterError: What a template became is invalid for its field.
            MappingError: With what the templates became, a mapping names a column that the step does not have.
        """
        copied = rendered_copy(self.name, self, render)
        copied._check_mappings()  # noqa: SLF001 - of a step like this one
        return copied

    def describe(self) -> dict[str, Any]:
        """Say what the step is, as JSON values without secrets: name, class, public parameters."""
        kind = type(self)
        return {
            "name": self.name,
            "class": f"{_PARSED_MODULE.sub('', kind.__module__)}.{kind.__qualname__}",
            "doc": (kind.__doc__ or "").strip().partition("\n")[0],
            "parameters": {name: value for name, value in public_parameters(self).items() if name != "name"},
        }

    def serialize(self) -> dict[str, Any]:
        """Show the step in Airflow's list of rendered fields, which calls this."""
        return {"class": type(self).__name__, **public_parameters(self)}

    def input_count(self) -> InputCount:
        """Say how many inputs ``process`` takes.

        Raises:
            StepDefinitionError: It takes none.
        """
        parameters = [p for p in self._process_parameters() if not is_marked(p.annotation)]
        if any(p.kind is p.VAR_POSITIONAL for p in parameters):
            return InputCount(1, None)
        positional = [p for p in parameters if p.kind in {p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD}]
        if not positional:
            raise StepDefinitionError(
                self.name, "process() takes no rows. Write: def process(self, inputs: StepInput)."
            )
        return InputCount(sum(p.default is p.empty for p in positional), len(positional))

    def output_columns(self, incoming: set[str] | None) -> set[str] | None:
        """Say which columns can come out, given those that come in; None where that cannot be known."""
        declared = self._outside_names(self.outputs)
        return incoming | declared if incoming is not None and declared else None

    def required_columns(self) -> list[str]:
        """Name the columns that rows have to have, by the rows' own names; none while a field is a template."""
        if has_template(self):
            return []
        inputs = self.inputs
        required = [column for column in inputs if not isinstance(inputs, dict) or inputs[column]]
        return [self.input_mappings.get(column, column) for column in required]

    def _outside_names(self, columns: StepColumns) -> set[str] | None:
        """Give the names that columns have outside of the step; None while a field is a template."""
        mappings = {**self.input_mappings, **self.output_mappings}
        return None if has_template(self) else {mappings.get(column, column) for column in columns}

    def _process_parameters(self) -> list[inspect.Parameter]:
        return list(inspect.signature(self.process).parameters.values())

    def _check_mappings(self) -> None:
        """Refuse mappings of columns that are not declared; without declared outputs any may come out."""
        for column in self.input_mappings:
            if column not in self.inputs:
                raise MappingError(self.name, "input", column, self.inputs)
        for column in self.output_mappings:
            if self.outputs and column not in self.outputs:
                raise MappingError(self.name, "output", column, self.outputs)


class Step(BaseStep, ABC):
    """A step that is given rows in batches.

    Attributes:
        input_batch_size: Rows per batch.
    """

    input_batch_size: RuntimeParameter[PositiveInt] = Field(default=50, description="Rows per batch.")

    @abstractmethod
    def process(self, *inputs: Any, **_: Any) -> StepOutput:  # with Any, type checkers let steps name their inputs
        """Turn a batch of rows into rows.

        Each list that is yielded counts, and there may be none, one or many for a batch. A step with several
        upstream steps is given one batch of each, of equal length and from the same place.

        Args:
            *inputs: A batch of each upstream step: ``*inputs: StepInput`` in a step that takes any number, and
                ``inputs: StepInput`` in one that takes a single one.

        Yields:
            Lists of rows.
        """


class GlobalStep(Step, ABC):
    """A step that is given all rows at once."""


class GeneratorStep(BaseStep, ABC):
    """A step that makes rows from nothing, or from outside.

    Attributes:
        batch_size: Rows per batch that the step yields.
    """

    batch_size: RuntimeParameter[PositiveInt] = Field(default=50, description="Rows per batch.")

    @abstractmethod
    def process(self, offset: int = 0) -> GeneratorStepOutput:
        """Make rows.

        Args:
            offset: How many of the rows to leave out at the beginning.

        Yields:
            A list of rows, and whether it is the last one.
        """

    def input_count(self) -> InputCount:
        """Say how many inputs ``process`` takes: none."""
        return InputCount(0, 0)

    def output_columns(self, incoming: set[str] | None) -> set[str] | None:  # noqa: ARG002
        """Say which columns can come out; None where that cannot be known."""
        return self._outside_names(self.outputs) or None

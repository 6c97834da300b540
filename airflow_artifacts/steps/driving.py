"""Driving a step: rows in, rows out, without knowing where they come from or go to."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Protocol

from pydantic import BaseModel

from airflow_artifacts.exceptions import (
    InputsError,
    MissingColumnError,
    RuntimeParameterError,
    StepOutputError,
)
from airflow_artifacts.steps.base import BaseStep, GeneratorStep, GlobalStep, Step
from airflow_artifacts.steps.mappings import map_inputs, map_outputs
from airflow_artifacts.steps.parameters import missing_parameters
from airflow_artifacts.steps.progress import Progress

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Iterator, Sequence

logger = logging.getLogger(__name__)


class RowsInput(Protocol):
    """Rows of one upstream step."""

    @property
    def name(self) -> str:
        """Who made the rows, for messages."""

    @property
    def columns(self) -> Mapping[str, int]:
        """Columns, and in how many rows each is."""

    def __len__(self) -> int: ...

    def batches(self, size: int) -> Iterator[list[dict[str, Any]]]:
        """Give the rows in lists of ``size``, the last one maybe shorter."""


class RowsOutput(Protocol):
    """Takes the rows that a step makes."""

    def write(self, rows: Sequence[dict[str, Any]]) -> None:
        """Take rows."""

    def mark(self, done: int) -> None:
        """Know that the rows so far are all that comes of the first ``done`` rows of input."""


def drive(step: BaseStep, inputs: Sequence[RowsInput], output: RowsOutput) -> int:
    """Run a step over its inputs, from ``load`` over ``finish`` to ``unload``.

    A step whose inputs have no rows is not run and makes none. An error of the step is not caught.

    Args:
        step: The step; whoever calls gives it a sink for its artifacts.
        inputs: Rows of each upstream step.
        output: Takes what the step makes.

    Returns:
        How many rows the step made.

    Raises:
        InputsError: There are too many or too few inputs, or they are of unequal length.
        MissingColumnError: An input lacks a column that the step requires.
        RuntimeParameterError: A runtime parameter without default has no value.
        StepOutputError: The step yielded something else than rows.
    """
    check_inputs(step, inputs)
    if inputs and not any(map(len, inputs)):
        logger.info("Step %r is not run: its inputs have no rows", step.name)
        return 0
    progress = Progress(f"Step {step.name!r}", max(map(len, inputs), default=None))
    made = 0
    # Closed first, so that what process() opened is closed when unload() is called.
    with _loaded(step), contextlib.closing(_results(step, inputs)) as results:
        for rows, done in results:
            made += len(rows)
            output.write(rows)
            if done is not None:
                output.mark(done)
                progress.update(done)
        step.finish()
    progress.finish(made)
    return made


@contextlib.contextmanager
def _loaded(step: BaseStep) -> Iterator[None]:
    """Load a step, and unload it at the end; an error of its work is not hidden by one of ``unload``."""
    step.load()
    try:
        yield
    except BaseException:
        try:
            step.unload()
        except Exception:
            logger.exception("unload() of step %r failed too, after the error that ends the step", step.name)
        raise
    step.unload()


def check_inputs(step: BaseStep, inputs: Sequence[RowsInput]) -> None:
    """Refuse inputs that a step cannot work with, before it is loaded; see ``drive``."""
    missing = missing_parameters(step)
    if missing:
        raise RuntimeParameterError(step.name, f"{', '.join(missing)} has no default and was not given.")
    check_input_count(step, [source.name for source in inputs])
    lengths = {len(source) for source in inputs}
    if len(lengths) > 1 and not isinstance(step, GlobalStep):
        counts = ", ".join(f"{source.name} {len(source)}" for source in inputs)
        raise InputsError(step.name, f"they are read side by side, but differ in their number of rows: {counts}.")
    _check_columns(step, inputs)


def check_input_count(step: BaseStep, names: Sequence[str]) -> None:
    """Refuse too many or too few inputs.

    Raises:
        InputsError: The step takes another number of them.
    """
    least, most = step.input_count()
    if least <= len(names) and (most is None or len(names) <= most):
        return
    if most == 0:
        problem = f"it makes rows itself and takes none, but is given those of {', '.join(names)}."
    elif not names:
        problem = "it is given none. Put it after another step (a >> b), or give inputs=."
    else:
        takes = f"at least {least}" if most is None else f"{least}" if least == most else f"{least} to {most}"
        problem = (
            f"it takes {takes}, but is given {len(names)}: {', '.join(names)}. "
            "A step that takes several says so: def process(self, *inputs: StepInput)."
        )
    raise InputsError(step.name, problem)


def _check_columns(step: BaseStep, inputs: Sequence[RowsInput]) -> None:
    """Refuse inputs of which none has a required column in all of its rows."""
    counts = [(dict(source.columns), len(source)) for source in inputs if len(source)]
    names = [source.name for source in inputs]
    available = dict.fromkeys(column for columns, _ in counts for column in columns)
    for column in step.required_columns() if counts else []:
        lacking = {total - columns[column]: total for columns, total in counts if column in columns}
        if 0 not in lacking:
            some = f"{min(lacking)} of {lacking[min(lacking)]} rows" if lacking else ""
            raise MissingColumnError(step.name, column, names, available, missing_rows=some)


def _results(step: BaseStep, inputs: Sequence[RowsInput]) -> Generator[tuple[list[dict[str, Any]], int | None]]:
    """Give each list of rows that a step yields, and after a batch how much of the input is done."""
    if isinstance(step, GeneratorStep):
        yield from _generated(step)
        return
    if not isinstance(step, Step):  # pragma: no cover - input_count has refused it
        raise InputsError(step.name, f"{type(step).__name__} is neither a Step nor a GeneratorStep.")
    size = max(map(len, inputs)) if isinstance(step, GlobalStep) else step.input_batch_size or 1
    done = 0
    for batches in _side_by_side(inputs, size):
        count = max(map(len, batches))
        renamed = [map_inputs(rows, step.input_mappings) for rows in batches]
        for rows in _yielded(step, step.process(*renamed)):
            checked = _checked_rows(step, rows)
            yield map_outputs(checked, step.input_mappings, step.output_mappings), None
        done += count
        yield [], done


def _side_by_side(inputs: Sequence[RowsInput], size: int) -> Iterator[tuple[list[dict[str, Any]], ...]]:
    """Give batches of all inputs; an input of a global step may have no rows."""
    sources: list[Iterable[list[dict[str, Any]]]] = [
        source.batches(size) if len(source) else [[]] for source in inputs
    ]
    return zip(*sources, strict=True)


def _generated(step: GeneratorStep) -> Iterator[tuple[list[dict[str, Any]], int]]:
    done = 0
    for item in _yielded(step, step.process(offset=0)):
        if not isinstance(item, tuple) or len(item) != 2:  # noqa: PLR2004
            raise StepOutputError(
                step.name,
                f"a generator step yields pairs (rows, is_last), but this one yielded a {type(item).__name__}.",
            )
        rows, is_last = item
        made = map_outputs(_checked_rows(step, rows), {}, step.output_mappings)
        done += len(made)
        yield made, done
        if is_last:
            return


def _yielded(step: BaseStep, result: Any) -> Iterator[Any]:
    if not hasattr(result, "__next__"):
        raise StepOutputError(
            step.name, f"process() has to yield lists of rows, but returned a {type(result).__name__}."
        )
    yield from result


def _checked_rows(step: BaseStep, rows: Any) -> list[dict[str, Any]]:
    if not isinstance(rows, list):
        raise StepOutputError(
            step.name, f"a list of rows has to be yielded, but a {type(rows).__name__} was: write yield [row]."
        )
    return rows if all(type(row) is dict for row in rows) else [_checked_row(step, row) for row in rows]


def _checked_row(step: BaseStep, row: Any) -> dict[str, Any]:
    if isinstance(row, (Mapping, BaseModel)):
        return dict(row)
    raise StepOutputError(step.name, f"a row has to be a dictionary, but a {type(row).__name__} was yielded.")

"""The rows of other tasks, as inputs of a task."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from airflow.sdk.definitions.mappedoperator import MappedOperator

from airflow_artifacts.exceptions import InputsError
from airflow_artifacts.rows import Rows, RowsRef, find_refs
from airflow_artifacts.steps.templates import has_template

if TYPE_CHECKING:
    from collections.abc import Sequence

    from airflow.sdk import BaseOperator, Context
    from airflow.sdk.types import Operator

_COMPLETE = frozenset({"success", "skipped", "removed"})


class TaskRows(Rows):
    """The rows that a task made, with its name."""

    @property
    def name(self) -> str:
        """The task's id."""
        return str(self.manifests[0].producer.get("task_id", "?"))


@dataclass(frozen=True)
class GivenInputs:
    """Whether inputs were given, and as a list: what Airflow renders into their place no longer shows it."""

    is_given: bool
    is_list: bool

    @classmethod
    def of(cls, value: Any) -> GivenInputs:
        """Look at what was given as ``inputs=``."""
        return cls(value is not None, isinstance(value, (list, tuple)))

    def items(self, value: Any) -> list[Any] | None:
        """List the inputs, rendered or not; None where none were given, and the tasks before are the inputs."""
        if not self.is_given:
            return None
        return list(value) if self.is_list else [value]


def as_output(value: Any) -> Any:
    """Give the output of an operator; anything else as it is."""
    from airflow.sdk import BaseOperator

    return value.output if isinstance(value, (BaseOperator, MappedOperator)) else value


def as_outputs(owner: str, value: Any) -> Any:
    """Give what stands for the rows of tasks: of an operator, its output.

    Args:
        owner: Id of the task whose inputs they are, for the message.
        value: What was given as an input, or a list of inputs.

    Raises:
        InputsError: A text was given that is no template.
    """
    if isinstance(value, (list, tuple)):
        return [as_outputs(owner, item) for item in value]
    if isinstance(value, str) and not has_template(value):
        raise InputsError(owner, f"{value!r} is a text. Give the output of a task: inputs=load.output.")
    return as_output(value)


def resolve_inputs(given: list[Any] | None, tasks: Sequence[Operator], context: Context) -> list[list[RowsRef]]:
    """Read the refs of each input; none of a task that was skipped.

    Args:
        given: What was given as inputs, rendered, or None.
        tasks: The tasks that are the inputs if none were given.
        context: The context of the running task.
    """
    values = [task.output.resolve(context) for task in tasks] if given is None else given
    return [find_refs(value) for value in values]


def refuse_incomplete(task: BaseOperator, upstream: Sequence[Operator], context: Context) -> None:
    """Refuse to go on without the rows of a task that failed or still runs, whatever the trigger rule.

    Raises:
        InputsError: An instance of a task neither succeeded nor was skipped.
    """
    if not upstream:
        return
    instance: Any = context["ti"]
    states = instance.get_task_states(
        dag_id=task.dag_id,
        task_ids=[each.task_id for each in upstream],
        run_ids=[instance.run_id],
        # In a mapped task group, other instances of the group are nothing to this one.
        map_index=None if task.get_closest_mapped_task_group() is None else instance.map_index,
    ).get(instance.run_id, {})
    incomplete = [f"{name} ({state or 'not run'})" for name, state in states.items() if state not in _COMPLETE]
    if incomplete:
        raise InputsError(
            task.task_id,
            f"the rows are not complete without those of {', '.join(sorted(incomplete))}. A trigger rule started "
            "the task nevertheless; only tasks that were skipped are left out.",
        )

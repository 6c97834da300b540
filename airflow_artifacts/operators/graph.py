"""Steps as tasks of a DAG: which task feeds which, and what that says before anything runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from airflow.sdk import TriggerRule
from airflow.sdk.definitions.mappedoperator import MappedOperator
from airflow.sdk.definitions.xcom_arg import XComArg

from airflow_artifacts.exceptions import MissingColumnError
from airflow_artifacts.steps.driving import check_input_count

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from airflow.sdk import DAG
    from airflow.sdk.types import Operator

    from airflow_artifacts.steps import BaseStep


class StepTask:
    """What is known of an operator that runs a step.

    Attributes:
        step: The step.
    """

    step: BaseStep

    def given_inputs(self) -> list[Any] | None:
        """List what was given as inputs, one for each; None where the tasks before this one are the inputs."""
        raise NotImplementedError


def is_step_task(task: Operator) -> bool:
    """Say whether a task runs a step, mapped or not."""
    kind = task.operator_class if isinstance(task, MappedOperator) else type(task)
    return issubclass(kind, StepTask)


def upstream_step_tasks(task: Operator) -> list[Operator]:
    """List the tasks directly before a task that run steps, in the order in which the DAG file defines them."""
    return [other for other in _in_order(task.dag, task.upstream_task_ids) if is_step_task(other)]


def all_upstream_step_tasks(task: Operator) -> list[Operator]:
    """List all tasks before a task that run steps, in the order in which the DAG file defines them."""
    return [other for other in _in_order(task.dag, _ancestors(task)) if is_step_task(other)]


def leaf_step_tasks(task: Operator) -> list[Operator]:
    """List the step tasks whose rows a final task gets.

    They are those directly before it; where none is, those from which a way leads to it on which no other step
    task lies.
    """
    direct = upstream_step_tasks(task)
    if direct:
        return direct
    upstream = all_upstream_step_tasks(task)
    inner = set().union(*(_ancestors(other) for other in upstream))
    return [other for other in upstream if other.task_id not in inner]


def _in_order(dag: DAG | None, task_ids: Iterable[str]) -> list[Any]:
    wanted = set(task_ids)
    return [task for task_id, task in dag.task_dict.items() if task_id in wanted] if dag else []


def _ancestors(task: Operator) -> set[str]:
    found: set[str] = set()
    waiting = set(task.upstream_task_ids)
    while waiting:
        task_id = waiting.pop()
        found.add(task_id)
        waiting |= set(task.dag.task_dict[task_id].upstream_task_ids) - found if task.dag else set()
    return found


def check_connections(task: Operator) -> None:
    """Refuse, while the DAG is parsed, a step task whose upstream step tasks cannot give what it needs.

    Raises:
        InputsError: The step takes another number of inputs.
        MissingColumnError: A required column is not among the columns that can come in.
    """
    sources = _sources(task)
    step = _step_of(task)
    if sources is None or step is None:
        return
    names = [source.task_id for source in sources]
    if task.trigger_rule == TriggerRule.ALL_SUCCESS:  # with another rule some of them may have been skipped
        check_input_count(step, names)
    incoming = _incoming(sources, {})
    for column in step.required_columns() if incoming is not None and sources else []:
        if column not in (incoming or ()):
            raise MissingColumnError(step.name, column, names, sorted(incoming or ()))


def _step_of(task: Operator) -> BaseStep | None:
    """Give the step of a task; None where it is known at run time only."""
    if isinstance(task, MappedOperator):
        return task.partial_kwargs.get("step")
    return cast("StepTask", task).step


def _sources(task: Operator) -> list[Operator] | None:
    """List the tasks that feed a step task, one for each input; None where that is known at run time only."""
    if isinstance(task, MappedOperator):
        expanded: Mapping[str, Any] = task.expand_input.value if isinstance(task.expand_input.value, dict) else {}
        if not expanded or {"inputs", "op_args", "op_kwargs"} & {*expanded, *task.partial_kwargs}:
            return None
        return upstream_step_tasks(task)
    given = cast("StepTask", task).given_inputs()
    return upstream_step_tasks(task) if given is None else _roots(given)


def _roots(given: Sequence[Any]) -> list[Operator] | None:
    sources: list[Operator] = []
    for value in given:
        roots = {root.task_id: root for root, _ in XComArg.iter_xcom_references(value)}
        if len(roots) != 1 or not all(map(is_step_task, roots.values())):
            return None
        sources += roots.values()
    return sources


def _incoming(sources: Iterable[Operator], known: dict[str, set[str] | None]) -> set[str] | None:
    """Work out which columns can come from some tasks; None where that is not known of one of them."""
    columns: set[str] = set()
    for source in sources:
        outgoing = _outgoing(source, known)
        if outgoing is None:
            return None
        columns |= outgoing
    return columns


def _outgoing(task: Operator, known: dict[str, set[str] | None]) -> set[str] | None:
    if task.task_id not in known:
        step, sources = _step_of(task), _sources(task)
        incoming = None if sources is None else _incoming(sources, known)
        known[task.task_id] = None if step is None else step.output_columns(incoming)
    return known[task.task_id]

"""Steps as tasks of a DAG: which task feeds which, and what that says before anything runs."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar, cast

from airflow.sdk import TriggerRule
from airflow.sdk.definitions.mappedoperator import MappedOperator
from airflow.sdk.definitions.xcom_arg import XComArg

from airflow_artifacts.exceptions import MissingColumnError, StepDefinitionError
from airflow_artifacts.operators.inputs import GivenInputs
from airflow_artifacts.steps import BaseStep
from airflow_artifacts.steps.driving import check_input_count
from airflow_artifacts.steps.parameters import check_names
from airflow_artifacts.steps.templates import has_template

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from airflow.sdk import DAG
    from airflow.sdk.types import Operator

AnswerT = TypeVar("AnswerT")
Columns = set[str] | None  # None: only the run can tell


class GraphTask:
    """An operator that, when a DAG is parsed, checks how its steps are connected."""


class StepTask(GraphTask):
    """What is known of an operator that runs a step.

    Attributes:
        step: The step.
    """

    step: BaseStep

    def given_inputs(self) -> list[Any] | None:
        """List what was given as inputs, one for each; None where the tasks before this one are the inputs."""
        raise NotImplementedError

    def given_parameters(self) -> Any:
        """Give the values of runtime parameters that were given."""
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

    They are those directly before it, and those from which a way leads to it on which no other step task lies.
    """
    upstream = all_upstream_step_tasks(task)
    inner = set().union(*(_ancestors(other) for other in upstream))
    return [other for other in upstream if other.task_id not in inner or other.task_id in task.upstream_task_ids]


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


def check_graph(task: Operator) -> None:
    """Refuse, while a DAG is parsed, step tasks that cannot get what they need from those before them.

    Airflow asks each task that is not mapped; the first one of the DAG answers for all, mapped ones included.

    Raises:
        InputsError: A step takes another number of inputs.
        MissingColumnError: A required column is not among the columns that can come in.
        RuntimeParameterError: A runtime parameter of a mapped task is unknown.
        StepDefinitionError: What a mapped task has for a step is none.
    """
    tasks = task.dag.tasks if task.dag else []
    if next((each for each in tasks if isinstance(each, GraphTask)), None) is not task:
        return
    known: dict[str, Columns] = {}
    for each in filter(is_step_task, tasks):
        if isinstance(each, MappedOperator):
            _check_mapped(each)
        _check_connections(each, known)


def check_step(task_id: str, step: Any) -> BaseStep:
    """Return what was given as a step if it is one.

    Raises:
        StepDefinitionError: It is something else.
    """
    if isinstance(step, BaseStep):
        return step
    kind = f"the class {step.__name__}" if isinstance(step, type) else f"a {type(step).__name__}"
    raise StepDefinitionError(task_id, f"step= has to be a step object, such as MyStep(), and is {kind}.")


def _check_mapped(task: MappedOperator) -> None:
    """Check what a mapped task is given, as far as it is written in the DAG: its operator is made at run time."""
    if "step" not in task.partial_kwargs:
        return
    step = check_step(task.task_id, task.partial_kwargs["step"])
    expanded = _expanded(task).get("runtime_parameters")
    for values in [task.partial_kwargs.get("runtime_parameters"), *(expanded if type(expanded) is list else [])]:
        if isinstance(values, Mapping):
            check_names(task.task_id, values, step.runtime_parameters_names)


def _check_connections(task: Operator, known: dict[str, Columns]) -> None:
    step, sources = _step_of(task), _sources(task)
    if step is None or sources is None:
        return
    names = [source.task_id for source in sources]
    if task.trigger_rule == TriggerRule.ALL_SUCCESS:  # with another rule some of them may have been skipped
        check_input_count(step, names)
    incoming = _incoming(sources, known)
    planned = _planned_steps(task)
    if incoming is None or planned is None or not sources:
        return
    for column in (column for each in planned for column in _ask(each.required_columns) or []):
        if column not in incoming:
            raise MissingColumnError(task.task_id, column, names, sorted(incoming))


def _step_of(task: Operator) -> BaseStep | None:
    """Give the step of a task; None where it is made at run time."""
    return task.partial_kwargs.get("step") if isinstance(task, MappedOperator) else cast("StepTask", task).step


def _planned_steps(task: Operator) -> list[BaseStep] | None:
    """Give the step of each instance of a task as it will run; None where that is known at run time only."""
    step = _step_of(task)
    if not isinstance(task, MappedOperator):
        given = [cast("StepTask", task).given_parameters()]
    else:
        expanded = _expanded(task).get("runtime_parameters", [task.partial_kwargs.get("runtime_parameters") or {}])
        given = expanded if isinstance(expanded, list) else [expanded]
    if step is None or has_template(step) or not all(map(_is_literal, given)):
        return None
    return [step.with_runtime_parameters(parameters) for parameters in given]


def _is_literal(parameters: Any) -> bool:
    if not isinstance(parameters, Mapping) or has_template(dict(parameters)):
        return False
    return not list(XComArg.iter_xcom_references(dict(parameters)))


def _expanded(task: MappedOperator) -> Mapping[str, Any]:
    value = task.expand_input.value
    return value if isinstance(value, dict) else {}


def _sources(task: Operator) -> list[Operator] | None:
    """List the tasks that feed a step task, one for each input; None where that is known at run time only."""
    given: list[Any] | None
    if not isinstance(task, MappedOperator):
        given = cast("StepTask", task).given_inputs()
    elif "inputs" in _expanded(task):
        given = [_expanded(task)["inputs"]]
    else:
        value = task.partial_kwargs.get("inputs")
        given = GivenInputs.of(value).items(value)
    if given is not None:
        return _roots(given)
    step = _step_of(task)
    takes_none = step is not None and step.input_count().most == 0
    return [] if takes_none else upstream_step_tasks(task)


def _roots(given: Sequence[Any]) -> list[Operator] | None:
    sources: list[Operator] = []
    for value in given:
        roots = {root.task_id: root for root, _ in XComArg.iter_xcom_references(value)}
        if len(roots) != 1 or not all(map(is_step_task, roots.values())):
            return None
        sources += roots.values()
    return sources


def _incoming(sources: Iterable[Operator], known: dict[str, Columns]) -> Columns:
    """Work out which columns can come from some tasks."""
    columns: set[str] = set()
    for source in sources:
        outgoing = _outgoing(source, known)
        if outgoing is None:
            return None
        columns |= outgoing
    return columns


def _outgoing(task: Operator, known: dict[str, Columns]) -> Columns:
    if task.task_id not in known:
        sources = _sources(task)
        incoming = None if sources is None else _incoming(sources, known)
        made = [_ask(partial(step.output_columns, incoming)) for step in _planned_steps(task) or []]
        known[task.task_id] = None if None in made or not made else set().union(*(each or () for each in made))
    return known[task.task_id]


def _ask(question: Callable[[], AnswerT]) -> AnswerT | None:
    """Ask a step for its columns; None where it fails, because it needs what is there at run time only."""
    try:
        return question()
    except Exception:  # noqa: BLE001 - properties of a user's class
        return None

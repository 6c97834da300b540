"""``@task.step``: a task that runs a step made from a function."""

from __future__ import annotations

import functools
import inspect
from typing import TYPE_CHECKING, Any, ClassVar

from airflow.sdk.bases.decorator import DecoratedOperator, task_decorator_factory

from airflow_artifacts.operators.inputs import as_output
from airflow_artifacts.operators.step import StepOperator
from airflow_artifacts.steps import step as make_step
from airflow_artifacts.steps.secrets import hide_secrets

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    from airflow.sdk.bases.decorator import TaskDecorator

    from airflow_artifacts.steps import StepColumns
    from airflow_artifacts.steps.decorator import StepType


class StepDecoratedOperator(DecoratedOperator, StepOperator):
    """Runs a function as a step; its arguments are the inputs and the runtime parameters."""

    custom_operator_name = "@task.step"
    template_fields: Sequence[str] = (*DecoratedOperator.template_fields, "step")
    template_fields_renderers: ClassVar[dict[str, str]] = {
        **DecoratedOperator.template_fields_renderers,
        "step": "json",
    }

    def __init__(
        self,
        *,
        python_callable: Callable[..., Any],
        input_columns: StepColumns | None = None,
        output_columns: StepColumns | None = None,
        step_type: StepType = "normal",
        **kwargs: Any,
    ) -> None:
        step = make_step(input_columns, output_columns, step_type)(python_callable)()
        fields = type(step).model_fields
        self._rows_names = [name for name in inspect.signature(python_callable).parameters if name not in fields]
        super().__init__(
            python_callable=_with_optional_arguments(python_callable), kwargs_to_upstream={"step": step}, **kwargs
        )
        self.op_args = self._hidden_arguments([as_output(value) for value in self.op_args])
        self.op_kwargs = hide_secrets(step, {name: as_output(value) for name, value in self.op_kwargs.items()})
        self._has_rows = any(name in self._arguments() for name in self._rows_names)

    def given_inputs(self) -> list[Any] | None:
        """List what was given as inputs, one for each; None where the tasks before this one are the inputs."""
        if not self._has_rows:
            return None
        arguments = self._arguments()
        values = [arguments[name] for name in self._rows_names if name in arguments]
        return [item for value in values for item in (value if isinstance(value, tuple) else [value])]

    def given_parameters(self) -> dict[str, Any]:
        """Give the values of runtime parameters that were given."""
        arguments = self._arguments()
        given = {name: arguments[name] for name in arguments if name not in self._rows_names}
        return hide_secrets(self.step, given)

    def _hidden(self, field: Any, rendered: Any) -> Any:
        if field is self.op_args:
            return self._hidden_arguments(rendered)
        return hide_secrets(self.step, rendered) if field is self.op_kwargs else rendered

    def _hidden_arguments(self, values: Collection[Any]) -> list[Any]:
        """Hide secrets among positional arguments, by the names of their places."""
        names = [*inspect.signature(self.python_callable).parameters, *range(len(values))]
        pairs = zip(names, values, strict=False)
        return [hide_secrets(self.step, {str(name): value})[str(name)] for name, value in pairs]

    def _arguments(self) -> Mapping[str, Any]:
        return inspect.signature(self.python_callable).bind(*self.op_args, **self.op_kwargs).arguments


def _with_optional_arguments(function: Callable[..., Any]) -> Callable[..., Any]:
    """Let Airflow, which binds arguments to the signature, do without the rows that come from upstream tasks."""
    signature = inspect.signature(function)
    parameters = [
        parameter.replace(default=None)
        if parameter.default is parameter.empty and parameter.kind is not parameter.VAR_POSITIONAL
        else parameter
        for parameter in signature.parameters.values()
    ]

    @functools.wraps(function)
    def bound(*args: Any, **kwargs: Any) -> Any:
        return function(*args, **kwargs)

    bound.__signature__ = signature.replace(parameters=parameters)  # type: ignore[attr-defined]
    return bound


def step_task(
    python_callable: Callable[..., Any] | None = None,
    *,
    inputs: StepColumns | None = None,
    outputs: StepColumns | None = None,
    step_type: StepType = "normal",
    **kwargs: Any,
) -> TaskDecorator:
    """Make a task that runs a function as a step.

    Args:
        python_callable: The function; see ``airflow_artifacts.steps.step`` for how it is written. Called in a DAG
            file, it takes outputs of step tasks in place of rows, or none for those of the tasks directly before
            it, and values of runtime parameters.
        inputs: Columns that the function needs.
        outputs: Columns that it makes.
        step_type: ``normal`` for batches, ``global`` for all rows at once, ``generator`` for one that makes rows.
        **kwargs: What every operator takes.
    """
    return task_decorator_factory(
        python_callable=python_callable,
        decorated_operator_class=StepDecoratedOperator,
        input_columns=inputs,
        output_columns=outputs,
        step_type=step_type,
        **kwargs,
    )

"""StepOperator: a step as an Airflow task."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any, ClassVar

from airflow.sdk import BaseOperator, TriggerRule
from airflow.sdk.log import mask_secret

from airflow_artifacts.artifacts import StoreArtifactSink, register
from airflow_artifacts.assets import declare, get_asset
from airflow_artifacts.attempt import attempt_for
from airflow_artifacts.exceptions import InputsError, RuntimeParameterError, StepDefinitionError
from airflow_artifacts.links import ArtifactsLink
from airflow_artifacts.operators.credentials import connections
from airflow_artifacts.operators.graph import StepTask, check_graph, check_step, upstream_step_tasks
from airflow_artifacts.operators.inputs import (
    GivenInputs,
    TaskRows,
    as_outputs,
    refuse_incomplete,
    resolve_inputs,
)
from airflow_artifacts.rows import RowsWriter
from airflow_artifacts.runtime import final_failures, get_settings, settled_memory
from airflow_artifacts.steps import BaseStep
from airflow_artifacts.steps.base import StepRun
from airflow_artifacts.steps.driving import drive
from airflow_artifacts.steps.parameters import check_names
from airflow_artifacts.steps.secrets import find_secrets, hide_secrets

if TYPE_CHECKING:
    import jinja2
    from airflow.sdk import Context

    from airflow_artifacts.attempt import RunningAttempt


class StepOperator(BaseOperator, StepTask):
    """Runs a step: reads the rows of its inputs, and keeps the rows and artifacts that the step makes.

    The rows go to the object store, and the task returns a ref of them. The artifacts get their versions when the
    rows count; their names, versions, paths and metadata are listed under the XCom key ``artifacts``.

    Args:
        step: The step. Jinja in its fields is rendered. Without a name of its own it has the name of the task.
        inputs: Output of another step task (``load.output``), or a list of several, each of which becomes an
            argument of ``process``. All instances of a mapped task are one input, in the order of their map
            indexes. Without ``inputs``, the outputs of the step tasks directly before this one, in the order in
            which the DAG file defines them.
        runtime_parameters: Values of the step's runtime parameters.
        asset: Whether each artifact's version is an event of the asset with the artifact's name.
        **kwargs: What every operator takes.

    Raises:
        StepDefinitionError: ``step`` is not a step, or its rows would be lost.
        InputsError: ``inputs`` are no outputs of tasks.
        RuntimeParameterError: A runtime parameter is unknown.
    """

    template_fields: Sequence[str] = ("inputs", "step", "runtime_parameters")
    template_fields_renderers: ClassVar[dict[str, str]] = {
        "inputs": "json",
        "step": "json",
        "runtime_parameters": "json",
    }
    ui_color = "#e7e0f7"
    operator_extra_links = (ArtifactsLink(),)

    def __init__(
        self,
        *,
        step: BaseStep,
        inputs: Any = None,
        runtime_parameters: Mapping[str, Any] | None = None,
        asset: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.asset = asset
        if asset:
            declare(self)
        if not self.do_xcom_push:
            raise StepDefinitionError(self.task_id, "do_xcom_push=False would lose its rows. Leave it out.")
        self.step = _named(check_step(self.task_id, step), self.task_id)
        self.inputs = as_outputs(self.task_id, inputs)
        self._given = GivenInputs.of(inputs)
        self.runtime_parameters = {} if runtime_parameters is None else runtime_parameters
        if isinstance(runtime_parameters, Mapping):
            check_names(self.step.name, runtime_parameters, self.step.runtime_parameters_names)
            self.runtime_parameters = hide_secrets(self.step, runtime_parameters)

    def prepare_template(self) -> None:
        """Check how steps are connected; Airflow calls this when a DAG file is parsed and the DAG complete."""
        check_graph(self)

    def render_template(
        self,
        content: Any,
        context: Context,
        jinja_env: jinja2.Environment | None = None,
        seen_oids: set[int] | None = None,
    ) -> Any:
        """Render templates, in a step into a copy of it: the DAG's own step is rendered for other runs too."""
        render = super().render_template
        if isinstance(content, BaseStep):
            with final_failures():
                return content.rendered(lambda value: render(value, context, jinja_env, seen_oids))
        return self._hidden(content, render(content, context, jinja_env, seen_oids))

    def execute(self, context: Context) -> dict[str, Any]:
        """Read the input rows, drive the step, and keep its rows and artifacts.

        Returns:
            The ref of the rows.
        """
        with final_failures(), settled_memory(), connections():
            attempt = attempt_for(context)
            inputs = [TaskRows(attempt.repository.store, refs) for refs in self._find_inputs(context)]
            return self._run(self._final_step(), inputs, attempt)

    def given_inputs(self) -> list[Any] | None:
        """List what was given as inputs, one for each; None where the tasks before this one are the inputs."""
        return self._given.items(self.inputs)

    def given_parameters(self) -> Any:
        """Give the values of runtime parameters that were given."""
        return self.runtime_parameters

    def _hidden(self, field: Any, rendered: Any) -> Any:
        """Hide secrets in what a field was rendered to, before Airflow keeps it to show it."""
        if field is self.runtime_parameters and isinstance(rendered, Mapping):
            return hide_secrets(self.step, rendered)
        return rendered

    def _final_step(self) -> BaseStep:
        parameters = self.given_parameters()
        if not isinstance(parameters, Mapping):
            kind = type(parameters).__name__
            raise RuntimeParameterError(self.step.name, f"they have to be a dictionary, and are a {kind}.")
        step = self.step.with_runtime_parameters(parameters)
        for secret in filter(None, find_secrets(step)):
            mask_secret(secret)  # whatever the step logs
        return step

    def _find_inputs(self, context: Context) -> list[Any]:
        upstream = upstream_step_tasks(self)
        given, (_, most) = self.given_inputs(), self.step.input_count()
        if given is None and most == 0:
            return []  # a task may come after others without wanting their rows
        if self.trigger_rule != TriggerRule.ALL_SUCCESS:
            refuse_incomplete(self, upstream, context)
        found = resolve_inputs(given, upstream, context)
        present = [refs for refs in found if refs]
        if len(present) < len(found):
            self.log.warning("%d inputs are left out: their tasks were skipped", len(found) - len(present))
            if not present or most not in {None, 1}:
                raise InputsError(
                    self.step.name,
                    f"{len(found) - len(present)} of {len(found)} inputs are missing, because their tasks were "
                    "skipped, and the others cannot take their places. Skip this task too, or take *inputs.",
                )
        return present

    def _run(self, step: BaseStep, inputs: list[TaskRows], attempt: RunningAttempt) -> dict[str, Any]:
        store, producer = attempt.repository.store, attempt.producer
        part_bytes = get_settings().part_bytes
        with (
            StoreArtifactSink(store, producer, step.name) as sink,
            RowsWriter(store, producer.prefix, part_bytes=part_bytes) as writer,
        ):
            step.use_sink(sink)
            step.use_run(StepRun(store.url(producer.task_prefix), tuple(rows.name for rows in inputs)))
            drive(step, inputs, writer)
            if self.asset:
                for record in sink.records:
                    get_asset(record.name)  # a name that no asset can have is refused while nothing counts
            sink.commit()
            ref = writer.commit(producer=asdict(producer), step=step.describe())
        # From here on the rows count, and so the artifacts are registered.
        records = [replace(record, parents=attempt.origin.parents) for record in sink.records]
        attempt.add_saved(register(attempt.repository, records), asset=self.asset)
        return ref.to_xcom()


def _named(step: BaseStep, task_id: str) -> BaseStep:
    if "name" in step.model_fields_set:
        return step
    return step.model_copy(update={"name": re.sub(r"[^a-zA-Z0-9_-]", "_", task_id)})

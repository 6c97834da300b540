"""StepOperator: a step as an Airflow task."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, ClassVar

from airflow.sdk import BaseOperator

from airflow_artifacts.artifacts import StoreArtifactSink
from airflow_artifacts.exceptions import StepDefinitionError
from airflow_artifacts.operators.graph import StepTask, check_connections, is_step_task, upstream_step_tasks
from airflow_artifacts.operators.inputs import TaskRows, find_refs
from airflow_artifacts.operators.source_urls import connections
from airflow_artifacts.rows import RowsWriter
from airflow_artifacts.runtime import final_failures, get_producer, get_settings, open_root, settled_memory
from airflow_artifacts.steps import BaseStep
from airflow_artifacts.steps.driving import drive
from airflow_artifacts.steps.parameters import check_names

if TYPE_CHECKING:
    import jinja2
    from airflow.sdk import Context

    from airflow_artifacts.storage import ObjectStore

ARTIFACTS_KEY = "artifacts"


class StepOperator(BaseOperator, StepTask):
    """Runs a step: reads the rows of its inputs, and keeps the rows and artifacts that the step makes.

    The rows go to the object store, and the task returns a ref of them. The artifacts count when the rows do;
    their names, paths and metadata are listed under the XCom key ``artifacts``.

    Args:
        step: The step. Jinja in its fields is rendered. Without a name of its own it has the name of the task.
        inputs: Output of another step task (``load.output``), or a list of several, each of which becomes an
            argument of ``process``. All instances of a mapped task are one input, in the order of their map
            indexes. Without ``inputs``, the outputs of the step tasks directly before this one, in the order in
            which the DAG file defines them.
        runtime_parameters: Values of the step's runtime parameters.
        **kwargs: What every operator takes.

    Raises:
        StepDefinitionError: ``step`` is not a step.
        RuntimeParameterError: A runtime parameter is unknown.
    """

    template_fields: Sequence[str] = ("inputs", "step", "runtime_parameters")
    template_fields_renderers: ClassVar[dict[str, str]] = {
        "inputs": "json",
        "step": "json",
        "runtime_parameters": "json",
    }
    ui_color = "#e7e0f7"

    def __init__(
        self,
        *,
        step: BaseStep,
        inputs: Any = None,
        runtime_parameters: Mapping[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if not isinstance(step, BaseStep):
            kind = f"the class {step.__name__}" if isinstance(step, type) else f"a {type(step).__name__}"
            raise StepDefinitionError(
                self.task_id, f"step= has to be a step object, such as MyStep(), and is {kind}."
            )
        self.step = _named(step, self.task_id)
        self.inputs = inputs
        self.runtime_parameters = {} if runtime_parameters is None else runtime_parameters
        # What is rendered no longer shows whether a list of inputs was given, or one input that is a list.
        self._has_several_inputs = isinstance(inputs, (list, tuple))
        if isinstance(self.runtime_parameters, Mapping):
            check_names(self.step.name, self.runtime_parameters, self.step.runtime_parameters_names)

    def prepare_template(self) -> None:
        """Check how the step is connected; Airflow calls this when a DAG file is parsed and the DAG complete."""
        check_connections(self)
        for task in self.downstream_list:
            if is_step_task(task) and task.is_mapped:  # Airflow does not call this method of mapped tasks
                check_connections(task)

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
        return render(content, context, jinja_env, seen_oids)

    def execute(self, context: Context) -> dict[str, Any]:
        """Read the input rows, drive the step, and keep its rows and artifacts.

        Returns:
            The ref of the rows.
        """
        with final_failures(), settled_memory(), connections():
            store = open_root()
            inputs = [TaskRows(store, refs) for refs in self._find_inputs(context)]
            step = self.step.with_runtime_parameters(self.runtime_parameters)
            return self._run(step, inputs, store, context)

    def given_inputs(self) -> list[Any] | None:
        """List what was given as inputs, one for each; None where the tasks before this one are the inputs."""
        if self.inputs is None:
            return None
        return list(self.inputs) if self._has_several_inputs else [self.inputs]

    def _find_inputs(self, context: Context) -> list[Any]:
        given = self.given_inputs()
        if given is None:
            given = [task.output.resolve(context) for task in upstream_step_tasks(self)]
        found = [find_refs(value) for value in given]
        if not all(found):
            self.log.info("Inputs without any rows, of tasks that were skipped, are left out")
        return [refs for refs in found if refs]

    def _run(self, step: BaseStep, inputs: list[TaskRows], store: ObjectStore, context: Context) -> dict[str, Any]:
        producer = get_producer(context)
        part_bytes = get_settings().part_bytes
        with (
            StoreArtifactSink(store, producer.prefix, step.name) as sink,
            RowsWriter(store, producer.prefix, part_bytes=part_bytes) as writer,
        ):
            step.use_sink(sink)
            drive(step, inputs, writer)
            sink.commit()
            ref = writer.commit(producer=asdict(producer), step=step.describe())
        context["ti"].xcom_push(ARTIFACTS_KEY, [record.to_ref().to_xcom() for record in sink.records])
        return ref.to_xcom()


def _named(step: BaseStep, task_id: str) -> BaseStep:
    if "name" in step.model_fields_set:
        return step
    return step.model_copy(update={"name": re.sub(r"[^a-zA-Z0-9_-]", "_", task_id)})

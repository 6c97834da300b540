"""``@task.artifact``: a task that keeps what a function returns as artifacts."""

from __future__ import annotations

import asyncio
import inspect
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar, cast

from airflow.sdk.bases.decorator import DecoratedOperator, determine_kwargs, task_decorator_factory

from airflow_artifacts.artifacts import ArtifactConfig, ArtifactVersion
from airflow_artifacts.assets import declare, with_alias
from airflow_artifacts.client import ArtifactClient, Output
from airflow_artifacts.decorators.annotations import find_names, typed
from airflow_artifacts.decorators.arguments import load_arguments
from airflow_artifacts.decorators.outputs import check_names, default_name, find_outputs
from airflow_artifacts.exceptions import ArtifactError, StepDefinitionError
from airflow_artifacts.links import ArtifactsLink
from airflow_artifacts.runtime import final_failures
from airflow_artifacts.step_context import step_context
from airflow_artifacts.steps.templates import has_template
from airflow_artifacts.storage import check_artifact_name

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import jinja2
    from airflow.sdk import Context
    from airflow.sdk.bases.decorator import TaskDecorator

    from airflow_artifacts.decorators.outputs import Returns


class ArtifactDecoratedOperator(DecoratedOperator):
    """Calls a function with the values of the artifacts that it is given, and keeps what it returns as artifacts.

    Args:
        python_callable: The function, with its annotations evaluated.
        outputs: For each output the fields of its ArtifactConfig; Jinja in them is rendered.
        returns: What the function returns.
        asset: Whether each version that the task registers is an event of an asset.
        **kwargs: What every decorated operator takes.
    """

    custom_operator_name = "@task.artifact"
    template_fields: Sequence[str] = (*DecoratedOperator.template_fields, "outputs")
    template_fields_renderers: ClassVar[dict[str, str]] = {
        **DecoratedOperator.template_fields_renderers,
        "outputs": "json",
    }
    ui_color = "#e7e0f7"
    operator_extra_links = (ArtifactsLink(),)

    def __init__(
        self,
        *,
        python_callable: Callable[..., Any],
        outputs: list[dict[str, Any]],
        returns: Returns,
        asset: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(python_callable=python_callable, **kwargs)
        self.outputs = outputs
        self.returns = returns
        self.asset = asset
        if asset:
            declare(self)

    def prepare_template(self) -> None:
        """Check how the outputs are used; Airflow calls this when a DAG file is parsed and the DAG complete."""
        for output in self.outputs:
            if output["name"] is None:
                check_artifact_name(default_name(self.dag_id, self.task_id))
        for mapped in () if self.returns == "tuple" else self.iter_mapped_dependants():
            raise StepDefinitionError(
                self.task_id,
                f"{mapped.node_id!r} is mapped over its output, which is one artifact, whatever is in it. Return "
                "several outputs, `-> tuple[Annotated[...], ...]`, or give expand() a list of outputs of tasks.",
            )

    def render_template(
        self,
        content: Any,
        context: Context,
        jinja_env: jinja2.Environment | None = None,
        seen_oids: set[int] | None = None,
    ) -> Any:
        """Render templates; in names, labels and tags to texts, even where a DAG wants native objects."""
        render = super().render_template
        if content is not self.outputs:
            return render(content, context, jinja_env, seen_oids)
        name = default_name(self.dag_id, self.task_id)
        return [
            {
                "name": name if output["name"] is None else self._text(output["name"], context),
                "version": self._text(output["version"], context),
                "tags": [self._text(tag, context) for tag in output["tags"]],
                "metadata": render(output["metadata"], context, jinja_env, seen_oids),
            }
            for output in self.outputs
        ]

    def _text(self, text: str | None, context: Context) -> str | None:
        if text is None or not has_template(text):
            return text
        return self.dag.get_template_env(force_sandboxed=True).from_string(text).render(context)

    def execute(self, context: Context) -> Any:
        """Call the function, and keep what it returns.

        Returns:
            The ref of the artifact; of several a list of refs, each of which is also in XCom under its name.
        """
        with final_failures():
            configs = [ArtifactConfig(**output).checked() for output in self.outputs]
            if self.returns == "tuple":
                check_names(self.task_id, [config.name for config in configs])
            with step_context([config.name for config in configs]) as step:
                values = self._values(self._call(context))
            outputs = [
                Output(_with_metadata(config, step.output_metadata(config.name)), value)
                for config, value in zip(configs, values, strict=False)
            ]
            refs = ArtifactClient().save_outputs(outputs, asset=self.asset)
        if self.returns != "tuple":
            return refs[0] if refs else None
        if self.do_xcom_push:
            for ref in refs:
                context["ti"].xcom_push(ref["name"], ref)
        return refs

    def _call(self, context: Context) -> Any:
        args, kwargs = load_arguments(self.python_callable, list(self.op_args), self.op_kwargs, _load)
        wanted = determine_kwargs(self.python_callable, args, {**context, **kwargs})
        value = self.python_callable(*args, **wanted)
        return asyncio.run(value) if inspect.iscoroutine(value) else value

    def _values(self, value: Any) -> list[Any]:
        """Give the values of the outputs."""
        if self.returns == "tuple":
            count = len(value) if isinstance(value, tuple | list) else None
            if count != len(self.outputs):
                found = f"a {type(value).__name__}" if count is None else f"{count} values"
                names = ", ".join(output["name"] for output in self.outputs)
                raise ArtifactError(
                    names,
                    f"the function returned {found}. It has to return a tuple of {len(self.outputs)} values.",
                )
            return list(value)
        if self.returns == "nothing" and value is not None:
            raise ArtifactError(
                default_name(self.dag_id, self.task_id),
                f"the function returned a {type(value).__name__}, and its annotation says None. Annotate what it "
                "returns.",
            )
        return [] if value is None and self.returns != "value" else [value]


def _with_metadata(config: ArtifactConfig, metadata: dict[str, Any]) -> ArtifactConfig:
    return replace(config, metadata={**(config.metadata or {}), **metadata})


def _load(ref: dict[str, Any], as_type: type | None) -> Any:
    client = ArtifactClient()
    if as_type is not ArtifactVersion:
        return client.load_artifact(ref, as_type)
    version = client.repository.find(ref).version
    client.repository.access.on_read(version)  # whatever the function does with it
    return version


def artifact_task(
    python_callable: Callable[..., Any] | None = None, *, asset: bool = False, **kwargs: Any
) -> TaskDecorator:
    """Make a task that keeps what a function returns as artifacts.

    The annotation of what the function returns names them: ``-> Annotated[T, "name"]``, with an ``ArtifactConfig``
    in place of the name to say more, or a tuple of these for several. Without a name, the artifact is named
    ``<DAG>/<task>``. Names may be templates.

    An argument that is the output of another such task is the value of its artifact, loaded into the class that
    the parameter is annotated with, or the ``ArtifactVersion`` if it is annotated with that.

    Args:
        python_callable: The function.
        asset: Whether each version is an event of the asset with the artifact's name.
        **kwargs: What every operator takes.

    Raises:
        StepDefinitionError: The annotation cannot be evaluated or understood.
        UnsafeNameError: A name in it is malformed.
        ArtifactError: Metadata or tags in it are malformed.
    """
    for name in {"multiple_outputs", "outputs", "returns"} & kwargs.keys():
        raise StepDefinitionError("@task.artifact", f"it takes no {name}. Annotate what the function returns.")

    def decorate(function: Callable[..., Any]) -> Any:
        if not callable(function):
            raise StepDefinitionError(repr(function), "it is no function. Names of artifacts are in annotations.")
        if inspect.isgeneratorfunction(function) or inspect.isasyncgenfunction(function):
            raise StepDefinitionError(function.__qualname__, "it yields. Return what is to be kept.")
        names = find_names(function)
        returns, outputs = find_outputs(function, names)
        if asset:
            kwargs["outlets"] = with_alias(kwargs.get("outlets"))  # for mapped tasks, which are made when they run
        return task_decorator_factory(
            python_callable=typed(function, names),
            multiple_outputs=False,
            decorated_operator_class=ArtifactDecoratedOperator,
            outputs=outputs,
            returns=returns,
            asset=asset,
            **kwargs,
        )

    return cast("TaskDecorator", decorate if python_callable is None else decorate(python_callable))

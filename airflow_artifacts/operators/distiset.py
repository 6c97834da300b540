"""DistisetPushOperator: the end of a DAG of steps, where rows and artifacts become a data set."""

from __future__ import annotations

import platform
from collections import Counter
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, ClassVar

from airflow.sdk import BaseOperator

import airflow_artifacts
from airflow_artifacts.artifacts import Access, ArtifactRepository
from airflow_artifacts.distiset import Distiset, GatheredArtifact, Origin, StepDescription, Subset
from airflow_artifacts.distiset.references import note_location
from airflow_artifacts.exceptions import DistisetError
from airflow_artifacts.operators.graph import GraphTask, all_upstream_step_tasks, check_graph, leaf_step_tasks
from airflow_artifacts.operators.inputs import (
    GivenInputs,
    TaskRows,
    as_outputs,
    refuse_incomplete,
    resolve_inputs,
)
from airflow_artifacts.operators.upstream import all_upstream_tasks, find_artifacts
from airflow_artifacts.runtime import final_failures, get_producer, open_root, open_url, settled_memory
from airflow_artifacts.steps.progress import Progress
from airflow_artifacts.steps.templates import has_template

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from airflow.sdk import Context

    from airflow_artifacts.storage import ObjectStore

REF_FORMAT = "airflow-artifacts/distiset/1"


class DistisetPushOperator(BaseOperator, GraphTask):
    """Gathers the rows and artifacts of the tasks before it, and saves them as a data set with a card.

    Each leaf step becomes a subset, named like the step, or ``default`` if it is the only one. The artifacts are
    those of all tasks before this one, also indirect and mapped ones, whether a step or a function such as
    ``log_artifact`` saved them.

    What was at the path before is replaced at once, when the new data set is complete: a reader never sees half
    of one.

    Args:
        path: Folder, or URL of a folder on an object store (``s3://conn_id@bucket/data``), for the data set.
        inputs: Outputs of the step tasks whose rows are wanted, one or a list. Without it, those directly before
            this task, or, where none is, the last ones on the way to it.
        train_size: Share of the rows, between 0 and 1, for the split ``train``; the others become ``test``.
        seed: Seed of the draw between the splits.
        **kwargs: What every operator takes.

    Raises:
        DistisetError: ``train_size`` is not between 0 and 1, or there is no path.
    """

    template_fields: Sequence[str] = ("path", "inputs")
    template_fields_renderers: ClassVar[dict[str, str]] = {"inputs": "json"}
    ui_color = "#f7e9d0"

    def __init__(
        self,
        *,
        path: str,
        inputs: Any = None,
        train_size: float | None = None,
        seed: int = 42,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.path = _check_path(self.task_id, str(path))
        if train_size is not None and not (isinstance(train_size, float) and 0 < train_size < 1):
            raise DistisetError(f"train_size of the task {self.task_id!r} is {train_size!r}, not between 0 and 1.")
        self.inputs = as_outputs(self.task_id, inputs)
        self._given = GivenInputs.of(inputs)
        self.train_size = train_size
        self.seed = seed

    def prepare_template(self) -> None:
        """Check how steps are connected; Airflow calls this when a DAG file is parsed and the DAG complete."""
        check_graph(self)

    def execute(self, context: Context) -> dict[str, Any]:
        """Gather, and save.

        Returns:
            Where the data set is, and how many rows each split of each subset has.
        """
        with final_failures(), settled_memory():
            store = open_root()
            path = _check_path(self.task_id, self.path)
            distiset = self._gather(store, context)
            with _noted(store, path, distiset):
                saved = distiset.save(
                    path,
                    source=store,
                    filesystem=open_url(path),
                    train_size=self.train_size,
                    seed=self.seed,
                    on_progress=_progress_log(),
                )
        rows = {
            subset.name: {split.name: split.rows for split in subset.splits} for subset in saved.manifest.subsets
        }
        self.log.info("Saved the distiset to %s: %s", saved.path, rows)
        return {"format": REF_FORMAT, "path": saved.path, "rows": rows}

    def _gather(self, store: ObjectStore, context: Context) -> Distiset:
        upstream = all_upstream_step_tasks(self)
        refuse_incomplete(self, upstream, context)
        leaves = resolve_inputs(self._given.items(self.inputs), leaf_step_tasks(self), context)
        sources = [TaskRows(store, refs) for refs in leaves if refs]
        if not sources:
            raise DistisetError(
                f"The task {self.task_id!r} got no rows: no step task before it has an output. "
                "Put it after a StepOperator (step >> push), or give inputs=."
            )
        tasks = {
            task.task_id: [TaskRows(store, [ref]) for ref in refs]
            for task, refs in zip(upstream, resolve_inputs(None, upstream, context), strict=True)
            if refs
        }
        return Distiset(
            name=self.dag_id,
            subsets=[Subset("default", sources[0])] if len(leaves) == 1 else _subsets(sources),
            artifacts=self._artifacts(store, tasks, context),
            steps=[_description(instances) for instances in tasks.values()],
            origin=_origin(context),
        )

    def _artifacts(
        self, store: ObjectStore, steps: Mapping[str, list[TaskRows]], context: Context
    ) -> list[GatheredArtifact]:
        repository = ArtifactRepository(store, Access(open_source=open_url))
        names = Counter(map(_step_name, steps.values()))
        found: list[GatheredArtifact] = []
        for task in all_upstream_tasks(self):
            instances = steps.get(task.task_id, [])
            name = _unique_name(instances[0], names) if instances else task.task_id
            found += find_artifacts(repository, task, name, instances, context)
        return found


def _check_path(task_id: str, path: str) -> str:
    """Refuse a path that would lead elsewhere on each worker.

    Raises:
        DistisetError: It is empty or relative.
    """
    if not path:
        raise DistisetError(f"The task {task_id!r} has no path. Give path=, a folder or the URL of one.")
    if "://" not in path and not path.startswith(("/", "~")) and not has_template(path):
        raise DistisetError(f"The path of the task {task_id!r} is {path!r}. Give an absolute path, or a URL.")
    return path


@contextmanager
def _noted(store: ObjectStore, path: str, distiset: Distiset) -> Iterator[None]:
    """Keep pruning from deleting the versions that a data set refers to, from before it is saved."""
    versions = {(each.record.name, each.version) for each in distiset.artifacts if each.version is not None}
    note_location(store, path, versions)
    try:
        yield
    finally:
        note_location(store, path)


def _step_name(instances: list[TaskRows]) -> str:
    return str(instances[0].manifests[0].step["name"])


def _subsets(sources: list[TaskRows]) -> list[Subset]:
    names = Counter(_step_name([rows]) for rows in sources)
    return [Subset(_unique_name(rows, names), rows) for rows in sources]


def _unique_name(rows: TaskRows, names: Counter[str]) -> str:
    """Give the name of the step, or of the task where several have steps of that name."""
    name = _step_name([rows])
    return name if names[name] == 1 else rows.name


def _description(instances: list[TaskRows]) -> StepDescription:
    step = instances[0].manifests[0].step
    return StepDescription(
        name=step["name"],
        task_id=instances[0].name,
        class_name=step["class"],
        parameters=_parameters([rows.manifests[0].step["parameters"] for rows in instances]),
        rows=sum(map(len, instances)),
        doc=step["doc"],
    )


def _parameters(instances: list[Mapping[str, Any]]) -> dict[str, Any]:
    """Give the parameters of a step, and of those that differ between mapped instances the list of values."""
    values = {name: [parameters.get(name) for parameters in instances] for name in instances[0]}
    return {name: each[0] if all(value == each[0] for value in each) else each for name, each in values.items()}


def _origin(context: Context) -> Origin:
    from airflow import __version__ as airflow_version

    producer = get_producer(context)
    versions = {
        "airflow": airflow_version,
        "airflow-artifacts": airflow_artifacts.__version__,
        "python": platform.python_version(),
    }
    return Origin(producer.dag_id, producer.run_id, producer.logical_date, versions)


def _progress_log() -> Callable[[str, str, int, int], None]:
    running: dict[tuple[str, str], Progress] = {}

    def log(stage: str, subset: str, done: int, total: int) -> None:
        progress = running.setdefault((stage, subset), Progress(f"Subset {subset!r}, {stage}", total))
        progress.update(done)

    return log

"""DistisetPushOperator: the end of a DAG of steps, where rows and artifacts become a data set."""

from __future__ import annotations

import platform
from collections import Counter
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from airflow.sdk import BaseOperator

import airflow_artifacts
from airflow_artifacts.artifacts import Access, ArtifactRepository
from airflow_artifacts.assets import add_dataset_event, declare
from airflow_artifacts.distiset import Distiset, GatheredArtifact, Origin, StepDescription, Subset
from airflow_artifacts.distiset.references import note_location
from airflow_artifacts.exceptions import DistisetError
from airflow_artifacts.hooks.huggingface import DEFAULT_CONNECTION
from airflow_artifacts.links import DatasetLink, RunArtifactsLink
from airflow_artifacts.operators.graph import GraphTask, all_upstream_step_tasks, check_graph, leaf_step_tasks
from airflow_artifacts.operators.inputs import (
    GivenInputs,
    TaskRows,
    as_outputs,
    refuse_incomplete,
    resolve_inputs,
)
from airflow_artifacts.operators.pushing import (
    check_places,
    describe_push,
    part_of,
    push_ref,
    read_template,
    rows_of,
)
from airflow_artifacts.operators.upstream import all_upstream_tasks, find_artifacts
from airflow_artifacts.runtime import final_failures, get_producer, hub_login, open_root, open_url, settled_memory
from airflow_artifacts.steps.progress import Progress

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from airflow.sdk import Context

    from airflow_artifacts.storage import ObjectStore

REF_FORMAT = "airflow-artifacts/distiset/1"


class DistisetPushOperator(BaseOperator, GraphTask):
    """Gathers rows and artifacts of the tasks before it, and saves or publishes them as a data set with a card.

    Each leaf step becomes a subset, named like the step, or ``default`` if it is the only one. The artifacts are
    those of all tasks before this one, also indirect and mapped ones, whether a step or a function such as
    ``log_artifact`` saved them.

    What was there before is replaced at once, when the new data set is complete: a reader never sees half of one.
    On the Hub one commit has everything, and to push the same again adds none.

    What was made of which versions is then noted below the root. Where the store fails at that, so does the task,
    although the data set is there: a retry adds nothing to it, and notes it.

    Args:
        path: Folder, or URL of a folder on an object store (``s3://conn_id@bucket/data``), for the data set.
        repo_id: Repository on the Hugging Face Hub, ``owner/name``; it is created if need be. There may be both a
            path and a repository.
        inputs: Outputs of the step tasks whose rows are wanted, one or a list. Without it, those directly before
            this task, or, where none is, the last ones on the way to it.
        train_size: Share of the rows, between 0 and 1, for the split ``train``; the others become ``test``.
        seed: Seed of the draw between the splits.
        hf_conn_id: Connection of the type ``huggingface`` with the token. The default one may be missing: then it
            is the token of the worker.
        private: Whether a repository that is created is private; None as its owner has it by default.
        revision: Branch that is pushed to, created if need be; without it the main one.
        create_pr: Whether the commit goes into a pull request.
        commit_message: Title of the commit.
        append: Whether the rows are added to those of other logical dates, in files of their own. A run for the
            same logical date replaces its own. Without it, all rows that were pushed before are replaced.
        allow_type_changes: Whether a column may have another type than in the data set on the Hub.
        card_template: Jinja template for the text of the card: a file with the extension ``.jinja``, from the
            folder of the DAG's file on, or the text itself. Airflow renders nothing in it.
        card_path: Local folder into which the Hub's card is written too, for a look.
        dry_run: Whether nothing is pushed, but said what would be.
        **kwargs: What every operator takes.

    Raises:
        DistisetError: ``train_size`` is not between 0 and 1, there is neither path nor repository, or the template
            is malformed.
        HubRefusedError: ``repo_id`` is malformed.
    """

    template_fields: Sequence[str] = (
        "path",
        "repo_id",
        "inputs",
        "hf_conn_id",
        "revision",
        "commit_message",
        "card_path",
    )
    template_fields_renderers: ClassVar[dict[str, str]] = {"inputs": "json"}
    ui_color = "#f7e9d0"
    operator_extra_links = (RunArtifactsLink(), DatasetLink())

    def __init__(  # noqa: PLR0913 - each is an option of its own, and named
        self,
        *,
        path: str | Path | None = None,
        repo_id: str | None = None,
        inputs: Any = None,
        train_size: float | None = None,
        seed: int = 42,
        hf_conn_id: str = DEFAULT_CONNECTION,
        private: bool | None = None,
        revision: str | None = None,
        create_pr: bool = False,
        commit_message: str | None = None,
        append: bool = False,
        allow_type_changes: bool = False,
        card_template: str | Path | None = None,
        card_path: str | Path | None = None,
        dry_run: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.path = None if path is None else str(path)
        self.repo_id = repo_id
        check_places(self.task_id, self.path, repo_id)
        if append and not repo_id:
            raise DistisetError(f"append=True needs repo_id= in the task {self.task_id!r}: a folder is replaced.")
        self.hf_conn_id = hf_conn_id
        self.private = private
        self.revision = revision
        self.create_pr = create_pr
        self.commit_message = commit_message
        self.append = append
        self.allow_type_changes = allow_type_changes
        folder = self.dag.folder if self.has_dag() else ""  # type: ignore[no-untyped-call]
        self.card_template = read_template(card_template, Path(folder))
        self.card_path = None if card_path is None else str(card_path)
        self.is_dry_run = dry_run
        self.dataset_url = ""
        if repo_id:
            declare(self)
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
        """Gather, and save or push.

        Returns:
            Where the data set is, and how many rows each split of each subset has; of a push also the repository,
            the commit, the URL, and the pull request if one was made.
        """
        with final_failures(), settled_memory():
            store = open_root()
            check_places(self.task_id, self.path, self.repo_id)
            distiset = self._gather(store, context)
            ref: dict[str, Any] = {"format": REF_FORMAT}
            if self.path:
                ref |= self._save(store, distiset, self.path, context)
            if self.repo_id:
                ref |= self._push(store, distiset, self.repo_id, context)
            return ref

    def _save(self, store: ObjectStore, distiset: Distiset, path: str, context: Context) -> dict[str, Any]:
        # Not when the DAG is parsed: the module also reads notes, for the API server.
        from airflow_artifacts.distiset.publications import note_publication, saved_publication

        with _noted(store, path, distiset):
            saved = distiset.save(
                path,
                source=store,
                filesystem=open_url(path),
                train_size=self.train_size,
                seed=self.seed,
                on_progress=_progress_log(),
            )
        note_publication(store, saved_publication(distiset, path, saved.manifest.rows, get_producer(context)))
        rows = rows_of(saved.manifest)
        self.log.info("Saved the distiset to %s: %s", saved.path, rows)
        return {"path": saved.path, "rows": rows}

    def _push(self, store: ObjectStore, distiset: Distiset, repo_id: str, context: Context) -> dict[str, Any]:
        from airflow_artifacts.distiset.publications import note_publication, pushed_publication

        producer = get_producer(context)
        pushed = distiset.push(
            repo_id,
            source=store,
            login=hub_login(self.hf_conn_id),
            private=self.private,
            revision=self.revision or None,
            create_pr=self.create_pr,
            commit_message=self.commit_message or f"Push {self.dag_id}, run {producer.run_id}",
            append_as=part_of(producer) if self.append else None,
            allow_type_changes=self.allow_type_changes,
            card_template=self.card_template,
            card_path=self.card_path or None,
            dry_run=self.is_dry_run,
            train_size=self.train_size,
            seed=self.seed,
            on_progress=_progress_log(),
        )
        for line in describe_push(pushed):
            self.log.info(line)
        ref = push_ref(pushed)
        if pushed.commit is not None:
            noted = pushed_publication(distiset, pushed, pushed.commit, self.revision or None, producer)
            note_publication(store, noted)
            self.dataset_url = pushed.commit.pull_request_url or pushed.url
            if not self.create_pr:
                add_dataset_event(context, repo_id, ref)
        return ref

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

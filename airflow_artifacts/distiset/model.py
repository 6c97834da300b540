"""What a distiset is made of, and the way to save and load one."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from airflow_artifacts.exceptions import DistisetError
from airflow_artifacts.storage import open_store
from airflow_artifacts.storage.secrets import known_secrets, mask_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from fsspec import AbstractFileSystem

    from airflow_artifacts.artifacts import ArtifactRecord
    from airflow_artifacts.distiset.loading import LoadedDistiset
    from airflow_artifacts.distiset.pushing import PushedDistiset
    from airflow_artifacts.distiset.saving import SavedDistiset
    from airflow_artifacts.hub import HubLogin
    from airflow_artifacts.storage import ObjectStore

    Progress = Callable[[str, str, int, int], None]

SHARD_BYTES = 500 * 1024**2
ARTIFACTS_FOLDER = "artifacts"
CARD_NAME = "README.md"
MANIFEST_NAME = "distiset.json"

_SUBSET_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*\Z")
_PART_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}\Z")
_SUBSET_LIMIT = 200  # characters; a file system's limit for a folder's name is 255 bytes
_RESERVED = frozenset({ARTIFACTS_FOLDER, CARD_NAME, MANIFEST_NAME})


class RowsSource(Protocol):
    """Rows that can be read from the beginning several times, the same ones in the same order each time."""

    def __len__(self) -> int: ...

    def batches(self, size: int) -> Iterator[list[dict[str, Any]]]:
        """Give the rows in lists of at most ``size``."""
        ...


@dataclass(frozen=True)
class Subset:
    """The rows of one leaf step. The name becomes a folder and the name of a configuration."""

    name: str
    rows: RowsSource


@dataclass(frozen=True)
class StepDescription:
    """What the card says of a step.

    Attributes:
        name: The step.
        task_id: The Airflow task that ran it.
        class_name: The step's class.
        parameters: Its public parameters as JSON values, free of secrets.
        rows: Number of rows that it gave, None where it is not known.
        doc: What the step does, of which the card shows the first line.
    """

    name: str
    task_id: str
    class_name: str
    parameters: Mapping[str, Any]
    rows: int | None = None
    doc: str = ""


@dataclass(frozen=True)
class GatheredArtifact:
    """An artifact of an upstream task.

    Attributes:
        folder: The folder below ``artifacts/`` for the task ("count", "count-3").
        record: What is known of the artifact.
        version: Number of its version, None where it is not known.
        open_source: Opens the store at a URL, to read the files of an artifact by reference.
    """

    folder: str
    record: ArtifactRecord
    version: int | None = None
    open_source: Callable[[str], ObjectStore] = field(default=open_store, compare=False)

    @property
    def step(self) -> str:
        """Who made it: the step, or the task where no step did."""
        producer = self.record.producer
        return self.record.step or (producer.task_id if producer else self.folder)


@dataclass(frozen=True)
class Origin:
    """The DAG run that made the distiset, and the versions of what it ran on."""

    dag_id: str
    run_id: str
    logical_date: str | None
    versions: Mapping[str, str]


@dataclass(frozen=True)
class Distiset:
    """The final product of a DAG run: one subset per leaf step, all artifacts, and a generated card."""

    name: str
    subsets: Sequence[Subset]
    artifacts: Sequence[GatheredArtifact] = ()
    steps: Sequence[StepDescription] = ()
    origin: Origin | None = None

    def save(  # noqa: PLR0913 - each is an option of its own, and named
        self,
        path: str,
        *,
        source: ObjectStore,
        filesystem: AbstractFileSystem | ObjectStore | None = None,
        train_size: float | None = None,
        seed: int = 42,
        shard_bytes: int = SHARD_BYTES,
        on_progress: Progress | None = None,
    ) -> SavedDistiset:
        """Save to a folder or below a store URL; what was saved there before is replaced in one act.

        Args:
            path: A local path, a ``file://`` URL, or any URL that fsspec opens.
            source: The store that the artifacts are read from.
            filesystem: The file system for a URL, or its store, where the caller has credentials for it.
            train_size: Share of the rows, between 0 and 1, for the split "train"; the others become "test".
                Without it all rows are "train".
            seed: Seed of the draw between the splits.
            shard_bytes: Estimated size, in bytes before compression, from which rows get another shard.
            on_progress: Called as ``on_progress(stage, subset, done, total)`` after each batch of rows; the
                stage is "schema" while the schema is found and "shards" while the shards are written.

        Raises:
            EmptySubsetError: A subset has no rows.
            SchemaError: A column holds types that one Parquet column cannot hold.
            ForeignFolderError: Something is at the path that this package did not save.
            DamagedObjectError: A file of an artifact is not what was saved.
            DistisetError: A name, a split or a value cannot be saved as asked.
            StorageError: The disk or the store failed.
        """
        from airflow_artifacts.distiset.building import Options
        from airflow_artifacts.distiset.saving import save

        options = Options(train_size, seed, shard_bytes, on_progress)
        return save(self, path, source=source, filesystem=filesystem, options=options)

    def push(  # noqa: PLR0913 - each is an option of its own, and named
        self,
        repo_id: str,
        *,
        source: ObjectStore,
        login: HubLogin | None = None,
        private: bool | None = None,
        revision: str | None = None,
        create_pr: bool = False,
        commit_message: str | None = None,
        append_as: str | None = None,
        allow_type_changes: bool = False,
        card_template: str | None = None,
        card_path: str | Path | None = None,
        dry_run: bool = False,
        train_size: float | None = None,
        seed: int = 42,
        shard_bytes: int = SHARD_BYTES,
        on_progress: Progress | None = None,
    ) -> PushedDistiset:
        """Push to a data set repository on the Hugging Face Hub, with one commit.

        Files of the push before are replaced or deleted, those of others stay, and so does what a person wrote in
        the card. Nothing is visible before the commit. To push the same again adds no commit.

        Args:
            repo_id: The repository, ``owner/name``; it is created if need be.
            source: The store that the artifacts are read from.
            login: Token and endpoint; without it those of the task that runs, or of the environment.
            private: Whether a repository that is created is private; None as its owner has it by default.
            revision: The branch, created if need be; without it the main one.
            create_pr: Whether the commit goes into a pull request.
            commit_message: Title of the commit.
            append_as: Name of a part. The rows are added in files of their own, which replace only those that were
                pushed before under the same name. Without it, all rows that are there are replaced.
            allow_type_changes: Whether a column may have another type than in the data set that is there.
            card_template: Jinja template for the text of the card, in place of the package's own.
            card_path: Local folder into which the card is written too, for a look.
            dry_run: Whether nothing is created, sent or committed.
            train_size: Share of the rows, between 0 and 1, for the split "train"; the others become "test".
                Without it all rows are "train".
            seed: Seed of the draw between the splits.
            shard_bytes: Estimated size, in bytes before compression, from which rows get another shard.
            on_progress: Called as ``on_progress(stage, subset, done, total)`` after each batch of rows; the
                stage is "schema" while the schema is found and "shards" while the shards are written and sent.

        Raises:
            EmptySubsetError: A subset has no rows.
            SchemaError: A column holds types that one Parquet column cannot hold.
            SchemaChangeError: A column has another type than in the data set that is there.
            ForeignFileError: A file of somebody else is in the way.
            DamagedObjectError: A file of an artifact is not what was saved.
            DistisetError: A name, a split or a value cannot be pushed as asked.
            HubError: The Hub refused or failed; see the classes below it.
            MissingExtraError: huggingface_hub is not installed.
        """
        from airflow_artifacts.distiset.building import Options
        from airflow_artifacts.distiset.pushing import PushOptions, push
        from airflow_artifacts.hub import HubRepository, find_login

        part = "" if append_as is None else check_part(append_as)
        options = Options(train_size, seed, shard_bytes, on_progress, part, card_template)
        login = login or find_login()
        repository = HubRepository(repo_id, login, revision)
        with known_secrets(login.token):
            wish = PushOptions(
                mask_text(commit_message or f"Push {self.name}"),
                create_pr,
                private,
                allow_type_changes,
                dry_run,
                Path(card_path) if card_path else None,
            )
            return push(self, repository, source=source, options=options, wish=wish)

    @staticmethod
    def load_from_disk(path: str, filesystem: AbstractFileSystem | ObjectStore | None = None) -> LoadedDistiset:
        """Open a distiset that was saved; see ``airflow_artifacts.distiset.load_from_disk``."""
        from airflow_artifacts.distiset.loading import load_from_disk

        return load_from_disk(path, filesystem)

    def check_subsets(self) -> None:
        """Refuse names that cannot be folders beside the others.

        Raises:
            DistisetError: There is no subset, or a name is malformed, reserved or there twice.
        """
        if not self.subsets:
            raise DistisetError(
                f"Distiset {self.name!r} has no subsets, so there is nothing to save. "
                "Give it the rows of at least one step."
            )
        seen = set()
        for subset in self.subsets:
            problem = _name_problem(subset.name)
            if not problem and subset.name in seen:
                problem = "another subset has this name. Rename one of the steps"
            if problem:
                raise DistisetError(f"The subset name {subset.name!r} cannot be used: {problem}.")
            seen.add(subset.name)


def check_part(part: str) -> str:
    """Return the name of a part if it can be in the names of files.

    Raises:
        DistisetError: It cannot.
    """
    if not _PART_NAME.match(part):
        raise DistisetError(
            f"The part {part!r} cannot be used: letters, digits, '.', '_' and '-' make a name, of at most 100 "
            "characters, that begins with a letter or a digit."
        )
    return part


def _name_problem(name: str) -> str:
    if name in _RESERVED:
        return "a distiset keeps something else under it. Rename the step"
    if not _SUBSET_NAME.match(name) or name.endswith(".") or len(name) > _SUBSET_LIMIT:
        return (
            "it has to begin with a letter or a digit and to go on with letters, digits, '.', '_' or '-', without "
            f"a dot at the end, {_SUBSET_LIMIT} characters at most. Rename the step"
        )
    return ""

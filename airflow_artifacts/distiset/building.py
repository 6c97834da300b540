"""Making the files of a distiset, wherever they are kept."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Protocol

from airflow_artifacts.artifacts.copying import describe_file
from airflow_artifacts.distiset.card import Card, check_template
from airflow_artifacts.distiset.gathering import copy_artifacts, place_artifacts
from airflow_artifacts.distiset.manifest import Manifest
from airflow_artifacts.distiset.model import CARD_NAME, MANIFEST_NAME, SHARD_BYTES
from airflow_artifacts.distiset.shards import write_shards
from airflow_artifacts.distiset.splits import check_train_size, split_sizes
from airflow_artifacts.distiset.survey import survey
from airflow_artifacts.exceptions import DistisetError
from airflow_artifacts.storage.secrets import masked

if TYPE_CHECKING:
    from pathlib import Path

    from airflow_artifacts.artifacts import FileRecord
    from airflow_artifacts.distiset.model import Distiset, Progress
    from airflow_artifacts.distiset.survey import Survey
    from airflow_artifacts.storage import ObjectStore


class Place(Protocol):
    """Where a distiset's files are kept."""

    @property
    def folder(self) -> Path:
        """The local folder in which files are made."""
        ...

    def keep(self, file: FileRecord) -> None:
        """Keep a file that is complete; it may be gone from the local folder afterwards."""
        ...


@dataclass(frozen=True)
class Options:
    """How a distiset is saved; see ``Distiset.save`` and ``Distiset.push``.

    Attributes:
        part: Names of files get this, where they are appended to others.
        template: Jinja template of the card's text, None for the package's own.
    """

    train_size: float | None = None
    seed: int = 42
    shard_bytes: int = SHARD_BYTES
    on_progress: Progress | None = None
    part: str = ""
    template: str | None = None

    def check(self) -> None:
        """Refuse what makes no sense, before any row is read.

        Raises:
            DistisetError: A value is out of its range.
        """
        check_train_size(self.train_size)
        if self.template is not None:
            check_template(self.template)
        if isinstance(self.shard_bytes, bool) or not isinstance(self.shard_bytes, int) or self.shard_bytes < 1:
            raise DistisetError(f"shard_bytes is {self.shard_bytes!r}, but has to be a number of bytes above 0.")


def survey_all(distiset: Distiset, options: Options) -> dict[str, Survey]:
    """Check everything that can be checked, and read all rows once, before anything is written.

    Raises:
        DistisetError: The distiset cannot be saved.
    """
    options.check()
    distiset.check_subsets()
    place_artifacts(distiset.artifacts, options.part)
    surveys = {subset.name: survey(subset, options.on_progress) for subset in distiset.subsets}
    for name, found in surveys.items():
        split_sizes(name, found.rows, options.train_size)
    return surveys


@dataclass
class Builder:
    """Makes the files of one distiset, and remembers what it made."""

    distiset: Distiset
    surveys: dict[str, Survey]
    place: Place
    options: Options
    files: list[FileRecord] = field(default_factory=list)

    def build_data(self, source: ObjectStore) -> Manifest:
        """Write the shards and copy the artifacts."""
        folder = self.place.folder
        subsets = tuple(
            write_shards(subset, self.surveys[subset.name], folder, self.options, self._keep)
            for subset in self.distiset.subsets
        )
        artifacts = copy_artifacts(self.distiset.artifacts, source, folder, self._keep, self.options.part)
        steps = tuple(replace(step, parameters=masked(dict(step.parameters))) for step in self.distiset.steps)
        origin = self.distiset.origin
        origin = replace(origin, versions=dict(origin.versions)) if origin else None
        return Manifest(self.distiset.name, subsets, artifacts, steps, origin, tuple(self.files))

    def build_texts(self, manifest: Manifest, card: str) -> Manifest:
        """Write the card and ``distiset.json``, and give the manifest that includes the card."""
        record = self._write(CARD_NAME, card.encode(errors="replace"))
        complete = replace(manifest, files=(*manifest.files, record))
        self._write(MANIFEST_NAME, complete.to_bytes())
        return complete

    def card(self, manifest: Manifest, *, location: str | None, url: str) -> Card:
        """Give the card, ready to be written."""
        examples = {name: survey.example for name, survey in self.surveys.items()}
        return Card(manifest, examples, location, url, self.options.template, self.options.part)

    def _write(self, name: str, content: bytes) -> FileRecord:
        (self.place.folder / name).write_bytes(content)
        record = describe_file(name, self.place.folder / name)
        self.place.keep(record)
        return record

    def _keep(self, path: str) -> None:
        record = describe_file(path, self.place.folder / path)
        self.place.keep(record)
        self.files.append(record)

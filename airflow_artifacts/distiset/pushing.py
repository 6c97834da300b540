"""Pushing a distiset to the Hub: files are uploaded one by one, and one commit makes all of them visible.

The commit is worked out anew for each newest commit of the branch that is met, see ``hub.commit_once``: so a push
that is repeated after its answer was lost finds everything there and adds nothing, and one that another push
overtook takes that one's card and manifest into account.
"""

from __future__ import annotations

import contextlib
import tempfile
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from airflow_artifacts.distiset.building import Builder, survey_all
from airflow_artifacts.distiset.merging import (
    SchemaChanges,
    compare,
    fit_surveys,
    merged,
    refuse_type_changes,
)
from airflow_artifacts.distiset.model import CARD_NAME
from airflow_artifacts.distiset.pushed_before import TEXTS, PushedBefore, PushPaths
from airflow_artifacts.exceptions import HubConflictError, HubNotFoundError
from airflow_artifacts.hub import (
    Changes,
    Commit,
    FileContent,
    Head,
    HubRepository,
    Upload,
    commit_once,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from airflow_artifacts.artifacts import FileRecord
    from airflow_artifacts.distiset.building import Options
    from airflow_artifacts.distiset.manifest import Manifest
    from airflow_artifacts.distiset.model import Distiset
    from airflow_artifacts.distiset.survey import Survey
    from airflow_artifacts.storage import ObjectStore


@dataclass(frozen=True)
class PushOptions:
    """How a distiset is pushed; see ``Distiset.push``."""

    message: str
    create_pr: bool = False
    private: bool | None = None
    allow_type_changes: bool = False
    dry_run: bool = False
    card_path: Path | None = None


@dataclass(frozen=True)
class PushChanges:
    """What a push changes, compared with what was there when it looked last.

    Attributes:
        added: Paths of files that come or get other content.
        deleted: Paths of files that go.
        rows_before: Rows of each subset before.
        rows_after: Rows of each subset afterwards.
        schemas: Subsets whose columns change.
    """

    added: tuple[str, ...]
    deleted: tuple[str, ...]
    rows_before: Mapping[str, int]
    rows_after: Mapping[str, int]
    schemas: Mapping[str, SchemaChanges]


@dataclass(frozen=True)
class PushedDistiset:
    """A distiset that was pushed, or would be.

    Attributes:
        repo_id: The repository.
        url: Where people look at it.
        commit: The commit that has it, None where nothing was to be pushed.
        manifest: Everything that is in the data set afterwards.
        changes: What changed.
        card: The card.
    """

    repo_id: str
    url: str
    commit: Commit | None
    manifest: Manifest
    changes: PushChanges
    card: str


@dataclass
class _HubPlace:
    """Sends each file to the Hub, unless it is there, and frees the disk of it.

    Attributes:
        folder: Where files are made.
        repository: Where they go.
        there: What the Hub has.
        wish: Whether something is sent, and how.
        contents: What was kept, by path.
        uploads: What was sent, or is ready to be, by path.
    """

    folder: Path
    repository: HubRepository
    there: Head
    wish: PushOptions
    contents: dict[str, FileContent] = field(default_factory=dict)
    uploads: dict[str, Upload] = field(default_factory=dict)

    def keep(self, file: FileRecord) -> None:
        """Send a file that is complete, but those which are made anew for each head that is met."""
        local = self.folder / file.path
        content = self.contents[file.path] = FileContent.of(local, file.sha256)
        if file.path in TEXTS:
            return
        if self.wish.dry_run or content.is_in(self.there.files.get(file.path)):
            local.unlink()
            return
        upload = self.uploads[file.path] = self._send(file.path)
        if upload.is_stored:
            local.unlink()

    def _send(self, path: str) -> Upload:
        return self.repository.upload(path, self.folder / path, self.contents[path], create_pr=self.wish.create_pr)

    def missing(self) -> list[str]:
        """Name the files that the Hub does not have, or has with other content."""
        return [path for path, content in self.contents.items() if not content.is_in(self.there.files.get(path))]

    def upload_of(self, path: str) -> Upload:
        """Give what was sent, or send it now.

        Raises:
            HubConflictError: Nothing was, because the Hub had the file. Somebody has replaced or deleted it since.
        """
        if path in TEXTS:
            return self._send(path)
        if path not in self.uploads:
            raise HubConflictError(
                "push to", self.repository.url, f"{path} was replaced or deleted meanwhile by somebody else."
            )
        return self.uploads[path]


@dataclass
class _Push:
    """A push whose data are uploaded: card and manifest are made for each head that is met."""

    builder: Builder
    place: _HubPlace
    data: Manifest
    paths: PushPaths
    wish: PushOptions
    result: PushedDistiset | None = None

    def plan(self, head: Head) -> Changes | None:
        """Work out what is still to be done after a head."""
        result = self.look(head)
        changes = result.changes
        if not changes.added and not changes.deleted:
            return None
        return Changes(map(self.place.upload_of, changes.added), changes.deleted)

    def look(self, head: Head) -> PushedDistiset:
        """Work out what the data set will be after a head."""
        repository = self.place.repository
        self.place.there = head
        before = PushedBefore.read(repository, head)
        _check(before, self.builder.surveys, self.wish)
        self.paths.refuse_foreign(before, repository)
        if self.builder.options.part:
            before.refuse_lost(self.builder.options.part, repository)
        manifest = merged(before.manifest, self.data, self.builder.options.part)
        card = self.builder.card(manifest, location=repository.repo_id, url=repository.url)
        text = card.render(before.card, former=[subset.name for subset in before.subsets])
        manifest = self.builder.build_texts(manifest, text)
        added = self.place.missing()
        deleted = self.paths.obsolete(before, manifest, repository)
        changes = PushChanges(
            tuple(added),
            tuple(deleted),
            {subset.name: subset.rows for subset in before.subsets},
            {subset.name: subset.rows for subset in manifest.subsets},
            _schema_changes(before, manifest),
        )
        self.result = PushedDistiset(repository.repo_id, repository.url, None, manifest, changes, text)
        return self.result


def push(
    distiset: Distiset, repository: HubRepository, *, source: ObjectStore, options: Options, wish: PushOptions
) -> PushedDistiset:
    """Push a distiset; see ``Distiset.push``."""
    surveys = survey_all(distiset, options)
    if not wish.dry_run:
        repository.create(private=wish.private)
    before = PushedBefore.read(repository, _head(repository, is_dry=wish.dry_run))
    paths = PushPaths.of(distiset, surveys, options)
    paths.refuse_foreign(before, repository)
    if options.part:
        before.refuse_lost(options.part, repository)
        surveys = fit_surveys(surveys, before.manifest, options.part)
    _check(before, surveys, wish)
    with tempfile.TemporaryDirectory(prefix="distiset-") as folder:
        place = _HubPlace(Path(folder), repository, before.head, wish)
        builder = Builder(distiset, surveys, place, options)
        pushing = _Push(builder, place, builder.build_data(source), paths, wish)
        if wish.dry_run:
            pushed = pushing.look(before.head)
        else:
            commit = commit_once(repository, pushing.plan, message=wish.message, create_pr=wish.create_pr)
            assert pushing.result is not None  # noqa: S101 - a commit is planned first
            pushed = replace(pushing.result, commit=commit)
    if wish.card_path:
        wish.card_path.mkdir(parents=True, exist_ok=True)
        (wish.card_path / CARD_NAME).write_text(pushed.card, encoding="utf-8", errors="replace")
    return pushed


def _head(repository: HubRepository, *, is_dry: bool) -> Head:
    if not is_dry:
        return repository.head()
    for each in (repository, repository.main):
        with contextlib.suppress(HubNotFoundError):
            return each.head()  # a branch that is not there would begin where the main one is
    return Head("", {})  # what a push would create


def _check(before: PushedBefore, surveys: Mapping[str, Survey], wish: PushOptions) -> None:
    """Refuse columns of other types than before."""
    for subset in before.subsets:
        if subset.name in surveys:
            changes = compare(subset.arrow_schema, surveys[subset.name].schema)
            refuse_type_changes(subset.name, changes, allowed=wish.allow_type_changes)


def _schema_changes(before: PushedBefore, manifest: Manifest) -> dict[str, SchemaChanges]:
    schemas = {subset.name: subset.arrow_schema for subset in before.subsets}
    compared = {
        subset.name: compare(schemas[subset.name], subset.arrow_schema)
        for subset in manifest.subsets
        if subset.name in schemas
    }
    return {name: changes for name, changes in compared.items() if changes}

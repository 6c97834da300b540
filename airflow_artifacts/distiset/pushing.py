"""Pushing a distiset to the Hub: files are uploaded one by one, and one commit makes all of them visible.

The commit is worked out anew for each newest commit of the branch that is met, see ``hub.commit_once``: so a push
that is repeated after its answer was lost finds everything there and adds nothing, and one that another push
overtook takes that one's card and manifest into account.
"""

from __future__ import annotations

import contextlib
import tempfile
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from airflow_artifacts.distiset.building import Builder, survey_all
from airflow_artifacts.distiset.gathering import artifact_paths
from airflow_artifacts.distiset.manifest import Manifest
from airflow_artifacts.distiset.merging import (
    SchemaChanges,
    compare,
    fit_surveys,
    merged,
    refuse_type_changes,
)
from airflow_artifacts.distiset.model import CARD_NAME, MANIFEST_NAME
from airflow_artifacts.distiset.splits import split_sizes
from airflow_artifacts.exceptions import DistisetError, ForeignFileError, HubConflictError, HubNotFoundError
from airflow_artifacts.hub import (
    Changes,
    Commit,
    FileContent,
    Head,
    HubRepository,
    Readme,
    Upload,
    commit_once,
    config_files,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from airflow_artifacts.artifacts import FileRecord
    from airflow_artifacts.distiset.building import Options
    from airflow_artifacts.distiset.manifest import SavedSubset
    from airflow_artifacts.distiset.model import Distiset
    from airflow_artifacts.distiset.survey import Survey
    from airflow_artifacts.storage import ObjectStore

_TEXTS = frozenset({CARD_NAME, MANIFEST_NAME})


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


@dataclass(frozen=True)
class _Before:
    """What is on the Hub before the commit."""

    head: Head
    manifest: Manifest | None
    card: str | None
    yaml: Mapping[str, Any]

    @classmethod
    def read(cls, repository: HubRepository, head: Head) -> _Before:
        """Read manifest and card of a commit."""
        manifest = card = None
        if MANIFEST_NAME in head.files:
            data = repository.read(MANIFEST_NAME, head.oid)
            manifest = Manifest.from_bytes(data, f"{repository.url}/{MANIFEST_NAME}")
        if CARD_NAME in head.files:
            card = _decoded(repository.read(CARD_NAME, head.oid), repository)
        yaml = Readme.parse(card or "").yaml  # which refuses a card before anything is sent
        return cls(head, manifest, card, yaml)

    @property
    def subsets(self) -> tuple[SavedSubset, ...]:
        """Its subsets."""
        return self.manifest.subsets if self.manifest else ()

    @property
    def paths(self) -> set[str]:
        """Files that an earlier push brought."""
        return {file.path for file in self.manifest.files} if self.manifest else set()


def _decoded(data: bytes, repository: HubRepository) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise DistisetError(
            f"{CARD_NAME} of {repository.url} is not UTF-8 ({error}). Save it as UTF-8."
        ) from error


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
        if file.path in _TEXTS:
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
            HubConflictError: Nothing was, because the Hub had the file, which somebody has deleted since.
        """
        if path in _TEXTS:
            return self._send(path)
        if path not in self.uploads:
            raise HubConflictError(
                "push to", self.repository.url, f"{path} was deleted meanwhile by somebody else."
            )
        return self.uploads[path]


@dataclass(frozen=True)
class _Paths:
    """Where the files of a push go.

    Attributes:
        subsets: Names of its subsets.
        prefixes: What the paths of its shards begin with.
        files: Paths of its other files, and of the folders of all.
        keeps: Whether the shards that are there stay.
    """

    subsets: frozenset[str]
    prefixes: tuple[str, ...]
    files: frozenset[str]
    keeps: bool

    @classmethod
    def of(cls, distiset: Distiset, surveys: Mapping[str, Survey], options: Options) -> _Paths:
        """Work out where they go, before they are made."""
        files = artifact_paths(distiset.artifacts, options.part)
        folders = {str(parent) for path in files for parent in PurePosixPath(path).parents}
        prefixes = _prefixes(
            (name, split_sizes(name, each.rows, options.train_size)) for name, each in surveys.items()
        )
        return cls(frozenset(surveys), prefixes, frozenset({*surveys, *folders, *files}), bool(options.part))

    def refuse_foreign(self, before: _Before, repository: HubRepository) -> None:
        """Refuse to replace a file of somebody else, and to push rows beside files that would be taken for rows.

        Raises:
            ForeignFileError: There is one.
        """
        prefixes = self.prefixes
        if self.keeps:
            prefixes += _prefixes((each.name, [split.name for split in each.splits]) for each in before.subsets)
        for path in sorted(before.head.files.keys() - before.paths - _TEXTS):
            if path in self.files or path.startswith(prefixes):
                raise ForeignFileError(
                    path, repository.url, "would be replaced, or be taken for rows of the data set"
                )
        ours = self.subsets | {subset.name for subset in before.subsets}
        for config, path in config_files(before.yaml, before.head.files):
            if config not in ours and not path.endswith(".parquet"):
                problem = (
                    f"is of the configuration {config!r}, while datasets reads all configurations of a repository "
                    "as files of one format, here Parquet"
                )
                raise ForeignFileError(path, repository.url, problem)


def _prefixes(splits: Iterable[tuple[str, Iterable[str]]]) -> tuple[str, ...]:
    return tuple(f"{subset}/{split}-" for subset, names in splits for split in names)


@dataclass
class _Push:
    """A push whose data are uploaded: card and manifest are made for each head that is met."""

    builder: Builder
    place: _HubPlace
    data: Manifest
    paths: _Paths
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
        before = _Before.read(repository, head)
        _check(before, self.builder.surveys, self.wish)
        self.paths.refuse_foreign(before, repository)
        manifest = merged(before.manifest, self.data, self.builder.options.part)
        card = self.builder.card(manifest, location=repository.repo_id, url=repository.url)
        text = card.render(before.card, former=[subset.name for subset in before.subsets])
        manifest = self.builder.build_texts(manifest, text)
        added = self.place.missing()
        kept = {file.path for file in manifest.files}
        deleted = sorted(path for path in before.paths - kept if path in head.files)
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
    before = _Before.read(repository, _head(repository, is_dry=wish.dry_run))
    paths = _Paths.of(distiset, surveys, options)
    paths.refuse_foreign(before, repository)
    if options.part:
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


def _check(before: _Before, surveys: Mapping[str, Survey], wish: PushOptions) -> None:
    """Refuse columns of other types than before."""
    for subset in before.subsets:
        if subset.name in surveys:
            changes = compare(subset.arrow_schema, surveys[subset.name].schema)
            refuse_type_changes(subset.name, changes, allowed=wish.allow_type_changes)


def _schema_changes(before: _Before, manifest: Manifest) -> dict[str, SchemaChanges]:
    schemas = {subset.name: subset.arrow_schema for subset in before.subsets}
    compared = {
        subset.name: compare(schemas[subset.name], subset.arrow_schema)
        for subset in manifest.subsets
        if subset.name in schemas
    }
    return {name: changes for name, changes in compared.items() if changes}

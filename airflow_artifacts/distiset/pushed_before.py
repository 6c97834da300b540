"""What is on the Hub before a push: manifest, card, and which files are ours, foreign or lost."""

from __future__ import annotations

import logging
import re
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from airflow_artifacts.distiset.gathering import artifact_paths
from airflow_artifacts.distiset.manifest import Manifest
from airflow_artifacts.distiset.merging import without
from airflow_artifacts.distiset.model import ARTIFACTS_FOLDER, CARD_NAME, MANIFEST_NAME
from airflow_artifacts.distiset.splits import split_sizes
from airflow_artifacts.exceptions import DistisetError, ForeignFileError
from airflow_artifacts.hub import (
    Head,
    HubFile,
    HubRepository,
    Readme,
    config_files,
    config_patterns,
    decode_readme,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from airflow_artifacts.artifacts import FileRecord
    from airflow_artifacts.distiset.building import Options
    from airflow_artifacts.distiset.manifest import SavedSubset
    from airflow_artifacts.distiset.model import Distiset
    from airflow_artifacts.distiset.survey import Survey

logger = logging.getLogger(__name__)

TEXTS = frozenset({CARD_NAME, MANIFEST_NAME})
_SHARD = re.compile(r"(?P<subset>[^/]+)/[^/]+-\d{5,}-of-\d{5,}\.parquet")  # see SplitWriter


@dataclass(frozen=True)
class PushedBefore:
    """What is on the Hub before the commit."""

    head: Head
    manifest: Manifest | None
    card: str | None
    yaml: Mapping[str, Any]

    @classmethod
    def read(cls, repository: HubRepository, head: Head) -> PushedBefore:
        """Read manifest and card of a commit."""
        manifest = card = None
        if MANIFEST_NAME in head.files:
            data = repository.read(MANIFEST_NAME, head.oid)
            manifest = Manifest.from_bytes(data, f"{repository.url}/{MANIFEST_NAME}")
        if CARD_NAME in head.files:
            card = decode_readme(repository.read(CARD_NAME, head.oid), repository.url)
        yaml = Readme.parse(card or "").yaml  # which refuses a card before anything is sent
        return cls(head, manifest, card, yaml)

    @property
    def subsets(self) -> tuple[SavedSubset, ...]:
        """Its subsets."""
        return self.manifest.subsets if self.manifest else ()

    @property
    def paths(self) -> set[str]:
        """Files that an earlier push brought. Others that a stranger's manifest may name are not ours."""
        return {file.path for file in self.manifest.files if self._is_ours(file.path)} if self.manifest else set()

    def _is_ours(self, path: str) -> bool:
        shard = _SHARD.fullmatch(path)
        if shard and shard["subset"] in {subset.name for subset in self.subsets}:
            return True
        return path == CARD_NAME or path.startswith(f"{ARTIFACTS_FOLDER}/")

    def lost(self, paths: Iterable[str]) -> set[str]:
        """Give those of our files that are not there any more, or with other content than was pushed."""
        records = {file.path: file for file in self.manifest.files} if self.manifest else {}
        return {path for path in paths if not _is_recorded(self.head.files.get(path), records[path])}

    def refuse_lost(self, part: str, repository: HubRepository) -> None:
        """Refuse to append to rows that are gone: they would be counted, and nobody could load the others.

        Args:
            part: What is replaced.
            repository: For the error.

        Raises:
            DistisetError: Some are.
        """
        kept = without(self.manifest, part).subsets if self.manifest else ()
        if lost := self.lost(file for subset in kept for file in subset.files):
            raise DistisetError(
                f"Rows cannot be appended to {repository.url}: somebody deleted or replaced its file "
                f"{min(lost)!r}. Nothing was pushed. Restore the file, push that date again, or push without "
                "append=True."
            )


def _is_recorded(there: HubFile | None, record: FileRecord) -> bool:
    return there is not None and there.size == record.size and there.sha256 in {None, record.sha256}


@dataclass(frozen=True)
class PushPaths:
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
    def of(cls, distiset: Distiset, surveys: Mapping[str, Survey], options: Options) -> PushPaths:
        """Work out where they go, before they are made."""
        files = artifact_paths(distiset.artifacts, options.part)
        folders = {str(parent) for path in files for parent in PurePosixPath(path).parents}
        prefixes = _prefixes(
            (name, split_sizes(name, each.rows, options.train_size)) for name, each in surveys.items()
        )
        return cls(frozenset(surveys), prefixes, frozenset({*surveys, *folders, *files}), bool(options.part))

    def refuse_foreign(self, before: PushedBefore, repository: HubRepository) -> None:
        """Refuse to replace a file of somebody else, and to push rows beside files that would be taken for rows.

        Raises:
            ForeignFileError: There is one.
        """
        prefixes = self._row_prefixes(before)
        for path in sorted(before.head.files.keys() - before.paths - TEXTS):
            if path in self.files or path.startswith(prefixes):
                raise ForeignFileError(
                    path, repository.url, "would be replaced, or be taken for rows of the data set"
                )
        self._refuse_configs(before, repository)
        ours = self.subsets | {subset.name for subset in before.subsets}
        for config, path in config_files(before.yaml, before.head.files):
            if config not in ours and not path.endswith(".parquet"):
                problem = (
                    f"is of the configuration {config!r}, while datasets reads all configurations of a repository "
                    "as files of one format, here Parquet"
                )
                raise ForeignFileError(path, repository.url, problem)

    def _row_prefixes(self, before: PushedBefore) -> tuple[str, ...]:
        if not self.keeps:
            return self.prefixes
        return self.prefixes + _prefixes(
            (each.name, [split.name for split in each.splits]) for each in before.subsets
        )

    def _refuse_configs(self, before: PushedBefore, repository: HubRepository) -> None:
        new = self.subsets - {subset.name for subset in before.subsets}
        ours = {f"{prefix}*" for prefix in self.prefixes}
        for config, patterns in config_patterns(before.yaml):
            # Without patterns, it is of all files that datasets finds.
            if config in new and not (patterns and ours.issuperset(patterns)):
                problem = (
                    f"has a configuration {config!r} of other files, which a subset of that name would replace"
                )
                raise ForeignFileError(CARD_NAME, repository.url, problem)

    def obsolete(self, before: PushedBefore, manifest: Manifest, repository: HubRepository) -> list[str]:
        """Give the files of the push before that are to be deleted; what somebody put in their place stays.

        Args:
            before: What is there.
            manifest: Everything that is to be there.
            repository: For the error.

        Raises:
            ForeignFileError: A file in the place of ours would be taken for rows.
        """
        gone = (before.paths - {file.path for file in manifest.files}) & before.head.files.keys()
        replaced = before.lost(gone)
        for path in sorted(replaced):
            if path.startswith(self._row_prefixes(before)):
                raise ForeignFileError(path, repository.url, "would be taken for rows of the data set")
            logger.warning("%s of %s is not what was pushed before, and stays.", path, repository.url)
        return sorted(gone - replaced)


def _prefixes(splits: Iterable[tuple[str, Iterable[str]]]) -> tuple[str, ...]:
    return tuple(f"{subset}/{split}-" for subset, names in splits for split in names)

"""Deleting versions that nobody needs any more.

A version goes if it is not among the newest ones of its name, is old enough, is not the latest, and no saved data
set refers to it. Having been read to make another version is no reason to keep one: what was made has files of its
own.

Deleting is safe at any moment. A version is first said to be deleted, all of a name at once, and then its files
go: a process that dies in between leaves files that nobody sees, and the next pruning removes them.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime, timezone
from itertools import groupby
from typing import TYPE_CHECKING

from airflow_artifacts.distiset.references import find_references
from airflow_artifacts.exceptions import ArtifactNotFoundError, DamagedObjectError, ObjectNotFoundError, QueryError
from airflow_artifacts.storage import in_parallel

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import timedelta

    from airflow_artifacts.artifacts import ArtifactRepository, ArtifactVersion
    from airflow_artifacts.distiset.references import OpenFolder


logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class PruneRule:
    """Which versions may go. One of the two has to be given; with both, both have to hold.

    Attributes:
        keep: Those that are not among this many newest ones of their name.
        older_than: Those that were saved longer ago.

    Raises:
        QueryError: Neither is given, or ``keep`` is less than 1.
    """

    keep: int | None = None
    older_than: timedelta | None = None

    def __post_init__(self) -> None:
        if self.keep is None and self.older_than is None:
            raise QueryError("Pruning", "give how many versions to keep, the age that may go, or both.")
        if self.keep is not None and self.keep < 1:
            raise QueryError("Pruning", f"{self.keep} versions cannot be kept: the latest one always stays.")

    def choose(self, alive: Sequence[ArtifactVersion], now: datetime) -> list[ArtifactVersion]:
        """Give those of all versions of a name that may go."""
        beyond = alive[: -(self.keep or 1)]
        return [each for each in beyond if self.older_than is None or now - each.created_at > self.older_than]


@dataclass(frozen=True)
class Prunable:
    """A version that pruning deletes.

    Attributes:
        version: The version.
        is_deleted: Whether it is deleted already, and only files of it are left.
    """

    version: ArtifactVersion
    is_deleted: bool


class Pruning:
    """Finds the versions that may go, and deletes them.

    Args:
        repository: The artifacts.
        rule: Which versions may go.
        open_folder: Gives the file system for the URL of a data set, None where it needs none in particular.
        name: An artifact's name; or, where there is no artifact of that name, how names begin. Empty for all.
    """

    def __init__(
        self, repository: ArtifactRepository, rule: PruneRule, open_folder: OpenFolder, name: str = ""
    ) -> None:
        self._repository = repository
        self._rule = rule
        self._open_folder = open_folder
        self._name = name

    def find(self) -> list[Prunable]:
        """List what would be deleted, in the order of names and numbers.

        A name whose records cannot be read is left alone, and logged.

        Raises:
            ArtifactNotFoundError: No name begins like that.
            DistisetError: It is not known what a data set refers to.
        """
        found = [
            each for group in in_parallel(self._find, self._repository.matching(self._name)) for each in group
        ]
        # At last, so that a data set that is saved meanwhile is seen.
        references = find_references(self._repository.store, self._open_folder)
        return [
            each
            for each in found
            if each.is_deleted or (each.version.name, each.version.version) not in references
        ]

    def delete(self, wanted: Sequence[Prunable] | None = None) -> list[Prunable]:
        """Delete what ``find`` finds at this moment.

        Args:
            wanted: Delete nothing but these.

        Returns:
            What was deleted, by this or by somebody else at the same time.

        Raises:
            ArtifactNotFoundError: No name begins like that.
            DistisetError: It is not known what a data set refers to. Nothing was deleted.
            StorageError: The store failed. The next pruning goes on.
        """
        allowed = None if wanted is None else {each.version for each in wanted}
        found = [each for each in self.find() if allowed is None or each.version in allowed]
        for name, group in groupby(found, key=lambda each: each.version.name):
            self._delete(name, [each.version.version for each in group])
        return found

    def _find(self, name: str) -> list[Prunable]:
        registry = self._repository.registry(name)
        try:
            records, changes = registry.records(), registry.changes()
        except (DamagedObjectError, ObjectNotFoundError) as error:
            logger.warning("Nothing of the artifact %r is deleted: %s", name, error)
            return []
        versions = [self._repository.version(number, record) for number, record in enumerate(records, 1)]
        alive = [each for each in versions if each.version not in changes.deleted]
        unfinished = changes.deleted - changes.erased
        found = [
            *(Prunable(each, is_deleted=False) for each in self._rule.choose(alive, datetime.now(timezone.utc))),
            *(Prunable(each, is_deleted=True) for each in versions if each.version in unfinished),
        ]
        return sorted(found, key=lambda each: each.version.version)

    def _delete(self, name: str, numbers: Sequence[int]) -> None:
        registry = self._repository.registry(name)
        while left := [number for number in numbers if number not in registry.changes().erased]:
            try:
                return self._repository.delete(name, left)
            except ArtifactNotFoundError:  # somebody else has just deleted one of them: look again
                continue
        return None

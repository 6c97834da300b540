"""Bringing a repository to a wanted state with one commit, however often that has to be tried.

Each try begins by looking at the newest commit and working out what is still to be done. So an answer that was
lost after the commit was made is found out, and no second commit is made; and a commit of somebody else that came
in between is taken into account.
"""

from __future__ import annotations

import logging
import random
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from airflow_artifacts.exceptions import HubConflictError, HubError, HubQuotaError
from airflow_artifacts.hub.repository import Commit, Head
from airflow_artifacts.storage.retries import PATIENCE

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from airflow_artifacts.hub.repository import HubRepository, Upload

logger = logging.getLogger(__name__)

TRIES = 8  # commits that are begun, whatever they fail at
_LONGEST_WAIT = 3700.0  # seconds; the Hub's longest quota is for an hour


@dataclass(frozen=True)
class Changes:
    """What a commit has to do.

    Attributes:
        uploads: Files to add or to replace.
        deletions: Paths of files to delete.
    """

    uploads: Collection[Upload] = ()
    deletions: Collection[str] = field(default=())


#: Works out what is still to be done after a head; None if nothing is.
Plan: TypeAlias = "Callable[[Head], Changes | None]"


def commit_once(repository: HubRepository, plan: Plan, *, message: str, create_pr: bool = False) -> Commit:
    """Make the one commit after which nothing is left to be done, unless it was made before.

    Args:
        repository: The repository.
        plan: Called with the head before each try.
        message: Title of the commit.
        create_pr: Whether the commit goes into a pull request; one that is there with the wanted files is found.

    Raises:
        HubConflictError: Each time, somebody else's commit came first.
        HubQuotaError: There were too many commits, for longer than an hour.
        HubRefusedError: The Hub refuses.
        HubError: The Hub, or the way to it, failed each time.
    """
    for number in range(1, TRIES + 1):
        if create_pr and (found := _find_pull_request(repository, plan)):
            return found
        head = repository.head()
        changes = plan(head)
        if changes is None:
            return Commit(head.oid, repository.commit_url(head.oid), is_new=False)
        try:
            return repository.commit(
                changes.uploads, changes.deletions, head.oid, message=message, create_pr=create_pr
            )
        except HubError as error:
            if not error.retryable or number == TRIES:
                raise
            _wait(error, number)
    raise AssertionError  # pragma: no cover - the last try returns or raises


def _wait(error: HubError, number: int) -> None:
    """Wait for as long as it takes until another try makes sense."""
    if isinstance(error, HubQuotaError):
        if error.seconds > _LONGEST_WAIT:
            raise error
        seconds = error.seconds + random.uniform(0, 1)  # noqa: S311 - so that not all come back at one moment
        logger.warning("%s Waiting %.0f s.", error, seconds)
    else:
        longest = min(PATIENCE.pause * PATIENCE.factor**number, PATIENCE.seconds)
        seconds = random.uniform(0, longest) if isinstance(error, HubConflictError) else longest  # noqa: S311
        logger.warning("%s Trying again in %.1f s.", error, seconds)
    time.sleep(seconds)


def _find_pull_request(repository: HubRepository, plan: Plan) -> Commit | None:
    """Find the pull request that an earlier try opened, whose answer was lost."""
    for ref, oid in repository.pull_requests().items():
        if plan(repository.at(oid)) is None:
            number = ref.rpartition("/")[2]
            url = f"{repository.url}/discussions/{number}"
            return Commit(oid, repository.commit_url(oid), url, is_new=False)
    return None

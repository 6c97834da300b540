"""Bringing a repository to a wanted state with one commit, however often that has to be tried.

Each try begins by looking at the newest commit and working out what is still to be done. So an answer that was
lost after the commit was made is found out, and no second commit is made; and a commit of somebody else that came
in between is taken into account.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from airflow_artifacts.exceptions import ArtifactsError, HubError
from airflow_artifacts.hub.repository import Commit, Head
from airflow_artifacts.hub.waiting import TRIES, wait

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable

    from airflow_artifacts.hub.repository import HubRepository, Upload

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Changes:
    """What a commit has to do.

    Attributes:
        uploads: Files to add or to replace; some may be sent while this is iterated, just before the commit.
        deletions: Paths of files to delete.
    """

    uploads: Iterable[Upload] = ()
    deletions: Collection[str] = ()


#: Works out what is still to be done after a head; None if nothing is.
Plan: TypeAlias = "Callable[[Head], Changes | None]"


def commit_once(repository: HubRepository, plan: Plan, *, message: str, create_pr: bool = False) -> Commit:
    """Make the one commit after which nothing is left to be done, unless it was made before.

    Args:
        repository: The repository.
        plan: Called with the head before each try.
        message: Title of the commit.
        create_pr: Whether the commit goes into a pull request; an open one of the
            user with the wanted files is found.

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
        uploads = list(changes.uploads)
        try:
            return repository.commit(uploads, changes.deletions, head.oid, message=message, create_pr=create_pr)
        except HubError as error:
            if not error.retryable or number == TRIES:
                raise
            wait(error, number)
    raise AssertionError  # pragma: no cover - the last try returns or raises


def _find_pull_request(repository: HubRepository, plan: Plan) -> Commit | None:
    """Find the pull request that an earlier try opened, whose answer was lost."""
    for ref, oid in repository.pull_requests().items():
        if _is_there(plan, repository, oid):
            number = ref.rpartition("/")[2]
            url = f"{repository.url}/discussions/{number}"
            return Commit(oid, repository.commit_url(oid), url, is_new=False)
    return None


def _is_there(plan: Plan, repository: HubRepository, oid: str) -> bool:
    """Say whether a pull request has all that is wanted; whatever is wrong with one, a new one can be opened."""
    try:
        return plan(repository.at(oid)) is None
    except ArtifactsError as error:
        logger.warning("The pull request at %s is passed over: %s", oid, error)
        return False

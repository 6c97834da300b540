"""A repository: its commits, and the branches, tags and pull requests that name some of them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime, timezone
from threading import RLock
from typing import TYPE_CHECKING, Literal

from airflow_artifacts.testing.answers import HubError, revision_not_found
from airflow_artifacts.testing.commits import make_commit

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from airflow_artifacts.testing.commits import CommitMessage, HubCommit, Operation

MAIN = "refs/heads/main"
_OID = re.compile(r"[0-9a-f]{7,40}")
_REF_NAME = re.compile(r"(?!.*(?:\.\.|//|@\{|\.lock$|/$))[^\x00-\x20~^:?*\[\\\x7f/.-][^\x00-\x20~^:?*\[\\\x7f]*")


@dataclass
class PullRequest:
    """A pull request.

    Attributes:
        number: Its number.
        title: Its title.
        author: Who opened it.
        created: When.
        status: Whether it is ``open`` or ``closed``.
    """

    number: int
    title: str
    author: str
    created: datetime
    status: Literal["open", "closed"] = "open"


@dataclass
class Repository:
    """A data set repository. Its methods may be called by several threads.

    Attributes:
        repo_id: ``namespace/name``.
        private: Whether only members of its namespace may know of it.
        created: When it was created.
        refs: The names of commits by those of refs: ``refs/heads/main``, ``refs/pr/1``, ``refs/tags/v1``.
        pull_requests: What is known of pull requests beside their commits, by their numbers.
        objects: The SHA-256 of large contents that were uploaded to it, and their sizes.
    """

    repo_id: str
    private: bool
    created: datetime = field(default_factory=lambda: datetime.now(timezone.utc))
    refs: dict[str, str] = field(default_factory=dict)
    pull_requests: dict[int, PullRequest] = field(default_factory=dict)
    objects: dict[str, int] = field(default_factory=dict)
    _commits: dict[str, HubCommit] = field(default_factory=dict)
    _lock: RLock = field(default_factory=RLock)

    @property
    def namespace(self) -> str:
        """Whose repository it is."""
        return self.repo_id.partition("/")[0]

    def find(self, revision: str) -> HubCommit:
        """Find a commit by the name of a branch or tag, a ref, or the first digits of its own name.

        Raises:
            HubError: There is none.
        """
        with self._lock:
            for ref in (f"refs/heads/{revision}", f"refs/tags/{revision}", revision):
                if ref in self.refs:
                    return self._commits[self.refs[ref]]
            if _OID.fullmatch(revision):
                for oid, commit in self._commits.items():
                    if oid.startswith(revision):
                        return commit
        raise revision_not_found(revision)

    def ref(self, revision: str) -> str:
        """Give the ref of a branch or pull request, which commits can be added to.

        Raises:
            HubError: There is none.
        """
        for ref in (f"refs/heads/{revision}", revision):
            if ref in self.refs and not ref.startswith("refs/tags/"):
                return ref
        raise revision_not_found(revision)

    def history(self, commit: HubCommit) -> Iterator[HubCommit]:
        """Give a commit and those before it, the newest first."""
        yield commit
        while commit.parent is not None:
            commit = self._commits[commit.parent]
            yield commit

    def add_commit(self, ref: str, operations: Sequence[Operation], said: CommitMessage) -> HubCommit:
        """Add a commit to a branch or pull request, all of it or nothing.

        Raises:
            HubError: Another commit is the newest than the one that is said to be, or the operations are wrong.
        """
        with self._lock:
            head = self._commits[self.refs[ref]] if ref in self.refs else None
            if said.parent and not (head and head.oid.startswith(said.parent)):
                raise HubError(412, "A commit has happened since. Please refresh and try again.")
            return self._add(ref, head, operations, said)

    def add_pull_request(
        self, ref: str, operations: Sequence[Operation], said: CommitMessage
    ) -> tuple[int, HubCommit]:
        """Open a pull request with a commit, on the commit that it says or on the newest; give its number."""
        with self._lock:
            base = self.find(said.parent or ref)
            number = 1 + sum(name.startswith("refs/pr/") for name in self.refs)
            commit = self._add(f"refs/pr/{number}", base, operations, said)
            self.pull_requests[number] = PullRequest(number, said.summary, said.author, commit.date)
            return number, commit

    def add_ref(self, ref: str, commit: HubCommit) -> None:
        """Name a commit by a new branch or tag.

        Raises:
            HubError: The name is taken, or it is none.
        """
        name = ref.split("/", 2)[2]
        if not _REF_NAME.fullmatch(name):
            raise HubError(400, f"Invalid reference name: {name}")
        with self._lock:
            if ref in self.refs:
                raise HubError(409, f"Reference already exists: {name}")
            self.refs[ref] = commit.oid

    def delete_ref(self, ref: str) -> None:
        """Remove a branch or tag.

        Raises:
            HubError: It is not there, or it is the main branch.
        """
        if ref == MAIN:
            raise HubError(403, "The main branch cannot be deleted")
        with self._lock:
            if self.refs.pop(ref, None) is None:
                raise revision_not_found(ref.split("/", 2)[2])

    def _add(
        self, ref: str, base: HubCommit | None, operations: Sequence[Operation], said: CommitMessage
    ) -> HubCommit:
        commit = make_commit(base, operations, said, datetime.now(timezone.utc))
        self._commits[commit.oid] = commit
        self.refs[ref] = commit.oid
        return commit

"""All that a fake knows while it runs."""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass, field
from threading import RLock
from typing import TYPE_CHECKING

from airflow_artifacts.testing.accounts import Accounts
from airflow_artifacts.testing.answers import HubError
from airflow_artifacts.testing.commits import CommitMessage, Put, regular_file
from airflow_artifacts.testing.faults import Faults
from airflow_artifacts.testing.repositories import MAIN, Repository
from airflow_artifacts.testing.requests import RequestLog
from airflow_artifacts.testing.upload_modes import DEFAULT_ATTRIBUTES

if TYPE_CHECKING:
    from airflow_artifacts.testing.blobs import BlobStore
    from airflow_artifacts.testing.quota import CommitQuota
    from airflow_artifacts.testing.xet_store import XetStore

_NAME = re.compile(r"(?!.*(?:--|\.\.))(?!.*\.git$)[A-Za-z0-9_](?:[A-Za-z0-9_.-]{0,94}[A-Za-z0-9_])?")

_NAMES = 2  # in an id


@dataclass
class Upload:
    """An upload that was promised, by a URL that carries its own permission.

    Attributes:
        repository: Where the content belongs.
        sha256: What its SHA-256 has to be.
        size: How many bytes it has to have.
    """

    repository: Repository
    sha256: str
    size: int


@dataclass
class HubState:
    """What a fake knows.

    Attributes:
        blobs: All contents.
        xet: What came over xet.
        quota: Counts commits.
        page_size: How many entries a page of a list has.
        endpoint: The URL of the fake, without a slash at the end.
        name: Its own name: clients of xet remember by URLs what is where.
        accounts: Who may use it.
        repositories: The repositories by their ids.
        uploads: The uploads that were promised, by what their URLs end with.
        faults: What is to go wrong.
        log: What was asked.
    """

    blobs: BlobStore
    xet: XetStore
    quota: CommitQuota
    page_size: int
    endpoint: str = ""
    name: str = field(default_factory=lambda: secrets.token_hex(8))
    accounts: Accounts = field(default_factory=Accounts)
    repositories: dict[str, Repository] = field(default_factory=dict)
    uploads: dict[str, Upload] = field(default_factory=dict)
    faults: Faults = field(default_factory=Faults)
    log: RequestLog = field(default_factory=RequestLog)
    _lock: RLock = field(default_factory=RLock)

    def create(self, repo_id: str, author: str, *, private: bool) -> Repository:
        """Create a repository with the commit that each one on the Hub begins with.

        Raises:
            HubError: The id cannot be one, or it is taken.
        """
        names = repo_id.split("/")
        if len(names) != _NAMES or not all(map(_NAME.fullmatch, names)):
            message = (
                "it is namespace/name, and both are 1 to 96 letters, digits, '_', '-' and '.', do not begin or "
                "end with one of the last two, have no '--' or '..', and do not end with '.git'"
            )
            raise HubError(400, f"Invalid repo id {repo_id!r}: {message}")
        attributes = DEFAULT_ATTRIBUTES.encode()
        file = regular_file(attributes, self.blobs.receive([attributes]))
        with self._lock:
            if repo_id in self.repositories:
                raise HubError(409, "You already created this dataset repo", url=self.page_of(repo_id))
            repository = Repository(repo_id, private)
            said = CommitMessage("initial commit", "", author)
            repository.add_commit(MAIN, [Put(".gitattributes", file)], said)
            self.repositories[repo_id] = repository
        return repository

    def page_of(self, repo_id: str) -> str:
        """Give the URL of a repository's page."""
        return f"{self.endpoint}/datasets/{repo_id}"

"""One request as the routes see it, and what its sender may see and change."""

from __future__ import annotations

import json
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any
from urllib.parse import parse_qs

from airflow_artifacts.testing.answers import HubError, repository_not_found

if TYPE_CHECKING:
    from collections.abc import Iterator
    from email.message import Message

    from airflow_artifacts.testing.accounts import User
    from airflow_artifacts.testing.repositories import Repository
    from airflow_artifacts.testing.requests import Request
    from airflow_artifacts.testing.state import HubState


@dataclass
class Exchange:
    """A request.

    Attributes:
        state: What the fake knows.
        request: The request, as tests see it.
        path: Its path, with escapes as they came.
        headers: Its headers.
        body: Its body, as it comes.
        user: Who sends it; None for nobody known.
    """

    state: HubState
    request: Request
    path: str
    headers: Message
    body: Iterator[bytes]
    user: User | None

    @property
    def query(self) -> dict[str, list[str]]:
        """The values of the query, by their names."""
        return parse_qs(self.request.query, keep_blank_values=True)

    def asks_for(self, name: str) -> bool:
        """Say whether a flag of the query is set."""
        return self.query.get(name, [""])[-1].lower() in {"1", "true"}

    def text(self) -> str:
        """Read the body as a text."""
        return b"".join(self.body).decode()

    def json(self) -> dict[str, Any]:
        """Read the body as a JSON object.

        Raises:
            HubError: It is none.
        """
        return json_object(self.text())

    @contextmanager
    def whole_body(self) -> Iterator[IO[bytes]]:
        """Give the body as a file, once all of it has come."""
        with tempfile.TemporaryFile() as file:
            file.writelines(self.body)
            file.seek(0)
            yield file

    def sender(self) -> User:
        """Give who sends it.

        Raises:
            HubError: Nobody known does.
        """
        if self.user is None:
            raise HubError(401, "Invalid username or password.")
        return self.user

    def writer(self) -> User:
        """Give who sends it, if the token allows to change anything.

        Raises:
            HubError: Nobody known sends it, or it does not.
        """
        user = self.sender()
        if user.role != "write":
            raise HubError(403, "This token has the role read: writing needs one with the role write")
        return user

    def readable(self, repo_id: str) -> Repository:
        """Find a repository that the sender may see.

        Raises:
            HubError: There is none.
        """
        repository = self.state.repositories.get(repo_id)
        hidden = repository and repository.private and not self._is_member(repository)
        if repository is None or hidden:
            raise repository_not_found(anonymous=self.user is None)
        return repository

    def writable(self, repo_id: str) -> Repository:
        """Find a repository that the sender may change.

        Raises:
            HubError: There is none, or it is only to be seen.
        """
        repository = self.readable(repo_id)
        self.writer()
        if not self._is_member(repository):
            message = f"You have no write access to {repo_id}: pass `create_pr=1` to open a pull request"
            raise HubError(403, message)
        return repository

    def _is_member(self, repository: Repository) -> bool:
        return self.user is not None and self.user.belongs_to(repository.namespace)


def json_object(text: str | bytes) -> dict[str, Any]:
    """Read a JSON object.

    Raises:
        HubError: It is none.
    """
    try:
        content = json.loads(text)
    except ValueError:
        content = None
    if not isinstance(content, dict):
        raise HubError(400, "The body is not a JSON object")
    return content

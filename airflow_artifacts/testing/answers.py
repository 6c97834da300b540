"""What the fake answers: content, or an error as the Hub words it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True)
class FilePart:
    """Some bytes of a file.

    Attributes:
        path: The file.
        start: The first byte.
        size: How many.
    """

    path: Path
    start: int
    size: int


@dataclass(frozen=True)
class Answer:
    """An answer to a request.

    Attributes:
        status: The status code.
        headers: The headers, without those of the body's length.
        body: The body.
    """

    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes | FilePart = b""

    @property
    def size(self) -> int:
        """The number of bytes in the body."""
        return len(self.body) if isinstance(self.body, bytes) else self.body.size


def json_answer(content: Any, status: int = 200, headers: dict[str, str] | None = None) -> Answer:
    """Answer with JSON."""
    return Answer(status, {"Content-Type": "application/json", **(headers or {})}, json.dumps(content).encode())


class HubError(Exception):
    """What is wrong with a request.

    Attributes:
        status: The status code.
        code: What the client maps to a class of its own, in the header ``X-Error-Code``.
        headers: More headers.
        extra: More fields of the body.
    """

    def __init__(
        self,
        status: int,
        message: str,
        code: str | None = None,
        headers: dict[str, str] | None = None,
        **extra: Any,
    ) -> None:
        super().__init__(message)
        self.status, self.code, self.headers, self.extra = status, code, headers or {}, extra

    def answer(self) -> Answer:
        """Give it as an answer."""
        message = str(self)
        shown = "".join(letter if letter.isascii() and letter.isprintable() else "?" for letter in message)
        headers = {"X-Error-Message": shown, **({"X-Error-Code": self.code} if self.code else {}), **self.headers}
        return json_answer({"error": message, **self.extra}, self.status, headers)


def repository_not_found(*, anonymous: bool) -> HubError:
    """Deny that there is a repository, or that this client may see it: which of both is not said."""
    if anonymous:
        return HubError(401, "Invalid username or password.", "RepoNotFound")
    return HubError(404, "Repository not found", "RepoNotFound")


def revision_not_found(revision: str) -> HubError:
    """Deny that there is a revision."""
    return HubError(404, f"Invalid rev id: {revision}", "RevisionNotFound")


def entry_not_found(path: str, commit: str | None = None, message: str | None = None) -> HubError:
    """Deny that there is a file or folder, in a commit if one was looked at."""
    headers = {"X-Repo-Commit": commit} if commit else {}
    return HubError(404, message or f"{path} does not exist", "EntryNotFound", headers)

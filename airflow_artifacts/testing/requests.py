"""What is asked of the fake, and who wants to know of it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from threading import Lock
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Callable

When = Literal["before", "after"]


@dataclass
class Request:
    """A request.

    Attributes:
        number: Which one it is, from 1.
        method: Its method, as ``POST``.
        path: Its path, with escapes resolved and without the query.
        query: Its query, as it came.
        status: The status that it is answered with; None before, and where the connection is cut instead.
    """

    number: int
    method: str
    path: str
    query: str = ""
    status: int | None = None


@dataclass(frozen=True)
class Matcher:
    """Which requests are meant.

    Attributes:
        method: The method; None for any.
        path: A regular expression, found anywhere in the path.
    """

    method: str | None
    path: str

    def matches(self, request: Request) -> bool:
        """Say whether a request is meant."""
        return self.method in {None, request.method} and re.search(self.path, request.path) is not None


@dataclass
class RequestLog:
    """The requests that came, and hooks that are called for them."""

    _requests: list[Request] = field(default_factory=list)
    _hooks: list[tuple[When, Matcher, Callable[[Request], object]]] = field(default_factory=list)
    _lock: Lock = field(default_factory=Lock)

    def add(self, method: str, path: str, query: str) -> Request:
        """Note a request that came."""
        with self._lock:
            request = Request(len(self._requests) + 1, method, path, query)
            self._requests.append(request)
            return request

    def all(self) -> list[Request]:
        """Give all requests in their order."""
        with self._lock:
            return list(self._requests)

    def hook(self, when: When, matcher: Matcher, call: Callable[[Request], object]) -> None:
        """Call something for requests from now on."""
        with self._lock:
            self._hooks.append((when, matcher, call))

    def run_hooks(self, when: When, request: Request) -> None:
        """Call what wants to know of a request."""
        with self._lock:
            calls = [call for moment, matcher, call in self._hooks if moment == when and matcher.matches(request)]
        for call in calls:
            call(request)

"""What can go wrong between a client and the Hub, on request."""

from __future__ import annotations

from dataclasses import dataclass, field
from threading import Lock
from typing import TYPE_CHECKING, Literal

from airflow_artifacts.testing.answers import HubError
from airflow_artifacts.testing.quota import too_many

if TYPE_CHECKING:
    from airflow_artifacts.testing.requests import Matcher, Request

_TOO_MANY = 429
_MESSAGES = {412: "A commit has happened since. Please refresh and try again."}


@dataclass(frozen=True)
class Fault:
    """A way in which a request fails. Make one with a class method.

    Attributes:
        kind: Which way.
        code: The status that is answered.
        reset: In how many seconds a client that asked too much may ask again.
        after: How many bytes come through before the connection is cut.
        seconds: How long the answer takes.
    """

    kind: Literal["status", "lost answer", "cut upload", "cut download", "slow"]
    code: int = 0
    reset: int | None = None
    after: int = 0
    seconds: float = 0

    @classmethod
    def status(cls, code: int, *, reset: int | None = None) -> Fault:
        """Answer with a status, and do nothing.

        Args:
            code: The status, such as 412, 429, 500 or 503.
            reset: For 429, the seconds in the headers that say when to ask again; None for no such headers.
        """
        return cls("status", code=code, reset=reset)

    @classmethod
    def lost_answer(cls) -> Fault:
        """Do what is asked, and close the connection instead of answering."""
        return cls("lost answer")

    @classmethod
    def cut_upload(cls, after: int = 0) -> Fault:
        """Close the connection when so many bytes of the request's body came, or all; do nothing."""
        return cls("cut upload", after=after)

    @classmethod
    def cut_download(cls, after: int = 0) -> Fault:
        """Close the connection when so many bytes of the answer's body are sent."""
        return cls("cut download", after=after)

    @classmethod
    def slow(cls, seconds: float) -> Fault:
        """Wait before doing what is asked."""
        return cls("slow", seconds=seconds)

    def error(self) -> HubError:
        """Give what is answered instead."""
        if self.code == _TOO_MANY and self.reset is not None:
            return too_many(self.reset, limit=128)
        return HubError(self.code, _MESSAGES.get(self.code, "Injected by the test"))


@dataclass
class _Injection:
    fault: Fault
    matcher: Matcher
    skip: int
    times: int


@dataclass
class Faults:
    """Faults that wait for requests."""

    _waiting: list[_Injection] = field(default_factory=list)
    _lock: Lock = field(default_factory=Lock)

    def inject(self, fault: Fault, matcher: Matcher, *, times: int, skip: int) -> None:
        """Let requests fail from now on."""
        with self._lock:
            self._waiting.append(_Injection(fault, matcher, skip, times))

    def clear(self) -> None:
        """Let no request fail from now on."""
        with self._lock:
            self._waiting.clear()

    def take(self, request: Request) -> Fault | None:
        """Give the fault of a request."""
        with self._lock:
            for injection in self._waiting:
                if injection.matcher.matches(request):
                    if injection.skip:
                        injection.skip -= 1
                    elif injection.times:
                        injection.times -= 1
                        return injection.fault
            return None

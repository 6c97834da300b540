"""How many commits somebody may make in an hour."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, field
from threading import Lock
from typing import TYPE_CHECKING

from airflow_artifacts.testing.answers import HubError

if TYPE_CHECKING:
    from collections.abc import Callable

_HOUR = 3600


@dataclass
class CommitQuota:
    """Counts the commits of each user in windows of an hour.

    Attributes:
        commits_per_hour: How many are allowed; None for any number.
        clock: Gives the time in seconds.
    """

    commits_per_hour: int | None
    clock: Callable[[], float] = time.monotonic
    _windows: dict[str, tuple[float, int]] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def count(self, user: str) -> None:
        """Count a commit.

        Raises:
            HubError: It is one too many.
        """
        if self.commits_per_hour is None:
            return
        with self._lock:
            now = self.clock()
            start, made = self._windows.get(user, (now, 0))
            if now - start >= _HOUR:
                start, made = now, 0
            if made >= self.commits_per_hour:
                raise too_many(math.ceil(start + _HOUR - now), self.commits_per_hour)
            self._windows[user] = start, made + 1


def too_many(reset: int, limit: int, window: int = _HOUR) -> HubError:
    """Refuse a request with the headers of draft-ietf-httpapi-ratelimit-headers-09.

    Args:
        reset: In how many seconds requests are allowed again.
        limit: How many are allowed in a window.
        window: The length of a window, in seconds.
    """
    headers = {
        "RateLimit": f'"commits";r=0;t={reset}',
        "RateLimit-Policy": f'"fixed window";"commits";q={limit};w={window}',
        "Retry-After": str(reset),
    }
    return HubError(429, f"Too many requests: {limit} are allowed in {window} seconds", headers=headers)

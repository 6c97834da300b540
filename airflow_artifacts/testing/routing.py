"""Which function answers which request."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import unquote

from airflow_artifacts.testing.answers import Answer

if TYPE_CHECKING:
    from airflow_artifacts.testing.exchanges import Exchange

Route = Callable[..., Answer]
_PARTS = {
    "repo": r"[^/]+/[^/]+",
    "revision": r"refs/[^/]+/[^/]+|[^/]+",  # clients escape the slashes of refs, browsers do not
    "path": r".+",
}


@dataclass
class Router:
    """Routes of one kind."""

    _routes: list[tuple[str, re.Pattern[str], Route]] = field(default_factory=list)

    def on(self, method: str, template: str) -> Callable[[Route], Route]:
        """Let a function answer requests.

        Args:
            method: Their method.
            template: Their path; a name in braces stands for a part of it, and is an argument of the function.
        """
        names = re.split(r"\{(\w+)\}", template)
        pattern = "".join(
            f"(?P<{text}>{_PARTS.get(text, '[^/]+')})" if index % 2 else re.escape(text)
            for index, text in enumerate(names)
        )

        def register(function: Route) -> Route:
            self._routes.append((method, re.compile(pattern), function))
            return function

        return register

    def find(self, method: str, path: str) -> Callable[[Exchange], Answer] | None:
        """Give the function that answers a request.

        Args:
            method: Its method.
            path: Its path with escapes, which are resolved in the parts.
        """
        for known, pattern, function in self._routes:
            found = pattern.fullmatch(path)
            if known == method and found:
                parts = {name: unquote(part) for name, part in found.groupdict().items()}
                return lambda exchange: function(exchange, **parts)
        return None

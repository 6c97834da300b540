"""Answers whose bodies come from a store while they are sent."""

from __future__ import annotations

import logging
from itertools import chain
from typing import TYPE_CHECKING

import anyio
from starlette.concurrency import run_in_threadpool
from starlette.responses import StreamingResponse

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping

    from starlette.types import Receive, Scope, Send

logger = logging.getLogger(__name__)


class PartsResponse(StreamingResponse):
    """Sends what a generator gives; an error in it breaks the connection off, so that no half looks whole.

    The first part is fetched when this is made: what fails by then is an error that can be answered. The generator
    is closed once nobody wants more, also when the client went away.

    Args:
        what: What is sent, for the log.
        parts: The parts.
        status_code: The status.
        headers: The headers.
    """

    def __init__(
        self, what: str, parts: Generator[bytes, None, None], headers: Mapping[str, str], status_code: int = 200
    ) -> None:
        first = next(parts, b"")
        self._others = _logged(what, parts)
        self._parts = parts
        super().__init__(chain([first], self._others), status_code, headers)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send all of it."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            # Whoever went away has cancelled this. What closes a file may wait, and so is not for this thread.
            with anyio.CancelScope(shield=True):
                await run_in_threadpool(self._close)

    def _close(self) -> None:
        self._others.close()
        self._parts.close()  # which the others do not, of whom none was asked for


def _logged(what: str, parts: Generator[bytes, None, None]) -> Generator[bytes, None, None]:
    try:
        yield from parts
    except Exception as error:
        logger.error("The download of %s is broken off: %s", what, error)  # noqa: TRY400 - the server logs where
        raise

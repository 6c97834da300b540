"""How the app answers: JSON that any browser can read, errors that say no more than they may, and the login."""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING, Any

from fastapi import HTTPException
from fastapi.exception_handlers import http_exception_handler
from fastapi.responses import JSONResponse, RedirectResponse

from airflow_artifacts.exceptions import (
    ArtifactNotFoundError,
    ArtifactsError,
    ObjectNotFoundError,
    QueryError,
    UnsafeNameError,
)
from airflow_artifacts.plugin.airflow_internals import login_url

if TYPE_CHECKING:
    from fastapi import FastAPI, Request, Response

logger = logging.getLogger(__name__)

_STATUS: dict[type[ArtifactsError], int] = {
    ArtifactNotFoundError: 404,
    ObjectNotFoundError: 404,
    QueryError: 400,
    UnsafeNameError: 400,
}
_BAD_GATEWAY = 502  # the store, or what lies in it, is at fault
_UNAUTHORIZED = 401


class Answer(JSONResponse):
    """JSON in ASCII: what users stored may hold halves of characters, which are no UTF-8."""

    def __init__(self, content: Any, status_code: int = 200) -> None:
        headers = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
        super().__init__(content, status_code, headers)

    def render(self, content: Any) -> bytes:
        """Give the bytes."""
        return json.dumps(content, separators=(",", ":"), allow_nan=False).encode("ascii")


def add_error_handlers(app: FastAPI) -> None:
    """Tell the app what errors become."""

    @app.exception_handler(ArtifactsError)
    def refuse(_: Request, error: ArtifactsError) -> Response:
        found = (status for kind, status in _STATUS.items() if isinstance(error, kind))
        status = next(found, _BAD_GATEWAY)
        if status == _BAD_GATEWAY:
            logger.warning("A request for artifacts failed: %s", error)
        return Answer({"detail": str(error)}, status)

    @app.exception_handler(HTTPException)
    async def log_in(request: Request, error: HTTPException) -> Response:
        if error.status_code == _UNAUTHORIZED and _is_navigation(request):
            return RedirectResponse(login_url(request), headers={"Cache-Control": "no-store"})
        return await http_exception_handler(request, error)


def _is_navigation(request: Request) -> bool:
    """Say whether a person follows a link, and no script asks. Over plain HTTP, browsers do not say it."""
    mode = request.headers.get("Sec-Fetch-Mode")
    is_page = "text/html" in request.headers.get("Accept", "") if mode is None else mode == "navigate"
    return is_page and request.method in {"GET", "HEAD"}

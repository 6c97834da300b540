"""Routes for whoever is logged in, with nothing of anybody's in them: the page and the front end."""

from __future__ import annotations

from html import escape
from typing import Any

from fastapi import APIRouter, Depends, HTTPException, Request
from fastapi.responses import FileResponse, HTMLResponse

from airflow_artifacts.links import APP_PREFIX
from airflow_artifacts.plugin.airflow_internals import airflow_path, get_user
from airflow_artifacts.plugin.bundle import FOLDER, get_bundle

router = APIRouter(dependencies=[Depends(get_user)])

_NOT_FOUND = 404
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "media-src 'self'; frame-src 'self'; object-src 'self'; connect-src 'self'; base-uri 'self'; "
    "form-action 'none'; frame-ancestors 'self'"
)
_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<base href="{base}">
<title>Artifacts - Airflow</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="static/pin_32.png">
<script type="module" src="{prefix}/assets/{page}"></script>
</head>
<body><div id="artifacts"></div><noscript>This page needs JavaScript.</noscript></body>
</html>
"""


@router.get("/view")
def get_page(request: Request) -> Any:
    """Give the page that shows artifacts outside of Airflow's own UI; its query says which."""
    page = _PAGE.format(base=escape(airflow_path(request)), prefix=APP_PREFIX, page=get_bundle().page)
    headers = {
        "Cache-Control": "no-cache",
        "Content-Security-Policy": _POLICY,
        "Referrer-Policy": "same-origin",
        "X-Content-Type-Options": "nosniff",
    }
    return HTMLResponse(page, headers=headers)


@router.get("/assets/{file}")
def get_asset(file: str) -> Any:
    """Give a file of the front end. Its name has a hash of its content, so it never changes."""
    bundle = get_bundle()
    if file not in {bundle.plugin, bundle.page}:
        raise HTTPException(_NOT_FOUND, "There is no such file.")
    headers = {"Cache-Control": "private, max-age=31536000, immutable", "X-Content-Type-Options": "nosniff"}
    return FileResponse(FOLDER / file, media_type="text/javascript", headers=headers)

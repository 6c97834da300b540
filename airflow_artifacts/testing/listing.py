"""Files, folders and commits as the Hub lists them, page by page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import parse_qsl, urlencode

from airflow_artifacts.testing.answers import Answer, HubError, json_answer
from airflow_artifacts.testing.git import lfs_pointer

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from airflow_artifacts.testing.commits import HubCommit, HubFile
    from airflow_artifacts.testing.exchanges import Exchange
    from airflow_artifacts.testing.repositories import Repository

Item = TypeVar("Item")
_EXPANDED_PAGE = 50  # the most that a page has when the last commits are asked for


def timestamp(date: datetime) -> str:
    """Write a date as the Hub does, with milliseconds in UTC."""
    return f"{date:%Y-%m-%dT%H:%M:%S}.{date.microsecond // 1000:03}Z"


def file_facts(file: HubFile) -> dict[str, Any]:
    """Describe a file, without its path."""
    facts: dict[str, Any] = {"type": "file", "oid": file.oid, "size": file.size}
    if file.lfs:
        pointer_size = len(lfs_pointer(file.sha256, file.size))
        facts["lfs"] = {"oid": file.sha256, "size": file.size, "pointerSize": pointer_size}
    return facts


def entries(commit: HubCommit) -> dict[str, dict[str, Any]]:
    """Describe all files and folders of a commit, by their paths."""
    folders: dict[str, dict[str, Any]] = {
        path: {"type": "directory", "oid": oid, "size": 0, "path": path}
        for path, oid in commit.folders().items()
        if path
    }
    files = {path: {**file_facts(file), "path": path} for path, file in commit.files.items()}
    return dict(sorted({**folders, **files}.items()))


def expand(repository: Repository, commit: HubCommit, wanted: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Add to files and folders the commit that changed them last."""
    history = list(repository.history(commit))
    oids = [{**{path: file.oid for path, file in made.files.items()}, **made.folders()} for made in history]
    expanded = []
    for entry in wanted:
        path = entry["path"]
        same = next((at for at, known in enumerate(oids) if known.get(path) != entry["oid"]), len(oids))
        last = history[same - 1]
        shown = {"id": last.oid, "title": last.message, "date": timestamp(last.date)}
        safe = {"status": "safe", "avScan": None, "pickleImportScan": None}
        scan = {"securityFileStatus": safe} if entry["type"] == "file" else {}
        expanded.append({**entry, "lastCommit": shown, **scan})
    return expanded


def page(
    exchange: Exchange,
    items: Sequence[Item],
    show: Callable[[Sequence[Item]], Sequence[Any]],
    *,
    expanded: bool = False,
) -> Answer:
    """Answer with a page of a list, and a link to the next one in the header ``Link``.

    Args:
        exchange: The request, which may say ``limit`` and, with what the link gave it, ``cursor``.
        items: The whole list.
        show: Makes JSON of items.
        expanded: Whether pages are short.
    """
    query = dict(parse_qsl(exchange.request.query))
    try:
        start, limit = int(query.get("cursor", 0)), int(query.get("limit", exchange.state.page_size))
    except ValueError:
        raise HubError(400, "cursor and limit are numbers") from None
    end = start + max(1, min(limit, exchange.state.page_size, _EXPANDED_PAGE if expanded else limit))
    headers = {}
    if end < len(items):
        address = f"{exchange.state.endpoint}{exchange.path}"
        headers["Link"] = f'<{address}?{urlencode({**query, "cursor": end})}>; rel="next"'
    return json_answer(show(items[start:end]), headers=headers)

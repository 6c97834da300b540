"""Routes: the files of a commit, and the commits of a branch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

from airflow_artifacts.testing.answers import Answer, entry_not_found, json_answer
from airflow_artifacts.testing.listing import entries, expand, page, timestamp
from airflow_artifacts.testing.routing import Router

if TYPE_CHECKING:
    from collections.abc import Sequence

    from airflow_artifacts.testing.commits import HubCommit
    from airflow_artifacts.testing.exchanges import Exchange

router = Router()


@router.on("GET", "/api/datasets/{repo}/tree/{revision}")
@router.on("GET", "/api/datasets/{repo}/tree/{revision}/{path}")
def tree(exchange: Exchange, repo: str, revision: str, path: str = "") -> Answer:
    """List what is in a folder, or also in those below it."""
    repository = exchange.readable(repo)
    commit = repository.find(revision)
    known, folder = entries(commit), path.strip("/")
    if folder and known.get(folder, {}).get("type") != "directory":
        raise entry_not_found(folder, commit.oid)
    prefix, deep = f"{folder}/" if folder else "", exchange.asks_for("recursive")
    within = [
        entry
        for name, entry in known.items()
        if name.startswith(prefix) and (deep or "/" not in name.removeprefix(prefix))
    ]
    expanded = exchange.asks_for("expand")
    return page(
        exchange,
        within,
        lambda some: expand(repository, commit, some) if expanded else some,
        expanded=expanded,
    )


@router.on("POST", "/api/datasets/{repo}/paths-info/{revision}")
def paths_info(exchange: Exchange, repo: str, revision: str) -> Answer:
    """Describe the files and folders that have given paths; what is not there is left out."""
    repository = exchange.readable(repo)
    commit = repository.find(revision)
    if exchange.headers.get_content_type() == "application/json":
        form: dict[str, Any] = exchange.json()
    else:
        form = parse_qs(exchange.text())
    known = entries(commit)
    found = [known[path.strip("/")] for path in form.get("paths", []) if path.strip("/") in known]
    expanded = str(form.get("expand", "")).strip("[]'").lower() in {"1", "true"}
    return json_answer(expand(repository, commit, found) if expanded else found)


@router.on("GET", "/api/datasets/{repo}/commits/{revision}")
def commits(exchange: Exchange, repo: str, revision: str) -> Answer:
    """List a commit and those before it."""
    repository = exchange.readable(repo)
    formatted = "formatted" in exchange.query.get("expand[]", [])

    def show(some: Sequence[HubCommit]) -> list[dict[str, Any]]:
        return [_commit_facts(commit, formatted=formatted) for commit in some]

    return page(exchange, list(repository.history(repository.find(revision))), show)


def _commit_facts(commit: HubCommit, *, formatted: bool) -> dict[str, Any]:
    said = {"title": commit.message, "message": commit.description}
    return {
        "id": commit.oid,
        "authors": [{"user": commit.author}],
        "date": timestamp(commit.date),
        **said,
        **({"formatted": said} if formatted else {}),
    }

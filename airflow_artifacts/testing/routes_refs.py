"""Routes: branches, tags and pull requests."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow_artifacts.testing.answers import Answer, json_answer
from airflow_artifacts.testing.listing import timestamp
from airflow_artifacts.testing.routing import Router

if TYPE_CHECKING:
    from airflow_artifacts.testing.exchanges import Exchange
    from airflow_artifacts.testing.repositories import PullRequest

router = Router()


@router.on("GET", "/api/datasets/{repo}/refs")
def refs(exchange: Exchange, repo: str) -> Answer:
    """List all names of commits."""
    repository = exchange.readable(repo)
    kinds: dict[str, list[dict[str, str]]] = {"branches": [], "converts": [], "tags": [], "pullRequests": []}
    folders = {"refs/heads/": "branches", "refs/tags/": "tags", "refs/pr/": "pullRequests"}
    for ref, oid in sorted(repository.refs.items()):
        for folder, kind in folders.items():
            if ref.startswith(folder):
                name = ref if kind == "pullRequests" else ref.removeprefix(folder)
                kinds[kind].append({"name": name, "ref": ref, "targetCommit": oid})
    if not exchange.asks_for("include_prs"):
        del kinds["pullRequests"]
    return json_answer(kinds)


@router.on("GET", "/api/datasets/{repo}/discussions")
def discussions(exchange: Exchange, repo: str) -> Answer:
    """List pull requests, the newest first, by kind, status and author: there are no other discussions."""
    repository, query = exchange.readable(repo), exchange.query
    kind, status, author = (query.get(name, ["all"])[-1] for name in ("type", "status", "author"))
    found = [
        _discussion(repo, each)
        for _, each in sorted(repository.pull_requests.items(), reverse=True)
        if kind != "discussion" and status in {"all", each.status} and author in {"all", each.author}
    ]
    size = exchange.state.page_size
    start = int(query.get("p", ["0"])[-1]) * size
    return json_answer({"discussions": found[start : start + size], "count": len(found), "start": start})


def _discussion(repo: str, pull_request: PullRequest) -> dict[str, Any]:
    return {
        "num": pull_request.number,
        "title": pull_request.title,
        "author": {"name": pull_request.author, "type": "user"},
        "createdAt": timestamp(pull_request.created),
        "status": pull_request.status,
        "isPullRequest": True,
        "repo": {"name": repo, "type": "dataset"},
    }


@router.on("POST", "/api/datasets/{repo}/branch/{name}")
def create_branch(exchange: Exchange, repo: str, name: str) -> Answer:
    """Create a branch."""
    repository = exchange.writable(repo)
    start = repository.find(str(exchange.json().get("startingPoint") or "main"))
    repository.add_ref(f"refs/heads/{name}", start)
    return json_answer({"ok": True})


@router.on("DELETE", "/api/datasets/{repo}/branch/{name}")
def delete_branch(exchange: Exchange, repo: str, name: str) -> Answer:
    """Delete a branch."""
    exchange.writable(repo).delete_ref(f"refs/heads/{name}")
    return json_answer({"ok": True})


@router.on("POST", "/api/datasets/{repo}/tag/{revision}")
def create_tag(exchange: Exchange, repo: str, revision: str) -> Answer:
    """Give a commit a tag."""
    repository = exchange.writable(repo)
    repository.add_ref(f"refs/tags/{exchange.json().get('tag')}", repository.find(revision))
    return json_answer({"ok": True})


@router.on("DELETE", "/api/datasets/{repo}/tag/{name}")
def delete_tag(exchange: Exchange, repo: str, name: str) -> Answer:
    """Remove a tag."""
    exchange.writable(repo).delete_ref(f"refs/tags/{name}")
    return json_answer({"ok": True})

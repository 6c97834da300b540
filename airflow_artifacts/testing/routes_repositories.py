"""Routes: users, creating and deleting repositories, and what is known of one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow_artifacts.testing.answers import Answer, HubError, json_answer
from airflow_artifacts.testing.cards import metadata_problems, metadata_warnings, read_metadata
from airflow_artifacts.testing.listing import file_facts, timestamp
from airflow_artifacts.testing.routing import Router

if TYPE_CHECKING:
    from airflow_artifacts.testing.commits import HubCommit
    from airflow_artifacts.testing.exchanges import Exchange
    from airflow_artifacts.testing.repositories import Repository
    from airflow_artifacts.testing.state import HubState

router = Router()


@router.on("GET", "/api/whoami-v2")
def whoami(exchange: Exchange) -> Answer:
    """Say whose token it is."""
    return json_answer(exchange.sender().identity())


@router.on("POST", "/api/validate-yaml")
def validate_yaml(exchange: Exchange) -> Answer:
    """Judge the metadata of a README.md."""
    text = str(exchange.json().get("content", ""))
    errors = [{"message": problem} for problem in metadata_problems(text)]
    warnings = [{"message": warning} for warning in metadata_warnings(text)]
    return json_answer({"errors": errors, "warnings": warnings}, 400 if errors else 200)


@router.on("POST", "/api/repos/create")
def create(exchange: Exchange) -> Answer:
    """Create a repository."""
    wanted, user = exchange.json(), exchange.writer()
    repo_id = _repo_id(wanted, user.name)
    namespace = repo_id.partition("/")[0]
    if not user.belongs_to(namespace):
        message = f"You don't have the rights to create a dataset under the namespace {namespace!r}"
        raise HubError(403, message)
    private = wanted.get("visibility") == "private" or wanted.get("private") is True
    exchange.state.create(repo_id, user.name, private=private)
    return json_answer(
        {"url": exchange.state.page_of(repo_id), "name": repo_id, "id": repo_id, "private": private}
    )


@router.on("DELETE", "/api/repos/delete")
def delete(exchange: Exchange) -> Answer:
    """Delete a repository."""
    wanted, user = exchange.json(), exchange.writer()
    repository = exchange.writable(_repo_id(wanted, user.name))
    exchange.state.repositories.pop(repository.repo_id, None)  # another request may have been first
    return json_answer({"ok": True})


@router.on("PUT", "/api/datasets/{repo}/settings")
def change_settings(exchange: Exchange, repo: str) -> Answer:
    """Make a repository private or public."""
    repository, wanted = exchange.writable(repo), exchange.json()
    repository.private = wanted.get("visibility") == "private" or wanted.get("private") is True
    return json_answer({"private": repository.private})


@router.on("GET", "/api/datasets/{repo}")
@router.on("GET", "/api/datasets/{repo}/revision/{revision}")
def info(exchange: Exchange, repo: str, revision: str = "main") -> Answer:
    """Describe a repository at a revision."""
    repository = exchange.readable(repo)
    facts = _facts(exchange.state, repository, repository.find(revision), blobs=exchange.asks_for("blobs"))
    wanted = exchange.query.get("expand", [])
    if wanted:
        facts = {name: fact for name, fact in facts.items() if name in {"_id", "id", *wanted}}
    return json_answer(facts)


def _repo_id(wanted: dict[str, Any], user: str) -> str:
    if wanted.get("type") != "dataset":
        raise HubError(404, "This fake Hub has datasets only")
    return f"{wanted.get('organization') or user}/{wanted.get('name')}"


def _facts(state: HubState, repository: Repository, commit: HubCommit, *, blobs: bool) -> dict[str, Any]:
    readme = commit.files.get("README.md")
    card = read_metadata(state.blobs.read(readme.sha256).decode(errors="replace")) if readme else None
    siblings: list[dict[str, Any]] = [{"rfilename": path} for path in commit.files]
    if blobs:
        for sibling, file in zip(siblings, commit.files.values(), strict=True):
            known = file_facts(file)
            sibling.update(size=known["size"], blobId=known["oid"])
            if file.lfs:
                pointer_size = known["lfs"]["pointerSize"]
                sibling["lfs"] = {"sha256": file.sha256, "size": file.size, "pointerSize": pointer_size}
    return {
        "_id": repository.repo_id,
        "id": repository.repo_id,
        "author": repository.namespace,
        "sha": commit.oid,
        "createdAt": timestamp(repository.created),
        "lastModified": timestamp(commit.date),
        "private": repository.private,
        "gated": False,
        "disabled": False,
        "downloads": 0,
        "likes": 0,
        "tags": list(map(str, (card or {}).get("tags") or [])),
        "cardData": card,
        "siblings": siblings,
        "usedStorage": sum(repository.objects.values()),
    }

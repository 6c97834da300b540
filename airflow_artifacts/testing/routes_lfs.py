"""Routes: uploading large files, as in https://github.com/git-lfs/git-lfs/blob/main/docs/api/batch.md."""

from __future__ import annotations

import re
import secrets
from typing import TYPE_CHECKING, Any

from airflow_artifacts.testing.answers import Answer, HubError, json_answer
from airflow_artifacts.testing.routing import Router
from airflow_artifacts.testing.state import Upload

if TYPE_CHECKING:
    from airflow_artifacts.testing.exchanges import Exchange
    from airflow_artifacts.testing.repositories import Repository

router = Router()
_SHA256 = re.compile(r"[0-9a-f]{64}")
_LFS = {"Content-Type": "application/vnd.git-lfs+json"}


@router.on("POST", "/datasets/{repo}.git/info/lfs/objects/batch")
def batch(exchange: Exchange, repo: str) -> Answer:
    """Say where to upload contents; those that are there already need no upload."""
    repository, wanted = exchange.readable(repo), exchange.json()
    exchange.writer()
    if wanted.get("operation") != "upload":
        raise HubError(422, "This fake Hub has LFS uploads only: files are downloaded by their paths")
    objects = [_answer(exchange, repository, item) for item in wanted["objects"]]
    return json_answer({"transfer": "basic", "objects": objects, "hash_algo": "sha256"}, headers=_LFS)


@router.on("PUT", "/lfs-uploads/{name}")
def upload(exchange: Exchange, name: str) -> Answer:
    """Receive a content; the URL is the permission, as that of a storage service."""
    promised = exchange.state.uploads.get(name)
    if promised is None:
        raise HubError(403, "The URL of the upload is not known")
    blob = exchange.state.blobs.receive(exchange.body)
    if (blob.sha256, blob.size) != (promised.sha256, promised.size):
        message = f"{promised.size} bytes with the SHA-256 {promised.sha256} were promised, not {blob}"
        raise HubError(400, message)
    promised.repository.objects[blob.sha256] = blob.size
    return Answer(200, {"ETag": f'"{blob.sha256}"'})


@router.on("POST", "/api/datasets/{repo}/lfs-verify")
def verify(exchange: Exchange, repo: str) -> Answer:
    """Say whether a content has arrived."""
    wanted = exchange.json()
    if exchange.readable(repo).objects.get(str(wanted.get("oid"))) != wanted.get("size"):
        raise HubError(404, "The content was not uploaded")
    return json_answer({"message": "ok"})


def _answer(exchange: Exchange, repository: Repository, item: dict[str, Any]) -> dict[str, Any]:
    sha256, size = str(item.get("oid")), item.get("size")
    known = {"oid": sha256, "size": size}
    if not _SHA256.fullmatch(sha256) or not isinstance(size, int):
        return {**known, "error": {"code": 422, "message": "oid is a SHA-256, and size a number"}}
    if repository.objects.get(sha256) == size:
        return known
    state, name = exchange.state, secrets.token_urlsafe(24)
    state.uploads[name] = Upload(repository, sha256, size)
    actions = {
        "upload": {"href": f"{state.endpoint}/lfs-uploads/{name}"},
        "verify": {"href": f"{state.endpoint}/api/datasets/{repository.repo_id}/lfs-verify"},
    }
    return {**known, "authenticated": True, "actions": actions}

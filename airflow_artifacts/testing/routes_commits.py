"""Routes: what is to be uploaded how, and commits."""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING, Any

from airflow_artifacts.testing.answers import Answer, HubError, json_answer
from airflow_artifacts.testing.cards import metadata_problems
from airflow_artifacts.testing.commits import (
    CommitMessage,
    Delete,
    Put,
    check_path,
    large_file,
    regular_file,
)
from airflow_artifacts.testing.exchanges import json_object
from airflow_artifacts.testing.routing import Router
from airflow_artifacts.testing.upload_modes import REGULAR_BYTES, is_ignored, upload_mode

if TYPE_CHECKING:
    from collections.abc import Callable

    from airflow_artifacts.testing.commits import HubCommit, Operation
    from airflow_artifacts.testing.exchanges import Exchange
    from airflow_artifacts.testing.repositories import Repository

router = Router()


@router.on("POST", "/api/datasets/{repo}/preupload/{revision}")
def preupload(exchange: Exchange, repo: str, revision: str) -> Answer:
    """Say of files how each is to be uploaded, and what there is at its path already."""
    commit = _repository(exchange, repo).find(revision)
    wanted = exchange.json()
    attributes = _text(exchange, commit, ".gitattributes")
    ignore = wanted.get("gitIgnore") or _text(exchange, commit, ".gitignore")
    answers = []
    for file in wanted["files"]:
        path = check_path(file["path"])
        sample = base64.b64decode(file.get("sample", ""))
        known = commit.files.get(path)
        answer = {
            "path": path,
            "uploadMode": upload_mode(path, file["size"], sample, attributes),
            "shouldIgnore": is_ignored(path, ignore),
        }
        answers.append({**answer, "oid": known.content_oid} if known else answer)
    return json_answer({"files": answers})


@router.on("POST", "/api/datasets/{repo}/commit/{revision}")
def commit(exchange: Exchange, repo: str, revision: str) -> Answer:
    """Make a commit, or a pull request with a commit."""
    repository, state = _repository(exchange, repo), exchange.state
    state.quota.count(exchange.sender().name)
    header, operations = _read(exchange, repository)
    summary = str(header.get("summary") or "")
    if not summary:
        raise HubError(400, '"header.summary" is not allowed to be empty')
    said = CommitMessage(
        summary, str(header.get("description") or ""), exchange.sender().name, header.get("parentCommit")
    )
    answer: dict[str, Any] = {"success": True, "hookOutput": ""}
    if exchange.asks_for("create_pr"):
        number, made = repository.add_pull_request(revision, operations, said)
        answer["pullRequestUrl"] = f"{state.page_of(repo)}/discussions/{number}"
    else:
        made = repository.add_commit(repository.ref(revision), operations, said)
    answer |= {"commitOid": made.oid, "commitUrl": f"{state.page_of(repo)}/commit/{made.oid}"}
    return json_answer(answer)


def _repository(exchange: Exchange, repo: str) -> Repository:
    """Find the repository of a commit: a pull request may be opened by all who see it."""
    if exchange.asks_for("create_pr"):
        exchange.writer()
        return exchange.readable(repo)
    return exchange.writable(repo)


def _text(exchange: Exchange, commit: HubCommit, path: str) -> str:
    file = commit.files.get(path)
    return exchange.state.blobs.read(file.sha256).decode(errors="replace") if file else ""


def _read(exchange: Exchange, repository: Repository) -> tuple[dict[str, Any], list[Operation]]:
    header: dict[str, Any] | None = None
    operations: list[Operation] = []
    with exchange.whole_body() as lines:
        for line in filter(bytes.strip, lines):
            item = json_object(line)
            key, value = item.get("key"), item.get("value")
            if not isinstance(value, dict):
                raise HubError(400, '"value" must be of type object')
            if key == "header":
                header = value
            elif key in _READERS:
                operations.append(_READERS[key](exchange, repository, value))
            else:
                raise HubError(400, f'"key" has an unknown value: {key}')
    if header is None:
        raise HubError(400, "The header of the commit is missing")
    return header, operations


def _file(exchange: Exchange, _: Repository, value: dict[str, Any]) -> Put:
    path = check_path(str(value.get("path")))
    content = str(value.get("content", "")).encode()
    if value.get("encoding") == "base64":
        try:
            content = base64.b64decode(content, validate=True)
        except binascii.Error:
            raise HubError(400, f"The content of {path} is not base64") from None
    if len(content) > REGULAR_BYTES:
        raise HubError(413, f"{path} is too large to be a regular file: upload it as a large file")
    problems = metadata_problems(content.decode(errors="replace")) if path == "README.md" else []
    if problems:
        raise HubError(400, f"Invalid metadata in README.md: {'; '.join(problems)}")
    return Put(path, regular_file(content, exchange.state.blobs.receive([content])))


def _large_file(_: Exchange, repository: Repository, value: dict[str, Any]) -> Put:
    path, sha256 = check_path(str(value.get("path"))), str(value.get("oid"))
    size = repository.objects.get(sha256)
    if size is None or value.get("size", size) != size:
        message = f"The LFS pointer of {path} names a content that was not uploaded to this repository: {sha256}"
        raise HubError(400, message)
    return Put(path, large_file(sha256, size))


def _deleted_file(_: Exchange, __: Repository, value: dict[str, Any]) -> Delete:
    return Delete(str(value.get("path")))


def _deleted_folder(_: Exchange, __: Repository, value: dict[str, Any]) -> Delete:
    return Delete(str(value.get("path")), folder=True)


_READERS: dict[str, Callable[[Exchange, Repository, dict[str, Any]], Operation]] = {
    "file": _file,
    "lfsFile": _large_file,
    "deletedFile": _deleted_file,
    "deletedFolder": _deleted_folder,
}

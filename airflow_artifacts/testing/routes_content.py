"""Routes: the contents of files, whole or in parts."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from airflow_artifacts.testing.answers import Answer, FilePart, HubError, entry_not_found
from airflow_artifacts.testing.git import lfs_pointer
from airflow_artifacts.testing.routing import Router

if TYPE_CHECKING:
    from airflow_artifacts.testing.exchanges import Exchange

router = Router()
_RANGE = re.compile(r"\s*bytes\s*=\s*(\d*)\s*-\s*(\d*)\s*")


@router.on("GET", "/datasets/{repo}/resolve/{revision}/{path}")
@router.on("HEAD", "/datasets/{repo}/resolve/{revision}/{path}")
def resolve(exchange: Exchange, repo: str, revision: str, path: str) -> Answer:
    """Give the content of a file."""
    commit = exchange.readable(repo).find(revision)
    file = commit.files.get(path)
    if file is None:
        raise entry_not_found(path, commit.oid)
    headers = {
        "Content-Type": "application/octet-stream",
        "Accept-Ranges": "bytes",
        "X-Repo-Commit": commit.oid,
        "ETag": f'"{file.content_oid}"',
    }
    if file.lfs:
        headers |= {"X-Linked-Etag": f'"{file.sha256}"', "X-Linked-Size": str(file.size)}
    start, end = _wanted(exchange.headers["Range"], file.size)
    if (start, end) != (0, file.size):
        headers["Content-Range"] = f"bytes {start}-{end - 1}/{file.size}"
    content = FilePart(exchange.state.blobs.path(file.sha256), start, end - start)
    return Answer(206 if "Content-Range" in headers else 200, headers, content)


@router.on("GET", "/datasets/{repo}/raw/{revision}/{path}")
def raw(exchange: Exchange, repo: str, revision: str, path: str) -> Answer:
    """Give what git has of a file: of a large one, the pointer."""
    commit = exchange.readable(repo).find(revision)
    file = commit.files.get(path)
    if file is None:
        raise entry_not_found(path, commit.oid)
    content = lfs_pointer(file.sha256, file.size) if file.lfs else exchange.state.blobs.read(file.sha256)
    headers = {"Content-Type": "text/plain", "X-Repo-Commit": commit.oid, "ETag": f'"{file.oid}"'}
    return Answer(200, headers, content)


def _wanted(header: str | None, size: int) -> tuple[int, int]:
    """Read a header ``Range``: the first byte, and the one after the last.

    Raises:
        HubError: The range begins after the end.
    """
    found = _RANGE.fullmatch(header or "")
    if found is None or found.groups() == ("", ""):
        return 0, size
    first, last = found.groups()
    if not first:
        return max(size - int(last), 0), size
    start, end = int(first), min(int(last) + 1, size) if last else size
    if start >= end:
        raise HubError(416, "The range is not in the file", headers={"Content-Range": f"bytes */{size}"})
    return start, end

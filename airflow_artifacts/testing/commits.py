"""Files and commits, and what a commit does to the files before it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from airflow_artifacts.testing.answers import HubError, entry_not_found
from airflow_artifacts.testing.git import commit_oid, lfs_pointer, object_oid, tree_oids

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from airflow_artifacts.testing.blobs import Blob


@dataclass(frozen=True)
class HubFile:
    """A file of a commit.

    Attributes:
        size: The size of its content in bytes.
        oid: What git calls it: the blob of the content, or of the pointer of a large file.
        sha256: The SHA-256 of its content.
        lfs: Whether it is a large file.
    """

    size: int
    oid: str
    sha256: str
    lfs: bool

    @property
    def content_oid(self) -> str:
        """What clients compare their own file with: for large files the SHA-256, else git's name."""
        return self.sha256 if self.lfs else self.oid


@dataclass(frozen=True)
class HubCommit:
    """A commit.

    Attributes:
        oid: Its name, 40 hexadecimal digits.
        parent: The name of the one before, None for the first.
        message: The first line of what is said of it.
        description: What comes after that line.
        author: Who made it.
        date: When.
        files: All files after it, by their paths.
    """

    oid: str
    parent: str | None
    message: str
    description: str
    author: str
    date: datetime
    files: Mapping[str, HubFile] = field(repr=False)

    def folders(self) -> dict[str, str]:
        """Give what git calls each folder, by their paths; the root is ``""``."""
        return tree_oids({path: file.oid for path, file in self.files.items()})


@dataclass(frozen=True)
class CommitMessage:
    """What is said of a commit that is to be made.

    Attributes:
        summary: The first line, and perhaps more.
        description: What comes after it.
        author: Who makes it.
        parent: The commit, or the first digits of its name, that has to be the newest; None for any.
    """

    summary: str
    description: str
    author: str
    parent: str | None = None


@dataclass(frozen=True)
class Put:
    """A file is added or replaced."""

    path: str
    file: HubFile


@dataclass(frozen=True)
class Delete:
    """A file is deleted, or a folder with all that is in it."""

    path: str
    folder: bool = False


Operation = Put | Delete


def regular_file(content: bytes, blob: Blob) -> HubFile:
    """Describe a file that git keeps."""
    return HubFile(blob.size, object_oid("blob", content), blob.sha256, lfs=False)


def large_file(sha256: str, size: int) -> HubFile:
    """Describe a file that is kept elsewhere."""
    return HubFile(size, object_oid("blob", lfs_pointer(sha256, size)), sha256, lfs=True)


def make_commit(
    parent: HubCommit | None, operations: Iterable[Operation], said: CommitMessage, date: datetime
) -> HubCommit:
    """Make the commit that follows another.

    Raises:
        HubError: Something to be deleted is not there, or a path is that of a file and of a folder.
    """
    files = dict(parent.files) if parent else {}
    for operation in operations:
        if isinstance(operation, Put):
            files[operation.path] = operation.file
        else:
            _delete(files, operation)
    _check_folders(files)
    above = parent.oid if parent else None
    tree = tree_oids({path: file.oid for path, file in files.items()})[""]
    text = f"{said.summary}\n\n{said.description}".strip()
    oid = commit_oid(tree, above, said.author, date, text)
    title, _, rest = text.partition("\n")
    return HubCommit(oid, above, title, rest.strip(), said.author, date, dict(sorted(files.items())))


def check_path(path: str) -> str:
    """Return the path of a file if a repository can have it.

    Raises:
        HubError: It cannot.
    """
    if any(part in {"", ".", "..", ".git"} for part in path.split("/")) or "\0" in path or "\\" in path:
        raise HubError(400, f"Invalid path: {path}")
    return path


def _delete(files: dict[str, HubFile], operation: Delete) -> None:
    within = operation.path.rstrip("/") + "/"
    doomed = [path for path in files if (path.startswith(within) if operation.folder else path == operation.path)]
    if not doomed:
        kind = "folder" if operation.folder else "file"
        raise entry_not_found(operation.path, message=f"A {kind} with this name doesn't exist: {operation.path}")
    for path in doomed:
        del files[path]


def _check_folders(files: Mapping[str, HubFile]) -> None:
    folders = {path[:index] for path in files for index, letter in enumerate(path) if letter == "/"}
    for path in folders & files.keys():
        raise HubError(400, f"{path} cannot be a file and a folder")

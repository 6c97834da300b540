"""One data set repository on the Hub: its head, its files, uploads and commits.

A commit that carries everything is the only act that others see. Files are uploaded before it, one by one, to
where nothing leads yet.
"""

from __future__ import annotations

import copy
import hashlib
import re
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from airflow_artifacts._optional import require
from airflow_artifacts.exceptions import HubConflictError, HubNotFoundError, HubRefusedError
from airflow_artifacts.hub.errors import hub_errors
from airflow_artifacts.hub.login import NOBODY, whoami
from airflow_artifacts.hub.waiting import asked
from airflow_artifacts.storage import check_relative_path
from airflow_artifacts.storage.transfers import sha256_of
from airflow_artifacts.storage.urls import scrub

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping
    from typing import TypeVar

    from airflow_artifacts.hub.login import HubLogin

    T = TypeVar("T")

MAIN = "main"
_REPO_NAME = re.compile(r"(?!.*(?:--|\.\.))(?![-.])[A-Za-z0-9._-]{1,96}(?<![-.])\Z")  # as huggingface_hub has it
_SHOWN = 200  # characters of an id in an error
_KIND = "dataset"
_IGNORE_NOTHING = "# nothing\n"  # not empty, for then that of the repository would count
_GIT_LIMIT = 10 * 1024 * 1024  # bytes; the Hub takes no larger file into git itself


@dataclass(frozen=True)
class HubFile:
    """A file of a commit.

    Attributes:
        size: Its bytes.
        oid: SHA-1 of it as git hashes files; of a large file, of the pointer to it.
        sha256: SHA-256 of a large file's bytes, None for one that git itself keeps.
    """

    size: int
    oid: str
    sha256: str | None


@dataclass(frozen=True)
class FileContent:
    """What tells the content of a file from any other.

    Attributes:
        size: Its bytes.
        sha256: SHA-256 of them.
        git_oid: SHA-1 of them as git hashes files, None where git itself would not keep so large a file.
    """

    size: int
    sha256: str
    git_oid: str | None

    @classmethod
    def of(cls, path: Path, sha256: str | None = None) -> FileContent:
        """Hash a local file, whose SHA-256 may be known."""
        size = path.stat().st_size
        with path.open("rb") as file:
            sha256 = sha256 or sha256_of(file)
        if size > _GIT_LIMIT:
            return cls(size, sha256, None)
        git = hashlib.sha1(b"blob %d\0" % size + path.read_bytes(), usedforsecurity=False)
        return cls(size, sha256, git.hexdigest())

    def is_in(self, file: HubFile | None) -> bool:
        """Say whether a file of the Hub has this content."""
        if file is None or file.size != self.size:
            return False
        return file.sha256 == self.sha256 if file.sha256 else file.oid == self.git_oid


@dataclass(frozen=True)
class Upload:
    """A file that is ready to be committed.

    Attributes:
        path: Where it will be in the repository.
        content: What is in it.
        is_stored: Whether the Hub has its bytes, so that the local file is not needed any more.
    """

    path: str
    content: FileContent
    is_stored: bool
    operation: Any


@dataclass(frozen=True)
class Head:
    """The newest commit of a branch, and its files."""

    oid: str
    files: Mapping[str, HubFile]


@dataclass(frozen=True)
class Commit:
    """A commit.

    Attributes:
        oid: SHA-1 of it.
        url: Where it can be looked at.
        pull_request_url: Where the pull request is that it is in, None where it is on the branch itself.
        is_new: Whether this call made it.
    """

    oid: str
    url: str
    pull_request_url: str | None = None
    is_new: bool = True


class HubRepository:
    """A data set repository.

    Args:
        repo_id: ``owner/name``.
        login: Token and endpoint.
        revision: The branch that is read and written.

    Raises:
        HubRefusedError: The id is malformed.
        MissingExtraError: huggingface_hub is not installed.
    """

    def __init__(self, repo_id: str, login: HubLogin, revision: str | None = None) -> None:
        client = require("huggingface_hub", extra="hub", purpose="The Hugging Face Hub")
        self.repo_id = repo_id
        self.revision = revision or MAIN
        self._login, self._token = login, login.token
        self._api = client.HfApi(endpoint=login.endpoint, token=login.token or False)
        self._operations = client
        self._listed: Head | None = None
        check_repo_id(repo_id)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.repo_id!r}, revision={self.revision!r})"

    @property
    def main(self) -> HubRepository:
        """Its main branch."""
        return HubRepository(self.repo_id, self._login)

    @property
    def url(self) -> str:
        """Where people look at it."""
        return f"{self._api.endpoint}/datasets/{self.repo_id}"

    def create(self, *, private: bool | None = None) -> None:
        """Create the repository and the branch, as far as they are not there.

        Args:
            private: Whether a repository that is created is private; None as its owner has it by default.
        """
        if self._token is None:
            raise HubRefusedError("push to", self.url, NOBODY)
        self._asked("create", lambda: self._create(private))

    def _create(self, private: bool | None) -> None:  # noqa: FBT001 - as the caller has it
        if self._has(self.revision):
            return
        if self.revision == MAIN or not self._has(MAIN):
            self._api.create_repo(self.repo_id, repo_type=_KIND, private=private, exist_ok=True)
        if self.revision != MAIN and not self.revision.startswith("refs/"):
            self._api.create_branch(self.repo_id, repo_type=_KIND, branch=self.revision, exist_ok=True)

    def _has(self, revision: str) -> bool:
        try:
            with hub_errors("read", self.url, self._token):
                self._api.repo_info(self.repo_id, repo_type=_KIND, revision=revision)
        except HubNotFoundError:
            return False
        return True

    def head(self) -> Head:
        """Read which commit is the newest of the branch, and which files it has.

        Raises:
            HubNotFoundError: There is no such repository or branch, or the token may not see it.
        """
        return self.at(self.resolve())

    def resolve(self) -> str:
        """Give the SHA-1 of the commit that the revision names now.

        Raises:
            HubNotFoundError: There is no such repository or revision, or the token may not see it.
        """
        return str(
            self._asked(
                "read", lambda: self._api.repo_info(self.repo_id, repo_type=_KIND, revision=self.revision)
            ).sha
        )

    def at(self, oid: str) -> Head:
        """Read which files a commit has; those of the one that was asked for last are remembered."""
        if self._listed is None or self._listed.oid != oid:
            self._listed = Head(oid, self._asked("list", lambda: self._files(oid)))
        return self._listed

    def _files(self, oid: str) -> dict[str, HubFile]:
        found = self._api.list_repo_tree(self.repo_id, repo_type=_KIND, revision=oid, recursive=True)
        return {
            entry.path: HubFile(entry.size, entry.blob_id, entry.lfs.sha256 if entry.lfs else None)
            for entry in found
            if isinstance(entry, self._operations.RepoFile)
        }

    def pull_requests(self, most: int = 10) -> dict[str, str]:
        """Give the user's newest pull requests that are open: ``refs/pr/<number>`` to the commit of each."""
        author, _ = asked(lambda: whoami(self._login))

        def ask_which() -> list[int]:
            found = self._api.get_repo_discussions(
                self.repo_id,
                repo_type=_KIND,
                discussion_type="pull_request",
                discussion_status="open",
                author=author,
            )
            return [each.num for each in found]

        def ask_where() -> Any:
            return self._api.list_repo_refs(self.repo_id, repo_type=_KIND, include_pull_requests=True)

        newest = sorted(self._asked("list", ask_which), reverse=True)[:most]
        if not newest:
            return {}
        commits = {each.ref: each.target_commit for each in self._asked("list", ask_where).pull_requests or ()}
        refs = (f"refs/pr/{number}" for number in newest)
        return {ref: commits[ref] for ref in refs if ref in commits}

    def read(self, path: str, oid: str) -> bytes:
        """Read a small file of a commit, whole.

        Raises:
            HubNotFoundError: The commit has no such file.
        """

        def fetch() -> bytes:
            with tempfile.TemporaryDirectory(prefix="hub-") as folder:
                file = self._api.hf_hub_download(
                    self.repo_id, path, repo_type=_KIND, revision=oid, local_dir=folder
                )
                return Path(file).read_bytes()

        with self._quiet():
            return self._asked("read", fetch)

    def upload(
        self, path: str, local: Path, content: FileContent | None = None, *, create_pr: bool = False
    ) -> Upload:
        """Make a local file ready to be committed; a large one is sent, where nothing leads to it yet.

        Args:
            path: Where it will be in the repository.
            local: The file, which has to stay where it is until the commit, unless the upload ``is_stored``.
            content: Its hashes, where they are known.
            create_pr: Whether it is for a pull request, which who may not write can open too.
        """
        (operation,) = self._sent({path: local}, create_pr=create_pr)
        stored = not isinstance(operation.path_or_fileobj, str | Path)
        return Upload(path, content or FileContent.of(local), stored, operation)

    def upload_all(self, files: Mapping[str, tuple[Path, FileContent]]) -> list[Upload]:
        """Make many local files ready to be committed, with one request for hundreds of them; see ``upload``.

        Args:
            files: Each file and its hashes, by where it will be. They have to stay until the commit.
        """
        operations = self._sent({path: local for path, (local, _) in files.items()}, create_pr=False)
        return [
            Upload(path, content, is_stored=False, operation=operation)
            for (path, (_, content)), operation in zip(files.items(), operations, strict=True)
        ]

    def _sent(self, files: Mapping[str, Path], *, create_pr: bool) -> list[Any]:
        for path in files:
            check_relative_path(path)

        def send() -> list[Any]:
            operations = [
                self._operations.CommitOperationAdd(path_in_repo=path, path_or_fileobj=local)
                for path, local in files.items()
            ]
            self._api.preupload_lfs_files(
                self.repo_id,
                operations,
                repo_type=_KIND,
                revision=self.revision,
                create_pr=create_pr,
                gitignore_content=_IGNORE_NOTHING,
            )
            return operations

        with self._quiet():
            return self._asked("upload a file to", send)

    def commit(
        self,
        uploads: Collection[Upload],
        deletions: Collection[str],
        parent: str,
        *,
        message: str,
        create_pr: bool = False,
    ) -> Commit:
        """Make one commit. It is tried once: whether it was made is for the caller to find out.

        Args:
            uploads: Files to add or to replace.
            deletions: Paths of files to delete.
            parent: The commit that it has to follow.
            message: Its title.
            create_pr: Whether it opens a pull request in place of moving the branch.

        Raises:
            HubConflictError: The branch has another newest commit by now.
            HubError: See ``hub_errors``.
        """
        operations = [self._fresh(each.operation) for each in uploads]
        operations += [self._operations.CommitOperationDelete(path, is_folder=False) for path in deletions]
        with hub_errors("push to", self.url, self._token):
            made = self._api.create_commit(
                self.repo_id,
                operations,
                commit_message=message,
                repo_type=_KIND,
                revision=self.revision,
                parent_commit=parent,
                create_pr=create_pr,
            )
        self._check(made.oid, uploads)
        return Commit(made.oid, made.commit_url, made.pr_url)

    @staticmethod
    def _fresh(operation: Any) -> Any:
        """Copy an operation, because each can be committed once, and let it be sent in any case.

        The client leaves out what was at its path when it was made, though somebody may have deleted it since.
        """
        fresh = copy.copy(operation)
        fresh._remote_oid = None  # noqa: SLF001 - there is no other way
        return fresh

    def _check(self, oid: str, uploads: Collection[Upload]) -> None:
        """Make sure that nothing was left out, whatever the client thinks of it."""
        files = self.at(oid).files
        if not all(each.content.is_in(files.get(each.path)) for each in uploads):
            raise HubConflictError("push to", self.url, "the commit was made without some of its files.")

    def commit_url(self, oid: str) -> str:
        """Give the page of a commit."""
        return f"{self.url}/commit/{oid}"

    def _asked(self, action: str, function: Callable[[], T]) -> T:
        """Make a request that can be made twice, again after growing pauses as long as that can help."""

        def ask() -> T:
            with hub_errors(action, self.url, self._token):
                return function()

        return asked(ask)

    @contextmanager
    def _quiet(self) -> Iterator[None]:
        """Keep the client from drawing bars into the log of a task."""
        utils = self._operations.utils
        if utils.are_progress_bars_disabled():
            yield
            return
        utils.disable_progress_bars()
        try:
            yield
        finally:
            utils.enable_progress_bars()


def check_repo_id(repo_id: str) -> None:
    """Refuse what cannot be the id of a repository.

    Raises:
        HubRefusedError: It is malformed.
    """
    names = repo_id.split("/")
    if len(names) == 2 and all(map(_REPO_NAME.match, names)) and not repo_id.endswith(".git"):  # noqa: PLR2004
        return
    problem = (
        "it is no id of a repository. Give it as owner/name, each of 1 to 96 letters, digits, '-', '_' and '.', "
        "with no '-' or '.' at its ends or twice in a row."
    )
    raise HubRefusedError("use", scrub(repr(repo_id[:_SHOWN])), problem)

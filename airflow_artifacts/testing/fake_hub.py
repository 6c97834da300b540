"""A Hugging Face Hub on this machine, for tests."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from airflow_artifacts.testing.blobs import BlobStore
from airflow_artifacts.testing.commits import CommitMessage, Delete, Put, check_path, large_file, regular_file
from airflow_artifacts.testing.quota import CommitQuota
from airflow_artifacts.testing.requests import Matcher, Request, When
from airflow_artifacts.testing.server import HubServer
from airflow_artifacts.testing.state import HubState
from airflow_artifacts.testing.upload_modes import DEFAULT_ATTRIBUTES, upload_mode
from airflow_artifacts.testing.xet_store import XetStore

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from typing_extensions import Self

    from airflow_artifacts.testing.accounts import Role
    from airflow_artifacts.testing.commits import HubCommit, HubFile, Operation
    from airflow_artifacts.testing.faults import Fault
    from airflow_artifacts.testing.repositories import Repository


class FakeHub:
    """A Hub for data sets that real clients talk to over HTTP, from this process and from others.

    It answers what ``huggingface_hub`` 2.4, ``datasets`` 5.2 and ``hf_xet`` 1.8 ask for: creating, committing with
    ``parent_commit``, pull requests, large files over xet or LFS, listing, downloading whole or in parts. It is a
    context manager::

        with FakeHub() as hub:
            HfApi(hub.endpoint, hub.token).create_repo("tester/data", repo_type="dataset")

    It was written from the source code of the clients and was never compared with the real Hub. What passes here
    does not prove:

    - texts of errors, and which of two errors is answered where both apply;
    - quotas: the real ones are of storage, sizes, numbers of files and all requests, and count in other windows;
      here only commits of one user in an hour are counted, and only if ``commits_per_hour`` is given;
    - two commits at once: here they are made one after the other, and only ``parent_commit`` makes one fail;
    - commits that change nothing: ``huggingface_hub`` sends none, and what is sent nevertheless becomes a commit;
    - downloads over xet, redirects to other hosts (CDN), and URLs that expire: contents come from the Hub itself;
    - xet's refusals: the hashes of its chunks are not checked, only the SHA-256 of what they make;
    - copies of large files from another repository, which are refused: clients copy only what came over xet;
    - LFS uploads in several parts, which the real Hub asks for when files are large, and ``git`` itself;
    - gated and disabled repositories, tokens of finer grain than read and write, the roles of members;
    - scans for secrets and viruses, the values in a card's metadata (only their kinds are looked at), and the
      conversion to Parquet, the viewer and the search of data sets;
    - whether ``.gitattributes`` and the first bytes of a file decide as there that it is large;
    - models, Spaces, buckets, discussions other than the list of pull requests, and their merging: there are none;
    - times: it is on this machine, and knows no caches, delays or overload but those that are injected.
    """

    def __init__(
        self,
        *,
        user: str = "tester",
        organizations: Iterable[str] = (),
        commits_per_hour: int | None = None,
        page_size: int = 1000,
        port: int = 0,
    ) -> None:
        """Describe a Hub; nothing runs yet.

        Args:
            user: Whose token ``token`` is. It may write.
            organizations: Namespaces in which this user may write, beside the own.
            commits_per_hour: How many commits a user may make in an hour (on the real Hub 128), None for any.
            page_size: How many entries a page of a list has at most.
            port: The port of 127.0.0.1; 0 for a free one.
        """
        self._user, self._organizations, self._port = user, tuple(organizations), port
        self._commits_per_hour, self._page_size = commits_per_hour, page_size
        self._server: HubServer | None = None

    def start(self) -> Self:
        """Start the server, with no repositories."""
        self._folder = Path(tempfile.mkdtemp(prefix="fake-hub-"))
        blobs = BlobStore(self._folder)
        self._state = HubState(blobs, XetStore(blobs), CommitQuota(self._commits_per_hour), self._page_size)
        self.token = self.add_user(self._user, organizations=self._organizations)
        self._server = HubServer(self._state, self._port)
        return self

    def stop(self) -> None:
        """Stop the server, and remove all contents."""
        if self._server is not None:
            self._server.stop()
            self._server = None
            shutil.rmtree(self._folder, ignore_errors=True)  # a client may still be uploading

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def endpoint(self) -> str:
        """Its URL, without a slash at the end."""
        return self._state.endpoint

    @property
    def environment(self) -> dict[str, str]:
        """Variables that let another process use it; they are read when ``huggingface_hub`` is imported."""
        return {"HF_ENDPOINT": self.endpoint, "HF_TOKEN": self.token, "HF_HUB_OFFLINE": "0"}

    def add_user(
        self, name: str, *, organizations: Iterable[str] = (), role: Role = "write", token: str | None = None
    ) -> str:
        """Give a user a token; a user may have several.

        Args:
            name: The user.
            organizations: Namespaces in which the user may write, beside the own.
            role: What the token allows.
            token: The token; None for a new one.
        """
        return self._state.accounts.add(name, organizations, role, token)

    @property
    def requests(self) -> list[Request]:
        """All requests that came, in their order."""
        return self._state.log.all()

    @property
    def xet_bytes(self) -> int:
        """How many bytes came over xet, as they came: compressed, and without what was known to be here."""
        return self._state.xet.received

    def on_request(
        self, when: When, hook: Callable[[Request], object], *, method: str | None = None, path: str = ""
    ) -> None:
        """Call something for requests from now on, in the thread that answers them.

        Args:
            when: ``before`` anything is done, and before the request's body is read; or ``after``, when it is done
                and the answer is not sent yet. A client that dies in between does not know whether it was done.
            hook: Is given the request. If it raises ConnectionError, the connection is cut, and ``before`` nothing
                is done. Without that, what a client had sent before it was killed is still done.
            method: The method of the requests; None for any.
            path: A regular expression, found anywhere in the path of the requests.
        """
        self._state.log.hook(when, Matcher(method, path), hook)

    def inject(
        self, fault: Fault, *, method: str | None = None, path: str = "", times: int = 1, skip: int = 0
    ) -> None:
        """Let requests fail from now on.

        Args:
            fault: How.
            method: The method of the requests; None for any.
            path: A regular expression, found anywhere in the path of the requests.
            times: How many of them fail.
            skip: How many of them pass before.
        """
        self._state.faults.inject(fault, Matcher(method, path), times=times, skip=skip)

    def heal(self) -> None:
        """Let no request fail any more."""
        self._state.faults.clear()

    def create_repo(self, repo_id: str, *, private: bool = False) -> None:
        """Create a repository, without a request.

        Raises:
            HubError: The id is taken, or cannot be one.
        """
        self._state.create(repo_id, self._user, private=private)

    def commit(  # noqa: PLR0913 - each is an option of its own, and named
        self,
        repo_id: str,
        files: Mapping[str, bytes | None],
        *,
        message: str = "Commit of another writer",
        description: str = "",
        revision: str = "main",
        parent: str | None = None,
        author: str | None = None,
    ) -> str:
        """Commit as another writer would, without a request, and give the name of the commit.

        Args:
            repo_id: The repository.
            files: Contents by paths; None deletes a file, or a folder whose path ends with a slash.
            message: The first line of what is said of it.
            description: What comes after it.
            revision: The branch or the pull request.
            parent: The commit that has to be the newest; None for any.
            author: Who makes it; None for the default user.

        Raises:
            HubError: It cannot be made.
        """
        repository = self._repository(repo_id)
        operations = [self._operation(repository, path, content) for path, content in files.items()]
        said = CommitMessage(message, description, author or self._user, parent)
        return repository.add_commit(repository.ref(revision), operations, said).oid

    def commits(self, repo_id: str, revision: str = "main") -> list[HubCommit]:
        """Give the commits of a branch, a pull request or a tag, the newest first."""
        repository = self._repository(repo_id)
        return list(repository.history(repository.find(revision)))

    def tree(self, repo_id: str, revision: str = "main") -> dict[str, HubFile]:
        """Give the files of a revision, by their paths."""
        return dict(self._repository(repo_id).find(revision).files)

    def read(self, repo_id: str, path: str, revision: str = "main") -> bytes:
        """Give the content of a file.

        Raises:
            KeyError: There is no such file.
        """
        return self._state.blobs.read(self.tree(repo_id, revision)[path].sha256)

    def refs(self, repo_id: str) -> dict[str, str]:
        """Give the names of commits, by those of branches, tags and pull requests: ``refs/heads/main``."""
        return dict(self._repository(repo_id).refs)

    def close_pull_request(self, repo_id: str, number: int) -> None:
        """Close a pull request; its commits stay.

        Raises:
            KeyError: There is none of this number.
        """
        self._repository(repo_id).pull_requests[number].status = "closed"

    def _repository(self, repo_id: str) -> Repository:
        return self._state.repositories[repo_id]

    def _operation(self, repository: Repository, path: str, content: bytes | None) -> Operation:
        if content is None:
            return Delete(path, folder=path.endswith("/"))
        blob = self._state.blobs.receive([content])
        if upload_mode(path, blob.size, content, DEFAULT_ATTRIBUTES) == "regular":
            return Put(check_path(path), regular_file(content, blob))
        repository.objects[blob.sha256] = blob.size
        return Put(check_path(path), large_file(blob.sha256, blob.size))

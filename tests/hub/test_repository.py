"""A repository: its id, its files, and what tells one content from another."""

from __future__ import annotations

import string
from typing import TYPE_CHECKING

import pytest
from huggingface_hub.errors import HFValidationError
from huggingface_hub.utils._validators import validate_repo_id
from hypothesis import example, given
from hypothesis import strategies as st

from airflow_artifacts.exceptions import HubConflictError, HubNotFoundError, HubRefusedError, UnsafeNameError
from airflow_artifacts.hub import FileContent, HubFile, HubLogin, HubRepository, check_repo_id
from airflow_artifacts.testing.commits import CommitMessage
from tests.hub.fixtures import REPO

if TYPE_CHECKING:
    from pathlib import Path

    from airflow_artifacts.testing import FakeHub


@pytest.mark.parametrize("repo_id", ["a/b", "acme/data.v1", "A_1/x-y_z", "a/" + "b" * 96, "_a/b_"])
def test_ids(repo_id: str) -> None:
    check_repo_id(repo_id)


@pytest.mark.parametrize(
    "repo_id",
    [
        "", "a", "a/", "/b", "a/b/c", "a//b", "a/b\n", "a/b.git", "a/b--c", "a/..", "../b", "a/.b", "a/b-", "-a/b",
        "a/b c", "a/ü", "a/b?x=1", "a/b#c", "a/b%2f", "a\\b", "a/" + "b" * 97, "https://hf.co/a/b", "a/b@main",
        "datasets/a/b", "a/b\0", "a/٣",
    ],
)  # fmt: skip
def test_what_is_no_id(repo_id: str) -> None:
    with pytest.raises(HubRefusedError, match="Give it as owner/name") as caught:
        check_repo_id(repo_id)
    assert not caught.value.retryable
    assert len(str(caught.value)) < 600


def test_an_id_shows_no_token() -> None:
    with pytest.raises(HubRefusedError) as caught:
        check_repo_id("https://me:hf_secret@hf.co/datasets/a/b")
    assert "hf_secret" not in str(caught.value)


@given(st.text(st.sampled_from(string.ascii_letters[:3] + "0-._/ %\n"), max_size=12))
@example("a/b.git")
def test_what_is_an_id_is_one_for_the_client(repo_id: str) -> None:
    try:
        check_repo_id(repo_id)
    except HubRefusedError:
        return
    try:
        validate_repo_id(repo_id)
    except HFValidationError as error:  # pragma: no cover
        pytest.fail(str(error))


@pytest.fixture
def repository(hub: FakeHub, login: HubLogin) -> HubRepository:
    hub.create_repo(REPO)
    return HubRepository(REPO, login)


def test_what_is_known_of_it(hub: FakeHub, repository: HubRepository) -> None:
    oid = hub.commit(REPO, {"a/b.txt": b"text", "c.png": b"\0png"})
    head = repository.head()
    assert (head.oid, repository.resolve()) == (oid, oid)
    assert head.files.keys() == {".gitattributes", "a/b.txt", "c.png"}
    assert head.files["a/b.txt"].sha256 is None
    assert head.files["c.png"].sha256 == hub.tree(REPO)["c.png"].sha256
    assert repository.read("a/b.txt", oid) == b"text"
    assert repository.read("c.png", oid) == b"\0png"
    assert repository.url == f"{hub.endpoint}/datasets/{REPO}"
    assert repository.commit_url(oid) == f"{repository.url}/commit/{oid}"
    assert hub.token not in repr(repository)
    with pytest.raises(HubNotFoundError, match=REPO):
        repository.read("none.txt", oid)
    with pytest.raises(HubNotFoundError, match="Revision Not Found"):
        HubRepository(REPO, HubLogin(hub.token, hub.endpoint), "none").head()


def test_files_of_several_pages(hub: FakeHub, repository: HubRepository) -> None:
    hub._state.page_size = 3
    files = {f"{number}.txt": b"x" for number in range(10)}
    hub.commit(REPO, dict(files))
    assert repository.head().files.keys() == {".gitattributes", *files}


@pytest.mark.parametrize("name", ["x.txt", "x.png", "empty.png", "x.bin"])
def test_contents(hub: FakeHub, repository: HubRepository, tmp_path: Path, name: str) -> None:
    data = b"" if name.startswith("empty") else b"content"
    local = tmp_path / name
    local.write_bytes(data)
    content = FileContent.of(local)
    hub.commit(REPO, {name: data, f"other-{name}": b"other"})
    files = repository.head().files
    assert content.is_in(files[name])
    assert not content.is_in(files[f"other-{name}"])
    assert not content.is_in(None)
    local.write_bytes(b"CONTENT")
    assert not FileContent.of(local).is_in(files[name])
    assert FileContent.of(local, "known").sha256 == "known"


def test_the_content_of_what_git_would_not_keep(tmp_path: Path) -> None:
    local = tmp_path / "large"
    local.write_bytes(bytes(10 * 1024**2 + 1))
    content = FileContent.of(local)
    assert content.git_oid is None
    assert content.is_in(HubFile(content.size, "pointer", content.sha256))
    assert not content.is_in(HubFile(content.size, "blob", None))


def test_uploads_and_commits(hub: FakeHub, repository: HubRepository, tmp_path: Path) -> None:
    hub.commit(REPO, {"old.txt": b"old"})
    for name in ("small.txt", "large.png"):
        (tmp_path / name).write_bytes(name.encode())
    uploads = [repository.upload(name, tmp_path / name) for name in ("small.txt", "large.png")]
    assert [each.is_stored for each in uploads] == [False, True]
    (tmp_path / "large.png").unlink()
    parent = repository.resolve()
    made = repository.commit(uploads, ["old.txt"], parent, message="title")
    assert made.is_new
    assert hub.tree(REPO).keys() == {".gitattributes", "small.txt", "large.png"}
    with pytest.raises(HubConflictError):
        repository.commit(uploads, [], parent, message="title")
    hub.commit(REPO, {"large.png": None})
    repository.commit(uploads, [], repository.resolve(), message="the same uploads again")
    assert hub.read(REPO, "large.png") == b"large.png"
    with pytest.raises(UnsafeNameError):
        repository.upload("../x", tmp_path / "small.txt")


def test_many_uploads_at_once(hub: FakeHub, repository: HubRepository, tmp_path: Path) -> None:
    files = {}
    for name in ("a.txt", "b.png", "c/d.json"):
        local = tmp_path / name.replace("/", "-")
        local.write_bytes(name.encode())
        files[name] = local, FileContent.of(local)
    since = len(hub.requests)
    uploads = repository.upload_all(files)
    assert sum("preupload" in each.path for each in hub.requests[since:]) == 1
    repository.commit(uploads, [], repository.resolve(), message="title")
    assert {name: hub.read(REPO, name) for name in files} == {name: name.encode() for name in files}
    with pytest.raises(UnsafeNameError):
        repository.upload_all({"../x": files["a.txt"]})


def test_pull_requests(hub: FakeHub, repository: HubRepository) -> None:
    assert repository.pull_requests() == {}
    stranger = HubRepository(REPO, HubLogin(hub.add_user("stranger"), hub.endpoint))
    for author in [*["tester"] * 12, "stranger"]:
        hub._repository(REPO).add_pull_request("main", [], CommitMessage("title", "", author))
    hub.close_pull_request(REPO, 11)
    refs = hub.refs(REPO)
    assert repository.pull_requests(most=2) == {ref: refs[ref] for ref in ("refs/pr/12", "refs/pr/10")}
    assert list(stranger.pull_requests()) == ["refs/pr/13"]


def test_bars_are_not_drawn(
    hub: FakeHub, repository: HubRepository, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    from huggingface_hub.utils.tqdm import are_progress_bars_disabled, disable_progress_bars, enable_progress_bars

    oid = hub.commit(REPO, {"c.png": b"\0png"})
    (tmp_path / "x.png").write_bytes(b"x")
    enable_progress_bars()
    try:
        repository.upload("x.png", tmp_path / "x.png")
        repository.read("c.png", oid)
        assert not are_progress_bars_disabled()
    finally:
        disable_progress_bars()
    shown = capfd.readouterr()
    assert shown.out == shown.err == ""

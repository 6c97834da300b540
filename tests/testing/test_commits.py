"""Commits of the real client: what they change, what they refuse, and who is first."""

from __future__ import annotations

import io
import json
import threading
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from huggingface_hub import CommitInfo, CommitOperationAdd, CommitOperationCopy, CommitOperationDelete, HfApi
from huggingface_hub.errors import (
    BadRequestError,
    EntryNotFoundError,
    HfHubHTTPError,
    RevisionNotFoundError,
)

from airflow_artifacts.testing import HubError

if TYPE_CHECKING:
    from airflow_artifacts.testing import FakeHub

DATASET: Any = {"repo_type": "dataset"}
LARGE = bytes(range(256)) * 1000


def commit(api: HfApi, repo: str, *operations: Any, message: str = "a commit", **options: Any) -> str:
    info: CommitInfo = api.create_commit(repo, operations, commit_message=message, **DATASET, **options)
    return info.oid


def status_of(caught: pytest.ExceptionInfo[HfHubHTTPError]) -> int:
    return int(caught.value.response.status_code)


def test_a_commit_adds_replaces_and_deletes(api: HfApi, hub: FakeHub, repo: str) -> None:
    hub.commit(repo, {"old/a.txt": b"1", "old/b/c.txt": b"2", "gone.txt": b"3", "same.txt": b"4"})
    hub.commit(repo, {"more/a.txt": b"1", "moretext": b"2"})
    oid = commit(
        api,
        repo,
        CommitOperationDelete("old/"),
        CommitOperationDelete("more", is_folder=True),
        CommitOperationDelete("gone.txt"),
        CommitOperationAdd("data/x.parquet", LARGE),
        CommitOperationAdd("empty.parquet", b""),
        CommitOperationAdd("same.txt", b"5"),
        message="all at once\nand more",
        commit_description="described",
    )
    newest, parent, _, first = hub.commits(repo)
    assert (newest.oid, newest.parent, newest.author) == (oid, parent.oid, "tester")
    assert (newest.message, newest.description) == ("all at once", "and more\n\ndescribed")
    assert first.parent is None
    assert list(hub.tree(repo)) == [".gitattributes", "data/x.parquet", "empty.parquet", "moretext", "same.txt"]
    assert hub.tree(repo)["data/x.parquet"].lfs
    assert not hub.tree(repo)["empty.parquet"].lfs
    assert hub.read(repo, "data/x.parquet") == LARGE
    assert hub.read(repo, "same.txt") == b"5"
    assert hub.read(repo, "gone.txt", parent.oid[:7]) == b"3"


def test_only_the_newest_commit_can_be_the_parent(api: HfApi, hub: FakeHub, repo: str) -> None:
    parent = hub.commits(repo)[0].oid
    first = commit(api, repo, CommitOperationAdd("a.txt", b"1"), parent_commit=parent)
    with pytest.raises(HfHubHTTPError, match="commit has happened since") as caught:
        commit(api, repo, CommitOperationAdd("a.txt", b"2"), parent_commit=parent)
    assert status_of(caught) == 412
    assert hub.commits(repo)[0].oid == first
    assert hub.read(repo, "a.txt") == b"1"
    commit(api, repo, CommitOperationAdd("a.txt", b"2"), parent_commit=first[:10])
    with pytest.raises(HubError, match="happened since"):
        hub.commit(repo, {"a.txt": b"3"}, parent=first)


def test_of_writers_with_the_same_parent_one_wins(hub: FakeHub, repo: str) -> None:
    hub.commit(repo, {f"{number}/a.txt": b"1" for number in range(3000)})  # it takes long enough for a race
    before = [made.oid for made in hub.commits(repo)]
    parent, writers = before[0], 6
    together = threading.Barrier(writers)
    done: list[int] = []
    failed: list[int] = []

    def write(number: int) -> None:
        api = HfApi(hub.endpoint, hub.token)
        operation = CommitOperationAdd("a.txt", str(number).encode())
        api.preupload_lfs_files(repo, [operation], **DATASET)
        together.wait()
        try:
            commit(api, repo, operation, parent_commit=parent)
        except HfHubHTTPError as error:
            failed.append(error.response.status_code)
        else:
            done.append(number)

    threads = [threading.Thread(target=write, args=[number]) for number in range(writers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(done) == 1
    assert failed == [412] * (writers - 1)
    assert hub.read(repo, "a.txt") == str(done[0]).encode()
    assert [made.oid for made in hub.commits(repo)][1:] == before


def test_the_client_sends_no_commit_that_changes_nothing(api: HfApi, hub: FakeHub, repo: str) -> None:
    operations = {"a.txt": b"1", "b.parquet": LARGE}
    first = commit(api, repo, *(CommitOperationAdd(*item) for item in operations.items()))
    again = commit(api, repo, *(CommitOperationAdd(*item) for item in operations.items()))
    assert first == again
    assert len(hub.commits(repo)) == 2


def test_a_commit_without_operations_that_is_sent_is_made(hub: FakeHub, repo: str) -> None:
    before = hub.commits(repo)[0]
    hub.commit(repo, {})
    assert hub.commits(repo)[0].oid != before.oid
    assert hub.commits(repo)[0].files == before.files


def test_another_writer_adds_and_deletes(hub: FakeHub, repo: str) -> None:
    hub.commit(repo, {"a/b.txt": b"1", "a/c.txt": b"2", "d.txt": b"3", "e.bin": b"4"}, author="other")
    assert hub.commit(repo, {"a/": None, "d.txt": None}) == hub.commits(repo)[0].oid
    assert set(hub.tree(repo)) == {".gitattributes", "e.bin"}
    assert [made.author for made in hub.commits(repo)] == ["tester", "other", "tester"]
    with pytest.raises(HubError, match="doesn't exist"):
        hub.commit(repo, {"d.txt": None})
    with pytest.raises(HubError, match="Invalid rev id"):
        hub.tree(repo, "0" * 40)


def test_a_pull_request_leaves_the_branch_alone(api: HfApi, hub: FakeHub, repo: str) -> None:
    start = hub.commits(repo)[0].oid
    hub.commit(repo, {"b.txt": b"2"})
    info = api.create_commit(
        repo,
        [CommitOperationAdd("x.parquet", LARGE)],
        commit_message="please",
        create_pr=True,
        parent_commit=start,
        **DATASET,
    )
    assert info.pr_revision == "refs/pr/1"
    assert info.pr_url == f"{hub.endpoint}/datasets/{repo}/discussions/1"
    assert set(hub.tree(repo)) == {".gitattributes", "b.txt"}
    assert set(hub.tree(repo, "refs/pr/1")) == {".gitattributes", "x.parquet"}
    commit(api, repo, CommitOperationAdd("more.txt", b"1"), revision="refs/pr/1")
    assert [made.message for made in hub.commits(repo, "refs/pr/1")] == ["a commit", "please", "initial commit"]
    refs = api.list_repo_refs(repo, include_pull_requests=True, **DATASET)
    assert [ref.ref for ref in refs.pull_requests or []] == ["refs/pr/1"]


def test_pull_requests_are_listed_page_by_page(api: HfApi, hub: FakeHub, repo: str) -> None:
    stranger = HfApi(hub.endpoint, hub.add_user("stranger"))
    for number, client in enumerate([api, stranger, api, api, stranger]):
        client.create_commit(
            repo,
            [CommitOperationAdd("x.txt", b"%d" % number)],
            commit_message=f"please {number}",
            create_pr=True,
            **DATASET,
        )
    hub.close_pull_request(repo, 3)
    hub._state.page_size = 2

    def numbers(**wanted: Any) -> list[int]:
        return [each.num for each in api.get_repo_discussions(repo, **wanted, **DATASET)]

    assert numbers() == [5, 4, 3, 2, 1]
    assert numbers(discussion_type="pull_request", discussion_status="open", author="tester") == [4, 1]
    assert numbers(discussion_status="closed") == [3]
    assert numbers(discussion_type="discussion") == []
    first = next(iter(api.get_repo_discussions(repo, author="stranger", **DATASET)))
    assert (first.title, first.author, first.git_reference) == ("please 4", "stranger", "refs/pr/5")
    assert first.url == f"{hub.endpoint}/datasets/{repo}/discussions/5"


def test_strangers_may_open_pull_requests_only(hub: FakeHub, repo: str) -> None:
    stranger = HfApi(hub.endpoint, hub.add_user("stranger"))
    with pytest.raises(HfHubHTTPError, match="create_pr=1") as caught:
        commit(stranger, repo, CommitOperationAdd("a.txt", b"1"))
    assert status_of(caught) == 403
    info = stranger.create_commit(
        repo, [CommitOperationAdd("a.parquet", LARGE)], commit_message="please", create_pr=True, **DATASET
    )
    assert info.pr_num == 1
    assert hub.commits(repo, "refs/pr/1")[0].author == "stranger"


def test_branches_are_written_apart(api: HfApi, hub: FakeHub, repo: str) -> None:
    api.create_branch(repo, branch="next/one", **DATASET)
    commit(api, repo, CommitOperationAdd("a.txt", b"1"), revision="next/one")
    assert "a.txt" not in hub.tree(repo)
    assert "a.txt" in hub.tree(repo, "next/one")
    for revision in ("nothing", "0" * 40, hub.commits(repo)[0].oid):
        with pytest.raises(RevisionNotFoundError):
            commit(api, repo, CommitOperationAdd("a.txt", b"2"), revision=revision)


@pytest.mark.parametrize("path", ["nothing.txt", "nothing/"])
def test_what_is_not_there_cannot_be_deleted(api: HfApi, hub: FakeHub, repo: str, path: str) -> None:
    with pytest.raises(EntryNotFoundError, match="with this name doesn't exist"):
        commit(api, repo, CommitOperationAdd("a.txt", b"1"), CommitOperationDelete(path))
    assert set(hub.tree(repo)) == {".gitattributes"}


def test_a_card_is_checked_by_both_requests(api: HfApi, hub: FakeHub, repo: str) -> None:
    bad = b"---\nconfigs:\n- data_files: x\ntags: text\n---\n"
    with pytest.raises(ValueError, match=r'"tags" must be an array\n.*config_name" is required'):
        commit(api, repo, CommitOperationAdd("README.md", bad))
    hub.commit(repo, {"template.md": bad})
    with pytest.raises(BadRequestError, match=r'commit endpoint:\nInvalid metadata in README.md: "tags" must'):
        commit(api, repo, CommitOperationCopy("template.md", "README.md"))
    with pytest.raises(ValueError, match="YAML Metadata Error"):
        commit(api, repo, CommitOperationAdd("README.md", b"---\na: [\n---\n"))
    with pytest.raises(ValueError, match="must be an object"):
        commit(api, repo, CommitOperationAdd("README.md", b"---\n- a\n---\n"))
    with pytest.warns(UserWarning, match="empty or missing yaml metadata"):
        commit(api, repo, CommitOperationAdd("README.md", b"# No metadata"))
    with pytest.warns(UserWarning, match="empty or missing yaml metadata"):
        commit(api, repo, CommitOperationAdd("README.md", b"---\n---\n# No metadata"))
    commit(api, repo, CommitOperationAdd("README.md", b"---\r\nlicense: mit\r\nconfigs: []\r\n---\r\n# Title"))
    assert len(hub.commits(repo)) == 5


def test_files_are_copied(api: HfApi, hub: FakeHub, repo: str) -> None:
    hub.create_repo("acme/other")
    hub.commit("acme/other", {"far.txt": b"far"})
    hub.commit(repo, {"a.txt": b"near", "a.bin": LARGE})
    other: Any = {"src_repo_id": "acme/other", "src_repo_type": "dataset"}
    commit(
        api,
        repo,
        CommitOperationCopy("a.txt", "b.txt"),
        CommitOperationCopy("a.bin", "b.bin"),
        CommitOperationCopy("far.txt", "c.txt", **other),
    )
    assert hub.read(repo, "b.txt") == b"near"
    assert hub.read(repo, "b.bin") == LARGE
    assert hub.read(repo, "c.txt") == b"far"


def test_ignored_files_are_not_committed(api: HfApi, hub: FakeHub, repo: str) -> None:
    commit(
        api,
        repo,
        CommitOperationAdd(".gitignore", b"# none of these\n*.tmp\n!kept.tmp\ncache/\nbuild/out\n"),
        CommitOperationAdd("a.tmp", b"1"),
        CommitOperationAdd("kept.tmp", b"1"),
        CommitOperationAdd("x/cache/y.txt", b"1"),
        CommitOperationAdd("build/out", b"1"),
    )
    assert set(hub.tree(repo)) == {".gitattributes", ".gitignore", "kept.tmp"}
    commit(api, repo, CommitOperationAdd("b.tmp", b"1"), CommitOperationAdd("cache", b"1"))
    assert set(hub.tree(repo)) == {".gitattributes", ".gitignore", "kept.tmp", "cache"}


def test_large_is_what_the_attributes_the_size_or_the_bytes_say(api: HfApi, hub: FakeHub, repo: str) -> None:
    files = {
        "text.txt": b"text",
        "big.txt": b"a" * (10 * 1024 * 1024 + 1),
        "binary.txt": b"a\0b",
        "image.png": b"a",
        "saved_model/a/b": b"a",
    }
    commit(api, repo, *(CommitOperationAdd(*item) for item in files.items()))
    large = {path for path, file in hub.tree(repo).items() if file.lfs}
    assert large == {"big.txt", "binary.txt", "image.png", "saved_model/a/b"}
    hub.commit(repo, {".gitattributes": b"*.csv filter=lfs diff=lfs merge=lfs -text\n"})
    commit(api, repo, CommitOperationAdd("a.csv", b"a"), CommitOperationAdd("b.png", b"b"))
    assert hub.tree(repo)["a.csv"].lfs
    assert not hub.tree(repo)["b.png"].lfs


def sent(hub: FakeHub, repo: str, *items: Any, **params: str) -> httpx.Response:
    body = b"".join(item if isinstance(item, bytes) else json.dumps(item).encode() + b"\n" for item in items)
    url = f"{hub.endpoint}/api/datasets/{repo}/commit/main"
    return httpx.post(url, content=body, params=params, headers={"Authorization": f"Bearer {hub.token}"})


def header(**value: Any) -> dict[str, Any]:
    return {"key": "header", "value": {"summary": "sent", "description": "", **value}}


@pytest.mark.parametrize(
    ("items", "message"),
    [
        ([], "header of the commit is missing"),
        ([header(summary="")], "summary"),
        ([b"{}\n"], "type object"),
        ([b"nonsense\n"], "not a JSON object"),
        ([b"[]\n"], "not a JSON object"),
        ([header(), {"key": "other", "value": {}}], "unknown value: other"),
        ([header(), {"key": "file", "value": {"path": "a", "encoding": "base64", "content": "?"}}], "not base64"),
        ([header(), {"key": "lfsFile", "value": {"path": "a", "oid": "0" * 64, "size": 1}}], "was not uploaded"),
        *(
            ([header(), {"key": "file", "value": {"path": path, "content": ""}}], "Invalid path")
            for path in ("", "/a", "a/../../b", ".git/config", "a//b", "a\0", "a\\..\\b")
        ),
        (
            [header(), *({"key": "file", "value": {"path": path, "content": ""}} for path in ("a/b", "a"))],
            "a cannot be a file and a folder",
        ),
    ],
)
def test_what_no_client_sends_is_refused(hub: FakeHub, repo: str, items: list[Any], message: str) -> None:
    answer = sent(hub, repo, *items)
    assert answer.status_code == 400
    assert message in answer.json()["error"]
    assert len(hub.commits(repo)) == 1


def test_a_regular_file_may_not_be_large(hub: FakeHub, repo: str) -> None:
    value = {"path": "a", "content": "a" * (10 * 1024 * 1024 + 1)}
    assert sent(hub, repo, header(), {"key": "file", "value": value}).status_code == 413


def test_a_large_file_has_the_size_that_was_uploaded(hub: FakeHub, repo: str) -> None:
    hub.commit(repo, {"a.bin": LARGE})
    value = {"path": "b.bin", "oid": hub.tree(repo)["a.bin"].sha256, "size": 1}
    assert sent(hub, repo, header(), {"key": "lfsFile", "value": value}).status_code == 400


def test_history_is_listed_by_pages(api: HfApi, hub: FakeHub, repo: str) -> None:
    for number in range(7):
        hub.commit(repo, {"a.txt": str(number).encode()}, message=f"number {number}", author="other")
    listed = api.list_repo_commits(repo, formatted=True, **DATASET)
    assert [item.commit_id for item in listed] == [made.oid for made in hub.commits(repo)]
    assert listed[0].title == listed[0].formatted_title == "number 6"
    assert listed[0].authors == ["other"]
    assert abs((listed[0].created_at - hub.commits(repo)[0].date).total_seconds()) < 0.01
    assert len(api.list_repo_commits(repo, revision=listed[4].commit_id, **DATASET)) == 4


@pytest.mark.filterwarnings("ignore:Use 'content:DeprecationWarning")  # the client's own
def test_file_objects_are_uploaded_over_lfs(api: HfApi, hub: FakeHub, repo: str) -> None:
    commit(api, repo, CommitOperationAdd("a.bin", io.BytesIO(LARGE)))
    assert hub.read(repo, "a.bin") == LARGE
    assert [request.status for request in hub.requests if request.method == "PUT"] == [200]

"""Repositories, their branches and tags, and who may see and change them."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from huggingface_hub import HfApi
from huggingface_hub.errors import (
    HfHubHTTPError,
    HFValidationError,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)

from airflow_artifacts.testing import FakeHub, HubError

DATASET: Any = {"repo_type": "dataset"}


def refused(status: int, call: Any, *args: Any, **options: Any) -> str:
    with pytest.raises(HfHubHTTPError) as caught:
        call(*args, **options)
    assert caught.value.response.status_code == status
    return str(caught.value)


def test_a_repository_is_created_described_and_deleted(api: HfApi, hub: FakeHub) -> None:
    url = api.create_repo("data", **DATASET)
    assert (url.repo_id, url.repo_type, str(url)) == (
        "tester/data",
        "dataset",
        f"{hub.endpoint}/datasets/tester/data",
    )
    card = b"---\nlicense: mit\ntags: [text]\n---\n# Data"
    oid = hub.commit("tester/data", {"README.md": card, "a.bin": b"1\0"})
    info = api.dataset_info("tester/data", files_metadata=True)
    assert (info.sha, info.private, info.author, info.tags) == (oid, False, "tester", ["text"])
    assert info.card_data is not None
    assert info.card_data.license == "mit"
    assert {file.rfilename: file.size for file in info.siblings or []} == {
        ".gitattributes": hub.tree("tester/data")[".gitattributes"].size,
        "README.md": len(card),
        "a.bin": 2,
    }
    large = (info.siblings or [])[2].lfs
    assert large is not None
    assert large.sha256 == hub.tree("tester/data")["a.bin"].sha256
    assert api.dataset_info("tester/data", expand=["sha"]).siblings is None
    assert api.dataset_info("tester/data", revision=hub.commits("tester/data")[1].oid).card_data is None
    api.delete_repo("tester/data", **DATASET)
    with pytest.raises(RepositoryNotFoundError):
        api.dataset_info("tester/data")
    with pytest.raises(RepositoryNotFoundError):
        api.delete_repo("tester/data", **DATASET)


def test_a_repository_is_created_once(api: HfApi, hub: FakeHub, repo: str) -> None:
    assert "already created" in refused(409, api.create_repo, repo, **DATASET)
    assert api.create_repo(repo, exist_ok=True, **DATASET).repo_id == repo
    with pytest.raises(HubError, match="already created"):
        hub.create_repo(repo)
    assert len(hub.commits(repo)) == 1


@pytest.mark.parametrize("name", ["-a", "a.", "a--b", "a..b", "a.git", "a b", "ä", "", "a" * 97, "a/b"])
def test_a_name_that_cannot_be_one_is_refused(hub: FakeHub, name: str) -> None:
    url, body = f"{hub.endpoint}/api/repos/create", {"name": name, "type": "dataset"}
    answer = httpx.post(url, json=body, headers={"Authorization": f"Bearer {hub.token}"})
    assert answer.status_code == 400
    assert "Invalid repo id" in answer.json()["error"]
    with pytest.raises((HFValidationError, HfHubHTTPError, ValueError)):
        HfApi(hub.endpoint, hub.token).create_repo(f"tester/{name}", **DATASET)


def test_there_are_datasets_only(api: HfApi) -> None:
    assert "datasets only" in refused(404, api.create_repo, "tester/model")
    assert "does not know" in refused(404, api.model_info, "tester/model")


def test_namespaces_are_ones_own_or_ones_organisations(api: HfApi, hub: FakeHub) -> None:
    api.create_repo("acme/data", **DATASET)
    assert "under the namespace 'other'" in refused(403, api.create_repo, "other/data", **DATASET)
    other = HfApi(hub.endpoint, hub.add_user("other", organizations=["acme"]))
    other.upload_file(path_or_fileobj=b"1", path_in_repo="a.txt", repo_id="acme/data", **DATASET)
    assert hub.commits("acme/data")[0].author == "other"


def test_a_token_to_read_cannot_write(hub: FakeHub, repo: str) -> None:
    reader = HfApi(hub.endpoint, hub.add_user("tester", role="read", token="hf_reader"))
    assert reader.whoami()["auth"]["accessToken"]["role"] == "read"
    assert reader.list_repo_files(repo, **DATASET) == [".gitattributes"]
    for call in (reader.create_repo, reader.delete_repo):
        assert "role write" in refused(403, call, "tester/data", **DATASET)
    upload: Any = {"path_or_fileobj": b"1", "path_in_repo": "a.txt", "repo_id": repo}
    refused(403, reader.upload_file, **upload, **DATASET)
    refused(403, reader.upload_file, create_pr=True, **upload, **DATASET)
    assert list(hub.refs(repo)) == ["refs/heads/main"]


def test_who_is_nobody_sees_what_is_public_and_changes_nothing(hub: FakeHub, repo: str) -> None:
    nobody = HfApi(hub.endpoint, token=False)
    assert nobody.list_repo_files(repo, **DATASET) == [".gitattributes"]
    refused(401, nobody.create_repo, "tester/other", **DATASET)
    refused(401, nobody.upload_file, path_or_fileobj=b"1", path_in_repo="a", repo_id=repo, **DATASET)
    assert httpx.get(f"{hub.endpoint}/api/whoami-v2").status_code == 401


def test_a_wrong_token_is_refused_everywhere(hub: FakeHub, repo: str) -> None:
    wrong = HfApi(hub.endpoint, "hf_wrong")
    assert "Invalid user token" in refused(401, wrong.whoami)
    with pytest.raises(RepositoryNotFoundError, match="Invalid username or password"):
        wrong.dataset_info(repo)


def test_a_private_repository_does_not_exist_for_others(api: HfApi, hub: FakeHub) -> None:
    api.create_repo("acme/secret", private=True, **DATASET)
    assert api.dataset_info("acme/secret").private
    member = HfApi(hub.endpoint, hub.add_user("member", organizations=["acme"], role="read"))
    assert member.dataset_info("acme/secret").private
    for token, status in ((hub.add_user("stranger"), 404), (False, 401)):
        other = HfApi(hub.endpoint, token)
        for repo in ("acme/secret", "acme/nothing"):
            with pytest.raises(RepositoryNotFoundError) as caught:
                other.dataset_info(repo)
            assert caught.value.response.status_code == status
            with pytest.raises(RepositoryNotFoundError):
                other.get_paths_info(repo, "a", **DATASET)
    api.update_repo_settings("acme/secret", private=False, **DATASET)
    assert not HfApi(hub.endpoint, token=False).dataset_info("acme/secret").private


def test_branches_and_tags_come_and_go(api: HfApi, hub: FakeHub, repo: str) -> None:
    first = hub.commits(repo)[0].oid
    second = hub.commit(repo, {"a.txt": b"1"})
    api.create_branch(repo, branch="old", revision=first, **DATASET)
    api.create_tag(repo, tag="v1", **DATASET)
    refs = api.list_repo_refs(repo, **DATASET)
    assert {ref.ref: ref.target_commit for ref in [*refs.branches, *refs.tags]} == hub.refs(repo)
    assert hub.refs(repo) == {"refs/heads/main": second, "refs/heads/old": first, "refs/tags/v1": second}
    assert refs.pull_requests is None
    assert set(api.list_repo_files(repo, revision="v1", **DATASET)) == {".gitattributes", "a.txt"}
    refused(409, api.create_branch, repo, branch="old", **DATASET)
    refused(409, api.create_tag, repo, tag="v1", **DATASET)
    refused(400, api.create_branch, repo, branch="a..b", **DATASET)
    refused(403, api.delete_branch, repo, branch="main", **DATASET)
    with pytest.raises(RevisionNotFoundError):
        api.create_branch(repo, branch="new", revision="nothing", **DATASET)
    with pytest.raises(RevisionNotFoundError):
        api.upload_file(path_or_fileobj=b"1", path_in_repo="a", repo_id=repo, revision="refs/tags/v1", **DATASET)
    api.delete_branch(repo, branch="old", **DATASET)
    api.delete_tag(repo, tag="v1", **DATASET)
    with pytest.raises(RevisionNotFoundError):
        api.delete_tag(repo, tag="v1", **DATASET)
    assert hub.refs(repo) == {"refs/heads/main": second}


def test_the_quota_of_commits_is_of_an_hour(monkeypatch: pytest.MonkeyPatch) -> None:
    from huggingface_hub.utils._http import parse_ratelimit_headers

    with FakeHub(commits_per_hour=2) as hub:
        now = 1000.0
        monkeypatch.setattr(hub._state.quota, "clock", lambda: now)
        hub.create_repo("tester/data")
        api = HfApi(hub.endpoint, hub.token)

        def upload(content: bytes) -> None:
            api.upload_file(path_or_fileobj=content, path_in_repo="a.txt", repo_id="tester/data", **DATASET)

        upload(b"1")
        now += 599.5
        upload(b"2")
        with pytest.raises(
            HfHubHTTPError, match=r"reached your 'commits' rate limit.\nRetry after 3001 s"
        ) as caught:
            upload(b"3")
        limit = parse_ratelimit_headers(caught.value.response.headers)
        assert limit is not None
        assert (limit.limit, limit.window_seconds, limit.reset_in_seconds) == (2, 3600, 3001)
        assert caught.value.response.headers["Retry-After"] == "3001"
        assert hub.read("tester/data", "a.txt") == b"2"
        now += 3001
        upload(b"3")
        assert hub.read("tester/data", "a.txt") == b"3"

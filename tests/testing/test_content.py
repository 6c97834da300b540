"""Listing and reading: the real client finds what was committed, whole and in parts."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from huggingface_hub import HfApi, HfFileSystem, hf_hub_download
from huggingface_hub.errors import (
    EntryNotFoundError,
    HfHubHTTPError,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)
from huggingface_hub.hf_api import RepoFile, RepoFolder

from airflow_artifacts.testing import Fault

if TYPE_CHECKING:
    from airflow_artifacts.testing import FakeHub

DATASET: Any = {"repo_type": "dataset"}
LARGE = bytes(range(256)) * 10_000  # 2.5 MB
FILES: dict[str, bytes | None] = {
    "a.txt": b"first",
    "data/deep/1.parquet": LARGE,
    "data/deep/2.txt": b"2",
    "data/x y#?%.txt": b"odd",
    "data/é.txt": "é".encode(),
    "z.txt": b"last",
}


@pytest.fixture
def filled(hub: FakeHub, repo: str) -> str:
    hub.commit(repo, FILES, message="fill")
    return repo


def listed(api: HfApi, repo: str, folder: str | None = None, **options: Any) -> list[str]:
    return [entry.path for entry in api.list_repo_tree(repo, folder, **options, **DATASET)]


def test_folders_are_listed_by_pages(api: HfApi, hub: FakeHub, filled: str) -> None:
    assert listed(api, filled) == [".gitattributes", "a.txt", "data", "z.txt"]
    assert listed(api, filled, "data") == ["data/deep", "data/x y#?%.txt", "data/é.txt"]
    assert listed(api, filled, "data", recursive=True) == [
        "data/deep",
        "data/deep/1.parquet",
        "data/deep/2.txt",
        "data/x y#?%.txt",
        "data/é.txt",
    ]
    assert listed(api, filled, recursive=True) == sorted([*FILES, ".gitattributes", "data", "data/deep"])
    pages = [request for request in hub.requests if request.path.endswith("/tree/main")]
    assert len(pages) == 5, "of 4 entries and 9, three on a page"
    api.create_branch(filled, branch="a/b", **DATASET)
    assert listed(api, filled, revision="a/b", recursive=True) == listed(api, filled, recursive=True)
    for folder in ("nothing", "a.txt", "dat"):
        with pytest.raises(EntryNotFoundError):
            listed(api, filled, folder)
    with pytest.raises(RevisionNotFoundError):
        listed(api, filled, revision="nothing")


def test_entries_say_what_changed_them(api: HfApi, hub: FakeHub, filled: str) -> None:
    first, second = hub.commits(filled)[0].oid, hub.commit(filled, {"data/deep/2.txt": b"3"}, message="change")
    entries = {entry.path: entry for entry in api.list_repo_tree(filled, recursive=True, expand=True, **DATASET)}
    changed = {path: entry.last_commit.oid for path, entry in entries.items() if entry.last_commit}
    assert {path for path, oid in changed.items() if oid == second} == {"data", "data/deep", "data/deep/2.txt"}
    assert changed["data/deep/1.parquet"] == first
    assert changed[".gitattributes"] == hub.commits(filled)[-1].oid
    large = entries["data/deep/1.parquet"]
    assert isinstance(large, RepoFile)
    assert large.lfs is not None
    assert (large.size, large.lfs.sha256) == (len(LARGE), hub.tree(filled)["data/deep/1.parquet"].sha256)


def test_paths_are_described(api: HfApi, filled: str) -> None:
    found = api.get_paths_info(filled, ["data", "a.txt", "nothing", "data/é.txt"], expand=True, **DATASET)
    assert [entry.path for entry in found] == ["data", "a.txt", "data/é.txt"]
    assert [type(entry) for entry in found] == [RepoFolder, RepoFile, RepoFile]
    assert all(entry.last_commit is not None and entry.last_commit.title == "fill" for entry in found)
    plain = api.get_paths_info(filled, "a.txt", **DATASET)
    assert isinstance(plain[0], RepoFile)
    assert plain[0].last_commit is None


def test_paths_are_described_to_who_asks_in_json(hub: FakeHub, filled: str) -> None:
    url = f"{hub.endpoint}/api/datasets/{filled}/paths-info/main"
    answer = httpx.post(url, json={"paths": ["a.txt"], "expand": False}).json()
    assert [(entry["path"], entry["size"]) for entry in answer] == [("a.txt", 5)]


def test_files_are_downloaded(hub: FakeHub, filled: str, tmp_path: Path) -> None:
    options: Any = {"endpoint": hub.endpoint, "cache_dir": tmp_path, "token": hub.token, **DATASET}
    for path, content in FILES.items():
        assert Path(hf_hub_download(filled, path, **options)).read_bytes() == content
    with pytest.raises(EntryNotFoundError):
        hf_hub_download(filled, "nothing.txt", **options)
    with pytest.raises(EntryNotFoundError):
        hf_hub_download(filled, "data", **options)
    with pytest.raises(RevisionNotFoundError):
        hf_hub_download(filled, "a.txt", revision="nothing", **options)
    with pytest.raises(RepositoryNotFoundError):
        hf_hub_download("tester/nothing", "a.txt", **options)
    old = hub.commits(filled)[0].oid
    hub.commit(filled, {"a.txt": b"second"})
    assert Path(hf_hub_download(filled, "a.txt", **options)).read_bytes() == b"second"
    assert Path(hf_hub_download(filled, "a.txt", revision=old, **options)).read_bytes() == b"first"


def test_a_private_file_is_not_downloaded_by_others(hub: FakeHub, tmp_path: Path) -> None:
    hub.create_repo("acme/secret", private=True)
    hub.commit("acme/secret", {"a.txt": b"1"})
    options: Any = {"endpoint": hub.endpoint, "cache_dir": tmp_path, **DATASET}
    assert hf_hub_download("acme/secret", "a.txt", token=hub.token, **options)
    for token in (False, hub.add_user("stranger")):
        url = f"{hub.endpoint}/datasets/acme/secret/resolve/main/a.txt"
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        answer = httpx.get(url, headers=headers)
        assert answer.status_code == (404 if token else 401)
        assert answer.headers["X-Error-Code"] == "RepoNotFound"


def test_parts_of_files_are_read(hub: FakeHub, filled: str) -> None:
    files: Any = HfFileSystem(endpoint=hub.endpoint, token=hub.token, skip_instance_cache=True)
    path = f"datasets/{filled}/data/deep/1.parquet"
    assert files.info(path)["size"] == len(LARGE)
    assert sorted(files.ls(f"datasets/{filled}", detail=False)) == sorted(
        f"datasets/{filled}/{name}" for name in (".gitattributes", "a.txt", "data", "z.txt")
    )
    with files.open(path, "rb", block_size=1000) as file:
        file.seek(1_000_000)
        assert file.read(10) == LARGE[1_000_000:1_000_010]
        file.seek(-5, 2)
        assert file.read() == LARGE[-5:]
    assert files.cat_file(path) == LARGE
    assert files.find(f"datasets/{filled}/data/deep") == [path, f"datasets/{filled}/data/deep/2.txt"]
    with files.open(f"datasets/{filled}/new.txt", "wb") as file:
        file.write(b"new")
    assert hub.read(filled, "new.txt") == b"new"
    files.rm(f"datasets/{filled}/new.txt")
    assert "new.txt" not in hub.tree(filled)


@pytest.mark.parametrize(
    ("wanted", "status", "content"),
    [
        ("bytes=1-3", 206, b"irs"),
        ("bytes=3-", 206, b"st"),
        ("bytes=-2", 206, b"st"),
        ("bytes=-9", 200, b"first"),
        ("bytes=0-99", 200, b"first"),
        ("bytes=-", 200, b"first"),
        ("lines=1-2", 200, b"first"),
        ("bytes=5-", 416, None),
        ("bytes=3-1", 416, None),
    ],
)
def test_ranges(hub: FakeHub, filled: str, wanted: str, status: int, content: bytes | None) -> None:
    url = f"{hub.endpoint}/datasets/{filled}/resolve/main/a.txt"
    answer = httpx.get(url, headers={"Range": wanted})
    assert answer.status_code == status
    if content is None:
        assert answer.headers["Content-Range"] == "bytes */5"
    else:
        assert answer.content == content
    assert ("Content-Range" in answer.headers) == (status != 200)
    assert httpx.head(url, headers={"Range": wanted}).headers["Content-Length"] == answer.headers["Content-Length"]


def test_the_headers_of_a_large_file(hub: FakeHub, filled: str) -> None:
    headers = httpx.head(f"{hub.endpoint}/datasets/{filled}/resolve/main/data/deep/1.parquet").headers
    sha256 = hub.tree(filled)["data/deep/1.parquet"].sha256
    assert headers["X-Linked-Etag"] == headers["ETag"] == f'"{sha256}"'
    assert headers["X-Linked-Size"] == headers["Content-Length"] == str(len(LARGE))
    assert headers["X-Repo-Commit"] == hub.commits(filled)[0].oid


def test_what_git_has_of_a_file(hub: FakeHub, filled: str) -> None:
    raw = f"{hub.endpoint}/datasets/{filled}/raw/main"
    assert httpx.get(f"{raw}/a.txt").content == b"first"
    pointer = httpx.get(f"{raw}/data/deep/1.parquet")
    assert f"oid sha256:{hub.tree(filled)['data/deep/1.parquet'].sha256}\nsize {len(LARGE)}\n" in pointer.text
    assert pointer.headers["ETag"] == f'"{hub.tree(filled)["data/deep/1.parquet"].oid}"'
    assert httpx.get(f"{raw}/nothing").headers["X-Error-Code"] == "EntryNotFound"


def test_refs_need_no_escapes(hub: FakeHub, filled: str) -> None:
    url = f"{hub.endpoint}/datasets/{filled}/resolve/refs/heads/main/a.txt"
    assert httpx.get(url).content == b"first"


def test_a_page_is_asked_for_with_numbers(hub: FakeHub, filled: str) -> None:
    url = f"{hub.endpoint}/api/datasets/{filled}/tree/main"
    assert len(httpx.get(url, params={"limit": 2}).json()) == 2
    assert httpx.get(url, params={"limit": "all"}).status_code == 400


def test_a_download_that_is_cut_goes_on(
    hub: FakeHub, filled: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "DOWNLOAD_CHUNK_SIZE", 100_000)  # what comes in parts of it is kept
    hub.inject(Fault.cut_download(after=1_000_000), method="GET", path=r"/resolve/")
    path = hf_hub_download(
        filled, "data/deep/1.parquet", endpoint=hub.endpoint, cache_dir=tmp_path, token=hub.token, **DATASET
    )
    assert Path(path).read_bytes() == LARGE
    assert [(r.method, r.status) for r in hub.requests] == [("HEAD", 200), ("GET", None), ("GET", 206)]


def test_an_error_of_the_server_comes_from_each_call(hub: FakeHub, api: HfApi, filled: str) -> None:
    hub.inject(Fault.status(500), path="/api/datasets/", times=2)
    for _ in range(2):
        with pytest.raises(HfHubHTTPError) as caught:
            api.dataset_info(filled)
        assert caught.value.response.status_code == 500
        assert caught.value.request_id
    assert api.dataset_info(filled).id == filled

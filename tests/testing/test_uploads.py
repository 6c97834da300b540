"""Large files over xet and LFS: what arrives, what is refused, and what is not sent twice."""

from __future__ import annotations

import hashlib
import random
import socket
import struct
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import httpx
import pyarrow as pa
import pytest
from huggingface_hub import CommitInfo, CommitOperationAdd, HfApi
from huggingface_hub.errors import HfHubHTTPError
from hypothesis import given, settings
from hypothesis import strategies as st

from airflow_artifacts.testing import FakeHub, Fault
from airflow_artifacts.testing.lz4 import decompress_frame
from airflow_artifacts.testing.xet import read_shard

if TYPE_CHECKING:
    from pathlib import Path

DATASET: Any = {"repo_type": "dataset"}
NOISE = random.Random(1).randbytes(3_000_000)  # noqa: S311 - no secret
TEXT = b"".join(b"%d little lambs\n" % number for number in range(50_000))
FLOATS = b"".join(struct.pack("<f", number / 7) for number in range(100_000))
LFS_WARNING = pytest.mark.filterwarnings("ignore:Use 'content:DeprecationWarning")  # the client's own


def add(api: HfApi, repo: str, **files: Any) -> str:
    operations = [CommitOperationAdd(f"{name}.bin", content) for name, content in files.items()]
    info: CommitInfo = api.create_commit(repo, operations, commit_message="add", **DATASET)
    return info.oid


def paths(hub: FakeHub, part: str) -> list[str]:
    return [request.path for request in hub.requests if part in request.path]


def test_what_comes_over_xet_can_be_read(api: HfApi, hub: FakeHub, repo: str, tmp_path: Path) -> None:
    (tmp_path / "noise").write_bytes(NOISE)
    contents = {"text": TEXT, "floats": FLOATS, "zeros": bytes(1_000_000), "small": b"\0", "odd": FLOATS[:-1]}
    add(api, repo, noise=tmp_path / "noise", **contents)
    for name, content in {**contents, "noise": NOISE}.items():
        assert hub.read(repo, f"{name}.bin") == content
        assert hub.tree(repo)[f"{name}.bin"].sha256 == hashlib.sha256(content).hexdigest()
    assert paths(hub, "/v1/xorbs/")
    assert not paths(hub, "/lfs/")
    assert len(NOISE) < hub.xet_bytes < len(NOISE) + len(TEXT)
    schemes = {chunk.scheme for _, chunks in hub._state.xet._xorbs.values() for chunk in chunks}
    assert schemes == {0, 1, 2}, "every way of compressing was read"


_UPLOAD = """
import random, sys
from huggingface_hub import HfApi
noise = random.Random(1).randbytes(3_000_000)
HfApi().upload_file(
    path_or_fileobj=noise[:2_000_000] + b"inserted" + noise[2_000_000:],
    path_in_repo="b.bin", repo_id="tester/data", repo_type="dataset",
)
"""


def test_chunks_that_are_there_are_not_sent_again(api: HfApi, hub: FakeHub, repo: str, tmp_path: Path) -> None:
    add(api, repo, a=NOISE)
    before = hub.xet_bytes
    environment = {"PATH": "", "HF_HOME": str(tmp_path), **hub.environment}
    subprocess.run([sys.executable, "-c", _UPLOAD], check=True, env=environment, timeout=60)
    assert hub.read(repo, "b.bin") == NOISE[:2_000_000] + b"inserted" + NOISE[2_000_000:]
    assert before >= len(NOISE)
    assert hub.xet_bytes - before < 300_000


@LFS_WARNING
def test_what_comes_over_lfs_can_be_read(api: HfApi, hub: FakeHub, repo: str, without_xet: None) -> None:
    add(api, repo, noise=NOISE, text=TEXT)
    assert hub.read(repo, "noise.bin") == NOISE
    assert hub.read(repo, "text.bin") == TEXT
    assert hub.xet_bytes == 0
    assert len(paths(hub, "/lfs-uploads/")) == len(paths(hub, "/lfs-verify")) == 2
    add(api, repo, again=NOISE)
    assert len(paths(hub, "/lfs-uploads/")) == 2, "it is there already"
    hub.create_repo("tester/other")
    add(api, "tester/other", noise=NOISE)
    assert len(paths(hub, "/lfs-uploads/")) == 3, "but not in another repository"


@LFS_WARNING
def test_an_upload_that_is_cut_is_tried_again(api: HfApi, hub: FakeHub, repo: str, without_xet: None) -> None:
    hub.inject(Fault.cut_upload(after=1_000_000), method="PUT")
    add(api, repo, noise=NOISE)
    assert [request.status for request in hub.requests if request.method == "PUT"] == [None, 200]
    assert hub.read(repo, "noise.bin") == NOISE


def test_xet_uploads_are_tried_again(api: HfApi, hub: FakeHub, repo: str) -> None:
    hub.inject(Fault.cut_upload(after=100_000), path="/v1/xorbs/")
    hub.inject(Fault.lost_answer(), path="/v1/shards")
    add(api, repo, noise=NOISE)
    assert hub.read(repo, "noise.bin") == NOISE
    assert len(paths(hub, "/v1/xorbs/")) == 2
    assert len(paths(hub, "/v1/shards")) == 2


def test_the_client_gives_up_when_xet_is_refused(api: HfApi, hub: FakeHub, repo: str) -> None:
    reader = HfApi(hub.endpoint, hub.add_user("reader", role="read"))
    with pytest.raises(HfHubHTTPError):
        add(reader, repo, noise=NOISE)
    hub.inject(Fault.status(403), path="/xet-write-token/", times=9)
    with pytest.raises(Exception, match="403"):
        add(api, repo, noise=NOISE)
    assert len(hub.commits(repo)) == 1


def as_user(hub: FakeHub) -> dict[str, str]:
    return {"Authorization": f"Bearer {hub.token}"}


def promised(hub: FakeHub, repo: str, content: bytes) -> str:
    objects = [{"oid": hashlib.sha256(content).hexdigest(), "size": len(content)}]
    url = f"{hub.endpoint}/datasets/{repo}.git/info/lfs/objects/batch"
    answer = httpx.post(url, json={"operation": "upload", "objects": objects}, headers=as_user(hub))
    return str(answer.json()["objects"][0]["actions"]["upload"]["href"])


@pytest.mark.parametrize("sent", [b"other", b"contents and more", b"content"])
def test_an_upload_has_to_be_what_was_promised(hub: FakeHub, repo: str, sent: bytes) -> None:
    answer = httpx.put(promised(hub, repo, b"contents"), content=sent)
    assert answer.status_code == 400
    assert hub._state.repositories[repo].objects == {}


def test_a_client_that_goes_away_leaves_nothing(hub: FakeHub, repo: str) -> None:
    url = httpx.URL(promised(hub, repo, b"contents"))
    with socket.create_connection((url.host, url.port or 0)) as connection:
        connection.sendall(f"PUT {url.path} HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\ncontents".encode())
        connection.shutdown(socket.SHUT_WR)
        assert connection.recv(1) == b""
    assert not list(hub._folder.glob("incoming-*"))
    assert hub._state.repositories[repo].objects == {}


def test_an_upload_in_chunks_of_http(hub: FakeHub, repo: str) -> None:
    answer = httpx.put(promised(hub, repo, b"contents"), content=iter([b"con", b"tents"]))
    assert answer.status_code == 200
    assert hub._state.repositories[repo].objects == {hashlib.sha256(b"contents").hexdigest(): 8}


def test_uploads_need_a_promise_and_a_right(hub: FakeHub, repo: str) -> None:
    assert httpx.put(f"{hub.endpoint}/lfs-uploads/guessed", content=b"1").status_code == 403
    batch, body = (
        f"{hub.endpoint}/datasets/{repo}.git/info/lfs/objects/batch",
        {"operation": "upload", "objects": []},
    )
    assert httpx.post(batch, json=body).status_code == 401
    assert httpx.post(batch, json={**body, "operation": "download"}, headers=as_user(hub)).status_code == 422
    verify = f"{hub.endpoint}/api/datasets/{repo}/lfs-verify"
    assert httpx.post(verify, json={"oid": "0" * 64, "size": 1}, headers=as_user(hub)).status_code == 404
    nonsense = {**body, "objects": [{"oid": "../../etc/passwd", "size": 1}]}
    assert httpx.post(batch, json=nonsense, headers=as_user(hub)).json()["objects"][0]["error"]["code"] == 422
    assert httpx.post(batch, json={"operation": "upload"}, headers=as_user(hub)).status_code == 400


def test_a_token_for_xet_needs_a_right(hub: FakeHub, repo: str) -> None:
    url = f"{hub.endpoint}/api/datasets/{repo}/xet-write-token/main"
    reader = {"Authorization": f"Bearer {hub.add_user('reader', role='read')}"}
    assert httpx.get(url).status_code == 401
    assert httpx.get(url, headers=reader).status_code == 403


def test_shards_have_to_be_true(api: HfApi, hub: FakeHub, repo: str) -> None:
    tokens = httpx.get(f"{hub.endpoint}/api/datasets/{repo}/xet-write-token/main", headers=as_user(hub)).json()
    url = f"{tokens['casUrl']}/v1/shards"

    def refusal(shard: bytes) -> str:
        answer = httpx.post(url, content=shard, headers=as_user(hub))
        assert answer.status_code == 400
        return str(answer.json()["error"])

    assert refusal(b"nonsense") == "This is not a shard"
    sent = received_shard(api, hub, repo)
    assert "make" in refusal(sent.replace(hashed(TEXT), hashed(NOISE)))
    hub._state.xet._xorbs.clear()
    assert "was not uploaded" in refusal(sent)
    with pytest.raises(ValueError, match="no SHA-256"):
        read_shard(sent[:80] + b"\0\0\0\x80" + sent[84:])
    missing = f"{hub.endpoint}/api/datasets/{repo}/xet-write-token/nothing"
    assert httpx.get(missing, headers=as_user(hub)).headers["X-Error-Code"] == "RevisionNotFound"


def hashed(content: bytes) -> bytes:
    """Write a SHA-256 as shards do."""
    return struct.pack("<4Q", *struct.unpack(">4Q", hashlib.sha256(content).digest()))


def received_shard(api: HfApi, hub: FakeHub, repo: str) -> bytes:
    """Upload a text, and give the shard that came."""
    store, came = hub._state.xet, []
    add_shard = store.add_shard

    def keep(data: bytes) -> Any:
        came.append(data)
        return add_shard(data)

    store.add_shard = keep  # type: ignore[method-assign]
    add(api, repo, text=TEXT)
    store.add_shard = add_shard  # type: ignore[method-assign]
    return came[0]


PIECES = [b"a", b"bc", b"def" * 50, bytes(300), NOISE[:70_000], TEXT[:100_000]]


@settings(deadline=None)  # of which a busy machine knows nothing
@given(st.lists(st.integers(0, len(PIECES) - 1), max_size=20))
def test_lz4_is_decompressed(numbers: list[int]) -> None:
    parts = [PIECES[number] for number in numbers]
    content = b"".join(parts)
    frame = pa.compress(content, codec="lz4", asbytes=True)
    assert decompress_frame(frame) == content


def test_lz4_with_sizes_dictionaries_and_checksums() -> None:
    frame = pa.compress(TEXT[:1000], codec="lz4", asbytes=True)
    assert not frame[4] & 0x19
    size = struct.unpack_from("<I", frame, 7)[0]
    block, end = frame[11 : 11 + size], frame[11 + size :]
    with_all = frame[:4] + bytes([frame[4] | 0x19]) + frame[5:6] + bytes(12) + frame[6:11] + block + bytes(4) + end
    assert decompress_frame(with_all) == TEXT[:1000]
    for nonsense in (b"", b"nonsense"):
        with pytest.raises(ValueError, match="not a frame"):
            decompress_frame(nonsense)

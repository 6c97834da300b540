"""Faults and hooks: what the real client makes of them, and what they leave behind."""

from __future__ import annotations

import os
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING, Any

import httpx
import httpx2
import pytest
from huggingface_hub import CommitInfo, CommitOperationAdd, HfApi
from huggingface_hub.errors import HfHubHTTPError

from airflow_artifacts.testing import FakeHub, Fault, Request

if TYPE_CHECKING:
    from pathlib import Path

DATASET: Any = {"repo_type": "dataset"}
COMMIT: Any = {"method": "POST", "path": r"/commit/"}


def upload(api: HfApi, repo: str, content: bytes = b"1", **options: Any) -> str:
    operations = [CommitOperationAdd("a.txt", content)]
    info: CommitInfo = api.create_commit(repo, operations, commit_message="upload", **DATASET, **options)
    return info.oid


def asked(hub: FakeHub, part: str) -> list[int | None]:
    """Give the statuses of the requests whose paths have a part."""
    return [request.status for request in hub.requests if part in request.path]


@pytest.mark.parametrize("status", [412, 429, 500, 503])
def test_a_commit_that_is_refused_is_not_made_and_not_tried_again(
    api: HfApi, hub: FakeHub, repo: str, status: int
) -> None:
    hub.inject(Fault.status(status), **COMMIT)
    with pytest.raises(HfHubHTTPError) as caught:
        upload(api, repo)
    assert caught.value.response.status_code == status
    assert asked(hub, "/commit/") == [status]
    assert len(hub.commits(repo)) == 1
    upload(api, repo)
    assert len(hub.commits(repo)) == 2


def test_who_asks_too_much_is_told_when_to_ask_again(api: HfApi, hub: FakeHub, repo: str) -> None:
    hub.inject(Fault.status(429, reset=7), **COMMIT)
    with pytest.raises(HfHubHTTPError, match="Retry after 7 seconds"):
        upload(api, repo)
    hub.inject(Fault.status(429, reset=0), path="/preupload/")
    start = time.monotonic()
    upload(api, repo)
    assert time.monotonic() - start >= 1, "the client waits, and asks again"
    assert asked(hub, "/preupload/") == [200, 429, 200]


def test_other_requests_of_a_commit_are_tried_again(api: HfApi, hub: FakeHub, repo: str) -> None:
    hub.inject(Fault.lost_answer(), path="/preupload/")
    upload(api, repo)
    assert asked(hub, "/preupload/") == [None, 200]


def test_a_commit_whose_answer_is_lost_is_made(api: HfApi, hub: FakeHub, repo: str) -> None:
    hub.inject(Fault.lost_answer(), **COMMIT)
    with pytest.raises(httpx2.RemoteProtocolError):
        upload(api, repo)
    made = hub.commits(repo)[0]
    assert made.message == "upload"
    assert asked(hub, "/commit/") == [None]
    assert upload(api, repo) == made.oid, "the second try finds nothing to change"
    assert len(hub.commits(repo)) == 2


def test_a_commit_that_is_cut_while_it_is_sent_is_not_made(api: HfApi, hub: FakeHub, repo: str) -> None:
    hub.inject(Fault.cut_upload(after=3_000_000), **COMMIT)
    with pytest.raises(httpx2.TransportError):
        upload(api, repo, b"a" * 9_000_000)
    hub.inject(Fault.cut_upload(after=10**9), **COMMIT)
    with pytest.raises(httpx2.TransportError):
        upload(api, repo)
    assert asked(hub, "/commit/") == [None, None]
    assert len(hub.commits(repo)) == 1


def test_an_answer_may_take_its_time(api: HfApi, hub: FakeHub, repo: str) -> None:
    hub.inject(Fault.slow(0.3), path="/datasets/")
    start = time.monotonic()
    assert api.dataset_info(repo).id == repo
    assert time.monotonic() - start >= 0.3
    hub.inject(Fault.slow(30), path="/datasets/")
    with pytest.raises(httpx2.TimeoutException):
        api.dataset_info(repo, timeout=0.2)


def test_faults_are_for_some_requests_only(api: HfApi, hub: FakeHub, repo: str) -> None:
    hub.inject(Fault.status(500), method="GET", path="/commits/", times=2, skip=1)
    hub.inject(Fault.status(503), method="DELETE")
    statuses = [httpx.get(f"{hub.endpoint}/api/datasets/{repo}/commits/main").status_code for _ in range(4)]
    assert statuses == [200, 500, 500, 200]
    assert api.dataset_info(repo)
    hub.heal()
    api.delete_repo(repo, **DATASET)


def test_hooks_see_requests_before_and_after_they_are_done(api: HfApi, hub: FakeHub, repo: str) -> None:
    seen: list[tuple[str, int, int | None, int]] = []

    def note(when: str) -> Any:
        return lambda request: seen.append((when, request.number, request.status, len(hub.commits(repo))))

    hub.on_request("before", note("before"), **COMMIT)
    hub.on_request("after", note("after"), **COMMIT)
    upload(api, repo)
    number = hub.requests[-1].number
    assert seen == [("before", number, None, 1), ("after", number, 200, 2)]
    assert hub.requests[-1] == Request(number, "POST", f"/api/datasets/{repo}/commit/main", "", 200)
    hub.inject(Fault.status(500), **COMMIT)
    with pytest.raises(HfHubHTTPError):
        upload(api, repo, b"2")
    assert [when for when, *_ in seen] == ["before", "after", "before"], "nothing was done"


def test_what_a_hook_raises_is_shown(
    api: HfApi, hub: FakeHub, repo: str, capfd: pytest.CaptureFixture[str]
) -> None:
    hub.on_request("before", lambda _: 1 / 0, path="/api/datasets/")
    with pytest.raises(httpx2.TransportError):
        api.dataset_info(repo)
    assert "ZeroDivisionError" in capfd.readouterr().err


_COMMITTING = """
import os
from huggingface_hub import HfApi
print(os.getpid(), flush=True)
HfApi().upload_file(path_or_fileobj=b"1", path_in_repo="a.txt", repo_id="tester/data", repo_type="dataset")
"""


@pytest.mark.parametrize(("when", "commits"), [("before", 1), ("after", 2)])
def test_a_client_can_be_killed_around_its_commit(
    hub: FakeHub, repo: str, tmp_path: Path, when: Any, commits: int
) -> None:
    environment = {"PATH": "", "HF_HOME": str(tmp_path), **hub.environment}
    client = subprocess.Popen(
        [sys.executable, "-c", _COMMITTING], stdout=subprocess.PIPE, env=environment, text=True
    )
    assert client.stdout is not None
    process = int(client.stdout.readline())

    def kill(_: Request) -> None:
        os.kill(process, signal.SIGKILL)
        client.wait()
        if when == "before":
            raise ConnectionError  # else what it had sent would be done, or not

    hub.on_request(when, kill, **COMMIT)
    client.communicate(timeout=60)
    assert client.returncode == -signal.SIGKILL
    assert len(hub.commits(repo)) == commits


def fails(client: httpx.Client, url: str) -> None:
    with pytest.raises(httpx.TransportError):
        client.get(url)


def test_a_fake_that_stops_leaves_no_connection_and_no_file() -> None:
    threads = threading.active_count()
    hub = FakeHub().start()
    hub.create_repo("tester/data")
    endpoint, folder = hub.endpoint, hub._folder
    with httpx.Client() as client, httpx.Client() as idle:
        assert client.get(f"{endpoint}/api/datasets/tester/data").status_code == 200
        assert idle.get(f"{endpoint}/api/datasets/tester/data").status_code == 200
        hub.inject(Fault.slow(60))
        waiting = threading.Thread(target=fails, args=[client, endpoint])
        waiting.start()
        while not any(request.status is None for request in hub.requests):
            time.sleep(0.01)
        hub.stop()
        waiting.join(timeout=10)
        assert not waiting.is_alive()
        deadline = time.monotonic() + 5
        while threading.active_count() > threads and time.monotonic() < deadline:
            time.sleep(0.01)
        assert threading.active_count() <= threads
        fails(idle, endpoint)
    hub.stop()
    assert not folder.exists()


def connected(hub: FakeHub) -> socket.socket:
    host, port = hub.endpoint.removeprefix("http://").split(":")
    return socket.create_connection((host, int(port)))


def test_nothing_is_said_of_a_connection_that_is_reset(
    api: HfApi, hub: FakeHub, repo: str, capfd: pytest.CaptureFixture[str]
) -> None:
    connection = connected(hub)
    connection.sendall(b"GET /api")
    time.sleep(0.05)  # it is being read now
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()
    assert api.dataset_info(repo)
    assert capfd.readouterr().err == ""


_HEADER = b'{"key": "header", "value": {"summary": "half"}}\n'


@pytest.mark.parametrize(
    ("headers", "sent"),
    [
        ("Transfer-Encoding: chunked", b"30\r\n" + _HEADER),
        ("Transfer-Encoding: chunked", b""),
        ("Content-Length: 100", _HEADER),
    ],
)
def test_a_client_that_goes_away_changes_nothing(hub: FakeHub, repo: str, headers: str, sent: bytes) -> None:
    with connected(hub) as connection:
        connection.sendall(
            f"POST /api/datasets/{repo}/commit/main HTTP/1.1\r\nHost: x\r\n"
            f"Authorization: Bearer {hub.token}\r\n{headers}\r\n\r\n".encode()
        )
        connection.sendall(sent)
        connection.shutdown(socket.SHUT_WR)
        assert connection.recv(1) == b""
    assert asked(hub, "/commit/") == [None]
    assert len(hub.commits(repo)) == 1

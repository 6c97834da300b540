"""What clients of a real server see where a file is not what was saved, and what is left where they go away."""

from __future__ import annotations

import http.client
import os
import time
import urllib.request
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

from tests.plugin.content.support import (
    LARGE,
    connected,
    eventually,
    member,
    receive,
    running,
    saved,
    served,
    stalled,
)

if TYPE_CHECKING:
    from airflow_artifacts.storage import ObjectStore

CHANGED = LARGE[:-1] + b"?"


def watched(store: ObjectStore, monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Keep the files that are opened in a store."""
    opened: list[Any] = []
    really = store.open

    def watch(key: str) -> Any:
        opened.append(really(key))
        return opened[-1]

    monkeypatch.setattr(store, "open", watch)
    return opened


def test_a_changed_file_is_never_a_complete_download(store: ObjectStore, caplog: pytest.LogCaptureFixture) -> None:
    file = saved(store, "data.bin", LARGE)
    store.replace("data.bin", CHANGED)
    with running(served(store, file)) as url:
        received, error = receive(f"{url}/file")
        assert "without sending complete message body" in str(error)
        assert 0 < len(received) < len(LARGE)
        assert received == LARGE[: len(received)]
        with urllib.request.urlopen(f"{url}/file") as answer, pytest.raises(http.client.IncompleteRead):  # noqa: S310
            answer.read()
    broken_off = [text for text in caplog.messages if text.startswith(f"The download of {store.url('data.bin')}")]
    assert len(broken_off) == 2
    assert "its SHA-256 is not the recorded one" in broken_off[0]


@pytest.mark.parametrize("headers", ["", "Range: bytes=1-\r\n"], ids=["whole", "range"])
def test_a_file_that_is_cut_meanwhile_is_never_a_complete_download(
    store: ObjectStore, caplog: pytest.LogCaptureFixture, headers: str
) -> None:
    file = saved(store, "data.bin", LARGE)
    with running(served(store, file)) as url:
        with stalled(url, headers=headers) as connection:
            if store.root.startswith("file:"):
                os.truncate(Path(urlsplit(store.root).path, "data.bin"), 16_000_000)
            else:
                store.replace("data.bin", b"short")
            count = 100_000
            while received := connection.recv(1_000_000):
                count += len(received)
        assert count < len(LARGE) - 1_000_000
    assert any(store.url("data.bin") in text and "broken off" in text for text in caplog.messages)


@pytest.mark.parametrize(
    ("path", "headers"),
    [("/file", ""), ("/file", "Range: bytes=1-\r\n"), ("/archive", "")],
    ids=["whole", "range", "archive"],
)
def test_nothing_is_left_open_where_the_client_goes_away(
    store: ObjectStore, monkeypatch: pytest.MonkeyPatch, path: str, headers: str
) -> None:
    file = saved(store, "data.bin", LARGE)
    opened = watched(store, monkeypatch)
    with running(served(store, file, members=[member(store, file)])) as url:
        with stalled(url, path, headers):
            time.sleep(0.3)  # until the server waits
            assert [source.closed for source in opened] == [False]
        eventually(lambda: opened[0].closed)
        assert receive(f"{url}/file") == (LARGE, None)


def test_slow_clients_keep_nobody_waiting(store: ObjectStore) -> None:
    file = saved(store, "data.bin", LARGE)
    with running(served(store, file)) as url, ExitStack() as stack:
        for _ in range(45):  # more than there are threads
            stack.enter_context(stalled(url))
        assert receive(f"{url}/file") == (LARGE, None)


def test_a_head_request_has_no_body(store: ObjectStore) -> None:
    file = saved(store, "data.bin", LARGE)
    with running(served(store, file)) as url, connected(url) as connection:
        connection.sendall(b"HEAD /app/file HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        answer = b"".join(iter(lambda: connection.recv(10_000), b""))
    assert answer.startswith(b"HTTP/1.1 200")
    assert f"content-length: {len(LARGE)}\r\n".encode() in answer.lower()
    assert answer.endswith(b"\r\n\r\n")

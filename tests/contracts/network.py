"""What stores have to do that are reached over a network which fails, as tests to inherit.

A class that inherits them says where its server is (the fixture ``server``), and opens a store that it reaches
through a proxy (``reach``).
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, ClassVar

import pytest

from airflow_artifacts.exceptions import ObjectExistsError, ObjectNotFoundError, StorageError
from airflow_artifacts.storage import retries
from tests.contracts.object_store import ObjectStoreContract, odd_bytes
from tests.servers.faults import ALWAYS, FaultyProxy, running_proxy

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from airflow_artifacts.storage import ObjectStore
    from tests.servers.faults import Fault

CONTENT = odd_bytes(10_000)
LARGE = 20 * 1024 * 1024 + 1
_SECONDS = 45  # in which a store that goes on failing has to be given up


def _read(store: ObjectStore, key: str, folder: Path) -> None:
    assert store.read("there/object") == CONTENT


def _open(store: ObjectStore, key: str, folder: Path) -> None:
    with store.open("there/object") as file:
        file.seek(1000)
        assert file.read() == CONTENT[1000:]


def _download(store: ObjectStore, key: str, folder: Path) -> None:
    store.download("there/object", folder / "downloaded")
    assert (folder / "downloaded").read_bytes() == CONTENT


def _exists(store: ObjectStore, key: str, folder: Path) -> None:
    assert store.exists("there/object")


def _list(store: ObjectStore, key: str, folder: Path) -> None:
    assert [(info.key, info.size) for info in store.list("there")] == [("there/object", len(CONTENT))]


def _folders(store: ObjectStore, key: str, folder: Path) -> None:
    assert "a" in store.folders("some")


def _create(store: ObjectStore, key: str, folder: Path) -> None:
    try:
        store.create(key, CONTENT)
    except ObjectExistsError:  # the first try did it, and its answer was lost
        assert store.read(key) == CONTENT


def _replace(store: ObjectStore, key: str, folder: Path) -> None:
    store.replace(key, CONTENT)


def _upload(store: ObjectStore, key: str, folder: Path) -> None:
    (folder / "source").write_bytes(CONTENT)
    store.upload(folder / "source", key)


def _delete(store: ObjectStore, key: str, folder: Path) -> None:
    store.delete("there/object")


def _delete_prefix(store: ObjectStore, key: str, folder: Path) -> None:
    store.delete_prefix("there")


_READING = {
    "read": _read,
    "open": _open,
    "download": _download,
    "exists": _exists,
    "list": _list,
    "folders": _folders,
}
_WRITING = {"create": _create, "replace": _replace, "upload": _upload}
_DELETING = {"delete": _delete, "delete_prefix": _delete_prefix}
_ACTS = {**_READING, **_WRITING, **_DELETING}
_FAULTS: list[Fault] = ["500", "503", "cut before", "half sent", "lost answer", "half answered"]
# What `make test` tries too; the rest takes long.
_OFTEN = {("read", "half answered"), ("list", "503"), ("create", "lost answer"), ("upload", "cut before")}


_COMBINATIONS = [
    pytest.param(act, fault, marks=[] if (act, fault) in _OFTEN else [pytest.mark.thorough], id=f"{act}, {fault}")
    for act in _ACTS
    for fault in _FAULTS
]


class NetworkContract(ObjectStoreContract):
    """Supply the fixture ``server``, and ``reach``."""

    secrets: ClassVar[tuple[str, ...]] = ()
    #: Requests after which a store that fails is given up; an act may need two of them each time.
    most_requests: ClassVar[int] = 12
    #: Requests after which a store that refuses is given up: a read, a look and an attempt to tidy up.
    most_refusals: ClassVar[int] = 3

    @pytest.fixture
    def server(self) -> str:
        """URL of the server."""
        raise NotImplementedError

    def reach(self, store: ObjectStore, endpoint: str, monkeypatch: pytest.MonkeyPatch) -> ObjectStore:
        """Open a store anew, at another URL of its server."""
        raise NotImplementedError

    @pytest.fixture
    def proxy(self, server: str) -> Iterator[FaultyProxy]:
        with running_proxy(server) as proxy:
            yield proxy

    @pytest.fixture
    def impatient(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Retries without long pauses."""
        monkeypatch.setattr(retries, "PATIENCE", retries.Patience(pause=0.01, factor=1.5))

    @pytest.fixture
    def through(
        self, store: ObjectStore, proxy: FaultyProxy, impatient: None, monkeypatch: pytest.MonkeyPatch
    ) -> ObjectStore:
        """The store, reached through the proxy."""
        through = self.reach(store, proxy.url, monkeypatch)
        through.replace("there/object", CONTENT)
        through.replace("some/a/b", b"")
        assert proxy.requests, "the proxy is not asked: its faults prove nothing"
        return through

    def check(self, act: str, store: ObjectStore, key: str) -> None:
        """Look at what an act should have done."""
        if act in _WRITING:
            assert store.read(key) == CONTENT
        assert store.exists("there/object") is (act not in _DELETING)
        assert all(".tmp-" not in info.key for info in store.list())

    @pytest.mark.parametrize(("act", "fault"), _COMBINATIONS)
    def test_a_request_that_fails_is_made_again(  # noqa: PLR0913, PLR0917 - fixtures and a table
        self, store: ObjectStore, through: ObjectStore, proxy: FaultyProxy, tmp_path: Path, act: str, fault: Fault
    ) -> None:
        proxy.heal()
        _ACTS[act](through, "some/undisturbed", tmp_path)
        requests = list(proxy.requests)
        for number in range(len(requests)):  # each request that the act makes fails in turn
            store.replace("there/object", CONTENT)
            proxy.heal()
            proxy.fail(fault, 1, skip=number)
            _ACTS[act](through, f"some/{number}", tmp_path)
            # gcsfs asks two things at once and drops what is slower, so there may be fewer requests than before.
            assert proxy.failed == 1 or number, f"{proxy.requests}, where there were {requests}"
            proxy.heal()
            self.check(act, store, f"some/{number}")

    @pytest.mark.thorough
    @pytest.mark.parametrize("fault", _FAULTS)
    def test_two_failures_in_a_row(
        self, store: ObjectStore, through: ObjectStore, proxy: FaultyProxy, tmp_path: Path, fault: Fault
    ) -> None:
        for act in ("read", "list", "create", "upload"):
            proxy.heal()
            proxy.fail(fault, 2)
            _ACTS[act](through, f"some/{act}", tmp_path)
            assert proxy.failed == 2
            proxy.heal()
            self.check(act, store, f"some/{act}")

    @pytest.mark.parametrize("fault", ["503", pytest.param("500", marks=pytest.mark.thorough), "cut before"])
    def test_a_store_that_goes_on_failing_is_given_up(
        self, store: ObjectStore, through: ObjectStore, proxy: FaultyProxy, tmp_path: Path, fault: Fault
    ) -> None:
        for name, act in _ACTS.items():
            proxy.heal()
            proxy.fail(fault, ALWAYS)
            start = time.monotonic()
            with pytest.raises(StorageError) as caught:
                act(through, "some/key", tmp_path)
            assert time.monotonic() - start < _SECONDS
            assert 2 < proxy.failed <= self.most_requests, f"{name}: {proxy.failed} requests"
            self.check_error(name, through, caught.value)
        proxy.heal()
        assert not store.exists("some/key")
        assert store.read("there/object") == CONTENT

    @pytest.mark.thorough
    def test_how_long_a_failing_store_is_asked_by_default(
        self, store: ObjectStore, proxy: FaultyProxy, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        store.create("a", b"1")
        through = self.reach(store, proxy.url, monkeypatch)
        assert through.read("a") == b"1"
        proxy.heal()
        proxy.fail("503", ALWAYS)
        start = time.monotonic()
        with pytest.raises(StorageError):
            through.read("a")
        assert 0.5 < time.monotonic() - start < _SECONDS, "long enough for a server to come back, and no longer"
        assert 2 < proxy.failed <= self.most_requests

    def test_a_refusal_is_an_error_at_once(self, through: ObjectStore, proxy: FaultyProxy, tmp_path: Path) -> None:
        for name, act in _ACTS.items():
            proxy.heal()
            proxy.fail("403", ALWAYS)
            with pytest.raises(StorageError) as caught:
                act(through, "some/key", tmp_path)
            assert proxy.failed <= self.most_refusals, name
            self.check_error(name, through, caught.value)

    def check_error(self, act: str, store: ObjectStore, error: StorageError) -> None:
        assert not isinstance(error, ObjectNotFoundError | ObjectExistsError), act
        assert error.retryable
        assert any(store.url(key) in str(error) for key in ("there", "some")), f"{act} names no key: {error}"
        for secret in self.secrets:
            assert secret not in str(error)

    def test_a_range_is_read_without_the_rest(
        self, store: ObjectStore, through: ObjectStore, proxy: FaultyProxy
    ) -> None:
        data = odd_bytes(LARGE)
        store.replace("large", data)
        proxy.heal()
        with through.open("large") as file:
            file.seek(LARGE // 2)
            assert file.read(1000) == data[LARGE // 2 :][:1000]
        assert 1000 <= proxy.sent < LARGE // 2 - 1_000_000

    @pytest.mark.thorough
    @pytest.mark.parametrize("fault", ["503", "cut before", "half sent", "lost answer", "half answered"])
    @pytest.mark.parametrize("act", ["upload", "download"])
    def test_a_part_of_a_large_file_that_fails_is_sent_again(  # noqa: PLR0913, PLR0917 - fixtures and a table
        self, store: ObjectStore, through: ObjectStore, proxy: FaultyProxy, tmp_path: Path, act: str, fault: Fault
    ) -> None:
        data = odd_bytes(LARGE)
        (tmp_path / "source").write_bytes(data)
        if act == "download":
            store.upload(tmp_path / "source", "large")

        def transfer() -> None:
            if act == "upload":
                through.upload(tmp_path / "source", "large")
            else:
                through.download("large", tmp_path / "target")

        proxy.heal()
        transfer()
        requests = len(proxy.requests)
        for number in range(requests):
            proxy.heal()
            proxy.fail(fault, 1, skip=number)
            transfer()
            assert proxy.failed == 1 or number
            found = store.read("large") if act == "upload" else (tmp_path / "target").read_bytes()
            assert found == data, f"{fault} of request {number}: {proxy.requests}"

    @pytest.mark.thorough
    def test_an_upload_that_fails_leaves_nothing(
        self, store: ObjectStore, through: ObjectStore, proxy: FaultyProxy, tmp_path: Path
    ) -> None:
        (tmp_path / "source").write_bytes(bytes(LARGE))
        store.replace("old", b"old")
        proxy.heal()
        through.upload(tmp_path / "source", "whole")
        requests = len(proxy.requests)
        for number in range(requests - 1):  # the last one may be of tidying up
            for key in ("new", "old"):
                proxy.heal()
                proxy.fail("half sent", ALWAYS, skip=number)
                with pytest.raises(StorageError, match=key):
                    through.upload(tmp_path / "source", key)
                proxy.heal()
                assert not store.exists("new")
                assert store.read("old") == b"old"

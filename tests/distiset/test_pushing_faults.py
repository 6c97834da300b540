"""What goes wrong between a push and the Hub: lost answers, other writers, quotas, refusals."""

from __future__ import annotations

import logging
import threading
import traceback
from typing import TYPE_CHECKING, Any

import pytest

from airflow_artifacts.distiset.manifest import Manifest
from airflow_artifacts.exceptions import (
    HubConflictError,
    HubError,
    HubQuotaError,
    HubRefusedError,
    SchemaChangeError,
)
from airflow_artifacts.hub import HubLogin, waiting
from airflow_artifacts.testing import Fault
from tests.distiset.pushes import REPO, asked, contents, read_back
from tests.distiset.support import PNG, distiset, numbered, stored_artifact

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from airflow_artifacts.testing import FakeHub, Request
    from tests.distiset.pushes import Push

COMMIT: Any = {"method": "POST", "path": "/commit/"}
MADE = distiset({"a": numbered(3)})


def rows_in(hub: FakeHub, repo: str = REPO) -> dict[str, int]:
    manifest = Manifest.from_bytes(hub.read(repo, "distiset.json"), "x")
    assert {file.path for file in manifest.files} | {"distiset.json"} <= contents(hub, repo).keys()
    return {subset.name: subset.rows for subset in manifest.subsets}


def once(hook: Callable[[], object]) -> Callable[[Request], None]:
    """Call something for the first request only."""
    waiting = [hook]

    def call(_: Request) -> None:
        if waiting:
            waiting.pop()()

    return call


def test_a_commit_whose_answer_is_lost(hub: FakeHub, push: Push, slept: list[float]) -> None:
    hub.inject(Fault.lost_answer(), **COMMIT)
    commit = push(MADE).commit
    assert commit
    assert (commit.oid, commit.is_new) == (hub.commits(REPO)[0].oid, False)
    assert len(hub.commits(REPO)) == 2
    assert len(slept) == 1


def test_pull_requests_that_cannot_be_looked_at(hub: FakeHub, push: Push) -> None:
    push(MADE)
    for number, part in enumerate(("/tree/", "/resolve/"), start=1):
        push(distiset({"a": numbered(10 + number)}), create_pr=True)
        hub.inject(Fault.status(403), path=part + hub.refs(REPO)[f"refs/pr/{number}"], times=9)
    commit = push(distiset({"a": numbered(10)}), create_pr=True).commit
    assert commit
    assert (commit.is_new, commit.oid) == (True, hub.refs(REPO)["refs/pr/3"])


def test_a_pull_request_whose_answer_is_lost(hub: FakeHub, push: Push) -> None:
    push(MADE)
    hub.inject(Fault.lost_answer(), **COMMIT)
    commit = push(distiset({"a": numbered(4)}), create_pr=True).commit
    assert commit
    assert commit.pull_request_url == f"{hub.endpoint}/datasets/{REPO}/discussions/1"
    assert [ref for ref in hub.refs(REPO) if "pr" in ref] == ["refs/pr/1"]


@pytest.mark.parametrize(
    "fault",
    [
        Fault.lost_answer(),
        Fault.status(503),
        pytest.param(Fault.status(500), marks=pytest.mark.thorough),
        pytest.param(Fault.cut_upload(9), marks=pytest.mark.thorough),
    ],
)
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/repos/create"),
        ("POST", "/branch/"),
        ("GET", "/revision/"),
        ("GET", "/tree/"),
        ("POST", "/preupload/"),
        ("GET", "/xet-write-token/"),
        ("POST", "/shards"),
        ("POST", "/xorbs/"),
        ("POST", "/validate-yaml"),
        ("POST", "/commit/"),
    ],
)
def test_what_fails_once_is_tried_again(hub: FakeHub, push: Push, method: str, path: str, fault: Fault) -> None:
    hub.inject(fault, method=method, path=path)
    push(MADE, revision="next")
    found = asked(hub, method, path)
    assert any(status != 200 for status in found)
    is_found_out = fault.kind == "lost answer" and path in {"/repos/create", "/branch/", "/commit/"}
    assert found == [None] if is_found_out else found[-1] == 200
    assert len(hub.commits(REPO, "next")) == 2
    assert contents(hub, REPO, "next").keys() >= {"a/train-00000-of-00001.parquet", "README.md", "distiset.json"}


@pytest.mark.parametrize("fault", [Fault.status(503), Fault.cut_download(10), Fault.lost_answer()])
@pytest.mark.parametrize("method", ["HEAD", "GET"])
def test_reading_the_card_is_tried_again(hub: FakeHub, push: Push, method: str, fault: Fault) -> None:
    push(MADE)
    hub.inject(fault, method=method, path="/resolve/", times=2)
    assert push(MADE).changes.added == ()
    assert len(hub.commits(REPO)) == 2


@pytest.mark.filterwarnings("ignore:Use 'content:DeprecationWarning")
@pytest.mark.parametrize("fault", [Fault.lost_answer(), Fault.status(503), Fault.cut_upload(100)])
def test_an_lfs_upload_is_tried_again(hub: FakeHub, push: Push, without_xet: None, fault: Fault) -> None:
    hub.inject(fault, method="PUT", path="/lfs-uploads/")
    push(MADE)
    assert len(asked(hub, "PUT")) > 1
    assert len(hub.commits(REPO)) == 2


@pytest.mark.parametrize("status", [500, 503, 412, 409])
def test_tries_are_bounded(hub: FakeHub, push: Push, slept: list[float], status: int) -> None:
    hub.inject(Fault.status(status), **COMMIT, times=10**6)
    with pytest.raises(HubError, match=f"push to {hub.endpoint}/datasets/{REPO}") as caught:
        push(MADE)
    assert caught.value.retryable
    assert isinstance(caught.value, HubConflictError) == (status < 500)
    assert asked(hub, "POST", "/commit/") == [status] * waiting.TRIES
    assert len(slept) == waiting.TRIES - 1
    assert len(hub.commits(REPO)) == 1


def test_a_hub_that_is_away(hub: FakeHub, push: Push, login: HubLogin) -> None:
    hub.stop()
    with pytest.raises(HubError, match="Could not read") as caught:
        push(MADE)
    assert caught.value.retryable


def test_who_asks_too_much_waits(hub: FakeHub, push: Push, slept: list[float]) -> None:
    hub.inject(Fault.status(429, reset=40), **COMMIT)
    push(MADE)
    assert [40 <= seconds <= 41 for seconds in slept] == [True]
    hub.inject(Fault.status(429, reset=50), method="GET", path="/revision/", times=2)
    push(MADE)
    assert [50 <= seconds <= 51 for seconds in slept[1:]] == [True, True]
    hub.inject(Fault.status(429), **COMMIT)
    push(distiset({"a": numbered(4)}))
    assert [60 <= seconds <= 61 for seconds in slept[3:]] == [True]


@pytest.mark.parametrize("path", ["/commit/", "/revision/"])
def test_who_would_have_to_wait_too_long_does_not(hub: FakeHub, push: Push, slept: list[float], path: str) -> None:
    hub.inject(Fault.status(429, reset=86_400), path=path)
    with pytest.raises(HubQuotaError, match="86400 s") as caught:
        push(MADE)
    assert (caught.value.seconds, caught.value.retryable, slept) == (86_400, True, [])


def test_who_always_asks_too_much_is_refused_some_day(hub: FakeHub, push: Push, slept: list[float]) -> None:
    hub.inject(Fault.status(429, reset=5), method="GET", path="/revision/", times=10**6)
    with pytest.raises(HubQuotaError):
        push(MADE)
    assert len(slept) == waiting.TRIES - 1
    assert asked(hub, "GET") == [429] * waiting.TRIES


def test_a_commit_of_somebody_else_comes_first(hub: FakeHub, push: Push, slept: list[float]) -> None:
    push(MADE)
    card = hub.read(REPO, "README.md").decode() + "Written meanwhile.\n"
    hub.on_request(
        "before", once(lambda: hub.commit(REPO, {"README.md": card.encode(), "LICENSE": b"x"})), **COMMIT
    )
    push(distiset({"a": numbered(4)}))
    assert asked(hub, "POST", "/commit/") == [200, 412, 200]
    assert len(slept) == 1
    assert rows_in(hub) == {"a": 4}
    assert contents(hub)["LICENSE"] == b"x"
    assert contents(hub)["README.md"].decode().endswith("Written meanwhile.\n")


@pytest.mark.parametrize("part", [None, "mine"])
def test_another_push_comes_first(hub: FakeHub, push: Push, tmp_path: Path, part: str | None) -> None:
    push(distiset({"a": numbered(1), "old": numbered(1)}))
    mine = distiset({"a": [{"id": 9, "text": "mine", "m": 1}]})
    theirs = distiset({"a": [{"id": 8, "text": "theirs", "t": "x"}], "new": numbered(1)})
    hub.on_request("before", once(lambda: push(theirs, append_as=part and "theirs")), **COMMIT)
    pushed = push(mine, append_as=part)
    [seen] = read_back(hub, tmp_path / "home", REPO)
    mine_alone = {"id": 9, "text": "mine", "m": 1}
    if part is None:
        assert seen["rows"] == {"a": {"train": [mine_alone]}}
        assert contents(hub).keys() == {"README.md", "distiset.json", "a/train-00000-of-00001.parquet"}
        assert pushed.changes.rows_before == {"a": 1, "new": 1}
    else:
        none = {"t": None, "m": None}
        assert seen["rows"] == {
            "a": {
                "train": [
                    {**numbered(1)[0], **none},
                    {**mine_alone, "t": None},
                    {"id": 8, "text": "theirs", "t": "x", "m": None},
                ]
            },
            "old": {"train": numbered(1)},
            "new": {"train": numbered(1)},
        }
    assert len(hub.commits(REPO)) == 4


def test_another_push_changes_types(hub: FakeHub, push: Push) -> None:
    push(MADE)
    theirs = distiset({"a": [{"id": 0.5, "text": "x"}]})
    hub.on_request("before", once(lambda: push(theirs, allow_type_changes=True)), **COMMIT)
    with pytest.raises(SchemaChangeError, match="'id' was double and is int64"):
        push(distiset({"a": numbered(4)}))
    assert rows_in(hub) == {"a": 1}


def test_a_file_that_was_there_is_deleted_meanwhile(hub: FakeHub, push: Push) -> None:
    push(distiset({"a": numbered(3), "b": numbered(3)}))
    file = "a/train-00000-of-00001.parquet"
    hub.on_request("before", once(lambda: hub.commit(REPO, {file: None})), **COMMIT)
    with pytest.raises(HubConflictError, match="was replaced or deleted meanwhile") as caught:
        push(MADE)
    assert caught.value.retryable
    push(MADE)
    assert rows_in(hub) == {"a": 3}


def test_a_file_that_comes_and_goes_meanwhile(hub: FakeHub, push: Push) -> None:
    """The client leaves out what was there when it looked."""
    push(MADE, "tester/same")
    file = "a/train-00000-of-00001.parquet"
    same = hub.read("tester/same", file)
    hub.create_repo(REPO)
    hub.on_request("before", once(lambda: hub.commit(REPO, {file: same})), path=f"{REPO}/preupload/")
    hub.on_request("after", once(lambda: hub.commit(REPO, {file: None})), path=f"{REPO}/xet-write-token/")
    push(MADE)
    assert rows_in(hub) == {"a": 3}
    assert len(hub.commits(REPO)) == 4


def test_a_commit_without_some_of_its_files_is_made_whole(
    hub: FakeHub, push: Push, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Should a client leave out files for reasons of its own."""
    from huggingface_hub import HfApi

    create, left_out = HfApi.create_commit, ["README.md"]

    def incomplete(api: HfApi, repo_id: str, operations: Any, **more: Any) -> Any:
        path = left_out.pop() if left_out else None
        return create(api, repo_id, [each for each in operations if each.path_in_repo != path], **more)

    monkeypatch.setattr(HfApi, "create_commit", incomplete)
    push(MADE)
    assert rows_in(hub) == {"a": 3}
    assert len(hub.commits(REPO)) == 3


@pytest.mark.parametrize("part", [False, True])
def test_two_pushes_at_one_moment(hub: FakeHub, push: Push, root: Path, tmp_path: Path, part: bool) -> None:
    hub.create_repo(REPO)
    barrier = threading.Barrier(2, timeout=30)
    arrived: set[int] = set()

    def meet(_: Request) -> None:
        if threading.get_ident() not in arrived and len(arrived) < 2:
            arrived.add(threading.get_ident())
            barrier.wait()

    hub.on_request("before", meet, **COMMIT)
    made = {
        name: distiset(
            {"a": numbered(count, who=name), name: numbered(count)},
            artifacts=[stored_artifact(root, name, {"x.png": PNG + name.encode()}, ordinal=count)],
        )
        for count, name in enumerate(("one", "two"), start=2)
    }
    errors: list[BaseException] = []

    def run(name: str) -> None:
        try:
            push(made[name], append_as=name if part else None, shard_bytes=20)
        except HubError as error:
            errors.append(error)

    threads = [threading.Thread(target=run, args=[name]) for name in made]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert not errors
    assert sorted(asked(hub, "POST", "/commit/"), key=str) == [200, 200, 412]
    assert len(hub.commits(REPO)) == 3
    [seen] = read_back(hub, tmp_path / "home", REPO)
    if part:
        assert seen["rows"] == {
            "a": {"train": [*numbered(2, who="one"), *numbered(3, who="two")]},
            "one": {"train": numbered(2)},
            "two": {"train": numbered(3)},
        }
    else:
        [winner] = seen["rows"].keys() - {"a"}
        assert {row["who"] for row in seen["rows"]["a"]["train"]} == {winner}
        assert [path for path in contents(hub) if path.endswith(".png")] == [f"artifacts/count/{winner}/x.png"]
        assert len(contents(hub)) == {"one": 8, "two": 10}[winner]


@pytest.fixture
def final(
    request: pytest.FixtureRequest, hub: FakeHub, push: Push, slept: list[float], caplog: pytest.LogCaptureFixture
) -> Callable[..., HubError]:
    """Pushes what cannot be pushed, and looks for the token where people might see it."""

    capfd: pytest.CaptureFixture[str] = request.getfixturevalue("capfd")

    def fail(error: type[HubError], match: str, repo: str = REPO, **options: Any) -> HubError:
        token = options.setdefault("login", HubLogin(hub.token, hub.endpoint)).token
        with caplog.at_level(logging.DEBUG), pytest.raises(error, match=match) as caught:
            push(MADE, repo, **options)
        shown = capfd.readouterr()
        text = "".join(traceback.format_exception(caught.value))
        everything = [text, repr(caught.value), caplog.text, shown.out, shown.err]
        assert not any(secret in each for each in everything for secret in (token, hub.token))
        assert not caught.value.retryable
        assert not slept
        return caught.value

    return fail


def test_a_token_that_is_not_valid(hub: FakeHub, final: Any) -> None:
    error = final(HubRefusedError, "The token is not valid", login=HubLogin("hf_wrongwrongwrong", hub.endpoint))
    assert REPO in str(error)
    assert len(hub.requests) == 1


@pytest.mark.parametrize("token", ["hf_brok\nen", "hf_brok en", "hf_bröken"])
def test_a_token_that_is_none(hub: FakeHub, push: Push, token: str) -> None:
    with pytest.raises(HubError) as caught:
        push(MADE, login=HubLogin(token, hub.endpoint))
    text = "".join(traceback.format_exception(caught.value))
    assert "hf_br" not in text


def test_a_token_that_may_only_read(hub: FakeHub, final: Any) -> None:
    hub.create_repo(REPO)
    error = final(HubRefusedError, "role write", login=HubLogin(hub.add_user("reader", role="read"), hub.endpoint))
    assert REPO in str(error)
    assert set(asked(hub, "POST")) == {403}


def test_a_namespace_of_others(hub: FakeHub, final: Any) -> None:
    error = final(HubRefusedError, "Use a token that may do this", "others/data")
    assert "others/data" in str(error)
    assert asked(hub, "POST") == [403]


@pytest.mark.parametrize("status", [400, 401, 403, 404])
@pytest.mark.parametrize(
    "path", ["/repos/create", "/preupload/", "/xet-write-token/", "/tree/", "/validate-yaml", "/commit/"]
)
def test_what_cannot_help_is_not_tried_again(hub: FakeHub, final: Any, path: str, status: int) -> None:
    hub.inject(Fault.status(status), path=path, times=10**6)
    error = final(HubRefusedError if status != 404 else HubError, REPO)
    assert f"{hub.endpoint}/datasets/{REPO}" in str(error)
    assert asked(hub, path=path) == [status]


def test_a_card_that_the_hub_refuses(hub: FakeHub, final: Any) -> None:
    hub.create_repo(REPO)
    hub.commit(REPO, {"README.md": b"---\npretty_name: [1]\n---\n"})
    error = final(HubRefusedError, "pretty_name")
    assert REPO in str(error)
    assert asked(hub, "POST", "/validate-yaml") == [400]
    assert not asked(hub, "POST", "/commit/")


@pytest.mark.parametrize("repo", ["data", "a/b/c", "tester/--", "https://user:hf_secret@hf.co/datasets/a/b"])
def test_an_id_that_is_none(hub: FakeHub, final: Any, repo: str) -> None:
    error = final(HubRefusedError, "Give it as owner/name", repo)
    assert "hf_secret" not in str(error)
    assert not hub.requests


def test_a_client_that_is_offline(hub: FakeHub, final: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    final(HubRefusedError, "HF_HUB_OFFLINE is set")
    assert not hub.requests

"""Checkpoints on a fake Hub: each row once, whatever answers, other writers and earlier tries do."""

from __future__ import annotations

import json
import logging
import threading
import time
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from airflow_artifacts.exceptions import (
    DistisetError,
    HubConflictError,
    HubError,
    HubRefusedError,
    RuntimeParameterError,
    UnsupportedValueError,
)
from airflow_artifacts.hub import HubLogin, HubRepository, login_finder
from airflow_artifacts.steps import HuggingFaceHubCheckpointer, run_step
from airflow_artifacts.steps import hub_checkpoints as engine
from airflow_artifacts.steps.hub_checkpointer import config_names
from airflow_artifacts.steps.hub_checkpoints import Checkpoints
from airflow_artifacts.steps.hub_works import Work
from airflow_artifacts.testing import Fault
from tests.steps.hub_support import REPO, Rows, added_commits, files_of, numbered, rows_of, write

if TYPE_CHECKING:
    from pathlib import Path

    from airflow_artifacts.testing import FakeHub
    from airflow_artifacts.testing.requests import Request

pytestmark = pytest.mark.usefixtures("logged_in", "slept")
COMMIT = r"/commit/main$"


@pytest.fixture
def checkpoints(hub: FakeHub, login: HubLogin, tmp_path: Path) -> Any:
    """Makes what writes, without a step around it, so that several may write at a time."""
    made = iter(range(100))

    def make(key: str = "k", interval: float = 0) -> Checkpoints:
        repository = HubRepository(REPO, login)
        repository.create()
        folder = tmp_path / str(next(made))
        folder.mkdir()
        return Checkpoints(repository, Work("save", key), folder, interval)

    return make


def add(checkpoints: Checkpoints, *batches: Rows, config: str = "c") -> None:
    for batch in batches:
        checkpoints.add(config, batch)
        checkpoints.commit_if_due()


def ledgers(hub: FakeHub) -> list[str]:
    return [path for path in hub.tree(REPO) if path.startswith(".checkpoints/") and "/columns/" not in path]


def test_rows_pass_and_are_on_the_hub(hub: FakeHub) -> None:
    rows = numbered(5, text="é")
    step = HuggingFaceHubCheckpointer(repo_id=REPO, input_batch_size=2)
    assert run_step(step, rows).rows == rows
    assert files_of(hub) == {
        "train-00000.jsonl": rows[:2],
        "train-00001.jsonl": rows[2:4],
        "train-00002.jsonl": rows[4:],
    }
    assert added_commits(hub) == 2
    assert hub.commits(REPO)[0].message == "Checkpoint of hugging_face_hub_checkpointer_0"
    assert list(hub.commits(REPO)[1].files) == [
        f".checkpoints/{ledgers(hub)[0].split('/')[1].replace('done', 'open')}",
        ".checkpoints/columns/config-0.json",
        ".gitattributes",
        "README.md",
        "config-0/train-00000.jsonl",
    ]


def test_the_order_of_columns_and_missing_ones_are_kept(hub: FakeHub) -> None:
    rows: Rows = [{"b": 1, "a": 2}, {}, {"a": 3, "c": None}]
    assert write(rows) == rows
    assert [list(row) for row in rows_of(hub)] == [["b", "a"], [], ["a", "c"]]


def test_no_rows_make_no_repository(hub: FakeHub) -> None:
    assert write([]) == []
    assert not [request for request in hub.requests if "create" in request.path]


def test_one_row_is_one_commit(hub: FakeHub) -> None:
    assert write([{"a": 1}], key="k") == [{"a": 1}]
    assert rows_of(hub) == [{"a": 1}]
    assert added_commits(hub) == 1


def test_several_inputs_have_configurations_of_their_own(hub: FakeHub) -> None:
    left, right = numbered(3), numbered(3, 10)
    assert write(left, right, key="k", names=("gen", "group.other")) == [
        *left[:2],
        *right[:2],
        *left[2:],
        *right[2:],
    ]
    assert rows_of(hub, "gen") == left
    assert rows_of(hub, "group.other") == right
    write(left, right)
    assert (rows_of(hub, "config-0"), rows_of(hub, "config-1")) == (left, right)


def test_names_of_configurations() -> None:
    assert config_names((), 2) == ["config-0", "config-1"]
    assert config_names(("a",), 2) == ["config-0", "config-1"]
    assert config_names(("a", "a", "a-1", "b.c"), 4) == ["a", "a-1", "a-1-1", "b.c"]
    odd = config_names(("größe", "gr__e", "../x", ".", "x" * 300, ""), 6)
    assert odd[0].startswith("gr__e-")
    assert odd[1] == "gr__e"
    assert odd[2].startswith("x-")
    assert odd[3].startswith("config-")
    assert len(odd[4]) == 109
    assert len({name.partition("/")[0] for name in odd}) == 6


def test_a_run_that_is_repeated_adds_nothing(hub: FakeHub) -> None:
    write(numbered(5), key="k")
    commits = added_commits(hub)
    write(numbered(5), key="k")
    assert added_commits(hub) == commits == 3


def test_another_run_continues_the_numbers(hub: FakeHub) -> None:
    write(numbered(3), key="run 1")
    write(numbered(3), key="run 2")
    write(numbered(3))
    write(numbered(3))
    assert rows_of(hub) == numbered(3) * 4
    assert list(files_of(hub)) == [f"train-{number:05}.jsonl" for number in range(8)]
    assert len(ledgers(hub)) == 4


def test_files_of_others_stay(hub: FakeHub) -> None:
    hub.create_repo(REPO)
    others: dict[str, bytes | None] = {
        "config-0/train-00041.jsonl": b'{"n": 0}\n',
        "config-0/train-x.jsonl": b"",
        "config-1/train-00099.jsonl": b"",
        "a.txt": b"1",
    }
    hub.commit(REPO, others)
    write(numbered(1, 5), key="k")
    assert json.loads(hub.read(REPO, "config-0/train-00042.jsonl")) == {"n": 5}
    write(numbered(1, 6), key="k")
    assert json.loads(hub.read(REPO, "config-0/train-00042.jsonl")) == {"n": 6}
    assert {path: hub.read(REPO, path) for path in others} == others


def test_a_script_that_failed_is_continued(hub: FakeHub) -> None:
    hub.inject(Fault.status(401), method="POST", path=COMMIT, skip=2)
    with pytest.raises(HubRefusedError):
        write(numbered(9))
    assert rows_of(hub) == numbered(4)
    assert ledgers(hub)[0].endswith(".open.json")
    write(numbered(9))
    assert rows_of(hub) == numbered(9)
    assert len(ledgers(hub)) == 1
    assert ledgers(hub)[0].endswith(".done.json")


def test_a_script_with_other_rows_is_another_run(hub: FakeHub) -> None:
    hub.inject(Fault.status(401), method="POST", path=COMMIT, skip=1)
    with pytest.raises(HubRefusedError):
        write(numbered(9))
    write(numbered(3, 100))
    assert rows_of(hub) == [*numbered(2), *numbered(3, 100)]
    assert sorted(path.split(".")[-2] for path in ledgers(hub)) == ["done", "open"]


def test_a_script_whose_later_rows_are_others_replaces_them(hub: FakeHub) -> None:
    hub.inject(Fault.status(401), method="POST", path=COMMIT, skip=3)
    with pytest.raises(HubRefusedError):
        write(numbered(9))
    write([*numbered(2), *numbered(2, 100)])
    assert rows_of(hub) == [*numbered(2), *numbered(2, 100)]


def test_cleared_with_other_rows(hub: FakeHub) -> None:
    """What the same run wrote is replaced from the first difference on, and nothing else."""
    write(numbered(4), key="before")
    write(numbered(8, 10), key="k")
    write(numbered(2, 90), key="after")
    again = [*numbered(2, 10), *numbered(3, 50)]
    write(again, key="k")
    assert rows_of(hub) == [*numbered(4), *again[:2], *again[2:4], *numbered(2, 90), again[4]]
    write(again[:1], key="k")
    assert rows_of(hub) == [*numbered(4), *again[:1], *numbered(2, 90)]
    write(numbered(7, 10), key="k")
    assert rows_of(hub) == [*numbered(4), *numbered(2, 10), *numbered(2, 90), *numbered(5, 12)]


def test_cleared_with_fewer_rows_that_are_the_same(hub: FakeHub) -> None:
    write(numbered(8), key="k")
    seen: list[Rows] = []
    hub.on_request("after", lambda _: seen.append(rows_of(hub)), method="POST", path=COMMIT)
    write(numbered(4), key="k")
    assert rows_of(hub) == numbered(4)
    assert seen == [numbered(4)]


def test_cleared_with_another_upstream(hub: FakeHub) -> None:
    write(numbered(3), key="other", names=("old",))
    write(numbered(3), key="k", names=("old",))
    write(numbered(3), key="k", names=("new",))
    assert (rows_of(hub, "old"), rows_of(hub, "new")) == (numbered(3), numbered(3))
    write(numbered(1), key="other", names=("new",))
    assert not rows_of(hub, "old")
    assert b"old" not in hub.read(REPO, "README.md")
    assert ".checkpoints/columns/old.json" not in hub.tree(REPO)


@pytest.mark.parametrize("key", ["k", ""])
@pytest.mark.parametrize("skip", range(5))
def test_an_answer_that_is_lost(hub: FakeHub, key: str, skip: int) -> None:
    hub.inject(Fault.lost_answer(), method="POST", path=COMMIT, skip=skip)
    write(numbered(9), key=key)
    assert rows_of(hub) == numbered(9)
    assert added_commits(hub) == (5 if key else 6)
    assert len(hub.commits(REPO)) == len({str(commit.files) for commit in hub.commits(REPO)})


@pytest.mark.parametrize("fault", [Fault.status(500), Fault.status(503), Fault.cut_upload(10), Fault.status(412)])
def test_what_passes_is_tried_again(hub: FakeHub, fault: Fault) -> None:
    for number in range(3):
        hub.inject(fault, method="POST", path=COMMIT, skip=number)
        hub.inject(Fault.status(503), path=r"/(preupload|tree|revision)/", skip=5 * number)
    write(numbered(7), key="k")
    assert rows_of(hub) == numbered(7)
    assert added_commits(hub) == 4


def test_a_quota(hub: FakeHub, slept: list[float]) -> None:
    hub.inject(Fault.status(429, reset=55), method="POST", path=COMMIT, skip=1)
    write(numbered(7), key="k")
    assert rows_of(hub) == numbered(7)
    assert added_commits(hub) == 4
    assert [seconds for seconds in slept if 55 <= seconds <= 56]


def test_another_writer_in_between(hub: FakeHub) -> None:
    """The number that was chosen is taken meanwhile."""
    others = iter(range(3))

    def commit(_: Request) -> None:
        number = next(others, None)
        if number is not None:
            hub.commit(REPO, {f"config-0/train-{2 * number:05}.jsonl": b'{"n": -1}\n'})

    hub.on_request("before", commit, method="POST", path=COMMIT)
    write(numbered(6), key="k")
    assert [row for row in rows_of(hub) if row != {"n": -1}] == numbered(6)
    assert rows_of(hub).count({"n": -1}) == 3
    assert list(files_of(hub)) == [f"train-{number:05}.jsonl" for number in (0, 2, 4, 5, 6, 7)]


def test_mapped_instances_at_once(hub: FakeHub, checkpoints: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    # They do nothing but commit here, and do not wait between their tries.
    monkeypatch.setattr("airflow_artifacts.hub.committing.TRIES", 100)
    instances = [checkpoints(f"k/{number}") for number in range(3)]

    def work(number: int) -> None:
        add(instances[number], *([{"n": number, "k": row}] for row in range(5)))
        instances[number].finish()

    threads = [threading.Thread(target=work, args=(number,)) for number in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    rows = rows_of(hub, "c")
    assert len(rows) == 15
    for number in range(3):
        assert [row["k"] for row in rows if row["n"] == number] == list(range(5))
    assert list(files_of(hub, "c")) == [f"train-{number:05}.jsonl" for number in range(15)]
    assert [request for request in hub.requests if request.status == 412]


def test_an_earlier_try_that_still_writes(hub: FakeHub, checkpoints: Any) -> None:
    """It ends as soon as it sees the later one, and changes nothing that the later one wrote."""
    early = checkpoints()
    add(early, numbered(1), numbered(1, 1))
    late = checkpoints()
    add(late, numbered(1), numbered(1, 50))
    with pytest.raises(HubConflictError, match="a later try of the same work") as caught:
        add(early, numbered(1, 2))
    assert caught.value.retryable
    add(late, numbered(1, 51))
    late.finish()
    assert rows_of(hub, "c") == [*numbered(1), *numbered(2, 50)]


def test_an_earlier_try_with_the_same_rows(hub: FakeHub, checkpoints: Any) -> None:
    early, late = checkpoints(), checkpoints()
    add(early, numbered(1))
    add(late, numbered(1), numbered(1, 1))
    with pytest.raises(HubConflictError):
        add(early, numbered(1, 1))
    late.finish()
    assert rows_of(hub, "c") == numbered(2)


@pytest.mark.parametrize("change", ["deleted", "replaced", "ledger"])
def test_what_somebody_changes_meanwhile_is_written_anew(hub: FakeHub, checkpoints: Any, change: str) -> None:
    first = checkpoints()
    add(first, numbered(1), numbered(1, 1))
    if change == "ledger":
        hub.commit(REPO, dict.fromkeys(ledgers(hub)))
    else:
        hub.commit(REPO, {"c/train-00000.jsonl": None if change == "deleted" else b"{}\n"})
    with pytest.raises(HubConflictError, match=r"c/train-0000\d.jsonl or its entry in the ledger was changed"):
        first.finish()
    again = checkpoints()
    add(again, numbered(1), numbered(1, 1))
    again.finish()
    expected = numbered(2) * 2 if change == "ledger" else numbered(2)  # nobody knows whose the first ones were
    assert rows_of(hub, "c") == expected


def test_fast_batches_are_committed_together(hub: FakeHub, checkpoints: Any, monkeypatch: Any) -> None:
    clock = [0.0]
    monkeypatch.setattr(engine, "time", SimpleNamespace(monotonic=lambda: clock[0]))
    writer = checkpoints(interval=30)
    counts = []
    for number in range(100):
        add(writer, numbered(1, number))
        counts.append(added_commits(hub))
        clock[0] += 1
    writer.finish()
    assert rows_of(hub, "c") == numbered(100)
    assert counts == [1] * 30 + [2] * 30 + [3] * 30 + [4] * 10
    assert added_commits(hub) == 5
    assert len([request for request in hub.requests if "preupload" in request.path]) == 5
    assert not list(writer.folder.iterdir())


def test_columns_of_files_that_are_committed_together(hub: FakeHub, checkpoints: Any) -> None:
    writer = checkpoints(interval=3600)
    add(writer, [{"a": 1}], [{"a": 0.5, "b": "x"}], [{"a": None, "c": [1]}], [{"a": 2}])
    assert added_commits(hub) == 1
    writer.finish()
    features = yaml.safe_load(hub.read(REPO, "README.md").split(b"---\n")[1])["dataset_info"][0]["features"]
    assert features == [
        {"name": "a", "dtype": "float64"},
        {"name": "b", "dtype": "string"},
        {"name": "c", "list": "int64"},
    ]


@pytest.mark.parametrize(("limit", "value"), [("_MOST_FILES", 5), ("_MOST_BYTES", 40)])
def test_much_does_not_wait(hub: FakeHub, checkpoints: Any, monkeypatch: Any, limit: str, value: int) -> None:
    monkeypatch.setattr(engine, limit, value)
    writer = checkpoints(interval=3600)
    add(writer, *(numbered(1, number) for number in range(1, 12)))
    assert added_commits(hub) == 3
    writer.finish()
    assert rows_of(hub, "c") == numbered(11, 1)


def test_waiting_files_are_on_disk_only_while_it_runs(hub: FakeHub, tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    hub.inject(Fault.status(403), method="POST", path=COMMIT)
    with pytest.raises(HubRefusedError):
        write(numbered(4))
    assert not list(tmp_path.iterdir())


def test_the_tree_is_listed_once_for_each_commit(hub: FakeHub) -> None:
    write(numbered(20), key="k")
    listings = [request for request in hub.requests if "/tree/" in request.path]
    assert len(listings) == added_commits(hub) + 1 == 11
    assert not [request for request in hub.requests if "/resolve/" in request.path]


@pytest.mark.parametrize("status", [401, 403])
def test_a_token_that_may_not_write(hub: FakeHub, caplog: pytest.LogCaptureFixture, status: int) -> None:
    caplog.set_level(logging.INFO)
    token = hub.add_user("reader", role="read") if status == 403 else "hf_planted_secret_1234567890"
    hub.create_repo(REPO)
    step = HuggingFaceHubCheckpointer(repo_id=REPO, token=token)
    with pytest.raises(HubRefusedError, match="oken") as caught:
        run_step(step, numbered(1))
    assert not caught.value.retryable
    for text in (
        str(caught.value),
        repr(step),
        caplog.text,
        json.dumps(step.describe()),
        json.dumps(step.serialize()),
    ):
        assert token not in text


def test_a_token_of_the_step_is_before_that_of_the_task(hub: FakeHub) -> None:
    other = hub.add_user("other", organizations=["tester"])
    write(numbered(1), key="k", token=other)
    assert hub.commits(REPO)[0].author == "other"
    assert all(other.encode() not in hub.read(REPO, path) for path in hub.tree(REPO))


def test_nobody(hub: FakeHub) -> None:
    reset = login_finder.set(lambda: HubLogin(None, hub.endpoint))
    try:
        with pytest.raises(HubRefusedError, match="there is no token"):
            write(numbered(1))
    finally:
        login_finder.reset(reset)


def test_private_counts_when_it_is_created(hub: FakeHub) -> None:
    from huggingface_hub import HfApi

    api = HfApi(hub.endpoint, hub.token)
    write(numbered(1), private=True)
    assert api.repo_info(REPO, repo_type="dataset").private
    write(numbered(1), private=False)
    assert api.repo_info(REPO, repo_type="dataset").private


def test_a_branch(hub: FakeHub) -> None:
    hub.create_repo(REPO)
    write(numbered(3), revision="rows")
    assert not files_of(hub)
    assert rows_of(hub, revision="rows") == numbered(3)


def test_what_a_step_needs() -> None:
    with pytest.raises(RuntimeParameterError, match="repo_id"):
        run_step(HuggingFaceHubCheckpointer(repo_id=None), numbered(1))
    with pytest.raises(HubRefusedError, match="it is no id of a repository"):
        run_step(HuggingFaceHubCheckpointer(repo_id="nonsense"), numbered(1))
    with pytest.raises(RuntimeError, match="load"):
        next(HuggingFaceHubCheckpointer(repo_id=REPO).process([]))
    HuggingFaceHubCheckpointer(repo_id=REPO).finish()


def test_a_value_that_json_cannot_hold(hub: FakeHub) -> None:
    rows = [*numbered(4), {"n": object()}]
    with pytest.raises(UnsupportedValueError, match=r"Column 'n' of row 4 .* it is a object"):
        write(rows, key="k")
    assert rows_of(hub) == numbered(4)


def test_the_log(hub: FakeHub, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "airflow_artifacts")
    write(numbered(3), key="k")
    write(numbered(3), key="k")
    oids = [commit.oid for commit in hub.commits(REPO)]
    lines = [record.message for record in caplog.records if record.message.startswith("Checkpoint")]
    url = f"{hub.endpoint}/datasets/{REPO}/commit"
    assert lines == [
        f"Checkpoint: 2 rows in 1 files are on the Hub, with commit {url}/{oids[1]}",
        f"Checkpoint: 3 rows in 2 files are on the Hub, with commit {url}/{oids[0]}",
        f"Checkpoint: 2 rows in 1 files are on the Hub, as they were at commit {url}/{oids[0]}",
        f"Checkpoint: 3 rows in 2 files are on the Hub, as they were at commit {url}/{oids[0]}",
    ]


def test_a_hub_that_is_gone(hub: FakeHub) -> None:
    hub.inject(Fault.status(500), method="POST", path=COMMIT, times=100, skip=1)
    with pytest.raises(HubError) as caught:
        write(numbered(5), key="k")
    assert caught.value.retryable
    assert rows_of(hub) == numbered(2)


def test_a_card_that_cannot_be_read_is_left_alone(hub: FakeHub) -> None:
    hub.create_repo(REPO)
    for card in (b"---\n[\n---\n", b"\xff"):
        hub.commit(REPO, {"README.md": card})
        with pytest.raises(DistisetError, match=r"README.md"):
            write(numbered(1))
        assert hub.read(REPO, "README.md") == card


def test_large_files(hub: FakeHub) -> None:
    """They go another way than files that git keeps."""
    rows = [{"text": "x" * 11 * 1024**2, "n": number} for number in range(2)]
    write(rows, key="k", size=1)
    write(rows, key="k", size=1)
    assert rows_of(hub) == rows
    assert hub.tree(REPO)["config-0/train-00000.jsonl"].lfs
    assert added_commits(hub) == 2


def test_many_batches_take_linear_time(hub: FakeHub, checkpoints: Any) -> None:
    writer = checkpoints(interval=3600)
    begin = time.perf_counter()
    add(writer, *([{"n": number}] for number in range(900)))
    writer.finish()
    assert time.perf_counter() - begin < 30
    assert rows_of(hub, "c") == numbered(900)
    assert added_commits(hub) == 2

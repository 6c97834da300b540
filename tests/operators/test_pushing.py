"""DistisetPushOperator pushes to a Hub: in tasks that really run, by a connection, to a real server."""

from __future__ import annotations

import datetime as dt
import json
import os
from typing import TYPE_CHECKING, Any

import pytest
from airflow.sdk import DAG, Asset
from airflow.sdk.log import redact  # type: ignore[attr-defined] # it does not say that it exports it
from pydantic import SecretStr

from airflow_artifacts.exceptions import DistisetError, HubRefusedError
from airflow_artifacts.hub import HubLogin
from airflow_artifacts.operators import DistisetPushOperator, StepOperator
from airflow_artifacts.operators.pushing import describe_push, part_of
from airflow_artifacts.steps import Step, StepInput
from airflow_artifacts.storage import Producer, open_store
from airflow_artifacts.testing import Fault
from tests.distiset.support import distiset
from tests.hub.fixtures import hub
from tests.operators.test_distiset import Doubles, Makes
from tests.servers.recorder import running_recorder
from tests.test_assets import find_events, find_queued

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from airflow_artifacts.steps import StepOutput
    from airflow_artifacts.testing import FakeHub

__all__ = ["hub"]

REPO = "tester/numbers"


@pytest.fixture(autouse=True)
def connection(hub: FakeHub, monkeypatch: pytest.MonkeyPatch) -> str:
    """The default connection, with the token of a user of the Hub."""
    monkeypatch.delenv("HF_TOKEN", raising=False)
    fields = {"conn_type": "huggingface", "password": hub.token, "host": hub.endpoint}
    monkeypatch.setenv("AIRFLOW_CONN_HUGGINGFACE_DEFAULT", json.dumps(fields))
    return hub.token


def pushing(name: str, **arguments: Any) -> DAG:
    with DAG(name, schedule=None) as dag:
        push = DistisetPushOperator(task_id="push", **{"repo_id": REPO, **arguments})
        StepOperator(task_id="load", step=Makes()) >> StepOperator(task_id="double", step=Doubles()) >> push
    return dag


def rows_on(hub: FakeHub, tmp_path: Path, pattern: str = "default/train-") -> list[dict[str, Any]]:
    from pyarrow import parquet

    rows = []
    for path in sorted(hub.tree(REPO)):
        if path.startswith(pattern):
            (tmp_path / "shard").write_bytes(hub.read(REPO, path))
            rows += parquet.read_table(tmp_path / "shard").to_pylist()
    return rows


ROWS = [{"n": n, "double": 2 * n} for n in range(3)]


def test_rows_artifacts_and_card_in_one_commit(
    run_and_collect: Callable[..., Any], hub: FakeHub, tmp_path: Path
) -> None:
    results = run_and_collect(pushing("pushes"))
    assert results.states["push"] == "success"
    newest, first = hub.commits(REPO)
    assert first.message == "initial commit"
    assert newest.message == f"Push pushes, run {results.run.run_id}"
    assert results.xcom("push") == {
        "format": "airflow-artifacts/distiset/1",
        "repo_id": REPO,
        "url": f"{hub.endpoint}/datasets/{REPO}",
        "commit": newest.oid,
        "pull_request": None,
        "rows": {"default": {"train": 3}},
    }
    assert rows_on(hub, tmp_path) == ROWS
    assert hub.read(REPO, "artifacts/load/count/count.txt") == b"3"
    assert "(artifacts/load/count/count.txt)" in hub.read(REPO, "README.md").decode()


def test_the_button_leads_to_the_data_set(run_and_collect: Callable[..., Any], hub: FakeHub) -> None:
    results = run_and_collect(pushing("button"))
    assert results.xcom("push", key="_link_DatasetLink") == f"{hub.endpoint}/datasets/{REPO}"
    results = run_and_collect(pushing("no_button", dry_run=True))
    assert results.xcom("push", key="_link_DatasetLink") == ""


def test_another_dag_can_be_scheduled_on_the_data_set(run_and_collect: Callable[..., Any], hub: FakeHub) -> None:
    asset = Asset(f"hf://datasets/{REPO}")
    with DAG("reads_the_hub", schedule=[asset], is_paused_upon_creation=False) as consumer:
        StepOperator(task_id="load", step=Makes())
    run_and_collect(consumer)
    results = run_and_collect(pushing("hub_event"))
    ((name, uri, extra, _),) = find_events("hub_event")
    assert (name, uri) == (asset.name, asset.uri) == (f"hf://datasets/{REPO}",) * 2
    assert extra == {key: results.xcom("push")[key] for key in ("commit", "url", "rows")}
    assert "reads_the_hub" in find_queued()


def test_both_a_folder_and_a_repository(run_and_collect: Callable[..., Any], hub: FakeHub, tmp_path: Path) -> None:
    results = run_and_collect(pushing("both", path=str(tmp_path / "out"), train_size=0.5))
    found = results.xcom("push")
    assert (found["path"], found["repo_id"]) == (str(tmp_path / "out"), REPO)
    assert sum(found["rows"]["default"].values()) == 3
    for split in ("train", "test"):
        path = f"default/{split}-00000-of-00001.parquet"
        assert hub.read(REPO, path) == (tmp_path / "out" / path).read_bytes()


def test_templates_say_whether_and_where(
    run_and_collect: Callable[..., Any], hub: FakeHub, tmp_path: Path
) -> None:
    arguments = {
        "repo_id": "{{ dag_run.conf.get('repo', '') }}",
        "path": "{{ dag_run.conf.get('path', '') }}",
        "revision": "{{ dag_run.conf.get('branch', '') }}",
        "commit_message": "Numbers of {{ dag.dag_id }}",
    }
    dag = pushing("templates", **arguments)
    run_and_collect(dag, path=str(tmp_path / "out"))
    assert not hub.requests
    run_and_collect(dag, repo=REPO, branch="preview")
    assert [commit.message for commit in hub.commits(REPO)] == ["initial commit"]
    assert hub.commits(REPO, "preview")[0].message == "Numbers of templates"
    assert run_and_collect(dag).states["push"] == "failed"


def test_a_run_for_the_same_logical_date_replaces_its_own_rows(
    run_and_collect: Callable[..., Any], hub: FakeHub, tmp_path: Path
) -> None:
    dag = pushing("appends", append=True)
    run_and_collect(dag)
    before = {path: file.oid for path, file in hub.tree(REPO).items() if path.endswith(".parquet")}
    assert run_and_collect(dag).xcom("push")["rows"] == {"default": {"train": 6}}
    after = {path: file.oid for path, file in hub.tree(REPO).items() if path.endswith(".parquet")}
    assert before.items() < after.items()
    assert rows_on(hub, tmp_path) == ROWS * 2


def said(hub: FakeHub, count: int, **options: Any) -> str:
    numbers = distiset({"default": [{"n": n} for n in range(count)]})
    login = HubLogin(hub.token, hub.endpoint)
    return "\n".join(describe_push(numbers.push(REPO, source=open_store("memory://none"), login=login, **options)))


def test_what_the_log_says(hub: FakeHub) -> None:
    text = said(hub, 50, shard_bytes=8)
    assert f"Pushed to {hub.endpoint}/datasets/{REPO}, commit {hub.commits(REPO)[0].oid}:" in text
    assert "  add 52 files: default/train-00000-of-00050.parquet, " in text
    assert text.count(".parquet") == 20
    assert " and 32 more" in text
    assert "  delete 0 files: none" in text
    assert "  subset default: 0 rows before, 50 after" in text
    assert said(hub, 50, shard_bytes=8) == (
        f"{hub.endpoint}/datasets/{REPO} has all of it already, at commit {hub.commits(REPO)[0].oid}."
    )
    text = said(hub, 3, dry_run=True)
    assert text.startswith(f"Dry run: nothing is pushed to {hub.endpoint}/datasets/{REPO}. A push would\n")
    assert "  delete 50 files: default/train-00000-of-00050.parquet, " in text
    assert text.count(".parquet") == 51
    assert "  subset default: 50 rows before, 3 after" in text


MORNING = "2026-03-01T06:00:00+00:00"
PRODUCER = Producer("dag", "run", "push", logical_date=MORNING)


@pytest.mark.parametrize(
    ("other", "is_same"),
    [
        (Producer("dag", "another run", "push", logical_date=MORNING), True),
        (Producer("dag", "run", "push", logical_date="2026-03-01T07:00:00+01:00"), False),  # is never written so
        (Producer("dag", "run", "push", logical_date="2026-03-01T06:00:00.000001+00:00"), False),
        (Producer("other", "run", "push", logical_date=MORNING), False),
        (Producer("dag", "run", "other", logical_date=MORNING), False),
        (Producer("dag", "run", "push", 1, logical_date=MORNING), False),
        (Producer("dag", "run", "push"), False),
    ],
)
def test_the_part_of_a_logical_date(other: Producer, is_same: bool) -> None:
    assert (part_of(other) == part_of(PRODUCER)) is is_same


def test_parts_are_in_the_order_of_their_dates() -> None:
    dates = [dt.datetime(2026, 1, day, tzinfo=dt.timezone.utc) for day in (2, 3, 30)]
    parts = [part_of(Producer("dag", "run", "push", logical_date=date.isoformat())) for date in dates]
    assert parts == sorted(parts)
    assert parts[0].startswith("20260102T000000Z-")
    runs = [part_of(Producer("dag", run, "push")) for run in ("one", "two")]
    assert runs[0] != runs[1]
    assert all(run.startswith("run-") for run in runs)


def test_a_dry_run_only_looks(run_and_collect: Callable[..., Any], hub: FakeHub, tmp_path: Path) -> None:
    run_and_collect(pushing("pushed_before"))
    commits, requests = hub.commits(REPO), len(hub.requests)
    results = run_and_collect(pushing("looks", dry_run=True, card_path=str(tmp_path / "card")))
    assert hub.commits(REPO) == commits
    assert {request.method for request in hub.requests[requests:]} <= {"GET", "HEAD"}
    assert results.xcom("push")["commit"] is None
    assert results.xcom("push")["rows"] == {"default": {"train": 3}}
    assert "# looks" in (tmp_path / "card" / "README.md").read_text()
    assert not find_events("looks")


def test_a_pull_request_leaves_the_branch_alone(run_and_collect: Callable[..., Any], hub: FakeHub) -> None:
    results = run_and_collect(pushing("asks", create_pr=True))
    assert [commit.message for commit in hub.commits(REPO)] == ["initial commit"]
    found = results.xcom("push")
    assert found["pull_request"] == f"{hub.endpoint}/datasets/{REPO}/discussions/1"
    assert results.xcom("push", key="_link_DatasetLink") == found["pull_request"]
    assert not find_events("asks")


def test_a_template_of_ones_own(run_and_collect: Callable[..., Any], hub: FakeHub, tmp_path: Path) -> None:
    (tmp_path / "card.jinja").write_text("# Mine: {{ manifest.rows }} rows of {{ manifest.name }}\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(DAG, "folder", str(tmp_path))
        run_and_collect(pushing("own_card", card_template="card.jinja"))
    text = hub.read(REPO, "README.md").decode()
    assert "# Mine: 3 rows of own_card" in text
    assert "## Steps" not in text


def test_another_connection(
    run_and_collect: Callable[..., Any], hub: FakeHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = hub.add_user("else", organizations=["acme"])
    fields = {"conn_type": "huggingface", "password": token, "host": hub.endpoint}
    monkeypatch.setenv("AIRFLOW_CONN_ACME", json.dumps(fields))
    run_and_collect(pushing("connected", repo_id="acme/numbers", hf_conn_id="acme", private=True))
    assert hub.commits("acme/numbers")[0].author == "else"


@pytest.mark.parametrize("conn_id", ["missing", "huggingface_default"])
def test_without_a_token_the_error_says_what_to_do(
    run_and_collect: Callable[..., Any],
    hub: FakeHub,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    conn_id: str,
) -> None:
    monkeypatch.delenv("AIRFLOW_CONN_HUGGINGFACE_DEFAULT")
    results = run_and_collect(pushing("nobody", hf_conn_id=conn_id, retries=2))
    assert results.states["push"] == "failed"  # at once, and not up for a retry
    expected = "there is no connection 'missing'" if conn_id == "missing" else "Create a connection of the type"
    assert expected in "".join(capfd.readouterr())
    assert not hub.requests


class Leaks(Step):
    """Has secrets wherever somebody might put them."""

    prompt: str
    api_key: SecretStr
    url: str

    def process(self, inputs: StepInput) -> StepOutput:
        metadata = {"note": f"made with {os.environ['HF_TOKEN']}", "db": {"password": PASSWORD}, "url": self.url}
        self.save_artifact("leak", lambda path: (path / "x.txt").write_text("x"), metadata)
        yield inputs


PASSWORD = "correct-horse-battery"  # noqa: S105 - of nobody


def test_secrets_are_in_nothing_that_is_sent_shown_or_kept(  # noqa: PLR0913, PLR0917
    run_and_collect: Callable[..., Any],
    hub: FakeHub,
    connection: str,
    root: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    caplog.set_level("DEBUG")
    monkeypatch.setenv("HF_TOKEN", environments := "hf_OfTheEnvironment0123")
    with running_recorder(hub.endpoint) as recorder:
        fields = {"conn_type": "huggingface", "password": connection, "host": recorder.url}
        monkeypatch.setenv("AIRFLOW_CONN_HUGGINGFACE_DEFAULT", json.dumps(fields))
        with DAG("secrets", schedule=None) as dag:
            leak = Leaks(
                prompt=f"Say {connection} and {environments}",
                api_key=SecretStr(PASSWORD),
                url=f"https://somebody:{PASSWORD}@example.com/x",
            )
            push = DistisetPushOperator(
                task_id="push",
                repo_id=REPO,
                path=str(tmp_path / "out"),
                card_path=str(tmp_path / "card"),
                commit_message=f"By {connection}",
            )
            StepOperator(task_id="load", step=Makes()) >> StepOperator(task_id="leak", step=leak) >> push
        results = run_and_collect(dag)
    assert set(results.states.values()) == {"success"}
    secrets = [connection, environments, PASSWORD]
    files = {str(path): path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    assert sum(name.startswith(str(root)) for name in files) > 5
    sent = [hub.read(REPO, path) for path in hub.tree(REPO)]
    assert hub.commits(REPO)[0].message == "By ***"
    kept = json.dumps(
        [results.xcom(task, key) for task in ("leak", "push") for key in ("return_value", "artifacts")]
    )
    assert "made with ***" in kept
    assert b"made with ***" in hub.read(REPO, "README.md")
    assert len(recorder.requests) > 5
    said = "".join([caplog.text, *capfd.readouterr(), kept])
    for secret in secrets:
        assert redact(f"logged: {secret}") == "logged: ***"  # by which Airflow writes the log of a task
        assert secret not in said
        assert not [name for name, data in files.items() if secret.encode() in data]
        assert not [data for data in sent if secret.encode() in data]
        assert not [each for each in recorder.requests if secret.encode() in each]


def test_a_retry_after_a_lost_answer_adds_nothing(run_and_collect: Callable[..., Any], hub: FakeHub) -> None:
    hub.inject(Fault.lost_answer(), method="POST", path="/commit/")
    results = run_and_collect(pushing("lost"))
    assert results.states["push"] == "success"
    assert len(hub.commits(REPO)) == 2
    assert results.xcom("push")["commit"] == hub.commits(REPO)[0].oid


@pytest.mark.parametrize(
    ("arguments", "kind", "text"),
    [
        ({"repo_id": None}, DistisetError, "has no place for the data set"),
        ({"repo_id": "no-owner"}, HubRefusedError, "Give it as owner/name"),
        ({"repo_id": "a/../b"}, HubRefusedError, "no id of a repository"),
        ({"card_template": "{% if %}"}, DistisetError, "template of the card cannot be rendered in line 1"),
        ({"card_template": "missing.jinja"}, DistisetError, "template of the card cannot be read"),
        ({"append": True, "repo_id": None, "path": "/out"}, DistisetError, "append=True needs repo_id="),
    ],
)
def test_bad_arguments_are_refused_when_the_dag_is_parsed(
    arguments: dict[str, Any], kind: type[Exception], text: str
) -> None:
    with pytest.raises(kind, match=text):
        pushing("bad", **arguments)

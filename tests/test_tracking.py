"""Saving, logging and loading in tasks that really run."""

from __future__ import annotations

import io
import os
from datetime import datetime, timedelta, timezone
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from airflow.providers.standard.triggers.temporal import DateTimeTrigger
from airflow.sdk import DAG, BaseOperator, Context, task

import airflow_artifacts
from airflow_artifacts import DistisetPushOperator, StepOperator, tracking
from airflow_artifacts.attempt import close_attempt
from airflow_artifacts.client import ArtifactClient
from airflow_artifacts.exceptions import (
    ArtifactError,
    ArtifactNotFoundError,
    ArtifactUriError,
    InvalidRefError,
    TaskContextError,
    UnsafeFileError,
    UnsafeNameError,
    UrlError,
    VersionExistsError,
)
from airflow_artifacts.step_context import get_step_context, step_context
from airflow_artifacts.steps import LoadDataFromDicts
from airflow_artifacts.tracking import (
    download_artifacts,
    list_artifacts,
    load_artifact,
    load_dict,
    load_table,
    load_text,
    log_artifact,
    log_artifacts,
    log_dict,
    log_figure,
    log_image,
    log_metadata,
    log_stream,
    log_table,
    log_text,
    register_artifact,
    save_artifact,
)
from tests.artifacts.support import keys
from tests.servers.web import web_server

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

FILE = PurePosixPath("/a/b")


class Defers(BaseOperator):
    """Saves before and after it waits for something."""

    def execute(self, context: Context) -> None:
        log_text("1", "before.txt")
        self.defer(trigger=DateTimeTrigger(moment=datetime.now(timezone.utc)), method_name="go_on")

    def go_on(self, context: Context, event: Any = None) -> None:
        close_attempt(str(context["ti"].id))  # another process goes on
        log_text("2", "after.txt")


@pytest.fixture
def client(root: Path) -> ArtifactClient:
    return ArtifactClient(root.as_uri())


def figure() -> Any:
    from matplotlib.figure import Figure

    drawn = Figure(figsize=(1, 1))
    drawn.add_subplot().plot([1, 2])
    return drawn


def test_functions_are_those_of_the_client() -> None:
    for name in airflow_artifacts.__all__:
        function = getattr(airflow_artifacts, name)
        if name.startswith(("log_", "load_", "save_", "list_", "download_", "register_")):
            assert function is getattr(tracking, name)
            assert (function.__name__, bool(function.__doc__)) == (name, True)


def test_all_kinds_of_things_are_logged_and_loaded_by_the_next_task(
    run_and_collect: Callable[..., Any], client: ArtifactClient, tmp_path: Path
) -> None:
    (tmp_path / "folder" / "sub").mkdir(parents=True)
    (tmp_path / "folder" / "sub" / "ä #1.txt").write_text("deep")
    (tmp_path / "config.yaml").write_text("a: 1")
    seen: dict[str, Any] = {}
    with DAG("logging_all", schedule=None) as dag:

        @task
        def train() -> str:
            log_artifact(tmp_path / "config.yaml")
            log_artifact(tmp_path / "config.yaml", "conf")
            log_artifacts(tmp_path / "folder", "results/folder")
            log_text("hello", "results/notes.txt", tags=["note"])
            log_dict({"loss": np.float32(0.5)}, "results/loss.json", metadata={"epoch": 3})
            log_figure(figure(), "results/plot.png")
            log_image(np.zeros((2, 3), np.uint8), "results/image.png")
            log_table([{"a": 1}, {"a": 2}], "results/table.csv")
            log_stream(io.BytesIO(b"\0\1"), "results/raw.bin")
            uri: str = save_artifact("results/value", {"x": [1]}, {"m": 1}, version="v1")["uri"]
            return uri

        @task
        def read(uri: Any) -> None:
            seen["value"] = load_artifact(uri)
            seen["text"] = load_text("results/notes.txt")
            seen["dict"] = load_dict("artifact://results/loss.json@1")
            seen["table"] = load_table("results/table.csv").to_dict("list")
            seen["yaml"] = load_dict("conf/config.yaml")
            seen["deep"] = load_text("artifact://results/folder/sub/%C3%A4%20%231.txt")
            seen["listed"] = [version.name for version in list_artifacts("results/")]
            seen["plot"] = download_artifacts("artifact://results/plot.png@1", tmp_path / "to")
            folder = download_artifacts("results/folder")
            seen["there"] = (folder / "sub" / "ä #1.txt").read_text()
            seen["gone"] = [folder, load_artifact("results/raw.bin")]
            assert all(path.exists() for path in seen["gone"])

        read(train())
    results = run_and_collect(dag)
    assert set(results.states.values()) == {"success"}
    names = [ref["name"] for ref in results.xcom("train", "artifacts")]
    assert names == [
        "config.yaml",
        "conf/config.yaml",
        "results/folder",
        "results/notes.txt",
        "results/loss.json",
        "results/plot.png",
        "results/image.png",
        "results/table.csv",
        "results/raw.bin",
        "results/value",
    ]
    assert not any(path.exists() for path in seen.pop("gone"))
    plot = seen.pop("plot")
    assert plot == tmp_path / "to" / "plot.png"
    assert plot.read_bytes().startswith(b"\x89PNG")
    assert seen == {
        "value": {"x": [1]},
        "text": "hello",
        "dict": {"loss": 0.5},
        "table": {"a": [1, 2]},
        "yaml": {"a": 1},
        "deep": "deep",
        "there": "deep",
        "listed": sorted(name for name in names if name.startswith("results/")),
    }
    assert {ref["uri"] for ref in results.xcom("train", "artifacts")} == {f"artifact://{name}@1" for name in names}
    producers = {version.producer for version in client.list_artifacts()}
    (producer,) = producers
    assert producer is not None
    assert (producer.dag_id, producer.run_id, producer.task_id) == ("logging_all", results.run.run_id, "train")
    run = f"run://logging_all/{results.run.run_id}"
    assert client.load_text(f"{run}/train/results/notes.txt") == "hello"
    assert [version.name for version in client.list_artifacts(f"{run}/train")] == sorted(names)
    assert results.xcom("read", "artifacts") is None


def test_parents_are_what_the_task_has_loaded_before(
    run_and_collect: Callable[..., Any], client: ArtifactClient, tmp_path: Path
) -> None:
    early = client  # made outside of the task, as at the top of a DAG file
    with DAG("parents", schedule=None) as dag:

        @task
        def first() -> None:
            for name in ("looked_at", "text", "value", "early", "late"):
                save_artifact(name, name)
            save_artifact("value", 2)

        @task
        def second() -> None:
            list_artifacts()
            ArtifactClient().get_artifact_version("looked_at").metadata  # noqa: B018
            load_artifact("value@1")
            load_text("text")
            load_artifact("value@1")
            early.download_artifacts("early")
            save_artifact("made", 1)
            load_artifact("late")
            log_text("x", "last.txt")

        first() >> second()
    assert set(run_and_collect(dag).states.values()) == {"success"}
    expected = ("artifact://value@1", "artifact://text@1", "artifact://early@1")
    assert client.get_artifact_version("made").parents == expected
    assert client.get_artifact_version("last.txt").parents == (*expected, "artifact://late@1")
    assert client.get_artifact_version("value").parents == ()


def test_a_client_that_was_made_before_the_task_uses_its_folders(
    run_and_collect: Callable[..., Any], client: ArtifactClient
) -> None:
    folders: list[Path] = []
    with DAG("early_client", schedule=None) as dag:

        @task
        def both() -> None:
            ref = client.log_text("x", "a.txt")
            folders.append(client.download_artifacts(ref).parent)

        both()
    results = run_and_collect(dag)
    assert [ref["name"] for ref in results.xcom("both", "artifacts")] == ["a.txt"]
    assert client.get_artifact_version("a.txt").producer is not None
    assert not any(folder.exists() for folder in folders)


def test_what_is_logged_counts_at_once_and_a_retry_with_its_label_gets_it_again(
    run_and_collect: Callable[..., Any], client: ArtifactClient
) -> None:
    with DAG("retried", schedule=None) as dag:

        @task(retries=1, retry_delay=timedelta(0))
        def flaky(ti: Any = None) -> None:
            save_artifact("labelled", [1], version="v1")
            save_artifact("plain", [1])
            if ti.try_number == 1:
                save_artifact("only_first", 1)
                raise ValueError("once")

        flaky()
    for number in (1, 2):
        results = run_and_collect(dag)
        if number == 1:
            assert results.states == {"flaky": "success"}
            uris = ["artifact://labelled@1", "artifact://plain@2"]
            assert [ref["uri"] for ref in results.xcom("flaky", "artifacts")] == uris
            assert [version.version for version in client.list_artifact_versions("labelled")] == [1]
            run = f"run://retried/{results.run.run_id}/flaky"
            made = [version.uri for version in client.list_artifacts(run)]
            assert made == [
                "artifact://labelled@1",
                "artifact://only_first@1",
                "artifact://plain@1",
                "artifact://plain@2",
            ]
            assert client.repository.find(f"{run}/plain").version.version == 2
        else:
            # Another run is another task instance.
            assert results.states == {"flaky": "failed"}
            assert [version.version for version in client.list_artifact_versions("plain")] == [1, 2]


def test_mapped_tasks_save_versions_of_one_name(
    run_and_collect: Callable[..., Any], client: ArtifactClient
) -> None:
    with DAG("mapped_saves", schedule=None) as dag:

        @task
        def mapped(n: int) -> None:
            save_artifact("2024/n", n)

        mapped.expand(n=[5, 6])
    results = run_and_collect(dag)
    for index in (0, 1):
        (ref,) = results.xcom("mapped", "artifacts", map_index=index)
        assert client.load_artifact(ref) == 5 + index
        uri = f"run://mapped_saves/{results.run.run_id}/mapped/{index}/2024/n"
        assert client.load_artifact(uri) == 5 + index
    assert len(client.list_artifacts(f"run://mapped_saves/{results.run.run_id}/mapped")) == 2


class Saves(BaseOperator):
    """An operator with a hook of its own."""

    hooked = 0

    def execute(self, context: Any) -> str:
        save_artifact("by_operator", 1)
        return "returned"

    def post_execute(self, context: Any, result: Any = None) -> None:
        type(self).hooked += 1


def test_any_operator_can_save_and_its_own_hook_is_still_called(run_and_collect: Callable[..., Any]) -> None:
    with DAG("operators", schedule=None) as dag:
        Saves(task_id="saves")
    for number in (1, 2):
        results = run_and_collect(dag)
        assert [ref["version"] for ref in results.xcom("saves", "artifacts")] == [number]
        assert results.xcom("saves") == "returned"
        assert Saves.hooked == number


def test_errors_are_those_of_the_package(
    run_and_collect: Callable[..., Any], client: ArtifactClient, tmp_path: Path
) -> None:
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "empty").mkdir()
    (tmp_path / "links").mkdir()
    (tmp_path / "links" / "out").symlink_to("/etc/hostname")
    client.save_artifact("taken", 1, version="v1")
    before = keys(client.repository.store)
    caught: list[str] = []
    calls: list[tuple[Callable[[], Any], type[Exception]]] = [
        (lambda: log_artifact(tmp_path / "absent"), ArtifactError),
        (lambda: log_artifacts(tmp_path / "empty"), ArtifactError),
        (lambda: log_artifacts(tmp_path / "links"), UnsafeFileError),
        (lambda: log_artifact(tmp_path / "fifo"), UnsafeFileError),
        (lambda: log_dict({"x": float("nan")}, "x.json"), ArtifactError),
        (lambda: log_dict({}, "x.toml"), ArtifactError),
        (lambda: save_artifact("x", 1, {"f": print}), ArtifactError),
        (lambda: save_artifact("taken", 1, version="v1"), VersionExistsError),
        (lambda: load_artifact("x"), ArtifactNotFoundError),
        (lambda: load_artifact({"uri": "x"}), InvalidRefError),
        (lambda: log_metadata({"x": 1}), TaskContextError),
    ]
    with DAG("errors", schedule=None) as dag:

        @task
        def fails() -> None:
            for call, error in calls:
                with pytest.raises(error) as info:
                    call()
                caught.append(str(info.value))

        fails()
    results = run_and_collect(dag)
    assert results.states == {"fails": "success"}
    assert len(caught) == len(calls)
    assert results.xcom("fails", "artifacts") is None
    assert keys(client.repository.store) == before


def test_in_a_script_the_functions_work_on_the_configured_root(root: Path) -> None:
    ref = save_artifact("a", 1)
    assert (load_artifact(ref), [version.uri for version in list_artifacts()]) == (1, ["artifact://a@1"])
    assert ArtifactClient(root.as_uri()).get_artifact_version("a").producer is None
    log_metadata({"x": 1}, ref)
    assert ArtifactClient().get_artifact_version("a").metadata["x"] == 1
    close_attempt("nobody")


def test_metadata_without_an_artifact_needs_a_function_that_makes_one(root: Path) -> None:
    with pytest.raises(TaskContextError, match=r"get_step_context\(\): no function of @task.artifact runs"):
        log_metadata({"x": 1})


def test_metadata_of_the_outputs_of_a_function() -> None:
    with step_context(["a"]) as context:
        log_metadata({"x": 1, "path": FILE})
        get_step_context().add_output_metadata("a", {"x": np.int64(2)})
        get_step_context().add_output_metadata(metadata=None)
        with step_context(["b", "c"]) as inner:
            inner.add_output_metadata("c", {"y": 1})
            for name in (None, "a"):
                with pytest.raises(TaskContextError, match=r"outputs: 'b', 'c'\."):
                    get_step_context().add_output_metadata(name, {"y": 1})
            with pytest.raises(TaskContextError):
                log_metadata({"y": 1})
            assert (inner.output_metadata("b"), inner.output_metadata("c")) == ({}, {"y": 1})
        with pytest.raises(ArtifactError, match=r"'a' was not saved: metadata\['y'\] is nan"):
            log_metadata({"y": float("nan")})
        assert get_step_context() is context
    assert context.output_metadata("a") == {"x": 2, "path": str(FILE)}
    with step_context([]), pytest.raises(TaskContextError, match="outputs: none"):
        log_metadata({})
    with pytest.raises(TaskContextError):
        get_step_context()


def test_refs_are_listed_however_a_task_ends(run_and_collect: Callable[..., Any]) -> None:
    from airflow.sdk.exceptions import AirflowSkipException

    with DAG("endings", schedule=None) as dag:

        @task.short_circuit
        def stop() -> bool:
            log_text("1", "stopped.txt")
            return False

        @task
        def skip() -> None:
            log_text("2", "skipped.txt")
            raise AirflowSkipException

        @task
        def fail() -> None:
            log_text("3", "failed.txt")
            raise ValueError("on purpose")

        stop(), skip(), fail()
    results = run_and_collect(dag)
    for task_id, name in (("stop", "stopped.txt"), ("skip", "skipped.txt"), ("fail", "failed.txt")):
        assert [ref["name"] for ref in results.xcom(task_id, "artifacts")] == [name]


def test_a_task_that_defers_lists_what_both_halves_saved(run_and_collect: Callable[..., Any]) -> None:
    with DAG("deferring", schedule=None) as dag:
        Defers(task_id="defers")
    refs = run_and_collect(dag).xcom("defers", "artifacts")
    assert [ref["name"] for ref in refs] == ["before.txt", "after.txt"]


def test_another_root_is_none_of_the_task_s_business(
    run_and_collect: Callable[..., Any], client: ArtifactClient, tmp_path: Path
) -> None:
    other = ArtifactClient(str(tmp_path / "other"))
    other.save_artifact("source", [1])

    with DAG("elsewhere", schedule=None) as dag:

        @task
        def use() -> None:
            elsewhere = ArtifactClient(str(tmp_path / "other"))
            assert elsewhere.load_artifact("source") == [1]
            elsewhere.save_artifact("copy", [1])
            with pytest.raises(TaskContextError, match="below the configured root"):
                elsewhere.save_artifact("copy", [2], asset=True)
            save_artifact("here", [2])

        use()
    results = run_and_collect(dag)
    assert [ref["name"] for ref in results.xcom("use", "artifacts")] == ["here"]
    assert client.get_artifact_version("here").parents == ()
    copy = other.get_artifact_version("copy")
    assert copy.producer is not None
    assert copy.producer.task_id == "use"


def test_a_name_that_is_none_comes_with_a_better_one(client: ArtifactClient, tmp_path: Path) -> None:
    (tmp_path / "my plot.png").write_bytes(b"1")
    with pytest.raises(UnsafeNameError, match=r"save_artifact\('my_plot.png', Path\('my plot.png'\)\)"):
        client.log_artifact(tmp_path / "my plot.png")
    with pytest.raises(UnsafeNameError, match="it is a dict") as caught:
        client.save_artifact({"password": "hunter2"}, "credentials")  # type: ignore[arg-type]
    assert "hunter2" not in str(caught.value)
    with pytest.raises(ArtifactUriError) as other:
        client.load_artifact("s3://key:hunter2@bucket/x")
    assert "hunter2" not in str(other.value)


# Registering


@pytest.mark.parametrize("copy", [True, False])
def test_registering_in_a_task(
    run_and_collect: Callable[..., Any], client: ArtifactClient, tmp_path: Path, copy: bool
) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "a.csv").write_text("a")
    client.save_artifact("before", 1)
    with DAG("registering", schedule=None) as dag:

        @task
        def register() -> None:
            load_artifact("before")
            register_artifact(tmp_path / "data", "data", copy=copy, tags=["t"], metadata={"x": 1}, asset=True)

        @task
        def read() -> str:
            (made,) = list_artifacts(f"run://registering/{run_id()}")
            save_artifact("after", 1)
            content: str = (made.load() / "a.csv").read_text()
            save_artifact("later", 1)
            return content

        register() >> read()
    results = run_and_collect(dag)
    assert results.states == {"register": "success", "read": "success"}
    assert results.xcom("read") == "a"
    version = client.get_artifact_version("data")
    assert version.producer is not None
    assert (version.producer.task_id, version.tags, version.metadata["x"]) == ("register", ("t",), 1)
    assert version.parents == ("artifact://before@1",)
    assert results.xcom("register", "artifacts") == [version.to_ref()]
    assert client.get_artifact_version("after").parents == ()
    assert client.get_artifact_version("later").parents == (version.uri,)
    uri = f"run://registering/{results.run.run_id}/register/data/a.csv"
    assert client.load_text(uri) == "a"


def run_id() -> str:
    from airflow.sdk import get_current_context

    return str(get_current_context()["run_id"])


def test_registering_with_a_connection(
    run_and_collect: Callable[..., Any], client: ArtifactClient, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    secret = "s3cr3t"  # noqa: S105
    monkeypatch.setenv("AIRFLOW_CONN_MY_WEB", f"http://me:{secret}@")
    monkeypatch.setenv("AIRFLOW__AIRFLOW_ARTIFACTS__HTTP_HOSTS", "127.0.0.1")
    with web_server() as web, DAG("registering_web", schedule=None) as dag:
        url = web.add("/a.csv", b"x").replace("://", "://my_web@")

        @task
        def register() -> None:
            register_artifact(f"{url}?{secret}", "data")
            download_artifacts(url, tmp_path)
            for unknown in (url.replace("my_web", secret), f"http://{secret}@127.0.0.1/a"):
                with pytest.raises(UrlError) as error:
                    register_artifact(unknown, "data")
                assert secret not in str(error.value)
                assert "there is no connection" in str(error.value)

        register()
        results = run_and_collect(dag)
        assert results.states == {"register": "success"}
        assert {headers["Authorization"] for _, headers in web.requests} == {"Basic bWU6czNjcjN0"}
    version = client.get_artifact_version("data")
    assert version.metadata["source"] == web.url + "/a.csv"
    assert secret not in repr(results.xcom("register", "artifacts")) + repr(version.record)
    assert (tmp_path / "a.csv").read_bytes() == b"x"
    assert client.load_artifact("data").read_bytes() == b"x"


def test_a_data_set_holds_the_files_of_what_is_registered(
    run_and_collect: Callable[..., Any], client: ArtifactClient, tmp_path: Path
) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "a.csv").write_text("a")
    with DAG("registering_for_a_data_set", schedule=None) as dag:

        @task
        def register() -> None:
            register_artifact(tmp_path / "data", "data", copy=False)

        load = StepOperator(task_id="load", step=LoadDataFromDicts(data=[{"a": 1}]))
        register() >> load >> DistisetPushOperator(task_id="push", path=str(tmp_path / "set"))
    assert set(run_and_collect(dag).states.values()) == {"success"}
    assert (tmp_path / "set" / "artifacts" / "register" / "data" / "a.csv").read_text() == "a"
    (tmp_path / "data" / "a.csv").write_text("b")
    assert client.get_artifact_version("data").source == (tmp_path / "data").as_uri()

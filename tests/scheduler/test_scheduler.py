"""The example DAG, and mapped steps side by side, under a real scheduler with LocalExecutor."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from airflow_artifacts.distiset import load_from_disk

if TYPE_CHECKING:
    from collections.abc import Iterator

PROJECT = Path(__file__).parents[2]


@pytest.fixture(scope="module", autouse=True)
def _asked_for(request: pytest.FixtureRequest) -> None:
    if not request.config.getoption("--run-scheduler"):
        pytest.skip("starts a real Airflow for some minutes: run it with `make test-scheduler`")


def free_ports(count: int) -> list[int]:
    sockets = [socket.socket() for _ in range(count)]
    for each in sockets:
        each.bind(("127.0.0.1", 0))
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


class Server:
    """A running Airflow."""

    def __init__(self, url: str, home: Path) -> None:
        self.url = url
        self.home = home
        self._token = ""

    def request(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        request = urllib.request.Request(f"{self.url}{path}", method=method)  # noqa: S310 - a server of this test
        request.add_header("Content-Type", "application/json")
        if self._token:
            request.add_header("Authorization", f"Bearer {self._token}")
        data = None if body is None else json.dumps(body).encode()
        with urllib.request.urlopen(request, data, timeout=30) as answer:  # noqa: S310
            return json.loads(answer.read())

    def wait_until_healthy(self, process: subprocess.Popen[bytes]) -> None:
        deadline = time.monotonic() + 180
        while time.monotonic() < deadline and process.poll() is None:
            with contextlib.suppress(OSError, KeyError):
                health = self.request("GET", "/api/v2/monitor/health")
                if {health[part]["status"] for part in ("metadatabase", "scheduler", "dag_processor")} == {
                    "healthy"
                }:
                    self._token = self.request("GET", "/auth/token")["access_token"]
                    return
            time.sleep(1)
        pytest.fail(f"Airflow did not start: {(self.home / 'standalone.log').read_text()[-3000:]}")

    def _unpause(self, dag_id: str) -> bool:
        try:
            self.request("PATCH", f"/api/v2/dags/{dag_id}", {"is_paused": False})
        except urllib.error.HTTPError as error:
            if error.code != 404:
                raise
            return False
        return True

    def run(self, dag_id: str, conf: dict[str, Any]) -> dict[str, Any]:
        """Run a DAG to its end; give the run, with its task instances."""
        deadline = time.monotonic() + 180
        while not self._unpause(dag_id):  # not parsed yet
            assert time.monotonic() < deadline
            time.sleep(1)
        run = self.request("POST", f"/api/v2/dags/{dag_id}/dagRuns", {"logical_date": None, "conf": conf})
        path = f"/api/v2/dags/{dag_id}/dagRuns/{run['dag_run_id']}"
        while run["state"] not in {"success", "failed"} and time.monotonic() < deadline:
            time.sleep(1)
            run = self.request("GET", path)
        run["instances"] = self.request("GET", f"{path}/taskInstances")["task_instances"]
        return dict(run)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    home = tmp_path_factory.mktemp("home")
    dags = home / "dags"
    dags.mkdir()
    shutil.copy(PROJECT / "dags" / "example_text_statistics.py", dags)
    for name in ("meeting.py", "dying.py"):
        shutil.copy(Path(__file__).parent / name, dags)
    api, worker_log, trigger_log = free_ports(3)
    environment = {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",  # it starts `airflow`
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__DAGS_FOLDER": str(dags),
        "AIRFLOW__AIRFLOW_ARTIFACTS__PART_BYTES": "20000",
        "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS": "True",
        "AIRFLOW__API__PORT": str(api),
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"http://localhost:{api}/execution/",
        "AIRFLOW__LOGGING__WORKER_LOG_SERVER_PORT": str(worker_log),
        "AIRFLOW__LOGGING__TRIGGER_LOG_SERVER_PORT": str(trigger_log),
        "AIRFLOW__SCHEDULER__SCHEDULER_IDLE_SLEEP_TIME": "0.1",
    }
    environment.pop("AIRFLOW__API_AUTH__JWT_SECRET", None)
    command = [sys.executable, "-m", "airflow", "standalone"]
    with (home / "standalone.log").open("wb") as log:
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=log, start_new_session=True)
        try:
            running = Server(f"http://localhost:{api}", home)
            running.wait_until_healthy(process)
            yield running
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGTERM)
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)


def test_example_dag_saves_a_data_set(server: Server, tmp_path: Path) -> None:
    out = tmp_path / "out"
    run = server.run("example_text_statistics", {"output_path": str(out)})
    assert {each["task_id"]: each["state"] for each in run["instances"]} == dict.fromkeys(
        ["load", "keep", "count", "push"], "success"
    )
    rows = load_from_disk(str(out)).subsets["default"]["train"]
    assert len(rows) > 1000
    assert all(row["text_character_count"] == len(row["text"]) for row in rows)
    (plot,) = out.glob("artifacts/count/*/figure.png")
    assert plot.read_bytes().startswith(b"\x89PNG")


def test_mapped_instances_run_side_by_side(server: Server, tmp_path: Path) -> None:
    out = tmp_path / "out"
    run = server.run("meeting", {"place": str(tmp_path), "output_path": str(out)})
    assert run["state"] == "success"
    rows = [row["who"] for row in load_from_disk(str(out)).subsets["default"]["train"]]
    assert rows == [0] * 10 + [1] * 20
    texts = {path.parent.parent.name: path.read_text() for path in out.glob("artifacts/*/*/met.txt")}
    assert texts == {"meet-0": "1", "meet-1": "0"}


def test_a_killed_attempt_leaves_nothing_that_counts(server: Server, tmp_path: Path) -> None:
    out = tmp_path / "out"
    run = server.run("dying", {"place": str(tmp_path), "output_path": str(out)})
    assert run["state"] == "success"
    assert {each["task_id"]: each["try_number"] for each in run["instances"]} == {
        "numbers": 1,
        "dies": 2,
        "push": 1,
    }
    assert [row["n"] for row in load_from_disk(str(out)).subsets["default"]["train"]] == list(range(2000))
    assert (out / "artifacts/dies/last/last.txt").read_text() == "1950"
    killed, finished = sorted(server.home.glob("artifacts/runs/dying/*/dies/-1/*"))
    assert list(killed.glob("rows/*.rows"))
    assert not list(killed.glob("*.json"))
    assert (finished / "manifest.json").exists()

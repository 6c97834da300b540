"""A real Airflow for the tests of this folder, started once, with LocalExecutor."""

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

if TYPE_CHECKING:
    from collections.abc import Iterator

PROJECT = Path(__file__).parents[2]


@pytest.fixture(scope="session", autouse=True)
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
        self.temporary = home / "temporary"
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

    def unpause(self, dag_id: str) -> bool:
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
        while not self.unpause(dag_id):  # not parsed yet
            assert time.monotonic() < deadline
            time.sleep(1)
        run = self.request("POST", f"/api/v2/dags/{dag_id}/dagRuns", {"logical_date": None, "conf": conf})
        path = f"/api/v2/dags/{dag_id}/dagRuns/{run['dag_run_id']}"
        while run["state"] not in {"success", "failed"} and time.monotonic() < deadline:
            time.sleep(1)
            run = self.request("GET", path)
        run["instances"] = self.request("GET", f"{path}/taskInstances")["task_instances"]
        return dict(run)


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    home = tmp_path_factory.mktemp("home")
    dags = home / "dags"
    dags.mkdir()
    (home / "temporary").mkdir()
    for name in ("artifact_consumer", "artifact_logging", "text_statistics"):
        shutil.copy(PROJECT / "dags" / f"example_{name}.py", dags)
    for name in ("meeting.py", "dying.py", "publishing.py"):
        shutil.copy(Path(__file__).parent / name, dags)
    api, worker_log, trigger_log = free_ports(3)
    environment = {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",  # it starts `airflow`
        "AIRFLOW_HOME": str(home),
        "TMPDIR": str(home / "temporary"),
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

"""A real Airflow with LocalExecutor, started as ``airflow standalone`` does, for the tests that need one."""

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
    from collections.abc import Iterable, Iterator, Mapping

SECONDS = 300  # for Airflow to start, and for a run to end: machines of CI are slow
ENDED = frozenset({"success", "failed"})


def free_ports(count: int) -> list[int]:
    sockets = [socket.socket() for _ in range(count)]
    for each in sockets:
        each.bind(("127.0.0.1", 0))
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


class Server:
    """A running Airflow.

    Attributes:
        url: Where its API server is.
        home: Its AIRFLOW_HOME.
        temporary: Where its tasks keep temporary files.
    """

    def __init__(self, url: str, home: Path, login: Mapping[str, str] | None = None) -> None:
        self.url = url
        self.home = home
        self.temporary = home / "temporary"
        self._login = login
        self._token = ""

    def request(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        request = urllib.request.Request(f"{self.url}{path}", method=method)  # noqa: S310 - a server of this test
        request.add_header("Content-Type", "application/json")
        if self._token:
            request.add_header("Authorization", f"Bearer {self._token}")
        data = None if body is None else json.dumps(body).encode()
        with urllib.request.urlopen(request, data, timeout=60) as answer:  # noqa: S310
            return json.loads(answer.read())

    def wait_until_healthy(self, process: subprocess.Popen[bytes], log: Path, parts: Iterable[str]) -> None:
        """Wait until the parts say that they are well, and log in; without a login, everybody is admin."""
        deadline = time.monotonic() + SECONDS
        while time.monotonic() < deadline and process.poll() is None:
            with contextlib.suppress(OSError, KeyError):
                health = self.request("GET", "/api/v2/monitor/health")
                if {health[part]["status"] for part in parts} == {"healthy"}:
                    method = "POST" if self._login else "GET"
                    self._token = self.request(method, "/auth/token", self._login)["access_token"]
                    return
            time.sleep(1)
        pytest.fail(f"Airflow did not start: {log.read_text()[-3000:]}")

    def unpause(self, dag_id: str) -> bool:
        try:
            self.request("PATCH", f"/api/v2/dags/{dag_id}", {"is_paused": False})
        except urllib.error.HTTPError as error:
            if error.code not in {404, 500}:  # SQLite may be locked while DAGs are parsed
                raise
            return False
        return True

    def trigger(self, dag_id: str, conf: Mapping[str, Any], **body: Any) -> str:
        """Start a run of a DAG as soon as the DAG is known; give the run's path."""
        deadline = time.monotonic() + SECONDS
        while not self.unpause(dag_id):  # not parsed yet
            assert time.monotonic() < deadline
            time.sleep(1)
        run = self.request("POST", f"/api/v2/dags/{dag_id}/dagRuns", {"logical_date": None, "conf": conf, **body})
        return f"/api/v2/dags/{dag_id}/dagRuns/{run['dag_run_id']}"

    def wait(self, path: str) -> dict[str, Any]:
        """Wait until a run has ended; give it, with its task instances."""
        deadline = time.monotonic() + SECONDS
        while (run := self.request("GET", path))["state"] not in ENDED and time.monotonic() < deadline:
            time.sleep(1)
        run["instances"] = self.request("GET", f"{path}/taskInstances")["task_instances"]
        return dict(run)

    def run(self, dag_id: str, conf: Mapping[str, Any]) -> dict[str, Any]:
        """Run a DAG to its end; give the run, with its task instances."""
        return self.wait(self.trigger(dag_id, conf))


def airflow_environment(home: Path, api: int, **settings: str) -> dict[str, str]:
    """Make a home with folders, and give the environment of an Airflow there whose API server has a port."""
    (home / "dags").mkdir(exist_ok=True)
    (home / "temporary").mkdir(exist_ok=True)
    worker_log, trigger_log = free_ports(2)
    environment = {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",  # it starts `airflow`
        "AIRFLOW_HOME": str(home),
        "TMPDIR": str(home / "temporary"),
        "AIRFLOW__CORE__DAGS_FOLDER": str(home / "dags"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
        "AIRFLOW__API__PORT": str(api),
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"http://localhost:{api}/execution/",
        "AIRFLOW__LOGGING__WORKER_LOG_SERVER_PORT": str(worker_log),
        "AIRFLOW__LOGGING__TRIGGER_LOG_SERVER_PORT": str(trigger_log),
        "AIRFLOW__SCHEDULER__SCHEDULER_IDLE_SLEEP_TIME": "0.1",
        **settings,
    }
    environment.pop("AIRFLOW__API_AUTH__JWT_SECRET", None)
    return environment


def copy_dags(home: Path, files: Iterable[Path]) -> None:
    for file in files:
        shutil.copy(file, home / "dags")


@contextlib.contextmanager
def running(command: str, environment: Mapping[str, str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Run a command of Airflow, and stop it with all that it started."""
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "airflow", *command.split()],
            env=environment,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
        try:
            yield process
        finally:
            # First to all, so that they end properly; what is left of them when the first has ended, is in a loop.
            for number in (signal.SIGTERM, signal.SIGKILL):
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(process.pid, number)
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(30)


@contextlib.contextmanager
def running_standalone(
    environment: Mapping[str, str], home: Path, login: Mapping[str, str] | None = None
) -> Iterator[Server]:
    """Run ``airflow standalone`` until it is healthy, and stop it in the end."""
    log = home / "standalone.log"
    with running("standalone", environment, log) as process:
        server = Server(f"http://localhost:{environment['AIRFLOW__API__PORT']}", home, login)
        server.wait_until_healthy(process, log, ("metadatabase", "scheduler", "dag_processor"))
        yield server

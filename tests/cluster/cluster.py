"""A running deployment, as who uses it sees it: starting DAGs through the REST API, and waiting for them."""

from __future__ import annotations

import contextlib
import shutil
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from tests.cluster.containers import Container
from tests.cluster.databases import dump
from tests.servers.airflow import free_ports

if TYPE_CHECKING:
    from collections.abc import Mapping

SECONDS = 240  # for anything to happen
WORKERS = ("left", "right")  # each has a queue of its name beside the one for all
DAGS = ("crossing.py", "waiting.py")


class Ports:
    """Free ports, in place of those that each container has for itself."""

    def __init__(self) -> None:
        self.postgres, self.redis, self.api, self.scheduler = free_ports(4)

    def addresses(self, s3: str) -> dict[str, str]:
        """Give each address in the file, with the one that stands for it here."""
        return {
            "postgres:5432": f"127.0.0.1:{self.postgres}",
            "redis:6379": f"127.0.0.1:{self.redis}",
            "http://s3:8333": s3,
            "api-server:8080": f"127.0.0.1:{self.api}",
            "localhost:8080": f"127.0.0.1:{self.api}",
            "localhost:8974": f"127.0.0.1:{self.scheduler}",
        }


class Cluster:
    """A running deployment.

    Attributes:
        secrets: What .env has.
        environment: What the file gives the workers.
        containers: The processes of its services that are Airflow's, by their names.
        home: Where they keep files.
    """

    def __init__(self, home: Path, secrets: Mapping[str, str], services: Mapping[str, Any], ports: Ports) -> None:
        self.home = home
        self.secrets = secrets
        self.containers: dict[str, Container] = {}
        self.environment: dict[str, str] = services["worker"]["environment"]
        self._services = services
        self._ports = ports
        self._client = httpx.Client(base_url=f"http://127.0.0.1:{ports.api}", timeout=60)

    def run_init(self) -> None:
        """Run what has to end before anything else starts."""
        init = self._container("init", "init")
        init.start()
        code = init.wait(SECONDS)
        assert code == 0, init.log.read_text()[-3000:]

    def start(self) -> None:
        for name in ("api-server", "scheduler", "dag-processor", "triggerer"):
            self._container(name, name).start()
        for name in WORKERS:
            added = ("--celery-hostname", f"celery@{name}", "--queues", f"default,{name}")
            self._container(name, "worker", *added).start()

    def stop(self) -> None:
        self._client.close()
        with ThreadPoolExecutor() as pool:
            list(pool.map(Container.stop, self.containers.values()))

    def wait_until_healthy(self) -> None:
        """Wait until the API server says that all of Airflow is well, and log in."""
        parts = ("metadatabase", "scheduler", "dag_processor", "triggerer")
        deadline = time.monotonic() + SECONDS
        while True:
            with contextlib.suppress(httpx.TransportError):
                health = self._client.get("/api/v2/monitor/health").json()
                if {health[part]["status"] for part in parts} == {"healthy"}:
                    break
            self._check(deadline, "Airflow did not become healthy")
        login = {"username": "admin", "password": self.secrets["AIRFLOW_ADMIN_PASSWORD"]}
        answer = self._client.post("/auth/token", json=login)
        assert answer.is_success, answer.text
        self._client.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"

    def request(self, method: str, path: str, **body: Any) -> dict[str, Any]:
        answer = self._client.request(method, f"/api/v2/{path}", json=body or None)
        assert answer.is_success, answer.text
        return dict(answer.json())

    def ask(self, path: str, **parameters: str) -> dict[str, Any]:
        """Ask the plugin's app in the API server."""
        answer = self._client.get(f"/airflow-artifacts/api/{path}", params=parameters)
        assert answer.is_success, answer.text
        return dict(answer.json())

    def trigger(self, dag_id: str, **conf: Any) -> str:
        """Start a run of a DAG as soon as the DAG is known; give the run's path."""
        deadline = time.monotonic() + SECONDS
        while (
            self._client.patch(f"/api/v2/dags/{dag_id}", json={"is_paused": False}).status_code
            == httpx.codes.NOT_FOUND
        ):
            self._check(deadline, f"{dag_id} is not known")
        run = self.request("POST", f"dags/{dag_id}/dagRuns", logical_date=None, conf=conf)
        return f"dags/{dag_id}/dagRuns/{run['dag_run_id']}"

    def wait(self, path: str) -> list[dict[str, Any]]:
        """Wait until a run has ended in success; give its task instances."""
        deadline = time.monotonic() + SECONDS
        while (run := self.request("GET", path))["state"] not in {"success", "failed"}:
            self._check(deadline, f"{path} is {run['state']}")
        instances = self.request("GET", f"{path}/taskInstances")["task_instances"]
        states = {each["task_id"]: each["state"] for each in instances}
        assert run["state"] == "success", f"{path}: {states}\n{self.last_words()}"
        return list(instances)

    def last_words(self) -> str:
        """Give the end of each log, for whoever looks for what went wrong."""
        logs = sorted(self.home.glob("*.log")) + sorted(self.home.glob("volumes/logs/dag_id=*/**/*.log"))
        return "\n".join(f"{log}:\n{log.read_text(errors='replace')[-1500:]}" for log in logs)

    def dump_database(self) -> bytes:
        return dump(self._ports.postgres, self._services["postgres"]["environment"])

    def _container(self, name: str, service: str, *arguments: str) -> Container:
        own = {
            "AIRFLOW__API__PORT": str(self._ports.api),
            "AIRFLOW__SCHEDULER__SCHEDULER_HEALTH_CHECK_SERVER_PORT": str(self._ports.scheduler),
            "AIRFLOW__LOGGING__TRIGGER_LOG_SERVER_PORT": str(free_ports(1)[0]),
            "AIRFLOW__LOGGING__WORKER_LOG_SERVER_PORT": str(free_ports(1)[0]),
            "AIRFLOW__SCHEDULER__SCHEDULER_IDLE_SLEEP_TIME": "0.1",
            "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT": "20",  # so that a killed worker is missed soon
            "AIRFLOW__CELERY__WORKER_CONCURRENCY": "2",
            "AIRFLOW__AIRFLOW_ARTIFACTS__PART_BYTES": "20000",  # so that parts are stored while a task runs
        }
        container = Container(name, self._services[service], self.home, own, *arguments)
        for dag in DAGS:
            shutil.copy(Path(__file__).parent / dag, Path(container.environment["AIRFLOW_HOME"]) / "dags")
        self.containers[name] = container
        return container

    def _check(self, deadline: float, problem: str) -> None:
        ended = [each.name for each in self.containers.values() if each.name != "init" and not each.is_running()]
        if time.monotonic() > deadline:
            pytest.fail(f"{problem}; ended: {ended or 'nothing'}\n{self.last_words()}")
        time.sleep(0.5)

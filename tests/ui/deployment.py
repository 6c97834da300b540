"""An Airflow with two API servers on one database: one has simple logins, the other has FAB's, below a path."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from airflow_artifacts import ArtifactClient
from tests.servers.airflow import (
    Server,
    airflow_environment,
    copy_dags,
    free_ports,
    running,
    running_standalone,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

PROJECT = Path(__file__).parents[2]
FOLDER = Path(__file__).parent
PASSWORD = "for tests only"  # noqa: S105 - and for nobody else
SUB_PATH = "/some/path"
FAB = "airflow.providers.fab.auth_manager.fab_auth_manager.FabAuthManager"
RUN = "ui:2026+1"  # has to be quoted in URLs
VERSIONS = ("1", "2", "3")
EXAMPLES = ("artifact_logging", "mapped_steps", "text_statistics")
OWN = ("hostile", "other_dag", "retried", "tables")


@dataclass
class Deployment:
    """Both servers, after the DAGs have run.

    Attributes:
        server: The one with simple logins, of ``admin`` and ``viewer``.
        url: Where it is.
        fab_url: Where the other one is, with the users of ``fab_users.py``.
        states: Of each run, the state of each task instance by ``task`` or ``task[map index]``.
    """

    server: Server
    url: str
    fab_url: str
    states: dict[str, dict[str, str]]

    @property
    def client(self) -> ArtifactClient:
        """Reads what lies on the disk."""
        return ArtifactClient((self.server.home / "artifacts").as_uri())


def run_dags(server: Server) -> dict[str, dict[str, str]]:
    """Run all DAGs side by side, and wait for them."""
    output = {"output_path": str(server.home / "data_set")}
    paths = [
        server.trigger(f"example_{name}", output if name == "text_statistics" else {}, dag_run_id=RUN)
        for name in EXAMPLES
    ]
    paths += [server.trigger(name, {}, dag_run_id=RUN) for name in OWN]
    # Runs of one DAG one after the other: the numbers of versions are those of the runs.
    paths += [server.trigger("versions", {"number": each}, dag_run_id=each) for each in VERSIONS]
    return {path.removeprefix("/api/v2/dags/"): _states(server.wait(path)) for path in paths}


def _states(run: dict[str, Any]) -> dict[str, str]:
    return {
        each["task_id"] if each["map_index"] < 0 else f"{each['task_id']}[{each['map_index']}]": each["state"]
        for each in run["instances"]
    }


@contextlib.contextmanager
def running_deployment(home: Path) -> Iterator[Deployment]:
    port, fab_port = free_ports(2)
    passwords = home / "passwords.json"
    passwords.write_text(json.dumps(dict.fromkeys(("admin", "viewer"), PASSWORD)))
    environment = airflow_environment(
        home,
        port,
        AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS="admin:ADMIN,viewer:VIEWER",
        AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE=str(passwords),
        AIRFLOW__API__HOST="127.0.0.1",
        AIRFLOW__CORE__PARALLELISM="3",
        MPLCONFIGDIR=str(home / "matplotlib"),
    )
    fab_url = f"http://localhost:{fab_port}{SUB_PATH}"
    fab = {
        **environment,
        "AIRFLOW__CORE__AUTH_MANAGER": FAB,
        "AIRFLOW__API__PORT": str(fab_port),
        "AIRFLOW__API__BASE_URL": fab_url,
    }
    copy_dags(home, [PROJECT / "dags" / f"example_{name}.py" for name in EXAMPLES])
    copy_dags(home, sorted((FOLDER / "dags").glob("*.py")))
    made = subprocess.run(
        [sys.executable, FOLDER / "fab_users.py", PASSWORD], env=fab, capture_output=True, text=True, check=False
    )
    assert made.returncode == 0, made.stderr[-3000:]
    login = {"username": "admin", "password": PASSWORD}
    log = home / "fab.log"
    with running_standalone(environment, home, login) as server:
        states = run_dags(server)
        with running("api-server --workers 1", fab, log) as process:
            fab_login = {"username": "fab_admin", "password": PASSWORD}
            Server(fab_url, home, fab_login).wait_until_healthy(process, log, ["metadatabase"])
            yield Deployment(server, server.url, fab_url, states)

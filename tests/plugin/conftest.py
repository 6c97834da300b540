"""The API server in this process, and users who ask it."""

from __future__ import annotations

import os
import warnings
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest

from airflow_artifacts.artifacts import ArtifactRepository
from airflow_artifacts.storage import Producer
from tests.plugin.auth_manager import ONLY

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from fastapi.testclient import TestClient

PREFIX = "/airflow-artifacts"


@pytest.fixture(scope="session")
def server(airflow_home: Path) -> Iterator[TestClient]:
    """The API server, whose auth manager knows of rights for single DAGs."""
    os.environ["AIRFLOW__CORE__AUTH_MANAGER"] = "tests.plugin.auth_manager.AuthManagerWithDags"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Airflow's own, while it starts
        from airflow.api_fastapi.app import create_app
        from fastapi.testclient import TestClient

        yield TestClient(create_app(), base_url="http://testserver", follow_redirects=False)
    del os.environ["AIRFLOW__CORE__AUTH_MANAGER"]


class Client:
    """A user who asks the app."""

    def __init__(self, server: TestClient, username: str | None) -> None:
        self._server = server
        self._headers = {} if username is None else {"Authorization": f"Bearer {_token(username)}"}

    def get(self, path: str, headers: dict[str, str] | None = None, **parameters: Any) -> Any:
        """Ask for a path below the app, with the query's parameters."""
        wanted = {key: value for key, value in parameters.items() if value is not None}
        headers = {**self._headers, **(headers or {})}
        return self._server.get(f"{PREFIX}/{path}", params=wanted or None, headers=headers)

    def json(self, path: str, **parameters: Any) -> Any:
        """Ask for what is there, and give it."""
        answer = self.get(path, **parameters)
        assert answer.status_code == 200, answer.text
        return answer.json()


def _token(username: str) -> str:
    from airflow.api_fastapi.app import get_auth_manager
    from airflow.api_fastapi.auth.managers.simple.user import SimpleAuthManagerUser

    token: str = get_auth_manager().generate_jwt(SimpleAuthManagerUser(username=username, role="VIEWER"))
    return token


@pytest.fixture
def viewer(server: TestClient) -> Client:
    """A user who may read all."""
    return Client(server, "viewer")


@pytest.fixture
def only(server: TestClient) -> Callable[[str], Client]:
    """Gives a user who may read one DAG."""
    return lambda dag_id: Client(server, f"{ONLY}{dag_id}")


@pytest.fixture
def nobody(server: TestClient) -> Client:
    """Somebody who is not logged in."""
    return Client(server, None)


@pytest.fixture
def repository(root: Path) -> ArtifactRepository:
    """The artifacts below the configured root, as tasks and scripts save them."""
    from airflow_artifacts.runtime import open_root

    return ArtifactRepository(open_root())


def made_by(dag_id: str, task_id: str = "make", run_id: str = "run+1", **more: Any) -> Producer:
    """An attempt that Airflow knows nothing of."""
    return Producer(dag_id, run_id, task_id, **{"attempt": str(uuid4()), **more})

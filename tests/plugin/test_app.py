from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import pytest
from airflow.sdk import DAG

from airflow_artifacts.operators import StepOperator
from airflow_artifacts.steps import GeneratorStep

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from fastapi.testclient import TestClient

    from airflow_artifacts.steps import GeneratorStepOutput


class Makes(GeneratorStep):
    def process(self, offset: int = 0) -> GeneratorStepOutput:
        self.save_artifact("note", lambda path: (path / "manifest.json").write_text("hello"), {"a": 1})
        yield [{"n": 1}, {"n": 2, "m": 3}], True


@pytest.fixture(scope="module")
def client(airflow_home: Path) -> TestClient:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Airflow's own, while it starts
        from airflow.api_fastapi.app import create_app
        from fastapi.testclient import TestClient

        return TestClient(create_app(), base_url="http://testserver")


@pytest.fixture
def token(client: TestClient) -> str:
    from airflow.api_fastapi.app import get_auth_manager
    from airflow.api_fastapi.auth.managers.simple.user import SimpleAuthManagerUser

    return get_auth_manager().generate_jwt(SimpleAuthManagerUser(username="viewer", role="VIEWER"))


def test_plugin_is_loaded(client: TestClient) -> None:
    from airflow.plugins_manager import _get_plugins

    plugins, errors = _get_plugins()
    assert "airflow_artifacts" in {plugin.name for plugin in plugins}
    assert not errors


def test_attempts_are_listed(
    client: TestClient, token: str, run_and_collect: Callable[..., Any], root: Path
) -> None:
    with DAG("shown", schedule=None) as dag:
        StepOperator(task_id="make", step=Makes())
    results = run_and_collect(dag)
    url = f"/airflow-artifacts/dags/shown/runs/{results.run.run_id.replace('+', '%2B')}/tasks/make/-1"
    answer = client.get(url, headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 200
    (attempt,) = answer.json()["attempts"]
    assert attempt["rows"]["count"] == 2
    assert attempt["rows"]["columns"] == {"n": 2, "m": 1}
    (artifact,) = attempt["artifacts"]
    assert (artifact["name"], artifact["metadata"]) == ("note", {"a": 1})
    for key in root.rglob("make/-1/*/manifest.json"):
        key.write_text("{}")
    broken = client.get(url, headers={"Authorization": f"Bearer {token}"})
    assert (broken.status_code, "is damaged" in broken.text) == (502, True)


def test_a_task_instance_that_kept_nothing_has_no_attempts(client: TestClient, token: str, root: Path) -> None:
    url = "/airflow-artifacts/dags/shown/runs/x/tasks/y/-1"
    assert client.get(url, headers={"Authorization": f"Bearer {token}"}).json()["attempts"] == []


@pytest.mark.parametrize(
    ("path", "status"),
    [("dags/d/runs/r/tasks/t/-1", 401), ("docs", 404), ("openapi.json", 404), ("redoc", 404)],
)
def test_nothing_is_open(client: TestClient, path: str, status: int) -> None:
    assert client.get(f"/airflow-artifacts/{path}").status_code == status

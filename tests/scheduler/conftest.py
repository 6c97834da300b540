"""A real Airflow for the tests of this folder, started once, with LocalExecutor."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.servers.airflow import airflow_environment, copy_dags, free_ports, running_standalone

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.servers.airflow import Server

PROJECT = Path(__file__).parents[2]
EXAMPLES = ("artifact_consumer", "artifact_logging", "text_statistics")


@pytest.fixture(scope="session", autouse=True)
def _asked_for(request: pytest.FixtureRequest) -> None:
    if not request.config.getoption("--run-scheduler"):
        pytest.skip("starts a real Airflow for some minutes: run it with `make test-scheduler`")


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    home = tmp_path_factory.mktemp("home")
    environment = airflow_environment(
        home,
        free_ports(1)[0],
        AIRFLOW__AIRFLOW_ARTIFACTS__PART_BYTES="20000",
        AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS="True",
    )
    copy_dags(home, [PROJECT / "dags" / f"example_{name}.py" for name in EXAMPLES])
    copy_dags(home, [Path(__file__).parent / name for name in ("meeting.py", "dying.py", "publishing.py")])
    with running_standalone(environment, home) as running:
        yield running

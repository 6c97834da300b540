"""A deployment for the tests of this folder, started once."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.cluster.databases import postgres_programs
from tests.cluster.deploying import running_cluster

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.cluster.cluster import Cluster


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--run-cluster", action="store_true", help="run the tests that start a whole deployment")


@pytest.fixture(scope="session", autouse=True)
def _asked_for(request: pytest.FixtureRequest) -> None:
    if not request.config.getoption("--run-cluster", default=False):
        pytest.skip("starts a whole deployment for some minutes: run it with `make test-cluster`")
    if postgres_programs() is None or shutil.which("redis-server") is None:
        pytest.skip("PostgreSQL and Redis are not on this machine: apt-get install postgresql redis-server")


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    with tempfile.TemporaryDirectory(prefix="airflow-cluster-") as folder:
        home = Path(folder)
        home.chmod(0o711)  # PostgreSQL runs as a user of its own
        with running_cluster(home) as running:
            yield running


@pytest.fixture
def s3(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> str:
    """The URL of the root, which this process can open as well."""
    for name, value in cluster.environment.items():
        if name.startswith("AWS_"):
            monkeypatch.setenv(name, value)
    return cluster.environment["AIRFLOW__AIRFLOW_ARTIFACTS__ROOT"]

"""A home and a database of Airflow for the tests that need one, made before anything imports Airflow."""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from airflow.models.dagrun import DagRun
    from airflow.sdk import DAG

_HOME = Path(tempfile.mkdtemp(prefix="airflow-artifacts-tests-"))
(_HOME / "dags").mkdir()
os.environ.update(
    AIRFLOW_HOME=str(_HOME),
    AIRFLOW__CORE__DAGS_FOLDER=str(_HOME / "dags"),
    AIRFLOW__CORE__LOAD_EXAMPLES="False",
    AIRFLOW__API_AUTH__JWT_SECRET="for tests only, " * 4,
    AIRFLOW__LOGGING__LOGGING_LEVEL="WARNING",
    GCSFS_EXPERIMENTAL_ZB_HNS_SUPPORT="false",  # of buckets that the server of the tests does not have
    HF_ENDPOINT="http://127.0.0.1:9",  # where nothing answers: tests have a Hub of their own
    HF_HOME=str(_HOME / "huggingface"),
    MPLCONFIGDIR=str(_HOME / "matplotlib"),
)
os.environ.pop("AIRFLOW__AIRFLOW_ARTIFACTS__ROOT", None)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--run-scheduler", action="store_true", help="run the tests that start a real scheduler")
    parser.addoption(
        "--run-storage", action="store_true", help="fetch all servers of stores, and run the thorough tests too"
    )


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line(
        "markers", "thorough: takes long, and runs with --run-storage only (make test-storage)"
    )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if not config.getoption("--run-storage"):
        thorough = [item for item in items if item.get_closest_marker("thorough")]
        items[:] = [item for item in items if not item.get_closest_marker("thorough")]
        config.hook.pytest_deselected(items=thorough)


def pytest_sessionfinish() -> None:
    shutil.rmtree(_HOME, ignore_errors=True)


@pytest.fixture
def interrupts() -> Iterator[None]:
    """Let SIGINT arrive, here and in programs, also where a shell started the tests in the background."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture(scope="session")
def airflow_home() -> Path:
    """The home of Airflow, with a database."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Airflow's own, while it starts
        from airflow.dag_processing.bundles.manager import DagBundlesManager
        from airflow.utils.db import initdb

        initdb()
        DagBundlesManager().sync_bundles_to_db()  # type: ignore[no-untyped-call]
    return _HOME


@pytest.fixture
def root(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """An empty root of artifacts, configured as a user would."""
    folder = tmp_path / "root"
    monkeypatch.setenv("AIRFLOW__AIRFLOW_ARTIFACTS__ROOT", folder.as_uri())
    return folder


@pytest.fixture
def run_dag(airflow_home: Path, root: Path) -> Callable[..., DagRun]:
    """Runs a DAG as ``airflow dags test`` does, tasks in this process, on a database of its own."""
    from airflow.dag_processing.dagbag import DagBag, sync_bag_to_db

    def run(dag: DAG, **conf: Any) -> DagRun:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Airflow's own
            bag = DagBag(dag_folder=str(airflow_home / "dags"))
            bag.bag_dag(dag)
            sync_bag_to_db(bag, "dags-folder", None)
            finished: DagRun = dag.test(run_conf=conf)
            return finished

    return run


class Results:
    """What the tasks of a run left in XCom."""

    def __init__(self, run: DagRun) -> None:
        self.run = run

    @property
    def states(self) -> dict[str, str]:
        """State of each task instance, by task id, or ``task[map index]``."""
        return {
            ti.task_id if ti.map_index < 0 else f"{ti.task_id}[{ti.map_index}]": str(ti.state)
            for ti in self.run.get_task_instances()
        }

    def xcom(self, task_id: str, key: str = "return_value", map_index: int = -1) -> Any:
        """Value of an XCom."""
        from airflow.models.xcom import XComModel
        from airflow.utils.session import create_session

        with create_session() as session:
            query = XComModel.get_many(
                run_id=self.run.run_id, key=key, task_ids=task_id, dag_ids=self.run.dag_id, map_indexes=map_index
            )
            row = session.execute(query).scalars().first()
            return None if row is None else XComModel.deserialize_value(row)

    def rows(self, task_id: str, map_index: int = -1) -> list[dict[str, Any]]:
        """The rows that a task made."""
        from airflow_artifacts.rows import read_rows

        return list(
            read_rows(self.xcom(task_id, map_index=map_index), root=os.environ["AIRFLOW__AIRFLOW_ARTIFACTS__ROOT"])
        )


@pytest.fixture
def run_and_collect(run_dag: Callable[..., DagRun]) -> Callable[..., Results]:
    """Runs a DAG and gives what its tasks left in XCom."""
    return lambda dag, **conf: Results(run_dag(dag, **conf))

"""Ours, in tasks of a DAG that ``dag.test()`` runs in this process, its API server included."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from airflow.dag_processing.bundles.manager import DagBundlesManager
from airflow.dag_processing.dagbag import DagBag, sync_bag_to_db
from airflow.providers.standard.operators.python import PythonOperator
from airflow.sdk import DAG, chain
from airflow.utils.db import initdb

from benchmarks._artifacts.measuring import Job, Meter, parse

if TYPE_CHECKING:
    from pathlib import Path

    from airflow.sdk import BaseOperator, Context


def measure(job: Job, meter: Meter, count: int) -> None:
    """Save artifacts in the task that runs."""
    meter.begin()
    from airflow_artifacts import log_artifact, save_artifact

    def log(path: Path) -> object:
        return log_artifact(path, f"of_{count}")

    def save(path: Path) -> object:
        return save_artifact(f"of_{count}/{path.stem}", path.read_bytes())

    meter.measure(count, {"log_artifact": log, "save_artifact": save}[job.call])


def make_task(job: Job, meter: Meter, count: int, found: list[int]) -> BaseOperator:
    """Make the task that saves so many artifacts, and then counts what others can see of them."""

    def end(_: Context) -> None:
        from airflow_artifacts.client import ArtifactClient

        meter.end(count)
        found.append(len(ArtifactClient(job.root).list_artifacts(f"of_{count}/")))

    # The one hook that Airflow calls when XComs are pushed and asset events told.
    return PythonOperator(
        task_id=f"save_{count}",
        python_callable=measure,
        op_args=[job, meter, count],
        on_success_callback=end,
    )


def main() -> None:
    """Save with the package of this checkout."""
    job = parse()
    if job.is_preparing:
        initdb()
        DagBundlesManager().sync_bundles_to_db()  # type: ignore[no-untyped-call]
        return
    meter = Meter("airflow-artifacts", job)
    found: list[int] = []
    with DAG("bench", schedule=None) as dag:
        chain(*(make_task(job, meter, count, found) for count in job.counts))
    bag = DagBag(os.environ["AIRFLOW__CORE__DAGS_FOLDER"])
    bag.bag_dag(dag)
    sync_bag_to_db(bag, "dags-folder", None)
    run = dag.test()
    assert str(run.state) == "success", run.state
    meter.write(sum(found))


if __name__ == "__main__":
    main()

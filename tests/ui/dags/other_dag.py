"""A DAG that a user may read who may read no other."""

from __future__ import annotations

from airflow.sdk import DAG, task

from airflow_artifacts import log_text


@task
def write() -> None:
    log_text("Only of the other one.\n", "other/note.txt", metadata={"secret": "of the other one"}, tags=["other"])


with DAG("other_dag", schedule=None, tags=["other"]):
    write()

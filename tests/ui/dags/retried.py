"""A DAG whose task logs an artifact and fails in its first try; another one fails for good."""

from __future__ import annotations

from datetime import timedelta

from airflow.sdk import DAG, get_current_context, task

from airflow_artifacts import log_text


@task(retries=1, retry_delay=timedelta(seconds=1))
def recovers() -> None:
    try_number = get_current_context()["ti"].try_number
    log_text(f"try {try_number}\n", f"retried/try-{try_number}.txt")
    if try_number == 1:
        raise RuntimeError("the first try fails")


@task
def fails() -> None:
    log_text("before it failed\n", "retried/failed.txt")
    raise RuntimeError("it always fails")


with DAG("retried", schedule=None):
    recovers()
    fails()

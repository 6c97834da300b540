"""Where am I: the task's context, the deployment's settings, and the store they name."""

from __future__ import annotations

import contextlib
import gc
from typing import TYPE_CHECKING, Any

from airflow.sdk import conf
from airflow.sdk.exceptions import AirflowFailException

from airflow_artifacts.exceptions import ArtifactsError, UrlError
from airflow_artifacts.rows import Rows, find_refs
from airflow_artifacts.settings import SECTION, Settings
from airflow_artifacts.storage import Producer, connection_of, open_store, without_credentials

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from fsspec import AbstractFileSystem

    from airflow_artifacts.storage import ObjectStore


def get_settings() -> Settings:
    """Read ``[airflow_artifacts]`` from Airflow's configuration.

    Raises:
        ConfigurationError: An option's text is not a valid value.
    """
    return Settings.from_options(lambda option: conf.get(SECTION, option, fallback=None))


def open_root() -> ObjectStore:
    """Open the store at the configured root.

    Raises:
        UrlError: The root names a connection that does not exist, or a scheme that nothing serves.
    """
    root = get_settings().root
    return open_store(root, filesystem_for(root))


def filesystem_for(url: str, storage_options: Mapping[str, Any] | None = None) -> AbstractFileSystem | None:
    """Give the file system of a URL of the form ``s3://conn_id@bucket/...``, with the connection's credentials.

    None where the URL names no connection: its credentials are the environment's.

    Raises:
        UrlError: The connection does not exist, or no provider serves the scheme.
    """
    scheme, conn_id = url.partition("://")[0], connection_of(url)
    if conn_id is None:
        return None
    from airflow.sdk.io import get_fs, has_fs

    # Airflow's file systems would take a connection that does not exist for anonymous access.
    _require_connection(conn_id, url)
    if not has_fs(scheme):
        raise UrlError(
            without_credentials(url), f"no installed provider serves {scheme}:// with a connection. Install one."
        )
    return get_fs(scheme, conn_id, dict(storage_options or {}))


def _require_connection(conn_id: str, url: str) -> None:
    from airflow.sdk import BaseHook
    from airflow.sdk.exceptions import AirflowNotFoundException

    try:
        BaseHook.get_connection(conn_id)
    except AirflowNotFoundException as error:
        raise UrlError(without_credentials(url), f"there is no connection {conn_id!r}. Create it.") from error


def get_producer(context: Mapping[str, Any]) -> Producer:
    """Say which attempt of which task instance is running."""
    instance = context["ti"]
    logical_date = context.get("logical_date")
    return Producer(
        dag_id=instance.dag_id,
        run_id=instance.run_id,
        task_id=instance.task_id,
        map_index=-1 if instance.map_index is None else instance.map_index,
        try_number=instance.try_number,
        attempt=str(instance.id),
        logical_date=logical_date.isoformat() if logical_date else None,
    )


@contextlib.contextmanager
def final_failures() -> Iterator[None]:
    """Fail the task for good, without the retries it has left, for an error that they cannot help."""
    try:
        yield
    except ArtifactsError as error:
        if error.retryable:
            raise
        raise AirflowFailException(str(error)) from error


@contextlib.contextmanager
def settled_memory() -> Iterator[None]:
    """Keep the garbage collector from looking at what is there already.

    A task process holds some hundred thousand objects of Airflow, which live as long as it does. Looking at them
    again and again took half of the CPU time of passing rows on.
    """
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


def read_rows(ref: object) -> Rows:
    """Open the rows of a ref, or of a list of refs, below the configured root.

    Args:
        ref: What a StepOperator returned: the dictionary in its XCom, or a list of them.

    Raises:
        InvalidRefError: The value is not a ref of rows.
    """
    return Rows(open_root(), find_refs(ref))

"""Where am I: the task's context, the deployment's settings, and the store they name."""

from __future__ import annotations

import contextlib
import gc
from typing import TYPE_CHECKING, Any

from airflow.sdk import conf
from airflow.sdk.exceptions import AirflowFailException
from airflow.sdk.log import redact  # type: ignore[attr-defined] # it does not say that it exports it

from airflow_artifacts.connections import filesystem_for, login_for
from airflow_artifacts.exceptions import ArtifactsError
from airflow_artifacts.hooks.huggingface import DEFAULT_CONNECTION, HuggingFaceHook
from airflow_artifacts.rows import Rows, find_refs
from airflow_artifacts.settings import SECTION, Settings
from airflow_artifacts.storage import Producer, open_filesystem, open_store, path_on, split_connection
from airflow_artifacts.storage.secrets import add_redactor

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from fsspec import AbstractFileSystem

    from airflow_artifacts.hub import HubLogin
    from airflow_artifacts.storage import ObjectStore

add_redactor(lambda text: str(redact(text)))  # in Airflow, also what Airflow knows to be secret


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
    return open_url(get_settings().root)


def open_url(url: str) -> ObjectStore:
    """Open the store at a URL, with the credentials of the connection that it names, else the environment's.

    Raises:
        UrlError: It names a connection that does not exist, or a scheme that nothing serves.
        MissingExtraError: The package or the provider for the URL's scheme is not installed.
    """
    settings = get_settings()
    return open_store(url, login_for(url), transfer_bytes=settings.transfer_bytes, http_hosts=settings.http_hosts)


def open_source(url: str, storage_options: Mapping[str, Any]) -> tuple[AbstractFileSystem, str]:
    """Give the file system of a URL or local path, and the path on it, for whoever reads files from there.

    Args:
        url: A URL, with a connection or without one, or a local path.
        storage_options: What the file system is made with.

    Raises:
        UrlError: It names a connection that does not exist, or a scheme that nothing serves.
        MissingExtraError: The package or the provider for the URL's scheme is not installed.
    """
    scheme, place = url.partition("://")[0], split_connection(url)[1]
    login = login_for(url) if scheme in {"http", "https"} else None
    if callable(login):
        return open_filesystem(place, {**login(), **storage_options}, get_settings().http_hosts)
    filesystem = filesystem_for(url, storage_options)
    if filesystem is None:
        return open_filesystem(url, storage_options, get_settings().http_hosts)
    return filesystem, path_on(filesystem, place)


def hub_login(hf_conn_id: str = DEFAULT_CONNECTION) -> HubLogin:
    """Give the login to the Hugging Face Hub of a connection, else of the environment.

    Raises:
        HubRefusedError: There is no such connection, and it is not the default one.
        MissingExtraError: huggingface_hub is not installed.
    """
    return HuggingFaceHook(hf_conn_id).get_login()


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

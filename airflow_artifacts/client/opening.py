"""From a root, or the configured one, to its artifacts."""

from __future__ import annotations

import functools
import os
from typing import TYPE_CHECKING

from airflow_artifacts.artifacts import Access, ArtifactRepository, ArtifactVersion
from airflow_artifacts.artifacts.access import new_folder
from airflow_artifacts.attempt import current_attempt
from airflow_artifacts.settings import SECTION, Settings, check_root
from airflow_artifacts.storage import connection_of, open_store

if TYPE_CHECKING:
    from pathlib import Path

    from airflow_artifacts.storage import ObjectStore


def open_repository(root: str | os.PathLike[str] | None) -> ArtifactRepository:
    """Open the artifacts below a root; without one, below the running task's, or the configured one.

    Raises:
        ConfigurationError: The root cannot be used.
    """
    attempt = current_attempt()
    if root is None and attempt is not None:
        return attempt.repository
    # Airflow takes seconds to import: a script that gives its root, or has it in the environment, does without.
    is_known = root is not None or f"AIRFLOW__{SECTION}__ROOT".upper() in os.environ
    if attempt is None and is_known:
        settings = Settings.from_environment()
    else:
        from airflow_artifacts.runtime import get_settings

        settings = get_settings()
    root = settings.root if root is None else check_root(os.fspath(root))
    access = Access(settings.allow_pickle, _new_folder, _add_read, functools.partial(_open_url, settings))
    return ArtifactRepository(_open_url(settings, root), access)


def _open_url(settings: Settings, url: str) -> ObjectStore:
    login = None
    if connection_of(url) is not None:
        from airflow_artifacts.connections import login_for

        login = login_for(url)
    return open_store(url, login, transfer_bytes=settings.transfer_bytes, http_hosts=settings.http_hosts)


# A client that is made while a DAG file is parsed is used in tasks later: who reads is asked at each read.
def _new_folder() -> Path:
    attempt = current_attempt()
    return new_folder() if attempt is None else attempt.new_folder()


def _add_read(version: ArtifactVersion) -> None:
    attempt = current_attempt()
    if attempt is not None and version.root == attempt.repository.store.root:
        attempt.add_read(version)

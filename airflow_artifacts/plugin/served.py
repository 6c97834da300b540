"""The root that is served: its store, its artifacts and their catalogue, opened once for the process."""

from __future__ import annotations

import logging
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from airflow_artifacts.artifacts import Access, ArtifactRepository
from airflow_artifacts.artifacts.catalogue import Catalogue
from airflow_artifacts.distiset.publications import Publications
from airflow_artifacts.exceptions import ArtifactsError
from airflow_artifacts.runtime import get_settings, open_url
from airflow_artifacts.storage import LocalObjectStore

if TYPE_CHECKING:
    from airflow_artifacts.storage import ObjectStore

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Served:
    """What is served of a root.

    Attributes:
        store: Its store.
        repository: Its artifacts.
        catalogue: All versions of them.
        publications: The data sets that refer to them.
    """

    store: ObjectStore
    repository: ArtifactRepository
    catalogue: Catalogue
    publications: Publications


_REOPENED_AFTER = 60.0  # seconds
_READ_LIMIT = 64 * 1024 * 1024  # bytes; a record of 500,000 files has less

_opened: dict[str, tuple[Served, float]] = {}
_opening = threading.Lock()


def get_served() -> Served:
    """Give what is served of the configured root.

    It is opened anew, after a while, where the store does not answer: its connection may have been changed.

    Raises:
        ConfigurationError: A setting is not valid.
        UrlError: The root cannot be opened.
    """
    root = get_settings().root
    with _opening:
        served, moment = _opened.get(root, (None, 0.0))
        if served is None or (served.catalogue.is_failing and time.monotonic() > moment + _REOPENED_AFTER):
            served = _open(root)
            _opened.clear()
            _opened[root] = served, time.monotonic()
        return served


def _open(root: str) -> Served:
    store = open_url(root)
    if isinstance(store, LocalObjectStore):
        store = LocalObjectStore(store.folder, is_confined=True)
    store.read_limit = _READ_LIMIT
    return Served(
        store, ArtifactRepository(store, Access(open_source=open_url)), Catalogue(store), Publications(store)
    )


def warm() -> threading.Thread:
    """Read the catalogue in the background, so that nobody has to wait for it.

    Returns:
        The thread that does so.
    """

    def read() -> None:
        try:
            served = get_served()
            served.catalogue.refresh()
            served.publications.refresh()
        except ArtifactsError as error:  # whoever opens the page sees it
            logger.warning("The artifacts could not be listed yet: %s", error)

    thread = threading.Thread(target=read, name="airflow-artifacts-catalogue", daemon=True)
    thread.start()
    return thread

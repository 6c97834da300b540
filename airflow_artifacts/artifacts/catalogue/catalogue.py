"""What is asked of the catalogue, by any number of threads."""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow_artifacts.artifacts.catalogue.registries import Registries
from airflow_artifacts.artifacts.watched import Refreshed

if TYPE_CHECKING:
    from airflow_artifacts.artifacts.catalogue.entries import Entry
    from airflow_artifacts.artifacts.catalogue.query import Query
    from airflow_artifacts.artifacts.catalogue.snapshot import Children, Facets, Page, Series, Snapshot
    from airflow_artifacts.artifacts.watched import MayRead
    from airflow_artifacts.storage import ObjectStore


class Catalogue:
    """All versions of all artifacts below a root, for lists.

    The first question reads all records; later ones look what is new, at most once a second. A version that a user
    may not read is in no answer and in no number, but in that of hidden children. ``may_read`` is called with the
    DAG that made a version, or with None for what no DAG made, once for each DAG in a call.

    Args:
        store: The store of the root.
    """

    def __init__(self, store: ObjectStore) -> None:
        self._refreshed: Refreshed[Snapshot] = Refreshed(f"The catalogue of {store.root}", Registries(store).look)

    @property
    def as_of(self) -> str | None:
        """When the store was last looked at, ISO 8601 in UTC; None where it never was."""
        return self._refreshed.as_of

    @property
    def is_failing(self) -> bool:
        """Whether the store failed when it was looked at last."""
        return self._refreshed.is_failing

    def refresh(self) -> None:
        """Look at the store, also where that was done just now.

        Raises:
            StorageError: The store failed, and nothing is known yet.
        """
        self._refreshed.refresh()

    def find(self, query: Query, may_read: MayRead) -> Page:
        """List versions.

        Raises:
            StorageError: The store failed, and nothing is known yet.
        """
        look = self._refreshed.get()
        return look.value.find(query, may_read, look.as_of)

    def find_all(self, query: Query, may_read: MayRead) -> list[Entry]:
        """List versions, all that there are at one moment: the query's limit and offset do not count.

        Raises:
            StorageError: The store failed, and nothing is known yet.
        """
        return self._refreshed.get().value.find_all(query, may_read)

    def get(self, name: str, version: int) -> Entry | None:
        """Give a version, for whoever knows who may see it; None where there is none, or it is deleted.

        Raises:
            StorageError: The store failed, and nothing is known yet.
        """
        return self._refreshed.get().value.get(name, version)

    def facets(self, may_read: MayRead) -> Facets:
        """Say what there is to choose from in a query.

        Raises:
            StorageError: The store failed, and nothing is known yet.
        """
        return self._refreshed.get().value.facets(may_read)

    def series(self, name: str, may_read: MayRead) -> Series:
        """Give the numbers in the metadata of the newest thousand versions of a name, the size included.

        Raises:
            StorageError: The store failed, and nothing is known yet.
        """
        return self._refreshed.get().value.series(name, may_read)

    def children(self, name: str, version: int, may_read: MayRead) -> Children:
        """List the versions that name a version as one that they were made of, the newest 200 that may be seen.

        Raises:
            StorageError: The store failed, and nothing is known yet.
        """
        return self._refreshed.get().value.children(name, version, may_read)

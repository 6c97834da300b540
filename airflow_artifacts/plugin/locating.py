"""Where the bytes of the files of an artifact are, if the API server may read them."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from airflow_artifacts.artifacts.sources import open_recorded
from airflow_artifacts.exceptions import ArtifactNotFoundError, DamagedObjectError
from airflow_artifacts.runtime import get_settings, open_url
from airflow_artifacts.storage import LocalObjectStore, local_path, split_connection

if TYPE_CHECKING:
    from collections.abc import Iterator

    from airflow_artifacts.artifacts import ArtifactVersion, FileRecord
    from airflow_artifacts.storage import ObjectStore


class Located(NamedTuple):
    """A file of an artifact, and where it is."""

    store: ObjectStore
    key: str
    file: FileRecord


def serving_place(source: str) -> str | None:
    """Give the configured place from which the API server reads a source, None where it may not.

    A task may register any URL. What lies there is read by workers, with the rights of workers. The API server
    reads only where the deployment says so, and never by a way around what is allowed below the root.
    """
    settings = get_settings()
    if _overlap(source, settings.root):
        return None
    return next((place for place in settings.served_sources if _is_within(source, place)), None)


def _overlap(one: str, other: str) -> bool:
    one, other = _normal(one), _normal(other)
    return _is_within(one, other) or _is_within(other, one)


def _normal(url: str) -> str:
    """Write a URL without a connection, and a local path without links."""
    scheme, separator, _ = url.partition("://")
    if not separator or scheme in {"file", "local"}:
        return str(local_path(url).resolve())
    return split_connection(url)[1]


def _is_within(url: str, place: str) -> bool:
    return url == place or url.startswith(f"{place.rstrip('/')}/")


def is_served(source: str | None) -> bool:
    """Say whether the API server reads the files of an artifact; those below the root have no source."""
    return source is None or serving_place(source) is not None


class ServedFiles:
    """The files of a version of an artifact.

    Args:
        store: The store of the root.
        version: The version.

    Raises:
        ArtifactNotFoundError: They are kept where the API server may not read.
        DamagedObjectError: A link leads out of the folder that is served.
        UrlError: They are kept at a URL that cannot be opened.
    """

    def __init__(self, store: ObjectStore, version: ArtifactVersion) -> None:
        self._version = version
        self._files = {file.path: file for file in version.files}
        source = version.source
        if source is None:
            self._store, self._keys = store, {path: f"{version.path}/{path}" for path in self._files}
            return
        place = serving_place(source)
        if place is None:
            raise ArtifactNotFoundError(
                f"file of {version.uri} for the UI",
                "Its files are kept elsewhere. `airflow artifacts download` fetches them; the setting "
                "[airflow_artifacts] served_sources names the places that the API server reads.",
            )
        found = open_recorded(version.record, open_url)
        self._store, self._keys = _confined(found.store, place), dict(found.keys)

    def __iter__(self) -> Iterator[Located]:
        return map(self.locate, self._files)

    def locate(self, path: str) -> Located:
        """Find a file by its path in the artifact.

        Raises:
            ArtifactNotFoundError: There is no such file.
        """
        if path not in self._files:
            raise ArtifactNotFoundError(f"file {path!r} in {self._version.uri}", "It may be in another version.")
        return Located(self._store, self._keys[path], self._files[path])


def _confined(store: ObjectStore, place: str) -> ObjectStore:
    """Give a store that is not led out of a place by a link on a disk.

    Raises:
        DamagedObjectError: A link leads out of it already.
    """
    if not isinstance(store, LocalObjectStore):
        return store
    if not store.folder.resolve().is_relative_to(local_path(place).resolve()):
        raise DamagedObjectError(store.root, "it is a link that leads out of the folder that is served")
    return LocalObjectStore(store.folder, is_confined=True)

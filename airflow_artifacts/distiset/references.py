"""Which versions of artifacts the saved data sets refer to.

::

    distisets/<SHA-256 of the URL>.json     where a data set was saved, or is being saved

Such a note is written before its data set is, so that no data set is unknown. What the data set refers to is read
from its own manifest, at the moment of asking: only while it is being saved, the note says it.
"""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from airflow_artifacts.artifacts.records import read_json
from airflow_artifacts.distiset.generations import has_hidden_generation
from airflow_artifacts.distiset.loading import find_manifest
from airflow_artifacts.distiset.saving import open_place
from airflow_artifacts.exceptions import DistisetError, ForeignFolderError
from airflow_artifacts.storage import in_parallel, local_path, without_credentials
from airflow_artifacts.storage.urls import scrub

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from fsspec import AbstractFileSystem

    from airflow_artifacts.storage import ObjectStore

    OpenFolder = Callable[[str], AbstractFileSystem | ObjectStore | None]
    Versions = Collection[tuple[str, int]]

FOLDER = "distisets"
_FORMAT = "airflow-artifacts/distiset-location/1"


@dataclass(frozen=True)
class _Location:
    """Where a data set is: its URL without credentials, and what a save that has not ended will refer to."""

    url: str
    versions: frozenset[tuple[str, int]]


def note_location(store: ObjectStore, path: str, versions: Versions = ()) -> None:
    """Note where a data set is about to be saved, or, without versions, that it is saved.

    Args:
        store: The store of the artifacts.
        path: What the data set is saved to: a local path or a URL. Of its credentials, only the id of a connection
            is kept.
        versions: Names and numbers of the versions that the data set will refer to.
    """
    url = _absolute(path)
    content = {"format": _FORMAT, "url": url, "versions": sorted(map(list, versions))}
    key = f"{FOLDER}/{hashlib.sha256(url.encode()).hexdigest()}.json"
    store.replace(key, json.dumps(content, indent=1).encode())


def find_references(store: ObjectStore, open_folder: OpenFolder) -> set[tuple[str, int]]:
    """Find out which versions the data sets at all noted locations refer to.

    Args:
        store: The store of the artifacts.
        open_folder: Gives the file system for a URL with a connection in it, None where there is none.

    Returns:
        Names and numbers.

    Raises:
        DistisetError: A location cannot be read. The message says how to get rid of it.
        DamagedObjectError: A note is something else.
    """

    def read(key: str) -> set[tuple[str, int]]:
        location = read_json(store.url(key), store.read(key), _from_json, "where a data set is")
        try:
            return _references(location, open_folder)
        except Exception as error:  # file systems raise what they like, and not knowing is no reason to delete
            problem = scrub(error).rstrip(".")
            raise DistisetError(
                f"It is not known which versions the data set at {location.url} refers to: {problem}. Nothing was "
                "deleted. Make it readable from here; or, if that data set is gone for good, delete the object "
                f"{store.url(key)}, which says where it was."
            ) from error

    keys = [info.key for info in store.list(FOLDER)]
    return set().union(*in_parallel(read, keys))


def _references(location: _Location, open_folder: OpenFolder) -> set[tuple[str, int]]:
    place = open_place(location.url, open_folder(location.url))
    found = find_manifest(place)
    if found is None and has_hidden_generation(place):
        raise ForeignFolderError(place.root)  # its card no longer leads to the data set
    artifacts = found[0].artifacts if found else ()
    return {(each.name, each.version) for each in artifacts if each.version is not None} | location.versions


def _absolute(path: str) -> str:
    """Give the URL by which a data set is found again, also by another user and from another folder."""
    scheme, separator, _ = path.partition("://")
    if separator and scheme not in {"file", "local"}:
        return without_credentials(path).rstrip("/")
    return os.path.realpath(local_path(path))  # where a link leads to later is another data set


def _from_json(content: Mapping[str, Any]) -> _Location:
    if content["format"] != _FORMAT:
        raise ValueError(f"format {content['format']!r} instead of {_FORMAT!r}")
    if not isinstance(content["url"], str) or not content["url"]:
        raise ValueError(f"the url is {content['url']!r}")
    return _Location(content["url"], frozenset((str(name), int(number)) for name, number in content["versions"]))

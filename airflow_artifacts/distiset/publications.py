"""Which data sets came from a version: notes of those that were saved and pushed.

::

    published/<dag>/<run>/<task>/<map index>/<try>-<attempt>-<saved or pushed>.json

A note is written once, when the data set is complete, and never changed. It is for people who look at a version.
What may be deleted is decided by what the data sets themselves say (``airflow_artifacts.distiset.references``).
"""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import asdict, dataclass
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from airflow_artifacts.artifacts.records import now
from airflow_artifacts.artifacts.watched import (
    TEXT_LIMIT,
    Reader,
    Refreshed,
    once_per_dag,
    read_json,
    read_optional_text,
    read_producer,
    read_time,
    read_version,
    typed,
)
from airflow_artifacts.hub import check_repo_id
from airflow_artifacts.storage import local_path, without_credentials
from airflow_artifacts.storage.keys import has_controls

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from airflow_artifacts.artifacts.watched import MayRead
    from airflow_artifacts.distiset.model import Distiset
    from airflow_artifacts.distiset.pushing import PushedDistiset
    from airflow_artifacts.hub import Commit
    from airflow_artifacts.storage import ObjectStore, Producer

    _ByVersion = Mapping[tuple[str, int], Sequence["Publication"]]

FOLDER = "published"
_FORMAT = "airflow-artifacts/publication/1"
_LIMIT = 100
_PATH_LIMIT = 3 * 4096 + 100  # characters: as many bytes as a path may have, each of them quoted
_WEB = ("http://", "https://")


@dataclass(frozen=True)
class Publication:
    """A data set that an attempt saved to a folder, or pushed to the Hugging Face Hub.

    Attributes:
        created_at: When, ISO 8601 in UTC.
        producer: The attempt.
        path: URL of the folder, without credentials, None for what was pushed.
        repo_id: The repository, None for what was saved.
        revision: The branch, None for the main one.
        commit: Id of the commit.
        url: Page of the commit or of the pull request.
        rows: How many rows the data set has.
        versions: Names and numbers of the versions that it was made of.
    """

    created_at: str
    producer: Producer
    path: str | None
    repo_id: str | None
    revision: str | None
    commit: str | None
    url: str | None
    rows: int
    versions: tuple[tuple[str, int], ...]

    @property
    def key(self) -> str:
        """Key of the note, which is that attempt's only one of the kind."""
        attempt = self.producer.prefix.removeprefix("runs/")
        return f"{FOLDER}/{attempt}-{'saved' if self.repo_id is None else 'pushed'}.json"


def note_publication(store: ObjectStore, publication: Publication) -> None:
    """Write the note of a data set. To write it again does nothing.

    Raises:
        ObjectExistsError: The attempt noted another data set of the kind.
        StorageError: The store failed.
    """
    content = {"format": _FORMAT, **asdict(publication)}
    store.create_own(publication.key, json.dumps(content, indent=1, allow_nan=False).encode())


def saved_publication(distiset: Distiset, path: str, rows: int, producer: Producer) -> Publication:
    """Describe a data set that was saved to a local path or a URL."""
    place = _place_url(path)
    return Publication(now(), producer, place, None, None, None, None, rows, _versions(distiset))


def pushed_publication(
    distiset: Distiset, pushed: PushedDistiset, commit: Commit, revision: str | None, producer: Producer
) -> Publication:
    """Describe a data set that was pushed with a commit to a branch, or to the main one."""
    return Publication(
        created_at=now(),
        producer=producer,
        path=None,
        repo_id=pushed.repo_id,
        revision=revision,
        commit=commit.oid,
        url=without_credentials(commit.pull_request_url or commit.url),
        rows=pushed.manifest.rows,
        versions=_versions(distiset),
    )


def _versions(distiset: Distiset) -> tuple[tuple[str, int], ...]:
    found = [(each.record.name, each.version) for each in distiset.artifacts if each.version is not None]
    return tuple(dict.fromkeys(found))


def _place_url(path: str) -> str:
    """Give the URL of a folder without credentials; of these, only the id of a connection stays."""
    scheme, separator, _ = path.partition("://")
    if separator and scheme not in {"file", "local"}:
        return without_credentials(path).rstrip("/")
    return local_path(path).as_uri()


class Publications:
    """The data sets that came from versions. What is new is read when it is asked for, at most once a second.

    Args:
        store: The store of the artifacts.
    """

    def __init__(self, store: ObjectStore) -> None:
        self._refreshed: Refreshed[_ByVersion] = Refreshed(
            f"The list of data sets of {store.root}", _Notes(store).look
        )

    def refresh(self) -> None:
        """Look at the store, also where that was done just now.

        Raises:
            StorageError: The store failed, and nothing is known yet.
        """
        self._refreshed.refresh()

    def of(self, name: str, version: int, may_read: MayRead) -> list[Publication]:
        """List the data sets that came from a version, the newest first, at most 100.

        Args:
            name: The artifact's name.
            version: Number of the version.
            may_read: Says whether the user may read a DAG; data sets of other DAGs are left out.

        Raises:
            StorageError: The store failed, and nothing is known yet.
        """
        may = once_per_dag(may_read)
        found = self._refreshed.get().value.get((name, version), ())
        visible = [publication for publication in found if may(publication.producer.dag_id)]
        return sorted(visible, key=attrgetter("created_at"), reverse=True)[:_LIMIT]


class _Notes:
    """Reads what is new among the notes. One thread at a time may use it."""

    def __init__(self, store: ObjectStore) -> None:
        self._store = store
        self._reader = Reader(store)
        self._known: dict[str, tuple[int, Publication]] = {}
        self._found: _ByVersion = {}

    def look(self) -> _ByVersion:
        """Look at the store, and give by version what there is now."""
        infos = {info.key: info for info in self._store.list(FOLDER)}
        self._reader.forget(infos)
        kept = {key: known for key, known in self._known.items() if key in infos and known[0] == infos[key].size}
        new = self._reader.read([info for key, info in infos.items() if key not in kept], _read)
        if new or len(kept) != len(self._known):
            self._known = kept | {key: (infos[key].size, publication) for key, publication in new.items()}
            found: defaultdict[tuple[str, int], list[Publication]] = defaultdict(list)
            for _, publication in self._known.values():
                for version in publication.versions:
                    found[version].append(publication)
            self._found = dict(found)
        return self._found


def _read(key: str, data: bytes) -> Publication:
    """Read a note, of which nothing is believed.

    Raises:
        ValueError: It is something else.
        KeyError: Something is missing.
        HubRefusedError: The id of the repository is malformed.
    """
    content = typed(read_json(data), dict, "it")
    if content["format"] != _FORMAT:
        raise ValueError(f"its format is {content['format']!r:.100}")
    producer = read_producer(content["producer"])
    if producer is None:
        raise ValueError("it has no producer")
    publication = Publication(
        created_at=read_time(content["created_at"]),
        producer=producer,
        path=_read_path(content["path"]),
        repo_id=_read_repo_id(content["repo_id"]),
        revision=_read_line(content["revision"], "revision"),
        commit=_read_line(content["commit"], "commit"),
        url=_read_url(content["url"]),
        rows=typed(content["rows"], int, "rows"),
        versions=tuple(dict.fromkeys(map(read_version, typed(content["versions"], list, "versions")))),
    )
    # Who may see it is decided by its DAG, which the key says too.
    if publication.key != key or (publication.path is None) == (publication.repo_id is None):
        raise ValueError("it is the note of another attempt, or of no place")
    return publication


def _read_line(value: Any, what: str, limit: int = TEXT_LIMIT) -> str | None:
    text = read_optional_text(value, what, limit)
    if text is not None and (not text or has_controls(text)):
        raise ValueError(f"{what} is no text of one line")
    return text


def _read_path(value: Any) -> str | None:
    path = _read_line(value, "path", _PATH_LIMIT)
    if path is not None and ("://" not in path or without_credentials(path) != path):
        raise ValueError("the path is no URL, or has credentials")
    return path


def _read_url(value: Any) -> str | None:
    url = _read_line(value, "url")
    if url is not None and (not url.startswith(_WEB) or without_credentials(url) != url):
        raise ValueError("the url is none of a page, or has credentials")
    return url


def _read_repo_id(value: Any) -> str | None:
    repo_id = read_optional_text(value, "repo_id")
    if repo_id is not None:
        check_repo_id(repo_id)
    return repo_id

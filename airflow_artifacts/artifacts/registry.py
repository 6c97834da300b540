"""The versions of one artifact name: claimed, listed, given metadata, deleted.

Two logs keep what is known (``airflow_artifacts.storage.logs``). Entry n of ``registry/<name>`` is the record of
version n, so claiming a number and writing the record are one act. ``registry/<name>/changes`` has what happened
to versions later: metadata that was added, deletions. Nothing in either is ever changed.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import unquote

from airflow_artifacts.artifacts.records import ArtifactRecord, now
from airflow_artifacts.exceptions import (
    DamagedObjectError,
    ObjectNotFoundError,
    UnsafeNameError,
    VersionExistsError,
)
from airflow_artifacts.storage import Log, check_artifact_name, quote_segment

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from airflow_artifacts.storage import ObjectStore

FOLDER = "registry"
_NAME_KEY = "name"
# The end of a folder's name that is not all of the artifact's name, which is kept in the folder then.
_CUT = re.compile(r"~[0-9a-f]{16}\Z")
_NUMBER = re.compile(r"[1-9][0-9]{0,8}\Z")
_FORMAT = "airflow-artifacts/version/1"
_REMEDY = "Restore it from a copy of the store."
_CHANGE_FORMAT = "airflow-artifacts/change/1"


@dataclass(frozen=True)
class MetadataChange:
    """Metadata that was added to a version after it was saved: the values, and when, as ISO 8601 in UTC."""

    metadata: Mapping[str, Any]
    created_at: str


@dataclass
class Changes:
    """What happened to the versions of a name after they were saved.

    Attributes:
        deleted: Numbers of the deleted versions.
        erased: Those of them whose files are known to be gone too.
        metadata: Metadata added to each version, the oldest first.
    """

    deleted: set[int] = field(default_factory=set)
    erased: set[int] = field(default_factory=set)
    metadata: defaultdict[int, list[MetadataChange]] = field(default_factory=lambda: defaultdict(list))


class Stored(NamedTuple):
    """What lies in the registry of a name: numbers of records, sorted, and whether there are copies of them."""

    numbers: list[int]
    has_copies: bool


class Registry:
    """The versions of one artifact name, for any number of writers and readers at once.

    Attributes:
        key: Key of the folder of all that is known of the name.
        copies_key: Key of the folder with copies of records, which only save requests.
        changes_key: Key of the folder that says what happened to versions later.
    """

    def __init__(self, store: ObjectStore, name: str) -> None:
        self._name = name
        self._store = store
        self.key = f"{FOLDER}/{quote_segment(name)}"
        self._url = store.url(self.key)
        self.copies_key = f"{self.key}/blocks"
        self.changes_key = f"{self.key}/changes"
        self._versions = Log(store, self.key, brief=lambda entry: {**entry, "files": None})
        self._changes = Log(store, self.changes_key)

    def append(self, record: ArtifactRecord) -> int:
        """Claim the next number for a record, and make it visible by the same act.

        Raises:
            VersionExistsError: A version has the record's label.
            StorageError: The store failed.
        """
        looked_at = 0
        content = {"format": _FORMAT, **record.to_json()}

        def entry(number: int) -> Mapping[str, Any]:
            # The entries before the number that is tried are there for good: if none has the label, none will.
            nonlocal looked_at
            if record.label is not None:
                for other in range(looked_at + 1, number):
                    if self.record(other).label == record.label:
                        raise VersionExistsError(self._name, record.label, other)
                looked_at = number - 1
            return content

        if _CUT.search(self.key):
            self._store.replace(f"{self.key}/{_NAME_KEY}", self._name.encode())
        if record.label is not None:
            records = self.records()
            self._check_label(record.label, records)
            looked_at = len(records)
        return self._versions.append(entry)

    def _check_label(self, label: str, records: Sequence[ArtifactRecord]) -> None:
        number = find_label(records, label)
        if number is not None:
            raise VersionExistsError(self._name, label, number)

    def last(self) -> int:
        """Give the highest number, 0 where there is none; its version may be deleted."""
        return self._versions.last()

    def record_key(self, number: int) -> str:
        """Give the key of a version's record."""
        return f"{self.key}/{number}"

    def stored(self) -> Stored:
        """Look at what is there, without believing what saves requests.

        Raises:
            StorageError: The store cannot be listed.
        """
        keys = [info.key.removeprefix(f"{self.key}/") for info in self._store.list(self.key)]
        has_copies = any(key.startswith("blocks/") for key in keys)
        return Stored(sorted(int(key) for key in keys if _NUMBER.match(key)), has_copies)

    def record(self, number: int) -> ArtifactRecord:
        """Read the record of a version, deleted or not.

        Raises:
            ObjectNotFoundError: There is no such version.
            DamagedObjectError: The record is something else, or a path in it leads elsewhere.
        """
        return self._read(self._versions.read(number), number)

    def records(self) -> list[ArtifactRecord]:
        """Read the records of all versions, deleted or not, in the brief form; the first one is version 1."""
        return [self._read(entry, number) for number, entry in enumerate(self._versions.read_all(), 1)]

    def changes(self) -> Changes:
        """Read what happened to versions after they were saved."""
        found = Changes()
        for entry in self._changes.read_all():
            try:
                _apply(entry, found)
            except (KeyError, TypeError, ValueError) as error:
                raise DamagedObjectError(
                    self._store.url(self.changes_key), f"it is not a change ({error!r})"
                ) from error
        return found

    def add_metadata(self, number: int, metadata: Mapping[str, Any]) -> None:
        """Add metadata, as JSON values, to a version."""
        self._change("metadata", [number], metadata=dict(metadata))

    def delete(self, numbers: Sequence[int]) -> None:
        """Say that versions are deleted."""
        self._change("deleted", numbers)

    def erase(self, numbers: Sequence[int]) -> None:
        """Say that the files of deleted versions are gone."""
        self._change("erased", numbers)

    def _change(self, kind: str, numbers: Sequence[int], **more: Any) -> None:
        entry = {"format": _CHANGE_FORMAT, "kind": kind, "versions": sorted(numbers), "created_at": now(), **more}
        self._changes.append(lambda _: entry)

    def _read(self, entry: Mapping[str, Any], number: int) -> ArtifactRecord:
        url = f"{self._url}/{number}"
        if entry.get("format") != _FORMAT or entry.get("name") != self._name:
            found = f"the format {entry.get('format')!r} and the name {entry.get('name')!r}"
            raise DamagedObjectError(url, f"it is not the record of a version, but has {found}", _REMEDY)
        try:
            return ArtifactRecord.from_json(entry)
        except (ValueError, TypeError) as error:
            raise DamagedObjectError(url, f"it is not the record of a version ({error})", _REMEDY) from error


def find_name(store: ObjectStore, folder: str) -> str | None:
    """Give the name whose registry has a folder, None for a folder that is nobody's."""
    try:
        if _CUT.search(folder):
            name = str(store.read(f"{FOLDER}/{folder}/{_NAME_KEY}"), "utf-8")
        else:
            name = unquote(folder.replace("~", "%"))
        return name if quote_segment(check_artifact_name(name)) == folder else None
    except (UnsafeNameError, UnicodeDecodeError, ObjectNotFoundError):
        return None


def find_label(records: Sequence[ArtifactRecord], label: str) -> int | None:
    """Give the number of the version with a label, deleted or not, among all records of a name."""
    return next((number for number, record in enumerate(records, 1) if record.label == label), None)


def _apply(entry: Mapping[str, Any], found: Changes) -> None:
    if entry["format"] != _CHANGE_FORMAT:
        raise ValueError(f"its format is {entry['format']!r}")
    if entry["kind"] == "metadata":
        for number in entry["versions"]:
            found.metadata[number].append(MetadataChange(dict(entry["metadata"]), str(entry["created_at"])))
    elif entry["kind"] == "deleted":
        found.deleted.update(entry["versions"])
    elif entry["kind"] == "erased":
        found.erased.update(entry["versions"])
    else:
        raise ValueError(f"its kind is {entry['kind']!r}")

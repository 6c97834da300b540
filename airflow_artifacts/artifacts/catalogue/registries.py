"""The registries of all names, read from a store: what is new since the last time, and nothing else."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, TypeVar

from airflow_artifacts.artifacts.catalogue.changes import Change, apply_changes, deleted_by, read_change
from airflow_artifacts.artifacts.catalogue.entries import Entry, read_entry
from airflow_artifacts.artifacts.catalogue.listing import Listed, group
from airflow_artifacts.artifacts.catalogue.log_reading import Wanted, read_logs
from airflow_artifacts.artifacts.catalogue.snapshot import Snapshot
from airflow_artifacts.artifacts.registry import FOLDER, find_name
from airflow_artifacts.artifacts.watched import Reader
from airflow_artifacts.exceptions import StorageError
from airflow_artifacts.storage import in_parallel

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from airflow_artifacts.storage import ObjectStore

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class _Known:
    """What is known of a folder.

    Attributes:
        name: The artifact's name, None where the folder is nobody's.
        read: The sizes of what was read. What is to be tried again is not in it.
        records: Of each version that is not deleted what its record says.
        changes: What happened to versions later.
        entries: The versions as they are now, in the order of numbers.
    """

    name: str | None = None
    read: Listed = field(default_factory=Listed)
    records: Mapping[int, Entry] = field(default_factory=dict)
    changes: Mapping[int, Change] = field(default_factory=dict)
    entries: Sequence[Entry] = ()


_UNKNOWN = _Known()


class Registries:
    """Reads what is new in the registries below a root. One thread at a time may use it.

    Args:
        store: The store.
    """

    def __init__(self, store: ObjectStore) -> None:
        self._store = store
        self._reader = Reader(store)
        self._folders: dict[str, _Known] = {}
        self._snapshot = Snapshot({})

    def look(self) -> Snapshot:
        """Look at the store, and give what there is now.

        Raises:
            StorageError: The store cannot be listed.
        """
        infos = self._store.list(FOLDER)
        listed = group(FOLDER, infos)
        if self._reader.has_failed():
            self._reader.forget({info.key for info in infos})
        changed = {folder: found for folder, found in listed.items() if self._known(folder).read != found}
        if changed or len(self._folders) != len(listed):
            folders = self._folders | self._read(changed)
            self._folders = {folder: folders.get(folder, _UNKNOWN) for folder in listed}
            self._snapshot = Snapshot(
                {known.name: known.entries for known in self._folders.values() if known.name}
            )
        return self._snapshot

    def _known(self, folder: str) -> _Known:
        return self._folders.get(folder, _UNKNOWN)

    def _read(self, listed: Mapping[str, Listed]) -> dict[str, _Known]:
        """Read what is new in some folders."""
        found = self._names(listed)
        named = {folder: known for folder, known in found.items() if known.name is not None}
        changed = [folder for folder, known in named.items() if listed[folder].changes or known.changes]
        changes = read_logs(self._reader, [_changes(folder, listed[folder], named[folder]) for folder in changed])
        for folder, new in zip(changed, changes, strict=True):
            named[folder] = _with_changes(named[folder], listed[folder], new)
        records = read_logs(self._reader, [_records(folder, listed[folder], named[folder]) for folder in named])
        for (folder, known), read in zip(named.items(), records, strict=True):
            found[folder] = _with_records(known, listed[folder], read)
        return found

    def _names(self, listed: Mapping[str, Listed]) -> dict[str, _Known]:
        """Find out whose each folder is. Only names that are too long for a folder have to be read."""
        known = {folder: self._known(folder) for folder in listed}
        new = [
            folder
            for folder, found in listed.items()
            if known[folder] is _UNKNOWN or known[folder].read.name != found.name
        ]
        kept = [folder for folder in new if listed[folder].name is not None]
        names = dict(zip(kept, in_parallel(self._find_name, kept), strict=True))
        for folder in new:
            name = names[folder] if folder in names else self._find_name(folder)
            # A folder that is nobody's is looked at again when something in it changes.
            known[folder] = _Known(name) if name else _Known(None, listed[folder]) if name is None else _UNKNOWN
        return known

    def _find_name(self, folder: str) -> str | None:
        """Give the name, None where the folder is nobody's, and an empty text where that is not known."""
        try:
            return find_name(self._store, folder)
        except StorageError:
            return ""


def _changes(folder: str, listed: Listed, known: _Known) -> Wanted[Change]:
    wanted = _new(listed.changes, known.read.changes, known.changes)
    blocks = listed.change_blocks
    return Wanted(f"{FOLDER}/{folder}/changes", wanted, blocks, lambda entry, _: read_change(entry))


def _with_changes(known: _Known, listed: Listed, new: Mapping[int, Change]) -> _Known:
    if not new and known.read.changes == listed.changes:
        return known
    return replace(known, changes={**_kept(listed.changes, known.read.changes, known.changes), **new})


def _records(folder: str, listed: Listed, known: _Known) -> Wanted[Entry]:
    deleted, name = deleted_by(known.changes), known.name or ""
    wanted = _new(listed.records, known.read.records, known.records)
    if deleted:
        wanted = {number: size for number, size in wanted.items() if number not in deleted}
    return Wanted(
        f"{FOLDER}/{folder}", wanted, listed.blocks, lambda record, number: read_entry(record, name, number)
    )


def _with_records(known: _Known, listed: Listed, new: Mapping[int, Entry]) -> _Known:
    deleted = deleted_by(known.changes)
    records = {**_kept(listed.records, known.read.records, known.records), **new}
    for number in deleted.intersection(records):
        del records[number]
    has_changes = len(known.changes) == len(listed.changes)
    read = listed
    if not has_changes or len(records) + len(deleted.intersection(listed.records)) < len(listed.records):
        read = replace(
            listed,
            changes=_only(listed.changes, known.changes),
            records=_only(listed.records, records.keys() | deleted),
        )
    # Where it is not known what was deleted, nothing is shown.
    entries = apply_changes(records, known.changes) if has_changes else ()
    return _Known(known.name, read, records, known.changes, entries)


def _new(listed: Mapping[int, int], read: Mapping[int, int], known: Mapping[int, _T]) -> Mapping[int, int]:
    """Give what is listed and not known, or was read when it had another size."""
    if not known:
        return listed
    return {number: size for number, size in listed.items() if number not in known or read.get(number) != size}


def _kept(listed: Mapping[int, int], read: Mapping[int, int], known: Mapping[int, _T]) -> dict[int, _T]:
    """Give what is known and listed as it was when it was read."""
    return {
        number: item for number, item in known.items() if number in listed and listed[number] == read.get(number)
    }


def _only(sizes: Mapping[int, int], known: Mapping[int, object] | set[int]) -> dict[int, int]:
    return {number: size for number, size in sizes.items() if number in known}

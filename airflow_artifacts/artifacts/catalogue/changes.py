"""What happened to the versions of a name after they were saved, as far as the catalogue keeps it."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from airflow_artifacts.artifacts.catalogue.entries import overlaid, shortened

if TYPE_CHECKING:
    from collections.abc import Mapping

    from airflow_artifacts.artifacts.catalogue.entries import Entry, Value

_FORMAT = "airflow-artifacts/change/1"
_KINDS = ("metadata", "deleted", "erased")


@dataclass(frozen=True, slots=True)
class Change:
    """A change: metadata that was added to versions, or their deletion.

    Attributes:
        versions: Numbers of the versions, each once.
        is_deletion: Whether they are deleted.
        metadata: What was added.
    """

    versions: tuple[int, ...]
    is_deletion: bool
    metadata: Mapping[str, Value] = field(default_factory=dict)


def read_change(entry: Any) -> Change:
    """Make a change of an entry of the log.

    Raises:
        ValueError: It is something else.
        KeyError: Something is missing.
        TypeError: It is no JSON object.
    """
    kind, versions = entry["kind"], entry["versions"]
    if entry["format"] != _FORMAT or kind not in _KINDS:
        raise ValueError(f"the format is {entry['format']!r:.100} and the kind {kind!r:.100}")
    if type(versions) is not list or any(type(number) is not int for number in versions):
        raise ValueError("the versions are no numbers")
    metadata = entry["metadata"] if kind == "metadata" else {}
    if type(metadata) is not dict:
        raise ValueError("the metadata is none")
    return Change(tuple(dict.fromkeys(versions)), kind == "deleted", shortened(metadata))


def deleted_by(changes: Mapping[int, Change]) -> set[int]:
    """Give the numbers of the versions that are deleted."""
    return {number for change in changes.values() if change.is_deletion for number in change.versions}


def apply_changes(records: Mapping[int, Entry], changes: Mapping[int, Change]) -> tuple[Entry, ...]:
    """Give the versions as they are now, in the order of their numbers, without those that are deleted."""
    if not changes:
        return tuple(records[number] for number in sorted(records))
    deleted = deleted_by(changes)
    found = {number: records[number] for number in sorted(records) if number not in deleted}
    added: defaultdict[int, list[Mapping[str, Value]]] = defaultdict(list)
    for _, change in sorted(changes.items()):
        if change.metadata:
            for number in found.keys() & change.versions:
                added[number].append(change.metadata)
    for number, layers in added.items():  # all of a version at once: one by one, each would copy the others anew
        found[number] = replace(found[number], metadata=overlaid(found[number].metadata, *layers))
    return tuple(found.values())

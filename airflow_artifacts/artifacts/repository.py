"""All artifacts below a root: finding them, adding metadata, deleting."""

from __future__ import annotations

import difflib
import logging
from dataclasses import dataclass
from operator import index
from typing import TYPE_CHECKING, Any

from airflow_artifacts.artifacts.access import Access
from airflow_artifacts.artifacts.marks import find_marks
from airflow_artifacts.artifacts.records import ArtifactRef, is_ref
from airflow_artifacts.artifacts.registry import FOLDER, Changes, MetadataChange, Registry, find_label, find_name
from airflow_artifacts.artifacts.uris import ArtifactUri, RunUri, parse_uri
from airflow_artifacts.artifacts.versions import ArtifactVersion
from airflow_artifacts.exceptions import (
    ArtifactNotFoundError,
    DamagedObjectError,
    InvalidRefError,
    ObjectNotFoundError,
    UnsafeNameError,
)
from airflow_artifacts.storage import check_artifact_name, in_parallel, quote_segment
from airflow_artifacts.storage.metadata import normalise_metadata

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from airflow_artifacts.artifacts.filters import VersionFilter
    from airflow_artifacts.artifacts.records import ArtifactRecord
    from airflow_artifacts.storage import ObjectStore

logger = logging.getLogger(__name__)

_LATEST = "latest"
_DIGITS = 16  # more than any version's number has


@dataclass(frozen=True)
class Found:
    """What a reference leads to: a version, and perhaps a file or folder in it."""

    version: ArtifactVersion
    file: str | None = None


class ArtifactRepository:
    """The artifacts below the root of a store.

    Args:
        store: The store.
        access: What readers do besides reading.
    """

    def __init__(self, store: ObjectStore, access: Access | None = None) -> None:
        self.store = store
        self.access = Access() if access is None else access

    def registry(self, name: str) -> Registry:
        """Give the registry of a name.

        Raises:
            UnsafeNameError: It is not an artifact's name.
        """
        return Registry(self.store, check_artifact_name(name))

    def versions(self, name: str, wanted: VersionFilter | None = None) -> list[ArtifactVersion]:
        """List the versions of a name that are not deleted and are wanted, in the order of their numbers.

        Raises:
            UnsafeNameError: It is not an artifact's name.
        """
        registry = self.registry(name)
        records, changes = registry.records(), registry.changes()
        versions = (self._version(number, record, changes) for number, record in enumerate(records, 1))
        alive = [version for version in versions if version.version not in changes.deleted]
        return [version for version in alive if wanted is None or wanted.matches(version)]

    def check_exists(self, name: str) -> None:
        """Refuse a name that no artifact has or had.

        Raises:
            ArtifactNotFoundError: There is no artifact of that name.
        """
        registry = self.registry(name)
        if registry.last() == 0:
            raise self._not_found(name, None, registry, Changes())

    def get(self, name: str, version: int | str | None = None) -> ArtifactVersion:
        """Give one version: by its number, by its label, or the latest.

        Raises:
            ArtifactNotFoundError: There is no such version, or it is deleted.
            UnsafeNameError: It is not an artifact's name.
        """
        registry = self.registry(name)
        changes = registry.changes()
        found = self._find(registry, changes, None if version == _LATEST else version)
        if found is None:
            raise self._not_found(name, version, registry, changes)
        return found

    def _find(self, registry: Registry, changes: Changes, version: int | str | None) -> ArtifactVersion | None:
        if version is None:
            number = next((n for n in range(registry.last(), 0, -1) if n not in changes.deleted), None)
        else:
            number = _number(registry, version)
        if number is None or number in changes.deleted:
            return None
        try:
            return self._version(number, registry.record(number), changes)
        except ObjectNotFoundError:
            return None

    def version(
        self, number: int, record: ArtifactRecord, changes: Sequence[MetadataChange] = ()
    ) -> ArtifactVersion:
        """Make a version of its record."""
        return ArtifactVersion(self.store, number, record, changes, self.access)

    def _version(self, number: int, record: ArtifactRecord, changes: Changes) -> ArtifactVersion:
        return self.version(number, record, changes.metadata.get(number, ()))

    def _not_found(
        self, name: str, version: int | str | None, registry: Registry, changes: Changes
    ) -> ArtifactNotFoundError:
        last = registry.last()
        if last == 0:
            names = self.names()
            close = difflib.get_close_matches(name, names, n=3, cutoff=0.5) or names[:3]
            listed = ", ".join(map(repr, close))
            existing = (
                f"There are {len(names)} artifacts, for instance {listed}." if names else "There is none yet."
            )
            return ArtifactNotFoundError(f"artifact {name!r} below {self.store.root}", existing)
        alive = [number for number in range(1, last + 1) if number not in changes.deleted]
        if not alive:
            return ArtifactNotFoundError(f"version of the artifact {name!r}", "All that there were are deleted.")
        labels = [
            record.label
            for number, record in enumerate(registry.records(), 1)
            if record.label is not None and number not in changes.deleted
        ]
        return ArtifactNotFoundError(
            f"version {version!r} of the artifact {name!r}",
            f"It has the versions {_ranges(alive)}"
            + (f", and the labels {', '.join(map(repr, labels[-8:]))}" if labels else "")
            + (f"; {len(changes.deleted)} are deleted." if changes.deleted else "."),
        )

    def names(self, prefix: str = "") -> list[str]:
        """List the names that begin with a text, sorted; also those whose versions are all deleted."""
        names = in_parallel(lambda folder: find_name(self.store, folder), self.store.folders(FOLDER))
        return sorted(name for name in names if name is not None and name.startswith(prefix))

    def matching(self, name: str) -> list[str]:
        """Give a name that there is; or, where there is none like it, the names that begin like it, sorted.

        Raises:
            ArtifactNotFoundError: No name begins like that.
        """
        names = self.names(name)
        if name and not names:
            existing = f"There are artifacts of {len(self.names())} other names."
            raise ArtifactNotFoundError(f"artifact whose name is or begins with {name!r}", existing)
        return [name] if name in names else names

    def latest(self, prefix: str = "") -> list[ArtifactVersion]:
        """Give the latest version of each name that begins with a text, sorted by name.

        A name whose records cannot be read is left out, and logged.
        """

        def find(name: str) -> ArtifactVersion | None:
            registry = self.registry(name)
            try:
                return self._find(registry, registry.changes(), None)
            except DamagedObjectError as error:
                logger.warning("The artifact %r is left out: %s", name, error)
                return None

        return [version for version in in_parallel(find, self.names(prefix)) if version is not None]

    def made_by(self, uri: RunUri) -> list[ArtifactVersion]:
        """List what a DAG run, a task or a task instance registered, in the order of attempts and names."""
        prefix = f"runs/{quote_segment(uri.dag_id)}/{quote_segment(uri.run_id)}"
        if uri.task_id is not None:
            prefix += f"/{quote_segment(uri.task_id)}"
        if uri.map_index is not None:
            prefix += f"/{uri.map_index}"
        marks = find_marks(self.store, prefix)
        changes = dict(self._changes({mark.name for mark in marks}))
        return [
            self._version(mark.version, mark.record, changes[mark.name])
            for mark in marks
            if mark.version not in changes[mark.name].deleted
        ]

    def _changes(self, names: set[str]) -> Iterator[tuple[str, Changes]]:
        ordered = sorted(names)
        return zip(ordered, in_parallel(lambda name: self.registry(name).changes(), ordered), strict=True)

    def find(self, reference: object) -> Found:
        """Find what a reference leads to.

        Args:
            reference: A version, a ref, a URI (``artifact://``, ``run://``), a name, or ``name@version``.

        Raises:
            ArtifactNotFoundError: It leads to nothing.
            ArtifactUriError: It is a text that is no URI and no name.
            InvalidRefError: It is something else, or a ref of another artifact than the one it names.
        """
        if isinstance(reference, Found):
            return reference
        if isinstance(reference, ArtifactVersion):
            return Found(reference)
        if is_ref(reference):
            return Found(self._by_ref(ArtifactRef.from_xcom(reference)))
        if not isinstance(reference, str):
            expected = "give what save_artifact or a task returned, a name, or a URI."
            raise InvalidRefError("an artifact", type(reference).__name__, expected)
        uri = parse_uri(reference)
        return self._by_uri(uri) if isinstance(uri, ArtifactUri) else self._by_run(reference, uri)

    def _by_ref(self, ref: ArtifactRef) -> ArtifactVersion:
        version = self.get(ref.name, ref.version)
        if version.path != ref.path:
            raise InvalidRefError("an artifact", ref.to_xcom(), f"{version.uri} is kept at {version.path!r}.")
        return version

    def _by_uri(self, uri: ArtifactUri) -> Found:
        if uri.version is not None:
            return Found(self.get(uri.path, uri.version), uri.file)
        for name, file in _splits(uri.path):
            if self.registry(name).last():
                return Found(self.get(name), file)
        return Found(self.get(uri.path))

    def _by_run(self, asked: str, uri: RunUri) -> Found:
        if uri.task_id is None or uri.path is None:
            raise ArtifactNotFoundError(f"artifact at {asked}", "The URI has to go on with a task and a name.")
        instance = RunUri(uri.dag_id, uri.run_id, uri.task_id, -1 if uri.map_index is None else uri.map_index)
        made = self.made_by(instance)
        last = {version.name: version for version in made}  # of several the newest attempt's newest
        for name, file in _splits(uri.path):
            if name in last:
                return Found(last[name], file)
        names = ", ".join(map(repr, sorted(last)))
        existing = f"That task instance saved {names}." if names else "That task instance saved none."
        raise ArtifactNotFoundError(f"artifact at {asked}", existing)

    def add_metadata(self, version: ArtifactVersion, metadata: Mapping[str, Any]) -> None:
        """Add metadata to a version; what it had under the same keys becomes history.

        Raises:
            ArtifactError: It is not JSON.
        """
        self.registry(version.name).add_metadata(version.version, normalise_metadata(version.name, metadata))

    def delete(self, name: str, versions: Sequence[int | str]) -> None:
        """Delete versions of a name: they are gone at once, and then their files. Safe to repeat after a crash.

        Args:
            name: The artifact's name.
            versions: Numbers or labels.

        Raises:
            ArtifactNotFoundError: There is no such version, or its files are gone already.
            DamagedObjectError: A record cannot be read. Nothing is deleted.
        """
        registry = self.registry(name)
        changes, last = registry.changes(), registry.last()
        numbers = []
        for version in versions:
            number = _number(registry, version)
            if number is None or number > last or number in changes.erased:
                raise self._not_found(name, version, registry, changes)
            numbers.append(number)
        paths = [registry.record(number).path for number in numbers]
        if fresh := [number for number in numbers if number not in changes.deleted]:
            registry.delete(fresh)
        for path in paths:
            self.store.delete_prefix(path)
        registry.erase(numbers)


def _number(registry: Registry, version: int | str) -> int | None:
    """Give the number of a version, deleted or not; None for what can be none."""
    if isinstance(version, str):
        if not version.isdecimal():
            return find_label(registry.records(), version)
        number = int(version[: _DIGITS + 1])
    elif isinstance(version, bool):
        return None
    else:
        try:
            number = index(version)  # which takes NumPy's integers too, and no 1.5
        except TypeError:
            return None
    return number if 1 <= number < 10**_DIGITS else None


def _splits(path: str) -> Iterator[tuple[str, str | None]]:
    """Give the ways in which a path may be a name and a file in it, the longest name first."""
    segments = path.split("/")
    for length in range(len(segments), 0, -1):
        name = "/".join(segments[:length])
        try:
            yield check_artifact_name(name), "/".join(segments[length:]) or None
        except UnsafeNameError:
            continue


def _ranges(numbers: Sequence[int]) -> str:
    """Write sorted numbers as ``1 to 4, 7``."""
    found: list[list[int]] = []
    for number in numbers:
        if found and found[-1][1] == number - 1:
            found[-1][1] = number
        else:
            found.append([number, number])
    shown = [f"{first} to {last}" if first != last else str(first) for first, last in found[-5:]]
    return ("... " if len(found) > 5 else "") + ", ".join(shown)  # noqa: PLR2004

"""The catalogue at one moment: it never changes, so any number of threads look through it."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter, defaultdict
from dataclasses import dataclass
from operator import attrgetter
from typing import TYPE_CHECKING, NamedTuple

from airflow_artifacts.artifacts.watched import once_per_dag

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from airflow_artifacts.artifacts.catalogue.entries import Entry
    from airflow_artifacts.artifacts.catalogue.query import Query
    from airflow_artifacts.artifacts.watched import MayRead

_KEYS_LIMIT = 500
_TAGS_LIMIT = 1000
_SERIES_LIMIT = 50
_VERSIONS_LIMIT = 1000
_CHILDREN_LIMIT = 200


@dataclass(frozen=True)
class Page:
    """Some of the versions that were found.

    Attributes:
        entries: Those that are shown.
        total: How many there are on all pages.
        as_of: When the store was last looked at, ISO 8601 in UTC.
    """

    entries: tuple[Entry, ...]
    total: int
    as_of: str


@dataclass(frozen=True)
class Facets:
    """What there is to choose from, sorted; of very many tags and keys of metadata the most frequent ones."""

    kinds: tuple[str, ...]
    tags: tuple[str, ...]
    dag_ids: tuple[str, ...]
    task_ids: tuple[str, ...]
    metadata_keys: tuple[str, ...]


@dataclass(frozen=True)
class Series:
    """Numbers over the versions of an artifact.

    Attributes:
        versions: Numbers of the versions, and when each was saved, in the order of the numbers.
        series: Of each key, a number for each version, None where it has none; the most frequent keys first.
    """

    versions: tuple[tuple[int, str], ...]
    series: Mapping[str, list[int | float | None]]


class Children(NamedTuple):
    """The versions that were made of another one, the newest first, and how many may not be seen."""

    entries: tuple[Entry, ...]
    hidden: int


class Snapshot:
    """Versions by name, in the order of names and numbers.

    Args:
        names: Of each name its versions, which are not deleted.
    """

    def __init__(self, names: Mapping[str, Sequence[Entry]]) -> None:
        self._names = {name: names[name] for name in sorted(names)}
        self._children: defaultdict[tuple[str, int], list[Entry]] = defaultdict(list)
        for entries in self._names.values():
            for entry in entries:
                for parent in entry.parents:
                    self._children[parent].append(entry)

    def find(self, query: Query, may_read: MayRead, as_of: str) -> Page:
        """List versions."""
        found = self.find_all(query, may_read)
        return Page(tuple(found[query.offset : query.offset + query.limit]), len(found), as_of)

    def find_all(self, query: Query, may_read: MayRead) -> list[Entry]:
        """List versions, those of all pages."""
        wanted, is_visible = query.matches, _visible(may_read)
        found: list[Entry] = []
        for entries in self._candidates(query):
            matching = (entry for entry in entries if wanted(entry) and is_visible(entry))
            if query.latest:
                matching = (entry for entry in [_last(entries, wanted, is_visible)] if entry is not None)
            found += matching
        key = query.sort.removeprefix("-")
        found.sort(key=attrgetter(key), reverse=query.sort != key)  # which leaves in order what is equal
        return found

    def get(self, name: str, version: int) -> Entry | None:
        """Give a version."""
        entries = self._names.get(name, ())
        place = bisect_left(entries, version, key=attrgetter("version"))
        return entries[place] if place < len(entries) and entries[place].version == version else None

    def _candidates(self, query: Query) -> Iterator[Sequence[Entry]]:
        if query.name is not None:
            names: Iterable[str] = [query.name] if query.name in self._names else ()
        else:
            names = self._names
        return (self._names[name] for name in names if query.matches_text(name))

    def facets(self, may_read: MayRead) -> Facets:
        """Say what there is to choose from."""
        is_visible = _visible(may_read)
        kinds, dag_ids, task_ids = set(), set(), set()
        tags: Counter[str] = Counter()
        keys: Counter[str] = Counter()
        for entries in self._names.values():
            for entry in filter(is_visible, entries):
                kinds.add(entry.kind)
                tags.update(entry.tags)
                keys.update(iter(entry.metadata))
                keys["size"] += "size" not in entry.metadata
                if entry.producer is not None:
                    dag_ids.add(entry.producer.dag_id)
                    task_ids.add(entry.producer.task_id)
        return Facets(
            tuple(sorted(kinds)),
            tuple(sorted(_frequent(tags, _TAGS_LIMIT))),
            tuple(sorted(dag_ids)),
            tuple(sorted(task_ids)),
            tuple(sorted(_frequent(keys, _KEYS_LIMIT))),
        )

    def series(self, name: str, may_read: MayRead) -> Series:
        """Give numbers over the versions of a name."""
        entries = list(filter(_visible(may_read), self._names.get(name, ())))[-_VERSIONS_LIMIT:]
        numbers = [_numbers(entry) for entry in entries]
        counts = Counter(key for each in numbers for key in each)
        return Series(
            tuple((entry.version, entry.created_at) for entry in entries),
            {key: [each.get(key) for each in numbers] for key in _frequent(counts, _SERIES_LIMIT)},
        )

    def children(self, name: str, version: int, may_read: MayRead) -> Children:
        """List the versions that were made of another one."""
        found = self._children.get((name, version), ())
        visible = list(filter(_visible(may_read), found))
        newest = sorted(visible, key=attrgetter("created_at"), reverse=True)
        return Children(tuple(newest[:_CHILDREN_LIMIT]), len(found) - len(visible))


def _visible(may_read: MayRead) -> Callable[[Entry], bool]:
    may = once_per_dag(may_read)
    return lambda entry: may(entry.dag_id)


def _last(
    entries: Sequence[Entry], wanted: Callable[[Entry], bool], is_visible: Callable[[Entry], bool]
) -> Entry | None:
    return next((entry for entry in reversed(entries) if wanted(entry) and is_visible(entry)), None)


def _frequent(counts: Counter[str], limit: int) -> list[str]:
    """Give the most frequent texts; of those that are equally frequent, in their order."""
    return sorted(counts, key=lambda text: (-counts[text], text))[:limit]


def _numbers(entry: Entry) -> dict[str, int | float]:
    values = {"size": entry.size, **entry.metadata}
    return {
        key: value
        for key, value in values.items()
        if isinstance(value, int | float) and not isinstance(value, bool)
    }

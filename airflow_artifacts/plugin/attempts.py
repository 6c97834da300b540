"""The rows that the attempts of task instances made."""

from __future__ import annotations

import re
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple

from pydantic import BaseModel, ConfigDict

from airflow_artifacts.artifacts.watched import read_producer
from airflow_artifacts.exceptions import ArtifactsError, DamagedObjectError, QueryError
from airflow_artifacts.plugin.airflow_internals import find_runs
from airflow_artifacts.plugin.shown import shown_producers
from airflow_artifacts.rows import MANIFEST_NAME, load_manifest
from airflow_artifacts.storage import in_parallel, quote_segment

if TYPE_CHECKING:
    from collections.abc import Iterator

    from airflow_artifacts.rows import Manifest
    from airflow_artifacts.storage import ObjectStore, Producer

_RUNS_AT_ONCE = 200
_PAGE = 100  # attempts
_COLUMNS = 200
# An artifact may have a file of the same name, further down.
_MANIFEST = re.compile(
    rf"(?P<prefix>runs/[^/]+/[^/]+/(?P<task>[^/]+)/(?P<index>-?\d{{1,9}})/(?P<attempt>[^/]+))/{re.escape(MANIFEST_NAME)}"
)
_CURSOR = re.compile(r"(?P<run>\d{1,18}) (?P<prefix>runs/.{1,1000})")


class Scope(BaseModel):
    """A part of what a DAG has, in the query of a URL: all runs, a run, a task, a task instance."""

    model_config = ConfigDict(extra="forbid")

    run_id: str | None = None
    task_id: str | None = None
    map_index: int | None = None


class _Found(NamedTuple):
    """An attempt with rows: its prefix, and the cursor by which the next page goes on behind it."""

    prefix: str
    cursor: str


def find_rows(store: ObjectStore, dag_id: str, scope: Scope, before: str | None) -> dict[str, Any]:
    """List the rows that attempts made, the newest runs first.

    Args:
        store: Where they are.
        dag_id: The DAG.
        scope: Which part of it.
        before: Where to go on, as the last answer said.

    Raises:
        QueryError: ``before`` is something else.
        StorageError: The store failed.
    """
    found = list(islice(_find(store, dag_id, scope, before), _PAGE + 1))
    shown = found[:_PAGE]
    read = in_parallel(lambda each: _read(store, each.prefix), shown)
    rows = [each for each in read if isinstance(each, _Rows)]
    producers = shown_producers(each.producer for each in rows)
    return {
        "items": [
            {"producer": producer, **each.describe()} for producer, each in zip(producers, rows, strict=True)
        ],
        "problems": [each for each in read if isinstance(each, str)],
        "next": shown[-1].cursor if len(found) > len(shown) else None,
    }


def _find(store: ObjectStore, dag_id: str, scope: Scope, before: str | None) -> Iterator[_Found]:
    """Find attempts that committed rows, from where a cursor says on; runs are looked at as they are needed."""
    match = None if before is None else _CURSOR.fullmatch(before)
    if before is not None and match is None:
        raise QueryError("The parameter before", f"{before[:50]!r} is none that an answer gave.")
    begin, last = (int(match["run"]), match["prefix"]) if match else (None, "")
    for number, run_id in _runs(store, dag_id, scope, begin):
        prefixes = _attempts(store, dag_id, run_id, scope)
        # While a run goes on there come more, so that the position of the last one says nothing.
        skip = prefixes.index(last) + 1 if number == begin and last in prefixes else 0
        for prefix in prefixes[skip:]:
            yield _Found(prefix, f"{number} {prefix}")


def _runs(store: ObjectStore, dag_id: str, scope: Scope, begin: int | None) -> Iterator[tuple[int, str]]:
    """Give runs that keep something, from the one with a number on; a run that is named has the number 0."""
    if scope.run_id is not None:
        yield 0, scope.run_id
        return
    kept = set(store.folders(f"runs/{quote_segment(dag_id)}"))  # of many runs, few may keep anything
    before = None if begin is None else begin + 1
    while kept and (runs := find_runs(dag_id, before, _RUNS_AT_ONCE)):
        for number, run_id in runs:
            if (folder := quote_segment(run_id)) in kept:
                kept.remove(folder)
                yield number, run_id
        before = runs[-1][0]


def _attempts(store: ObjectStore, dag_id: str, run_id: str, scope: Scope) -> list[str]:
    """List the prefixes of attempts that committed rows, by task and map index, and of each the last first."""
    prefix = f"runs/{quote_segment(dag_id)}/{quote_segment(run_id)}"
    if scope.task_id is None:
        places = [f"{prefix}/{task}" for task in store.folders(prefix)]
    else:
        places = [f"{prefix}/{quote_segment(scope.task_id)}"]
    if scope.map_index is not None:
        places = [f"{place}/{scope.map_index}" for place in places]
    keys = (info.key for found in in_parallel(store.list, places) for info in found)
    matches = filter(None, map(_MANIFEST.fullmatch, keys))
    latest_first = sorted(matches, key=lambda match: match["attempt"], reverse=True)
    return [
        match["prefix"] for match in sorted(latest_first, key=lambda match: (match["task"], int(match["index"])))
    ]


class _Rows(NamedTuple):
    """The rows of an attempt."""

    producer: Producer
    manifest: Manifest

    def describe(self) -> dict[str, Any]:
        columns = islice(self.manifest.columns.items(), _COLUMNS)
        return {
            "step": str(self.manifest.step.get("name", ""))[:_COLUMNS],
            "count": self.manifest.rows,
            "size": self.manifest.size,
            "columns": [{"name": name, "rows": rows} for name, rows in columns],
            "total_columns": len(self.manifest.columns),
        }


def _read(store: ObjectStore, prefix: str) -> _Rows | str:
    """Read the manifest of an attempt, or say why that cannot be done: the others are shown nevertheless."""
    try:
        manifest = load_manifest(store, prefix)
        producer = _producer(store, prefix, manifest)
    except ArtifactsError as error:
        return str(error)
    return _Rows(producer, manifest)


def _producer(store: ObjectStore, prefix: str, manifest: Manifest) -> Producer:
    try:
        producer = read_producer(dict(manifest.producer))
    except (KeyError, TypeError, ValueError) as error:
        raise DamagedObjectError(store.url(prefix), f"its manifest names no attempt ({error})") from error
    if producer is None or producer.prefix != prefix:  # the path is what the user may see
        raise DamagedObjectError(store.url(prefix), "its manifest names another attempt")
    return producer

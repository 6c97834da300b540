"""All that is known of a version of an artifact, as its page shows it."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any

from airflow_artifacts.plugin.locating import is_served
from airflow_artifacts.plugin.media_types import media_type_of
from airflow_artifacts.plugin.shown import Shortener, shown_items, shown_producers

if TYPE_CHECKING:
    from airflow_artifacts.artifacts import ArtifactVersion
    from airflow_artifacts.artifacts.watched import MayRead
    from airflow_artifacts.plugin.served import Served

_FILES = 1000
_CHANGES = 50
_PARENTS = 1000
_TAGS = 200


def shown_detail(version: ArtifactVersion, served: Served, may_read: MayRead) -> dict[str, Any]:
    """Describe a version.

    Args:
        version: The version, which the user may see.
        served: What there is besides: versions that came from it, or that it came from, and data sets.
        may_read: Says whether the user may see what a DAG made.

    Raises:
        StorageError: The store failed.
    """
    record = version.record
    parents = _parents(version, served)
    may = {dag_id: may_read(dag_id) for dag_id in set(parents.values())}
    children, hidden = served.catalogue.children(version.name, version.version, may_read)
    publications = served.publications.of(version.name, version.version, may_read)
    shortener = Shortener()
    producer, *publishers = shown_producers([version.producer, *(each.producer for each in publications)])
    return {
        "name": version.name,
        "version": version.version,
        "label": version.label,
        "uri": version.uri,
        "kind": version.kind,
        "media_type": version.media_type,
        "size": version.size,
        "created_at": record.created_at,
        "tags": list(version.tags[:_TAGS]),
        "step": version.step,
        "producer": producer,
        "is_by_reference": version.source is not None,
        "source": version.source,
        "is_served": is_served(version.source),
        **_files(version),
        "metadata": shortener.show(version.metadata),
        "metadata_saved": shortener.show({"size": version.size, **record.facts, **record.metadata}),
        "metadata_history": [
            {"created_at": change.created_at, "metadata": shortener.show(change.metadata)}
            for change in version.metadata_history[-_CHANGES:]
        ],
        "parents": [
            {"name": name, "version": number} for (name, number), dag_id in parents.items() if may[dag_id]
        ],
        "hidden_parents": sum(not may[dag_id] for dag_id in parents.values()),
        "children": shown_items(children),
        "hidden_children": hidden,
        "publications": [
            {
                "created_at": each.created_at,
                "producer": publisher,
                "path": each.path,
                "repo_id": each.repo_id,
                "revision": each.revision,
                "commit": each.commit,
                "url": each.url,
                "rows": each.rows,
            }
            for each, publisher in zip(publications, publishers, strict=True)
        ],
    }


def _parents(version: ArtifactVersion, served: Served) -> dict[tuple[str, int], str | None]:
    """Find the versions that a version was made of, with the DAG that made each. Deleted ones are left out."""
    refs = islice(dict.fromkeys(version.record.parents), _PARENTS)
    entries = ((ref, served.catalogue.get(*ref)) for ref in refs)
    return {ref: entry.dag_id for ref, entry in entries if entry is not None}


def _files(version: ArtifactVersion) -> dict[str, Any]:
    files = [
        {
            "path": file.path,
            "size": file.size,
            "sha256": file.sha256,
            "media_type": media_type_of(file.path, version.media_type),
        }
        for file in islice(version.files, _FILES)
    ]
    return {"files": files, "file_count": len(version.files)}

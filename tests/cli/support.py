"""Versions of any age, written without the code under test."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

from airflow_artifacts.artifacts import ArtifactRecord, ArtifactRepository, FileRecord
from airflow_artifacts.storage import open_store

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from airflow_artifacts.artifacts import ArtifactVersion


def open_repository(root: Path) -> ArtifactRepository:
    return ArtifactRepository(open_store(str(root)))


def add(
    repository: ArtifactRepository,
    name: str,
    *,
    days: float = 0,
    files: Mapping[str, bytes] | None = None,
    **more: Any,
) -> ArtifactVersion:
    """Register a version that was saved some days ago."""
    files = {"a.txt": b"content"} if files is None else files
    number = repository.registry(name).last() + 1
    producer = more.get("producer")
    parent = "saved" if producer is None else f"{producer.prefix}/artifacts"
    path = f"{parent}/{name.replace('/', '~2F')}-{number:016x}"
    for file, data in files.items():
        repository.store.replace(f"{path}/{file}", data)
    record = ArtifactRecord(
        name=name,
        path=path,
        files=tuple(FileRecord(file, len(data), hashlib.sha256(data).hexdigest()) for file, data in files.items()),
        size=sum(map(len, files.values())),
        created_at=(datetime.now(timezone.utc) - timedelta(days=days)).isoformat(),
        **more,
    )
    assert repository.registry(name).append(record) == number
    return repository.get(name, number)


def alive(repository: ArtifactRepository, name: str) -> list[int]:
    """Give the numbers of the versions that are there, each with its files."""
    versions = repository.versions(name)
    for version in versions:
        for file in version.files:
            assert repository.store.exists(f"{version.path}/{file.path}")
    return [version.version for version in versions]


def folders(root: Path) -> set[str]:
    """Give name and number of the versions whose files are left, as ``a-3``."""
    parts = (path.name.rpartition("-") for path in (root / "saved").iterdir())
    return {f"{name}-{int(number, 16)}" for name, _, number in parts}

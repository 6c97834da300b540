"""Rows, artifacts and stores for the tests, made without the code under test."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from airflow_artifacts.artifacts import ArtifactRecord, FileRecord
from airflow_artifacts.distiset import Distiset, GatheredArtifact, Origin, StepDescription, Subset

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010806000000 1f15c489"
    "0000000d49444154789c6360606060000000050001a5f645400000000049454e44ae426082".replace(" ", "")
)
ORIGIN = Origin("my_dag", "manual__2026-01-01", "2026-01-01T00:00:00+00:00", {"airflow": "3.3.2"})


class ListRows:
    """Rows in a list."""

    def __init__(self, rows: Sequence[Any], cut: int | None = None) -> None:
        self._rows = list(rows)
        self._cut = cut

    def __len__(self) -> int:
        return len(self._rows)

    def batches(self, size: int) -> Iterator[list[dict[str, Any]]]:
        size = min(size, self._cut or size)
        for start in range(0, len(self._rows), size):
            yield self._rows[start : start + size]


def numbered(count: int, **more: Any) -> list[dict[str, Any]]:
    return [{"id": number, "text": f"row {number}", **more} for number in range(count)]


def distiset(subsets: Mapping[str, Sequence[Any]], **more: Any) -> Distiset:
    return Distiset(
        more.pop("name", "A distiset"),
        [Subset(name, ListRows(rows)) for name, rows in subsets.items()],
        origin=more.pop("origin", ORIGIN),
        **more,
    )


def stored_artifact(  # noqa: PLR0913
    root: Path,
    name: str,
    files: Mapping[str, bytes],
    *,
    step: str = "count",
    folder: str | None = None,
    metadata: Mapping[str, Any] | None = None,
    ordinal: int = 0,
    version: int | None = None,
) -> GatheredArtifact:
    """Write an artifact into the folder of a store, as a step would have."""
    path = f"runs/d/r/{step}/-1/001-a/artifacts/{name.replace('/', '~2F')}-{ordinal:016x}"
    for file, data in files.items():
        (root / path / file).parent.mkdir(parents=True, exist_ok=True)
        (root / path / file).write_bytes(data)
    records = tuple(FileRecord(file, len(data), hashlib.sha256(data).hexdigest()) for file, data in files.items())
    record = ArtifactRecord(
        name=name,
        path=path,
        files=records,
        size=sum(map(len, files.values())),
        created_at="2026-01-01T00:00:00+00:00",
        metadata=metadata or {},
        step=step,
    )
    return GatheredArtifact(folder or step, record, version)


def step(name: str, **more: Any) -> StepDescription:
    values: dict[str, Any] = {"task_id": name, "class_name": "Count", "parameters": {"limit": 3}, **more}
    return StepDescription(name, **values)


def tree(folder: Path) -> dict[str, bytes]:
    """Give all files below a folder, hidden ones too, with their bytes."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }

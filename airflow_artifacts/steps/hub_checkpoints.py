"""Checkpoints: files of rows that come to the Hub one after the other, each of them once.

Each commit is worked out anew for each newest commit that is met, see ``hub.commit_once``: from the ledger of the
work and the numbers of the files that are there. So what a try before has written is found, and not written again.
"""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from airflow_artifacts.exceptions import HubConflictError
from airflow_artifacts.hub import Changes, FileContent, commit_once
from airflow_artifacts.steps.hub_card import CARD_PATH, update_card
from airflow_artifacts.steps.hub_ledger import (
    Entry,
    Ledger,
    columns_from_bytes,
    columns_path,
    columns_to_bytes,
    file_path,
    next_number,
)
from airflow_artifacts.steps.hub_schema import unify_columns
from airflow_artifacts.steps.hub_values import write_rows

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from airflow_artifacts.hub import Head, HubRepository
    from airflow_artifacts.steps.hub_schema import Columns
    from airflow_artifacts.steps.hub_works import Work

logger = logging.getLogger(__name__)

_MOST_FILES = 1000  # that wait for a commit
_MOST_BYTES = 256 * 1024**2


@dataclass
class _Batch:
    """A file of rows: it waits in ``local``, which is None once it is on the Hub."""

    rows: int
    content: FileContent
    local: Path | None


@dataclass
class Checkpoints:
    """The checkpoints of a work.

    Attributes:
        repository: Where they go.
        work: The work.
        folder: Where files wait for the next commit.
        interval: Seconds between two commits, at least, but for the last one.
    """

    repository: HubRepository
    work: Work
    folder: Path
    interval: float
    _batches: dict[str, list[_Batch]] = field(default_factory=dict)
    _columns: dict[str, Columns] = field(default_factory=dict)
    _rows: dict[str, int] = field(default_factory=dict)
    _waiting: list[_Batch] = field(default_factory=list)
    _made: int = 0
    _committed_at: float | None = None
    _known: dict[str, tuple[str | None, bytes]] = field(default_factory=dict)

    def add(self, config: str, rows: Sequence[Mapping[str, Any]]) -> None:
        """Keep rows as one file, for the next commit.

        Raises:
            UnsupportedValueError: There is a value that has no place in JSON.
        """
        before = self._rows.get(config, 0)
        data, columns = write_rows(rows, before)
        local, content = self._file(data)
        batch = _Batch(len(rows), content, local)
        self._batches.setdefault(config, []).append(batch)
        self._waiting.append(batch)
        self._rows[config] = before + len(rows)
        self._columns[config] = unify_columns(self._columns.get(config, {}), columns)

    def commit_if_due(self) -> None:
        """Commit the first files at once, and later ones if the last commit was long enough ago."""
        size = sum(batch.content.size for batch in self._waiting)
        is_much = len(self._waiting) >= _MOST_FILES or size >= _MOST_BYTES
        if self._committed_at is None or time.monotonic() - self._committed_at >= self.interval or is_much:
            self._commit(final=False)

    def finish(self) -> None:
        """Commit the rest, and delete what an earlier try left beyond it."""
        self._commit(final=True)

    def _commit(self, *, final: bool) -> None:
        commit = commit_once(
            self.repository,
            lambda head: self._plan(head, final=final),
            message=f"Checkpoint of {self.work.step}",
        )
        self._committed_at = time.monotonic()
        if commit.is_new or self._waiting:
            logger.info(
                "Checkpoint: %s rows in %s files are on the Hub, %s %s",
                f"{sum(self._rows.values()):,}",
                f"{sum(map(len, self._batches.values())):,}",
                "with commit" if commit.is_new else "as they were at commit",
                commit.url,
            )
        for batch in self._waiting:
            batch.local = None
        self._waiting.clear()
        for file in self.folder.iterdir():
            file.unlink()

    def _plan(self, head: Head, *, final: bool) -> Changes | None:
        """Work out what is still to be done after a head."""
        begins = {config: batches[0].content.sha256 for config, batches in self._batches.items()}
        before, old_path = self.work.find(head, lambda path: self._read(head, path), self.repository.url, begins)
        uploads: dict[str, tuple[Path, FileContent]] = {}
        configs = {}
        for config, batches in self._batches.items():
            recorded = before.configs.get(config, ())
            entries = self._entries(head, config, recorded)
            is_other = any(entry != old for entry, old in zip(entries, recorded, strict=False))
            for entry, batch in zip(entries, batches, strict=True):
                if not batch.content.is_in(head.files.get(entry.path)):
                    if batch.local is None:
                        raise self._lost(entry.path)
                    uploads[entry.path] = (batch.local, batch.content)
            configs[config] = entries if final or is_other else (*entries, *recorded[len(entries) :])
        if not final:
            configs = {**before.configs, **configs}
        new_path = self.work.path(final=True) if final else old_path or self.work.path(final=False)
        return self._changes(head, before, configs, uploads, (old_path, new_path))

    def _entries(self, head: Head, config: str, recorded: Sequence[Entry]) -> tuple[Entry, ...]:
        """Give each batch the path that its work gave it before, or the next number of all."""
        number = next_number(config, [*head.files, *(entry.path for entry in recorded)])
        entries = []
        for index, batch in enumerate(self._batches[config]):
            if index < len(recorded):
                path = recorded[index].path
            else:
                path, number = file_path(config, number), number + 1
            entries.append(Entry(path, batch.rows, batch.content.sha256))
        return tuple(entries)

    def _lost(self, path: str) -> HubConflictError:
        problem = (
            f"{path} or its entry in the ledger was changed meanwhile by somebody else. What was changed is "
            "written anew when this is run again."
        )
        return HubConflictError("checkpoint to", self.repository.url, problem)

    def _changes(
        self,
        head: Head,
        before: Ledger,
        configs: dict[str, tuple[Entry, ...]],
        uploads: dict[str, tuple[Path, FileContent]],
        paths: tuple[str, str],
    ) -> Changes | None:
        kept = {entry.path for entries in configs.values() for entry in entries}
        old = {entry.path for entries in before.configs.values() for entry in entries}
        deletions = [path for path in sorted(old - kept) if path in head.files]
        left = head.files.keys() - set(deletions)
        gone = [name for name in before.configs if name not in configs and not next_number(name, left)]
        texts = self._texts(head, gone)
        deletions += [path for path in map(columns_path, gone) if path in head.files]
        old_path, new_path = paths
        if configs != before.configs or (old_path != new_path and configs):
            texts[new_path] = Ledger(self.work.writer, configs).to_bytes()
            deletions += [old_path] if old_path not in {"", new_path} else []
        for path, data in texts.items():
            uploads[path] = self._file(data)
            self._known[path] = (uploads[path][1].git_oid, data)
        if not uploads and not deletions:
            return None
        return Changes(self.repository.upload_all(uploads) if uploads else [], deletions)

    def _texts(self, head: Head, gone: list[str]) -> dict[str, bytes]:
        """Give the card and the types of columns, as far as they change."""
        texts, columns = {}, {}
        for config, types in self._columns.items():
            path = columns_path(config)
            there = self._read(head, path) if path in head.files else None
            known = columns_from_bytes(there, f"{self.repository.url}/{path}") if there is not None else {}
            columns[config] = unify_columns(known, types)
            data = columns_to_bytes(columns[config])
            texts.update({path: data} if data != there else {})
        card = self._read(head, CARD_PATH) if CARD_PATH in head.files else None
        updated = update_card(card, self.repository.url, columns, gone, head.files)
        texts.update({CARD_PATH: updated} if updated is not None and updated != card else {})
        return texts

    def _read(self, head: Head, path: str) -> bytes:
        """Read a small file, unless it is known what is in it."""
        oid, known = self._known.get(path, (None, b""))
        if oid != head.files[path].oid:
            known = self.repository.read(path, head.oid)
            self._known[path] = (head.files[path].oid, known)
        return known

    def _file(self, data: bytes) -> tuple[Path, FileContent]:
        """Write a file that waits for the next commit."""
        self._made += 1
        local = self.folder / str(self._made)
        local.write_bytes(data)
        return local, FileContent.of(local)

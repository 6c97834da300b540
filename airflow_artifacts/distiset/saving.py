"""Saving a distiset to a local folder, or below the URL of a store."""

from __future__ import annotations

import contextlib
import datetime as dt
import os
import secrets
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from airflow_artifacts.distiset.building import Builder, survey_all
from airflow_artifacts.distiset.folders import folder_beside, replace_folder
from airflow_artifacts.distiset.foreign import carry_over, read_target
from airflow_artifacts.distiset.generations import check_complete, delete_earlier, read_card
from airflow_artifacts.distiset.model import CARD_NAME
from airflow_artifacts.exceptions import ArtifactsError, DistisetError, StorageError
from airflow_artifacts.storage import LocalObjectStore, ObjectStore, open_store

if TYPE_CHECKING:
    from fsspec import AbstractFileSystem

    from airflow_artifacts.artifacts import FileRecord
    from airflow_artifacts.distiset.building import Options
    from airflow_artifacts.distiset.manifest import Manifest
    from airflow_artifacts.distiset.model import Distiset
    from airflow_artifacts.distiset.survey import Survey


@dataclass(frozen=True)
class SavedDistiset:
    """A distiset that was saved.

    Attributes:
        path: Where: the local folder, or the URL without credentials.
        generation: Folder below the path that has the data, empty where the path itself has it.
        manifest: Everything that was saved.
    """

    path: str
    generation: str
    manifest: Manifest


@dataclass(frozen=True)
class _LocalPlace:
    folder: Path

    def keep(self, file: FileRecord) -> None:
        """Make a file durable."""
        descriptor = os.open(self.folder / file.path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


@dataclass(frozen=True)
class _StorePlace:
    folder: Path
    store: ObjectStore
    prefix: str

    def keep(self, file: FileRecord) -> None:
        """Upload a file, and free the disk of it."""
        self.store.upload(self.folder / file.path, f"{self.prefix}/{file.path}")
        (self.folder / file.path).unlink()


def save(
    distiset: Distiset,
    path: str,
    *,
    source: ObjectStore,
    filesystem: AbstractFileSystem | ObjectStore | None,
    options: Options,
) -> SavedDistiset:
    """Save a distiset; see ``Distiset.save``."""
    store = open_place(path, filesystem)
    try:
        if isinstance(store, LocalObjectStore):
            return _save_to_folder(distiset, store.folder, source, options)
        return _save_to_store(distiset, store, source, options)
    except ArtifactsError:
        raise
    except OSError as error:
        raise StorageError("save the distiset to", store.root, error) from error


def open_place(path: str, filesystem: AbstractFileSystem | ObjectStore | None) -> ObjectStore:
    """Open the store whose root is a path: a local path, a URL, or a path of the file system that is given.

    A store that is given is the one, for the caller has opened it.
    """
    if not path:
        raise DistisetError("The path of a distiset is empty. Give a local path or a URL.")
    if isinstance(filesystem, ObjectStore):
        return filesystem
    if filesystem is not None and "://" not in path:
        path = filesystem.unstrip_protocol(path)
    return open_store(path, filesystem)


def _save_to_folder(distiset: Distiset, path: Path, source: ObjectStore, options: Options) -> SavedDistiset:
    target = Path(os.path.realpath(path))  # where a link leads is replaced, and the link stays
    if target.parent == target:
        raise DistisetError(f"A distiset cannot be saved to {target}. Give a folder below it.")
    read_target(target)
    surveys = survey_all(distiset, options)
    with folder_beside(target) as folder:
        builder = Builder(distiset, surveys, _LocalPlace(folder), options)
        manifest = builder.build_data(source)
        old = read_target(target)
        existing = _read_text(target / CARD_NAME) if old else None
        former = [subset.name for subset in old.subsets] if old else []
        card = builder.card(manifest, location=str(path), url=str(path))
        manifest = builder.build_texts(manifest, card.render(existing, former=former))
        if old:
            carry_over(target, folder, old)
            shutil.copymode(target, folder)
        replace_folder(folder, target)
    return SavedDistiset(str(path), "", manifest)


def _read_text(path: Path) -> str | None:
    try:
        return path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        return None
    except UnicodeDecodeError as error:
        raise DistisetError(f"{path} is not UTF-8 ({error}). Save it as UTF-8; nothing was saved.") from error


def _save_to_store(distiset: Distiset, store: ObjectStore, source: ObjectStore, options: Options) -> SavedDistiset:
    """Upload everything below a folder of its own, then make it visible by replacing the card."""
    read_card(store)
    surveys = survey_all(distiset, options)
    now = dt.datetime.now(dt.timezone.utc)
    generation = f"v-{now:%Y%m%dT%H%M%S%fZ}-{secrets.token_hex(4)}"
    try:
        manifest, card = _upload(distiset, surveys, _Upload(store, generation, source, options))
    except Exception:
        # A killed save cannot do this; the next one then deletes what it left.
        with contextlib.suppress(StorageError):
            store.delete_prefix(generation)
        raise
    store.replace(CARD_NAME, card)
    check_complete(store, generation, manifest)  # a save that was begun later may have deleted it just now
    delete_earlier(store, generation)
    return SavedDistiset(store.root, generation, manifest)


@dataclass(frozen=True)
class _Upload:
    store: ObjectStore
    generation: str
    source: ObjectStore
    options: Options


def _upload(distiset: Distiset, surveys: dict[str, Survey], to: _Upload) -> tuple[Manifest, bytes]:
    """Upload a generation, and give its manifest and the card that makes it visible."""
    with tempfile.TemporaryDirectory(prefix="distiset-") as folder:
        builder = Builder(distiset, surveys, _StorePlace(Path(folder), to.store, to.generation), to.options)
        manifest = builder.build_data(to.source)
        existing = read_card(to.store)
        text, former = (existing.text, existing.subsets) if existing else (None, ())
        card = builder.card(manifest, location=None, url=to.store.root)
        manifest = builder.build_texts(manifest, card.render(text, former=former))
    check_complete(to.store, to.generation, manifest)
    visible = card.render(text, prefix=f"{to.generation}/", former=former)
    return manifest, visible.encode(errors="replace")

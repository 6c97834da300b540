"""Generations: on a store, each save has a folder of its own, and the card says which one counts.

A store cannot exchange folders, but it replaces one object in one act. So a save uploads everything below
``v-<time>-<random>/``, replaces ``README.md``, whose ``data_files`` lead there, and then deletes the generations
before. Of two saves at the same time, the one that began earlier may find its files deleted by the other; it
notices and gives up, and the other's distiset stays.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from airflow_artifacts.distiset.model import CARD_NAME, MANIFEST_NAME
from airflow_artifacts.exceptions import DistisetError, ForeignFolderError, ObjectNotFoundError
from airflow_artifacts.hub import Readme

if TYPE_CHECKING:
    from collections.abc import Iterator

    from airflow_artifacts.distiset.manifest import Manifest
    from airflow_artifacts.storage import ObjectStore

_GENERATION = re.compile(r"v-\d{8}T\d{12}Z-[0-9a-f]{8}\Z")


@dataclass(frozen=True)
class StoredCard:
    """The card on a store.

    Attributes:
        text: The card.
        generation: The generation that it leads to.
        subsets: The subsets that it describes there.
    """

    text: str
    generation: str
    subsets: tuple[str, ...]


def read_card(store: ObjectStore) -> StoredCard | None:
    """Read the card that says which generation counts; None where nothing was saved yet.

    Raises:
        ForeignFolderError: Something else is there.
        DistisetError: The card cannot be read.
    """
    try:
        text = store.read(CARD_NAME).decode("utf-8-sig")
    except ObjectNotFoundError:
        folders = {info.key.partition("/")[0] for info in store.list()}
        if all(_GENERATION.match(folder) for folder in folders):
            return None  # nothing, or what a save left that did not come to its end
        raise ForeignFolderError(store.root) from None
    except UnicodeDecodeError as error:
        raise DistisetError(f"{store.url(CARD_NAME)} is not UTF-8 ({error}). Save it as UTF-8.") from error
    entries = [
        (name, path.partition("/")[0])
        for name, path in _data_files(Readme.parse(text).yaml.get("configs"))
        if _GENERATION.match(path.partition("/")[0])
    ]
    if not entries:
        raise ForeignFolderError(store.root)
    return StoredCard(text, entries[0][1], tuple(dict.fromkeys(name for name, _ in entries)))


def _data_files(configs: Any) -> Iterator[tuple[str, str]]:
    """Give each path of the card's configurations with the configuration's name."""
    for config in configs if isinstance(configs, list) else []:
        files = config.get("data_files") if isinstance(config, dict) else None
        for file in files if isinstance(files, list) else []:
            if isinstance(file, dict) and isinstance(file.get("path"), str):
                yield str(config.get("config_name")), file["path"]


def has_hidden_generation(store: ObjectStore) -> bool:
    """Say whether there are generations beside a card that leads to none of them."""
    folders = {info.key.partition("/")[0] for info in store.list()}
    return CARD_NAME in folders and any(map(_GENERATION.match, folders))


def check_complete(store: ObjectStore, generation: str, manifest: Manifest) -> None:
    """Make sure that all files are there before the card leads to them.

    Raises:
        DistisetError: A file is not.
    """
    there = {info.key: info.size for info in store.list(generation)}
    expected = {f"{generation}/{file.path}": file.size for file in manifest.files}
    missing = [key for key, size in expected.items() if there.get(key) != size]
    if missing or f"{generation}/{MANIFEST_NAME}" not in there:
        raise DistisetError(
            f"{len(missing)} of {len(expected)} files that were uploaded to {store.url(generation)} are not there "
            "any more; a save that began later may have replaced this one. What is visible at "
            f"{store.root} is unchanged by this save. Save again if it should count."
        )


def delete_earlier(store: ObjectStore, generation: str) -> None:
    """Delete the generations that were begun before one."""
    folders = {info.key.partition("/")[0] for info in store.list()}
    for folder in sorted(folders):
        if _GENERATION.match(folder) and folder < generation:
            store.delete_prefix(folder)

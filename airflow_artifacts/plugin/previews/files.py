"""The preview of a file, whatever it is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow_artifacts.plugin.media_types import extension_of
from airflow_artifacts.plugin.previews.csv_files import preview_csv
from airflow_artifacts.plugin.previews.facts import preview_npy, preview_npz
from airflow_artifacts.plugin.previews.faiss_headers import preview_faiss
from airflow_artifacts.plugin.previews.json_lines import preview_json_lines
from airflow_artifacts.plugin.previews.kinds import Kind, kind_of
from airflow_artifacts.plugin.previews.parquet_files import preview_parquet
from airflow_artifacts.plugin.previews.reading import BudgetExceeded, BudgetReader
from airflow_artifacts.plugin.previews.texts import read_text, text_preview

if TYPE_CHECKING:
    from collections.abc import Mapping

    from airflow_artifacts.storage import ObjectStore

_PLAYED = frozenset({"audio", "video"})  # of which a browser loads what is played
_MEDIA = _PLAYED | {"image", "pdf", "html"}
_LOADED_BYTES = 50_000_000
_TOO_LARGE = "Its directory is too large for a preview."
_FALLBACKS = {"csv": Kind("text"), "tsv": Kind("text"), "jsonl": Kind("code", "json")}
_EXTENSION = 20  # characters of one that is named


def preview_file(  # noqa: PLR0913 - what the record knows of a file
    store: ObjectStore, key: str, *, path: str, size: int, media_type: str | None, facts: Mapping[str, Any]
) -> dict[str, Any]:
    """Show the beginning of a file, or what its header says; at most 2 MB of it are read.

    Args:
        store: Where the file is.
        key: Its key there.
        path: Its path within the artifact, whose extension tells what it is.
        size: Its size in bytes, as it was recorded.
        media_type: Its media type, as it was recorded.
        facts: What the record of the artifact knows.

    Returns:
        JSON of the type ``Preview`` in ``ui/src/api.ts``.

    Raises:
        ObjectNotFoundError: The file is not there.
        StorageError: The store failed.
    """
    if size == 0:
        return no_preview("The file is empty.")
    kind = kind_of(path, media_type)
    if kind is not None and kind.name in _MEDIA:
        if kind.name not in _PLAYED and size > _LOADED_BYTES:
            return no_preview(f"With {size:,} bytes it is too large to be shown as {kind.name}.")
        return {"type": kind.name}
    with BudgetReader(store, key) as reader:
        if reader.size == 0:
            return no_preview("The file is empty.")
        return _read(reader, kind, path, facts)


def no_preview(reason: str) -> dict[str, Any]:
    """Say why there is no preview."""
    return {"type": "none", "reason": reason}


def _read(reader: BudgetReader, kind: Kind | None, path: str, facts: Mapping[str, Any]) -> dict[str, Any]:
    try:
        found = _data_preview(reader, kind.name, facts) if kind else None
        return found or _text_preview(reader, kind) or no_preview(_reason(kind, path))
    except BudgetExceeded:
        return no_preview(_TOO_LARGE)


def _data_preview(reader: BudgetReader, kind: str, facts: Mapping[str, Any]) -> dict[str, Any] | None:
    """Show what is no plain text; None for what is, or where the file is not what it should be."""
    if kind in {"csv", "tsv"}:
        return preview_csv(reader, kind)
    if kind == "jsonl":
        return preview_json_lines(reader)
    if kind == "parquet":
        return preview_parquet(reader)
    if kind == "npy":
        return preview_npy(reader, facts)
    if kind == "npz":
        return preview_npz(reader)
    return preview_faiss(reader, facts) if kind == "faiss" else None


def _text_preview(reader: BudgetReader, kind: Kind | None) -> dict[str, Any] | None:
    found = read_text(reader)
    if found is None or not found.text:
        return None
    shown = Kind("text") if kind is None else _FALLBACKS.get(kind.name, kind)
    if shown.name in {"parquet", "npy", "npz", "faiss"}:
        shown = Kind("text")
    return text_preview(shown, found, reader.size)


def _reason(kind: Kind | None, path: str) -> str:
    extension = extension_of(path)[:_EXTENSION]
    if kind is not None:
        return f"The file is damaged, or is no {extension or kind.name} file."
    return f"There is no preview of {extension} files." if extension else "There is no preview of such files."

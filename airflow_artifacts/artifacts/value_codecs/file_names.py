"""Names of the files that codecs write, and their media types."""

from __future__ import annotations

import mimetypes
from functools import cache
from pathlib import Path

_MEDIA_TYPES = {
    ".csv": "text/csv",
    ".html": "text/html",
    ".htm": "text/html",
    ".json": "application/json",
    ".jsonl": "application/jsonl",
    ".markdown": "text/markdown",
    ".md": "text/markdown",
    ".parquet": "application/vnd.apache.parquet",
    ".svg": "image/svg+xml",
    ".txt": "text/plain",
    ".webp": "image/webp",
    ".yaml": "application/yaml",
    ".yml": "application/yaml",
}


def file_path(name: str, folder: Path, *suffixes: str) -> Path:
    """Give the path of an artifact's only file: the last segment of its name, with one of the suffixes.

    Args:
        name: The artifact's name.
        folder: The folder to write into.
        suffixes: What the name may end with already; the first is added otherwise.
    """
    last = name.rpartition("/")[2]
    return folder / (last if last.lower().endswith(suffixes) else last + suffixes[0])


def only_file(folder: Path) -> Path:
    """Give the only file of a folder.

    Raises:
        ValueError: There is none, or more than one.
    """
    files = sorted(path for path in folder.rglob("*") if not path.is_dir())
    if len(files) != 1:
        raise ValueError(f"it has {len(files)} files where one belongs")
    return files[0]


def guess_media_type(file_name: str) -> str | None:
    """Tell the media type of a file by its name, the same on every machine."""
    own = _MEDIA_TYPES.get(Path(file_name).suffix.lower())
    return own or _types().guess_type(Path(file_name).name)[0]


@cache
def _types() -> mimetypes.MimeTypes:
    # The module's own functions also read what the machine has in /etc.
    return mimetypes.MimeTypes()

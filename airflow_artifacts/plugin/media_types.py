"""The media type that a file is served as, the same on every machine."""

from __future__ import annotations

import mimetypes
import posixpath
import re
from functools import cache

UNKNOWN = "application/octet-stream"
# What the standard library lacks or takes for something else, or what differs between its versions.
_MEDIA_TYPES = {
    ".aac": "audio/aac",
    ".avif": "image/avif",
    ".bmp": "image/bmp",
    ".bz2": "application/x-bzip2",
    ".c": "text/plain",
    ".csv": "text/csv",
    ".faiss": UNKNOWN,
    ".feather": "application/vnd.apache.arrow.file",
    ".flac": "audio/flac",
    ".gz": "application/gzip",
    ".h": "text/plain",
    ".htm": "text/html",
    ".html": "text/html",
    ".ico": "image/x-icon",
    ".index": UNKNOWN,
    ".ipynb": "application/x-ipynb+json",
    ".js": "text/javascript",
    ".json": "application/json",
    ".jsonl": "application/jsonl",
    ".ksh": "text/plain",
    ".log": "text/plain",
    ".m4a": "audio/mp4",
    ".m4v": "video/mp4",
    ".markdown": "text/markdown",
    ".md": "text/markdown",
    ".mjs": "text/javascript",
    ".ndjson": "application/x-ndjson",
    ".npy": UNKNOWN,
    ".npz": UNKNOWN,
    ".oga": "audio/ogg",
    ".ogg": "audio/ogg",
    ".ogv": "video/ogg",
    ".opus": "audio/ogg",
    ".parquet": "application/vnd.apache.parquet",
    ".py": "text/x-python",
    ".rst": "text/x-rst",
    ".rtf": "application/rtf",
    ".sh": "application/x-sh",
    ".sql": "application/sql",
    ".svg": "image/svg+xml",
    ".tgz": "application/gzip",
    ".toml": "application/toml",
    ".ts": "text/x-typescript",
    ".tsv": "text/tab-separated-values",
    ".tsx": "text/x-typescript",
    ".txt": "text/plain",
    ".wav": "audio/wav",
    ".weba": "audio/webm",
    ".webm": "video/webm",
    ".webp": "image/webp",
    ".xml": "text/xml",
    ".xz": "application/x-xz",
    ".yaml": "application/yaml",
    ".yml": "application/yaml",
    ".zst": "application/zstd",
}
# A type and a subtype: https://www.rfc-editor.org/rfc/rfc6838#section-4.2
_WELL_FORMED = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]{0,126}/[a-z0-9][a-z0-9!#$&^_.+-]{0,126}")


def extension_of(path: str) -> str:
    """Give the extension of a file in small letters, with its dot; a text without one for a name like ``.env``."""
    return posixpath.splitext(posixpath.basename(path))[1].lower()


def media_type_of(path: str, recorded: str | None) -> str:
    """Tell the media type that a file is shown and served as: its extension decides, then what was recorded.

    Args:
        path: The file's path within its artifact.
        recorded: The type in the artifact's record; one that is malformed does not count.

    Returns:
        A type and a subtype, without parameters.
    """
    extension = extension_of(path)
    known = _MEDIA_TYPES.get(extension) or _standard().get(extension)
    return known or well_formed(recorded) or UNKNOWN


def well_formed(recorded: str | None) -> str | None:
    """Give a media type in small letters and without its parameters; None for what is none."""
    essence = (recorded or "").partition(";")[0].strip(" ").lower()
    return essence if _WELL_FORMED.fullmatch(essence) else None


@cache
def _standard() -> dict[str, str]:
    # An object of its own has only the table of the module, and nothing of what the machine has in /etc.
    return mimetypes.MimeTypes().types_map[True]

"""Which preview a file gets: its extension decides, then its media type."""

from __future__ import annotations

import posixpath
from typing import NamedTuple

from airflow_artifacts.plugin.media_types import extension_of, well_formed


class Kind(NamedTuple):
    """A way to show a file, and of source code the name of its language."""

    name: str
    language: str | None = None


_MEDIA = {
    "image": ("png", "jpg", "jpeg", "gif", "webp", "avif", "bmp", "ico", "svg"),
    "audio": ("mp3", "wav", "ogg", "oga", "opus", "m4a", "aac", "flac", "weba"),
    "video": ("mp4", "m4v", "webm", "ogv", "mov"),
    "pdf": ("pdf",),
    "html": ("html", "htm"),
}
_TEXTS = {
    "markdown": ("md", "markdown"),
    "json": ("json", "geojson", "ipynb"),
    "yaml": ("yaml", "yml"),
    "text": ("txt", "log", "text", "out", "err", "rst"),
}
_DATA = {
    "csv": ("csv",),
    "tsv": ("tsv",),
    "jsonl": ("jsonl", "ndjson"),
    "parquet": ("parquet",),
    "npy": ("npy",),
    "npz": ("npz",),
    "faiss": ("faiss", "index"),
}
_LANGUAGES = {
    "bash": ("sh", "bash", "zsh", "ksh"),
    "c": ("c", "h"),
    "cpp": ("cpp", "cc", "cxx", "hpp", "hh", "hxx"),
    "csharp": ("cs",),
    "css": ("css",),
    "diff": ("diff", "patch"),
    "dockerfile": ("dockerfile",),
    "go": ("go",),
    "graphql": ("graphql", "gql"),
    "ini": ("ini", "cfg", "conf", "properties", "toml"),
    "java": ("java",),
    "javascript": ("js", "mjs", "cjs", "jsx"),
    "json": ("json5", "jsonc"),
    "julia": ("jl",),
    "kotlin": ("kt", "kts"),
    "latex": ("tex", "bib"),
    "less": ("less",),
    "lua": ("lua",),
    "makefile": ("mk", "makefile"),
    "perl": ("pl", "pm"),
    "php": ("php",),
    "protobuf": ("proto",),
    "python": ("py", "pyi", "pyx"),
    "r": ("r",),
    "ruby": ("rb",),
    "rust": ("rs",),
    "scala": ("scala",),
    "scss": ("scss", "sass"),
    "sql": ("sql",),
    "swift": ("swift",),
    "typescript": ("ts", "tsx", "mts", "cts"),
    "xml": ("xml", "xsd", "xsl", "xslt", "jinja", "j2", "vue"),
}
_BY_EXTENSION = {
    **{f".{end}": Kind(name) for table in (_MEDIA, _TEXTS, _DATA) for name, ends in table.items() for end in ends},
    **{f".{end}": Kind("code", language) for language, ends in _LANGUAGES.items() for end in ends},
}
_BY_NAME = {"dockerfile": Kind("code", "dockerfile"), "makefile": Kind("code", "makefile")}
_BY_MEDIA_TYPE = {
    "application/javascript": Kind("code", "javascript"),
    "application/json": Kind("json"),
    "application/jsonl": Kind("jsonl"),
    "application/jsonlines": Kind("jsonl"),
    "application/pdf": Kind("pdf"),
    "application/sql": Kind("code", "sql"),
    "application/toml": Kind("code", "ini"),
    "application/vnd.apache.parquet": Kind("parquet"),
    "application/x-ndjson": Kind("jsonl"),
    "application/xml": Kind("code", "xml"),
    "application/yaml": Kind("yaml"),
    "audio/aac": Kind("audio"),
    "audio/flac": Kind("audio"),
    "audio/mp4": Kind("audio"),
    "audio/mpeg": Kind("audio"),
    "audio/ogg": Kind("audio"),
    "audio/wav": Kind("audio"),
    "audio/webm": Kind("audio"),
    "image/avif": Kind("image"),
    "image/bmp": Kind("image"),
    "image/gif": Kind("image"),
    "image/jpeg": Kind("image"),
    "image/png": Kind("image"),
    "image/svg+xml": Kind("image"),
    "image/webp": Kind("image"),
    "image/x-icon": Kind("image"),
    "text/csv": Kind("csv"),
    "text/html": Kind("html"),
    "text/javascript": Kind("code", "javascript"),
    "text/markdown": Kind("markdown"),
    "text/plain": Kind("text"),
    "text/tab-separated-values": Kind("tsv"),
    "text/x-python": Kind("code", "python"),
    "text/xml": Kind("code", "xml"),
    "text/yaml": Kind("yaml"),
    "video/mp4": Kind("video"),
    "video/ogg": Kind("video"),
    "video/webm": Kind("video"),
}


def kind_of(path: str, media_type: str | None) -> Kind | None:
    """Tell how a file is shown; None where only its bytes can tell."""
    kind = _BY_NAME.get(posixpath.basename(path).lower()) or _BY_EXTENSION.get(extension_of(path))
    return kind or _BY_MEDIA_TYPE.get(well_formed(media_type) or "")

"""Finding the files that are to be loaded: a file, a folder, a glob, or several of these."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, BinaryIO, Literal, cast

from airflow_artifacts.exceptions import ArtifactsError, SourceFileError, StorageError
from airflow_artifacts.steps.zstd_files import ZstdReader
from airflow_artifacts.storage import without_credentials

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fsspec import AbstractFileSystem

FileType = Literal["jsonl", "csv", "parquet"]

FilesystemOpener = Callable[[str, dict[str, Any]], tuple["AbstractFileSystem", str]]
"""Gives the file system for a URL or local path, and the path on it; the second argument is storage options."""

Rows = Generator[dict[str, Any], None, int]
"""Rows of a file from a number on; at its end, how many rows of that number are to be left out after it."""

_EXTENSIONS: dict[str, FileType] = {
    **dict.fromkeys((".jsonl", ".ndjson", ".json"), "jsonl"),
    **dict.fromkeys((".csv", ".tsv"), "csv"),
    **dict.fromkeys((".parquet", ".pq"), "parquet"),
}
_COMPRESSIONS = {".gz": "gzip", ".bz2": "bz2", ".xz": "xz", ".zst": "zstd"}
_CHECKED = (
    "http://",
    "https://",
    "file://",
    "local://",
)  # of which the first two are checked where they are opened
_MAGIC = re.compile(r"[*?\[]")


@dataclass(frozen=True)
class SourceFile:
    """A file to load.

    Attributes:
        filesystem: Where it is.
        path: Its path there.
        url: Its URL or local path without credentials, for messages.
        file_type: How its rows are written.
    """

    filesystem: AbstractFileSystem
    path: str
    url: str
    file_type: FileType

    @property
    def extension(self) -> str:
        """The extension without that of a compression, in lower case."""
        return _split(self.path)[0]

    @contextlib.contextmanager
    def open(self) -> Iterator[BinaryIO]:
        """Open the file for reading, decompressed; errors of the store name it without credentials."""
        compression = None if self.file_type == "parquet" else _COMPRESSIONS.get(_split(self.path)[1])
        own = compression if compression != "zstd" else None
        with source_errors(self.url), self.filesystem.open(self.path, "rb", compression=own) as file:
            yield cast("BinaryIO", ZstdReader(file) if compression == "zstd" else file)


@contextlib.contextmanager
def source_errors(url: str) -> Iterator[None]:
    """Name a file or pattern, without credentials, in errors of its store.

    Raises:
        SourceFileError: There is no such file.
        StorageError: The store failed; running again may help.
    """
    try:
        yield
    except ArtifactsError:
        raise
    except FileNotFoundError:
        raise SourceFileError(url, "there is no such file.") from None
    except OSError as error:
        # Without the cause in the traceback: its text may hold the URL with what is secret in it.
        raise StorageError("read", url, _without_urls(error)) from None
    except Exception as error:
        if type(error).__module__.partition(".")[0] != "aiohttp":
            raise
        raise StorageError("read", url, _without_urls(error)) from None


def _without_urls(error: Exception) -> str:
    return re.sub(r"\S+://\S+", "<URL>", f"{type(error).__name__}: {error}")


def find_files(
    pattern: str, file_type: FileType | None, opener: FilesystemOpener, options: dict[str, Any]
) -> list[SourceFile]:
    """Find the files of a pattern: a file, a folder with all that is below it, or a glob.

    Args:
        pattern: A local path or a URL.
        file_type: How rows are written in the files; without it, their extensions say so.
        opener: Gives the file system.
        options: Storage options for it.

    Returns:
        The files in the order of their paths. Hidden ones are left out, and so are those below a folder or of a
        glob whose extension is not that of a file type.

    Raises:
        SourceFileError: There are none, or they are of several types.
        UnsafeUrlError: The URL holds credentials.
        UrlError: There is no file system for the pattern.
    """
    url = without_credentials(pattern)
    with source_errors(url):
        filesystem, path = opener(pattern, options)
        filesystem.invalidate_cache()
        paths, kind = _find_paths(filesystem, path)
    types = {each: _type_of(each, kind, file_type) for each in paths}
    files = [
        SourceFile(filesystem, each, _shown(filesystem, each, url if kind == "file" else ""), found)
        for each, found in types.items()
        if found
    ]
    _check_found(url, kind, paths, files, file_type)
    return files


def _type_of(path: str, kind: str, file_type: FileType | None) -> FileType | None:
    extension, compression = _split(path)
    found = _EXTENSIONS.get(extension)
    if compression and found == "parquet":
        found = None
    if file_type is None:
        return found
    # A folder may hold anything; with a path or a glob somebody says that these are the files.
    return file_type if kind != "folder" or found == file_type else None


def _find_paths(filesystem: AbstractFileSystem, path: str) -> tuple[list[str], str]:
    """Give the paths of files, and whether the path is that of a file, a folder, a glob or of nothing."""
    with contextlib.suppress(FileNotFoundError):
        if filesystem.info(path)["type"] != "directory":
            return [path], "file"
        return _visible(filesystem.find(path), path), "folder"
    if not _MAGIC.search(path):
        return [], "nothing"
    found = filesystem.glob(path, detail=True)
    names = [name for name, info in found.items() if info["type"] == "file"]
    return _visible(names, path[: cast("re.Match[str]", _MAGIC.search(path)).start()].rpartition("/")[0]), "glob"


def _visible(paths: list[str], base: str) -> list[str]:
    """Sort paths, without those that have a hidden part below a folder."""
    start = len(base.rstrip("/"))
    return sorted(path for path in paths if "/." not in path[start:])


def _check_found(
    url: str, kind: str, paths: list[str], files: list[SourceFile], file_type: FileType | None
) -> None:
    if not paths:
        what = {"folder": "the folder has no files", "glob": "no file matches"}.get(kind, "there is no such file")
        raise SourceFileError(url, f"{what}.")
    if not files:
        wanted = [extension for extension, each in _EXTENSIONS.items() if file_type in {None, each}]
        way = "Give a glob such as '<folder>/*'." if file_type else "Say what they hold with file_type=."
        problem = f"none of {len(paths)} files ends with one of {', '.join(wanted)}. {way}"
        raise SourceFileError(url, problem)
    first = {file.file_type: file.url for file in reversed(files)}
    if len(first) > 1:
        examples = " and ".join(f"{found} ({example})" for found, example in sorted(first.items()))
        raise SourceFileError(
            url, f"files of several types are there: {examples}. Choose with file_type= or a narrower pattern."
        )


def _shown(filesystem: AbstractFileSystem, path: str, url: str) -> str:
    protocols = filesystem.protocol
    if "file" in ([protocols] if isinstance(protocols, str) else protocols):
        return path
    return url or without_credentials(str(filesystem.unstrip_protocol(path)))


def _split(path: str) -> tuple[str, str]:
    """Give the extension of a path, and that of a compression behind it, both in lower case."""
    name = path.lower().rpartition("/")[2]
    if "://" in path:
        name = re.split(r"[?#]", path.lower(), maxsplit=1)[0].rpartition("/")[2]
    stem, dot, extension = name.rpartition(".")
    if f".{extension}" in _COMPRESSIONS:
        return f".{stem.rpartition('.')[2]}", f".{extension}"
    return f"{dot}{extension}", ""

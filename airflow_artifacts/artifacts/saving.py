"""From values, write functions and local files to registered versions."""

from __future__ import annotations

import contextlib
import functools
import json
import logging
import stat
from dataclasses import dataclass, replace
from pathlib import Path
from types import BuiltinFunctionType, FunctionType, MethodType
from typing import IO, TYPE_CHECKING

from airflow_artifacts.artifacts.copying import describe_files, new_folder, store_files
from airflow_artifacts.artifacts.records import SOURCE_NAME, ArtifactRecord, check_source, now
from airflow_artifacts.artifacts.registry import find_label
from airflow_artifacts.artifacts.value_codecs import Encoded, check_encodable, encode, guess_media_type
from airflow_artifacts.exceptions import (
    ArtifactError,
    ArtifactsError,
    ObjectNotFoundError,
    StorageError,
    UnsafeFileError,
    VersionExistsError,
)
from airflow_artifacts.storage import check_relative_path, in_parallel, without_credentials
from airflow_artifacts.storage.folders import scan_folder

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from airflow_artifacts.artifacts.config import ArtifactConfig
    from airflow_artifacts.artifacts.records import FileRecord
    from airflow_artifacts.artifacts.repository import ArtifactRepository
    from airflow_artifacts.artifacts.sources import Source
    from airflow_artifacts.artifacts.versions import ArtifactVersion
    from airflow_artifacts.storage import Producer

logger = logging.getLogger(__name__)

FOLDER_KIND = "folder"
_CHUNK = 1024 * 1024
_WRITE_FUNCTIONS = (FunctionType, MethodType, BuiltinFunctionType, functools.partial)


@dataclass(frozen=True)
class Origin:
    """Where artifacts come from: the attempt of a task, None outside of tasks, and what it has loaded so far."""

    producer: Producer | None = None
    parents: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True)
class Draft:
    """An artifact whose files lie ready on the local disk, and are not stored yet.

    Attributes:
        config: Name, label, tags and metadata, checked.
        files: Path within the artifact, and the local file, of each.
        encoded: What they are.
        step: Name of the step that made it, None for what no step made.
    """

    config: ArtifactConfig
    files: Sequence[tuple[str, Path]]
    encoded: Encoded
    step: str | None = None


def is_write_function(value: object) -> bool:
    """Say whether a value is a function that writes an artifact's files.

    Only functions are: many values that can be called, such as neural networks, are values all the same.
    """
    return isinstance(value, _WRITE_FUNCTIONS)


def check_value(name: str, value: object, *, kind: str | None, allow_pickle: bool) -> None:
    """Refuse a value that cannot be saved, as far as that is seen without writing it.

    Raises:
        ArtifactError: It cannot.
    """
    if isinstance(value, Path) or is_write_function(value):
        if kind is not None:
            raise ArtifactError(name, f"kind={kind!r} is for texts. Leave it out.")
    else:
        check_encodable(name, value, kind=kind, allow_pickle=allow_pickle)


def draft_value(
    config: ArtifactConfig, value: object, folder: Path, *, kind: str | None, allow_pickle: bool
) -> Draft:
    """Make files of a value, or find them where they are.

    Args:
        config: Name, label, tags and metadata, checked.
        value: A path, a function that is given a folder and writes files into it, or a value for a codec.
        folder: An empty local folder.
        kind: Which kind of text a text is.
        allow_pickle: Whether a value that no codec takes may become a pickle.

    Raises:
        ArtifactError: It cannot be saved.
    """
    if isinstance(value, Path):
        return draft_path(config, value)
    if is_write_function(value):
        value(folder)  # type: ignore[operator]
        return _draft_folder(config, folder, "no file was written. The function is given a folder: write into it.")
    encoded = encode(config.name, value, folder, kind=kind, allow_pickle=allow_pickle)
    return Draft(config, scan_folder(folder, name=config.name), encoded)


def draft_file(config: ArtifactConfig, file: Path, write: Callable[[Path], Encoded]) -> Draft:
    """Make a file with a function that is given its path and says what it wrote."""
    encoded = write(file)
    return Draft(config, [(check_relative_path(file.name, what="file name"), file)], encoded)


def draft_path(config: ArtifactConfig, path: Path) -> Draft:
    """Take a local file or folder as it is.

    Raises:
        ArtifactError: There is none, or the folder is empty.
        UnsafeFileError: It is neither a file nor a folder, or a link in the folder leads elsewhere.
    """
    path = path.expanduser()
    try:
        mode = path.stat().st_mode
    except OSError as error:
        raise ArtifactError(config.name, f"{str(path)!r} cannot be read: {error.strerror}.") from error
    if stat.S_ISDIR(mode):
        return _draft_folder(config, path, f"the folder {str(path)!r} is empty. Nothing would be kept of it.")
    if not stat.S_ISREG(mode):
        raise UnsafeFileError(config.name, f"{str(path)!r} is neither a file nor a folder.")
    name = check_relative_path(path.name, what="file name")
    return Draft(config, [(name, path)], Encoded("file", "file", guess_media_type(name), {}))


def _draft_folder(config: ArtifactConfig, folder: Path, empty: str) -> Draft:
    files = scan_folder(folder, name=config.name, empty=empty)
    return Draft(config, files, Encoded(FOLDER_KIND, FOLDER_KIND, None, {"files": len(files)}))


def check_label(repository: ArtifactRepository, config: ArtifactConfig, origin: Origin) -> ArtifactVersion | None:
    """Find out whether a version label is free, before anything is written.

    A task that saved, died and runs again wants the label that it has already: it gets as far as ``save``, which
    compares what is saved.

    Returns:
        The version that the same task instance gave the label, None where the label is free.

    Raises:
        VersionExistsError: Somebody else has the label, or the version that had it was deleted.
    """
    if config.version is None:
        return None
    records = repository.registry(config.name).records()
    number = find_label(records, config.version)
    if number is None:
        return None
    by = records[number - 1].producer
    mine = origin.producer
    if by is None or mine is None or by.task_prefix != mine.task_prefix or by.prefix == mine.prefix:
        raise VersionExistsError(config.name, config.version, number)
    deleted = repository.registry(config.name).changes().deleted
    if number in deleted:
        raise VersionExistsError(config.name, config.version, number)
    return repository.get(config.name, number)


def save(repository: ArtifactRepository, drafts: Sequence[Draft], origin: Origin) -> list[ArtifactVersion]:
    """Store the files of drafts, all of them, and then register them.

    Raises:
        VersionExistsError: A label is taken by another content.
        ArtifactError: A file changed meanwhile.
        StorageError: The store failed. What was stored by then is not registered, or not all of it.
    """
    there = [check_label(repository, draft.config, origin) for draft in drafts]
    records = [_draft_record(draft, origin) for draft in drafts]
    for record, existing in zip(records, there, strict=True):
        if existing is not None and not _is_same(existing, record):
            raise VersionExistsError(record.name, str(record.label), existing.version)
    fresh = [index for index, existing in enumerate(there) if existing is None]
    try:
        in_parallel(lambda index: _store(repository, drafts[index], records[index]), fresh)
    except ArtifactsError:
        _discard(repository, [records[index] for index in fresh])
        raise
    registered = dict(zip(fresh, register(repository, [records[index] for index in fresh]), strict=True))
    return [registered[index] if existing is None else existing for index, existing in enumerate(there)]


def _is_same(version: ArtifactVersion, record: ArtifactRecord) -> bool:
    kept = version.record
    same = (version.files, kept.metadata, kept.tags) == (record.files, record.metadata, record.tags)
    return same and kept.source == record.source


def _discard(repository: ArtifactRepository, records: Sequence[ArtifactRecord]) -> None:
    """Remove the files of what is not and will not be registered, as far as the store lets us."""
    for record in records:
        with contextlib.suppress(StorageError):
            repository.store.delete_prefix(record.path)


def _draft_record(draft: Draft, origin: Origin) -> ArtifactRecord:
    path = new_folder(draft.config.name, origin.producer)
    files = describe_files(draft.config.name, draft.files)
    return replace(_record(draft.config, draft.encoded, origin, path, files), step=draft.step)


def _record(
    config: ArtifactConfig, encoded: Encoded, origin: Origin, path: str, files: tuple[FileRecord, ...]
) -> ArtifactRecord:
    return ArtifactRecord(
        name=config.name,
        path=path,
        files=files,
        size=sum(file.size for file in files),
        created_at=now(),
        kind=encoded.kind,
        codec=encoded.codec,
        media_type=encoded.media_type,
        metadata=dict(config.metadata or {}),
        facts=dict(encoded.facts),
        tags=tuple(config.tags),
        label=config.version,
        producer=origin.producer,
        parents=origin.parents,
    )


def save_source(
    repository: ArtifactRepository, config: ArtifactConfig, source: Source, origin: Origin, *, copy: bool
) -> ArtifactVersion:
    """Register files that exist elsewhere.

    Args:
        repository: Where to.
        config: Name, label, tags and metadata, checked.
        source: The files.
        origin: Where the artifact comes from.
        copy: Whether the files are copied, or the version only refers to them, with their checksums.

    Raises:
        ArtifactError: A file is gone.
        VersionExistsError: The label is taken by another content.
        UnsafeUrlError: By reference, something in the URL would have to be kept that may be a secret.
        StorageError: A file could not be read, or the store failed.
    """
    path = new_folder(config.name, origin.producer)
    encoded = source_encoding(source)
    kept = None if copy else check_source(source.url)
    existing = check_label(repository, config, origin)
    try:
        if copy and existing is None:
            files = source.copy_to(repository.store, config.name, path)
        else:
            files = source.describe()
        record = replace(_record(config, encoded, origin, path, files), source=kept)
        if existing is not None:
            if not _is_same(existing, record):
                raise VersionExistsError(config.name, str(config.version), existing.version)
            return existing
        if kept is not None:
            repository.store.write(f"{path}/{SOURCE_NAME}", json.dumps({"source": kept}).encode())
    except ArtifactsError as error:
        with contextlib.suppress(StorageError):
            repository.store.delete_prefix(path)
        if isinstance(error, ObjectNotFoundError):
            raise ArtifactError(config.name, f"there is no file at {error.url}.") from error
        raise
    return register(repository, [record])[0]


def source_encoding(source: Source) -> Encoded:
    """Say what files from elsewhere are, and where they come from."""
    facts = {"source": without_credentials(source.url)}
    if source.is_folder:
        return Encoded(FOLDER_KIND, FOLDER_KIND, None, {"files": len(source.keys), **facts})
    return Encoded("file", "file", guess_media_type(source.keys[0][0]), facts)


def _store(repository: ArtifactRepository, draft: Draft, record: ArtifactRecord) -> None:
    store_files(repository.store, record.name, record.path, record.files or (), draft.files)


def register(repository: ArtifactRepository, records: Sequence[ArtifactRecord]) -> list[ArtifactVersion]:
    """Claim the next version of its name for each record whose files are stored.

    Raises:
        VersionExistsError: A label is taken.
        StorageError: The store failed; some may be registered.
    """

    def append(index: int) -> int:
        return repository.registry(records[index].name).append(records[index])

    numbers: dict[int, int] = {}
    # Those that may be refused come first: one that is refused leaves what follows unregistered, and removed.
    for index in [index for index, record in enumerate(records) if record.label is not None]:
        try:
            numbers[index] = append(index)
        except VersionExistsError:
            _discard(repository, [record for other, record in enumerate(records) if other not in numbers])
            raise
    others = [index for index in range(len(records)) if index not in numbers]
    numbers.update(zip(others, in_parallel(append, others), strict=True))
    versions = [repository.version(numbers[index], record) for index, record in enumerate(records)]
    for version in versions:
        logger.info("Saved %s: %s, %s bytes", version.uri, version.kind, f"{version.size:,}")
    return versions


def write_stream(stream: IO[bytes] | IO[str], path: Path) -> Encoded:
    """Write what an open file gives, from where it stands to its end; text becomes UTF-8.

    Raises:
        ArtifactError: It is not open for reading.
    """
    if not hasattr(stream, "read"):
        raise ArtifactError(
            path.name, f"a {type(stream).__name__} is no open file. Give one, or use log_artifact."
        )
    with path.open("wb") as file:
        try:
            while chunk := stream.read(_CHUNK):
                file.write(chunk.encode() if isinstance(chunk, str) else chunk)
        except ValueError as error:  # it is closed, or open for writing only, or its text is no Unicode
            raise ArtifactError(path.name, f"the stream cannot be read: {error}.") from error
    return Encoded("file", "file", guess_media_type(path.name), {})


def file_name(name: str) -> str:
    """Give the last part of an artifact's name, which is the name of its only file."""
    return name.rpartition("/")[2]


def joined(artifact_path: str | None, name: str) -> str:
    """Give the name of an artifact below another path, as MLflow's functions have it."""
    return name if not artifact_path else f"{artifact_path.rstrip('/')}/{name}"

"""What is known of an artifact: in the store and in XCom."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any, TypeVar

from airflow_artifacts.exceptions import DamagedObjectError, InvalidRefError, UnsafeNameError, UnsafeUrlError
from airflow_artifacts.storage import (
    Producer,
    check_artifact_name,
    check_relative_path,
    quote_segment,
    split_connection,
    without_credentials,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import TypeGuard

    from airflow_artifacts.storage import ObjectStore

_T = TypeVar("_T")

SOURCE_SCHEMES = frozenset(
    {
        "abfs",
        "abfss",
        "az",
        "file",
        "gcs",
        "gs",
        "hdfs",
        "http",
        "https",
        "local",
        "memory",
        "s3",
        "s3a",
        "webhdfs",
    }
)
"""Schemes of the URLs from which files are fetched."""

_SIZE_LIMIT = 2**63  # bytes
_FIRST_YEAR, _LAST_YEAR = 1, 9999

REF_FORMAT = "airflow-artifacts/artifact/2"
LIST_FORMAT = "airflow-artifacts/artifacts/2"
LIST_NAME = "artifacts.json"
SOURCE_NAME = "source.json"
"""Name of the only object in the folder of an artifact by reference: it shows that the folder is an artifact's."""
FOLDER_NAME = r"(?P<name>[^/]+)-[0-9a-f]{16}"
"""Pattern of the name of the folder of an artifact's files; ``name`` in it is the artifact's, quoted."""
# Folders of artifacts of its name, and nothing else, may be read and deleted because a record says so.
_FOLDER = re.compile(rf"(runs/[^/]+/[^/]+/[^/]+/-?\d+/[^/]+/artifacts|saved)/{FOLDER_NAME}\Z")


@dataclass(frozen=True)
class FileRecord:
    """A file of an artifact: path relative to the artifact's folder, size in bytes, SHA-256 in hexadecimal."""

    path: str
    size: int
    sha256: str


@dataclass(frozen=True)
class ArtifactRecord:
    """An artifact whose files are stored; it counts when it is registered.

    Attributes:
        name: The artifact's name.
        path: Key of its folder, relative to the store's root. The folder holds the files and nothing else; of an
            artifact by reference, it holds ``SOURCE_NAME`` and no files.
        files: Its files, None in the brief form that listings have.
        size: Size of all files in bytes.
        created_at: When it was saved, ISO 8601 in UTC.
        kind: What it is for people: ``table``, ``image``, ``folder`` ...
        codec: Name of what turns the files into a value again.
        media_type: Media type of its only file, None for folders and where it is not known.
        metadata: The metadata that was given, as JSON values.
        facts: What was found out about the value: ``length``, ``shape``, ``columns`` ...
        tags: Words to find it by.
        label: Label of the version, besides the number.
        step: Name of the step that saved it, None for what no step saved.
        producer: The attempt of a task that saved it, None outside of tasks.
        parents: Names and version numbers of the artifacts that the producer had loaded before.
        source: URL of the file or folder that the files are kept in, None where that is the artifact's folder.
    """

    name: str
    path: str
    files: tuple[FileRecord, ...] | None
    size: int
    created_at: str
    kind: str = "folder"
    codec: str = "folder"
    media_type: str | None = None
    metadata: Mapping[str, Any] = field(default_factory=dict)
    facts: Mapping[str, Any] = field(default_factory=dict)
    tags: tuple[str, ...] = ()
    label: str | None = None
    step: str | None = None
    producer: Producer | None = None
    parents: tuple[tuple[str, int], ...] = ()
    source: str | None = None

    def to_json(self) -> dict[str, Any]:
        """Give the record as JSON values."""
        return {
            **vars(self),
            "files": None if self.files is None else [dict(vars(file)) for file in self.files],
            "producer": None if self.producer is None else dict(vars(self.producer)),
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> ArtifactRecord:
        """Read a record, and check each name and path in it: a store may hold what a stranger wrote.

        Raises:
            UnsafeNameError: A name or a path in it leads out of its folder.
            UnsafeUrlError: Its files would be fetched from where nothing may be.
            ValueError: A value is missing or of another type.
        """
        files = _item(value, "files", list, optional=True)
        name = check_artifact_name(_item(value, "name", str))
        producer = _read_producer(_item(value, "producer", dict, optional=True))
        return cls(
            name=name,
            path=_check_owner(_check_folder(_item(value, "path", str), name), producer),
            files=None if files is None else _read_files(files),
            size=_read_size(value),
            created_at=_check_time(_item(value, "created_at", str)),
            kind=_item(value, "kind", str),
            codec=_read_codec(value),
            media_type=_item(value, "media_type", str, optional=True),
            metadata=_item(value, "metadata", dict),
            facts=_item(value, "facts", dict),
            tags=tuple(_typed(tag, str) for tag in _item(value, "tags", list)),
            label=_item(value, "label", str, optional=True),
            step=_item(value, "step", str, optional=True),
            producer=producer,
            parents=tuple((_typed(name, str), _typed(n, int)) for name, n in _item(value, "parents", list)),
            source=_read_source(value),
        )


def now() -> str:
    """Give this moment as records keep it."""
    return datetime.now(timezone.utc).isoformat(timespec="microseconds")


@dataclass(frozen=True)
class ArtifactRef:
    """What XCom carries of an artifact.

    Attributes:
        name: The artifact's name.
        version: Number of its version.
        kind: What it is for people.
        path: Key of its folder below the root.
        metadata: What was found out about it, and the metadata that was given.
        label: Label of the version, besides the number.
    """

    name: str
    version: int
    kind: str
    path: str
    metadata: Mapping[str, Any]
    label: str | None = None

    @property
    def uri(self) -> str:
        """The URI by which people and functions name this version."""
        return f"artifact://{self.name}@{self.version}"

    def to_xcom(self) -> dict[str, Any]:
        """Give the ref as a plain dictionary."""
        return {"format": REF_FORMAT, "uri": self.uri, **vars(self)}

    @classmethod
    def from_xcom(cls, value: object) -> ArtifactRef:
        """Read a ref that came out of XCom, where people can edit it.

        Raises:
            InvalidRefError: The value is not a ref of an artifact.
            UnsafeNameError: Its name or path leads elsewhere.
        """
        if not is_ref(value):
            raise InvalidRefError("an artifact", value, f"its format is not {REF_FORMAT!r}.")
        try:
            name = check_artifact_name(_item(value, "name", str))
            ref = cls(
                name=name,
                version=_item(value, "version", int),
                kind=_item(value, "kind", str),
                path=_check_folder(_item(value, "path", str), name),
                metadata=_item(value, "metadata", dict),
                label=_item(value, "label", str, optional=True),
            )
        except UnsafeNameError:
            raise
        except ValueError as error:
            raise InvalidRefError("an artifact", value, f"{error}.") from error
        if ref.to_xcom() != value:
            raise InvalidRefError(
                "an artifact", value, "it has keys that no ref has, or a URI of another artifact."
            )
        return ref


def is_ref(value: object) -> TypeGuard[dict[str, Any]]:
    """Say whether a value says of itself that it is a ref of an artifact."""
    return isinstance(value, dict) and value.get("format") == REF_FORMAT


def _item(value: Mapping[str, Any], key: str, kind: type[Any], *, optional: bool = False) -> Any:
    """Give an item of a JSON object, if it is of the type."""
    if key not in value:
        raise ValueError(f"it has no {key}")
    item = value[key]
    return None if optional and item is None else _typed(item, kind, key)


def _typed(item: object, kind: type[Any], what: str = "an item") -> Any:
    if type(item) is not kind:
        raise ValueError(f"{what} is {item!r}")
    return item


def _check_folder(path: str, name: str) -> str:
    check_relative_path(path, what="artifact path")
    match = _FOLDER.match(path)
    if match is None or match["name"] != quote_segment(name):
        raise UnsafeNameError("artifact path", path, f"it is not a folder of the artifact {name!r}.")
    return path


def _check_owner(path: str, producer: Producer | None) -> str:
    """Refuse the folder of another producer: who may see what a producer made would see what that one made."""
    owned = "saved/" if producer is None else f"{producer.prefix}/artifacts/"
    if not path.startswith(owned):
        raise UnsafeNameError("artifact path", path, "it is not a folder of the record's producer.")
    return path


def _check_time(text: str) -> str:
    moment = datetime.fromisoformat(text)
    if moment.utcoffset() is None or not _FIRST_YEAR < moment.year < _LAST_YEAR:  # in UTC it is a moment, too
        raise ValueError(f"created_at is {text!r}")
    return text


def _read_size(value: Mapping[str, Any]) -> int:
    size: int = _item(value, "size", int)
    if not 0 <= size < _SIZE_LIMIT:
        raise ValueError(f"the size is {_cut_number(size)}")
    return size


def _cut_number(number: int) -> str:
    return str(number) if abs(number) < _SIZE_LIMIT else "a number of very many digits"


def check_source(url: str) -> str:
    """Return the URL if files can be kept elsewhere at it, and nothing in it is a secret.

    Raises:
        UnsafeUrlError: It has a scheme that is not known, credentials, a query or a fragment, or is malformed.
        UnsafeNameError: Its path climbs, or is one that some store or URL reads in another way.
    """
    shown = without_credentials(url)
    scheme, separator, rest = url.partition("://")
    if not separator or scheme not in SOURCE_SCHEMES:
        raise UnsafeUrlError(shown, f"its scheme is not among {', '.join(sorted(SOURCE_SCHEMES))}.")
    plain = split_connection(url)[1]
    if without_credentials(plain) != plain or (plain != url and scheme in {"http", "https"}):
        raise UnsafeUrlError(
            shown,
            "it has a query, a fragment, a password or what may be a token, which the record would keep. Name a "
            "connection of Airflow, or, over HTTP, register it by copy.",
        )
    path = plain.partition("://")[2].partition("/")[2]
    if path or not rest:
        check_relative_path(path, what="path of a source")
    return url


def _read_source(value: Mapping[str, Any]) -> str | None:
    source = _item(value, "source", str, optional=True)
    return None if source is None else check_source(source)


def _read_codec(value: Mapping[str, Any]) -> str:
    """Give the codec; of an artifact by reference, it is one that only copies files."""
    codec: str = _item(value, "codec", str)
    if value.get("source") is not None and codec not in {"file", "folder"}:
        raise ValueError(f"its codec is {codec!r}, and it is kept elsewhere")
    return codec


def _read_files(values: Sequence[Any]) -> tuple[FileRecord, ...]:
    files = tuple(map(_read_file, values))
    if len({file.path for file in files}) < len(files):
        raise ValueError("two files have one path")
    return files


def _read_file(value: Mapping[str, Any]) -> FileRecord:
    value = _typed(value, dict, "a file")
    size, sha256 = _read_size(value), _item(value, "sha256", str)
    if not re.fullmatch(r"[0-9a-f]{64}", sha256):
        raise ValueError(f"a file has the SHA-256 {sha256!r}")
    return FileRecord(check_relative_path(_item(value, "path", str), what="artifact file"), size, sha256)


def _read_producer(value: Mapping[str, Any] | None) -> Producer | None:
    if value is None:
        return None
    return Producer(
        dag_id=_item(value, "dag_id", str),
        run_id=_item(value, "run_id", str),
        task_id=_item(value, "task_id", str),
        map_index=_item(value, "map_index", int),
        try_number=_item(value, "try_number", int),
        attempt=_item(value, "attempt", str),
        logical_date=_item(value, "logical_date", str, optional=True),
    )


def read_json(url: str, data: bytes, read: Callable[[Any], _T], what: str) -> _T:
    """Make something of the JSON in an object, whose content may be anything.

    Raises:
        DamagedObjectError: It is something else.
        UnsafeNameError: A name or path in it leads elsewhere.
    """
    try:
        return read(json.loads(data))
    except UnsafeNameError:
        raise
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise DamagedObjectError(url, f"it is not {what} ({error!r})") from error


def save_records(store: ObjectStore, prefix: str, records: Sequence[ArtifactRecord]) -> None:
    """Write the list of the artifacts of an attempt, once."""
    content = {"format": LIST_FORMAT, "artifacts": [record.to_json() for record in records]}
    store.create_own(f"{prefix}/{LIST_NAME}", json.dumps(content, indent=1, allow_nan=False).encode())


def find_records(store: ObjectStore, prefix: str) -> list[ArtifactRecord]:
    """List the artifacts that the attempt with this prefix saved.

    Raises:
        ObjectNotFoundError: The attempt did not commit.
        DamagedObjectError: The list cannot be read.
        UnsafeNameError: A name or path in the list leads elsewhere.
    """
    key = f"{prefix}/{LIST_NAME}"
    return read_json(store.url(key), store.read(key), _read_list, "a list of artifacts")


def _read_list(content: Mapping[str, Any]) -> list[ArtifactRecord]:
    if content["format"] != LIST_FORMAT:
        raise ValueError(f"format {content['format']!r} instead of {LIST_FORMAT!r}")
    records = [ArtifactRecord.from_json(record) for record in content["artifacts"]]
    if any(record.files is None for record in records):
        raise ValueError("an artifact has no files")
    return records

"""The manifest of rows, and the ref of it that XCom carries."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, fields
from typing import TYPE_CHECKING, Any

from airflow_artifacts.exceptions import DamagedObjectError, InvalidRefError
from airflow_artifacts.storage import check_relative_path

if TYPE_CHECKING:
    from collections.abc import Mapping

    from airflow_artifacts.storage import ObjectStore

REF_FORMAT = "airflow-artifacts/rows/1"
MANIFEST_FORMAT = "airflow-artifacts/rows-manifest/1"
MANIFEST_NAME = "manifest.json"


@dataclass(frozen=True)
class PartRecord:
    """A part: its file name, how many rows and bytes it has, their SHA-256, and the range of input it covers."""

    name: str
    rows: int
    size: int
    sha256: str
    start: int
    end: int


@dataclass(frozen=True)
class Manifest:
    """What makes rows count: written last, once, and never changed.

    Attributes:
        rows: Number of rows.
        columns: Columns in the order in which they first appeared, and in how many rows each is.
        parts: The parts, in the order of their rows.
        producer: The task attempt that wrote the rows, as JSON values.
        step: The step that made them, as JSON values.
    """

    rows: int
    columns: Mapping[str, int]
    parts: tuple[PartRecord, ...]
    producer: Mapping[str, Any] = field(default_factory=dict)
    step: Mapping[str, Any] = field(default_factory=dict)

    @property
    def size(self) -> int:
        """Size of all parts in bytes."""
        return sum(part.size for part in self.parts)

    def to_bytes(self) -> bytes:
        """Write the manifest as JSON."""
        content = {"format": MANIFEST_FORMAT, **asdict(self)}
        return json.dumps(content, indent=1, allow_nan=False).encode()

    @classmethod
    def from_bytes(cls, data: bytes) -> Manifest:
        """Read a manifest.

        Raises:
            ValueError: The bytes are something else.
        """
        try:
            content = json.loads(data)
            if content.pop("format") != MANIFEST_FORMAT:
                raise ValueError(f"its format is not {MANIFEST_FORMAT!r}")
            parts = tuple(PartRecord(**part) for part in content.pop("parts"))
            manifest = cls(**content, parts=parts)
        except (AttributeError, KeyError, TypeError, RecursionError) as error:
            raise ValueError(f"it is something else ({error!r})") from error
        manifest.check()
        return manifest

    def check(self) -> None:
        """Check the values of a manifest that was read, which may be anything that JSON has.

        Raises:
            ValueError: A value is of another type, or the parts are not the rows.
        """
        for part in self.parts:
            _check_fields(part)
            check_relative_path(part.name, what="part")
        for name in ("columns", "producer", "step"):
            if not isinstance(getattr(self, name), dict):
                raise ValueError(f"its {name} are no JSON object")  # noqa: TRY004 - the data is wrong
        for column, rows in self.columns.items():
            _check_count(f"column {column!r}", rows)
        if sum(part.rows for part in self.parts) != self.rows or isinstance(self.rows, bool):
            raise ValueError(f"its parts do not have {self.rows!r} rows")


@dataclass(frozen=True)
class RowsRef:
    """What XCom carries of rows, less than 2 KB whatever their number.

    Attributes:
        prefix: Key, below the root, of the folder of the attempt that wrote them.
        rows: Number of rows.
        size: Size in bytes.
        sha256: SHA-256 of the manifest, so that another one in its place is found out.
    """

    prefix: str
    rows: int
    size: int
    sha256: str

    def to_xcom(self) -> dict[str, Any]:
        """Give the ref as a plain dictionary."""
        return {"format": REF_FORMAT, **asdict(self)}

    @classmethod
    def from_xcom(cls, value: object) -> RowsRef:
        """Read a ref that came out of XCom, where people can edit it.

        Raises:
            InvalidRefError: The value is not a ref of rows.
            UnsafeNameError: Its prefix leads out of the root.
        """
        if isinstance(value, cls):
            value = value.to_xcom()
        if not isinstance(value, dict) or value.get("format") != REF_FORMAT:
            raise InvalidRefError(
                "rows",
                value,
                f"its format is not {REF_FORMAT!r}. Inputs are outputs of StepOperator or @task.step.",
            )
        content = {key: item for key, item in value.items() if key != "format"}
        try:
            ref = cls(**content)
            _check_fields(ref)
        except (TypeError, ValueError) as error:
            raise InvalidRefError("rows", value, f"{error}.") from error
        check_relative_path(ref.prefix, what="prefix of rows")
        return ref

    def manifest(self, store: ObjectStore) -> Manifest:
        """Read the manifest.

        Raises:
            ObjectNotFoundError: It is not there.
            DamagedObjectError: It is not what was written.
            InvalidRefError: The ref says other rows than its manifest.
        """
        manifest = load_manifest(store, self.prefix, sha256=self.sha256)
        if (manifest.rows, manifest.size) != (self.rows, self.size):
            problem = f"the manifest says {manifest.rows} rows of {manifest.size} bytes."
            raise InvalidRefError("rows", self.to_xcom(), problem)
        return manifest


def load_manifest(store: ObjectStore, prefix: str, *, sha256: str | None = None) -> Manifest:
    """Read the manifest of an attempt.

    Args:
        store: Where it is.
        prefix: Key of the attempt's folder.
        sha256: The SHA-256 that it has to have, where a ref says so.

    Raises:
        ObjectNotFoundError: It is not there.
        DamagedObjectError: It is not what was written.
    """
    key = f"{prefix}/{MANIFEST_NAME}"
    data = store.read(key)
    if sha256 is not None and hashlib.sha256(data).hexdigest() != sha256:
        raise DamagedObjectError(store.url(key), "its SHA-256 is not the one in the ref")
    try:
        return Manifest.from_bytes(data)
    except ValueError as error:
        raise DamagedObjectError(store.url(key), f"it is not a manifest of rows ({error})") from error


def _check_fields(record: PartRecord | RowsRef) -> None:
    """Check the types of a record's fields: texts, and numbers from 0 on.

    Raises:
        ValueError: One has another type.
    """
    for item in fields(record):
        value = getattr(record, item.name)
        if item.type == "int":
            _check_count(item.name, value)
        elif not isinstance(value, str):
            raise ValueError(f"{item.name} is {value!r}, not a text")


def _check_count(name: str, value: object) -> None:
    if type(value) is not int or value < 0:
        raise ValueError(f"{name} is {value!r}, not a number from 0 on")


def find_refs(value: object) -> list[RowsRef]:
    """Read the refs in what an XCom gave: one, a sequence of them, or None for a task that was skipped.

    Raises:
        InvalidRefError: Something in it is not a ref of rows.
        UnsafeNameError: A ref leads out of the root.
    """
    if value is None:
        return []
    if isinstance(value, Sequence) and not isinstance(value, str):
        # The XComs of a mapped task come one by one, each with a request, unless they are asked for as a slice.
        return [ref for item in value[:] for ref in find_refs(item)]
    return [RowsRef.from_xcom(value)]

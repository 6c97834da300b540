"""Metadata of artifacts: JSON, or refused."""

from __future__ import annotations

import logging
import math
import sys
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from pathlib import PurePath
from typing import TYPE_CHECKING, Any
from uuid import UUID

from airflow_artifacts.exceptions import ArtifactError
from airflow_artifacts.storage.secrets import MASK, masked

if TYPE_CHECKING:
    from collections.abc import Mapping

logger = logging.getLogger(__name__)

METADATA_NAME = "metadata.json"
"""The file with an artifact's metadata, beside the artifact's own files."""

_DEPTH_LIMIT = 100  # levels; deeper than any metadata, and far from Python's own limit
_INT_LIMIT = 2048  # bits; Python refuses to read and write numbers of very many digits


def normalise_metadata(name: str, metadata: Mapping[str, Any]) -> dict[str, Any]:
    """Give metadata as JSON values, with secrets in it hidden, or refuse it.

    Args:
        name: The artifact's name, for the message.
        metadata: What was given. See ``normalise`` for what becomes of its values.

    Raises:
        ArtifactError: A value is no JSON value, or a key is no text.
    """
    if not hasattr(metadata, "items"):
        problem = f"its metadata is a {type(metadata).__name__}. Give a dictionary."
        raise ArtifactError(name, problem)
    normal: dict[str, Any] = normalise(name, dict(metadata), "metadata")
    shown: dict[str, Any] = masked(normal)
    if shown != normal:
        logger.warning("The metadata of artifact %r holds what looks like a secret: it is kept as %s", name, MASK)
    return shown


def normalise(name: str, value: Any, where: str = "$", depth: int = 0) -> Any:
    """Give a value as JSON values: None, bool, int, float, str, list and dict.

    Dates and times become ISO 8601, durations seconds, paths, UUIDs and decimal numbers texts, enumeration members
    their values, tuples lists, and NumPy scalars and arrays what they hold.

    Args:
        name: The artifact's name, for the message.
        value: What was given.
        where: Where the value is, for the message.
        depth: How many containers it is in.

    Raises:
        ArtifactError: Something in it has no such form: NaN, bytes, functions, keys that are no texts ...
    """
    if depth > _DEPTH_LIMIT:
        raise ArtifactError(name, f"{where[:80]}... is nested more than {_DEPTH_LIMIT} deep, or holds itself.")
    value = _plain(value)
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int):
        if value.bit_length() > _INT_LIMIT:
            raise ArtifactError(name, f"{where} is a number of more than {_INT_LIMIT} bits. Give it as a text.")
        return int(value)
    if isinstance(value, float):
        if not math.isfinite(value):
            raise ArtifactError(name, f"{where} is {value}, which JSON does not have. Leave it out, or give None.")
        return value
    if isinstance(value, str):
        return _text(name, value, where)
    if isinstance(value, list | tuple):
        return [normalise(name, item, f"{where}[{index}]", depth + 1) for index, item in enumerate(value)]
    if isinstance(value, dict):
        return {
            _key(name, key, where): normalise(name, item, f"{where}[{key!r}]", depth + 1)
            for key, item in value.items()
        }
    kind = type(value).__name__
    raise ArtifactError(
        name,
        f"{where} is a {kind}, which JSON cannot hold. Give a text, a number, a list or a dictionary instead.",
    )


def _plain(value: Any) -> Any:
    """Turn what has one obvious form in JSON into it."""
    if isinstance(value, Enum):
        value = value.value
    if isinstance(value, datetime | date | time):
        # pandas' "not a time" is a datetime of no time at all
        return float("nan") if value != value else value.isoformat()  # noqa: PLR0124
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, PurePath | UUID | Decimal):
        return str(value)
    numpy = sys.modules.get("numpy")  # a value of NumPy exists only where it was imported
    if numpy is not None and isinstance(value, numpy.generic | numpy.ndarray):
        if value.dtype.kind in "mM":  # which would become nanoseconds
            return float("nan") if numpy.isnat(value).any() else value.astype(str).tolist()
        return value.tolist()
    return value


def _text(name: str, value: str, where: str) -> str:
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise ArtifactError(name, f"{where} holds half of a character (a lone surrogate).") from error
    return str(value)


def _key(name: str, key: object, where: str) -> str:
    if not isinstance(key, str):
        raise ArtifactError(name, f"the key {key!r} in {where} is a {type(key).__name__}. Keys are texts.")
    return _text(name, key, f"a key in {where}")

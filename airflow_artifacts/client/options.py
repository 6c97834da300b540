"""What the saving functions take."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from typing_extensions import TypedDict

from airflow_artifacts.artifacts import ArtifactConfig

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


class VersionOptions(TypedDict, total=False):
    """What every function that saves takes besides.

    Attributes:
        version: A label for the version, besides its number; each label of a name is given once.
        tags: Words to find versions by.
        asset: Whether Airflow is told of the version by an event of the asset that has the artifact's name.
    """

    version: str | None
    tags: Sequence[str]
    asset: bool


class SaveOptions(VersionOptions, total=False):
    """What the functions that log a file take besides.

    Attributes:
        metadata: JSON values; dates, NumPy scalars and paths are normalised.
    """

    metadata: Mapping[str, Any] | None


@dataclass(frozen=True)
class Output:
    """A value to be saved with others: none is registered before all are checked and written."""

    config: ArtifactConfig
    value: object
    kind: str | None = None


def make_config(
    name: str,
    metadata: Mapping[str, Any] | None = None,
    *,
    version: str | None = None,
    tags: Sequence[str] = (),
    asset: bool = False,
) -> ArtifactConfig:
    """Take all options there are, so that Python refuses one that is misspelt."""
    del asset
    return ArtifactConfig(name, version, tags, metadata)

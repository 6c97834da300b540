"""Metadata of artifacts: JSON, or refused."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from airflow_artifacts.exceptions import ArtifactError

if TYPE_CHECKING:
    from collections.abc import Mapping

METADATA_NAME = "metadata.json"
"""The file with an artifact's metadata, beside the artifact's own files."""


def check_metadata(name: str, metadata: Mapping[str, Any]) -> None:
    """Refuse metadata that JSON cannot hold.

    Args:
        name: The artifact's name, for the message.
        metadata: What was given.

    Raises:
        ArtifactError: A value is no JSON value, or a key is no text.
    """
    for key, value in metadata.items():
        if not isinstance(key, str):
            raise ArtifactError(name, f"the metadata key {key!r} is not a str.")
        try:
            json.dumps(value, allow_nan=False)
        except (TypeError, ValueError, RecursionError) as error:
            raise ArtifactError(name, f"metadata {key!r} cannot be written as JSON: {error}.") from error

"""Where a step's artifacts go: to whoever drives the step, or else to a local folder."""

from __future__ import annotations

import json
import logging
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from airflow_artifacts.exceptions import ArtifactError
from airflow_artifacts.storage import check_artifact_name

if TYPE_CHECKING:
    from collections.abc import Mapping

logger = logging.getLogger(__name__)


class ArtifactSink(Protocol):
    """Takes the artifacts of a step."""

    def prepare(self, name: str, metadata: Mapping[str, Any]) -> Path:
        """Check the name and the metadata, and give an empty local folder for the artifact's files.

        Raises:
            UnsafeNameError: The name is not an artifact's name.
            ArtifactError: The metadata cannot be kept as JSON.
        """

    def save(self, name: str, folder: Path, metadata: Mapping[str, Any]) -> None:
        """Take the artifact whose files are in the folder; an artifact of that name is replaced.

        Raises:
            ArtifactError: The folder holds no file, or something that is not a file.
        """


class LocalArtifactSink:
    """Keeps artifacts below a local folder, as ``<step>/<artifact>/<files>`` with ``metadata.json`` beside them.

    Args:
        folder: The folder; without one, a temporary folder is made with the first artifact.
        step: Name of the step.
    """

    def __init__(self, step: str, folder: Path | None = None) -> None:
        self._step = step
        self._folder = folder

    def prepare(self, name: str, metadata: Mapping[str, Any]) -> Path:
        """Check the name and the metadata, and give an empty local folder for the artifact's files."""
        check_artifact_name(name)
        check_metadata(name, metadata)
        if self._folder is None:
            self._folder = Path(tempfile.mkdtemp(prefix="airflow-artifacts-"))
        target = self._folder / self._step / name
        aside = target.with_name(f".{target.name}.tmp")
        shutil.rmtree(aside, ignore_errors=True)
        aside.mkdir(parents=True)
        return aside

    def save(self, name: str, folder: Path, metadata: Mapping[str, Any]) -> None:
        """Take the artifact whose files are in the folder; an artifact of that name is replaced."""
        (folder / "metadata.json").write_text(json.dumps(metadata), encoding="utf-8")
        target = folder.parent / Path(name).name
        shutil.rmtree(target, ignore_errors=True)
        folder.replace(target)
        logger.warning("Artifact %r of step %r is kept in the local folder %s", name, self._step, target)


def check_metadata(name: str, metadata: Mapping[str, Any]) -> None:
    """Refuse metadata that JSON cannot hold.

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

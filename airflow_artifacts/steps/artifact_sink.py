"""Where a step's artifacts go: to whoever drives the step, or else to a local folder."""

from __future__ import annotations

import json
import logging
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from airflow_artifacts.storage import check_artifact_name, quote_segment
from airflow_artifacts.storage.folders import scan_folder
from airflow_artifacts.storage.metadata import METADATA_NAME, normalise_metadata

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

    A slash in an artifact's name is quoted (see ``quote_segment``), so that ``a/b`` does not lie within ``a``.

    Args:
        folder: The folder; without one, a temporary folder is made with the first artifact.
        step: Name of the step.
    """

    def __init__(self, step: str, folder: Path | None = None) -> None:
        self._step = step
        self._folder = folder
        # Who gave no folder does not know where to look.
        self._level = logging.WARNING if folder is None else logging.INFO

    def prepare(self, name: str, metadata: Mapping[str, Any]) -> Path:
        """Check the name and the metadata, and give an empty local folder for the artifact's files."""
        check_artifact_name(name)
        normalise_metadata(name, metadata)
        if self._folder is None:
            self._folder = Path(tempfile.mkdtemp(prefix="airflow-artifacts-"))
        parent = self._folder / self._step
        parent.mkdir(parents=True, exist_ok=True)
        return Path(tempfile.mkdtemp(prefix=".tmp-", dir=parent))

    def save(self, name: str, folder: Path, metadata: Mapping[str, Any]) -> None:
        """Take the artifact whose files are in the folder; an artifact of that name is replaced."""
        files = scan_folder(folder, reserved={METADATA_NAME}, name=name)
        content = _without_links(folder, files)
        (content / METADATA_NAME).write_text(
            json.dumps(normalise_metadata(name, metadata), allow_nan=False), encoding="utf-8"
        )
        target = folder.parent / quote_segment(name)
        shutil.rmtree(target, ignore_errors=True)
        content.replace(target)
        target.chmod(0o755)  # mkdtemp makes folders that only their owner may read
        logger.log(self._level, "Artifact %r of step %r is kept in the local folder %s", name, self._step, target)


def _without_links(folder: Path, files: list[tuple[str, Path]]) -> Path:
    """Give the folder, or where links are in it a copy without: a link to its old place would lead nowhere."""
    root = folder.resolve()
    if all(source == root / relative for relative, source in files):
        return folder
    copied = Path(tempfile.mkdtemp(prefix=".tmp-", dir=folder.parent))
    for relative, source in files:
        (copied / relative).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, copied / relative)
    shutil.rmtree(folder)
    return copied

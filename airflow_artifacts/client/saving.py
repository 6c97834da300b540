"""One call that saves, from its files to what Airflow is told."""

from __future__ import annotations

import shutil
import tempfile
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from airflow_artifacts.artifacts import ArtifactRepository, Draft, Origin, save
from airflow_artifacts.artifacts.saving import save_source
from airflow_artifacts.attempt import RunningAttempt, current_attempt
from airflow_artifacts.exceptions import TaskContextError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from airflow_artifacts.artifacts import ArtifactConfig, ArtifactVersion
    from airflow_artifacts.artifacts.sources import Source


class Saving:
    """One call that saves."""

    def __init__(self, repository: ArtifactRepository, attempt: RunningAttempt | None, *, asset: bool) -> None:
        self._repository = repository
        self._attempt = attempt
        self._asset = asset
        # What is kept below another root is nobody's parent below this one, and no ref of it leads there.
        self.is_here = attempt is not None and attempt.repository.store.root == repository.store.root
        self.origin = Origin() if attempt is None else attempt.origin if self.is_here else Origin(attempt.producer)

    @cached_property
    def folder(self) -> Path:
        """An empty local folder, made when it is asked for: local files are stored from where they are."""
        return Path(tempfile.mkdtemp(prefix="airflow-artifacts-"))

    def clean(self) -> None:
        """Remove the folder, if it was made."""
        if "folder" in vars(self):
            shutil.rmtree(self.folder, ignore_errors=True)

    def keep(self, drafts: Sequence[Draft]) -> list[dict[str, Any]]:
        """Store and register, and give the refs."""
        return self._told(save(self._repository, drafts, self.origin))

    def keep_source(self, config: ArtifactConfig, source: Source, *, copy: bool) -> dict[str, Any]:
        """Register files that exist elsewhere, and give the ref."""
        return self._told([save_source(self._repository, config, source, self.origin, copy=copy)])[0]

    def _told(self, versions: Sequence[ArtifactVersion]) -> list[dict[str, Any]]:
        """Tell the attempt of versions, and give their refs."""
        if self._attempt is not None and self.is_here:
            self._attempt.add_saved(versions, asset=self._asset)
        return [version.to_ref() for version in versions]


@contextmanager
def saving(repository: ArtifactRepository, names: Sequence[str], *, asset: bool) -> Iterator[Saving]:
    """Begin a call that saves under names, and tidy up after it.

    Raises:
        TaskContextError: An event of an asset is wanted, and no task runs.
        ArtifactError: Airflow has no asset of one of the names.
    """
    attempt = current_attempt()
    if asset:
        _check_assets(attempt, names)
    call = Saving(repository, attempt, asset=asset)
    if asset and not call.is_here:
        raise TaskContextError("asset=True", "events are for what is below the configured root. Leave it out.")
    try:
        yield call
    finally:
        call.clean()


def _check_assets(attempt: RunningAttempt | None, names: Sequence[str]) -> None:
    if attempt is None:
        raise TaskContextError("asset=True", "only a running task can make an event of an asset. Leave it out.")
    from airflow_artifacts.assets import get_asset

    for name in names:
        get_asset(name)

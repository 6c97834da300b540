"""The attempt of a task that runs in this process: what it has read, saved and downloaded."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
import threading
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from airflow_artifacts.artifacts import Access, ArtifactRepository, Origin
from airflow_artifacts.artifacts.marks import find_marks

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from airflow_artifacts.artifacts import ArtifactVersion
    from airflow_artifacts.artifacts.marks import Mark
    from airflow_artifacts.storage import Producer

ARTIFACTS_KEY = "artifacts"
"""XCom key of the refs of all artifacts that a task saved."""


class RunningAttempt:
    """What is known of an attempt while it runs.

    Args:
        producer: Which attempt of which task instance it is.
        context: Airflow's context of it.
    """

    def __init__(self, producer: Producer, context: Mapping[str, Any]) -> None:
        self.producer = producer
        self.context = context
        self.process = os.getpid()
        self._read: dict[tuple[str, int], None] = {}  # a set that keeps the order
        self._refs: list[dict[str, Any]] = []
        self._folders: list[Path] = []
        self._pushes = False
        self._is_pushed = False
        self._lock = threading.RLock()

    @cached_property
    def repository(self) -> ArtifactRepository:
        """The artifacts below the configured root, opened once for the attempt."""
        from airflow_artifacts.runtime import get_settings, open_root, open_url

        access = Access(get_settings().allow_pickle, self.new_folder, self.add_read, open_url)
        return ArtifactRepository(open_root(), access)

    @property
    def origin(self) -> Origin:
        """What artifacts that are saved now come from."""
        return Origin(self.producer, tuple(self._read))

    def add_read(self, version: ArtifactVersion) -> None:
        """Remember a version as a parent of what is saved from now on."""
        from airflow_artifacts.assets import add_input

        with self._lock:
            if (version.name, version.version) not in self._read:
                self._read[version.name, version.version] = None
                add_input(self.context, version)

    def new_folder(self) -> Path:
        """Make a local folder that is removed when the attempt ends."""
        folder = Path(tempfile.mkdtemp(prefix="airflow-artifacts-"))
        with self._lock:
            self._folders.append(folder)
        return folder

    def add_saved(self, versions: Sequence[ArtifactVersion], *, asset: bool) -> None:
        """Tell Airflow of versions that were registered.

        Their refs go into XCom when the task's code has ended, all at once: an XCom for each of a thousand
        artifacts would grow with each.
        """
        from airflow_artifacts.assets import add_event, add_output

        with self._lock:
            if not self._pushes:
                self._refs = self._saved_before(versions)
                self._push_at_end()
            self._refs += [version.to_ref() for version in versions]
            for version in versions:
                add_output(self.context, version)
                if asset:
                    add_event(self.context, version)

    def _saved_before(self, versions: Sequence[ArtifactVersion]) -> list[dict[str, Any]]:
        """Give the refs of what the attempt saved in another process: before it was deferred."""
        prefix, known = self.producer.prefix, {version.path for version in versions}
        folders = self.repository.store.folders(f"{prefix}/artifacts")
        if all(f"{prefix}/artifacts/{folder}" in known for folder in folders):
            return []
        marks = find_marks(self.repository.store, prefix)
        earlier = sorted((mark for mark in marks if mark.record.path not in known), key=_created_at)
        return [self.repository.version(mark.version, mark.record).to_ref() for mark in earlier]

    def _push_at_end(self) -> None:
        from airflow_artifacts.runtime import get_producer

        self._pushes = True
        task = self.context["task"]
        earlier = task.post_execute

        def push(context: Mapping[str, Any], *args: Any, **kwargs: Any) -> None:
            if get_producer(context) == self.producer:  # the operator may run again in this process
                self._push()
            earlier(context, *args, **kwargs)

        task.post_execute = push

    def _push(self) -> None:
        with self._lock:
            self.context["ti"].xcom_push(ARTIFACTS_KEY, self._refs)
            self._is_pushed = True

    def close(self) -> None:
        """Remove the local folders, and push the refs of a task that did not end as usual."""
        with self._lock:
            folders, self._folders = self._folders, []
            for folder in folders:
                shutil.rmtree(folder, ignore_errors=True)
            if self._pushes and not self._is_pushed:
                self._push()


def _created_at(mark: Mark) -> str:
    return mark.record.created_at


_running: RunningAttempt | None = None
_switching = threading.Lock()


def current_attempt() -> RunningAttempt | None:
    """Give the attempt that runs in this process, None outside of tasks."""
    if "airflow.sdk" not in sys.modules:  # which takes seconds to import, and a task has done
        return None
    from airflow.sdk import get_current_context

    try:
        context = get_current_context()
    except RuntimeError:
        return None
    return attempt_for(context)


def attempt_for(context: Mapping[str, Any]) -> RunningAttempt:
    """Give the attempt that has a context."""
    global _running  # noqa: PLW0603 - a process runs one task at a time
    from airflow_artifacts.runtime import get_producer

    producer = get_producer(context)
    with _switching:
        # A forked child opens the store anew, and leaves its parent's folders alone.
        if _running is None or _running.process != os.getpid() or _running.producer != producer:
            _running = RunningAttempt(producer, context)
        return _running


def close_attempt(attempt: str) -> None:
    """Remove what an attempt left on the local disk, if it ran in this process.

    Args:
        attempt: Id of the task instance.
    """
    global _running
    with _switching:
        if _running is not None and _running.producer.attempt == attempt:
            ending, _running = _running, None
            ending.close()

"""A step that keeps rows on the Hugging Face Hub on their way."""

from __future__ import annotations

import hashlib
import re
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import Field, NonNegativeFloat, PrivateAttr, SecretStr

from airflow_artifacts.hub import HubRepository, find_login
from airflow_artifacts.steps.base import Step, StepInput
from airflow_artifacts.steps.hub_checkpoints import Checkpoints
from airflow_artifacts.steps.hub_works import Work
from airflow_artifacts.steps.parameters import RuntimeParameter  # noqa: TC001 - pydantic evaluates annotations of fields

if TYPE_CHECKING:
    from collections.abc import Sequence

    from airflow_artifacts.steps.base import StepOutput

_UNSAFE = re.compile(r"[^A-Za-z0-9._-]")
_NAME_LIMIT = 100


class HuggingFaceHubCheckpointer(Step):
    """Keeps rows in a data set on the Hub as they come, and passes them on unchanged.

    Every ``input_batch_size`` rows of an input become one file ``<config>/train-00000.jsonl``, numbered in
    sequence, also over several runs. The configuration has the name of the step before; where nobody knows it, as
    in a script, ``config-0`` and so on. ``datasets.load_dataset(repo_id, config)`` reads it at any moment.

    A run that is repeated continues: rows that are on the Hub are not written again, and rows that are others now
    take the places of those that the same run wrote before.

    Attributes:
        repo_id: The data set, ``owner/name``. It is created if it is not there.
        private: Whether a data set that is created is private; by default as its owner has it.
        token: A token of the Hub that may write; by default that of the connection, else of ``HF_TOKEN``, else of
            the login on this machine.
        revision: The branch, by default the main one.
        commit_interval: Seconds between two commits, at least. The Hub takes 128 commits an hour, so files that
            come faster are committed together. The first file is committed at once, and the rest in the end.
    """

    repo_id: RuntimeParameter[str] = Field(description="The data set on the Hub, owner/name.")
    private: RuntimeParameter[bool] | None = Field(
        default=None, description="Whether the data set is private, if it is created."
    )
    token: RuntimeParameter[SecretStr] | None = Field(
        default=None, description="A token of the Hub that may write."
    )
    revision: RuntimeParameter[str] | None = Field(default=None, description="The branch.")
    commit_interval: RuntimeParameter[NonNegativeFloat] = Field(
        default=30, description="Seconds between two commits, at least."
    )

    _checkpoints: Checkpoints | None = PrivateAttr(default=None)
    _folder: Any = PrivateAttr(default=None)

    def load(self) -> None:
        """Log in, and create the data set if it is not there.

        Raises:
            HubError: The Hub refuses, or the way to it failed.
        """
        login = find_login(self.token.get_secret_value() if self.token else None)
        repository = HubRepository(self.repo_id, login, self.revision)
        repository.create(private=self.private)
        self._folder = tempfile.TemporaryDirectory(prefix="checkpoints-")
        work = Work(self.name, self._step_run.key)
        self._checkpoints = Checkpoints(repository, work, Path(self._folder.name), self.commit_interval)

    def process(self, *inputs: StepInput) -> StepOutput:
        """Keep the rows of a batch.

        Args:
            *inputs: A batch of each upstream step.

        Yields:
            The batches as they came, one after the other.

        Raises:
            UnsupportedValueError: There is a value that has no place in JSON.
            HubError: The rows could not be written.
        """
        checkpoints = self._checkpoints
        if checkpoints is None:
            raise RuntimeError("load() comes first.")
        for config, rows in zip(config_names(self._step_run.inputs, len(inputs)), inputs, strict=True):
            checkpoints.add(config, rows)
        checkpoints.commit_if_due()
        yield from inputs

    def finish(self) -> None:
        """Write the last rows.

        Raises:
            HubError: They could not be written.
        """
        if self._checkpoints is not None:
            self._checkpoints.finish()

    def unload(self) -> None:
        """Remove the files that waited."""
        self._checkpoints = None
        self._folder.cleanup()


def config_names(inputs: Sequence[str], count: int) -> list[str]:
    """Name a configuration for each input, after what feeds it: safe as a folder, and no name twice.

    Args:
        inputs: Names of the steps before, as far as they are known.
        count: How many inputs there are.
    """
    if len(inputs) != count:
        return [f"config-{number}" for number in range(count)]
    names: list[str] = []
    for source in inputs:
        name = base = _safe_name(source)
        number = 0
        while name in names:
            number += 1
            name = f"{base}-{number}"
        names.append(name)
    return names


def _safe_name(source: str) -> str:
    """Make a name of a folder; names that are different stay so."""
    safe = _UNSAFE.sub("_", source).lstrip("._-")[:_NAME_LIMIT]
    if safe == source:
        return safe
    digest = hashlib.sha256(source.encode("utf-8", "surrogatepass")).hexdigest()[:8]
    return f"{safe or 'config'}-{digest}"

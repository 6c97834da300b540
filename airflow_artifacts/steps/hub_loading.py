"""A generator step that loads a data set from the Hugging Face Hub."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import Field, NonNegativeInt, SecretStr

from airflow_artifacts.hub import HubRepository, find_login
from airflow_artifacts.steps.base import GeneratorStep
from airflow_artifacts.steps.hub_datasets import HubSplit, import_datasets
from airflow_artifacts.steps.parameters import RuntimeParameter  # noqa: TC001 - pydantic evaluates annotations of fields

if TYPE_CHECKING:
    from airflow_artifacts.steps.base import GeneratorStepOutput


class LoadDataFromHub(GeneratorStep):
    """Makes rows from a data set on the Hub, at the commit that is its newest when the step begins.

    Images, audio and the like are not decoded: they are dictionaries of ``bytes`` and ``path``.

    Attributes:
        repo_id: The data set, ``owner/name``.
        config: The configuration (subset), needed where there are several and none is the default.
        split: The split.
        revision: A branch, a tag or a commit; by default the newest commit of the main branch.
        streaming: Whether rows are read as they are needed. Otherwise all files of the split are downloaded first,
            and kept in the cache of ``datasets``.
        num_examples: How many rows to load at most.
        token: A token of the Hub; by default that of the connection, else of ``HF_TOKEN``, else of the login on
            this machine, else none.
    """

    repo_id: RuntimeParameter[str] = Field(description="The data set on the Hub, owner/name.")
    config: RuntimeParameter[str] | None = Field(default=None, description="The configuration (subset).")
    split: RuntimeParameter[str] = Field(default="train", description="The split.")
    revision: RuntimeParameter[str] | None = Field(default=None, description="A branch, a tag or a commit.")
    streaming: RuntimeParameter[bool] = Field(
        default=False, description="Whether rows are read as they are needed, without a download of all."
    )
    num_examples: RuntimeParameter[NonNegativeInt] | None = Field(
        default=None, description="How many rows to load at most."
    )
    token: RuntimeParameter[SecretStr] | None = Field(default=None, description="A token of the Hub.")

    def process(self, offset: int = 0) -> GeneratorStepOutput:
        """Load the rows.

        Args:
            offset: How many rows to leave out at the beginning. When streaming, they are read nevertheless.

        Yields:
            A list of rows, and whether it is the last one.

        Raises:
            SourceFileError: There is no such configuration or split, or its files cannot be read as rows.
            HubError: There is no such data set or revision, or the way to the Hub failed.
        """
        login = find_login(self.token.get_secret_value() if self.token else None)
        datasets = import_datasets(login)
        repository = HubRepository(self.repo_id, login, self.revision)
        commit = repository.resolve()
        self._logger.info("Rows of %s are loaded at commit %s", repository.url, commit)
        opened = HubSplit(datasets, login, self.repo_id, repository.url, commit, self.config, self.split)
        left = None if self.num_examples is None else max(0, self.num_examples - offset)
        before: list[dict[str, Any]] = []
        for batch in opened.rows(offset, left, self.batch_size or 1, streaming=self.streaming):
            if before:
                yield before, False
            before = batch
        yield before, True

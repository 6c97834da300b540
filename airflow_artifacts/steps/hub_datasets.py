"""Data sets of the Hub as ``datasets`` opens them, and their rows with nothing decoded."""

from __future__ import annotations

import contextlib
import os
import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from airflow_artifacts._optional import require
from airflow_artifacts.exceptions import HubRefusedError, SourceFileError
from airflow_artifacts.hub.errors import hub_errors

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType

    from airflow_artifacts.hub import HubLogin

_EXTRA = {"extra": "hub", "purpose": "Loading from the Hugging Face Hub"}
_EMPTY = "corresponds to no data"  # what datasets says of a split without rows
# What datasets and pyarrow raise about what is there, and not about the way to it.
_WRONG = (ValueError, TypeError, LookupError, FileNotFoundError, StopIteration)
_NO_COLUMNS = "its files have no rows, and nothing says which columns they have"  # where datasets stumbles


def import_datasets(login: HubLogin) -> ModuleType:
    """Import ``datasets``, for the Hub of a login.

    It takes no endpoint, and reads ``HF_ENDPOINT`` once, as ``huggingface_hub`` does. So the variable is set here
    where neither has been imported.

    Raises:
        HubRefusedError: They have been, for another Hub.
        MissingExtraError: One is not installed.
    """
    if login.endpoint and not {"datasets", "huggingface_hub"} & sys.modules.keys():
        os.environ["HF_ENDPOINT"] = login.endpoint
    datasets, client = require("datasets", **_EXTRA), require("huggingface_hub", **_EXTRA)
    used = {str(url).rstrip("/") for url in (datasets.config.HF_ENDPOINT, client.constants.ENDPOINT)}
    if login.endpoint and used != {login.endpoint}:
        problem = (
            f"datasets was imported before, for {' and '.join(sorted(used))}, and cannot be told another Hub. Set "
            f"HF_ENDPOINT={login.endpoint} in the environment of the workers."
        )
        raise HubRefusedError("load from", login.endpoint, problem)
    return datasets


@dataclass(frozen=True)
class HubSplit:
    """A split of a data set at a commit.

    Attributes:
        datasets: The library.
        login: Who asks.
        repo_id: The data set.
        url: Where it can be looked at, for messages.
        commit: The commit.
        config: The configuration, None for the only one or the default.
        split: The split.
    """

    datasets: ModuleType = field(repr=False)
    login: HubLogin
    repo_id: str
    url: str
    commit: str
    config: str | None
    split: str

    def rows(self, offset: int, most: int | None, size: int, *, streaming: bool) -> Iterator[list[dict[str, Any]]]:
        """Give the rows in lists.

        Args:
            offset: How many to leave out at the beginning.
            most: How many to give at most.
            size: Rows per list.
            streaming: Whether files are read as their rows are needed.

        Raises:
            SourceFileError: There is no such configuration or split, or its files cannot be read as rows.
            HubError: The Hub, or the way to it, failed.
        """
        batches = self._batches(offset, most, size, streaming=streaming)
        while True:
            with self._errors():  # not around the yield: what happens there is no error of ours
                batch = next(batches, None)
            if batch is None:
                return
            yield batch

    def _batches(
        self, offset: int, most: int | None, size: int, *, streaming: bool
    ) -> Iterator[list[dict[str, Any]]]:
        opened = self._open(streaming=streaming)
        if opened is None or (not streaming and offset >= len(opened)):
            return
        if streaming:
            opened = opened.skip(offset)
            opened = opened if most is None else opened.take(most)
        else:
            end = len(opened) if most is None else min(len(opened), offset + most)
            opened = opened.select(range(offset, end))
        features = _undecoded(opened.features)
        for table in opened.with_format("arrow").iter(size):
            rows = table.to_pylist()
            yield rows if features is None else [features.decode_example(row) for row in rows]

    def _open(self, *, streaming: bool) -> Any:
        """Open it; None if it has no rows."""
        with _no_bars(self.datasets):
            try:
                return self.datasets.load_dataset(
                    self.repo_id,
                    self.config,
                    split=self.split,
                    revision=self.commit,
                    token=self.login.token or False,
                    streaming=streaming,
                )
            except ValueError as error:
                if _EMPTY in str(error):
                    return None
                raise

    @contextlib.contextmanager
    def _errors(self) -> Iterator[None]:
        with hub_errors("load from", self.url, self.login.token):
            try:
                yield
            except Exception as error:
                root = _root(error)
                if not isinstance(root, _WRONG):
                    raise
                text = " ".join(str(root).replace(self.login.token or "\0", "***").split()) or _NO_COLUMNS
                config = "" if self.config is None else f"configuration {self.config!r}, "
                problem = f"{config}split {self.split!r} at commit {self.commit} cannot be loaded: {text}"
                raise SourceFileError(self.url, f"{problem.rstrip('.')}. {self._existing()}".rstrip()) from None

    def _existing(self) -> str:
        """Say what there is."""
        asked = {"revision": self.commit, "token": self.login.token or False}
        try:
            configs = self.datasets.get_dataset_config_names(self.repo_id, **asked)
            found = f"Configurations there: {', '.join(configs)}."
            config = self.config if self.config in configs else configs[0]
            splits = self.datasets.get_dataset_split_names(self.repo_id, config, **asked)
        except Exception:  # noqa: BLE001 - it was only for the message
            return ""
        return f"{found} Splits of {config!r}: {', '.join(splits)}."


def _root(error: BaseException) -> BaseException:
    while error.__cause__ is not None:
        error = error.__cause__
    return error


def _undecoded(features: Any) -> Any:
    """Copy features so that images and the like are left as they are; what is JSON becomes values."""
    if features is None:
        return None
    copied = features.copy()
    _stop_decoding(copied)
    return copied


def _stop_decoding(feature: Any) -> None:
    if isinstance(feature, dict):
        for each in feature.values():
            _stop_decoding(each)
    elif hasattr(feature, "feature"):  # a list
        _stop_decoding(feature.feature)
    elif hasattr(feature, "decode") and type(feature).__name__ != "Json":
        feature.decode = False


@contextlib.contextmanager
def _no_bars(datasets: ModuleType) -> Iterator[None]:
    """Keep ``datasets`` and its client from drawing bars into the log of a task."""
    bars = (datasets.utils, require("huggingface_hub", **_EXTRA).utils)
    shown = [each for each in bars if not each.are_progress_bars_disabled()]
    for each in shown:
        each.disable_progress_bars()
    try:
        yield
    finally:
        for each in shown:
            each.enable_progress_bars()

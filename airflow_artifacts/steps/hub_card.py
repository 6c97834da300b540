"""The README.md of a repository with checkpoints: its YAML says which files and columns a configuration has."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from airflow_artifacts.exceptions import HubRefusedError
from airflow_artifacts.hub import Readme, config_files, decode_readme, merge_entries
from airflow_artifacts.steps.hub_schema import features

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from airflow_artifacts.steps.hub_schema import Columns

CARD_PATH = "README.md"
_JSON = re.compile(r"\.(?:json|jsonl|ndjson)(?:\.[a-z0-9]+)?\Z", re.IGNORECASE)
_COUNTS = frozenset({"splits", "download_size", "dataset_size"})  # datasets refuses rows that differ from them


def update_card(
    data: bytes | None, url: str, configs: Mapping[str, Columns], gone: Collection[str], files: Collection[str]
) -> bytes | None:
    """Give the card with some configurations in it; everything else in it stays as it is.

    Args:
        data: The card that is there, None where none is.
        url: Where it is, for messages.
        configs: The columns of each configuration.
        gone: Configurations that have no files any more.
        files: Paths of the files that are there.

    Returns:
        The card, what is there where nothing changes.

    Raises:
        DistisetError: The card cannot be read.
        HubRefusedError: A configuration of the same name has other files, or one has files of another format.
    """
    readme = Readme.parse(decode_readme(data or b"", url))
    before = dict(readme.yaml)
    for config, columns in configs.items():
        _add_config(readme.yaml, config, url, files)
        _add_features(readme.yaml, config, columns)
    for key in ("configs", "dataset_info"):
        names = {entry["config_name"] for entry in _entries(readme.yaml, key)}
        if not names.isdisjoint(gone):
            readme.yaml[key] = merge_entries(readme.yaml[key], [], gone)
    return data if readme.yaml == before else readme.render().encode("utf-8", "replace")


def _entries(yaml: Mapping[str, Any], key: str) -> list[dict[str, Any]]:
    return merge_entries(yaml.get(key), [], [])


def _entry(yaml: Mapping[str, Any], key: str, config: str) -> dict[str, Any]:
    return next((entry for entry in _entries(yaml, key) if entry["config_name"] == config), {})


def _add_config(yaml: dict[str, Any], config: str, url: str, paths: Collection[str]) -> None:
    files = {"split": "train", "path": f"{config}/train-*.jsonl"}
    there = _entry(yaml, "configs", config)
    if not there:
        _refuse_other_formats(yaml, url, paths)
        ours = {"config_name": config, "data_files": [files]}
        yaml["configs"] = [*merge_entries(yaml.get("configs"), [], [config]), ours]
    elif not isinstance(there.get("data_files"), list) or files not in there["data_files"]:
        problem = (
            f"its {CARD_PATH} has a configuration {config!r} already, and of other files than {files['path']}. "
            "Rename the task before, or give another repository. Nothing was pushed."
        )
        raise HubRefusedError("checkpoint to", url, problem)


def _refuse_other_formats(yaml: Mapping[str, Any], url: str, paths: Collection[str]) -> None:
    """Refuse a repository with other files than JSON Lines: ``datasets`` takes all for what the first one is."""
    for config, path in config_files(yaml, paths):
        if not _JSON.search(path):
            problem = (
                f"its configuration {config!r} has the file {path}, and datasets reads all configurations of a "
                "repository as files of one format, here JSON Lines. Give the checkpoints a repository of their "
                "own. Nothing was pushed."
            )
            raise HubRefusedError("checkpoint to", url, problem)


def _add_features(yaml: dict[str, Any], config: str, columns: Columns) -> None:
    there, wanted = _entry(yaml, "dataset_info", config), features(columns)
    if there.get("features") == wanted:
        return
    kept = {key: value for key, value in there.items() if key not in _COUNTS}
    ours = {**kept, "config_name": config, "features": wanted}
    yaml["dataset_info"] = [*merge_entries(yaml.get("dataset_info"), [], [config]), ours]

"""The metadata of a README.md: YAML between two lines of dashes."""

from __future__ import annotations

import re
from typing import Any

import yaml

_FRONT_MATTER = re.compile(r"\A---[ \t]*\r?\n(.*?)^---[ \t]*\r?$", re.DOTALL | re.MULTILINE)
_KINDS: dict[str, tuple[tuple[type, ...], str]] = {
    "annotations_creators": ((list,), "an array"),
    "configs": ((list,), "an array"),
    "dataset_info": ((list, dict), "an array or an object"),
    "language": ((str, list), "a string or an array"),
    "license": ((str, list), "a string or an array"),
    "pretty_name": ((str,), "a string"),
    "size_categories": ((str, list), "a string or an array"),
    "tags": ((list,), "an array"),
    "task_categories": ((list,), "an array"),
}


def read_metadata(text: str) -> dict[str, Any] | None:
    """Give the metadata of a README.md, None where there is none or it is not valid."""
    found = _FRONT_MATTER.match(text)
    if found is None or metadata_problems(text):
        return None
    return dict(yaml.safe_load(found[1]) or {})


def metadata_problems(text: str) -> list[str]:
    """Say what is wrong with the metadata of a README.md."""
    found = _FRONT_MATTER.match(text)
    if found is None:
        return []
    try:
        metadata = yaml.safe_load(found[1])
    except yaml.YAMLError as error:
        return [f"YAML Metadata Error: {error}"]
    if metadata is None:
        return []
    if not isinstance(metadata, dict):
        return ["YAML Metadata Error: it must be an object"]
    return _wrong_kinds(metadata) + _wrong_configs(metadata)


def metadata_warnings(text: str) -> list[str]:
    """Say what a README.md had better have."""
    if metadata_problems(text) or read_metadata(text):
        return []
    return ["empty or missing yaml metadata in repo card"]


def _wrong_kinds(metadata: dict[str, Any]) -> list[str]:
    return [
        f'"{name}" must be {shown}'
        for name, (kinds, shown) in _KINDS.items()
        if name in metadata and not isinstance(metadata[name], kinds)
    ]


def _wrong_configs(metadata: dict[str, Any]) -> list[str]:
    configs = metadata.get("configs")
    if not isinstance(configs, list):
        return []
    return [
        f'"configs[{index}].config_name" is required'
        for index, config in enumerate(configs)
        if not (isinstance(config, dict) and isinstance(config.get("config_name"), str))
    ]

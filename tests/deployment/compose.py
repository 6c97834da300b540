"""Reads docker-compose.yml as Compose does: ``<<`` is merged, ``${NAME}`` is filled in, ``$$`` is a dollar."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from collections.abc import Mapping

PROJECT = Path(__file__).parents[2]
_VARIABLE = re.compile(r"\$(?:(?P<dollar>\$)|\{(?P<name>\w+)(?:(?P<operator>:[-?])(?P<text>[^}]*))?\})")


class MissingVariableError(Exception):
    """A variable without which the file is refused is empty, or is not set."""


def read_compose(project: Path = PROJECT) -> dict[str, Any]:
    """Read the file as it is written."""
    return dict(yaml.safe_load((project / "docker-compose.yml").read_text()))


def read_example(project: Path = PROJECT) -> dict[str, str]:
    """Read the names and values of .env.example."""
    return read_environment(project / ".env.example")


def read_environment(path: Path) -> dict[str, str]:
    """Read the names and values of a file of variables."""
    lines = [line for line in path.read_text().splitlines() if line and not line.startswith("#")]
    return {name: value for name, _, value in (line.partition("=") for line in lines)}


def variables(value: Any) -> list[re.Match[str]]:
    """Find the ``${NAME}`` in a value, and in the values in it."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        return [match for each in value for match in variables(each)]
    return [match for match in _VARIABLE.finditer(str(value)) if match["name"]]


def fill_in(value: Any, environment: Mapping[str, str]) -> Any:
    """Replace each ``${NAME}`` in a value, and in the values in it.

    Raises:
        MissingVariableError: A variable is required, and has no value.
    """
    if isinstance(value, dict):
        return {name: fill_in(each, environment) for name, each in value.items()}
    if isinstance(value, list):
        return [fill_in(each, environment) for each in value]
    if not isinstance(value, str):
        return value

    def replace(match: re.Match[str]) -> str:
        if match["dollar"]:
            return "$"
        found = environment.get(match["name"], "")
        if not found and match["operator"] == ":?":
            message = f"{match['name']} {match['text']}"
            raise MissingVariableError(message)
        return found or match["text"] or ""

    return _VARIABLE.sub(replace, value)

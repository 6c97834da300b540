"""Optional dependencies, named in the error when one is missing."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

from airflow_artifacts.exceptions import MissingExtraError

if TYPE_CHECKING:
    from types import ModuleType


def require(module: str, *, extra: str, purpose: str) -> ModuleType:
    """Import an optional dependency.

    Args:
        module: Dotted name of the module.
        extra: The extra of this distribution that installs it.
        purpose: What needs it, as the beginning of a sentence ("Reading s3:// URLs").

    Raises:
        MissingExtraError: The module's package is not installed.
    """
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        if error.name is None or not f"{module}.".startswith(f"{error.name}."):
            raise  # the dependency is there and lacks one of its own
        raise MissingExtraError(module, extra, purpose) from error

"""Saving, logging and loading artifacts in any task, as plain functions; they work in a script too."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Concatenate, TypeVar

from typing_extensions import ParamSpec

from airflow_artifacts.client import ArtifactClient
from airflow_artifacts.step_context import get_step_context

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_P = ParamSpec("_P")
_R = TypeVar("_R")


def _function(method: Callable[Concatenate[ArtifactClient, _P], _R]) -> Callable[_P, _R]:
    """Make a function of a method, which is called on a client for where the caller runs."""

    def call(*args: _P.args, **kwargs: _P.kwargs) -> _R:
        return method(ArtifactClient(), *args, **kwargs)

    call.__name__, call.__qualname__ = method.__name__, method.__name__
    call.__doc__, call.__annotations__ = method.__doc__, method.__annotations__
    return call


save_artifact = _function(ArtifactClient.save_artifact)
log_artifact = _function(ArtifactClient.log_artifact)
log_artifacts = _function(ArtifactClient.log_artifacts)
log_text = _function(ArtifactClient.log_text)
log_dict = _function(ArtifactClient.log_dict)
log_figure = _function(ArtifactClient.log_figure)
log_image = _function(ArtifactClient.log_image)
log_table = _function(ArtifactClient.log_table)
log_stream = _function(ArtifactClient.log_stream)
register_artifact = _function(ArtifactClient.register_artifact)
load_artifact = _function(ArtifactClient.load_artifact)
load_text = _function(ArtifactClient.load_text)
load_dict = _function(ArtifactClient.load_dict)
load_table = _function(ArtifactClient.load_table)
list_artifacts = _function(ArtifactClient.list_artifacts)
download_artifacts = _function(ArtifactClient.download_artifacts)


def log_metadata(metadata: Mapping[str, Any], artifact: object = None) -> None:
    """Add metadata to an artifact.

    Args:
        metadata: JSON values; dates, NumPy scalars and paths are normalised.
        artifact: A version that is saved: a ref, a version, a URI, a name for its latest version, or
            ``name@version``; earlier values of the same keys become history. Without it, the only output of the
            ``@task.artifact`` function that runs.

    Raises:
        ArtifactError: The metadata is not JSON.
        ArtifactNotFoundError: There is no such artifact.
        TaskContextError: No artifact is given, and no such function runs, or it has several outputs.
    """
    if artifact is None:
        get_step_context().add_output_metadata(metadata=metadata)
    else:
        ArtifactClient().log_metadata(metadata, artifact)

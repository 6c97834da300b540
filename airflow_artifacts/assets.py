"""Artifacts as assets of Airflow: events that other DAGs are scheduled on, and lineage."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from airflow.sdk import Asset, AssetAlias

from airflow_artifacts.exceptions import ArtifactError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from airflow.sdk import BaseOperator

    from airflow_artifacts.artifacts import ArtifactVersion

ALIAS_NAME = "airflow-artifacts"

logger = logging.getLogger(__name__)


def artifact_alias() -> AssetAlias:
    """Give the alias through which tasks add events: as an outlet, it shows that a task may save any artifact."""
    return AssetAlias(ALIAS_NAME)


def with_alias(outlets: Any) -> list[Any]:
    """Give outlets, as every operator takes them, with the alias among them."""
    given: Iterable[Any] = outlets if isinstance(outlets, (list, tuple)) else [] if outlets is None else [outlets]
    others = [outlet for outlet in given if not _is_alias(outlet)]
    return [*others, artifact_alias()]


def declare(operator: BaseOperator) -> None:
    """Put the alias among the outlets of an operator, for Airflow to show it before the task runs."""
    operator.outlets = with_alias(operator.outlets)


def get_asset(name: str) -> Asset:
    """Give the asset of an artifact: named like it, with Airflow's default URI, so that ``Asset(name)`` is equal.

    Raises:
        ArtifactError: Airflow has no asset of this name.
    """
    try:
        return Asset(name)
    except ValueError as error:
        raise ArtifactError(name, f"with asset=True, its name has to be one of an asset, and {error}.") from error


def add_event(context: Mapping[str, Any], version: ArtifactVersion) -> None:
    """Have an event added for a version that the running task registered, when the task succeeds.

    Args:
        context: The context of the running task.
        version: The version.

    Raises:
        ArtifactError: Airflow has no asset of this name.
    """
    asset = get_asset(version.name)
    # Airflow drops events of what is no outlet of the task. What becomes one while the task runs will do.
    declare(context["ti"].task)
    extra = {"version": version.version, "uri": version.uri, "metadata": version.metadata}
    context["outlet_events"][artifact_alias()].add(asset, extra=extra)


def dataset_uri(repo_id: str) -> str:
    """Give the URI of the asset for a data set on the Hub, as ``datasets`` and fsspec write it."""
    return f"hf://datasets/{repo_id}"


def add_dataset_event(context: Mapping[str, Any], repo_id: str, ref: Mapping[str, Any]) -> None:
    """Have an event added for a data set that the running task pushed, when the task succeeds.

    Args:
        context: The context of the running task.
        repo_id: The repository.
        ref: What the task returns of it.
    """
    declare(context["ti"].task)
    extra = {key: ref[key] for key in ("commit", "url", "rows")}
    context["outlet_events"][artifact_alias()].add(Asset(uri=dataset_uri(repo_id)), extra=extra)


def add_output(context: Mapping[str, Any], version: ArtifactVersion) -> None:
    """Tell Airflow's lineage of a version that the running task registered. What goes wrong is only logged."""
    _collect("add_output_asset", context, version)


def add_input(context: Mapping[str, Any], version: ArtifactVersion) -> None:
    """Tell Airflow's lineage of a version that the running task loaded. What goes wrong is only logged."""
    _collect("add_input_asset", context, version)


def _collect(method: str, context: Mapping[str, Any], version: ArtifactVersion) -> None:
    try:
        from airflow.sdk.lineage import get_hook_lineage_collector

        add = getattr(get_hook_lineage_collector(), method)
        add(context["ti"], name=version.name, asset_extra={"version": version.version, "uri": version.uri})
    except Exception:
        logger.warning("Lineage of %s could not be collected", version.uri, exc_info=True)


def _is_alias(outlet: Any) -> bool:
    return isinstance(outlet, AssetAlias) and outlet.name == ALIAS_NAME

"""Runs a DAG whenever another one has made a new version of an artifact."""

from __future__ import annotations

from typing import Annotated, Any

from airflow.sdk import DAG, Asset, task

from airflow_artifacts import load_artifact

# [START producer]
with DAG(
    "example_artifact_producer", schedule=None, catchup=False, doc_md=__doc__, tags=["airflow-artifacts"]
) as producer:

    @task.artifact(asset=True)
    def make() -> Annotated[list[int], "example_numbers"]:
        """Makes a version, and with it an event of the asset that is named like the artifact."""
        return [1, 2, 3]

    make()
# [END producer]

# [START consumer]
with DAG(
    "example_artifact_consumer",
    schedule=[Asset("example_numbers")],
    catchup=False,
    doc_md=__doc__,
    tags=["airflow-artifacts"],
) as consumer:

    @task.artifact
    def add_up(triggering_asset_events: Any = None) -> Annotated[dict[str, int], "example_sums"]:
        """Loads each version that an event tells of, and adds up what is in it."""
        events = [event for each in triggering_asset_events.values() for event in each]
        return {event.extra["uri"]: sum(load_artifact(event.extra["uri"])) for event in events}

    add_up()  # Airflow gives it the events
# [END consumer]

"""Tells the versions of one artifact apart by their metadata."""

from __future__ import annotations

from typing import Annotated, Any

from airflow.sdk import DAG, task

from airflow_artifacts import ArtifactClient, get_step_context


# [START add_metadata]
@task.artifact
def generic_step(data: Any, prefix: str) -> Annotated[Any, "generic_artifact"]:
    """Keeps what it is given, with a note for whom it is."""
    get_step_context().add_output_metadata(output_name="generic_artifact", metadata={"custom_prefix": prefix})
    return data
    # [END add_metadata]


# [START look_up]
@task
def load_by_prefix() -> dict[str, Any]:
    """Loads the newest version of each prefix."""
    client = ArtifactClient()
    found = {}
    for artifact in client.list_artifact_versions("generic_artifact"):  # all of them, the oldest first
        if prefix := artifact.run_metadata.get("custom_prefix"):
            found[prefix] = artifact.load()
    return found
    # [END look_up]


@task
def load_one(prefix: str) -> Any:
    """Loads the newest version of one prefix, and lets the client choose."""
    # [START filter]
    versions = ArtifactClient().list_artifact_versions("generic_artifact", metadata={"custom_prefix": prefix})
    return versions[-1].load()
    # [END filter]


with DAG(
    "example_metadata_lookup", schedule=None, catchup=False, doc_md=__doc__, tags=["airflow-artifacts"]
) as dag:
    saved = [
        generic_step({"rows": [1, 2, 3]}, "train"),
        generic_step({"rows": [4]}, "validation"),
        generic_step({"rows": [5, 6]}, "test"),
    ]
    saved >> load_by_prefix()
    saved >> load_one("validation")

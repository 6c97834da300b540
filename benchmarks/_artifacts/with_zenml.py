"""ZenML's ``save_artifact``, with its default stack or with a stack whose artifact store is S3."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from benchmarks._artifacts.measuring import Job, Meter, parse

if TYPE_CHECKING:
    from pathlib import Path


def prepare(job: Job) -> None:
    """Make the database, and a stack that saves on S3."""
    client = import_module("zenml.client").Client()
    default = client.active_stack_model
    if not job.endpoint:
        return
    kinds = import_module("zenml.enums").StackComponentType
    configuration = {"path": job.root, "client_kwargs": {"endpoint_url": job.endpoint}}
    client.create_stack_component(
        "bench", flavor="s3", component_type=kinds.ARTIFACT_STORE, configuration=configuration
    )
    orchestrator = default.components[kinds.ORCHESTRATOR][0].name
    client.create_stack("bench", {kinds.ORCHESTRATOR: orchestrator, kinds.ARTIFACT_STORE: "bench"})
    client.activate_stack("bench")


def main() -> None:
    """Save with ZenML; what would be a task is a prefix of the names."""
    job = parse()
    meter = Meter("zenml", job)
    meter.begin()
    zenml = import_module("zenml")
    if job.is_preparing:
        prepare(job)
        return
    for count in job.counts:

        def save(path: Path, prefix: str = f"of_{count}") -> None:
            zenml.save_artifact(path.read_bytes(), name=f"{prefix}_{path.stem}")

        meter.measure(count, save)
        meter.end(count)
    meter.write(import_module("zenml.client").Client().list_artifact_versions(size=1).total)


if __name__ == "__main__":
    main()

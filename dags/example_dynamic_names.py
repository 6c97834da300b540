"""Names artifacts when tasks are made, and when they run: training, validation and test data of one function."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from airflow.sdk import DAG, Param, task

from airflow_artifacts import ArtifactConfig

if TYPE_CHECKING:
    from collections.abc import Callable


# [START factory]
def create_dynamic_step(prefix: str) -> Callable[..., Any]:
    """Make a task whose artifact is named after a prefix."""

    @task.artifact(task_id=f"process_{prefix}")
    def dynamic_step(data: Any) -> Annotated[dict[str, Any], ArtifactConfig(name=f"{prefix}_artifact")]:
        """Processes the data of one part."""
        return {"processed_data": data}

    return dynamic_step


# [END factory]


# [START several]
@task.artifact
def split_data() -> tuple[
    Annotated[list[int], "numbers/train"],
    Annotated[list[int], "numbers/validation"],
    Annotated[list[int], "numbers/test"],
]:
    """Makes three artifacts, each of which is passed on by its name."""
    numbers = list(range(10))
    return numbers[:6], numbers[6:8], numbers[8:]
    # [END several]


# [START template]
@task.artifact
def count(parts: list[dict[str, Any]]) -> Annotated[dict[str, int], "{{ params.model }}_counts"]:
    """Is given what is in the artifacts of other tasks; its own is named when it runs."""
    return {f"part {number}": len(part["processed_data"]) for number, part in enumerate(parts, 1)}
    # [END template]


# [START dag]
with DAG(
    "example_dynamic_names",
    schedule=None,
    catchup=False,
    doc_md=__doc__,
    tags=["airflow-artifacts"],
    params={"model": Param("small", type="string", pattern="^[A-Za-z0-9_-]+$")},
) as dag:
    train_step = create_dynamic_step("train")
    validation_step = create_dynamic_step("validation")
    test_step = create_dynamic_step("test")

    data: Any = split_data()
    processed: Any = [
        train_step(data["numbers/train"]),
        validation_step(data["numbers/validation"]),
        test_step(data["numbers/test"]),
    ]
    count(processed)
# [END dag]

"""A DAG whose rows and artifacts go from one worker to the other at each step."""

from __future__ import annotations

import os
from typing import Annotated, Any

from airflow.sdk import DAG, Param, task

from airflow_artifacts import load_artifact
from airflow_artifacts.operators import DistisetPushOperator, StepOperator
from airflow_artifacts.steps import GeneratorStepOutput, StepInput, StepOutput, step


@step(outputs=["n", "made_on"], step_type="generator")
def Numbers() -> GeneratorStepOutput:  # noqa: N802 - it becomes a class
    for start in range(0, 2000, 50):
        yield [{"n": n, "made_on": os.environ["HOSTNAME"]} for n in range(start, start + 50)], start == 1950


@step(inputs=["n"], outputs=["square", "squared_on"])
def Squares(inputs: StepInput) -> StepOutput:  # noqa: N802
    yield [{**row, "square": row["n"] ** 2, "squared_on": os.environ["HOSTNAME"]} for row in inputs]


@task.artifact(queue="left")
def save() -> Annotated[dict[str, str], "crossing/sent"]:
    return {"saved_on": os.environ["HOSTNAME"]}


@task.artifact(queue="right")
def load(sent: dict[str, str]) -> Annotated[dict[str, str], "crossing/received"]:
    return {**sent, "loaded_on": os.environ["HOSTNAME"]}


@task(queue="left")
def look(received: Any) -> dict[str, str]:
    return dict(load_artifact(received))


with DAG("crossing", schedule=None, params={"output_path": Param("", type="string")}):
    sent: Any = save()
    look(load(sent))
    numbers = StepOperator(task_id="numbers", step=Numbers(), queue="left")
    squares = StepOperator(task_id="squares", step=Squares(), queue="right")
    push = DistisetPushOperator(task_id="push", path="{{ params.output_path }}", queue="left")
    numbers >> squares >> push

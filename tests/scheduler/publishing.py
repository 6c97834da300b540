"""A DAG that keeps checkpoints on a Hub and pushes to it, from processes that say which they are."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from airflow.sdk import DAG, Param

from airflow_artifacts.operators import DistisetPushOperator, StepOperator
from airflow_artifacts.steps import GeneratorStepOutput, HuggingFaceHubCheckpointer, step

if TYPE_CHECKING:
    from airflow.sdk import Context

RETRIES: dict[str, Any] = {"retries": 2, "retry_delay": timedelta(seconds=1)}


@step(outputs=["n"], step_type="generator")
def Numbers() -> GeneratorStepOutput:  # noqa: N802 - it becomes a class
    for start in range(0, 500, 50):
        yield [{"n": n} for n in range(start, start + 50)], start == 450


class Checkpoint(StepOperator):
    def execute(self, context: Context) -> Any:
        Path(context["params"]["place"], "checkpoint").write_text(str(os.getpid()))
        return super().execute(context)


class Push(DistisetPushOperator):
    def execute(self, context: Context) -> Any:
        Path(context["params"]["place"], "push").write_text(str(os.getpid()))
        return super().execute(context)


with DAG("publishing", schedule=None, params={"place": Param("", type="string")}):
    numbers = StepOperator(task_id="numbers", step=Numbers())
    checkpoint = Checkpoint(
        task_id="checkpoint",
        step=HuggingFaceHubCheckpointer(repo_id="tester/checkpoints", commit_interval=0),
        **RETRIES,
    )
    push = Push(task_id="push", repo_id="tester/published", **RETRIES)
    numbers >> checkpoint >> push

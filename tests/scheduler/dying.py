"""A DAG whose first attempt is killed in the middle of a step, after some parts are stored."""

from __future__ import annotations

import os
import signal
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

from airflow.sdk import DAG, Param

from airflow_artifacts.operators import DistisetPushOperator, StepOperator
from airflow_artifacts.steps import GeneratorStepOutput, Step, step

if TYPE_CHECKING:
    from airflow_artifacts.steps import StepInput, StepOutput


@step(outputs=["n", "text"], step_type="generator")
def Numbers() -> GeneratorStepOutput:  # noqa: N802 - it becomes a class
    random = Random(1)  # noqa: S311 - text that does not shrink, so that parts are stored on the way
    for start in range(0, 2000, 50):
        yield [{"n": n, "text": random.randbytes(1000).hex()} for n in range(start, start + 50)], start == 1950


class Dies(Step):
    """Saves an artifact; in the first attempt, kills its process at the thousandth row."""

    place: str

    def process(self, inputs: StepInput) -> StepOutput:
        first = inputs[0]["n"]
        died = Path(self.place, "died")
        self.save_artifact("last", lambda path: (path / "last.txt").write_text(str(first)))
        if first >= 1000 and not died.exists():
            died.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        yield inputs


with DAG(
    "dying", schedule=None, params={"place": Param("", type="string"), "output_path": Param("", type="string")}
):
    numbers = StepOperator(task_id="numbers", step=Numbers())
    dies = StepOperator(
        task_id="dies", step=Dies(place="{{ params.place }}"), retries=1, retry_delay=timedelta(seconds=1)
    )
    push = DistisetPushOperator(task_id="push", path="{{ params.output_path }}")
    numbers >> dies >> push

"""A DAG whose first attempt waits in the middle of a step, when some parts are stored, for its machine to end."""

from __future__ import annotations

import os
import time
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


class Waits(Step):
    """Leaves the name of its machine at the thousandth row, and waits; later attempts do not."""

    place: str

    def process(self, inputs: StepInput) -> StepOutput:
        marker = Path(self.place, "waits")
        if inputs[0]["n"] >= 1000 and not marker.exists():
            marker.write_text(os.environ["HOSTNAME"])
            time.sleep(600)
        yield inputs


with DAG(
    "waiting", schedule=None, params={"place": Param("", type="string"), "output_path": Param("", type="string")}
):
    numbers = StepOperator(task_id="numbers", step=Numbers())
    waits = StepOperator(
        task_id="waits", step=Waits(place="{{ params.place }}"), retries=1, retry_delay=timedelta(seconds=1)
    )
    push = DistisetPushOperator(task_id="push", path="{{ params.output_path }}")
    numbers >> waits >> push

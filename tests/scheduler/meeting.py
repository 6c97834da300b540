"""A DAG whose two mapped instances can only end if they run at the same time: each waits for the other."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

from airflow.sdk import DAG, Param

from airflow_artifacts.operators import DistisetPushOperator, StepOperator
from airflow_artifacts.steps import GeneratorStep, RuntimeParameter

if TYPE_CHECKING:
    from airflow_artifacts.steps import GeneratorStepOutput


class Meet(GeneratorStep):
    """Leaves a file, and waits until the other one has left its own."""

    who: RuntimeParameter[int] = 0
    place: str

    def process(self, offset: int = 0) -> GeneratorStepOutput:
        me, other = self.who, 1 - self.who
        Path(self.place, f"{me}.here").touch()
        deadline = time.monotonic() + 60
        while not Path(self.place, f"{other}.here").exists():
            if time.monotonic() > deadline:
                raise TimeoutError(f"{other} did not come")
            time.sleep(0.1)
        self.save_artifact("met", lambda path: (path / "met.txt").write_text(str(other)))
        yield [{"who": me}] * (10 * (me + 1)), True


with DAG(
    "meeting", schedule=None, params={"place": Param("", type="string"), "output_path": Param("", type="string")}
):
    meet = StepOperator.partial(task_id="meet", step=Meet(place="{{ params.place }}")).expand(
        runtime_parameters=[{"who": 0}, {"who": 1}]
    )
    push = DistisetPushOperator(task_id="push", path="{{ params.output_path }}", inputs=meet.output)

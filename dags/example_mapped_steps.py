"""Maps steps over several inputs: each package of the standard library is loaded and measured by its own tasks."""

from __future__ import annotations

import ast
import os
import sysconfig
from pathlib import Path
from typing import TYPE_CHECKING

from airflow.sdk import DAG, task

from airflow_artifacts.operators import DistisetPushOperator, StepOperator
from airflow_artifacts.steps import GeneratorStep, RuntimeParameter, StepInput, StepOutput

if TYPE_CHECKING:
    from airflow_artifacts.steps import GeneratorStepOutput

AIRFLOW_HOME = Path(os.environ.get("AIRFLOW_HOME", "~/airflow")).expanduser()


class LoadFunctions(GeneratorStep):
    """Loads the functions of a package, with the number of their lines."""

    package: RuntimeParameter[str] = "json"

    @property
    def outputs(self) -> list[str]:
        return ["package", "function", "lines"]

    def process(self, offset: int = 0) -> GeneratorStepOutput:
        folder = Path(sysconfig.get_paths()["stdlib"]) / self.package
        trees = [ast.parse(path.read_bytes()) for path in sorted(folder.glob("*.py"))]
        functions = [node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
        rows = [
            {"package": self.package, "function": node.name, "lines": (node.end_lineno or 0) - node.lineno + 1}
            for node in functions
        ]
        yield rows[offset:], True


# [START mapped]
@task.step(inputs=["lines"], outputs=["is_long"])
def mark_long_functions(inputs: StepInput, limit: RuntimeParameter[int] = 30) -> StepOutput:
    """Marks the functions that have more lines than the limit."""
    yield [{**row, "is_long": row["lines"] > limit} for row in inputs]


with DAG("example_mapped_steps", schedule=None, catchup=False, doc_md=__doc__, tags=["airflow-artifacts"]):
    load = StepOperator.partial(task_id="load", step=LoadFunctions()).expand(
        runtime_parameters=[{"package": "json"}, {"package": "email"}]
    )
    marked = mark_long_functions.partial(limit=20).expand(inputs=load.output)
    push = DistisetPushOperator(
        task_id="push", path=str(AIRFLOW_HOME / "datasets" / "mapped_steps"), inputs=marked, train_size=0.9
    )
# [END mapped]

"""Keeps generated texts on the Hugging Face Hub on their way: a file of JSON Lines for every ten rows.

It needs a token that may write: the password of the connection ``huggingface_default``, or ``HF_TOKEN``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow.sdk import DAG, Param

from airflow_artifacts.operators import StepOperator
from airflow_artifacts.steps import HuggingFaceHubCheckpointer, LoadDataFromDicts, Step, StepInput

if TYPE_CHECKING:
    from airflow_artifacts.steps import StepOutput

SUBJECTS = ("a lighthouse", "a locksmith", "the last train", "a tide table", "an unsent letter")
FORMS = ("limerick", "haiku", "headline", "recipe", "proverb")


class StandInForGeneration(Step):
    """Stands in for a step that asks a language model: it answers with the same words each time, and no model."""

    @property
    def inputs(self) -> list[str]:
        return ["instruction"]

    @property
    def outputs(self) -> list[str]:
        return ["generation", "model_name"]

    def process(self, inputs: StepInput) -> StepOutput:
        for row in inputs:
            row["generation"] = f"Not written by a model: {row['instruction'].lower()}"
            row["model_name"] = "stand-in"
        yield inputs


# [START checkpoint]
with DAG(
    "example_hub_checkpoints",
    schedule=None,
    catchup=False,
    doc_md=__doc__,
    tags=["airflow-artifacts"],
    params={"repo_id": Param("your-name/checkpoints", type="string", description="A data set on the Hub.")},
) as dag:
    load = StepOperator(
        task_id="load",
        step=LoadDataFromDicts(
            data=[{"instruction": f"Write a {form} about {subject}."} for form in FORMS for subject in SUBJECTS]
        ),
    )
    text_generation = StepOperator(task_id="text_generation", step=StandInForGeneration(input_batch_size=5))
    checkpoint = StepOperator(
        task_id="checkpoint",
        step=HuggingFaceHubCheckpointer(repo_id="{{ params.repo_id }}", private=True, input_batch_size=10),
    )
    load >> text_generation >> checkpoint
# [END checkpoint]

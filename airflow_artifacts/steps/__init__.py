"""Steps: the classes to derive from, the decorator, and the steps of the library."""

from airflow_artifacts.steps.artifact_sink import ArtifactSink
from airflow_artifacts.steps.base import (
    BaseStep,
    GeneratorStep,
    GeneratorStepOutput,
    GlobalStep,
    Step,
    StepColumns,
    StepInput,
    StepOutput,
)
from airflow_artifacts.steps.columns import CombineOutputs, GroupColumns, KeepColumns
from airflow_artifacts.steps.decorator import step
from airflow_artifacts.steps.expanding import ExpandColumns
from airflow_artifacts.steps.files import LoadDataFromFiles
from airflow_artifacts.steps.hub_checkpointer import HuggingFaceHubCheckpointer
from airflow_artifacts.steps.hub_loading import LoadDataFromHub
from airflow_artifacts.steps.loading import LoadDataFromDicts
from airflow_artifacts.steps.parameters import RuntimeParameter
from airflow_artifacts.steps.running import StepResult, run_step

__all__ = [
    "ArtifactSink",
    "BaseStep",
    "CombineOutputs",
    "ExpandColumns",
    "GeneratorStep",
    "GeneratorStepOutput",
    "GlobalStep",
    "GroupColumns",
    "HuggingFaceHubCheckpointer",
    "KeepColumns",
    "LoadDataFromDicts",
    "LoadDataFromFiles",
    "LoadDataFromHub",
    "RuntimeParameter",
    "Step",
    "StepColumns",
    "StepInput",
    "StepOutput",
    "StepResult",
    "run_step",
    "step",
]

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
from airflow_artifacts.steps.decorator import step
from airflow_artifacts.steps.parameters import RuntimeParameter
from airflow_artifacts.steps.running import StepResult, run_step

__all__ = [
    "ArtifactSink",
    "BaseStep",
    "GeneratorStep",
    "GeneratorStepOutput",
    "GlobalStep",
    "RuntimeParameter",
    "Step",
    "StepColumns",
    "StepInput",
    "StepOutput",
    "StepResult",
    "run_step",
    "step",
]

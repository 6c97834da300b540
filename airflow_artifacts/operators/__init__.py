"""Operators: a step as a task, and the end of a DAG of steps."""

from airflow_artifacts.operators.distiset import DistisetPushOperator
from airflow_artifacts.operators.step import StepOperator

__all__ = ["DistisetPushOperator", "StepOperator"]

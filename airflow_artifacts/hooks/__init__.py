"""Connections of types that this package brings."""

from airflow_artifacts.hooks.huggingface import HuggingFaceHook

__all__ = ["HuggingFaceHook"]

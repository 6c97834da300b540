"""Distisets: subsets, artifacts and a card, saved to a disk or a store and opened again."""

from airflow_artifacts.distiset.loading import LoadedArtifact, LoadedDistiset, LoadedRows, load_from_disk
from airflow_artifacts.distiset.model import (
    Distiset,
    GatheredArtifact,
    Origin,
    RowsSource,
    StepDescription,
    Subset,
)
from airflow_artifacts.distiset.pushing import PushedDistiset
from airflow_artifacts.distiset.saving import SavedDistiset

__all__ = [
    "Distiset",
    "GatheredArtifact",
    "LoadedArtifact",
    "LoadedDistiset",
    "LoadedRows",
    "Origin",
    "PushedDistiset",
    "RowsSource",
    "SavedDistiset",
    "StepDescription",
    "Subset",
    "load_from_disk",
]

"""The catalogue: all versions of all artifacts below a root, kept in memory and looked through at once.

A listing of the registry says which records there are. Only those that are new are read, so to look again costs
little more than the listing. Nobody else has to say that something was saved: the store is the truth.
"""

from airflow_artifacts.artifacts.catalogue.catalogue import Catalogue
from airflow_artifacts.artifacts.catalogue.conditions import Condition, parse_condition
from airflow_artifacts.artifacts.catalogue.entries import Brief, Entry, JsonType
from airflow_artifacts.artifacts.catalogue.query import Query
from airflow_artifacts.artifacts.catalogue.snapshot import Children, Facets, Page, Series

__all__ = [
    "Brief",
    "Catalogue",
    "Children",
    "Condition",
    "Entry",
    "Facets",
    "JsonType",
    "Page",
    "Query",
    "Series",
    "parse_condition",
]

"""A fake Hugging Face Hub for tests: a real server that the real client libraries talk to."""

from airflow_artifacts.testing.answers import HubError
from airflow_artifacts.testing.commits import HubCommit, HubFile
from airflow_artifacts.testing.fake_hub import FakeHub
from airflow_artifacts.testing.faults import Fault
from airflow_artifacts.testing.requests import Request

__all__ = ["FakeHub", "Fault", "HubCommit", "HubError", "HubFile", "Request"]

"""The bytes of artifacts, as files and as archives: checked on the way, and never run as a page of Airflow."""

from airflow_artifacts.plugin.content.archives import Member, Note, archive_response
from airflow_artifacts.plugin.content.files import file_response

__all__ = ["Member", "Note", "archive_response", "file_response"]

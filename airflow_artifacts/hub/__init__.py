"""The Hugging Face Hub: logins, repositories of data sets, commits, and the README.md of a data set."""

from airflow_artifacts.hub.committing import Changes, Plan, commit_once
from airflow_artifacts.hub.login import HubLogin, environment_login, find_login, login_finder, whoami
from airflow_artifacts.hub.readme import (
    Readme,
    config_files,
    config_patterns,
    decode_readme,
    merge_entries,
    merge_tags,
)
from airflow_artifacts.hub.repository import (
    Commit,
    FileContent,
    Head,
    HubFile,
    HubRepository,
    Upload,
    check_repo_id,
)

__all__ = [
    "Changes",
    "Commit",
    "FileContent",
    "Head",
    "HubFile",
    "HubLogin",
    "HubRepository",
    "Plan",
    "Readme",
    "Upload",
    "check_repo_id",
    "commit_once",
    "config_files",
    "config_patterns",
    "decode_readme",
    "environment_login",
    "find_login",
    "login_finder",
    "merge_entries",
    "merge_tags",
    "whoami",
]

"""What Airflow is told of this provider: dotted names and text, so that reading it imports nothing."""

from __future__ import annotations

from typing import Any


def get_provider_info() -> dict[str, Any]:
    """Give the provider dictionary, which follows Airflow's ``provider_info.schema.json``."""
    return {
        "package-name": "airflow-artifacts",
        "name": "Artifacts",
        "description": "Keeps, shows and publishes the rows and artifacts that tasks make.",
        "integrations": [
            {"integration-name": "Artifacts", "external-doc-url": "https://pypi.org/project/airflow-artifacts/"}
        ],
        "operators": [
            {
                "integration-name": "Artifacts",
                "python-modules": ["airflow_artifacts.operators.step", "airflow_artifacts.operators.distiset"],
            }
        ],
        "task-decorators": [
            {"name": "step", "class-name": "airflow_artifacts.decorators.step.step_task"},
            {"name": "artifact", "class-name": "airflow_artifacts.decorators.artifact.artifact_task"},
        ],
        "connection-types": [
            {
                "connection-type": "huggingface",
                "hook-class-name": "airflow_artifacts.hooks.huggingface.HuggingFaceHook",
                "hook-name": "Hugging Face",
            }
        ],
        "hooks": [
            {"integration-name": "Artifacts", "python-modules": ["airflow_artifacts.hooks.huggingface"]},
        ],
        "extra-links": [
            "airflow_artifacts.links.ArtifactsLink",
            "airflow_artifacts.links.DatasetLink",
            "airflow_artifacts.links.RunArtifactsLink",
        ],
        "filesystems": [
            "airflow_artifacts.filesystems.hadoop",
            "airflow_artifacts.filesystems.hadoop_web",
            "airflow_artifacts.filesystems.memory",
            "airflow_artifacts.filesystems.web",
        ],
        "cli": ["airflow_artifacts.cli.definition.get_artifacts_cli_commands"],
        "config": {
            "airflow_artifacts": {
                "description": "Where rows and artifacts of tasks are kept.",
                "options": {
                    "root": {
                        "description": (
                            "URL of the folder that keeps rows and artifacts; every worker has to reach it. "
                            "A connection may stand before the bucket, as in s3://my_conn@bucket/prefix. "
                            "Without a value, the folder artifacts under AIRFLOW_HOME."
                        ),
                        "version_added": "0.1.0",
                        "type": "string",
                        "example": "s3://my_conn@my-bucket/artifacts",
                        "default": "{AIRFLOW_HOME}/artifacts",
                    },
                    "part_bytes": {
                        "description": (
                            "Size, in bytes after compression, from which a part of rows is closed and stored. "
                            "A task holds about three parts in memory."
                        ),
                        "version_added": "0.1.0",
                        "type": "integer",
                        "example": None,
                        "default": "8388608",
                    },
                    "allow_pickle": {
                        "description": (
                            "Whether a value that no codec takes is saved as a pickle, and pickles are loaded. "
                            "Loading a pickle runs what is in it: allow it only where everybody who can write to "
                            "the root may run code on the workers."
                        ),
                        "version_added": "0.1.0",
                        "type": "boolean",
                        "example": None,
                        "default": "False",
                    },
                    "transfer_bytes": {
                        "description": (
                            "Memory, in bytes, for the parts of large files that are on their way to or from "
                            "the store, in each process."
                        ),
                        "version_added": "0.1.0",
                        "type": "integer",
                        "example": None,
                        "default": "134217728",
                    },
                    "http_hosts": {
                        "description": (
                            "Hosts that are read from over HTTP, separated by commas: names, *.example.com for "
                            "all below one, with :port or without. * is every host with a public address; "
                            "private ones have to be named. Without a value, none."
                        ),
                        "version_added": "0.1.0",
                        "type": "string",
                        "example": "data.example.com, *.example.org, 10.0.0.7:8080",
                        "default": "*",
                    },
                    "signed_downloads": {
                        "description": (
                            "Whether a download from the UI is redirected to the object store, by a URL that is "
                            "signed at that moment and good for five minutes, where the store can sign. Without "
                            "it, and for previews, the API server passes the bytes on."
                        ),
                        "version_added": "0.1.0",
                        "type": "boolean",
                        "example": None,
                        "default": "False",
                    },
                    "served_sources": {
                        "description": (
                            "URLs of folders, separated by commas, from which the API server reads the files of "
                            "artifacts by reference, to show and to download. Whoever may save artifacts can have "
                            "any file below them shown. Without a value, none."
                        ),
                        "version_added": "0.1.0",
                        "type": "string",
                        "example": "s3://my_conn@my-bucket/data, file:///shared/data",
                        "default": None,
                    },
                },
            }
        },
    }

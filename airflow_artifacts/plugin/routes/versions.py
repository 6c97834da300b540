"""Routes of one version of an artifact, for those who may see what its DAG made."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Depends, Request

from airflow_artifacts.plugin.airflow_internals import GetUserDep  # noqa: TC001 - FastAPI evaluates annotations
from airflow_artifacts.plugin.answers import Answer
from airflow_artifacts.plugin.archives import version_members
from airflow_artifacts.plugin.content import archive_response, file_response
from airflow_artifacts.plugin.details import shown_detail
from airflow_artifacts.plugin.locating import ServedFiles
from airflow_artifacts.plugin.media_types import media_type_of
from airflow_artifacts.plugin.previews import preview_file
from airflow_artifacts.plugin.rights import ReadableVersion, readable_version, reader
from airflow_artifacts.plugin.routes.names import VERSION
from airflow_artifacts.plugin.served import get_served
from airflow_artifacts.runtime import get_settings

router = APIRouter(dependencies=[Depends(readable_version)])

_READING = ["GET", "HEAD"]


@router.get(f"/api{VERSION}")
def get_detail(version: ReadableVersion, user: GetUserDep) -> Any:
    """Give all that is known of a version."""
    return Answer(shown_detail(version, get_served(), reader(user)))


@router.get(f"/api{VERSION}/preview")
def get_preview(version: ReadableVersion, file: str) -> Any:
    """Show the beginning of a file, of which no more is read than that takes."""
    found = ServedFiles(get_served().store, version).locate(file)
    preview = preview_file(
        found.store,
        found.key,
        path=file,
        size=found.file.size,
        media_type=version.media_type,
        facts=version.record.facts,
    )
    return Answer(preview)


@router.api_route(f"{VERSION}/files/{{file:path}}", methods=_READING)
def get_file(version: ReadableVersion, request: Request, file: str, *, inline: bool = False) -> Any:
    """Send a file; with ``inline`` so that a browser shows it, if it is of a type that may be shown."""
    found = ServedFiles(get_served().store, version).locate(file)
    return file_response(
        request,
        found.store,
        found.key,
        found.file,
        media_type=media_type_of(file, version.media_type),
        inline=inline,
        sign=get_settings().signed_downloads,
    )


@router.get(f"{VERSION}/archive")
def get_archive(version: ReadableVersion) -> Any:
    """Send all files as one zip."""
    name = f"{version.name.replace('/', '-')}@{version.version}.zip"
    return archive_response(name, version_members(get_served().store, version))

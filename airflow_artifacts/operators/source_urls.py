"""URLs of source files that name a connection, for steps, which know nothing of Airflow."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

from airflow_artifacts.runtime import filesystem_for
from airflow_artifacts.steps.files import filesystem_opener
from airflow_artifacts.storage import open_filesystem

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fsspec import AbstractFileSystem


@contextlib.contextmanager
def connections() -> Iterator[None]:
    """Let steps that load files take URLs of the form ``s3://conn_id@bucket/...``."""
    token = filesystem_opener.set(_open)
    try:
        yield
    finally:
        filesystem_opener.reset(token)


def _open(url: str, storage_options: dict[str, Any]) -> tuple[AbstractFileSystem, str]:
    filesystem = filesystem_for(url, storage_options)
    if filesystem is None:
        return open_filesystem(url, storage_options)
    scheme, _, rest = url.partition("://")
    return filesystem, str(filesystem._strip_protocol(f"{scheme}://{rest.partition('@')[2]}"))  # noqa: SLF001

"""URLs of source files that name a connection, for steps, which know nothing of Airflow."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from airflow_artifacts.runtime import open_source
from airflow_artifacts.steps.files import filesystem_opener

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextlib.contextmanager
def connections() -> Iterator[None]:
    """Let steps that load files take URLs of the form ``s3://conn_id@bucket/...``."""
    token = filesystem_opener.set(open_source)
    try:
        yield
    finally:
        filesystem_opener.reset(token)

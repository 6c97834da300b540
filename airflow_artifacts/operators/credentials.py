"""What steps, which know nothing of Airflow, are lent of its connections while they run."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from airflow_artifacts.hub import login_finder
from airflow_artifacts.runtime import hub_login, open_source
from airflow_artifacts.steps.files import filesystem_opener

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextlib.contextmanager
def connections() -> Iterator[None]:
    """Let steps take URLs of the form ``s3://conn_id@bucket/...``, and log in to the Hub by a connection."""
    opener, finder = filesystem_opener.set(open_source), login_finder.set(hub_login)
    try:
        yield
    finally:
        login_finder.reset(finder)
        filesystem_opener.reset(opener)

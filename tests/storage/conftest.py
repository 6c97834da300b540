"""The servers of the tests as fixtures, and the table of what the stores on them passed."""

from __future__ import annotations

import uuid
from collections import Counter
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from tests.contracts.other_process import OtherProcess, running_other_process
from tests.servers import azure, gcs, rclone, webhdfs
from tests.servers.processes import ServerMissingError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from _pytest.terminal import TerminalReporter

_OUTCOMES = ("passed", "skipped", "failed", "error")
_BACK_END = "back end"


@contextmanager
def _skipping_what_is_missing() -> Iterator[None]:
    try:
        yield
    except ServerMissingError as error:
        pytest.skip(str(error))


@pytest.fixture(scope="session")
def other_process() -> Iterator[OtherProcess]:
    """A process that uses the same stores."""
    with running_other_process() as other:
        yield other


@pytest.fixture(scope="session")
def rclone_server(request: pytest.FixtureRequest) -> Iterator[str]:
    """URL of the S3 server that checks signatures."""
    fetch = request.config.getoption("--run-storage")
    with _skipping_what_is_missing(), rclone.running_server(fetch=fetch) as url:
        yield url


@pytest.fixture(scope="session")
def gcs_server() -> Iterator[str]:
    """URL of the server with the API of Google Cloud Storage."""
    with _skipping_what_is_missing(), gcs.running_server() as url:
        yield url


@pytest.fixture
def gcs_root(gcs_server: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """URL of an empty root in a bucket of its own; the environment leads to the server."""
    import requests

    monkeypatch.setenv("STORAGE_EMULATOR_HOST", gcs_server)
    bucket = f"bucket-{uuid.uuid4().hex}"
    requests.post(f"{gcs_server}/storage/v1/b?project=p", json={"name": bucket}, timeout=20).raise_for_status()
    return f"gs://{bucket}/some/prefix"


@pytest.fixture(scope="session")
def azure_server(request: pytest.FixtureRequest) -> Iterator[str]:
    """URL of the server with the API of Azure Blob Storage."""
    fetch = request.config.getoption("--run-storage")
    with _skipping_what_is_missing(), azure.running_server(fetch=fetch) as url:
        yield url


@pytest.fixture
def azure_root(azure_server: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """URL of an empty root in a container of its own; the environment has the credentials."""
    from azure.storage.blob import BlobServiceClient

    monkeypatch.setenv("AZURE_STORAGE_CONNECTION_STRING", azure_string := azure.connection_string(azure_server))
    container = f"container-{uuid.uuid4().hex}"
    with BlobServiceClient.from_connection_string(azure_string) as client:
        client.create_container(container).close()
    return f"abfs://{container}/some/prefix"


@pytest.fixture(scope="session")
def webhdfs_server() -> Iterator[str]:
    """URL of the server with the web interface of HDFS."""
    with webhdfs.running_server() as url:
        yield url


@pytest.fixture(scope="session")
def strict_webhdfs_server() -> Iterator[str]:
    """URL of such a server that knows one user."""
    with webhdfs.running_server("somebody") as url:
        yield url


@pytest.fixture
def webhdfs_root(webhdfs_server: str) -> str:
    """URL of an empty root."""
    return f"{webhdfs_server.replace('http', 'webhdfs', 1)}/folder-{uuid.uuid4().hex}/some prefix"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        back_end = getattr(getattr(item, "cls", None), "backend", None)
        if back_end:
            item.user_properties.append((_BACK_END, back_end))


def pytest_terminal_summary(terminalreporter: TerminalReporter, config: pytest.Config) -> None:
    """Print a line for each back end."""
    if not config.getoption("--run-storage"):
        return
    counts: dict[str, Counter[str]] = {}
    for outcome in _OUTCOMES:
        for report in terminalreporter.stats.get(outcome, []):
            back_end = dict(report.user_properties).get(_BACK_END, "(none: storage in general)")
            counts.setdefault(str(back_end), Counter())[outcome] += 1
    terminalreporter.section("stores")
    terminalreporter.line(f"{'back end':40}" + "".join(f"{outcome:>9}" for outcome in _OUTCOMES))
    for back_end in sorted(counts):
        numbers = "".join(f"{counts[back_end][outcome]:>9}" for outcome in _OUTCOMES)
        terminalreporter.line(f"{back_end:40}{numbers}")

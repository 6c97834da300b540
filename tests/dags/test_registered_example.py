"""The example DAG of registered files runs, and keeps what it says."""

from __future__ import annotations

import runpy
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from airflow_artifacts import ArtifactClient
from airflow_artifacts.exceptions import DamagedObjectError

if TYPE_CHECKING:
    from collections.abc import Callable

FILE = Path(__file__).parents[2] / "dags" / "example_registered_files.py"


def test_registered_files(
    run_and_collect: Callable[..., Any], root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    results = run_and_collect(runpy.run_path(str(FILE), run_name="example_registered_files")["dag"])
    assert results.states == dict.fromkeys(("measure", "register", "add_up"), "success")
    assert results.xcom("add_up") == 29
    client = ArtifactClient(root.as_uri())
    folder = tmp_path / "example_registered_files"
    referred = client.get_artifact_version("measurements")
    assert (referred.source, referred.metadata["sensor"]) == (folder.as_uri(), "north")
    assert results.xcom("register") == referred.uri
    assert client.get_artifact_version("sums.json").parents == (referred.uri,)
    assert client.load_artifact("sums.json") == {"monday": 8, "tuesday": 21}
    (folder / "monday.csv").write_text("value\n4\n4\n")
    with pytest.raises(DamagedObjectError, match="it was changed since it was registered"):
        referred.load()
    assert client.load_artifact("measurements/monday").read_text() == "value\n3\n5\n"

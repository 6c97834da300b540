"""Fifty processes save under one name at the same moment, some are killed: no gap, nothing half there."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from airflow_artifacts.client import ArtifactClient
from tests.artifacts.writers import NAME, content
from tests.storage.s3 import s3_environment, s3_root, s3_server

if TYPE_CHECKING:
    from airflow_artifacts.artifacts import ArtifactVersion

__all__ = ["s3_environment", "s3_root", "s3_server"]


def run(root: str, writers: int, saves: int, kills: int) -> tuple[dict[int, tuple[int, int]], int]:
    """Run the writers; give what those said that they saved, and how many died."""
    arguments = [str(number) for number in (writers, saves, kills)]
    done = subprocess.run(
        [sys.executable, "-m", "tests.artifacts.writers", root, *arguments],
        cwd=Path(__file__).parents[2],
        check=True,
        capture_output=True,
        text=True,
        timeout=300,
    )
    *saved, last = [line.split() for line in done.stdout.splitlines()]
    assert last[:2] == ["failed", "0"], done.stderr[-3000:]
    said = {int(version): (int(seed), int(number)) for version, seed, number in saved}
    assert len(said) == len(saved), "no number was given twice"
    return said, int(last[3])


def check(version: ArtifactVersion) -> None:
    folder = version.load()
    seed, number = version.metadata["seed"], version.metadata["number"]
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == {
        "a.bin": content(seed),
        "b.bin": content(seed + number),
    }


@pytest.mark.parametrize("where", ["disk", "s3"])
def test_fifty_processes_and_random_kills(where: str, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    root = str(tmp_path / "root") if where == "disk" else request.getfixturevalue("s3_root")
    said, killed = run(root, writers=50, saves=2, kills=15)
    assert killed > 0
    versions = ArtifactClient(root).list_artifact_versions(NAME)
    assert [version.version for version in versions] == list(range(1, len(versions) + 1))
    found = {version.version: (version.metadata["seed"], version.metadata["number"]) for version in versions}
    assert said.items() <= found.items(), "what was said to be saved is there"
    # One who was killed may have claimed a number and said nothing.
    assert len(found) - len(said) <= killed
    for version in versions:
        check(version)
    with pytest.raises(LookupError, match=f"versions 1 to {len(versions)}"):
        ArtifactClient(root).get_artifact_version(NAME, len(versions) + 1)

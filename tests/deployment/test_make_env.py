"""A secret that could not be made is none: nothing is written then."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "docker" / "make-env.sh"


@pytest.mark.parametrize("openssl", ["exit 1", "echo no >&2; exit 3", "exit 0"])
def test_without_secrets_there_is_no_file(tmp_path: Path, openssl: str) -> None:
    tools = tmp_path / "tools"
    tools.mkdir()
    (tools / "openssl").write_text(f"#!/bin/sh\n{openssl}\n")
    (tools / "openssl").chmod(0o755)
    made = subprocess.run(
        ["sh", str(SCRIPT), str(tmp_path / "env")],
        check=False,
        capture_output=True,
        text=True,
        env={**os.environ, "PATH": f"{tools}:{os.environ['PATH']}"},
    )
    assert made.returncode != 0
    assert "Wrote" not in made.stdout
    assert [path.name for path in tmp_path.iterdir()] == ["tools"], "nothing half is left"

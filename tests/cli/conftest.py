"""The parser of ``airflow``, with our commands as Airflow itself found them."""

from __future__ import annotations

import os
import pty
import sys
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from tests.cli.support import open_repository

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from airflow_artifacts.artifacts import ArtifactRepository


@dataclass(frozen=True)
class Answer:
    """What a command did."""

    code: object
    out: str
    err: str

    @property
    def lines(self) -> list[str]:
        """The lines of the output, blanks in a row as one."""
        return [" ".join(line.split()) for line in self.out.splitlines() if line.strip()]


@pytest.fixture
def repository(root: Path) -> ArtifactRepository:
    return open_repository(root)


@pytest.fixture
def airflow(root: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., Answer]:
    """Calls ``airflow artifacts`` in this process."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Airflow's own
        from airflow.cli.cli_parser import get_parser

    def call(*args: str) -> Answer:
        capsys.readouterr()
        code: object = 0
        try:
            parsed = get_parser().parse_args(["artifacts", *args])
            parsed.func(parsed)
        except SystemExit as error:
            code = error.code
        if isinstance(code, str):  # which Python prints, and ends with 1
            sys.stderr.write(f"{code}\n")
            code = 1
        return Answer(code, *capsys.readouterr())

    return call


@pytest.fixture
def answer(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], None]]:
    """Types an answer into a terminal."""
    master, slave = pty.openpty()
    with os.fdopen(slave) as terminal:

        def type_in(text: str) -> None:
            monkeypatch.setattr(sys, "stdin", terminal)
            os.write(master, f"{text}\n".encode())

        yield type_in
    os.close(master)

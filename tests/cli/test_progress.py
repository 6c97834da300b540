"""The line that says how far a command is."""

from __future__ import annotations

import os
import pty
import sys
from typing import TYPE_CHECKING

import pytest

from airflow_artifacts.artifacts.verifying import Progress
from airflow_artifacts.cli import progress as module
from airflow_artifacts.cli.progress import ProgressLine, duration

if TYPE_CHECKING:
    from collections.abc import Iterator

HALF = Progress(500, 1_000_000_000, 1000, 2_000_000_000)


class Clock:
    """Seconds that pass when a test says so."""

    def __init__(self) -> None:
        self.now = 100.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Iterator[Clock]:
    clock = Clock()
    monkeypatch.setattr(module, "time", clock)
    return clock  # type: ignore[return-value]


def test_lines_in_a_file(clock: Clock, capsys: pytest.CaptureFixture[str]) -> None:
    with ProgressLine() as line:
        line.update(HALF)
        clock.now += 9
        line.update(HALF)
        assert capsys.readouterr().err == ""
        clock.now += 1
        line.update(HALF)
        clock.now += 1
        line.update(HALF)
    expected = "500 of 1,000 files, 1.0 GB of 2.0 GB, 100.0 MB/s, 10.0 s left\n"
    assert capsys.readouterr() == ("", expected)


def test_one_line_on_a_terminal(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    master, slave = pty.openpty()
    with os.fdopen(slave, "w") as terminal:
        monkeypatch.setattr(sys, "stderr", terminal)
        with ProgressLine() as line:
            clock.now += 1
            line.update(HALF)
            line.update(HALF)
        written = os.read(master, 1000).decode()
    os.close(master)
    assert written.count("500 of 1,000") == 1
    assert written.startswith("\r\x1b[K500 of 1,000 files")
    assert written.endswith("left\r\x1b[K")


def test_nothing_is_shown_of_what_takes_no_time(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with ProgressLine() as line:
        line.update(HALF)
    assert capsys.readouterr() == ("", "")


def test_before_anything_is_done(clock: Clock) -> None:
    assert ProgressLine().sentence(Progress(0, 0, 5, 10)) == "0 of 5 files, 0 B of 10 B, 0.0 MB/s"


def test_durations() -> None:
    assert [duration(seconds) for seconds in (-1, 0.04, 59.4, 60, 61, 3600, 7265)] == [
        "0.0 s",
        "0.0 s",
        "59.4 s",
        "1 min 00 s",
        "1 min 01 s",
        "1 h 00 min",
        "2 h 01 min",
    ]

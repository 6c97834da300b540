from __future__ import annotations

import logging
import time
from typing import Any

import pytest

from airflow_artifacts.steps.progress import Progress


class Clock:
    now = 1000.0

    def __call__(self) -> Any:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Any:
    clock = Clock()
    monkeypatch.setattr(time, "monotonic", clock)
    return clock


@pytest.fixture
def lines(caplog: pytest.LogCaptureFixture) -> Any:
    caplog.set_level(logging.INFO, "airflow_artifacts.progress")
    return caplog


def test_a_line_every_ten_seconds(clock: Clock, lines: pytest.LogCaptureFixture) -> None:
    progress = Progress("Step 'a'", 1000)
    for second in range(1, 26):
        clock.now = 1000.0 + second
        progress.update(second * 10)
    assert lines.messages == [
        "Step 'a': 100 of 1,000 rows done (10%), 10.0 rows/s, 1 min 30 s left",
        "Step 'a': 200 of 1,000 rows done (20%), 10.0 rows/s, 1 min 20 s left",
    ]


def test_without_a_total_no_time_is_left(clock: Clock, lines: pytest.LogCaptureFixture) -> None:
    progress = Progress("Step 'a'", None)
    clock.now += 10
    progress.update(25_000)
    assert lines.messages == ["Step 'a': 25,000 rows done, 2,500.0 rows/s"]


def test_nothing_done_yet(clock: Clock, lines: pytest.LogCaptureFixture) -> None:
    progress = Progress("Step 'a'", 10)
    clock.now += 10
    progress.update(0)
    assert lines.messages == ["Step 'a': 0 of 10 rows done (0%), 0.0 rows/s"]


@pytest.mark.parametrize(
    ("seconds", "shown"), [(0, "0.0 s"), (59.97, "1 min 00 s"), (61, "1 min 01 s"), (3725, "1 h 02 min")]
)
def test_the_last_line(clock: Clock, lines: pytest.LogCaptureFixture, seconds: Any, shown: Any) -> None:
    progress = Progress("Step 'a'", 10)
    clock.now += seconds
    progress.finish(1234)
    assert lines.messages == [f"Step 'a': finished after 1,234 rows in {shown}"]

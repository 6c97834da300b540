"""How long, and how often, what fails is tried again."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from airflow_artifacts.storage import retries


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """What the clock says; a pause only puts it forward."""
    now = [0.0]

    def sleep(seconds: float) -> None:
        now[0] += seconds

    monkeypatch.setattr(retries, "time", SimpleNamespace(monotonic=lambda: now[0], sleep=sleep))
    return now


def test_what_took_long_before_it_broke_is_begun_anew(clock: list[float]) -> None:
    tries = []

    def upload() -> str:
        tries.append(clock[0])
        if len(tries) > 1:
            return "done"
        clock[0] += 3600
        raise ConnectionError

    assert retries.retried(upload, lambda _: True) == "done"


def test_no_try_begins_long_after_the_first_failure(clock: list[float]) -> None:
    tries = []

    def upload() -> None:
        tries.append(clock[0])
        clock[0] += 20
        raise ConnectionError

    with pytest.raises(ConnectionError):
        retries.retried(upload, lambda _: True)
    assert len(tries) == 3
    assert tries[-1] <= 20 + retries.PATIENCE.seconds


def test_what_does_not_pass_is_tried_once() -> None:
    tries = []

    def refuse() -> None:
        tries.append(1)
        raise PermissionError

    with pytest.raises(PermissionError):
        retries.retried(refuse, lambda _: False)
    assert tries == [1]

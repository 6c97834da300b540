"""Progress of long work, as lines of the task log."""

from __future__ import annotations

import logging
import time

logger = logging.getLogger("airflow_artifacts.progress")

_INTERVAL = 10.0  # seconds between two lines


class Progress:
    """Logs how many rows are done, of how many, how fast, and how long the rest will take.

    Args:
        what: What is at work, as the beginning of the line.
        total: How many rows there are, None where nobody knows.
    """

    def __init__(self, what: str, total: int | None) -> None:
        self._what = what
        self._total = total
        self._begin = self._last = time.monotonic()

    def update(self, done: int) -> None:
        """Log a line if the last one is some seconds ago."""
        now = time.monotonic()
        if now - self._last >= _INTERVAL:
            self._last = now
            logger.info("%s: %s", self._what, self._sentence(done, now - self._begin))

    def finish(self, done: int) -> None:
        """Log the last line."""
        seconds = time.monotonic() - self._begin
        logger.info("%s: finished after %s rows in %s", self._what, f"{done:,}", _duration(seconds))

    def _sentence(self, done: int, seconds: float) -> str:
        rate = done / seconds if seconds else 0.0
        sentence = f"{done:,} rows done"
        if self._total is not None:
            sentence = f"{done:,} of {self._total:,} rows done ({done / max(self._total, 1):.0%})"
        sentence += f", {rate:,.1f} rows/s"
        if self._total is not None and rate:
            sentence += f", {_duration((self._total - done) / rate)} left"
        return sentence


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes:02} min"
    return f"{minutes} min {rest:02} s" if minutes else f"{seconds:.1f} s"

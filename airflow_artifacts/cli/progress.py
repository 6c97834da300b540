"""How far a command is, on stderr: what it prints may go on to another program."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING

from airflow_artifacts.cli.terminal import say
from airflow_artifacts.distiset.markdown import size

if TYPE_CHECKING:
    from typing_extensions import Self

    from airflow_artifacts.artifacts.verifying import Progress

_INTERVAL, _TERMINAL_INTERVAL = 10.0, 0.5  # seconds between two lines, and between two states of the only one


class ProgressLine:
    """Shows files and bytes done, how fast, and how long the rest will take; use it as a context manager.

    A terminal has one line that changes, and a file a new line now and then.
    """

    def __init__(self) -> None:
        self._is_terminal = sys.stderr.isatty()
        self._begin = self._last = time.monotonic()
        self._is_shown = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._is_shown:
            self._show("")

    @property
    def seconds(self) -> float:
        """How long it has taken."""
        return time.monotonic() - self._begin

    def update(self, progress: Progress) -> None:
        """Show the progress if what is shown is some time ago."""
        now = time.monotonic()
        if now - self._last < (_TERMINAL_INTERVAL if self._is_terminal else _INTERVAL):
            return
        self._last = now
        if self._is_terminal:
            self._show(self.sentence(progress))
            self._is_shown = True
        else:
            say(self.sentence(progress))

    def sentence(self, done: Progress) -> str:
        """Say how far it is."""
        rate = done.size / self.seconds if self.seconds else 0.0
        left = f", {duration((done.total_size - done.size) / rate)} left" if rate else ""
        return (
            f"{done.files:,} of {done.total_files:,} files, {size(done.size)} of {size(done.total_size)}, "
            f"{rate / 1e6:,.1f} MB/s{left}"
        )

    @staticmethod
    def _show(text: str) -> None:
        print(f"\r\x1b[K{text}", end="", file=sys.stderr, flush=True)  # noqa: T201


def duration(seconds: float) -> str:
    """Write a time for people."""
    minutes, rest = divmod(round(max(seconds, 0)), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes:02} min"
    return f"{minutes} min {rest:02} s" if minutes else f"{max(seconds, 0):.1f} s"

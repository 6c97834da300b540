"""Talking with who called the command: errors in one line, and questions before something is deleted."""

from __future__ import annotations

import contextlib
import functools
import logging
import sys
from typing import TYPE_CHECKING

from airflow_artifacts.exceptions import ArtifactsError

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Callable, Iterator


def command(function: Callable[[Namespace], None]) -> Callable[[Namespace], None]:
    """Make an error that says all a one-line message, with the exit code 1."""

    @functools.wraps(function)
    def call(args: Namespace) -> None:
        try:
            function(args)
        except (ArtifactsError, OSError) as error:
            raise SystemExit(" ".join(str(error).split())) from error

    return call


def say(text: str) -> None:
    """Print beside the output, which may go on to another program."""
    print(text, file=sys.stderr)  # noqa: T201


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Log nothing: what clients of stores log of an error, with tracebacks, is in the error that is shown."""
    logging.disable()
    try:
        yield
    finally:
        logging.disable(logging.NOTSET)


def confirm(question: str, *, yes: bool) -> None:
    """Go on if the answer is yes, or was given with the command.

    Raises:
        SystemExit: The answer is another one, or nobody is there to answer.
    """
    if yes:
        return
    if not sys.stdin.isatty():
        raise SystemExit(f"{question} Nobody can answer here: give --yes. Nothing was deleted.")
    print(f"{question} [y/N] ", end="", file=sys.stderr, flush=True)  # noqa: T201
    if sys.stdin.readline().strip().lower() not in {"y", "yes"}:
        raise SystemExit("Nothing was deleted.")

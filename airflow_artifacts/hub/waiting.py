"""When the Hub is asked again: after growing pauses, and as late as it says where there were too many requests."""

from __future__ import annotations

import logging
import random
import time
from typing import TYPE_CHECKING, TypeVar

from airflow_artifacts.exceptions import HubConflictError, HubError, HubQuotaError
from airflow_artifacts.storage import retries

if TYPE_CHECKING:
    from collections.abc import Callable

_T = TypeVar("_T")
logger = logging.getLogger(__name__)

TRIES = 8  # of one thing, whatever it fails at
_LONGEST_WAIT = 3700.0  # seconds; the Hub's longest quota is for an hour


def asked(function: Callable[[], _T]) -> _T:
    """Make requests that can be made twice, again as long as that can help.

    Raises:
        HubError: They failed each time, or the Hub refuses.
    """
    for number in range(1, TRIES):
        try:
            return retries.retried(function, _is_passing)
        except HubQuotaError as error:
            wait(error, number)
    return retries.retried(function, _is_passing)


def _is_passing(error: Exception) -> bool:
    return isinstance(error, HubError) and error.retryable and not isinstance(error, HubQuotaError)


def wait(error: HubError, number: int) -> None:
    """Wait for as long as it takes until another try makes sense.

    Args:
        error: What the try before failed at; it is raised again where the wait would be too long.
        number: How many tries there were.
    """
    if isinstance(error, HubQuotaError):
        if error.seconds > _LONGEST_WAIT:
            raise error
        seconds = error.seconds + random.uniform(0, 1)  # noqa: S311 - so that not all come back at one moment
        logger.warning("%s Waiting %.0f s.", error, seconds)
    else:
        patience = retries.PATIENCE
        longest = min(patience.pause * patience.factor**number, patience.seconds)
        seconds = random.uniform(0, longest) if isinstance(error, HubConflictError) else longest  # noqa: S311
        logger.warning("%s Trying again in %.1f s.", error, seconds)
    time.sleep(seconds)

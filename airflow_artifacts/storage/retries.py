"""How often, and for how long, a store that fails is asked again: the same for all stores."""

from __future__ import annotations

import random
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

_T = TypeVar("_T")


@dataclass(frozen=True)
class Patience:
    """How often and for how long.

    Attributes:
        tries: How many tries there are at most, the first one included.
        seconds: No try begins later than this after the first failure, however long the first try took.
        pause: Seconds to wait after the first try; each further pause is longer.
        factor: How much longer.
    """

    tries: int = 6
    seconds: float = 30.0
    pause: float = 0.2
    factor: float = 3.0


PATIENCE = Patience()


def retried(function: Callable[[], _T], is_passing: Callable[[Exception], bool]) -> _T:
    """Call a function again, after growing pauses, as long as what it raises may pass.

    Args:
        function: What is called; to call it twice has to be the same as to call it once.
        is_passing: Says of an error whether trying again may help.
    """
    patience = PATIENCE
    end: float | None = None
    for number in range(patience.tries - 1):
        try:
            return function()
        except Exception as error:
            # A random part keeps many tasks that fail at one moment from coming back at one moment.
            pause = patience.pause * patience.factor**number * random.uniform(0.5, 1.0)  # noqa: S311
            now = time.monotonic()
            end = now + patience.seconds if end is None else end
            if not is_passing(error) or now + pause > end:
                raise
            time.sleep(pause)
    return function()

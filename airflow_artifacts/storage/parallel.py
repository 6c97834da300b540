"""Several requests at once: a store far away takes as long for ten small objects as for one."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_T = TypeVar("_T")
_R = TypeVar("_R")

_THREADS = 8


def in_parallel(function: Callable[[_T], _R], items: Sequence[_T]) -> list[_R]:
    """Call a function with each item, several at a time, and give the results in the order of the items.

    The first error is raised; calls that have not begun by then are left out.
    """
    if len(items) <= 1:
        return [function(item) for item in items]
    with ThreadPoolExecutor(min(_THREADS, len(items))) as pool:
        calls = [pool.submit(function, item) for item in items]
        try:
            return [call.result() for call in calls]
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise

"""Several requests at once: a store far away takes as long for ten small objects as for one."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_T = TypeVar("_T")
_R = TypeVar("_R")

_THREADS = 8
_worker = threading.local()


def in_parallel(function: Callable[[_T], _R], items: Sequence[_T]) -> list[_R]:
    """Call a function with each item, several at a time, and give the results in the order of the items.

    The first error is raised; calls that have not begun by then are left out. Within such a call, items are taken
    one by one: threads of threads would be hundreds.
    """
    if len(items) <= 1 or getattr(_worker, "is_busy", False):
        return [function(item) for item in items]

    def call(item: _T) -> _R:
        _worker.is_busy = True
        return function(item)

    with ThreadPoolExecutor(min(_THREADS, len(items))) as pool:
        calls = [pool.submit(call, item) for item in items]
        try:
            return [each.result() for each in calls]
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise

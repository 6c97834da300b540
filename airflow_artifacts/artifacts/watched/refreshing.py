"""Something that is read from a store, kept in memory, and read again when it is asked for and no longer fresh."""

from __future__ import annotations

import logging
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

from airflow_artifacts.artifacts.records import now
from airflow_artifacts.exceptions import ArtifactsError, StorageError

if TYPE_CHECKING:
    from collections.abc import Callable

_T = TypeVar("_T")

logger = logging.getLogger(__name__)

_FRESH_SECONDS = 1.0
_WAIT_SECONDS = 5.0
_FRESH_FACTOR = 5  # of what reading takes: a store that answers slowly is not asked all the time
_OLD_FACTOR = 5  # of how long it is fresh; what is asked for again and again does not become so old


@dataclass(frozen=True)
class Look(Generic[_T]):
    """What was found, and when the store was looked at, ISO 8601 in UTC."""

    value: _T
    as_of: str


class Refreshed(Generic[_T]):
    """Reads a value when it is asked for, unless the last one is fresh, in one thread at a time.

    Args:
        what: What it is, for the log.
        read: Gives the value, which is never changed afterwards. It is called by one thread at a time.
        clock: Gives seconds.
    """

    def __init__(self, what: str, read: Callable[[], _T], clock: Callable[[], float] = time.monotonic) -> None:
        self._what = what
        self._read = read
        self._clock = clock
        self._reading = threading.Lock()
        self._look: Look[_T] | None = None
        self._ended = self._fresh_until = self._old_from = float("-inf")
        self._is_passed = False  # whether somebody went on without waiting for the one that reads
        self._error: ArtifactsError | None = None

    @property
    def as_of(self) -> str | None:
        """When the store was last looked at, None where it never was."""
        look = self._look
        return None if look is None else look.as_of

    @property
    def is_failing(self) -> bool:
        """Whether it could not be read the last time."""
        return self._error is not None

    def get(self) -> Look[_T]:
        """Give what there is, which one thread reads anew where it is not fresh.

        The others wait for that where there is nothing yet, or only what is old: nobody has asked for a while.
        After five seconds they do not wait any longer, and once one went on with what is old, nobody waits.

        Raises:
            StorageError: There is nothing yet, and the store failed.
        """
        look, asked = self._look, self._clock()
        if look is not None and asked <= self._fresh_until:
            return look
        # Whoever waits takes a thread from others.
        is_awaited = look is None or (asked > self._old_from and not self._is_passed)
        if not self._reading.acquire(timeout=_WAIT_SECONDS if is_awaited else 0):
            if look is None:
                raise StorageError("read", self._what, "it takes long. Ask again in a moment.")
            self._is_passed = True
            return look
        try:
            if self._ended <= asked:  # else another thread has tried while this one waited
                self._try()
            if self._look is None:
                raise self._error or RuntimeError(f"{self._what} was not read")
            return self._look
        finally:
            self._reading.release()

    def refresh(self) -> None:
        """Read it anew, whatever there is.

        Raises:
            StorageError: There is nothing yet, and the store failed.
        """
        with self._reading:
            self._try()
            if self._look is None and self._error is not None:
                raise self._error

    def _try(self) -> None:
        began, as_of = self._clock(), now()
        try:
            self._look = Look(self._read(), as_of)
        except ArtifactsError as error:
            if self._error is None and self._look is not None:
                logger.warning("%s is not up to date: %s", self._what, error)
            self._error = error
        else:
            self._error = None
        finally:
            self._is_passed = False
            self._ended = self._clock()
            fresh = max(_FRESH_SECONDS, _FRESH_FACTOR * (self._ended - began))
            self._fresh_until, self._old_from = began + fresh, began + _OLD_FACTOR * fresh

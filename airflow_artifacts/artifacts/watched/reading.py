"""Reading small objects, many at a time, of which some may be damaged.

Of what a stranger wrote, little is held at once. An object with more than 32 MB, or with a million values in its
JSON, is left out: a record of an artifact with 100,000 files has less than half of either, unless the paths of the
files have more than 60 characters each. Those with more than 1 MB are read one after the other.
"""

from __future__ import annotations

import logging
import time
from itertools import chain
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic_core import from_json

from airflow_artifacts.exceptions import ArtifactsError, DamagedObjectError, ObjectNotFoundError
from airflow_artifacts.storage import in_parallel

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Sequence

    from airflow_artifacts.storage import ObjectInfo, ObjectStore

_T = TypeVar("_T")

logger = logging.getLogger(__name__)

_CHUNK = 64  # objects that one thread reads one after the other
_CHUNKS = 32  # at least so many, where there are enough objects, so that all threads have some
_QUICK = 0.0005  # seconds per object below which other threads would only be in the way
_SIZE_LIMIT = 32 * 1024 * 1024  # bytes
_VALUES_LIMIT = 1_000_000  # JSON values in an object; 32 MB of empty dictionaries would take 800 MB of memory
_LARGE = 1024 * 1024  # bytes from which objects are read one at a time
_AGAIN = 30.0  # seconds after which what was damaged is looked at again
_REMEDY = "Restore it from a copy of the store."


def read_json(data: bytes) -> Any:
    """Read JSON, more quickly than Python's own module does.

    Raises:
        ValueError: It is none, or has what no text can be sent with (half of a character, NaN, 200 levels), or has
            signs for more than a million values.
    """
    if len(data) > _VALUES_LIMIT and sum(map(data.count, (b",", b"[", b"{"))) > _VALUES_LIMIT:
        raise ValueError(f"it has more than {_VALUES_LIMIT:,} values")
    return from_json(data, allow_inf_nan=False)


class Reader:
    """Reads objects and makes something of each. What cannot be read is left out, with one warning for each.

    Args:
        store: Where they are.
        clock: Gives seconds.
    """

    def __init__(self, store: ObjectStore, clock: Callable[[], float] = time.monotonic) -> None:
        self._store = store
        self._clock = clock
        self._failed: dict[str, tuple[int, float]] = {}  # of each key the size, and when it was tried

    def read(
        self, wanted: Sequence[ObjectInfo], make: Callable[[str, bytes], _T], *, is_needed: bool = True
    ) -> dict[str, _T]:
        """Read objects, except those that could not be read a moment ago.

        Args:
            wanted: The objects.
            make: Called with the key and the bytes. It raises ValueError, TypeError or KeyError, or an error of
                this package, for what is damaged.
            is_needed: Whether it matters that one cannot be read. If not, nothing is said.

        Returns:
            By key, what was made of those that could be read.
        """
        moment = self._clock()
        due = [info for info in wanted if not self._is_hopeless(info, moment)]
        small = [info for info in due if info.size <= _LARGE]
        large = [info for info in due if info.size > _LARGE]
        results = chain(self._results(small, make), (self._read(info, make) for info in large))
        found: dict[str, _T] = {}
        for info, result in zip(small + large, results, strict=True):
            if isinstance(result, _Failure):
                self._note(info, result.error, moment, is_needed=is_needed)
            else:
                self._failed.pop(info.key, None)
                found[info.key] = result
        return found

    def forget(self, listed: Container[str]) -> None:
        """Forget what could not be read and is no longer listed."""
        for key in [key for key in self._failed if key not in listed]:
            del self._failed[key]

    def has_failed(self) -> bool:
        """Say whether there is something that could not be read, so that a look should be had again."""
        return bool(self._failed)

    def _is_hopeless(self, info: ObjectInfo, moment: float) -> bool:
        size, tried = self._failed.get(info.key, (-1, 0.0))
        return size == info.size and moment < tried + _AGAIN

    def _note(self, info: ObjectInfo, error: Exception, moment: float, *, is_needed: bool) -> None:
        if isinstance(error, ObjectNotFoundError):  # it was deleted meanwhile, which the next listing says
            return
        if is_needed and self._failed.get(info.key, (-1, 0.0))[0] != info.size:
            logger.warning("Left out: %s", error)
        self._failed[info.key] = info.size, moment

    def _results(self, infos: Sequence[ObjectInfo], make: Callable[[str, bytes], _T]) -> list[_T | _Failure]:
        def read(chunk: Sequence[ObjectInfo]) -> list[_T | _Failure]:
            return [self._read(info, make) for info in chunk]

        size = max(1, min(_CHUNK, len(infos) // _CHUNKS))
        chunks = [infos[start : start + size] for start in range(0, len(infos), size)]
        if not chunks:
            return []
        begin = time.perf_counter()
        results = read(chunks[0])
        is_quick = time.perf_counter() - begin < _QUICK * size
        rest = map(read, chunks[1:]) if is_quick else in_parallel(read, chunks[1:])
        return [*results, *(result for each in rest for result in each)]

    def _read(self, info: ObjectInfo, make: Callable[[str, bytes], _T]) -> _T | _Failure:
        url = self._store.url(info.key)
        if info.size > _SIZE_LIMIT:
            return _Failure(
                DamagedObjectError(
                    url, f"it has {info.size:,} bytes, of which lists take {_SIZE_LIMIT:,}", _REMEDY
                )
            )
        try:
            data = self._store.read(info.key)
        except ArtifactsError as error:
            return _Failure(error)
        try:
            return make(info.key, data)
        except (ArtifactsError, ValueError, TypeError, KeyError, OverflowError, RecursionError) as error:
            return _Failure(DamagedObjectError(url, f"it is something else ({error})", _REMEDY))


class _Failure:
    """Why an object could not be read."""

    def __init__(self, error: ArtifactsError) -> None:
        self.error = error

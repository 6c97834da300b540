"""Logs on an object store: entries numbered 1, 2, 3 ..., each claimed by one exclusive create.

::

    <prefix>/<n>                    entry n, JSON with an id; created once, never changed, never deleted
    <prefix>/blocks/<first>-<last>  copies of these entries, one per line
    <prefix>/last                   a number that was the last one, to begin the search from

Only the entries are the log. A block, or the number in ``last``, may be absent or behind at any time, because
its writer died or was overtaken: both only save requests.
"""

from __future__ import annotations

import json
import logging
import uuid
from typing import TYPE_CHECKING, Any

from airflow_artifacts.exceptions import DamagedObjectError, ObjectExistsError, ObjectNotFoundError, StorageError
from airflow_artifacts.storage.parallel import in_parallel

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from airflow_artifacts.storage.objects import ObjectStore

logger = logging.getLogger(__name__)

# A block holds this many entries, or this many blocks of the next smaller size: ten thousand entries are in ten
# blocks, and each entry is copied three times.
_FAN = 16
_ID = "id"
_DIGITS = 16  # more than any number of entries has


class Log:
    """A sequence of JSON objects without gap, for any number of writers and readers at once.

    Args:
        store: Where it is.
        prefix: Key of its folder.
        brief: What of an entry is copied into blocks; all of it by default. ``read_all`` gives no more than that.
    """

    def __init__(
        self,
        store: ObjectStore,
        prefix: str,
        brief: Callable[[dict[str, Any]], Mapping[str, Any]] = lambda entry: entry,
    ) -> None:
        self._store = store
        self._prefix = prefix
        self._brief = brief

    def append(self, entry: Callable[[int], Mapping[str, Any]]) -> int:
        """Append an entry, and give its number.

        Args:
            entry: Called with the number that is tried next, gives the entry for it. What it raises ends the
                attempt, with nothing written.

        Raises:
            StorageError: The store failed; the entry may have been appended.
        """
        token = uuid.uuid4().hex[:16]  # tells this entry from an equal one of another writer
        number = self._remembered() + 1
        while not self._create(number, _to_bytes({**entry(number), _ID: token})):
            number = self._newest(number) + 1
        try:
            self._remember(number)
            self._make_blocks(number)
        except (
            StorageError,
            DamagedObjectError,
        ) as error:  # the entry is there; the next writer or reader takes a longer way
            logger.warning("The log at %s could not be put in order: %s", self._prefix, error)
        return number

    def last(self) -> int:
        """Give the number of the newest entry, 0 where there is none."""
        return self._newest(self._remembered())

    def read(self, number: int) -> dict[str, Any]:
        """Read one entry, whole.

        Raises:
            ObjectNotFoundError: There is no such entry.
            DamagedObjectError: It is no JSON object.
        """
        key = self._entry_key(number)
        return _from_bytes(self._store.url(key), self._store.read(key))

    def read_all(self) -> list[dict[str, Any]]:
        """Read what blocks keep of all entries, in order.

        Raises:
            DamagedObjectError: An entry is no JSON object.
        """
        url = self._store.url(self._prefix)
        chunks = in_parallel(lambda span: self._lines(*span), list(_spans(self.last())))
        return [_from_bytes(url, line) for lines in chunks for line in lines]

    def _create(self, number: int, data: bytes) -> bool:
        try:
            self._store.create_own(self._entry_key(number), data)
        except ObjectExistsError:
            return False
        return True

    def _newest(self, known: int) -> int:
        """Search from an entry that is there: in growing steps, then by halves."""
        step = 1
        while self._has(known + step):
            known += step
            step *= 2
        while step > 1:
            step //= 2
            if self._has(known + step):
                known += step
        return known

    def _has(self, number: int) -> bool:
        try:
            self._store.read(self._entry_key(number))  # stores answer this with one request, unlike exists()
        except ObjectNotFoundError:
            return False
        return True

    def _remembered(self) -> int:
        try:
            text = self._store.read(f"{self._prefix}/last")
        except ObjectNotFoundError:
            return 0
        number = int(text) if text.isdigit() and len(text) < _DIGITS else 0
        # A store that was restored in part may lack the entry. To go on from there would leave a gap for ever.
        return number if number and self._has(number) else 0

    def _remember(self, number: int) -> None:
        if number > 1:  # most logs have one entry
            self._store.replace(f"{self._prefix}/last", str(number).encode())

    def _make_blocks(self, number: int) -> None:
        size = _FAN
        while number % size == 0:
            lines = self._joined(number - size + 1, size)
            self._store.replace(self._block_key(number - size + 1, size), b"\n".join(lines))
            size *= _FAN

    def _joined(self, first: int, size: int) -> list[bytes]:
        smaller = size // _FAN
        spans = [(start, smaller) for start in range(first, first + size, smaller)]
        return [line for lines in in_parallel(lambda span: self._lines(*span), spans) for line in lines]

    def _lines(self, first: int, size: int) -> list[bytes]:
        """Give entries as they are in blocks, from the block or, where there is none, from what it is made of."""
        if size == 1:
            return [_to_bytes(self._brief(self.read(first)))]
        try:
            lines = self._store.read(self._block_key(first, size)).split(b"\n")
        except ObjectNotFoundError:
            return self._joined(first, size)
        return lines if len(lines) == size else self._joined(first, size)

    def _entry_key(self, number: int) -> str:
        return f"{self._prefix}/{number}"

    def _block_key(self, first: int, size: int) -> str:
        return f"{self._prefix}/blocks/{first}-{first + size - 1}"


def _spans(last: int) -> Iterator[tuple[int, int]]:
    """Cover the numbers 1 to ``last`` with as few blocks as there can be."""
    first = 1
    while first <= last:
        size = 1
        while (first - 1) % (size * _FAN) == 0 and first + size * _FAN - 1 <= last:
            size *= _FAN
        yield first, size
        first += size


def _to_bytes(entry: Mapping[str, Any]) -> bytes:
    return json.dumps(entry, separators=(",", ":"), allow_nan=False).encode()


def _from_bytes(url: str, data: bytes) -> dict[str, Any]:
    try:
        entry = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise DamagedObjectError(url, f"it is no JSON ({error})") from error
    if not isinstance(entry, dict):
        raise DamagedObjectError(url, "it is no JSON object")
    entry.pop(_ID, None)
    return entry

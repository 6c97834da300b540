"""Work in a second thread, with bounded queues: nothing piles up, and an error reaches the caller."""

from __future__ import annotations

import threading
from collections import deque
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator

T = TypeVar("T")

_DEPTH = 8
_PATIENCE = (
    10.0  # seconds to wait for a thread whose result nobody wants; a store that hangs must not hang the task
)


class Channel(Generic[T]):
    """A bounded queue between two threads, either of which may stop at any time.

    One ends it: no item follows, or an error does. The other cancels it: no item is wanted any more.
    """

    def __init__(self, depth: int = _DEPTH) -> None:
        self._items: deque[T] = deque()
        self._depth = depth
        self._changed = threading.Condition()
        self._is_ended = self._is_cancelled = False
        self._error: BaseException | None = None

    def put(self, item: T) -> bool:
        """Wait for room and put; False when no item is wanted any more."""
        with self._changed:
            while len(self._items) >= self._depth and not self._is_cancelled:
                self._changed.wait()
            if self._is_cancelled:
                return False
            self._items.append(item)
            self._changed.notify_all()
            return True

    def end(self, error: BaseException | None = None) -> None:
        """Say that no item follows; with an error, that it is to be raised after the last one."""
        with self._changed:
            self._is_ended, self._error = True, error
            self._changed.notify_all()

    def cancel(self) -> None:
        """Say that no item is wanted any more; what is queued is dropped."""
        with self._changed:
            self._is_cancelled = True
            self._items.clear()
            self._changed.notify_all()

    def __iter__(self) -> Iterator[T]:
        """Give the items up to the end.

        Raises:
            CancelledError: The channel was cancelled, so that its items are not all of them.
        """
        while True:
            with self._changed:
                while not (self._items or self._is_ended or self._is_cancelled):
                    self._changed.wait()
                if self._is_cancelled:
                    raise CancelledError
                if not self._items:
                    break
                item = self._items.popleft()
                self._changed.notify_all()
            yield item
        if self._error is not None:
            raise self._error


class CancelledError(Exception):
    """Ends whoever takes from a cancelled channel, who must not take the end of the items for success."""


def prefetch(source: Iterator[T], depth: int = _DEPTH) -> Generator[T, None, None]:
    """Run an iterator in a thread, at most ``depth`` items ahead of who takes them.

    An exception of the iterator is raised where its item would have come. Closing the result makes the thread
    stop before its next item; it is not waited for, because the iterator may itself wait for who closes.
    """
    channel: Channel[T] = Channel(depth)

    def run() -> None:
        try:
            for item in source:
                if not channel.put(item):
                    return
        except BaseException as error:  # noqa: BLE001 - raised again in the other thread
            channel.end(error)
        else:
            channel.end()

    threading.Thread(target=run, name="airflow-artifacts-prefetch", daemon=True).start()
    try:
        yield from channel
    finally:
        channel.cancel()


class Consumer(Generic[T]):
    """A function that takes an iterator, run in a thread and fed item by item.

    The thread starts with the first item. An exception of the function is raised by the next ``put`` or by
    ``close``.
    """

    def __init__(self, function: Callable[[Iterator[T]], None], depth: int = _DEPTH) -> None:
        self._function = function
        self._channel: Channel[T] = Channel(depth)
        self._error: BaseException | None = None
        self._thread: threading.Thread | None = None

    def put(self, item: T) -> None:
        """Hand over an item, waiting while the queue is full."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="airflow-artifacts-consumer", daemon=True)
            self._thread.start()
        if not self._channel.put(item):
            self._raise()

    def close(self) -> None:
        """Say that no item follows, and wait until the function has returned."""
        self._channel.end()
        if self._thread is not None:
            self._thread.join()
            self._raise()

    def cancel(self) -> None:
        """Make the thread stop before its next item, without waiting for it."""
        self._channel.cancel()

    def abort(self) -> None:
        """Stop without what is queued; what the function raises is dropped."""
        self.cancel()
        if self._thread is not None:
            self._thread.join(_PATIENCE)

    def _run(self) -> None:
        try:
            self._function(iter(self._channel))
        except BaseException as error:  # noqa: BLE001 - raised again in the other thread
            self._error = error
        finally:
            self._channel.cancel()

    def _raise(self) -> None:
        if self._error is not None:
            raise self._error

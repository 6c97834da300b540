"""Work in a second thread, with bounded queues: nothing piles up, and an error reaches the caller."""

from __future__ import annotations

import queue
import threading
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator

T = TypeVar("T")

_DEPTH = 4
_POLL = 0.1  # seconds; how soon a blocked thread notices that the other side has stopped


class _End:
    """The last item of a queue, with what ended it."""

    def __init__(self, error: BaseException | None = None) -> None:
        self.error = error


class _Channel(Generic[T]):
    """A bounded queue between two threads, either of which may stop at any time."""

    def __init__(self, depth: int) -> None:
        self._queue: queue.Queue[T | _End] = queue.Queue(depth)
        self.stopped = threading.Event()

    def put(self, item: T | _End) -> bool:
        """Wait for room and put; False when the reader has stopped."""
        while not self.stopped.is_set():
            try:
                self._queue.put(item, timeout=_POLL)
            except queue.Full:
                continue
            return True
        return False

    def __iter__(self) -> Iterator[T]:
        while True:
            try:
                item = self._queue.get(timeout=_POLL)
            except queue.Empty:
                if self.stopped.is_set():
                    return
                continue
            if not isinstance(item, _End):
                yield item
            elif item.error is not None:
                raise item.error
            else:
                return


def prefetch(source: Iterator[T], depth: int = _DEPTH) -> Generator[T, None, None]:
    """Run an iterator in a thread, at most ``depth`` items ahead of who takes them.

    An exception of the iterator is raised where its item would have come. Closing the result makes the thread
    stop before its next item; it is not waited for, because the iterator may itself wait for who closes.
    """
    channel: _Channel[T] = _Channel(depth)

    def run() -> None:
        error = None
        try:
            for item in source:
                if not channel.put(item):
                    return
        except BaseException as raised:  # noqa: BLE001 - raised again in the other thread
            error = raised
        channel.put(_End(error))

    threading.Thread(target=run, name="airflow-artifacts-prefetch", daemon=True).start()
    try:
        yield from channel
    finally:
        channel.stopped.set()


class Consumer(Generic[T]):
    """A function that takes an iterator, run in a thread and fed item by item.

    An exception of the function is raised by the next ``put`` or by ``close``.
    """

    def __init__(self, function: Callable[[Iterator[T]], None], depth: int = _DEPTH) -> None:
        self._channel: _Channel[T] = _Channel(depth)
        self._function = function
        self._error: BaseException | None = None
        self._aborted = False
        self._thread = threading.Thread(target=self._run, name="airflow-artifacts-consumer", daemon=True)
        self._thread.start()

    def put(self, item: T) -> None:
        """Hand over an item, waiting while the queue is full."""
        if not self._channel.put(item):
            self._raise()

    def close(self) -> None:
        """Say that no item follows, and wait until the function has returned."""
        self._channel.put(_End())
        self._thread.join()
        self._raise()

    def abort(self) -> None:
        """Stop without waiting for what is queued; what the function raises is dropped."""
        self._aborted = True
        self._channel.stopped.set()
        self._thread.join()

    def _run(self) -> None:
        try:
            self._function(self._items())
        except BaseException as error:  # noqa: BLE001 - raised again in the other thread
            self._error = error
        finally:
            self._channel.stopped.set()

    def _items(self) -> Iterator[T]:
        yield from self._channel
        if self._aborted:
            raise _AbortedError

    def _raise(self) -> None:
        if self._error is not None:
            raise self._error


class _AbortedError(Exception):
    """Ends the function of an aborted consumer, so that it does not take the end of its items for success."""

"""What an iterator gives, made on a thread before it is wanted."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from queue import Full, Queue
from threading import Event, Thread
from typing import TypeVar

__all__ = ["ahead"]

A = TypeVar("A")

# Items that are made before they are asked for.
_ITEMS_AHEAD = 3
# Seconds after which a thread looks up whether it is still wanted.
_PATIENCE = 0.1


def ahead(read: Callable[[], Iterator[A]], most: int = _ITEMS_AHEAD) -> Iterator[A]:
    """What an iterator gives, made on a thread while others are worked on."""
    ready: Queue[tuple[A | None, BaseException | None]] = Queue(most)
    unwanted = Event()

    def put(item: A | None, error: BaseException | None = None) -> None:
        while not unwanted.is_set():
            try:
                ready.put((item, error), timeout=_PATIENCE)
            except Full:
                continue
            break

    def work() -> None:
        try:
            for item in read():
                put(item)
                if unwanted.is_set():
                    return
            put(None, StopIteration())
        except BaseException as error:  # it is raised where the next item is asked for
            put(None, error)

    thread = Thread(target=work, daemon=True)
    thread.start()
    try:
        while True:
            item, error = ready.get()
            if isinstance(error, StopIteration):
                return
            if error is not None:
                raise error
            yield item  # type: ignore[misc]
    finally:
        unwanted.set()
        thread.join()

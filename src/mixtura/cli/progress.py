"""How far work has come, told while it goes on: as lines, where no bar can be drawn."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from threading import Event, Lock, Thread
from time import monotonic
from typing import TypeAlias, TypeVar

import click

from mixtura.cli.visible import visible
from mixtura.cli.wording import duration

__all__ = ["Lines", "Tell", "lines", "silent", "telling"]

#: Told (how much is done, in all if that is known, of what, what is going on).
Tell: TypeAlias = Callable[[int, int | None, str, str], None]

B = TypeVar("B")

# Seconds until the first line, and between two lines at most.
_FIRST, _MOST = 10.0, 60.0

# Seconds between two looks at the clock.
_LOOK = 1.0


def silent(done: int, total: int | None, unit: str, text: str) -> None:
    """Tell nobody."""


class Lines:
    """Lines about work that goes on: the first after ten seconds, later ones ever more rarely.

    Work that ends sooner has none. The next one comes when as much time again has passed as the
    work has taken, but after a minute at most.

    Parameters
    ----------
    doing : str
        What is going on until more is told.
    write : callable
        Takes a line.
    clock : callable
        Gives seconds.

    Examples
    --------
    >>> seconds = iter([0.0, 12.0, 20.0, 24.0])
    >>> lines = Lines("Fitting", print, lambda: next(seconds))
    >>> lines(23, 126, "models", "Fitted VVE with 7 clusters")
    >>> for _ in range(3):
    ...     lines.look()
    mixtura: Fitted VVE with 7 clusters (23 of 126 models, 12 s so far)
    mixtura: Fitted VVE with 7 clusters (23 of 126 models, 24 s so far)
    """

    def __init__(
        self, doing: str, write: Callable[[str], None], clock: Callable[[], float] = monotonic
    ) -> None:
        self._latest, self._write, self._clock = (doing, ""), write, clock
        self._start = clock()
        self._due = self._start + _FIRST
        self._lock = Lock()

    def __call__(self, done: int, total: int | None, unit: str, text: str) -> None:
        """Note how far the work has come."""
        self._latest = (
            text,
            f"{done:,} {unit}, " if total is None else f"{done:,} of {total:,} {unit}, ",
        )

    def look(self) -> None:
        """Write a line if it is time for one."""
        with self._lock:
            now = self._clock()
            if now < self._due:
                return
            taken = now - self._start
            self._due = now + min(taken, _MOST)
            text, done = self._latest
            self._write(f"mixtura: {visible(text)} ({done}{duration(taken)} so far)")


@contextmanager
def lines(quiet: bool, doing: str) -> Iterator[Tell]:
    """Lines on stderr about long work, where that is no terminal.

    They also come while nothing new is told: they are written by a thread of their own.
    """
    if quiet or sys.stderr is None or sys.stderr.isatty():
        yield silent
        return
    told, done = Lines(doing, _say), Event()

    def keep_looking() -> None:
        while not done.wait(_LOOK):
            told.look()

    thread = Thread(target=keep_looking, daemon=True)
    thread.start()
    try:
        yield told
    finally:
        done.set()
        thread.join()


def _say(line: str) -> None:
    with suppress(OSError):  # nobody listens
        click.echo(line, err=True)


def telling(
    blocks: Iterable[B], size: Callable[[B], int], total: int | None, tell: Tell, text: str
) -> Iterator[B]:
    """The same blocks of rows, which are told of as they are used."""
    n = 0
    for block in blocks:
        yield block
        n += size(block)
        tell(n, total, "rows", text)

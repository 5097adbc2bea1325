"""Files that appear all together and complete, or not at all."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self
from uuid import uuid4

__all__ = ["Staging"]

# Windows has no SIGHUP.
_HELD = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]


class Staging:
    """Write files beside their places; on leaving the block without error they all move there.

    Whatever happens before that leaves the old files as they were, and nothing new behind.

    Examples
    --------
    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> with Staging() as staging:
    ...     _ = staging.place(folder / "a.txt").write_text("complete")
    >>> [path.name for path in folder.iterdir()]
    ['a.txt']
    """

    def __init__(self) -> None:
        self._moves: list[tuple[Path, Path]] = []

    def place(self, target: Path) -> Path:
        """A new empty file in the target's folder, to be written in its stead."""
        stand_in = target.with_name(f".{target.stem}-{uuid4().hex[:8]}{target.suffix}")
        self._moves.append((stand_in, target))  # first, so that no interruption leaves it behind
        stand_in.touch(exist_ok=False)
        return stand_in

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if kind is None:
            self._commit()
        else:
            self._discard()

    def _commit(self) -> None:
        try:
            for stand_in, target in self._moves:
                _settle(stand_in, like=target)
            with _uninterrupted():
                for stand_in, target in self._moves:
                    os.replace(stand_in, target)
        except BaseException:
            self._discard()
            raise

    def _discard(self) -> None:
        for stand_in, _ in self._moves:
            stand_in.unlink(missing_ok=True)


def _settle(file: Path, like: Path) -> None:
    """On disk for good, with the permissions of the file it replaces, or the usual ones."""
    with open(file, "rb+") as handle:
        os.fsync(handle.fileno())
    mask = os.umask(0)
    os.umask(mask)
    file.chmod(like.stat().st_mode & 0o777 if like.exists() else 0o666 & ~mask)


@contextmanager
def _uninterrupted() -> Iterator[None]:
    """Hold back signals, so that the moves happen together.

    Blocking them for this thread would not do: the system then hands them to another thread of
    the process, and Python still runs their handlers here. So the handlers themselves wait.
    """
    if threading.current_thread() is not threading.main_thread():
        yield  # handlers never run here
        return
    came: list[int] = []
    before = {
        number: signal.signal(number, lambda number, frame: came.append(number)) for number in _HELD
    }
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        for number in came:
            signal.raise_signal(number)

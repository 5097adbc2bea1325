"""Files that appear all together and complete, or not at all."""

from __future__ import annotations

import os
import shutil
import signal
import stat
import sys
import tempfile
import threading
import weakref
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from types import FrameType, TracebackType
from typing import Self
from uuid import uuid4

__all__ = ["Staging"]

# Windows has no SIGHUP.
_HELD = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]


class Staging:
    """Write files beside their places; on leaving the block without error they all move there.

    Whatever happens before that leaves the old files as they were, and nothing new behind.
    A symbolic link stays, and its target is replaced. What is no regular file, such as a device
    or a named pipe, cannot be replaced: the complete file is copied into it.

    Examples
    --------
    >>> folder = Path(tempfile.mkdtemp())
    >>> with Staging() as staging:
    ...     _ = staging.place(folder / "a.txt").write_text("complete")
    >>> [path.name for path in folder.iterdir()]
    ['a.txt']
    """

    def __init__(self) -> None:
        self._moves: list[tuple[Path, Path]] = []
        self._copies: list[tuple[Path, Path]] = []
        self._folders: list[Path] = []
        # Also when this object goes, or the program: an interruption on the way into __exit__
        # would else leave files behind.
        self._discard = weakref.finalize(self, _discard, self._moves, self._copies, self._folders)

    def folder(self, folder: Path) -> None:
        """Make a folder, and those above it, unless they exist."""
        missing = [path for path in (folder, *folder.parents) if not path.exists()]
        for path in reversed(missing):
            self._folders.append(path)
            path.mkdir(exist_ok=True)

    def place(self, target: Path) -> Path:
        """A new empty file, to be written in the target's stead."""
        found = _found(target)
        if found is None or stat.S_ISREG(found.st_mode):
            target = Path(os.path.realpath(target))
            stand_in = target.with_name(f".mixtura-{uuid4().hex[:12]}")
            places = self._moves
        else:
            stand_in = Path(tempfile.gettempdir(), f"mixtura-{uuid4().hex[:12]}")
            places = self._copies
        places.append((stand_in, target))  # first, so that no interruption leaves it behind
        # What replaces a file is nobody else's to read until it has that one's permissions.
        _create(stand_in, 0o666 if found is None else 0o600)
        return stand_in

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        try:
            if error is None:
                self._commit()
        except OSError as failure:
            self._name_target(failure)
            raise
        finally:
            with _uninterrupted():
                self._discard()
        if isinstance(error, OSError):
            self._name_target(error)

    def _commit(self) -> None:
        for stand_in, target in self._moves:
            _settle(stand_in, _found(target))
        for stand_in, target in self._copies:
            _copy(stand_in, target)
        with _uninterrupted():
            for stand_in, target in self._moves:
                os.replace(stand_in, target)

    def _name_target(self, error: OSError) -> None:
        """Let an error tell of the file that was asked for, and not of its stand-in."""
        targets = {str(stand_in): str(target) for stand_in, target in self._moves + self._copies}
        if error.filename is None and targets:  # while writing: the last one is at work
            error.filename = list(targets.values())[-1]
        else:
            error.filename = targets.get(str(error.filename), error.filename)


def _discard(
    moves: list[tuple[Path, Path]], copies: list[tuple[Path, Path]], folders: list[Path]
) -> None:
    """Remove what did not get to its place."""
    for stand_in, _ in moves + copies:
        stand_in.unlink(missing_ok=True)
    for folder in reversed(folders):
        with suppress(OSError):  # somebody else has put something there
            folder.rmdir()


def _found(path: Path) -> os.stat_result | None:
    """What is at a path, links followed; None if nothing is."""
    try:
        return path.stat()
    except FileNotFoundError:
        return None


def _create(file: Path, mode: int) -> None:
    os.close(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode))


def _settle(file: Path, old: os.stat_result | None) -> None:
    """On disk for good, with the owner and permissions of the file it replaces."""
    with open(file, "rb+") as handle:
        os.fsync(handle.fileno())
    if old is not None:
        file.chmod(_own(file, old) & old.st_mode)


def _own(file: Path, old: os.stat_result) -> int:
    """Give a file the owner and group of an old one; the permissions that it may then have."""
    if sys.platform == "win32":
        return 0o777
    for owner in old.st_uid, -1:
        with suppress(PermissionError):
            os.chown(file, owner, old.st_gid)
            return 0o777
    return 0o707  # what the old group was allowed, another one was not


def _copy(file: Path, target: Path) -> None:
    """Into what is there, and never into a new file."""
    with file.open("rb") as source, os.fdopen(os.open(target, os.O_WRONLY), "wb") as sink:
        shutil.copyfileobj(source, sink)


@contextmanager
def _uninterrupted() -> Iterator[None]:
    """Hold back signals, so that the moves happen together.

    Blocking them for this thread would not do: the system then hands them to another thread of
    the process, and Python still runs their handlers here. So the handlers themselves wait.
    """
    with ExitStack() as held:
        if threading.current_thread() is threading.main_thread():  # handlers run nowhere else
            for number in _HELD:
                held.enter_context(_hold(number))
        yield


@contextmanager
def _hold(number: signal.Signals) -> Iterator[None]:
    before = signal.getsignal(number)
    if before is None:  # set by other than Python, which could not put it back
        yield
        return
    came = False

    def wait(number: int, frame: FrameType | None) -> None:
        nonlocal came
        came = True

    try:
        signal.signal(number, wait)
        yield
    finally:
        signal.signal(number, before)
        if came:
            signal.raise_signal(number)

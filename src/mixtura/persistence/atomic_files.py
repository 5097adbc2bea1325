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
from typing import NamedTuple, Self
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
        self._outputs: list[_Output] = []
        self._folders: list[Path] = []
        # Also when this object goes, or the program: an interruption on the way into __exit__
        # would else leave files behind.
        self._discard = weakref.finalize(self, _discard, self._outputs, self._folders)

    def folder(self, folder: Path) -> None:
        """Make a folder, and those above it, unless they exist."""
        missing = [path for path in (folder, *folder.parents) if not path.exists()]
        for path in reversed(missing):
            self._folders.append(path)
            path.mkdir(exist_ok=True)

    def place(self, target: Path) -> Path:
        """A new empty file, to be written in the target's stead."""
        found, place = _found(target), Path(os.path.realpath(target))
        name = f".mixtura-{uuid4().hex[:12]}"
        if found is None or stat.S_ISREG(found.st_mode):
            output = _Output(target, place.with_name(name), place)
        else:
            output = _Output(target, Path(tempfile.gettempdir(), name), None)
        self._outputs.append(output)  # first, so that no interruption leaves it behind
        # What replaces a file is nobody else's to read until it has that one's permissions.
        _create(output.stand_in, 0o666 if found is None else 0o600)
        return output.stand_in

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
        for target, stand_in, place in self._outputs:
            if place is None:
                _copy(stand_in, target)
            else:
                _settle(stand_in, _found(place))
        with _uninterrupted():
            for _, stand_in, place in self._outputs:
                if place is not None:
                    os.replace(stand_in, place)

    def _name_target(self, error: OSError) -> None:
        """Let an error tell of the file that was asked for, and not of its stand-in."""
        if error.errno is None or not self._outputs:  # not of the system, or not of these files
            return
        at_work = str(self._outputs[-1].stand_in)
        for target, stand_in, _ in self._outputs:
            if str(error.filename or at_work) == str(stand_in):
                error.filename = str(target)


class _Output(NamedTuple):
    """A file on its way: what was asked for, what is written, and, links followed, what goes."""

    target: Path
    stand_in: Path
    place: Path | None  # None where nothing can be replaced


def _discard(outputs: list[_Output], folders: list[Path]) -> None:
    """Remove what did not get to its place."""
    for output in outputs:
        output.stand_in.unlink(missing_ok=True)
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

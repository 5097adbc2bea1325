"""Files that appear all together and complete, or not at all."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import NamedTemporaryFile
from types import TracebackType
from typing import Self

__all__ = ["Staging"]


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
        with NamedTemporaryFile(
            dir=target.parent, prefix=f".{target.stem}-", suffix=target.suffix, delete=False
        ) as file:
            stand_in = Path(file.name)
        self._moves.append((stand_in, target))
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
    """Hold back signals, so that the moves happen together. Windows has no such thing."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    held = {signal.SIGINT, signal.SIGTERM, signal.SIGHUP}
    before = signal.pthread_sigmask(signal.SIG_BLOCK, held)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)

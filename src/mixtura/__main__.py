"""`python -m mixtura`, and the `mixtura` command."""

from __future__ import annotations

import os
import signal
import sys
from io import TextIOWrapper
from types import FrameType

__all__ = ["main"]


def main() -> None:
    """Run the command line; ends the process with its exit code."""
    try:
        _end_on_signals()
        _open_closed_streams()
        _print_whatever_comes()
        from mixtura.cli.program import program

        program.main(prog_name="mixtura")
    except KeyboardInterrupt:  # while importing
        print("mixtura: interrupted", file=sys.stderr)
        sys.exit(130)
    finally:
        _give_up_what_cannot_be_printed()


def _end_on_signals() -> None:
    """Let a polite kill unwind the stack, so that unfinished files are removed on the way."""
    for name in ("SIGTERM", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), _end)


def _open_closed_streams() -> None:
    """Put something in place of standard streams that the caller closed.

    Else the next file that is opened would get the number, and take what is meant for the
    stream. Printing results then fails, and is told; messages go nowhere.
    """
    for number, flags in enumerate((os.O_WRONLY, os.O_RDONLY, os.O_WRONLY)):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, flags)  # gets the lowest number that is free
    if sys.stdout is None:
        sys.stdout = os.fdopen(1, "w", encoding="utf-8")
    if sys.stderr is None:
        sys.stderr = os.fdopen(2, "w", encoding="utf-8")


def _print_whatever_comes() -> None:
    """Let a terminal without some character show another in its place."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")


def _give_up_what_cannot_be_printed() -> None:
    """Else Python tries again at its end, and complains; it has been told already."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def _end(number: int, frame: FrameType | None) -> None:
    sys.exit(128 + number)


if __name__ == "__main__":
    main()

"""`python -m mixtura`, and the `mixtura` command."""

from __future__ import annotations

import signal
import sys
from io import TextIOWrapper
from types import FrameType

__all__ = ["main"]


def main() -> None:
    """Run the command line; ends the process with its exit code."""
    try:
        _end_on_signals()
        _print_whatever_comes()
        from mixtura.cli.program import program

        program.main(prog_name="mixtura")
    except KeyboardInterrupt:  # while importing
        print("mixtura: interrupted", file=sys.stderr)
        sys.exit(130)


def _end_on_signals() -> None:
    """Let a polite kill unwind the stack, so that unfinished files are removed on the way."""
    for name in ("SIGTERM", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), _end)


def _print_whatever_comes() -> None:
    """Let a terminal without some character show another in its place."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")


def _end(number: int, frame: FrameType | None) -> None:
    sys.exit(128 + number)


if __name__ == "__main__":
    main()

"""Which instruction set is in use. Imports nothing heavy, so that the command line can ask."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

try:
    from mixtura.kernels import _fused
except ImportError:  # installed without a compiler
    _NAMES: tuple[str, ...] = ()
else:
    _NAMES = _fused.names()

__all__ = ["available", "chosen_name", "describe", "use"]

_VARIABLE = "MIXTURA_KERNEL"
_REFERENCE = "numpy"
# Read once: to look it up takes longer than some small matrices.
_ASKED = os.environ.get(_VARIABLE, "auto")
_forced: ContextVar[str | None] = ContextVar("forced kernel", default=None)


def available() -> tuple[str, ...]:
    """Instruction sets that this processor has a kernel for, best first."""
    return _NAMES


@contextmanager
def use(name: str) -> Iterator[None]:
    """Force a kernel within a block: an instruction set, "numpy" or "auto"."""
    _check(name)
    token = _forced.set(name)
    try:
        yield
    finally:
        _forced.reset(token)


def chosen_name() -> str | None:
    """The instruction set in use; None for the NumPy reference."""
    name = _forced.get() or _ASKED
    if name == "auto":
        return _NAMES[0] if _NAMES else None
    _check(name)
    return None if name == _REFERENCE else name


def _check(name: str) -> None:
    options = ("auto", _REFERENCE, *_NAMES)
    if name not in options:
        from mixtura.errors import MixturaError

        raise MixturaError(f"{_VARIABLE}={name!r} is not to be had; choose {', '.join(options)}.")


def describe() -> str:
    """Which kernel is in use, in words."""
    name = chosen_name()
    if name is not None:
        return f"{name} (compiled C)"
    reason = f"{_VARIABLE}={_REFERENCE}" if _NAMES else "no compiled kernel"
    return f"NumPy reference: {reason}"

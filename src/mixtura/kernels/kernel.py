"""The compiled kernel for one instruction set, and which one is in use."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache

import numpy as np

from mixtura.errors import MixturaError
from mixtura.kernels.components import Components
from mixtura.typing import AnyArray, FloatArray, IntArray

try:
    from mixtura.kernels import _fused
except ImportError:  # installed without a compiler
    _fused = None

__all__ = ["Kernel", "available", "chosen", "describe", "use"]

_VARIABLE = "MIXTURA_KERNEL"
_REFERENCE = "numpy"


@dataclass(frozen=True)
class Kernel:
    """The compiled kernel for one instruction set.

    Rows are C-contiguous (n, d), float32 or float64; all sums are in float64.
    """

    name: str

    def expect(
        self, rows: AnyArray, weight: FloatArray, components: Components, *, hard: bool
    ) -> FloatArray:
        """Sums over the rows: weight, objective, counts (k), first and second moments.

        The moments, (k, d) and (k, d, d) or (k, d), are about the components' means. They
        come in one flat array, so that the sums of two blocks of rows add.
        """
        k, d = components.means.shape
        sums = np.empty(2 + k * (1 + d + (d * d if components.dense else d)))
        c = components
        _fused.expect(self.name, rows, weight, c.means, c.whitening, c.constants, hard, sums)
        return sums

    def log_density(self, rows: AnyArray, components: Components) -> FloatArray:
        """log P(x_i), shape (n,)."""
        density = np.empty(len(rows))
        self._score(rows, components, density, None, None, None)
        return density

    def responsibilities(self, rows: AnyArray, components: Components) -> FloatArray:
        """P(C_j | x_i), shape (n, k)."""
        resp = np.empty((len(rows), len(components.constants)))
        self._score(rows, components, None, resp, None, None)
        return resp

    def labels(self, rows: AnyArray, components: Components) -> IntArray:
        """Number of the likeliest component of each row, shape (n,)."""
        labels = np.empty(len(rows), dtype=np.int64)
        self._score(rows, components, None, None, None, labels)
        return labels.astype(np.intp, copy=False)

    def densities_and_certainties(
        self, rows: AnyArray, components: Components
    ) -> tuple[FloatArray, FloatArray]:
        """log P(x_i) and the largest responsibility, both of shape (n,)."""
        density, largest = np.empty(len(rows)), np.empty(len(rows))
        self._score(rows, components, density, None, largest, None)
        return density, largest

    def _score(self, rows: AnyArray, c: Components, *outputs: AnyArray | None) -> None:
        _fused.score(self.name, rows, c.means, c.whitening, c.constants, *outputs)


def available() -> tuple[str, ...]:
    """Instruction sets that this processor has a kernel for, best first."""
    return () if _fused is None else tuple(_fused.names())


_forced: ContextVar[str | None] = ContextVar("forced kernel", default=None)


@contextmanager
def use(name: str) -> Iterator[None]:
    """Force a kernel within a block: an instruction set, "numpy" or "auto"."""
    _named(name)
    token = _forced.set(name)
    try:
        yield
    finally:
        _forced.reset(token)


def chosen() -> Kernel | None:
    """The kernel in use; None for the NumPy reference."""
    forced = _forced.get()
    return _named(os.environ.get(_VARIABLE, "auto") if forced is None else forced)


@cache
def _named(name: str) -> Kernel | None:
    names = available()
    if name == _REFERENCE or (name == "auto" and not names):
        return None
    if name == "auto":
        return Kernel(names[0])
    if name not in names:
        options = ", ".join(("auto", _REFERENCE, *names))
        raise MixturaError(f"{_VARIABLE}={name!r} is not to be had; choose one of {options}.")
    return Kernel(name)


def describe() -> str:
    """Which kernel is in use, in words."""
    kernel = chosen()
    if kernel is not None:
        return f"{kernel.name} (compiled C)"
    reason = "no compiled kernel" if _fused is None else f"{_VARIABLE}={_REFERENCE}"
    return f"NumPy reference: {reason}"

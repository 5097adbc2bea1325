"""One thread for linear algebra while a mixture is fitted.

The matrices of a fit are small, and threads go over blocks of rows: a library for linear algebra
that starts its own threads besides only makes them wait for each other.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from functools import cache
from typing import Any

from threadpoolctl import ThreadpoolController

__all__ = ["one_blas_thread"]


def one_blas_thread() -> AbstractContextManager[Any]:
    """A context in which BLAS and LAPACK use one thread."""
    limited: AbstractContextManager[Any] = _controller().limit(limits=1, user_api="blas")
    return limited


@cache
def _controller() -> ThreadpoolController:
    # Looking for the loaded libraries takes milliseconds, so once must do.
    return ThreadpoolController()

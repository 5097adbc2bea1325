"""Whether two records of arrays are alike."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from typing import Any

import numpy as np

from mixtura.typing import AnyArray

__all__ = ["assert_alike", "leaves"]


def leaves(record: Any) -> list[AnyArray]:
    """All arrays and numbers in a record or tuple of records, in their order."""
    if is_dataclass(record):
        return [leaf for f in fields(record) for leaf in leaves(getattr(record, f.name))]
    if isinstance(record, tuple):
        return [leaf for part in record for leaf in leaves(part)]
    return [np.asarray(record)]


def assert_alike(left: Any, right: Any, rtol: float = 1e-12, law: str = "") -> None:
    """Two records have the same arrays, within rtol of each array's largest entry."""
    for a, b in zip(leaves(left), leaves(right), strict=True):
        assert a.shape == b.shape, f"{law}: shapes {a.shape} and {b.shape}"
        largest = max(float(np.abs(b).max(initial=0.0)), np.finfo(np.float64).tiny)
        error = float(np.abs(a - b).max(initial=0.0)) / largest
        assert error <= rtol, f"{law}: relative difference {error:.2e}, allowed {rtol:.0e}"

"""The array types that the package speaks of."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

FloatArray: TypeAlias = NDArray[np.float64]
IntArray: TypeAlias = NDArray[np.intp]
BoolArray: TypeAlias = NDArray[np.bool_]
AnyArray: TypeAlias = NDArray[Any]

#: Some of k components: their numbers, or `EVERYONE`, which costs no copy.
Selection: TypeAlias = IntArray | slice
EVERYONE = slice(None)

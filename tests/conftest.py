"""What all tests share."""

from __future__ import annotations

import os
import sys
from pathlib import Path

# Without it scikit-learn skips its check of array-API input; SciPy reads it when first imported.
os.environ["SCIPY_ARRAY_API"] = "1"

import pytest

sys.path.insert(0, str(Path(__file__).parent))

REPOSITORY = Path(__file__).parents[1]


@pytest.fixture(scope="session")
def examples() -> Path:
    return REPOSITORY / "examples"

"""What all tests share."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

REPOSITORY = Path(__file__).parents[1]


@pytest.fixture(scope="session")
def examples() -> Path:
    return REPOSITORY / "examples"

"""What random numbers are for."""

from __future__ import annotations

from enum import IntEnum

__all__ = ["Purpose"]


class Purpose(IntEnum):
    """The same seed gives each purpose a stream of its own."""

    SAMPLE = 1
    START = 2
    ASSIGN = 3
    FOLD = 4
    BOOTSTRAP = 5
    SPLIT = 6
    NOISE = 7
    ORDER = 8
    TYPICALITY = 9
    QUESTION = 11
    RESAMPLE = 12
    HILLS = 13

"""How hard the fuzzer tries: a little in the suite, as long as one likes by `make fuzz`."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

from hypothesis import HealthCheck, settings

__all__ = ["examples"]

# As many times the examples of the suite: then they are new ones in each run.
_TIMES = int(os.environ.get("MIXTURA_FUZZ", "1"))

settings.register_profile(
    "suite",
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
settings.register_profile("fuzz", settings.get_profile("suite"), derandomize=False, print_blob=True)


def examples(number: int) -> Callable[[Any], Any]:
    """So many examples in the suite, always the same."""
    profile = settings.get_profile("suite" if _TIMES == 1 else "fuzz")
    return settings(profile, max_examples=number * _TIMES)

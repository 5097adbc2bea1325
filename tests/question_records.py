"""The records of families that can be asked about some of their columns, and fits of them."""

from __future__ import annotations

from typing import Any

from mixtura import em
from mixtura.families import Multinomial, VonMisesFisher
from mixtura.mixture import Mixture
from mixtura.sources import ArraySource
from mixtura.starts.given import random_responsibilities
from mixtura.stopping import fixed_length
from records import FAMILIES, FamilyRecord

#: Those that have marginals, and those that can be given some cells as well.
DIVISIBLE = [r for r in FAMILIES if not isinstance(r.family, VonMisesFisher)]
CONDITIONAL = [r for r in DIVISIBLE if not isinstance(r.family, Multinomial)]


def ids(records: list[FamilyRecord]) -> list[str]:
    return [record.name for record in records]


def fitted(record: FamilyRecord, k: int = 3) -> Mixture[Any, Any]:
    """A mixture after some iterations: a place like any other."""
    source = ArraySource(record.X)
    begun = em.begin(record.family, source, random_responsibilities(k, (1,)))
    return em.fit(begun, source, stopping=fixed_length(8)).mixture

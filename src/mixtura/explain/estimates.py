"""The numbers of a mixture by name, and how far each may be off."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from mixtura.explain.intervals import Bounds, Distribution, Interval, Quantity, Spread
from mixtura.families.description import Description
from mixtura.families.entries import Entries
from mixtura.families.schema import Schema
from mixtura.mixture import Mixture
from mixtura.typing import BoolArray, FloatArray

__all__ = ["WEIGHTS", "Estimates"]

#: What mixing weights are called, and, where a family has weights of its own, those.
WEIGHTS, _OF_PARTS = "weights", "part_weights"

# Standard errors that are so many times the distance from the edge of a range are none: less than
# a twentieth of a row is all that a probability comes from there.
_EDGE = 5.0


@dataclass(frozen=True, eq=False)
class Estimates:
    """The numbers of a mixture, mixing weights included, as arrays with components first.

    Attributes
    ----------
    mixture : Mixture
    spread : Spread
    description : Description
        Of the clusters.
    schema : Schema
    without : ndarray of shape (k,)
        Clusters of whose own numbers nothing can be said.
    """

    mixture: Mixture[Any, Any]
    spread: Spread
    description: Description[Any, Any]
    schema: Schema
    without: BoolArray

    @cached_property
    def entries(self) -> Mapping[str, Entries]:
        """What each array has of a component."""
        own = self.description.entries(self.mixture.params, self.schema)
        return {WEIGHTS: Entries.of_component(0.0, 1.0), **_named(own)}

    @cached_property
    def values(self) -> dict[str, FloatArray]:
        """The arrays of the mixture."""
        return {name: self.quantity(name)(self.mixture) for name in self.entries}

    @cached_property
    def distributions(self) -> dict[str, Distribution]:
        """What each array would be in other rows."""
        return {name: self.spread.distribution(self.quantity(name)) for name in self.entries}

    @cached_property
    def standard_errors(self) -> dict[str, FloatArray]:
        """Of each number; NaN of what is fixed, on the edge of its range, or not to be told."""
        return {name: self._errors(name) for name in self.entries}

    def intervals(self, level: float) -> dict[str, Interval]:
        """Of each number; NaN where there is no standard error."""
        return {name: self._interval(name, level) for name in self.entries}

    def quantity(self, name: str) -> Quantity:
        """What gives an array of a mixture."""
        if name == WEIGHTS:
            return lambda mixture: mixture.weights
        describe = self.description.arrays
        return lambda mixture: _named(describe(mixture.params))[name]

    def _errors(self, name: str) -> FloatArray:
        errors = self.distributions[name].standard_errors
        entries, values = self.entries[name], self.values[name]
        near = np.minimum(values - entries.low, entries.high - values)
        errors = np.where((errors == 0.0) | (errors > _EDGE * near), np.nan, errors)
        if name != WEIGHTS:
            errors[self.without] = np.nan
        return errors

    def _interval(self, name: str, level: float) -> Interval:
        entries, known = self.entries[name], ~np.isnan(self.standard_errors[name])
        bounds: Bounds = (entries.low, entries.high)
        found = self.distributions[name].interval(bounds, level)
        return Interval(*(np.where(known, end, np.nan) for end in (found.low, found.high)))


def _named(arrays: Mapping[str, Any]) -> dict[str, Any]:
    return {_OF_PARTS if name == WEIGHTS else name: each for name, each in arrays.items()}

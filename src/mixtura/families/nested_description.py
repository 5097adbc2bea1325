"""What files keep of mixtures as components, and what people see of them: what there is of parts.

Options are the name of the parts' family, its own options and m. Arrays are the parts' weights, and
the parts' own with a prefix: (k, m, ...) each.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from mixtura.errors import ModelFileError
from mixtura.families.description import (
    Bell,
    Curve,
    Description,
    Marginal,
    Mass,
    Shares,
    check_entries,
    check_names,
    curve,
    entries_within,
    number_kind,
)
from mixtura.families.entries import Entries
from mixtura.families.nested import Nested, NestedParameters
from mixtura.families.schema import Kind, Schema
from mixtura.persistence.entries import whole
from mixtura.typing import FloatArray

__all__ = ["NestedDescription"]

_PREFIX = "parts."

# A sum of weights that is 1 but for rounding.
_ROUNDING = 1e-9


@dataclass(frozen=True)
class NestedDescription:
    """Of components whose parts are described by another description.

    Attributes
    ----------
    inner : Description
    """

    inner: Description[Any, Any]
    name = "nested"

    @classmethod
    def of(cls, family: Nested[Any, Any], describe: Callable[[Any], Description[Any, Any]]) -> Self:
        """The description of one such family, from what describes that of its parts."""
        return cls(describe(family.family))

    @property
    def text(self) -> str:
        return f"a mixture of parts, each with {self.inner.text}"

    @property
    def held_by(self) -> str:
        return self.inner.held_by

    @property
    def simpler(self) -> str:
        return self.inner.simpler

    @property
    def kinds(self) -> frozenset[Kind]:
        return self.inner.kinds

    def family(self, schema: Schema) -> Nested[Any, Any]:
        return Nested(self.inner.family(schema), 2)

    def columns(self, family: Nested[Any, Any], names: Sequence[object]) -> Schema:
        return self.inner.columns(family.family, names)

    def check(self, X: FloatArray, schema: Schema) -> None:
        self.inner.check(X, schema)

    def options(self, family: Nested[Any, Any]) -> dict[str, Any]:
        own = self.inner.options(family.family)
        options = {"family": self.inner.name, "n_parts": family.n_parts, "options": own}
        return {**options, "padding": family.padding} if family.padding else options

    def arrays(self, params: NestedParameters[Any]) -> dict[str, FloatArray]:
        shape = params.weights.shape
        of_parts = self.inner.arrays(params.parts)
        return {
            "weights": params.weights,
            **{f"{_PREFIX}{name}": a.reshape(*shape, *a.shape[1:]) for name, a in of_parts.items()},
        }

    def entries(self, params: NestedParameters[Any], schema: Schema) -> dict[str, Entries]:
        names = [f"part {number + 1}" for number in range(params.weights.shape[1])]
        of_parts = self.inner.entries(params.parts, schema)
        return {
            "weights": Entries(tuple(names), 0.0, 1.0),
            **{f"{_PREFIX}{name}": entries.of_each(names) for name, entries in of_parts.items()},
        }

    def restored(
        self, options: Mapping[str, Any], arrays: Mapping[str, FloatArray], schema: Schema
    ) -> tuple[Nested[Any, Any], NestedParameters[Any]]:
        filled_up = ("padding",) if "padding" in options else ()
        check_names("options", options, ("family", "n_parts", "options", *filled_up))
        m = whole(1).read(options["n_parts"], "options.n_parts")
        weights, of_parts = _split(arrays, m)
        with entries_within("options.options", f"arrays.{_PREFIX}"):
            family, parts = self.inner.restored(options["options"], of_parts, schema)
        n_empty = int((weights == 0.0).sum())
        padding = whole(0, n_empty).read(options.get("padding", 0), "options.padding")
        return Nested(family, m, padding), NestedParameters(weights, parts)

    def structure(self, family: Nested[Any, Any]) -> tuple[str, str]:
        name, words = self.inner.structure(family.family)
        parts = f"{family.n_parts} part{'s' if family.n_parts > 1 else ''} in each component"
        return name, f"{parts}; of all parts: {words}" if words else parts

    def restraints(self, family: Nested[Any, Any]) -> tuple[tuple[str, str], ...]:
        return self.inner.restraints(family.family)

    def marginal(self, params: NestedParameters[Any], place: int, schema: Schema) -> Marginal:
        return _mixed(params.weights, self.inner.marginal(params.parts, place, schema))

    def dispersions(
        self, params: NestedParameters[Any], places: Sequence[int]
    ) -> FloatArray | None:
        """None of levels. Parts that lie apart make columns depend on each other."""
        schema = Schema.of(range(params.n_features), number_kind(self.kinds))
        of_parts = [self.inner.marginal(params.parts, place, schema) for place in places]
        if all(isinstance(each, Shares) for each in of_parts):
            return None
        means, deviations = (
            np.stack(each, axis=1) for each in zip(*map(_numbers, of_parts), strict=True)
        )
        within = self.inner.dispersions(params.parts, places)
        if within is None:
            own = np.eye(len(places), dtype=np.bool_)
            within = np.where(own, np.square(deviations)[:, :, None], 0.0)
        apart = _apart(params.weights, means)
        return _mean(params.weights, within + apart[:, :, None] * apart[:, None, :])


def _numbers(marginal: Marginal) -> tuple[FloatArray, FloatArray]:
    """Means (k,) and deviations; levels have none, and so are nowhere apart."""
    if isinstance(marginal, Shares):
        k = len(marginal.probabilities)
        return np.zeros(k), np.full(k, np.nan)
    return marginal.mean, marginal.deviation


def _split(arrays: Mapping[str, FloatArray], m: int) -> tuple[FloatArray, dict[str, FloatArray]]:
    """The parts' weights (k, m), and their own arrays by their own names, (k m, ...) each."""
    own = [name for name in arrays if name.startswith(_PREFIX)]
    check_names("arrays", arrays, ("weights", *own))
    weights = arrays["weights"]
    for name in ("weights", *own):
        shape = arrays[name].shape
        fits = weights.ndim == 2 and shape[:2] == (len(weights), m)
        if not fits or not len(weights):
            more = "" if name == "weights" else ", ..."
            raise ModelFileError(
                f"its entry {f'arrays.{name}'!r} has shape {shape}; it should have shape (k, {m}"
                f"{more}) for k components."
            )
    check_entries("weights", weights, (weights >= 0.0) & (weights <= 1.0), "a number from 0 to 1")
    totals = weights.sum(axis=1)
    if np.abs(totals - 1.0).max() > _ROUNDING:
        j = int(np.abs(totals - 1.0).argmax())
        raise ModelFileError(
            f"its entry 'arrays.weights[{j}]' sums to {totals[j]:.10g}; it should sum to 1."
        )
    return weights, {
        name.removeprefix(_PREFIX): arrays[name].reshape(-1, *arrays[name].shape[2:])
        for name in own
    }


def _mean(weights: FloatArray, values: FloatArray) -> FloatArray:
    """Means (k, ...) of the parts' values (k m, ...); a part of weight 0 may have infinite ones."""
    stacked = values.reshape(*weights.shape, *values.shape[1:])
    shares = weights.reshape(*weights.shape, *[1] * (values.ndim - 1))
    mean: FloatArray = (shares * np.where(shares > 0.0, stacked, 0.0)).sum(axis=1)
    return mean


def _apart(weights: FloatArray, means: FloatArray) -> FloatArray:
    """How far the parts' means (k m, ...) are from those of their components."""
    apart: FloatArray = means - _mean(weights, means).repeat(weights.shape[1], axis=0)
    return apart


def _mixed(weights: FloatArray, of_parts: Marginal) -> Marginal:
    """What components make of a column, from what their parts make of it."""
    if isinstance(of_parts, Shares):
        return Shares(of_parts.levels, _mean(weights, of_parts.probabilities))
    means, deviations = of_parts.mean, of_parts.deviation
    mean = _mean(weights, means)
    squares = np.square(deviations) + np.square(_apart(weights, means))
    deviation = np.sqrt(_mean(weights, squares))
    match of_parts:
        case Mass(values=values, probabilities=probabilities):
            return Mass(mean, deviation, values, _mean(weights, probabilities))
        case Curve(values=values, densities=densities):
            return Curve(mean, deviation, values, _mean(weights, densities))
        case Bell():
            return _of_bells(weights, of_parts, mean, deviation)


def _of_bells(weights: FloatArray, bells: Bell, mean: FloatArray, deviation: FloatArray) -> Curve:
    """Through quantiles of all parts: each bends where it has mass."""
    from scipy.special import ndtri  # it takes as long to import as a small fit

    centers, widths = bells.mean[:, None], bells.deviation[:, None]

    def quantiles(shares: FloatArray) -> FloatArray:
        places: FloatArray = centers + widths * ndtri(shares)
        return places

    def density(values: FloatArray) -> FloatArray:
        squared = np.square((values - centers) / widths)
        return _mean(weights, np.exp(-0.5 * squared) / (widths * np.sqrt(2.0 * np.pi)))

    return curve(mean, deviation, quantiles, density)

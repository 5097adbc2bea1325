"""The von Mises-Fisher family: rows as directions, which are spread evenly about a mean one.

    log p_j(x) = kappa_j m_j . x + log C_d(kappa_j),    |x| = |m_j| = 1

on the sphere in d dimensions, by its area. With S_j = sum_i r_ij x_i and n_j = sum_i r_ij, the
M-step is m_j = S_j / |S_j| and the kappa_j of which the mean cosine is |S_j| / n_j (Banerjee,
Dhillon, Ghosh, Sra 2005, section 3); one kappa for all components has sum_j |S_j| / sum_j n_j.
Rows are taken by their directions alone: their lengths do not matter.

A row with missing cells has no length that is known, so that its cells have to be those of length
1. With q missing cells, which have the length r = sqrt(1 - |x_o|^2), and t = kappa |m_m| r,

    log p(x_o) = log C_d(kappa) + kappa m_o . x_o + (q - 2) log r - log C_q(t)
    E[x_m | x_o] = r A_q(t) m_m / |m_m|

where the sphere in one dimension is two points, and A_1 = tanh (Mardia and Jupp 2000, "Directional
Statistics", section 9.3, whose integrals over spheres these are).

The likelihood is unbounded where all rows of a component point the same way, so concentrations end
at a largest one, as variances do at a floor.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Self

import numpy as np

from mixtura.errors import DataError, MixturaError, ModelFileError
from mixtura.families.cells import Cells
from mixtura.families.column_parameters import ColumnSums
from mixtura.families.concentration import (
    Concentrated,
    concentrated,
    concentrations,
    log_area,
)
from mixtura.families.description import Bell, check_entries, check_names, refuse, stacked
from mixtura.families.family import Embedding, Unbounded, stand_ins
from mixtura.families.one_column import OneColumn
from mixtura.families.schema import Kind, Schema
from mixtura.families.some_columns import Components
from mixtura.families.tie import Tie
from mixtura.patterns import Pattern, Patterns, has_gaps
from mixtura.persistence.entries import record, text
from mixtura.typing import AnyArray, FloatArray, IntArray, Selection

__all__ = [
    "CONCENTRATIONS",
    "LARGEST_CONCENTRATION",
    "VonMisesFisher",
    "VonMisesFisherCoordinates",
    "VonMisesFisherDescription",
    "VonMisesFisherParameters",
    "directions",
]

#: No component is narrower: it deviates by 1e-5 from its mean direction, in each one across.
LARGEST_CONCENTRATION = 1e10

# Times the largest one: what a component would gain that could be so much narrower, it owes.
_CLEAR = 4.0

# Above this, cosines are too near to 1 for their differences from it to be found by products.
_NARROW = 1e4

# Lengths of mean directions are 1, but for rounding, and shared concentrations equal.
_EQUAL = 1e-9

#: Whether each component has a concentration of its own, or all share one, by name.
CONCENTRATIONS = {"each": Tie.OWN, "shared": Tie.SHARED}


# What is said where single columns are asked for.
_DIRECTIONS = (
    "A von Mises-Fisher mixture is of directions, of which no columns can be taken by themselves: "
    "`impute` fills cells that are missing, and other families take rows as they are."
)


@dataclass(frozen=True)
class VonMisesFisherParameters:
    """Fitted numbers of k von Mises-Fisher components.

    Attributes
    ----------
    directions : ndarray of shape (k, d)
        Mean directions, of length 1.
    concentrations : ndarray of shape (k,)
    """

    directions: FloatArray
    concentrations: FloatArray

    @property
    def n_components(self) -> int:
        return len(self.directions)

    @property
    def n_features(self) -> int:
        return int(self.directions.shape[1])

    @property
    def sort_key(self) -> FloatArray:
        return np.column_stack([self.directions, self.concentrations])

    @cached_property
    def concentrated(self) -> Concentrated:
        """What follows from the concentrations."""
        return concentrated(self.concentrations, self.n_features)

    def take(self, order: Selection) -> Self:
        return type(self)(self.directions[order], self.concentrations[order])


def directions(rows: AnyArray) -> AnyArray:
    """Rows (n, d), none of them of zeros only, divided by their lengths.

    Those with missing cells have length 1 as they are.

    Examples
    --------
    >>> directions(np.array([[3.0, 4.0], [-1e-200, 0.0]]))
    array([[ 0.6,  0.8],
           [-1. ,  0. ]])
    """
    rows = np.asarray(rows, dtype=np.float64)
    given = rows
    rows = rows / np.abs(rows).max(axis=1, keepdims=True)
    unit: FloatArray = rows / np.sqrt(np.einsum("nd,nd->n", rows, rows))[:, None]
    if has_gaps(given):
        incomplete = np.isnan(given).any(axis=1)
        unit[incomplete] = given[incomplete]
    return unit


@dataclass(frozen=True)
class VonMisesFisher(Unbounded):
    """Directions about a mean direction within each component.

    Parameters
    ----------
    concentration : Tie, default=Tie.OWN
        Whether each component has a concentration of its own, or all share one.

    Examples
    --------
    >>> import numpy as np
    >>> family, X = VonMisesFisher(), np.array([[1.0, 1.0], [2.0, -2.0]])
    >>> params = family.maximize(family.statistics(None, X, np.ones((2, 1))), None)
    >>> params.directions, params.concentrations.round(3)
    (array([[1., 0.]]), array([2.058]))
    """

    concentration: Tie = Tie.OWN

    def log_density(self, params: VonMisesFisherParameters, X: FloatArray) -> FloatArray:
        if not has_gaps(X):
            return self._log_density(params, X)
        log_density = np.zeros((len(X), params.n_components))
        for pattern in Patterns.of(X):
            if not len(pattern.missing):
                log_density[pattern.rows] = self._log_density(params, X[pattern.rows])
            elif len(pattern.observed):
                gaps = _Gaps(params, pattern)
                log_density[pattern.rows] = gaps.log_density(X[pattern.rows])
        return log_density

    def _log_density(self, params: VonMisesFisherParameters, X: FloatArray) -> FloatArray:
        """Of complete rows."""
        kappa, deficit = params.concentrations, params.concentrated.deficit
        rows = directions(X)
        short = 1.0 - rows @ params.directions.T
        for j in np.flatnonzero(kappa > _NARROW):
            apart = rows - params.directions[j]
            short[:, j] = 0.5 * np.einsum("nd,nd->n", apart, apart)
        log_density: FloatArray = deficit - log_area(X.shape[1]) - kappa * short
        return log_density

    def of_columns(self, means: FloatArray, scales: FloatArray) -> VonMisesFisherParameters:
        """Every direction alike."""
        return VonMisesFisherParameters(np.eye(1, len(means)), np.zeros(1))

    def expected_cells(
        self, params: VonMisesFisherParameters, X: FloatArray, resp: FloatArray
    ) -> FloatArray:
        filled = X.copy()
        for pattern in Patterns.of(X).incomplete:
            rows, _, missing = pattern
            gaps = _Gaps(params, pattern)
            along = resp[rows] * gaps.expected_lengths(X[rows])
            filled[rows[:, None], missing] = along @ gaps.units
        return filled

    def drawn_cells(
        self,
        params: VonMisesFisherParameters,
        X: FloatArray,
        labels: IntArray,
        rng: np.random.Generator,
    ) -> FloatArray:
        filled = X.copy()
        for pattern in Patterns.of(X).incomplete:
            rows, _, missing = pattern
            cells = _Gaps(params, pattern).drawn(X[rows], labels[rows], rng)
            filled[rows[:, None], missing] = cells
        return filled

    def statistics(
        self, params: VonMisesFisherParameters | None, X: FloatArray, resp: FloatArray
    ) -> ColumnSums:
        """Rows of which no cell is observed say nothing, and are not counted."""
        rows = directions(X)
        if not has_gaps(X):
            return ColumnSums(resp.sum(axis=0)[:, None], resp.T @ rows)
        cells = Cells.of(rows)
        assert cells.observed is not None
        count, total = resp.T @ cells.observed.max(axis=1), cells.sums(resp)
        if params is None:  # as if the concentrations were 0
            return ColumnSums(count[:, None], total)
        for pattern in Patterns.of(X):
            if len(pattern.observed) and len(pattern.missing):
                gaps, own = _Gaps(params, pattern), pattern.rows
                total[:, pattern.missing] += gaps.expected_sums(X[own], resp[own])
        return ColumnSums(count[:, None], total)

    def maximize(
        self, statistics: ColumnSums, params: VonMisesFisherParameters | None
    ) -> VonMisesFisherParameters:
        live, order = stand_ins(statistics.rows[:, 0])
        sums = statistics.take(live)
        kappa = np.minimum(self._likeliest(sums), LARGEST_CONCENTRATION)
        return VonMisesFisherParameters(_mean_directions(sums.total), kappa).take(order)

    def _likeliest(self, sums: ColumnSums) -> FloatArray:
        """The concentrations (k,) without a largest one, infinite where all rows are the same."""
        rows = sums.rows[:, 0]
        lengths = np.minimum(np.linalg.norm(sums.total, axis=1), rows)
        short = rows - lengths
        n = self.concentration.pooled(rows)
        cosine, short = self.concentration.pooled(lengths) / n, self.concentration.pooled(short) / n
        kappa = concentrations(cosine, short, sums.total.shape[1])
        return np.broadcast_to(kappa, rows.shape).copy()

    def n_parameters(self, k: int, d: int) -> int:
        return k * (d - 1) + self.concentration.size(k)

    @property
    def embedding(self) -> Embedding:
        return directions

    @property
    def gathers(self) -> Hashable:
        return ColumnSums, directions

    def n_sums(self, d: int) -> int:
        return 1 + d

    def coordinates(
        self, params: VonMisesFisherParameters, weight: float
    ) -> VonMisesFisherCoordinates | None:
        """None where a component has no direction, or cannot be narrower."""
        return VonMisesFisherCoordinates.of(params, self.concentration)

    def reachable(self, params: VonMisesFisherParameters) -> VonMisesFisherParameters:
        """Concentrations end at the largest one."""
        kappa = np.minimum(params.concentrations, LARGEST_CONCENTRATION)
        return VonMisesFisherParameters(params.directions, kappa)

    def upheld(
        self,
        params: VonMisesFisherParameters,
        rounding: FloatArray,
        statistics: Callable[[], ColumnSums],
    ) -> FloatArray:
        """What components at the largest concentration would gain by a larger one."""
        owed = np.zeros(params.n_components)
        if (params.concentrations < LARGEST_CONCENTRATION).all():
            return owed
        live, _ = stand_ins(statistics().rows[:, 0])
        sums = statistics().take(live)
        rows = sums.rows[:, 0]
        short = (rows - np.linalg.norm(sums.total, axis=1)).clip(0.0)
        kappa, d = self._likeliest(sums), params.n_features

        def reached(most: float) -> FloatArray:
            allowed = np.minimum(kappa, most)
            highest: FloatArray = rows * concentrated(allowed, d).deficit - allowed * short
            return highest

        gain = reached(_CLEAR * LARGEST_CONCENTRATION) - reached(LARGEST_CONCENTRATION)
        owed[live] = gain.clip(0.0)
        return owed

    def sample(
        self, params: VonMisesFisherParameters, labels: IntArray, rng: np.random.Generator
    ) -> FloatArray:
        """Of a cosine as Wood (1994) draws it, in a direction across that is any."""
        short = np.empty(len(labels))
        for j, kappa in enumerate(params.concentrations.tolist()):
            own = labels == j
            short[own] = _shortfalls(kappa, params.n_features, int(own.sum()), rng)
        means = params.directions[labels]
        across = rng.standard_normal(means.shape)
        across -= np.einsum("nd,nd->n", across, means)[:, None] * means
        sine = np.sqrt(short * (2.0 - short))
        return directions((1.0 - short)[:, None] * means + sine[:, None] * directions(across))

    def marginal(self, params: VonMisesFisherParameters, places: IntArray) -> Components:
        """None: some columns of a direction are no direction."""
        raise MixturaError(_DIRECTIONS)

    def conditional(
        self, params: VonMisesFisherParameters, places: IntArray, cells: FloatArray
    ) -> Components:
        """None: what is left of a direction has a length that depends on the cells."""
        raise MixturaError(_DIRECTIONS)

    def one_column(self, params: VonMisesFisherParameters, X: FloatArray, place: int) -> OneColumn:
        """None: a column has the cells of directions, whatever those of the rows are."""
        raise MixturaError(_DIRECTIONS)


@dataclass(frozen=True, eq=False)
class _Gaps:
    """What components make of rows with one pattern of missing cells.

    These are distributed about the unit vectors of the mean directions' missing parts, as
    directions are in q dimensions, with concentrations t, and have the length that is left.
    """

    params: VonMisesFisherParameters
    pattern: Pattern

    @cached_property
    def lengths(self) -> FloatArray:
        """|m_m|, (k,)."""
        means = self.params.directions[:, self.pattern.missing]
        return np.asarray(np.linalg.norm(means, axis=1))

    @cached_property
    def units(self) -> FloatArray:
        """m_m / |m_m|, (k, q); the first axis where the length is 0, and any will do."""
        return _mean_directions(self.params.directions[:, self.pattern.missing])

    def _left(self, X: FloatArray) -> FloatArray:
        return _left(X[:, self.pattern.observed])

    def _concentrations(self, left: FloatArray) -> FloatArray:
        """t, (n, k)."""
        return np.asarray(left[:, None] * (self.params.concentrations * self.lengths))

    def log_density(self, X: FloatArray) -> FloatArray:
        params, (_, o, m), left = self.params, self.pattern, self._left(X)
        missing = concentrated(self._concentrations(left), len(m))
        apart = np.square(left[:, None] - self.lengths)
        for j, mean in enumerate(params.directions[:, o]):
            apart[:, j] += np.square(X[:, o] - mean).sum(axis=1)
        shared = (len(m) - 2.0) * np.log(left) + log_area(len(m)) - log_area(params.n_features)
        short = 0.5 * params.concentrations * apart
        deficit: FloatArray = params.concentrated.deficit - missing.deficit
        return deficit - short + shared[:, None]

    def expected_lengths(self, X: FloatArray) -> FloatArray:
        """Along the unit vectors, (n, k)."""
        left = self._left(X)
        cosine = concentrated(self._concentrations(left), len(self.pattern.missing)).cosine
        return np.asarray(left[:, None] * cosine)

    def expected_sums(self, X: FloatArray, resp: FloatArray) -> FloatArray:
        """Sums of the missing cells, (k, q)."""
        along = np.einsum("nk,nk->k", resp, self.expected_lengths(X))
        return np.asarray(along[:, None] * self.units)

    def drawn(self, X: FloatArray, labels: IntArray, rng: np.random.Generator) -> FloatArray:
        """Missing cells (n, q) from each row's component."""
        left = self._left(X)
        t = self._concentrations(left)[np.arange(len(X)), labels]
        if self.units.shape[1] == 1:
            ahead = rng.random(len(X)) * (1.0 + np.exp(-2.0 * t)) < 1.0
            drawn = np.where(ahead, 1.0, -1.0)[:, None] * self.units[labels]
        else:
            own = VonMisesFisherParameters(self.units[labels], t)
            drawn = VonMisesFisher().sample(own, np.arange(len(X)), rng)
        return np.asarray(left[:, None] * drawn)


def _left(observed: FloatArray) -> FloatArray:
    """The length (n,) that observed cells (n, o) leave of 1: not less than their rounding."""
    left = 1.0 - np.square(observed).sum(axis=1)
    return np.asarray(np.sqrt(np.maximum(left, np.finfo(np.float64).eps)))


def _mean_directions(sums: FloatArray) -> FloatArray:
    """Those of sums of directions (k, d): the first axis where the sum is 0 and any will do."""
    sums = sums.copy()
    sums[~sums.any(axis=1), 0] = 1.0
    return directions(sums)


def _shortfalls(kappa: float, d: int, n: int, rng: np.random.Generator) -> FloatArray:
    """1 less the cosines to the mean direction of n rows, by rejection (Wood 1994)."""
    short, left = np.empty(n), np.arange(n)
    b = (d - 1.0) / (2.0 * kappa + np.hypot(2.0 * kappa, d - 1.0))
    least = 2.0 * b / (1.0 + b)
    while len(left):
        z = rng.beta(0.5 * (d - 1.0), 0.5 * (d - 1.0), len(left))
        drawn = 2.0 * b * z / (1.0 - (1.0 - b) * z)
        log_ratio = np.log(0.5 * (1.0 + b) * (1.0 + (1.0 - b) * drawn / (2.0 * b)))
        accepted = kappa * (least - drawn) + (d - 1.0) * log_ratio >= -rng.exponential(
            size=len(left)
        )
        short[left[accepted]] = drawn[accepted]
        left = left[~accepted]
    return short


@dataclass(frozen=True, eq=False)
class VonMisesFisherCoordinates:
    """Logarithms of the concentrations, and steps of the mean directions across themselves.

    A step across is a vector in d dimensions, in units of sqrt(kappa A), of which the part along
    the mean direction means nothing; the way follows a great circle. The complete data's
    information about it is w_j, and w_j kappa^2 A' about log kappa. By Fisher's identity the
    gradients are, per row of weight, sqrt(kappa / A) times the part of S_j across, and
    kappa (m_j . S_j - n_j A).

    Attributes
    ----------
    params : VonMisesFisherParameters
        Of concentrations above 0 and below the largest one.
    tie : Tie
        Of the concentrations.
    """

    params: VonMisesFisherParameters
    tie: Tie

    @classmethod
    def of(cls, params: VonMisesFisherParameters, tie: Tie) -> Self | None:
        """None where a concentration is 0 or the largest one."""
        kappa = params.concentrations
        inner = (kappa > 0.0) & (kappa < LARGEST_CONCENTRATION)
        return cls(params, tie) if inner.all() else None

    @cached_property
    def units(self) -> FloatArray:
        """Steps across in radians are so much longer, (k, 1)."""
        units: FloatArray = np.sqrt(self.params.concentrations * self.params.concentrated.cosine)
        return units[:, None]

    def information(self, weights: FloatArray) -> FloatArray:
        kappa = self.params.concentrations
        of_logs = self.tie.pooled(weights * np.square(kappa) * self.params.concentrated.rise)
        return np.concatenate([of_logs, weights.repeat(self.params.n_features)])

    def gradient(self, statistics: ColumnSums, weight: float) -> FloatArray:
        kappa, cosine = self.params.concentrations, self.params.concentrated.cosine
        along = np.einsum("kd,kd->k", statistics.total, self.params.directions)
        of_logs = self.tie.pooled(kappa * (along - statistics.rows[:, 0] * cosine))
        across = kappa[:, None] / self.units * self._across(statistics.total)
        return np.concatenate([of_logs, across.ravel()]) / weight

    def moved(
        self, changes: FloatArray, estimate: Callable[[], VonMisesFisherParameters]
    ) -> Self | None:
        k, means = self.params.n_components, self.params.directions
        n_logs = self.tie.size(k)
        kappa = self.params.concentrations * np.exp(changes[:n_logs])
        step = self._across(changes[n_logs:].reshape(means.shape)) / self.units
        angle = np.linalg.norm(step, axis=1, keepdims=True)
        if (angle >= np.pi).any():
            return None
        moved = np.cos(angle) * means + np.sinc(angle / np.pi) * step
        return self.of(VonMisesFisherParameters(directions(moved), kappa), self.tie)

    def towards(self, params: VonMisesFisherParameters) -> tuple[FloatArray, Self] | None:
        there = self.of(params, self.tie)
        if there is None:
            return None
        logs = np.log(params.concentrations / self.params.concentrations)
        across = self._across(params.directions)
        sine = np.linalg.norm(across, axis=1, keepdims=True)
        cosine = np.einsum("kd,kd->k", params.directions, self.params.directions)[:, None]
        angle = np.arctan2(sine, cosine)
        step = across * self.units / np.sinc(angle / np.pi)
        return np.concatenate([self.tie.one_of(logs), step.ravel()]), there

    def _across(self, vectors: FloatArray) -> FloatArray:
        """The parts of vectors (k, d) across the mean directions."""
        means = self.params.directions
        along = np.einsum("kd,kd->k", vectors, means)
        across: FloatArray = vectors - along[:, None] * means
        return across


class VonMisesFisherDescription:
    """What files keep of von Mises-Fisher components, and what people see of them."""

    name = "von_mises_fisher"
    text = "a mean direction and a concentration about it: rows of any length, such as embeddings"
    held_by = "rows that point the same way, and are held at the largest concentration"
    simpler = "concentration='shared'"
    kinds = frozenset({Kind.CONTINUOUS, Kind.COUNT, Kind.BINARY})

    def columns(self, family: VonMisesFisher, names: Sequence[object]) -> Schema:
        return Schema.of(names)

    def family(self, schema: Schema) -> VonMisesFisher:
        return VonMisesFisher()

    def check(self, X: FloatArray, schema: Schema) -> None:
        if len(schema) < 2:
            raise DataError(
                f"The table has 1 column, {schema.names[0]}; expected 2 or more, since directions "
                "are on a circle or a sphere."
            )
        refuse(~np.isfinite(X), X, schema, "a direction has finite numbers")
        zeros = ~X.any(axis=1, keepdims=True) & (np.arange(X.shape[1]) == 0)
        refuse(zeros, X, schema, "a row of zeros only has no direction: leave such rows out")
        if has_gaps(X):
            _check_lengths(X, schema)

    def options(self, family: VonMisesFisher) -> dict[str, Any]:
        return {
            "concentration": next(n for n, t in CONCENTRATIONS.items() if t is family.concentration)
        }

    def arrays(self, params: VonMisesFisherParameters) -> dict[str, FloatArray]:
        return {"directions": params.directions, "concentrations": params.concentrations}

    def restored(
        self, options: Mapping[str, Any], arrays: Mapping[str, FloatArray], schema: Schema
    ) -> tuple[VonMisesFisher, VonMisesFisherParameters]:
        check_names("options", options, ("concentration",))
        chosen = record({"concentration": text(*CONCENTRATIONS)}).read(options, "options")
        tie = CONCENTRATIONS[chosen["concentration"]]
        means, kappa = stacked(arrays, directions=(len(schema),), concentrations=())
        check_entries("directions", means, np.abs(means) <= 1.0 + _EQUAL, "a number from -1 to 1")
        lengths = np.linalg.norm(means, axis=1)
        long = np.abs(lengths - 1.0) > _EQUAL
        if long.any():
            j = int(long.argmax())
            raise ModelFileError(
                f"its entry 'arrays.directions[{j}]' has length {lengths[j]:.9g}; it should have "
                "length 1."
            )
        good = (kappa >= 0.0) & (kappa <= LARGEST_CONCENTRATION)
        expected = f"a number from 0 to {LARGEST_CONCENTRATION:g}"
        check_entries("concentrations", kappa, good, expected)
        if tie is Tie.SHARED:
            alike = np.abs(kappa - kappa[0]) <= _EQUAL * kappa[0]
            expected = f"{kappa[0]:.9g}, that of all components"
            check_entries("concentrations", kappa, alike, expected)
        return VonMisesFisher(tie), VonMisesFisherParameters(means, kappa)

    def structure(self, family: VonMisesFisher) -> tuple[str, str]:
        """None."""
        return "", ""

    def restraints(self, family: VonMisesFisher) -> tuple[tuple[str, str], ...]:
        """That all components share one concentration."""
        shared = family.concentration is Tie.SHARED
        return (("Concentration", "one for all components"),) if shared else ()

    def marginal(self, params: VonMisesFisherParameters, place: int, schema: Schema) -> Bell:
        mean = params.concentrated.cosine * params.directions[:, place]
        dispersions = self.dispersions(params, [place])
        return Bell(mean, np.sqrt(dispersions[:, 0, 0]))

    def dispersions(self, params: VonMisesFisherParameters, places: Sequence[int]) -> FloatArray:
        """A' along the mean direction, A / kappa across."""
        there, means = params.concentrated, params.directions[:, list(places)]
        along = means[:, :, None] * means[:, None, :]
        across = np.eye(len(places)) - along
        even = (there.evenness / params.n_features)[:, None, None]
        return even * across + there.rise[:, None, None] * along


def _check_lengths(X: FloatArray, schema: Schema) -> None:
    """See that cells beside missing ones are no longer than 1; the largest one is named."""
    cells = np.where(np.isnan(X), 0.0, np.abs(X))
    with np.errstate(over="ignore"):
        long = np.isnan(X).any(axis=1) & (np.square(cells).sum(axis=1) > 1.0 + _EQUAL)
    largest = np.arange(X.shape[1]) == cells.argmax(axis=1)[:, None]
    expected = (
        "a row with missing cells has to be one of length 1, since nothing tells how long it is: "
        "divide rows by their lengths"
    )
    refuse(long[:, None] & largest, X, schema, expected)

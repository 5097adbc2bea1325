"""Which fused kernel serves a pass over the rows: decided here and nowhere else.

A fused kernel is a faster equal of the composition log_joint -> assignment -> statistics. Where
none serves (another family, another assignment, no compiled kernel) the answer is None, and the
composition runs.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import Any, Protocol, Self, TypeAlias, TypeVar, cast

import numpy as np

from mixtura.assignments import Assignment, Tempered, hard, one_hot, posterior, soft
from mixtura.families import (
    Bernoulli,
    Categorical,
    Exponential,
    Family,
    Gaussian,
    Geometric,
    Multinomial,
    Poisson,
    StudentT,
    StudentTParameters,
)
from mixtura.families.gaussian.structures import Covariances
from mixtura.families.linear import Linear, LinearForm
from mixtura.families.student_t.density import sums_by_observed, sums_of
from mixtura.families.student_t.parameters import StudentTSums, first_sums
from mixtura.kernels.components import (
    Components,
    LinearComponents,
    NoLevelsError,
    noise_log_determinant,
)
from mixtura.kernels.kernel import Kernel, chosen
from mixtura.kernels.marginals import Marginals
from mixtura.mixture import Expectation, Mixture
from mixtura.patterns import Patterns, has_gaps
from mixtura.sources.base_measure import mean_of
from mixtura.sources.source import Chunk, Source
from mixtura.starts.nearest_center import NearestCenter
from mixtura.statistics import Moments
from mixtura.typing import AnyArray, FloatArray, IntArray

__all__ = [
    "FusedPass",
    "Scorer",
    "fused_pass",
    "fused_start",
    "scorer",
]

#: A whole E-step; None where its rounding would show, so that the composition must run.
FusedPass: TypeAlias = Callable[[Source], Expectation[Any] | None]


def fused_pass(mixture: Mixture[Any, Any], assignment: Assignment) -> FusedPass | None:
    """The kernel that serves an E-step, or None."""
    kind, kernel = type(mixture.clusters.family), chosen()
    if isinstance(assignment, Tempered):
        make = _tempered(kind, assignment.b)
    else:
        make = _PASSES.get((kind, assignment))
    return None if make is None or kernel is None else make(mixture, kernel)


def gaussian_components(mixture: Mixture[Any, Any], kernel: Kernel) -> Components:
    """The components of a Gaussian mixture as the kernel takes them."""
    covariances = mixture.params.covariances
    return _components(mixture, kernel, mixture.params.means, covariances, 0.0)


def student_t_components(mixture: Mixture[Any, Any], kernel: Kernel) -> Components:
    """Those of a Student t mixture. With power and slope 0 noise has no tails."""
    params, d = mixture.params, mixture.n_features
    total = 0.5 * (params.dof + d)
    tails = np.zeros((2, mixture.n_components))
    tails[:, : mixture.n_clusters] = total, 1.0 / total
    lower = d + 2.0 * params.normal_excess
    components = _components(mixture, kernel, params.locations, params.scales, lower)
    return replace(components, tails=tails)


def _components(
    mixture: Mixture[Any, Any],
    kernel: Kernel,
    means: FloatArray,
    covariances: Covariances,
    lower: FloatArray | float,
) -> Components:
    """With log-densities that are lower than Gaussian ones by half so many nats, (k,).

    Noise is one that has its density everywhere: a whitening of 0 makes all distances 0.
    """
    region, d, whitening = mixture.noise_region, mixture.n_features, covariances.whitening
    log_determinants = covariances.log_determinants + lower
    if region is not None:
        means = np.concatenate([means, means[:1]])
        whitening = np.concatenate([whitening, np.zeros_like(whitening[:1])])
        noise = noise_log_determinant(region.log_volume, d)
        log_determinants = np.append(log_determinants, noise)
    return Components(
        np.ascontiguousarray(means),
        np.ascontiguousarray(whitening),
        kernel.constants(mixture.weights, log_determinants, d),
    )


@dataclass(frozen=True)
class _View:
    """Components, and how they are seen by rows with missing cells."""

    components: Components
    make_marginals: Callable[[], Marginals] | None = None

    def __call__(self, patterns: Patterns | None) -> Components:
        """For rows with such patterns; None where no cell is missing."""
        if patterns is None:
            return self.components
        return replace(self.components, gaps=self._marginals.gaps(patterns))

    def seen_by(self, rows: AnyArray) -> Components:
        return self(Patterns.of(rows) if has_gaps(rows) else None)

    @cached_property
    def _marginals(self) -> Marginals:
        assert self.make_marginals is not None  # complete rows alone are shown to the others
        return self.make_marginals()


def _gaussian_view(mixture: Mixture[Any, Any], kernel: Kernel) -> _View:
    return _View(gaussian_components(mixture, kernel), partial(Marginals.of_gaussians, mixture))


def _student_t_view(mixture: Mixture[Any, Any], kernel: Kernel) -> _View:
    return _View(student_t_components(mixture, kernel), partial(Marginals.of_student_t, mixture))


def linear_components(mixture: Mixture[Any, Any], form: LinearForm[Any]) -> LinearComponents:
    """The components of a mixture of linear log-densities as the kernel takes them.

    Noise is one whose weights are 0, but for those of missing cells.
    """
    weights, offsets, region = form.weights, form.offsets, mixture.noise_region
    if region is not None:
        of_noise, offset = np.zeros(weights.shape[1]), -region.log_volume
        if form.over_columns is not None:
            of_noise, offset = form.over_columns(-region.log_extents), 0.0
        weights, offsets = np.vstack([weights, of_noise]), np.append(offsets, offset)
    levels = None if form.levels is None else np.array(form.levels, dtype=np.int64)
    constants = offsets + mixture.log_weights
    return LinearComponents(np.ascontiguousarray(weights), constants, levels)


# ---------------------------------------------------------------------------------------------
# E-steps


@dataclass(frozen=True)
class _GaussianPass:
    view: _View
    n_clusters: int
    kernel: Kernel
    hard: bool
    power: float = 1.0

    @classmethod
    def of(
        cls, mixture: Mixture[Any, Any], kernel: Kernel, *, hard: bool, power: float = 1.0
    ) -> Self | None:
        family, view = mixture.clusters.family, _gaussian_view(mixture, kernel)
        assert isinstance(family, Gaussian)  # which the table below sees to
        # The kernel gives the kind of second moments that the kind of covariances suggests.
        if view.components.dense == family.structure.diagonal:
            return None
        # What is expected of missing cells does not depend on a power.
        view = view if power == 1.0 else _View(view.components.to_power(power))
        return cls(view, mixture.n_clusters, kernel, hard, power)

    def __call__(self, source: Source) -> Expectation[Moments] | None:
        if source.gappy and self.view.make_marginals is None:
            return None
        # The moments of all chunks are about the same means, so they simply add.
        return self.gathered(source.map_reduce(self.sums))

    def gathered(self, sums: FloatArray) -> Expectation[Moments] | None:
        """What the kernel's sums come to; None where digits were lost."""
        means, whitening = self.view.components.means, self.view.components.whitening
        k, d = means.shape
        weight, objective = sums[:2].tolist()
        if math.isnan(objective):
            return None
        count = sums[2 : 2 + k]
        first = sums[2 + k : 2 + k + k * d].reshape(k, d)
        second = sums[2 + k + k * d :][: whitening.size].reshape(whitening.shape)
        own = slice(self.n_clusters)  # noise has a count, and no use for its moments
        moments = self.kernel.recenter(means[own], count[own], first[own], second[own])
        if moments is None:
            return None
        return Expectation(weight, objective / self.power, count, Moments(*moments))

    def sums(self, chunk: Chunk) -> FloatArray:
        """What the kernel adds up over the rows of a chunk."""
        return self.kernel.expect(
            chunk.rows,
            chunk.weight,
            self.view(chunk.patterns),
            hard=self.hard,
            labels=chunk.labels,
        )


@dataclass(frozen=True)
class _LinearPass:
    mixture: Mixture[Any, Any]
    complete: LinearForm[Any]
    kernel: Kernel
    hard: bool
    power: float = 1.0

    @classmethod
    def of(
        cls, mixture: Mixture[Any, Any], kernel: Kernel, *, hard: bool, power: float = 1.0
    ) -> Self | None:
        form = linear_form(mixture)
        return None if form is None else cls(mixture, form, kernel, hard, power)

    def __call__(self, source: Source) -> Expectation[Any] | None:
        form = linear_form(self.mixture, gaps=True) if source.gappy else self.complete
        if form is None:
            return None
        components = linear_components(self.mixture, form)
        if form.base is not None:
            components = components.raised(mean_of(form.base, source))
        sums = source.map_reduce(partial(self._sums, form, components.to_power(self.power)))
        weight, objective = sums[:2].tolist()
        if math.isnan(objective):
            return None
        k, m = components.weights.shape
        count, totals = sums[2 : 2 + k], sums[2 + k :].reshape(k, m)
        own = slice(self.mixture.n_clusters)  # noise has a count, and no use for its sums
        statistics = form.gathered(count[own], totals[own])
        return Expectation(weight, objective / self.power, count, statistics)

    def _sums(
        self, form: LinearForm[Any], components: LinearComponents, chunk: Chunk
    ) -> FloatArray:
        rows = _statistics(form, chunk.rows)
        return self.kernel.expect_linear(
            rows, chunk.weight, components, hard=self.hard, labels=chunk.labels
        )


def linear_form(mixture: Mixture[Any, Any], *, gaps: bool = False) -> LinearForm[Any] | None:
    """That of the clusters, of rows with missing cells if asked; None where there is none.

    Nor is there any where there is noise, which does not share their base measure.
    """
    family = cast("Linear", mixture.clusters.family)  # which the table below sees to
    form = family.linear_form(mixture.params, gaps=gaps)
    apart = form is not None and form.base is not None and mixture.noise_region is not None
    return None if apart else form


def _statistics(form: LinearForm[Any], rows: AnyArray) -> AnyArray:
    return rows if form.of_rows is None else np.ascontiguousarray(form.of_rows(_double(rows)))


@dataclass(frozen=True)
class _StudentTPass:
    params: StudentTParameters
    within: _GaussianPass

    @classmethod
    def of(cls, mixture: Mixture[Any, Any], kernel: Kernel, *, hard: bool) -> Self | None:
        view, family = _student_t_view(mixture, kernel), mixture.clusters.family
        assert isinstance(family, StudentT)
        if view.components.dense == family.structure.diagonal:
            return None
        return cls(mixture.params, _GaussianPass(view, mixture.n_clusters, kernel, hard))

    def __call__(self, source: Source) -> Expectation[StudentTSums] | None:
        sums = source.map_reduce(self.within.sums)
        weighted = self.within.gathered(sums)
        if weighted is None:
            return None
        own, k = slice(self.within.n_clusters), len(weighted.counts)
        lines = source.n_features + 1 if source.gappy else 1
        rows, *tails = sums[-3 * lines * k :].reshape(3, lines, k)
        if source.gappy:
            made = partial(sums_by_observed, self.params, rows[:, own])
            statistics = made(weighted.statistics, *(each[:, own] for each in tails))
        else:
            made = partial(sums_of, self.params, rows[0, own])
            statistics = made(weighted.statistics, *(each[0, own] for each in tails))
        return Expectation(weighted.weight, weighted.objective, rows.sum(axis=0), statistics)


#: Families that give a `LinearForm`.
_LINEAR = (Bernoulli, Categorical, Poisson, Geometric, Exponential, Multinomial)

_PASSES: dict[tuple[type, Assignment], Callable[[Mixture[Any, Any], Kernel], FusedPass | None]] = {
    (Gaussian, soft): partial(_GaussianPass.of, hard=False),
    (Gaussian, hard): partial(_GaussianPass.of, hard=True),
    **{(family, soft): partial(_LinearPass.of, hard=False) for family in _LINEAR},
    **{(family, hard): partial(_LinearPass.of, hard=True) for family in _LINEAR},
    (StudentT, soft): partial(_StudentTPass.of, hard=False),
    (StudentT, hard): partial(_StudentTPass.of, hard=True),
}


def _tempered(
    kind: type, b: float
) -> Callable[[Mixture[Any, Any], Kernel], FusedPass | None] | None:
    """The soft pass of components to a power, for families of which that is such a component."""
    if kind is Gaussian:
        return partial(_GaussianPass.of, hard=False, power=b)
    return partial(_LinearPass.of, hard=False, power=b) if kind in _LINEAR else None


def fused_start(family: Family[Any, Any], start: object) -> FusedPass | None:
    """The kernel that gathers the first statistics of a family, or None.

    Rows that belong to the nearest of some centers are hard EM with equal spheres there.
    """
    if isinstance(family, StudentT):
        return _first_of_student_t(family, start)
    kernel = chosen()
    if kernel is None or not isinstance(family, Gaussian) or not isinstance(start, NearestCenter):
        return None
    k = len(start.centers)
    whitening = 1.0 / start.unit if family.structure.diagonal else np.diag(1.0 / start.unit)
    spheres = Components(
        start.origin + start.unit * start.centers,
        np.repeat(whitening[None], k, axis=0),
        np.zeros(k),
    )
    return _GaussianPass(_View(spheres), k, kernel, hard=True)


def _first_of_student_t(family: StudentT, start: object) -> FusedPass | None:
    """In the first step no row weighs less than others."""
    normal = fused_start(family.normal, start)

    def gathered(source: Source) -> Expectation[StudentTSums] | None:
        found = None if normal is None else normal(source)
        return found and replace(found, statistics=first_sums(found.statistics))

    return None if normal is None else gathered


# ---------------------------------------------------------------------------------------------
# Scoring


class Scorer(Protocol):
    """A mixture's view of rows (n, d), float32 or float64."""

    def log_density(self, rows: AnyArray, /) -> FloatArray:
        """log P(x_i), shape (n,)."""
        ...

    def responsibilities(self, rows: AnyArray, /) -> FloatArray:
        """P(C_j | x_i), shape (n, k); 0 where no component can reach the row."""
        ...

    def labels(self, rows: AnyArray, /) -> IntArray:
        """Number of the likeliest component of each row, -1 where none can reach it, shape (n,)."""
        ...

    def densities_and_certainties(self, rows: AnyArray, /) -> tuple[FloatArray, FloatArray]:
        """log P(x_i) and the largest responsibility, both of shape (n,)."""
        ...


def scorer(mixture: Mixture[Any, Any]) -> Scorer:
    """The fastest equal of the mixture's own functions.

    Of Gaussians no row is out of reach: where all densities vanish, the nearest component has it.
    """
    kernel, kind = chosen(), type(mixture.clusters.family)
    composition: Scorer = _Composition(mixture)
    if kernel is None:
        return _OrNearest(composition, mixture) if kind is Gaussian else composition
    if kind in _VIEWS:
        view = _KernelScorer(_VIEWS[kind](mixture, kernel).seen_by, kernel)
        return _OrNearest(view, mixture) if kind is Gaussian else view
    form = linear_form(mixture) if kind in _LINEAR else None
    if form is None:
        return composition
    return _OrComposition(_LinearScorer.of(mixture, form, kernel), mixture, kernel)


@dataclass(frozen=True)
class _Composition:
    mixture: Mixture[Any, Any]

    def log_density(self, rows: AnyArray) -> FloatArray:
        return self.mixture.log_density(_double(rows))

    def responsibilities(self, rows: AnyArray) -> FloatArray:
        return self.mixture.responsibilities(_double(rows))

    def labels(self, rows: AnyArray) -> IntArray:
        log_joint = self.mixture.log_joint(_double(rows))
        return np.where(log_joint.max(axis=1) > -np.inf, log_joint.argmax(axis=1), -1)

    def densities_and_certainties(self, rows: AnyArray) -> tuple[FloatArray, FloatArray]:
        resp, log_density = posterior(self.mixture.log_joint(_double(rows)))
        return log_density, resp.max(axis=1)


@dataclass(frozen=True)
class _KernelScorer:
    seen_by: Callable[[AnyArray], Components | LinearComponents]
    kernel: Kernel

    def log_density(self, rows: AnyArray) -> FloatArray:
        return self.kernel.log_density(rows, self.seen_by(rows))

    def responsibilities(self, rows: AnyArray) -> FloatArray:
        return self.kernel.responsibilities(rows, self.seen_by(rows))

    def labels(self, rows: AnyArray) -> IntArray:
        return self.kernel.labels(rows, self.seen_by(rows))

    def densities_and_certainties(self, rows: AnyArray) -> tuple[FloatArray, FloatArray]:
        return self.kernel.densities_and_certainties(rows, self.seen_by(rows))


_VIEWS: dict[type, Callable[[Mixture[Any, Any], Kernel], _View]] = {
    Gaussian: _gaussian_view,
    StudentT: _student_t_view,
}


@dataclass(frozen=True)
class _LinearScorer:
    """A scorer of statistics as one of rows.

    Its functions raise NoLevelsError where cells are no levels.
    """

    form: LinearForm[Any]
    within: Scorer

    @classmethod
    def of(cls, mixture: Mixture[Any, Any], form: LinearForm[Any], kernel: Kernel) -> Self:
        components = linear_components(mixture, form)
        return cls(form, _KernelScorer(lambda patterns: components, kernel))

    def log_density(self, rows: AnyArray) -> FloatArray:
        return self.within.log_density(_statistics(self.form, rows)) + self._base(rows)

    def responsibilities(self, rows: AnyArray) -> FloatArray:
        return self.within.responsibilities(_statistics(self.form, rows))

    def labels(self, rows: AnyArray) -> IntArray:
        return self.within.labels(_statistics(self.form, rows))

    def densities_and_certainties(self, rows: AnyArray) -> tuple[FloatArray, FloatArray]:
        scores = self.within.densities_and_certainties(_statistics(self.form, rows))
        log_density, certainty = scores
        return log_density + self._base(rows), certainty

    def _base(self, rows: AnyArray) -> FloatArray | float:
        return 0.0 if self.form.base is None else self.form.base(_double(rows))


T = TypeVar("T")


@dataclass(frozen=True)
class _OrComposition:
    """A linear scorer, or the composition where cells are no levels, or nothing is linear."""

    complete: _LinearScorer
    mixture: Mixture[Any, Any]
    kernel: Kernel

    def log_density(self, rows: AnyArray) -> FloatArray:
        return self._asked(rows, lambda scorer: scorer.log_density(rows))

    def responsibilities(self, rows: AnyArray) -> FloatArray:
        return self._asked(rows, lambda scorer: scorer.responsibilities(rows))

    def labels(self, rows: AnyArray) -> IntArray:
        return self._asked(rows, lambda scorer: scorer.labels(rows))

    def densities_and_certainties(self, rows: AnyArray) -> tuple[FloatArray, FloatArray]:
        return self._asked(rows, lambda scorer: scorer.densities_and_certainties(rows))

    def _asked(self, rows: AnyArray, ask: Callable[[Scorer], T]) -> T:
        try:
            return ask(self._suited(rows))
        except NoLevelsError:
            return ask(_Composition(self.mixture))

    def _suited(self, rows: AnyArray) -> Scorer:
        if not has_gaps(rows):
            return self.complete
        form = linear_form(self.mixture, gaps=True)
        if form is None:
            return _Composition(self.mixture)
        return _LinearScorer.of(self.mixture, form, self.kernel)


@dataclass(frozen=True)
class _OrNearest:
    """What a scorer of Gaussians says, with the nearest component for rows that none reaches."""

    within: Scorer
    mixture: Mixture[Any, Any]

    def log_density(self, rows: AnyArray) -> FloatArray:
        return self.within.log_density(rows)

    def responsibilities(self, rows: AnyArray) -> FloatArray:
        resp = self.within.responsibilities(rows)
        if abs(resp.sum() - len(resp)) < 0.5:  # each row sums to 1
            return resp
        beyond = ~(resp.sum(axis=1) > 0.0)
        resp[beyond] = one_hot(self._nearest(rows[beyond]), resp.shape[1])
        return resp

    def labels(self, rows: AnyArray) -> IntArray:
        labels = self.within.labels(rows)
        beyond = labels < 0
        if beyond.any():
            labels[beyond] = self._nearest(rows[beyond])
        return labels

    def densities_and_certainties(self, rows: AnyArray) -> tuple[FloatArray, FloatArray]:
        log_density, certainty = self.within.densities_and_certainties(rows)
        certainty[~(certainty > 0.0)] = 1.0
        return log_density, certainty

    def _nearest(self, rows: AnyArray) -> IntArray:
        params, live = self.mixture.params, self.mixture.clusters.weights > 0.0
        nearest: IntArray = params.nearest(_double(rows), live)
        return nearest


def _double(rows: AnyArray) -> FloatArray:
    return np.asarray(rows, dtype=np.float64)

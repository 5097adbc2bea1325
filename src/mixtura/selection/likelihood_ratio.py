"""How many components, by testing k against k + 1 with a parametric bootstrap.

The likelihood ratio of mixtures with k and k + 1 components has no chi-squared distribution: the
smaller model lies on the edge of the larger one. Its distribution is found by drawing samples
from the fitted mixture of k components and fitting both models to each (McLachlan 1987).
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from functools import partial
from typing import TypeAlias

import numpy as np

from mixtura.errors import DegenerateError, MixturaError
from mixtura.fitting.random_streams import Purpose
from mixtura.fitting.record import FitRecord
from mixtura.fitting.run import fit
from mixtura.fitting.specification import Specification
from mixtura.starts.split_component import best_split
from mixtura.starts.training_rows import TrainingRows
from mixtura.typing import FloatArray

__all__ = ["BootstrapStep", "InParallel", "LikelihoodRatioTest", "Progress", "Tested"]

# Ratios this many tolerances below zero are no matter of where a fit stopped: the larger model
# missed an optimum that the smaller one shows to exist.
_BELOW_ZERO = 20.0

#: Told (samples drawn, most samples of a test, number of components tested).
Progress: TypeAlias = Callable[[int, int, int], None]

#: Tasks -> their results in the order of the tasks, whoever computes them.
InParallel: TypeAlias = Callable[[Sequence[Callable[[], float]]], Iterable[float]]

#: (rows, k) -> what is fitted to them. It may raise MixturaError.
Specify: TypeAlias = Callable[[TrainingRows, int], Specification]


@dataclass(frozen=True)
class BootstrapStep:
    """The test of k components against k + 1.

    Attributes
    ----------
    n_components : int
        k.
    ratio : float
        2 (log-likelihood of k + 1 components - that of k), in nats.
    bootstrap : ndarray of shape (b,)
        The same for samples drawn from the mixture of k components, in the order drawn; `inf`
        where a sample could not be fitted, so that it counts against rejecting.
    p_value : float
        (1 + samples whose ratio is no smaller) / (1 + samples drawn).
    n_below_zero : int
        Samples in which k + 1 components ended below k, in a poor local optimum. Many of them
        make the p-value too small: raise the estimator's `n_init`.
    """

    n_components: int
    ratio: float
    bootstrap: FloatArray
    p_value: float
    n_below_zero: int

    def __str__(self) -> str:
        below = f", {self.n_below_zero} of them below zero" if self.n_below_zero else ""
        return (
            f"{self.n_components} against {self.n_components + 1} components: ratio "
            f"{self.ratio:.2f}, p = {self.p_value:.3g} ({len(self.bootstrap)} samples{below})"
        )


@dataclass(frozen=True, eq=False)
class Tested:
    """What a sequence of tests came to.

    Attributes
    ----------
    n_components : int
        The smallest number tested that was not rejected against the next.
    steps : tuple of BootstrapStep
    record : FitRecord
        Of the fit with that many components to the whole table.
    reason : str
        Why it ended there, in words.
    """

    n_components: int
    steps: tuple[BootstrapStep, ...]
    record: FitRecord
    reason: str


@dataclass(frozen=True, eq=False)
class LikelihoodRatioTest:
    """What stays the same for all numbers of components.

    Attributes
    ----------
    specify : callable
    n_bootstrap : int
        Most samples of a test.
    level : float
    seed : int
    at_a_time : int
        Samples that are fitted at a time.
    in_parallel : callable
    progress : callable, optional
    """

    specify: Specify
    n_bootstrap: int
    level: float
    seed: int
    at_a_time: int
    in_parallel: InParallel
    progress: Progress | None = None

    def run(self, table: TrainingRows, counts: range) -> Tested:
        """Test after test, until one does not reject or the next cannot be made."""
        smaller = fit(self.specify(table, counts.start), table)
        steps: list[BootstrapStep] = []
        k = counts.start
        for k in counts:
            try:
                larger = self._larger(table, smaller, k + 1)
            except MixturaError as failure:
                reason = f"{k + 1} components could not be fitted: {failure}"
                return Tested(k, tuple(steps), smaller, reason)
            if larger.collapsed:
                # Its likelihood is that of the variance floor, which samples from k components,
                # having no equal rows, could not reach.
                return Tested(k, tuple(steps), smaller, f"a component of {k + 1} collapsed")
            steps.append(self._step(smaller, larger, table, k))
            if steps[-1].p_value > self.level:
                reason = f"not rejected against {k + 1} at level {self.level:g}"
                return Tested(k, tuple(steps), smaller, reason)
            smaller = larger
        return Tested(counts.stop, tuple(steps), smaller, "max_components is reached")

    def _rejects(self, n_reached: int) -> bool:
        """Whether this many samples that reach the ratio, of all of them, are few enough."""
        return 1 + n_reached <= self.level * (self.n_bootstrap + 1)

    def _step(
        self, smaller: FitRecord, larger: FitRecord, table: TrainingRows, k: int
    ) -> BootstrapStep:
        ratio = _ratio(smaller, larger)
        drawn: list[float] = []
        n_reached = 0
        with closing(self._ratios_of_samples(smaller, table, k)) as ratios:
            for sampled in ratios:
                drawn.append(sampled)
                n_reached += sampled >= ratio
                if self.progress is not None:
                    self.progress(len(drawn), self.n_bootstrap, k)
                if not self._rejects(n_reached):
                    break
        bootstrap = np.array(drawn)
        tolerance = _BELOW_ZERO * self.specify(table, k).tol * table.summary.total_weight
        return BootstrapStep(
            k,
            ratio,
            bootstrap,
            (1 + n_reached) / (1 + len(drawn)),
            int((bootstrap < -tolerance).sum()),
        )

    def _ratios_of_samples(
        self, smaller: FitRecord, table: TrainingRows, k: int
    ) -> Generator[float, None, None]:
        """The ratios of samples from the smaller model, in order, so many at a time.

        Those that were drawn along with the last one needed are thrown away, so that the result
        does not depend on how many that are.
        """
        n = round(table.summary.total_weight)
        for first in range(0, self.n_bootstrap, self.at_a_time):
            numbers = range(first, min(first + self.at_a_time, self.n_bootstrap))
            yield from self.in_parallel(
                [partial(self._ratio_of_sample, smaller, n, table, k, i) for i in numbers]
            )

    def _ratio_of_sample(
        self, null: FitRecord, n: int, table: TrainingRows, k: int, number: int
    ) -> float:
        rng = np.random.default_rng((self.seed, Purpose.BOOTSTRAP, k, number))
        try:
            rows = null.mixture.sample(n, rng)[0].astype(table.rows.dtype)
            sample = TrainingRows.of(rows, None, table.column_names, table.n_threads)
            smaller = fit(self.specify(sample, k), sample)
            return _ratio(smaller, self._larger(sample, smaller, k + 1))
        except MixturaError:
            return np.inf

    def _larger(self, table: TrainingRows, smaller: FitRecord, k: int) -> FitRecord:
        """k components: from the model's own starts or from a split, whichever ends higher.

        From its own starts the larger mixture may end in a poor optimum, below the smaller one. So
        it also starts from the smaller one with a component cut in two.
        """
        specification = self.specify(table, k)
        by_starts = fit(specification, table)
        try:
            split = best_split(smaller.mixture, table)
            values = replace(specification.values, assigned=split, numbers_matter=False)
            by_split = fit(replace(specification, values=values, n_starts=1), table)
        except DegenerateError:
            return by_starts
        return max(by_starts, by_split, key=_height)


def _height(record: FitRecord) -> tuple[bool, float]:
    return not record.collapsed, record.scores.log_likelihood


def _ratio(smaller: FitRecord, larger: FitRecord) -> float:
    return 2.0 * (larger.scores.log_likelihood - smaller.scores.log_likelihood)

"""How many components, by testing k against k + 1 with a parametric bootstrap.

The likelihood ratio of mixtures with k and k + 1 components has no chi-squared distribution: the
smaller model lies on the edge of the larger one. Its distribution is found by drawing samples
from the fitted mixture of k components and fitting both models to each (McLachlan 1987).
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Self, TypeAlias

import numpy as np

from mixtura.errors import DegenerateError, MixturaError
from mixtura.explain import Soundness
from mixtura.fitting.random_streams import Purpose
from mixtura.fitting.record import FitRecord
from mixtura.fitting.resampling import sampled_rows
from mixtura.fitting.run import Fitting, fit
from mixtura.fitting.specification import Before, Specification, silently
from mixtura.mixture import Mixture
from mixtura.selection.scores import mean_log_density
from mixtura.starts.split_component import cuts
from mixtura.starts.starting_values import StartingValues
from mixtura.starts.training_rows import TrainingRows
from mixtura.typing import FloatArray

__all__ = ["BootstrapStep", "InParallel", "LikelihoodRatioTest", "Progress", "Tested"]

# Where the log-likelihood of a sample would rise by less, in nats, its runs may stop. With ten
# times as much, some stop on a plateau, and the ratios' median is lower by up to a nat.
_FINE = 0.001

# Times the model's `max_iter` that runs in samples may go on for: they begin in flat places more
# often than others, and a run that gives up has no ratio.
_LONGER = 5

# Ratios further below zero are no matter of where runs stopped: the larger model missed an optimum
# that the smaller one shows to exist.
_BELOW_ZERO = 5.0 * _FINE

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
        Samples in which all runs of k + 1 components ended below k, in poor local optima. Many of
        them make the p-value too small.
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
            steps.append(self._step(self._resampling(smaller, larger, table)))
            if steps[-1].p_value > self.level:
                reason = f"not rejected against {k + 1} at level {self.level:g}"
                return Tested(k, tuple(steps), smaller, reason)
            smaller = larger
        return Tested(counts.stop, tuple(steps), smaller, "max_components is reached")

    def _rejects(self, n_reached: int) -> bool:
        """Whether this many samples that reach the ratio, of all of them, are few enough."""
        return 1 + n_reached <= self.level * (self.n_bootstrap + 1)

    def _resampling(self, smaller: FitRecord, larger: FitRecord, table: TrainingRows) -> Resampling:
        return Resampling(
            self._fitted(smaller, table), self._fitted(larger, table), table, self.seed
        )

    def _fitted(self, record: FitRecord, table: TrainingRows) -> Fitted:
        mixture = record.mixture
        specification = self.specify(table, mixture.n_clusters)
        return Fitted(mixture, record.scores.log_likelihood, specification)

    def _step(self, resampling: Resampling) -> BootstrapStep:
        ratio, k = resampling.ratio, resampling.smaller.mixture.n_clusters
        drawn: list[float] = []
        n_reached = 0
        with closing(self._ratios_of_samples(resampling)) as ratios:
            for sampled in ratios:
                drawn.append(sampled)
                n_reached += sampled >= ratio
                if self.progress is not None:
                    self.progress(len(drawn), self.n_bootstrap, k)
                if not self._rejects(n_reached):
                    break
        bootstrap = np.array(drawn)
        return BootstrapStep(
            k,
            ratio,
            bootstrap,
            (1 + n_reached) / (1 + len(drawn)),
            int((bootstrap < -_BELOW_ZERO).sum()),
        )

    def _ratios_of_samples(self, resampling: Resampling) -> Generator[float, None, None]:
        """The ratios of samples from the smaller model, in order, so many at a time.

        Those that were drawn along with the last one needed are thrown away, so that the result
        does not depend on how many that are.
        """
        for first in range(0, self.n_bootstrap, self.at_a_time):
            numbers = range(first, min(first + self.at_a_time, self.n_bootstrap))
            yield from self.in_parallel([partial(resampling.ratio_of_sample, i) for i in numbers])

    def _larger(self, table: TrainingRows, smaller: FitRecord, k: int) -> FitRecord:
        """k components: from the model's own starts or from a split, whichever ends higher.

        From its own starts the larger mixture may end in a poor optimum, below the smaller one. So
        it also starts from the smaller one with a component cut in two.
        """
        specification = self.specify(table, k)
        by_starts = fit(specification, table)
        parts = cuts(smaller.mixture, table)
        try:
            split, _ = _highest((_from_responsibilities(specification, r) for r in parts), table)
            by_split = fit(split, table)
        except DegenerateError:
            return by_starts
        return max(by_starts, by_split, key=lambda record: _End.of(record).height)


@dataclass(frozen=True, eq=False)
class Fitted:
    """A model that was fitted to the table.

    Attributes
    ----------
    mixture : Mixture
    log_likelihood : float
        Of the table, in nats.
    specification : Specification
    """

    mixture: Mixture[Any, Any]
    log_likelihood: float
    specification: Specification

    def again(self, sample: TrainingRows, further: Iterable[FloatArray] = ()) -> _End:
        """The model in a sample: its highest end from this mixture, or from responsibilities.

        Where all of these collapse, it makes its own starts.
        """
        own = self.specification
        own = replace(
            own,
            tol=max(own.tol, _FINE / len(sample.rows)),
            max_iter=_LONGER * own.max_iter,
            narrate=silently,
        )
        found = StartingValues(own.values.ways)
        here = replace(own, before=Before(self.mixture, (), found))
        end = _highest([here, *(_from_responsibilities(own, resp) for resp in further)], sample)[1]
        return _End.of(fit(own, sample)) if end.soundness.upheld else end


@dataclass(frozen=True, eq=False)
class Resampling:
    """Samples from the smaller of two models, to which both are fitted again.

    A sample's likelihood has an optimum near the mixture that it is drawn from: the smaller
    model's run begins there. The larger one's begin where the table's larger mixture is, and from
    the smaller one's end with each component in turn cut in two.

    Attributes
    ----------
    smaller, larger : Fitted
    table : TrainingRows
    seed : int
    """

    smaller: Fitted
    larger: Fitted
    table: TrainingRows
    seed: int

    @property
    def ratio(self) -> float:
        """That of the table."""
        return 2.0 * (self.larger.log_likelihood - self.smaller.log_likelihood)

    def sample(self, number: int) -> TrainingRows:
        """The sample of the given number, with as many rows as the table weighs."""
        null = self.smaller.mixture
        rng = np.random.default_rng((self.seed, Purpose.BOOTSTRAP, null.n_clusters, number))
        return sampled_rows(self.table, null, rng)

    def ratio_of_sample(self, number: int) -> float:
        """That of the sample of the given number; infinite if it cannot be fitted."""
        try:
            sample = self.sample(number)
            smaller = self.smaller.again(sample)
            larger = self.larger.again(sample, cuts(smaller.mixture, sample))
            return 2.0 * (larger.log_likelihood - smaller.log_likelihood)
        except MixturaError:
            return np.inf


@dataclass(frozen=True, eq=False)
class _End:
    """Where a run ended, with what log-likelihood, and whether that is of groups of rows."""

    mixture: Mixture[Any, Any]
    log_likelihood: float
    soundness: Soundness

    @classmethod
    def of(cls, record: FitRecord) -> Self:
        flaws = Soundness(record.collapsed, record.spurious)
        return cls(record.mixture, record.scores.log_likelihood, flaws)

    @property
    def height(self) -> tuple[bool, bool, float]:
        """The likelihood of a collapsed component is that of the floor; of few rows, of chance."""
        flaws = self.soundness
        return not flaws.upheld, not flaws.spurious, self.log_likelihood


def _end(specification: Specification, table: TrainingRows) -> _End:
    """Where the first run of a specification ends."""
    fitting = Fitting.of(specification, table)
    mixture = fitting.run(fitting.begin(0)).mixture
    log_likelihood = table.summary.total_weight * mean_log_density(mixture, fitting.source)
    return _End(mixture, log_likelihood, fitting.judged(mixture))


def _highest(
    specifications: Iterable[Specification], table: TrainingRows
) -> tuple[Specification, _End]:
    """The one whose first run ends highest; unsound ones only if there is no other.

    Raises
    ------
    DegenerateError
        If none of them can begin.
    """
    ends: list[tuple[Specification, _End]] = []
    for specification in specifications:
        with suppress(DegenerateError):
            ends.append((specification, _end(specification, table)))
    if not ends:
        raise DegenerateError("no cut of a component has rows on both sides")
    return max(ends, key=lambda one: one[1].height)


def _from_responsibilities(specification: Specification, resp: FloatArray) -> Specification:
    """One run, from first responsibilities."""
    values = replace(specification.values, assigned=resp, numbers_matter=False)
    return replace(specification, values=values, n_starts=1)

"""Laws of distribution functions and quantiles, over all families."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy import stats
from scipy.integrate import quad

import mixtura as mx
from gap_records import rules_of
from mixtura.explain.conditional import marginal
from mixtura.explain.quantiles import cdf, quantile
from mixtura.explain.regression import expected_values, one_column
from mixtura.families import Uniform
from mixtura.families.one_column import Numbers
from mixtura.families.schema import Kind
from mixtura.mixture import Mixture
from mixtura.testing import assert_alike
from mixtura.typing import FloatArray
from question_records import CONDITIONAL, fitted, ids
from records import FamilyRecord

SHARES = np.array([0.0, 1e-9, 0.003, 0.1, 0.37, 0.5, 0.81, 0.999, 1.0 - 1e-9, 1.0])


def numbers_of(record: FamilyRecord) -> list[int]:
    """The columns of numbers."""
    return [a for a, column in enumerate(record.schema) if not column.has_levels]


WITH_NUMBERS = [record for record in CONDITIONAL if numbers_of(record)]
OF_ALL = pytest.mark.parametrize("record", WITH_NUMBERS, ids=ids(WITH_NUMBERS))


def column_of(mixture: Mixture[Any, Any], place: int) -> tuple[Numbers, FloatArray]:
    column, shares = one_column(mixture, np.full((1, mixture.n_features), np.nan), place)
    assert isinstance(column, Numbers)
    return column, shares


@OF_ALL
def test_quantiles_undo_shares(record: FamilyRecord) -> None:
    mixture = fitted(record)
    for place in numbers_of(record):
        column, shares = column_of(mixture, place)
        at = quantile(column, shares, SHARES)
        assert (np.diff(at) >= 0.0).all()
        below = cdf(column, shares, at)
        inner = (SHARES > 0.0) & (SHARES < 1.0)
        if record.schema[place].kind is Kind.COUNT:
            assert (at[inner] == np.floor(at[inner])).all()
            assert (below[inner] >= SHARES[inner]).all()
            assert (cdf(column, shares, at[inner] - 1.0) < SHARES[inner]).all()
        else:
            assert_alike(below, SHARES, 1e-12)


@OF_ALL
def test_shares_are_integrals_of_the_density(record: FamilyRecord) -> None:
    mixture = fitted(record)
    for place in numbers_of(record):
        column, shares = column_of(mixture, place)
        own = marginal(mixture, np.array([place]))
        ends = quantile(column, shares, np.array([0.15, 0.7]))
        found = np.diff(cdf(column, shares, ends))[0]

        def density(values: Any, own: Mixture[Any, Any] = own) -> Any:
            return np.exp(own.log_density(np.reshape(values, (-1, 1)))).sum()

        if record.schema[place].kind is Kind.COUNT:
            expected = density(np.arange(ends[0] + 1.0, ends[1] + 1.0))
        else:
            jumps = record.X[:, place] if isinstance(record.family, Uniform) else ends
            points = np.unique(np.clip(jumps, *ends))
            expected = quad(density, *ends, points=points, limit=500, epsabs=1e-11)[0]
        assert_alike(found, expected, 1e-8)


@OF_ALL
def test_samples_lie_below_quantiles_as_often_as_they_should(record: FamilyRecord) -> None:
    mixture, n = fitted(record), 4_000
    rows, _ = mixture.sample(n, np.random.default_rng(3))
    for place in numbers_of(record):
        column, shares = column_of(mixture, place)
        at = quantile(column, shares, np.array([0.05, 0.5, 0.9]))
        u = cdf(column, shares, at)  # of counts more than the shares
        seen = (rows[:, place, None] <= at).mean(axis=0)
        assert (np.abs(seen - u) <= 4.5 * np.sqrt(u * (1.0 - u) / n) + 1e-12).all()


@OF_ALL
def test_means_are_integrals(record: FamilyRecord) -> None:
    if record.noise:
        return  # whose density is everywhere, and its mean that of the box
    mixture, rules = fitted(record), rules_of(record)
    for place in numbers_of(record):
        nodes, weights = rules[place]
        own = marginal(mixture, np.array([place]))
        mass = np.exp(own.log_density(nodes[:, None])) * weights
        mean = expected_values(mixture, place, np.full((1, mixture.n_features), np.nan))[0]
        scale = float(np.abs(record.X[:, place]).max())
        assert abs(mass @ nodes - mean) <= 1e-5 * scale, place


# ---------------------------------------------------------------------------------------------
# As SciPy has them


def check_against(estimator: Any, others: list[Any], values: FloatArray) -> None:
    """The cdf of an estimator of one column against frozen distributions, by its weights."""
    expected = sum(w * d.cdf(values) for w, d in zip(estimator.weights_, others, strict=True))
    np.testing.assert_allclose(estimator.cdf(values), expected, rtol=1e-11, atol=1e-13)
    whole = all(hasattr(d, "pmf") or hasattr(d.dist, "pmf") for d in others)
    if len(others) == 1:
        at = np.array([0.001, 0.2, 0.5, 0.97])
        own = estimator.quantile(at)
        np.testing.assert_allclose(own, others[0].ppf(at), rtol=0.0 if whole else 1e-9)


X = np.random.default_rng(0).gamma(2.0, 3.0, (300, 1))
N = np.random.default_rng(0).negative_binomial(2.0, 0.2, (300, 1)).astype(float)


@pytest.mark.parametrize("k", [1, 2])
def test_the_distribution_functions_of_scipy(k: int) -> None:
    values, counts = np.linspace(-3.0, 40.0, 87), np.arange(-1.0, 60.0, 0.5)
    of: dict[str, Any] = {"random_state": 0}
    g = mx.GaussianMixture(k, **of).fit(X)
    deviations = np.sqrt(g.covariances_[:, 0, 0])
    check_against(g, list(map(stats.norm, g.means_[:, 0], deviations)), values)
    t = mx.StudentTMixture(k, dof=3.5, **of).fit(X)
    scales = np.sqrt(t.scales_[:, 0, 0])
    check_against(
        t, [stats.t(3.5, m, s) for m, s in zip(t.locations_[:, 0], scales, strict=True)], values
    )
    e = mx.ExponentialMixture(k, **of).fit(X)
    check_against(e, [stats.expon(scale=m) for m in e.means_[:, 0]], values)
    a = mx.GammaMixture(k, **of).fit(X)
    shapes = zip(a.shapes_[:, 0], a.rates_[:, 0], strict=True)
    check_against(a, [stats.gamma(shape, scale=1.0 / rate) for shape, rate in shapes], values)
    l_ = mx.LogNormalMixture(k, **of).fit(X)
    deviations = np.sqrt(l_.covariances_[:, 0, 0])
    logs = zip(deviations, l_.medians_[:, 0], strict=True)
    check_against(l_, [stats.lognorm(s, scale=m) for s, m in logs], values)
    p = mx.PoissonMixture(k, **of).fit(N)
    check_against(p, [stats.poisson(rate) for rate in p.rates_[:, 0]], counts)
    b = mx.NegativeBinomialMixture(k, **of).fit(N)
    sizes, means = 1.0 / b.dispersions_[:, 0], b.means_[:, 0]
    pairs = zip(sizes, sizes / (sizes + means), strict=True)
    check_against(b, [stats.nbinom(size, share) for size, share in pairs], counts)
    q = mx.GeometricMixture(k, **of).fit(N)
    check_against(q, [stats.geom(share, loc=-1) for share in q.probabilities_[:, 0]], counts)


def test_a_gap_between_components_has_the_quantile_at_its_lower_end() -> None:
    rows = np.concatenate([np.linspace(0.0, 1.0, 50), np.linspace(10.0, 11.0, 50)])[:, None]
    boxes = mx.UniformMixture(2, random_state=0).fit(rows)
    assert boxes.quantile(0.5) == 1.0
    assert boxes.quantile([0.0, 1.0]).tolist() == [0.0, 11.0]
    assert boxes.cdf([1.0, 5.0, 10.0]).tolist() == [0.5, 0.5, 0.5]

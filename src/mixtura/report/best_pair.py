"""The two columns of numbers in which the clusters lie apart best, for the first picture.

How far clusters overlap in two columns is measured by the bound of Chernoff on the share of rows
that the likeliest cluster misses (Fukunaga 1990, "Introduction to Statistical Pattern Recognition",
section 3.4), summed over all pairs of clusters, as if both were bells of their mean covariance
matrix: what only spreads further around the same centre is not apart for the eye.
"""

import re
from collections.abc import Sequence
from itertools import combinations

import numpy as np

from mixtura.families.description import Marginal, Shares
from mixtura.report.summaries import Floats

TRIED = 20  # of very many columns, those that separate the clusters best by themselves

_LONGITUDE = re.compile(r"(.*[\W_]|)(lon|lng|long|longitude)", re.IGNORECASE)
_LATITUDE = re.compile(r"(.*[\W_]|)(lat|latitude)", re.IGNORECASE)


def best_pair(
    marginals: Sequence[Marginal],
    spreads: Floats | None,
    weights: Floats,
    ranking: Sequence[int],
    names: Sequence[str],
) -> tuple[int, int] | None:
    """Places of the columns to draw across and up; None where there are no two of numbers.

    A single cluster has nothing to be apart from: it shows the columns that go together most.

    Parameters
    ----------
    marginals : sequence of Marginal
    spreads : (k, c, c) array or None
        How these columns vary together; None where they are independent.
    weights : (k,) array
    ranking : sequence of int
        Their places, that which separates the clusters best by itself first.
    names : sequence of str
        What they are called: a longitude goes across, a latitude up.
    """
    numbers = [c for c in ranking if not isinstance(marginals[c], Shares)][:TRIED]
    if len(numbers) < 2:
        return None
    means = np.array([_moments(marginals[c])[0] for c in numbers]).T
    within = _within(marginals, spreads, numbers)
    pairs = list(combinations(range(len(numbers)), 2))
    overlaps = [_overlap(means[:, pair], within[:, pair][:, :, pair], weights) for pair in pairs]
    first, second = sorted(numbers[place] for place in pairs[int(np.argmin(overlaps))])
    on_its_side = _LATITUDE.fullmatch(names[first]) and _LONGITUDE.fullmatch(names[second])
    return (second, first) if on_its_side else (first, second)


def _moments(marginal: Marginal) -> tuple[Floats, Floats]:
    assert not isinstance(marginal, Shares)  # which are no numbers
    return marginal.mean, marginal.deviation


def _within(
    marginals: Sequence[Marginal], spreads: Floats | None, numbers: Sequence[int]
) -> Floats:
    """Covariance matrices (k, m, m) of some columns; variances alone where there are no others."""
    variances = np.array([np.square(_moments(marginals[c])[1]) for c in numbers]).T
    alone = np.where(np.eye(len(numbers), dtype=bool), variances[:, :, None], 0.0)
    if spreads is None:
        return alone
    given = spreads[:, numbers][:, :, numbers]
    return np.where(np.isfinite(given), given, alone)


def _overlap(mean: Floats, within: Floats, weights: Floats) -> float:
    """The bound in two columns; of a single cluster how little these go together."""
    k = len(weights)
    with np.errstate(all="ignore"):  # a pair without a spread comes last
        if k == 1:
            ((a, b), (_, c)) = within[0]
            overlap = 1.0 - abs(b) / np.sqrt(a * c)
        else:
            i, j = np.triu_indices(k, 1)
            middle, apart = (within[i] + within[j]) / 2.0, mean[i] - mean[j]
            overlap = np.sqrt(weights[i] * weights[j]) @ np.exp(-_squared_length(apart, middle) / 8)
    return float(overlap) if np.isfinite(overlap) else np.inf


def _squared_length(vectors: Floats, matrices: Floats) -> Floats:
    """v' S^-1 v of vectors (n, 2)."""
    (u, v), ((a, b), (_, c)) = vectors.T, matrices.transpose(1, 2, 0)
    lengths: Floats = (c * u * u - 2.0 * b * u * v + a * v * v) / (a * c - b * b)
    return lengths

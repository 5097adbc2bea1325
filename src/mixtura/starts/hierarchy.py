"""Model-based agglomerative hierarchical clustering: one tree of merges gives a start for every k.

Every distinct row begins as a group of its own, and the two groups are merged again and again
whose union costs the least, by the classification likelihood of Gaussian groups without
constraints (Banfield and Raftery 1993). Rows are first rotated and scaled so that units do not
matter (Scrucca and Raftery 2015).

Nothing here is random, and the order of the rows does not matter: distinct rows are sorted, and of
merges that cost the same the one of the earliest groups is made. A row of weight 2 is the same
row twice, and the unit of the weights does not matter.

References
----------
Banfield, Raftery (1993), "Model-based Gaussian and non-Gaussian clustering", Biometrics 49.
Fraley (1998), "Algorithms for model-based Gaussian hierarchical clustering", SIAM Journal on
Scientific Computing 20, 270-281.
Scrucca, Raftery (2015), "Improved initialisation of model-based clustering using Gaussian
hierarchical partitions", Advances in Data Analysis and Classification 9, 447-460.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mixtura.errors import MixturaError
from mixtura.kernels.choice import chosen_name
from mixtura.kernels.hierarchy_merges import merge
from mixtura.starts.principal_axes import principal_axes
from mixtura.statistics import NEGLIGIBLE, Moments
from mixtura.typing import BoolArray, FloatArray, IntArray

__all__ = ["CELLS", "MOST_LEAVES", "Hierarchy", "hierarchy"]

#: Distinct rows of which each begins as a group of its own: costs are kept for all pairs of them.
MOST_LEAVES = 1000

#: Cells of close rows that the merging begins with if there are more distinct rows. More of them
#: take longer and make the starts no better.
CELLS = 500

#: In more dimensions than this the determinant is left out: within a group it is then so far
#: below the trace that it is added to that it would not be seen, and it is what takes the time.
_DETERMINANT_DIMENSIONS = 8

#: Directions with a smaller share of the largest variance are rounding: columns are collinear.
_COLLINEAR = 1e-12

#: Merges whose costs differ by less, in nats per typical row, cost the same.
_TIE = 1e-6


@dataclass(frozen=True)
class Hierarchy:
    """A tree of merges over the rows of a table.

    Attributes
    ----------
    leaf : ndarray of shape (n,)
        The leaf of each row, from 0 to size - 1. Equal rows share a leaf, and where there are more
        than `MOST_LEAVES` distinct rows, so do close ones.
    merges : ndarray of shape (size - 1, 2)
        The two groups of each merge, first merge first, each called by its first leaf. The
        first of the two is the smaller number.

    Examples
    --------
    >>> import numpy as np
    >>> from mixtura.starts.hierarchy import hierarchy
    >>> tree = hierarchy(np.array([[0.0], [10.0], [0.2], [10.1]]), np.ones(4))
    >>> tree.size
    4
    >>> tree.labels(2)
    array([0, 1, 0, 1])
    """

    leaf: IntArray
    merges: IntArray

    @property
    def size(self) -> int:
        """Number of leaves: the most groups that the tree can tell apart."""
        return len(self.merges) + 1

    def labels(self, k: int) -> IntArray:
        """The group of each row, (n,), where the tree has k groups, numbered by their first leaf.

        Each group for k is one for k + 1, or the union of two.

        Raises
        ------
        MixturaError
            If k is not from 1 to size.
        """
        if not 1 <= k <= self.size:
            raise MixturaError(
                f"k={k} groups of a hierarchy with {self.size} leaves: use k from 1 to {self.size}."
            )
        group = list(range(self.size))
        # Undone from the last merge to the first, a leaf's group is known before it is asked for.
        for first, second in self.merges[: self.size - k][::-1].tolist():
            group[second] = group[first]
        numbered: IntArray = np.unique(group, return_inverse=True)[1]
        return numbered[self.leaf]


def hierarchy(rows: FloatArray, weight: FloatArray) -> Hierarchy:
    """Merge rows to ever larger groups, from the distinct rows to one group of all.

    Parameters
    ----------
    rows : ndarray of shape (n, d)
        In any units; finite.
    weight : ndarray of shape (n,)
        Positive multiplicities. Distinct rows that are lighter than `NEGLIGIBLE` times the
        heaviest one are taken to be so heavy: to merge them costs next to nothing either way.

    Returns
    -------
    Hierarchy

    Notes
    -----
    Time and memory grow with the square of the number of leaves. Beyond `MOST_LEAVES` distinct
    rows, which need 8 MB, the leaves are `CELLS` cells of close rows.
    """
    distinct, number = _distinct(rows)
    if len(distinct) == 1:
        return Hierarchy(number, np.empty((0, 2), dtype=np.intp))
    count = _totals(number, weight)
    count = np.maximum(count, NEGLIGIBLE * count.max())  # lest squares and determinants overflow
    points = _transformed(distinct, count)
    cell = _cells(points, count)
    leaves = _moments(points, count, cell, diagonal=points.shape[1] > _DETERMINANT_DIMENSIONS)
    # The sum of squares that Fraley's criterion lends to every group, even one of a single row.
    typical = float((count @ np.square(points)).sum()) / points.size
    tie = _TIE * float(count.mean())
    if chosen_name() is not None:
        merges = merge(leaves.count, leaves.mean, leaves.scatter, typical, tie)
    else:
        merges = _merged(leaves, typical, tie)
    return Hierarchy(cell[number], merges)


def _distinct(rows: FloatArray) -> tuple[FloatArray, IntArray]:
    """The distinct rows in lexicographic order, and which of them each row is."""
    order = np.lexsort(rows.T[::-1])
    ordered = rows[order]
    begins = np.ones(len(rows), dtype=bool)
    begins[1:] = (ordered[1:] != ordered[:-1]).any(axis=1)
    number = np.empty(len(rows), dtype=np.intp)
    number[order] = begins.cumsum() - 1
    return ordered[begins], number


def _transformed(rows: FloatArray, count: FloatArray) -> FloatArray:
    """Rows along the principal axes of their correlations, each divided by its variance^(1/4).

    Rows whose columns have the deviation 1 have a singular value decomposition U D V', and
    these are U D^(1/2) but for a factor. Constant columns and collinear directions are left out.
    """
    varying = rows.min(axis=0) < rows.max(axis=0)
    share = count / count.sum()
    deviation = rows[:, varying] - share @ rows[:, varying]
    deviation /= np.abs(deviation).max(axis=0)  # lest squares overflow
    deviation /= np.sqrt(share @ np.square(deviation))
    variances, axes = principal_axes(deviation, share)
    kept = variances > _COLLINEAR * variances.max(initial=0.0)
    points: FloatArray = deviation @ (axes[:, kept] * variances[kept] ** -0.25)
    return points


# ---------------------------------------------------------------------------------------------
# Leaves


def _cells(points: FloatArray, count: FloatArray) -> IntArray:
    """The cell of each point: its own, if there are few enough of them.

    Else the cell with the largest sum of squares along an axis is cut in two at its mean, again
    and again, until there are `CELLS` (Su and Dy 2007, "variance partitioning") or no cell holds
    points that differ: beside a far outlier, distinct rows can have equal coordinates.
    """
    if len(points) <= MOST_LEAVES:
        return np.arange(len(points))
    members: list[IntArray] = [np.arange(len(points))]
    spread = np.zeros((CELLS, points.shape[1]))
    spread[0] = _sums_of_squares(points, count)
    while len(members) < CELLS and spread.any():
        new = len(members)
        widest, axis = divmod(int(spread.argmax()), points.shape[1])
        inside = members[widest]
        above = _above_the_mean(points[inside, axis], count[inside])
        members[widest] = inside[~above]
        members.append(inside[above])
        for part in (widest, new):
            spread[part] = _sums_of_squares(points[members[part]], count[members[part]])
    cell = np.empty(len(points), dtype=np.intp)
    for number, inside in enumerate(sorted(members, key=lambda inside: int(inside[0]))):
        cell[inside] = number
    return cell


def _sums_of_squares(points: FloatArray, count: FloatArray) -> FloatArray:
    """Weighted sums of squares about the mean along each axis, exactly 0 where points are equal."""
    deviation = points - (count @ points) / count.sum()
    sums = count @ np.square(deviation)
    return np.where(points.min(axis=0) < points.max(axis=0), sums, 0.0)


def _above_the_mean(values: FloatArray, count: FloatArray) -> BoolArray:
    """Which values are above their mean. Some are and some are not, however the mean is rounded."""
    mean = (count @ values) / count.sum()
    above: BoolArray = values > np.clip(mean, values.min(), np.nextafter(values.max(), -np.inf))
    return above


def _moments(points: FloatArray, count: FloatArray, cell: IntArray, *, diagonal: bool) -> Moments:
    """Moments of the points in each cell."""
    total = _totals(cell, count)
    mean = np.stack([_totals(cell, count * x) / total for x in points.T], axis=-1)
    deviation = (points - mean[cell]).T
    if diagonal:
        squares = [_totals(cell, count * x * x) for x in deviation]
        return Moments(total, mean, np.stack(squares, axis=-1))
    products = [[_totals(cell, count * x * y) for y in deviation] for x in deviation]
    return Moments(total, mean, np.array(products).transpose(2, 0, 1))


def _totals(number: IntArray, values: FloatArray) -> FloatArray:
    """Sums of the values that have each number."""
    return np.bincount(number, values).astype(np.float64, copy=False)


# ---------------------------------------------------------------------------------------------
# Merging


def _merged(leaves: Moments, typical: float, tie: float) -> IntArray:
    """The reference: the merges from all leaves to one group, each called by its first leaf.

    The cost of every pair is kept, and each group's cheapest partner, so that a merge computes
    the costs of one group only.
    """
    size = len(leaves.count)
    groups = _laid_out(leaves)
    own = _criterion(groups, typical)

    def costs_of(a: int, others: IntArray) -> FloatArray:
        unions = _some(groups, others) + _some(groups, [a])
        union_costs: FloatArray = _criterion(unions, typical) - own[others] - own[a]
        return union_costs

    costs = np.full((size, size), np.inf)
    for a in range(size - 1):
        later = np.arange(a + 1, size)
        costs[a, later] = costs[later, a] = costs_of(a, later)
    partner = _first_least(costs, tie)
    least = costs[np.arange(size), partner]
    merges = np.empty((size - 1, 2), dtype=np.intp)
    alive = np.arange(size)
    for step in range(size - 1):
        chosen = int(_first_least(least, tie))
        a, b = sorted((chosen, int(partner[chosen])))
        merges[step] = a, b
        union = _some(groups, [a]) + _some(groups, [b])
        _put(groups, a, union)
        own[a] = _criterion(union, typical)[0]
        costs[b] = costs[:, b] = least[b] = np.inf
        alive = alive[alive != b]
        others = alive[alive != a]
        costs[a, others] = costs[others, a] = costs_of(a, others)
        forsaken = alive[(alive == a) | (partner[alive] == a) | (partner[alive] == b)]
        partner[forsaken] = _first_least(costs[forsaken], tie)
        least[forsaken] = costs[forsaken, partner[forsaken]]
        drawn = others[costs[a, others] < least[others] - tie]
        partner[drawn], least[drawn] = a, costs[a, drawn]
    return merges


def _laid_out(moments: Moments) -> Moments:
    """A copy in which each entry lies in memory one group after another: batches run along it."""
    return Moments(
        moments.count.copy(),
        np.array(moments.mean, order="F"),
        np.array(moments.scatter, order="F"),
    )


def _some(groups: Moments, members: IntArray | list[int]) -> Moments:
    """`Moments.take`, but laid out like the groups themselves."""
    return Moments(
        groups.count[members],
        np.take(groups.mean.T, members, axis=-1).T,
        np.take(groups.scatter.T, members, axis=-1).T,
    )


def _put(groups: Moments, a: int, union: Moments) -> None:
    """Let a union take the place of its first group."""
    groups.count[a] = union.count[0]
    groups.mean[a] = union.mean[0]
    groups.scatter[a] = union.scatter[0]


def _first_least(costs: FloatArray, tie: float) -> IntArray:
    """Number of the first cost in each row that is as good as the least one."""
    first: IntArray = (costs <= costs.min(axis=-1, keepdims=True) + tie).argmax(axis=-1)
    return first


def _criterion(groups: Moments, typical: float) -> FloatArray:
    """Twice the negative classification log-likelihood of each group, but for constants.

    Fraley (1998): n log(det(W / n) + (tr(W) + typical) / n). The second summand gives groups a
    size that are flat or a single row.
    """
    n, scatter = groups.count, groups.scatter
    if scatter.ndim == 2:
        size = (scatter.sum(axis=1) + typical) / n
    else:
        size = (np.einsum("kaa->k", scatter) + typical) / n
        size += _determinants(scatter / n[:, None, None])
    criterion: FloatArray = n * np.log(size)
    return criterion


def _determinants(matrices: FloatArray) -> FloatArray:
    """Determinants of positive semi-definite matrices, by elimination in all of them at once."""
    rest = np.array(matrices, order="K")
    determinants = np.ones(len(rest))
    for j in range(rest.shape[1]):
        pivot = np.maximum(rest[:, j, j], 0.0)
        determinants *= pivot
        factor = np.zeros_like(rest[:, j + 1 :, j])
        np.divide(rest[:, j + 1 :, j], pivot[:, None], out=factor, where=pivot[:, None] > 0.0)
        rest[:, j + 1 :, j + 1 :] -= factor[:, :, None] * rest[:, None, j, j + 1 :]
    return determinants

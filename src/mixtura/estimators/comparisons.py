"""Numbers that tell a mixture, its components, and two mixtures apart."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
from sklearn.utils.validation import check_is_fitted

from mixtura.errors import MixturaError
from mixtura.estimators.asked import Asked
from mixtura.estimators.parameters import check_count, seed_of
from mixtura.explain.divergence import divergence
from mixtura.explain.entropy import entropy
from mixtura.explain.monte_carlo import Estimate
from mixtura.explain.overlap import Overlap, overlap
from mixtura.families.registry import description_of, is_described
from mixtura.families.schema import Column, Schema
from mixtura.fitting.random_streams import Purpose
from mixtura.mixture import Mixture
from mixtura.typing import FloatArray

__all__ = ["Comparisons"]


class Comparisons(Asked):
    """How uncertain rows are, how much components overlap, how far another mixture is."""

    def entropy(self, n_samples: int = 100_000) -> Estimate:
        """How uncertain the mixture's rows are, in nats.

        Parameters
        ----------
        n_samples : int, default=100_000
            Rows that are drawn, seeded by `random_state`.

        Returns
        -------
        Estimate
            `value`, `standard_error`, and `low` and `high`, between which it is for certain; these
            are infinite for families without formulas. Of densities it may be below 0, and depends
            on the unit.

        Raises
        ------
        MixturaError
            If `n_samples` is no number of rows.

        References
        ----------
        Kolchinsky, Tracey (2017), "Estimating mixture entropy with pairwise distances", Entropy 19.

        Examples
        --------
        >>> import mixtura as mx
        >>> coins = mx.BernoulliMixture().fit([[1], [0]])
        >>> round(coins.entropy().value, 3)  # log 2
        0.693
        """
        n = check_count("n_samples", n_samples, at_least=1)
        return entropy(self._fitted(), n, self._generator())

    def overlap(self, n_samples: int = 10_000) -> Overlap:
        """How much components have in common, in pairs.

        Parameters
        ----------
        n_samples : int, default=10_000
            Rows that are drawn of each component, seeded by `random_state`.

        Returns
        -------
        Overlap
            `misclassified` (k, k): the share of the rows of component i that are likelier to be of
            j, by weights and densities of these two, with `standard_errors`; `affinities`:
            Bhattacharyya's coefficients; `pairwise`: the sum of both directions. The components are
            as in `predict_proba`, so that noise is the last.

        Raises
        ------
        MixturaError
            If `n_samples` is no number of rows.

        References
        ----------
        Maitra, Melnykov (2010), "Simulating data to study performance of finite mixture modeling
        and clustering algorithms", Journal of Computational and Graphical Statistics 19.

        Examples
        --------
        >>> import mixtura as mx
        >>> X = [[x / 10] for x in range(20)] + [[5 + x / 5] for x in range(20)]
        >>> mx.UniformMixture(2, random_state=0).fit(X).overlap().misclassified
        array([[0., 0.],
               [0., 0.]])
        """
        n = check_count("n_samples", n_samples, at_least=1)
        return overlap(self._fitted(), n, self._generator())

    def divergence(self, other: Any, n_samples: int = 100_000) -> Estimate:
        """How far another mixture is from this one: Kullback-Leibler divergence, in nats.

        That is the mean over this mixture's rows of log p(x) - log q(x), where q is the other's
        density: 0 if the two are equal, and what it costs to take the other one's for this one's.

        Parameters
        ----------
        other : fitted estimator
            Of the same columns, of any family.
        n_samples : int, default=100_000
            Rows of this mixture that are drawn, seeded by `random_state`.

        Returns
        -------
        Estimate
            `value`, `standard_error`, and `low` and `high`, between which it is for certain.
            Infinite if this mixture has rows that the other cannot have. Exact for single
            components of a family that has a formula.

        Raises
        ------
        MixturaError
            If the other is no mixture of the same columns.

        References
        ----------
        Hershey, Olsen (2007), "Approximating the Kullback Leibler divergence between Gaussian
        mixture models", ICASSP. Durrieu, Thiran, Kelly (2012), ICASSP.

        Examples
        --------
        >>> import mixtura as mx
        >>> calm = mx.PoissonMixture().fit([[0], [2]])
        >>> busy = mx.PoissonMixture().fit([[3], [5]])
        >>> found = calm.divergence(busy)
        >>> round(found.value, 3), found.standard_error
        (1.614, 0.0)
        """
        n = check_count("n_samples", n_samples, at_least=1)
        mixture, schema = self._fitted(), self._schema()
        if not isinstance(other, Comparisons):
            raise MixturaError(f"other={other!r}; expected a fitted mixture estimator.")
        check_is_fitted(other)
        there = other._fitted()
        named = all("feature_names_in_" in vars(each._known()) for each in (self, other))
        _check_columns(schema, other._schema(), named=named)
        check = partial(_check_cells, there, schema)
        return divergence(mixture, there, n, self._generator(), check)

    def _generator(self) -> np.random.Generator:
        return np.random.default_rng((seed_of(self._known().random_state), Purpose.QUESTION))


def _check_columns(own: Schema, others: Schema, *, named: bool) -> None:
    """See that both have the same columns, of the same kinds and levels; numbers are no names."""
    if own == others or (not named and _unnamed(own) == _unnamed(others)):
        return
    if named and sorted(own.names) == sorted(others.names) and own.names != others.names:
        raise MixturaError(
            f"The other mixture has the same columns in another order, {', '.join(others.names)}: "
            f"give other.marginal({list(own.names)})."
        )
    raise MixturaError(
        f"The mixtures are of other columns: {_told(own)} here, and {_told(others)} there. "
        "Expected the same columns, of the same kinds and levels."
    )


def _unnamed(schema: Schema) -> list[Column]:
    return [replace(column, name="") for column in schema]


def _told(schema: Schema) -> str:
    return ", ".join(f"{column.name} ({column.kind.value})" for column in schema)


def _check_cells(mixture: Mixture[Any, Any], schema: Schema, rows: FloatArray) -> None:
    """See that the mixture's family can have rows, as far as anything is known of that."""
    if is_described(mixture.family):
        description_of(mixture.family).check(rows, schema)

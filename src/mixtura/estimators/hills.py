"""What hills are as methods of estimators."""

from __future__ import annotations

from typing import Any

import numpy as np

from mixtura.errors import MixturaError
from mixtura.estimators.asked import Asked
from mixtura.estimators.parameters import check_count
from mixtura.explain.hills import Hills
from mixtura.explain.modes import Modes, find_modes
from mixtura.explain.passes import Landscape, find_landscape
from mixtura.explain.peaks import Peaks
from mixtura.explain.ridgelines import Ridgeline, find_ridgeline
from mixtura.kernels.estep_dispatch import scorer
from mixtura.typing import AnyArray, IntArray

__all__ = ["WithHills"]


class WithHills(Asked):
    """The hills of a fitted density."""

    def modes(self) -> Modes:
        """The hills of the density: its local maxima, highest first.

        There can be fewer than components, or more (Ray and Lindsay 2005). Known of Gaussian and
        Student t components and of factor analyzers.

        Returns
        -------
        Modes
            `points` (m, d), `log_density` (m,), and the hill `of_component` (k,).

        Raises
        ------
        MixturaError
            If the components are of another family: a density over categories or counts has no
            slopes.

        Examples
        --------
        >>> import numpy as np
        >>> import mixtura as mx
        >>> X = np.random.default_rng(0).normal(size=(300, 1))
        >>> gm = mx.GaussianMixture(3, random_state=0).fit(X)
        >>> len(gm.modes()), gm.modes().of_component
        (1, array([0, 0, 0]))
        """
        return find_modes(self._fitted())

    def landscape(self) -> Landscape:
        """The hills, the passes between them, and how deep the valleys are.

        Returns
        -------
        Landscape
            The `modes` and the `passes` that join them. `saddles` (m, m) are the log-densities of
            the highest ways from summit to summit, `ratios` those densities as shares of that on
            the lower summit.

        Raises
        ------
        MixturaError
            If the components have no hills, as of `modes`.

        Examples
        --------
        >>> import numpy as np
        >>> import mixtura as mx
        >>> X = np.random.default_rng(0).normal(size=(300, 1)) + [[0.0], [6.0], [6.0]] * 100
        >>> gm = mx.GaussianMixture(2, random_state=0).fit(X)
        >>> gm.landscape().ratios.round(2)
        array([[1.  , 0.04],
               [0.04, 1.  ]])
        """
        return find_landscape(self._fitted())

    def ridgeline(self, first: int, second: int) -> Ridgeline:
        """The curve between two components on which their summits and the pass lie, and its height.

        Parameters
        ----------
        first, second : int
            Numbers of components, from 0.

        Returns
        -------
        Ridgeline
            Its `ratio` is 1 where the two make one hill, and near 0 where a deep valley is between
            them (Hennig 2010).

        Raises
        ------
        MixturaError
            If there is no such component, one has weight 0, or they have no hills, as of `modes`.

        Examples
        --------
        >>> import numpy as np
        >>> import mixtura as mx
        >>> X = np.random.default_rng(0).normal(size=(300, 1)) + [[0.0], [6.0], [6.0]] * 100
        >>> gm = mx.GaussianMixture(2, random_state=0).fit(X)
        >>> line = gm.ridgeline(0, 1)
        >>> line.places[[0, -1]].round().ravel(), round(line.ratio, 2)
        (array([ 6., -0.]), 0.04)
        """
        mixture = self._fitted()
        k = mixture.n_clusters
        for name, number in (("first", first), ("second", second)):
            check_count(name, number, at_least=0)
            if number >= k:
                raise MixturaError(
                    f"{name}={number}: there are {k} components. Give a number from 0 to {k - 1}."
                )
        return find_ridgeline(mixture, int(first), int(second))

    def normalized_density(self, X: Any) -> AnyArray:
        """Density at each row as a share of the density on the highest hill, shape (n,).

        Of a row that misses cells both are those in the columns that it has, for which hills are
        looked for once for each pattern of missing cells. Where all weight is noise there is no
        hill, and the density is the same everywhere.

        Parameters
        ----------
        X : table of shape (n, d)

        Returns
        -------
        ndarray of shape (n,)
            From 0 to 1.

        Raises
        ------
        MixturaError
            If the components have no hills, as of `modes`.

        Examples
        --------
        >>> import mixtura as mx
        >>> gm = mx.GaussianMixture().fit([[-1.0], [1.0]])
        >>> gm.normalized_density([[0.0], [1.0]]).round(2)
        array([1.  , 0.61])
        """
        mixture = self._fitted()
        log_density, peaks = scorer(mixture).log_density, Peaks(mixture)

        def of(block: AnyArray) -> AnyArray:
            share: AnyArray = np.exp(log_density(block) - peaks.log_density(block))
            return share

        return self._row_by_row(X, mixture, of, "normalized_density")

    def predict_hill(self, X: Any) -> IntArray:
        """Number of the hill that each row climbs to, shape (n,); numbers are those of `modes`.

        A row that misses cells cannot climb: it is on its likeliest hill. Where all weight is noise
        there are no hills, and all are -1.

        Parameters
        ----------
        X : table of shape (n, d)

        Returns
        -------
        ndarray of int, shape (n,)

        Raises
        ------
        MixturaError
            If the components have no hills, as of `modes`.

        Examples
        --------
        >>> import numpy as np
        >>> import mixtura as mx
        >>> X = np.random.default_rng(0).normal(size=(300, 1)) + [[0.0], [6.0], [6.0]] * 100
        >>> gm = mx.GaussianMixture(2, random_state=0).fit(X)
        >>> gm.predict_hill([[-9.0], [5.0]])
        array([1, 0])
        """
        mixture = self._fitted()
        hills = Hills(mixture, find_modes(mixture))
        return self._row_by_row(X, mixture, hills.of, "hill", np.int64)

    def predict_hill_proba(self, X: Any) -> AnyArray:
        """Probability of each hill for each row: that of the components on it, all together.

        Parameters
        ----------
        X : table of shape (n, d)

        Returns
        -------
        ndarray of shape (n, m), or (n, m + 1) with noise
            0 for hills that no component's location climbs to.

        Raises
        ------
        MixturaError
            If the components have no hills, as of `modes`.

        Examples
        --------
        >>> import numpy as np
        >>> import mixtura as mx
        >>> X = np.random.default_rng(0).normal(size=(300, 1)) + [[0.0], [6.0], [6.0]] * 100
        >>> gm = mx.GaussianMixture(2, random_state=0).fit(X)
        >>> gm.predict_hill_proba([[-9.0], [2.7]]).round(2)
        array([[0.  , 1.  ],
               [0.16, 0.84]])
        """
        mixture = self._fitted()
        hills = Hills(mixture, find_modes(mixture))
        names = tuple(f"p{number}" for number in range(hills.n_columns))
        return self._row_by_row(X, mixture, hills.probabilities, names)

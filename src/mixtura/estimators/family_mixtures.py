"""Estimators for mixtures of any family, and one by name for each that the package has."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, ClassVar

import numpy as np

from mixtura.estimators.levels import as_codes, as_levels, columns_of, learn_levels
from mixtura.estimators.mixture_estimator import MixtureEstimator
from mixtura.estimators.parameters import wrong_kind
from mixtura.estimators.tables import as_rows, column_names
from mixtura.families.description import Description, number_kind
from mixtura.families.family import Family
from mixtura.families.nested import Nested
from mixtura.families.noise import WithNoise, with_noise
from mixtura.families.registry import description_named, description_of, is_described
from mixtura.families.schema import Schema
from mixtura.fitting.specification import MakeFamily, Noise
from mixtura.mixture import Mixture
from mixtura.typing import AnyArray, FloatArray

__all__ = [
    "BernoulliMixture",
    "CategoricalMixture",
    "FamilyMixture",
    "GeometricMixture",
    "MultinomialMixture",
    "NamedFamilyMixture",
    "NegativeBinomialMixture",
    "PoissonMixture",
]


class NamedFamilyMixture(MixtureEstimator):
    """An estimator for the family of one name, all of its options at their defaults."""

    _name: ClassVar[str]

    @property
    def _description(self) -> Description[Any, Any]:
        return description_named(self._name)

    def _read(self, X: Any, *, reset: bool) -> AnyArray:
        rows = as_rows(self, X, reset=reset)
        if reset:
            self.schema_ = Schema.of(column_names(self, rows), number_kind(self._description.kinds))
        self._description.check(np.asarray(rows, dtype=np.float64), self.schema_)
        return rows

    def _make_family(self) -> MakeFamily:
        family = self._description.family(self.schema_)
        return lambda source, summary, k: family


class BernoulliMixture(NamedFamilyMixture):
    """Mixture of independent 0/1 columns, fitted by EM or one of its kin.

    Within a component each column is a coin of its own: P(x | C_j) = prod_a p_ja^x_a
    (1 - p_ja)^(1 - x_a). For answers of yes and no, presence and absence, pixels.

    Parameters
    ----------
    n_components : int, default=1
        Number of components k.
    tol : float, default=1e-7
        Stop once the last gain and the projected remaining gain are both below this, in nats
        per row.
    max_iter : int, default=1000
        Most iterations of a start.
    n_init : int, 'auto' or 'thorough', default='auto'
        Number of starts, as of `GaussianMixture`.
    init_params : str or array, default='auto'
        Ways to start, labels (n,) or responsibilities (n, k), as of `GaussianMixture`.
    weights_init : array of shape (k,), default=None
        Mixing weights to start from.
    random_state : int, RandomState or None, default=None
        Fixes the starts and all random assignments, for any number of threads.
    warm_start : bool, default=False
        Whether `fit` goes on from the last fit instead of starting anew.
    verbose, verbose_interval : int, default=0 and 10
        1 prints each start, 2 also every so many iterations.
    algorithm : str, settings or tuple of these, default='em'
        As of `GaussianMixture`.
    acceleration : {'auto', 'early', None}, default='auto'
        As of `GaussianMixture`.
    half_life : float, default=None
        Of the rows of a stream, as of `GaussianMixture`.
    equal_weights : bool, default=False
        Whether all mixing weights are 1/k.
    fixed : 'weights' or None, default=None
        Whether the weights stay as `weights_init` gives them.
    n_jobs : int, default=None
        Threads over blocks of rows; -1 for all cores. The result is the same for any number.

    Attributes
    ----------
    weights_ : ndarray of shape (k,)
        Mixing weights, in falling order unless the start was given.
    probabilities_ : ndarray of shape (k, d)
        P(x_a = 1 | C_j).
    record_ : FitRecord
        All that there is to know of the fit; `converged_`, `n_iter_`, `scores_`, `starts_`,
        `notes_` and others are read from it, as of `GaussianMixture`.
    schema_ : Schema
        The columns.

    References
    ----------
    Bishop (2006), "Pattern Recognition and Machine Learning", section 9.3.3.

    Examples
    --------
    A coin that fell H T T H T:

    >>> import mixtura as mx
    >>> coin = mx.BernoulliMixture().fit([[1], [0], [0], [1], [0]])
    >>> coin.probabilities_
    array([[0.4]])
    """

    _name = "bernoulli"

    @property
    def probabilities_(self) -> FloatArray:
        """P(x_a = 1 | C_j), (k, d)."""
        probabilities: FloatArray = self.mixture_.params.probabilities
        return probabilities


class PoissonMixture(NamedFamilyMixture):
    """Mixture of independent counts, fitted by EM or one of its kin.

    Within a component each column is Poisson distributed with a rate of its own. Parameters and
    methods are those of `BernoulliMixture`.

    Attributes
    ----------
    weights_ : ndarray of shape (k,)
        Mixing weights, in falling order unless the start was given.
    rates_ : ndarray of shape (k, d)
        Expected count of each column in each component.
    record_ : FitRecord
    schema_ : Schema

    References
    ----------
    McLachlan, Peel (2000), "Finite Mixture Models", section 5.7.

    Examples
    --------
    >>> import mixtura as mx
    >>> counts = [[0], [1], [0], [2], [1], [9], [11], [10]]
    >>> mx.PoissonMixture(2, random_state=0).fit(counts).rates_.round(1)
    array([[ 0.8],
           [10. ]])
    """

    _name = "poisson"

    @property
    def rates_(self) -> FloatArray:
        """Expected counts, (k, d)."""
        rates: FloatArray = self.mixture_.params.rates
        return rates


class GeometricMixture(NamedFamilyMixture):
    """Mixture of independent counts that fall off from 0 on, fitted by EM or one of its kin.

    Within a component each column is the number of failures before a success: P(x | C_j) =
    prod_a p_ja (1 - p_ja)^x_a. Such counts spread further than Poisson ones: with mean m, their
    variance is m + m^2. Parameters and methods are those of `BernoulliMixture`.

    Attributes
    ----------
    weights_ : ndarray of shape (k,)
        Mixing weights, in falling order unless the start was given.
    means_ : ndarray of shape (k, d)
        Expected count of each column in each component.
    probabilities_ : ndarray of shape (k, d)
        Of a success: p_ja = 1 / (1 + means_).
    record_ : FitRecord
    schema_ : Schema

    References
    ----------
    Johnson, Kemp, Kotz (2005), "Univariate Discrete Distributions", section 5.2.

    Examples
    --------
    >>> import mixtura as mx
    >>> failures = [[0], [1], [0], [0], [1], [30], [22], [41]]
    >>> mx.GeometricMixture(2, random_state=0).fit(failures).means_.round(1)
    array([[ 0.4],
           [28.2]])
    """

    _name = "geometric"

    @property
    def means_(self) -> FloatArray:
        """Expected counts, (k, d)."""
        means: FloatArray = self.mixture_.params.means
        return means

    @property
    def probabilities_(self) -> FloatArray:
        """Of a success, (k, d)."""
        probabilities: FloatArray = self.mixture_.params.probabilities
        return probabilities


class NegativeBinomialMixture(NamedFamilyMixture):
    """Mixture of independent counts that vary more than Poisson's, fitted by EM or one of its kin.

    Within a component each column is negative binomial with a mean m and a dispersion a of its
    own: its variance is m + a m^2. Counts of which the variance is not above the mean have
    dispersion 0, which is the Poisson distribution. For reads of genes, visits, claims, goals.
    Parameters and methods are those of `BernoulliMixture`.

    Attributes
    ----------
    weights_ : ndarray of shape (k,)
        Mixing weights, in falling order unless the start was given.
    means_ : ndarray of shape (k, d)
        Expected count of each column in each component.
    dispersions_ : ndarray of shape (k, d)
        From 0; 1 / dispersion is what the literature calls size.
    record_ : FitRecord
    schema_ : Schema

    References
    ----------
    Lawless (1987), "Negative binomial and mixed Poisson regression", Canadian Journal of
    Statistics 15.

    Examples
    --------
    >>> import mixtura as mx
    >>> counts = [[0], [1], [0], [2], [1], [60], [11], [25], [140], [38]]
    >>> fitted = mx.NegativeBinomialMixture(2, random_state=0).fit(counts)
    >>> fitted.means_.round(1)
    array([[53.4],
           [ 0.8]])
    >>> fitted.dispersions_.round(2)
    array([[0.7],
           [0. ]])
    """

    _name = "negative_binomial"

    @property
    def means_(self) -> FloatArray:
        """Expected counts, (k, d)."""
        means: FloatArray = self.mixture_.params.expected
        return means

    @property
    def dispersions_(self) -> FloatArray:
        """How much wider than Poisson's, (k, d)."""
        dispersions: FloatArray = self.mixture_.params.dispersions
        return dispersions


class MultinomialMixture(NamedFamilyMixture):
    """Mixture of rows of counts of which the totals are given, fitted by EM or one of its kin.

    Within a component each count of a row falls into column a with probability p_ja, whatever the
    row's total. For words of documents, species of samples, choices of shoppers. A row of zeros
    has density 1 in all components, so it belongs to them by their weights. Parameters and methods
    are those of `BernoulliMixture`.

    Attributes
    ----------
    weights_ : ndarray of shape (k,)
        Mixing weights, in falling order unless the start was given.
    probabilities_ : ndarray of shape (k, d)
        Of each column in each component; they sum to 1.
    totals_ : ndarray of shape (k,)
        Mean total of each component's rows, which `sample` gives its rows, rounded. It is no
        parameter: the likelihood is without it.
    record_ : FitRecord
    schema_ : Schema

    References
    ----------
    Nigam, McCallum, Thrun, Mitchell (2000), "Text classification from labeled and unlabeled
    documents using EM", Machine Learning 39.

    Examples
    --------
    >>> import mixtura as mx
    >>> words = [[9, 1, 0], [18, 2, 0], [1, 0, 7], [1, 1, 2], [0, 1, 9]]
    >>> mx.MultinomialMixture(2, random_state=0).fit(words).probabilities_.round(2)
    array([[0.09, 0.09, 0.82],
           [0.9 , 0.1 , 0.  ]])
    """

    _name = "multinomial"

    @property
    def probabilities_(self) -> FloatArray:
        """Shares of the columns, (k, d)."""
        probabilities: FloatArray = self.mixture_.params.probabilities
        return probabilities

    @property
    def totals_(self) -> FloatArray:
        """Mean totals of the rows, (k,)."""
        totals: FloatArray = self.mixture_.params.totals
        return totals


class CategoricalMixture(NamedFamilyMixture):
    """Mixture of independent categories, known as latent class analysis, fitted by EM.

    Within a component each level of each column has a probability. Tables may hold text, numbers
    or truth values; their levels are learnt by `fit`, and a level that was not there is an error
    later. Parameters and methods are those of `BernoulliMixture`.

    Attributes
    ----------
    weights_ : ndarray of shape (k,)
        Mixing weights, in falling order unless the start was given.
    probabilities_ : list of ndarray of shape (k, number of levels)
        For each column, the probability of each level in each component.
    levels_ : list of tuple
        The levels of each column.
    record_ : FitRecord
    schema_ : Schema

    References
    ----------
    Goodman (1974), "Exploratory latent structure analysis using both identifiable and
    unidentifiable models", Biometrika 61.

    Examples
    --------
    >>> import mixtura as mx
    >>> answers = [["tea", "no"], ["tea", "no"], ["coffee", "yes"], ["coffee", "yes"]]
    >>> lca = mx.CategoricalMixture(2, random_state=0).fit(answers)
    >>> lca.levels_
    [('coffee', 'tea'), ('no', 'yes')]
    >>> len(set(lca.predict(answers)))
    2
    """

    _name = "categorical"
    _learns_from_cells = True

    def _read(self, X: Any, *, reset: bool) -> AnyArray:
        columns = columns_of(self, X, reset=reset)
        if reset:
            self.schema_ = learn_levels(columns)
        return as_codes(columns, self.schema_)

    def _as_given(self, rows: AnyArray) -> AnyArray:
        return as_levels(rows, self.schema_)

    @property
    def levels_(self) -> list[tuple[Any, ...]]:
        """The levels of each column."""
        return [column.values for column in self.schema_]

    @property
    def probabilities_(self) -> list[FloatArray]:
        """Of each level of each column."""
        params = self.mixture_.params
        return [params.probabilities[:, params.levels.of(a)] for a in range(params.n_features)]


class FamilyMixture(MixtureEstimator):
    """Mixture of any family, fitted by EM or one of its kin.

    Parameters
    ----------
    family : Family
        What one component looks like (see `mixtura.families`), one's own included. `WithNoise` has
        one further component, which is not among the k.
    n_components : int, default=1
        Number of components k. All others are those of `BernoulliMixture`.

    Attributes
    ----------
    weights_ : ndarray of shape (k,), or (k + 1,) with noise
    params_ : Parameters
        Of the family.
    record_ : FitRecord
    schema_ : Schema

    Examples
    --------
    >>> import mixtura as mx
    >>> from mixtura.families import Poisson
    >>> fitted = mx.FamilyMixture(Poisson(), 2, random_state=0).fit([[0], [1], [1], [9], [11]])
    >>> fitted.predict([[0], [10]])
    array([0, 1])
    """

    def __init__(
        self,
        family: Family[Any, Any],
        n_components: int = 1,
        *,
        tol: float = 1e-7,
        max_iter: int = 1000,
        n_init: int | str = "auto",
        init_params: Any = "auto",
        weights_init: Any = None,
        random_state: Any = None,
        warm_start: bool = False,
        verbose: int = 0,
        verbose_interval: int = 10,
        algorithm: Any = "em",
        acceleration: str | None = "auto",
        half_life: float | None = None,
        equal_weights: bool = False,
        fixed: Any = None,
        n_jobs: int | None = None,
    ) -> None:
        super().__init__(
            n_components,
            tol=tol,
            max_iter=max_iter,
            n_init=n_init,
            init_params=init_params,
            weights_init=weights_init,
            random_state=random_state,
            warm_start=warm_start,
            verbose=verbose,
            verbose_interval=verbose_interval,
            algorithm=algorithm,
            acceleration=acceleration,
            half_life=half_life,
            equal_weights=equal_weights,
            fixed=fixed,
            n_jobs=n_jobs,
        )
        self.family = family

    def _read(self, X: Any, *, reset: bool) -> AnyArray:
        self._check_family()
        if not reset and self._has_named_levels:
            return self._read_levels(X)
        rows = as_rows(self, X, reset=reset)
        description = description_of(self.family) if is_described(self.family) else None
        if reset:
            names = column_names(self, rows)
            if description is None:
                self.schema_ = Schema.of(names)
            else:
                self.schema_ = description.columns(self.family, names)
        if description is not None:
            description.check(np.asarray(rows, dtype=np.float64), self.schema_)
        return rows

    @property
    def _has_named_levels(self) -> bool:
        """Whether the columns are of a model whose estimator learnt what levels there are."""
        return any(column.levels for column in self.schema_)

    def _read_levels(self, X: Any) -> AnyArray:
        rows = as_codes(columns_of(self, X, reset=False), self.schema_)
        description_of(self.family).check(rows, self.schema_)
        return rows

    def _as_given(self, rows: AnyArray) -> AnyArray:
        return as_levels(rows, self.schema_)

    def _check_family(self) -> None:
        """An instance that is as `Family` says; its class is no such thing."""
        if isinstance(self.family, type) or not isinstance(self.family, Family):
            raise wrong_kind(
                "family",
                self.family,
                "one of mixtura.families, or one's own",
                "For example FamilyMixture(mixtura.families.Poisson(), 2).",
            )

    def _make_family(self) -> MakeFamily:
        own = self.family.family if isinstance(self.family, WithNoise) else self.family
        return lambda source, summary, k: own

    def _noise(self) -> Noise | None:
        return Noise(region=self.family.region) if isinstance(self.family, WithNoise) else None

    @classmethod
    def _told_by(cls, mixture: Mixture[Any, Any]) -> dict[str, Any]:
        family = mixture.clusters.family
        if isinstance(family, Nested):  # another fit may give weight to all parts
            family = replace(family, padding=0)
        told = super()._told_by(mixture)
        return {**told, "family": with_noise(family, mixture.noise_region)}

    @property
    def params_(self) -> Any:
        """Of the family."""
        return self.mixture_.params

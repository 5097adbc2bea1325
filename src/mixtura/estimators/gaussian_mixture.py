"""`GaussianMixture`: scikit-learn's estimator, with more behind it."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any, Self

import numpy as np
from joblib import effective_n_jobs
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils.validation import check_is_fitted

from mixtura.errors import DataError, DataWarning, MixturaError
from mixtura.estimators.blas import one_blas_thread
from mixtura.estimators.first_mixture import (
    GaussianMixtureModel,
    Given,
    MakeFirst,
    check_start,
    first_mixtures,
    go_on,
    reaching_known_rows,
)
from mixtura.estimators.fitting import Climb, Fitting, GaussianFit, GaussianRestarts, climbing
from mixtura.estimators.noise_start import check_noise_rows
from mixtura.estimators.notes import notes_on_data, notes_on_result
from mixtura.estimators.parameters import (
    check_count,
    check_floor,
    check_known,
    check_magnitude,
    check_noise,
    seed_of,
)
from mixtura.estimators.priors import check_prior, make_prior
from mixtura.estimators.soft_clusters import SoftClusters
from mixtura.estimators.tables import as_rows, as_weights, column_names
from mixtura.estimators.training_rows import TrainingRows
from mixtura.estimators.verbose import narrate
from mixtura.families import Box, Gaussian, GaussianParameters, NormalInverseWishart, with_noise
from mixtura.hypervolume import box_about, resized
from mixtura.leap import Leap
from mixtura.mixing import FixedWeights
from mixtura.mixture import Mixture
from mixtura.registry import (
    ALGORITHMS,
    COVARIANCE_TYPES,
    EFFORTS,
    Constraints,
    CovarianceType,
    choose,
    course_of,
)
from mixtura.restarts import Effort
from mixtura.result import Fit
from mixtura.selection import score
from mixtura.sources import ArraySource, Summary
from mixtura.typing import AnyArray

__all__ = ["GaussianMixture", "show_mixture"]


class GaussianMixture(SoftClusters):
    """Gaussian mixture model, fitted by EM or one of its kin.

    A drop-in for scikit-learn's class of the same name: same parameters, attributes and
    methods, with the same meaning, and more. Some defaults differ on purpose. `tol` is tight
    and judged on the projected gain, so that a fit ends at a maximum; `max_iter` gives it the
    room to get there; `n_init` and `init_params` look for the highest one where that is cheap;
    `reg_covar` is a floor relative to each feature's variance, so that units do not matter and a
    fit that does not need it is the exact maximum of the likelihood.

    Parameters
    ----------
    n_components : int, default=1
        Number of components k.
    covariance_type : str, default='full'
        'full', 'tied', 'diag' or 'spherical', or one of the 14 names of the statistical
        literature (Celeux and Govaert 1995), EII VII EEI VEI EVI VVI EEE VEE EVE VVE EEV VEV
        EVV VVV, with which `covariances_` is always (k, d, d); in one dimension also
        'E' and 'V'.
    tol : float, default=1e-7
        Stop once the last gain and the projected remaining gain are both below this, in nats
        per row.
    reg_covar : float, default=1e-6
        Least variance of a component in any direction, as a share of the features' variances.
        It replaces smaller variances and leaves all others alone. 0 for none; else at least
        1e-12, below which rounding blurs variances, and at most 1e12.
    max_iter : int, default=1000
        Most iterations of a start. For `algorithm='stochastic'` the number it makes.
    n_init : int, 'auto' or 'thorough', default='auto'
        Number of starts; the best is kept, `starts_` tells how often it was found. 'thorough'
        makes starts until the best optimum has been found five times, or twice where EM came to
        its end within 20 iterations, so that the components lie apart; 20 at most. 'auto' does so
        where it is cheap: all starts take about a fifth of a second at most, so that large tables
        get one. Runs of `algorithm='stochastic'` are not compared: both make one.
    init_params : str or array, default='auto'
        'kmeans', 'k-means++', 'random_from_data' or 'random' for all starts; 'auto' for a first
        start by k-means, another by 'hierarchical', and further ones by the first three in turn;
        'varied' for all ways, those below and 'random' among them; 'hierarchical'
        for a first start by model-based agglomerative hierarchical clustering (Banfield and
        Raftery 1993), or 'quantiles' for one with k groups of equal weight along the first
        principal axis, neither of which is random, and further ones as in 'auto'; or the user's
        own labels (n,) or responsibilities (n, k), from which the fit begins with an M-step.
        With noise, label -1 is noise, and responsibilities have a last column for it.
    weights_init : array of shape (k,), or (k + 1,) with noise, default=None
        Mixing weights to start from; the last one is that of the noise.
    means_init : array of shape (k, d), default=None
        Means to start from. What else is not given comes from the rows nearest to each mean; of
        an array as `init_params` only what it says of noise is then used.
    precisions_init : array, default=None
        Precisions to start from, in the shape of `precisions_`.
    random_state : int, RandomState or None, default=None
        Fixes the starts and all random assignments, for any number of threads.
    warm_start : bool, default=False
        Whether `fit` goes on from the last fit instead of starting anew.
    verbose : int, default=0
        1 prints each start, 2 also the iterations.
    verbose_interval : int, default=10
        Iterations between two lines.
    algorithm : {'em', 'hard', 'stochastic'}, default='em'
        'em' maximises the likelihood; 'hard' the classification likelihood (Celeux and Govaert
        1992); 'stochastic' draws the assignments (Celeux and Diebolt 1985) and keeps the best
        mixture it passes.
    acceleration : {'auto', 'early', None}, default='auto'
        Whether to go on by quasi-Newton steps once EM's gains shrink slowly, guarded so that the
        objective never falls; every pass over the rows counts as an iteration. 'early' begins
        after 20 iterations, so as to need few. 'auto' takes the least time: where iterations are
        cheap, on tables of some hundred rows, it begins after up to 300. None leaves EM as it is.
        Only `algorithm='em'` has it.
    equal_weights : bool, default=False
        Whether all mixing weights are 1/k, which leaves k - 1 parameters less. With noise the
        clusters share equally what it leaves.
    fixed : {'weights', 'means'} or a tuple of both, default=None
        Parts of the mixture that stay exactly as `weights_init` and `means_init` give them and
        are no parameters.
    prior : 'default', dict or NormalInverseWishart, default=None
        The conjugate prior of Fraley and Raftery (2007): the fit is the mode of the posterior,
        and a component cannot collapse, unless all rows lie in a plane. 'default' for theirs, a
        dict for some of its fields 'mean', 'shrinkage', 'dof' and 'scale' (a number, (d,) or
        (d, d)) in place of theirs. Their scale for diagonal structures is one number for all
        features, whatever their units: standardise them, or give it.
    noise : bool or float, default=False
        Whether there is one further component, of constant density 1 / V, for rows that belong
        to no cluster (Banfield and Raftery 1993). True for the volume V of the data: of the
        smaller of two boxes about them, along the features or along their principal axes. Or V
        itself, in the product of the features' units.
    noise_init : boolean array of shape (n,), default=None
        Rows that begin as noise, unless an array as `init_params` says which. By default those
        with few neighbours (Byers and Raftery 1998), looked for among at most 1,000 rows.
    n_jobs : int, default=None
        Threads over blocks of rows; -1 for all cores. The result is the same for any number.

    Attributes
    ----------
    weights_ : ndarray of shape (k,), or (k + 1,) with noise
        Mixing weights; the last one is that of the noise, as in `predict_proba`. Components come
        in falling order of weight, unless the start was given.
    means_ : ndarray of shape (k, d)
    covariances_, precisions_, precisions_cholesky_ : ndarray
        (k, d, d) for 'full', (d, d) for 'tied', (k, d) for 'diag', (k,) for 'spherical',
        (k, d, d) for all other names.
    noise_weight_ : float
        Mixing weight of the noise, 0 without noise.
    noise_region_ : Box or None
        Where noise is drawn from by `sample`; its volume is V.
    noise_volume_ : float or None
        V.
    converged_ : bool
    status_ : str
        Why the fit stopped, in words.
    outlook_ : Outlook
        How far the limit is thought to be (`remaining`, in nats per row), and the factor by which
        EM's gains shrink from one iteration to the next (`rate`); None where that is not known.
    n_iter_ : int
        Iterations of the best start.
    lower_bound_ : float
        Objective per row at the returned parameters, the log-density of a prior included.
    lower_bounds_ : list of float
        The same after each iteration of the best start.
    trace_ : list of float
        The same before the first iteration and after each, those of earlier warm starts included.
    log_likelihood_ : float
        Total log-likelihood of the training rows at the returned parameters, in nats. It, and
        all criteria, are without the log-density of the prior.
    n_parameters_ : int
        Number of free parameters.
    prior_ : NormalInverseWishart or None
        The prior that was used.
    scores_ : Scores
        Weight, log-likelihood and certainty of the training rows, with aic, bic and icl.
    collapsed_ : tuple of int
        Components held at the variance floor. They sit on rows that are equal in some direction
        and owe their likelihood to the floor: neither starts nor candidates of a search with any
        of them compete with sound ones.
    n_collapsed_ : int
        How many these are.
    n_known_ : int
        Rows whose component was known (`labels` in `fit`).
    spurious_ : tuple of int
        Components that owe their likelihood to a few rows: small, narrow, and of no use to their
        own rows once these are left out (see `mixtura.explain.spurious`). An optimum with such a
        component is passed over if other starts found one without.
    starts_ : Starts
        How often the best optimum was found, and where the other starts ended.
    notes_ : tuple of str
        What to know about the data and the result; `fit` gives the same as warnings.
    n_features_in_ : int
    feature_names_in_ : ndarray of shape (d,)
        Only if the table has named columns.

    Examples
    --------
    >>> import numpy as np
    >>> import mixtura as mx
    >>> rng = np.random.default_rng(0)
    >>> X = np.concatenate([rng.normal(0, 1, (60, 2)), rng.normal(5, 1, (40, 2))])
    >>> gm = mx.GaussianMixture(n_components=2, random_state=0).fit(X)
    >>> gm.weights_.round(2)
    array([0.6, 0.4])
    >>> gm.predict_proba([[0, 0], [2.5, 2.5]]).round(2)
    array([[1.  , 0.  ],
           [0.62, 0.38]])

    With noise, rows far from all clusters belong to none of them:

    >>> strewn = np.concatenate([X, rng.uniform(-20, 25, (20, 2))])
    >>> gm = mx.GaussianMixture(n_components=2, noise=True, random_state=0).fit(strewn)
    >>> gm.predict([[0, 0], [5, 5], [-15, 20]])
    array([ 0,  1, -1])
    """

    trace_: list[float]

    def __init__(
        self,
        n_components: int = 1,
        *,
        covariance_type: str = "full",
        tol: float = 1e-7,
        reg_covar: float = 1e-6,
        max_iter: int = 1000,
        n_init: int | str = "auto",
        init_params: Any = "auto",
        weights_init: Any = None,
        means_init: Any = None,
        precisions_init: Any = None,
        random_state: Any = None,
        warm_start: bool = False,
        verbose: int = 0,
        verbose_interval: int = 10,
        algorithm: str = "em",
        acceleration: str | None = "auto",
        equal_weights: bool = False,
        fixed: Any = None,
        prior: Any = None,
        noise: bool | float = False,
        noise_init: Any = None,
        n_jobs: int | None = None,
    ) -> None:
        self.n_components = n_components
        self.covariance_type = covariance_type
        self.tol = tol
        self.reg_covar = reg_covar
        self.max_iter = max_iter
        self.n_init = n_init
        self.init_params = init_params
        self.weights_init = weights_init
        self.means_init = means_init
        self.precisions_init = precisions_init
        self.random_state = random_state
        self.warm_start = warm_start
        self.verbose = verbose
        self.verbose_interval = verbose_interval
        self.algorithm = algorithm
        self.acceleration = acceleration
        self.equal_weights = equal_weights
        self.fixed = fixed
        self.prior = prior
        self.noise = noise
        self.noise_init = noise_init
        self.n_jobs = n_jobs

    # ------------------------------------------------------------------------------- fitting

    def fit(self, X: Any, y: Any = None, sample_weight: Any = None, *, labels: Any = None) -> Self:
        """Find the mixture under which the rows are most likely.

        Parameters
        ----------
        X : table of shape (n, d)
            NumPy array, or a pandas, polars or pyarrow table; finite numbers.
        y : ignored
        sample_weight : array of shape (n,), default=None
            Row weights: 2 is the row twice, 0 is no row. A weight below 5e-32 of the largest
            counts as 0, with a `DataWarning`: it changes no digit of a mean, variance or
            likelihood.
        labels : integer array of shape (n,), default=None
            Components that rows are known to belong to, from 0 to k - 1, k for the noise if there
            is any, and -1 where that is unknown. Known rows stay there in every step, so the
            objective has log(w_j p_j(x)) for them, and components keep their numbers. A component
            that has known rows cannot be fixed at weight 0, and does not begin there.
            `log_likelihood_` and all criteria are those of the rows alone, as without labels.

        Returns
        -------
        self

        Raises
        ------
        ValueError
            If the table, the weights or a parameter cannot be used.
        DegenerateError
            If every start begins with a singular covariance, as at `reg_covar=0`, or with all rows
            known to be noise.
        """
        rows = as_rows(self, X, reset=not self._goes_on)
        weight = as_weights(sample_weight, len(rows))
        names = column_names(self, rows)
        with one_blas_thread():
            table = TrainingRows.of(rows, weight, names, effective_n_jobs(self.n_jobs))
            fitting = self._prepare(table, labels)
            restarts = fitting.restarts(fitting.effort)
            self._publish(fitting, fitting.passing_over_spurious(restarts))
            self._remark(fitting)
        self.warn()
        return self

    @property
    def _settles(self) -> bool:
        """Whether runs can be judged before their end: random walks cannot."""
        return ALGORITHMS[self.algorithm].settles

    def _prepare(self, table: TrainingRows, labels: Any = None) -> Fitting:
        """See that everything can be used, and get ready to make starts."""
        self._check_parameters()
        init = check_start(self.init_params, table, self.n_components, self._has_noise)
        given = replace(self._given, noise=check_noise_rows(self.noise_init, table))
        known = check_known(labels, table.n_given, self.n_components, noise=self._has_noise)
        if len(table.rows) < self.n_components:
            raise DataError(
                f"Expected n_samples >= n_components, but got {len(table.rows)} rows for "
                f"{self.n_components} components: use fewer components or more rows."
            )
        source = table.source(self.n_components, None if known is None else table.kept(known))
        seed = seed_of(self.random_state)
        numbered = given.anything or not isinstance(init, str)
        return Fitting(
            source,
            table.summary,
            self._begin(source, self._make_first(source, table, init, given, seed)),
            self._climb(source, seed),
            Effort.exactly(1) if numbered or self._goes_on else self._effort(source),
            float(self.tol),
            numbered=numbered or source.labelled,
        )

    def _check_parameters(self) -> None:
        check_count("n_components", self.n_components, at_least=1)
        check_count("max_iter", self.max_iter, at_least=0)
        if isinstance(self.n_init, str):
            choose(EFFORTS, "n_init", self.n_init)
        else:
            check_count("n_init", self.n_init, at_least=1)
        check_count("verbose_interval", self.verbose_interval, at_least=1)
        check_magnitude("tol", self.tol)
        check_floor(self.reg_covar)
        course_of(self.acceleration, choose(ALGORITHMS, "algorithm", self.algorithm))
        check_noise(self.noise)
        choose(COVARIANCE_TYPES, "covariance_type", self.covariance_type)
        self._check_constraints()
        check_prior(self.prior)

    def _check_constraints(self) -> None:
        constraints, given = self._constraints, self._given
        if self.equal_weights and given.weights is not None:
            raise MixturaError("equal_weights=True leaves no choice of weights_init: leave it out.")
        fixed_weights = isinstance(constraints.mixing, FixedWeights)
        if (fixed_weights and given.weights is None) or (
            constraints.fixed_means and given.means is None
        ):
            raise MixturaError(
                f"fixed={self.fixed!r} needs the values: give weights_init or means_init."
            )

    @property
    def _constraints(self) -> Constraints:
        return Constraints.of(self.equal_weights, self.fixed, noise=self._has_noise)

    @property
    def _type(self) -> CovarianceType:
        return choose(COVARIANCE_TYPES, "covariance_type", self.covariance_type)

    @property
    def _goes_on(self) -> bool:
        return bool(self.warm_start) and self.__sklearn_is_fitted__()

    def _effort(self, source: ArraySource) -> Effort:
        if not isinstance(self.n_init, str):
            return Effort.exactly(int(self.n_init))
        if not self._settles or (self.n_components == 1 and not self._has_noise):
            return Effort.exactly(1)  # a walk, or always the same
        return EFFORTS[self.n_init](self._price(source))

    def _price(self, source: ArraySource) -> float:
        """Numbers that an iteration adds up."""
        d = source.n_features
        per_component = 1 + d + (d if self._type.structure.diagonal else d * (d + 1) // 2)
        return len(source.X) * self.n_components * per_component

    @property
    def _has_noise(self) -> bool:
        return bool(self.noise)

    def _begin(self, source: ArraySource, make_first: MakeFirst) -> Callable[[int], GaussianFit]:
        """How to begin the start with a given number."""
        algorithm, price = ALGORITHMS[self.algorithm], self._price(source)
        # A mixture that was set by hand, or comes from such a model file, has no trace.
        history = getattr(self, "trace_", []) if self._goes_on else []

        def begin(number: int) -> GaussianFit:
            first = make_first(number)
            leap = Leap.of(first, source, algorithm.assignment)
            course = course_of(self.acceleration, algorithm, price if leap else math.inf)
            return Fit.begun(first, course, history)

        return begin

    def _climb(self, source: ArraySource, seed: int) -> Climb:
        """How to take a run further."""
        algorithm = ALGORITHMS[self.algorithm]
        return climbing(
            source,
            algorithm.assignment,
            algorithm.stopping(self.tol, self.max_iter),
            seed,
            partial(narrate, self.verbose, self.verbose_interval),
        )

    def _make_first(
        self,
        source: ArraySource,
        table: TrainingRows,
        init: str | AnyArray,
        given: Given,
        seed: int,
    ) -> MakeFirst:
        family = self._family(source, table.summary)
        region = self._region(source, table.summary)
        if self._goes_on:
            constraints = self._constraints
            fitted = go_on(self.mixture_, family, region, constraints.mixing, given)
            next_mixture = reaching_known_rows(fitted, source)
            return lambda number: next_mixture
        make_first = first_mixtures(
            family,
            self._type.layout,
            source,
            table,
            k=self.n_components,
            region=region,
            mixing=self._constraints.mixing,
            given=given,
            init_params=init,
            seed=seed,
        )
        return lambda number: reaching_known_rows(make_first(number), source)

    def _family(self, source: ArraySource, summary: Summary) -> Gaussian:
        if self._type.one_dimensional and source.n_features > 1:
            raise MixturaError(
                f"covariance_type={self.covariance_type!r} is for one column, but there are "
                f"{source.n_features}: use 'tied' for E and 'full' for V."
            )
        structure, k = self._type.structure, self.n_components
        floor = summary.floor(float(self.reg_covar))
        prior = make_prior(self.prior, structure, source, summary, k, floor)
        return Gaussian(structure, floor, prior, self._constraints.fixed_means)

    def _region(self, source: ArraySource, summary: Summary) -> Box | None:
        """Where the noise is, if there is any."""
        if not self._has_noise:
            return None
        box = box_about(source, summary, float(self.reg_covar))
        return box if isinstance(self.noise, bool | np.bool_) else resized(box, float(self.noise))

    @property
    def _given(self) -> Given:
        return Given(self.weights_init, self.means_init, self.precisions_init)

    # -------------------------------------------------------------------------------- result

    def _publish(self, fitting: Fitting, restarts: GaussianRestarts) -> None:
        """Set the attributes that show what the starts came to."""
        best, source = fitting.best(restarts), fitting.source
        show_mixture(self, best.mixture, source.X.dtype)
        self.trace_ = list(best.trace)
        self.converged_ = best.status.converged
        self.status_ = best.status.text
        self.outlook_ = best.status.outlook.known
        self.n_iter_ = best.n_iter
        self.lower_bound_ = best.objective
        self.lower_bounds_ = self.trace_[len(self.trace_) - best.n_iter :]
        self.scores_ = score(best.mixture, source)
        self.log_likelihood_ = self.scores_.log_likelihood
        self.n_parameters_ = best.mixture.n_parameters
        self.prior_ = _informative(best.mixture)
        self.n_known_ = 0 if source.labels is None else int((source.labels >= 0).sum())
        self.starts_ = fitting.told(restarts)
        self.collapsed_ = fitting.collapsed(best.mixture)

    def _remark(self, fitting: Fitting) -> None:
        """Set what there is to know of the result beyond what it is."""
        mixture = self.mixture_
        self.spurious_ = fitting.spurious(mixture)
        self.notes_ = (
            *notes_on_data(fitting.summary, column_names(self, fitting.source.X)),
            *notes_on_result(mixture, self.n_collapsed_, self.spurious_),
            *self._notes_on_starts(),
        )

    def _notes_on_starts(self) -> list[str]:
        caution = self.starts_.caution
        return [caution] if caution and self._settles else []

    @property
    def mixture_(self) -> GaussianMixtureModel:
        """The fitted mixture, in float64.

        The attributes `weights_`, `means_` and `covariances_` are the truth, so that they can
        be set by hand. While they still show the mixture that was fitted, that one is used:
        float32 attributes have lost half of its digits.
        """
        check_is_fitted(self)
        fitted: GaussianMixtureModel | None = getattr(self, "_fitted_mixture", None)
        if fitted is not None and self._shows(fitted):
            return fitted
        kind = self._type
        k, d = self.means_.shape
        covariances = kind.layout.from_covariances(self.covariances_, k, d)
        params = GaussianParameters(np.asarray(self.means_, dtype=np.float64), covariances)
        weights = np.asarray(self.weights_, dtype=np.float64)
        constraints = self._constraints
        family = Gaussian(kind.structure, np.zeros(d), fixed_means=constraints.fixed_means)
        whole = with_noise(family, self._shown_region)
        return Mixture(whole, params, weights, constraints.mixing)

    @property
    def _shown_region(self) -> Box | None:
        """None also where the attributes were set by hand."""
        return getattr(self, "noise_region_", None)

    @property
    def n_collapsed_(self) -> int:
        """How many components are held at the variance floor."""
        return len(self.collapsed_)

    @property
    def noise_weight_(self) -> float:
        """Mixing weight of the noise, 0 without noise."""
        return 0.0 if self._shown_region is None else float(self.weights_[-1])

    @property
    def noise_volume_(self) -> float | None:
        """Volume over which the noise is spread, None without noise."""
        region = self._shown_region
        with np.errstate(over="ignore"):  # of many features it may be beyond all numbers
            return None if region is None else float(np.exp(region.log_volume))

    def _shows(self, mixture: GaussianMixtureModel) -> bool:
        covariances = self._type.layout.show(mixture.params.covariances).covariances
        pairs = (
            (self.weights_, mixture.weights),
            (self.means_, mixture.params.means),
            (self.covariances_, covariances),
        )
        return all(np.array_equal(mine, exact.astype(mine.dtype)) for mine, exact in pairs)

    def warn(self) -> None:
        """Warn of what there is to know about the data and the result."""
        for note in self.notes_:
            warnings.warn(note, DataWarning, stacklevel=3)
        if not self.converged_ and self.max_iter > 0:
            warnings.warn(
                f"GaussianMixture {self.status_.removesuffix('.')}. Raise max_iter, use more "
                "starts, or check the data for duplicated or collinear columns.",
                ConvergenceWarning,
                stacklevel=3,
            )

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "covariances_")


def show_mixture(
    estimator: GaussianMixture, mixture: GaussianMixtureModel, dtype: np.dtype[Any]
) -> None:
    """Set scikit-learn's attributes from a mixture, in the dtype of its table."""
    layout = COVARIANCE_TYPES[estimator.covariance_type].layout
    shown = layout.show(mixture.params.covariances)
    estimator.weights_ = mixture.weights.astype(dtype)
    estimator.noise_region_ = mixture.noise_region
    estimator.means_ = mixture.params.means.astype(dtype)
    estimator.covariances_ = _as_dtype(shown.covariances, dtype)
    estimator.precisions_ = _as_dtype(shown.precisions, dtype)
    estimator.precisions_cholesky_ = _as_dtype(shown.precisions_cholesky, dtype)
    estimator._fitted_mixture = mixture


def _as_dtype(array: AnyArray, dtype: np.dtype[Any]) -> AnyArray:
    """In the dtype of the table if that can hold it: squares of float32 may need float64."""
    size = np.abs(array[array != 0.0])
    limits = np.finfo(dtype)
    fits = limits.tiny <= size.min() and size.max() <= limits.max
    return array.astype(dtype if fits else np.float64)


def _informative(mixture: GaussianMixtureModel) -> NormalInverseWishart | None:
    family = mixture.clusters.family
    assert isinstance(family, Gaussian)
    return family.prior if isinstance(family.prior, NormalInverseWishart) else None

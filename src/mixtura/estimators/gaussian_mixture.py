"""`GaussianMixture`: scikit-learn's estimator, with more behind it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import numpy as np
from sklearn.utils.validation import check_is_fitted

from mixtura.errors import MixturaError
from mixtura.estimators.gaussian_hooks import PrivateHooks
from mixtura.estimators.gaussian_interchange import Interchange
from mixtura.estimators.gaussian_prior import check_prior, make_prior
from mixtura.estimators.gaussian_shapes import as_dtype, shown_in
from mixtura.estimators.parameters import (
    check_array,
    check_noise,
    check_noise_rows,
    check_places,
    fixed_parts,
)
from mixtura.families.gaussian.density import Gaussian
from mixtura.families.gaussian.given_parameters import GivenGaussians
from mixtura.families.gaussian.kept_covariances import departure
from mixtura.families.gaussian.parameters import GaussianParameters
from mixtura.families.gaussian.prior import NormalInverseWishart
from mixtura.families.noise import Box, with_noise
from mixtura.families.registry import description_of
from mixtura.fitting.specification import MakeFamily, Noise
from mixtura.mixture import Mixture
from mixtura.sources import Source, Summary
from mixtura.starts.starting_values import StartingValues
from mixtura.starts.training_rows import TrainingRows
from mixtura.statistics import Moments
from mixtura.typing import AnyArray, BoolArray

__all__ = ["GaussianMixture"]


class GaussianMixture(PrivateHooks, Interchange):
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
        Most iterations of a start; in a chain of algorithms, of each stage. 'stochastic' and
        'saem' make so many. With 0 the mixture is a start as it is: one, unless `n_init` is a
        number; of several that of the highest objective, and `starts_` tells where they begin.
    n_init : int, 'auto' or 'thorough', default='auto'
        Number of starts; the best is kept, `starts_` tells how often it was found. 'thorough'
        makes starts until four kinds of them have found the best optimum, or two where EM came to
        its end within 20 iterations, so that the components lie apart; 20 at most. (Starts of one
        kind resemble each other. Where there are fewer kinds, starts count.) 'auto' does so
        where it is cheap: all starts take about a fifth of a second at most, so that large tables
        get one. Algorithms with a random stage are long: both make one start of them.
    init_params : str or array, default='auto'
        'kmeans', 'k-means++', 'random_from_data' or 'random' for all starts; 'auto' for a first
        start by k-means, one by random rows, one each by 'hierarchical' and by two 'splits', and
        further ones by the first three in turn; 'varied' for all ways, those below and 'random'
        among them; 'hierarchical' for a first start by model-based agglomerative hierarchical
        clustering (Banfield and Raftery 1993), 'quantiles' for one with k groups of equal weight
        along the first principal axis, or 'splits' for two from a mixture with one component less,
        of which they cut one in two, none of which are random, and further ones by the first three;
        or the user's
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
    algorithm : str, settings or tuple of these, default='em'
        'em' maximises the likelihood; 'hard' the classification likelihood (Celeux and Govaert
        1992); 'stochastic' draws the assignments (Celeux and Diebolt 1985) and keeps the best
        mixture it passes; 'saem' settles by decreasing steps after that (Delyon, Lavielle and
        Moulines 1999); 'annealed' is EM that begins with blurred assignments (Ueda and Nakano
        1998); 'minibatch' comes to the maximum of the likelihood in a few passes over a large
        table, by online EM on some thousand rows at a time (Cappe and Moulines 2009).
        'stochastic', 'saem' and 'annealed' have settings: `Stochastic`, `SAEM` and `Annealed`. A
        tuple of several is a chain: each goes on from where the one before has ended, and
        `warm_start` goes on with the last. `docs/algorithms.md` says which to use when.
    acceleration : {'auto', 'early', None}, default='auto'
        Whether to go on by quasi-Newton steps once EM's gains shrink slowly, guarded so that the
        objective never falls; every pass over the rows counts as an iteration. 'early' begins
        after 20 iterations, so as to need few. 'auto' takes the least time: where iterations are
        cheap, on tables of some hundred rows, it begins after up to 300. None leaves EM as it is.
        Only EM has it, as a stage of others as well.
    half_life : float, default=None
        In `partial_fit`, the weight of rows after which one counts half as much as the next, so
        that the fit follows groups that change. None for streams that stay as they are.
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
        itself, in the product of the features' units; no feature of its box may then be narrower
        than 1e-99 or wider than 1e99.
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
        Iterations of the best start, in the last stage of its algorithm.
    stages_ : tuple of StageRecord
        What the algorithm did in the best start: the name, iterations (`n_iter`), status and trace
        of each stage. What else is told of a fit is of the last one.
    chain_ : Chain or None
        Of stochastic EM: `objectives`, `weights` and parameters (`arrays`) of the mixtures it
        passed after its burn-in, in the best start. Model files do not keep it.
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
        Components that owe their likelihood to what holds them up: the variance floor, or values
        that are rounded. They sit on rows that are equal in some direction, and neither starts
        nor candidates of a search with any of them compete with sound ones.
    n_collapsed_ : int
        How many these are.
    n_known_ : int
        Rows whose component was known (`labels` in `fit`).
    spurious_ : tuple of int
        Components that owe their likelihood to a few rows: left out, these lose more than BIC
        charges, or do not need the component (see `mixtura.explain.soundness`). An optimum with
        such a component is passed over if other starts found one without.
    starts_ : Starts
        How often the best optimum was found, and where the other starts ended.
    sampled_ : str
        What was done with a sample of a large table, in words; "" if there was none.
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

    means_: AnyArray
    covariances_: AnyArray
    precisions_: AnyArray
    precisions_cholesky_: AnyArray
    noise_region_: Box | None

    _fixable: ClassVar[Sequence[str]] = ("weights", "means")
    _for_rows: ClassVar[Mapping[str, Any]] = {"init_params": "auto", "noise_init": None}

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
        algorithm: Any = "em",
        acceleration: str | None = "auto",
        half_life: float | None = None,
        equal_weights: bool = False,
        fixed: Any = None,
        prior: Any = None,
        noise: bool | float = False,
        noise_init: Any = None,
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
        self.covariance_type = covariance_type
        self.reg_covar = reg_covar
        self.means_init = means_init
        self.precisions_init = precisions_init
        self.prior = prior
        self.noise = noise
        self.noise_init = noise_init

    # ------------------------------------------------------------------- the specification

    def _make_family(self) -> MakeFamily:
        kind, fixed_means = self._type, "means" in fixed_parts(self.fixed)

        def make(source: Source, summary: Summary, k: int) -> Gaussian:
            floor = self._floor(summary)
            prior = make_prior(self.prior, kind.structure, source, summary, k, floor)
            return Gaussian(kind.structure, floor, prior, fixed_means)

        return make

    def _given_parameters(self, k: int, d: int) -> GivenGaussians | None:
        means, precisions = self.means_init, self.precisions_init
        if means is None and precisions is None:
            return None
        covariances = None
        if means is not None:
            means = check_places("means", means, (k, d))
        if precisions is not None:
            layout = self._type.layout
            precisions = check_array("precisions", precisions, layout.shape(k, d))
            covariances = layout.from_precisions(precisions, k, d)
            expected = departure(self._type.structure, covariances)
            if expected is not None:
                raise MixturaError(
                    f"The parameter 'precisions' is not of covariance_type="
                    f"{self.covariance_type!r}: it should be {expected}."
                )
        return GivenGaussians(means, covariances)

    @property
    def _reads_rows(self) -> bool:
        return self.prior is not None

    @property
    def _cheap_iterations(self) -> bool:
        fixed_means = "means" in fixed_parts(self.fixed)
        return self.prior is None and self._noise() is None and not fixed_means

    def _noise(self) -> Noise | None:
        check_noise(self.noise)
        if not self.noise:
            return None
        whole = isinstance(self.noise, bool | np.bool_)
        return Noise(None if whole else float(self.noise), float(self.reg_covar))

    def _noise_rows(self, table: TrainingRows) -> BoolArray | None:
        return check_noise_rows(self.noise_init, table)

    def _fixed_values(self, values: StartingValues) -> StartingValues:
        fixed = super()._fixed_values(values)
        if "means" not in fixed_parts(self.fixed):
            return fixed
        return StartingValues(
            values.ways, weights=fixed.weights, parameters=GivenGaussians(values.centers, None)
        )

    def _check_spread(self, table: TrainingRows) -> None:
        if self.prior is None:
            super()._check_spread(table)

    def _check_parameters(self) -> None:
        super()._check_parameters()
        if "means" in fixed_parts(self.fixed) and self.means_init is None:
            raise MixturaError(f"fixed={self.fixed!r} needs the values: give means_init.")
        check_prior(self.prior)

    # -------------------------------------------------------------------------------- result

    def _show(self, mixture: Mixture[Any, Any], dtype: np.dtype[Any]) -> None:
        """Set scikit-learn's attributes from a mixture, in the dtype of its table."""
        super()._show(mixture, dtype)
        shown = shown_in(dtype, self._type.layout.show(mixture.params.covariances))
        self.noise_region_ = mixture.noise_region
        self.means_ = as_dtype(mixture.params.means, dtype, least=0.0)
        self.covariances_ = shown.covariances
        self.precisions_ = shown.precisions
        self.precisions_cholesky_ = shown.precisions_cholesky

    @property
    def mixture_(self) -> Mixture[GaussianParameters, Moments]:
        """The fitted mixture, in float64.

        The attributes `weights_`, `means_` and `covariances_` are the truth, so that they can
        be set by hand. While they still show the mixture that was fitted, that one is used:
        float32 attributes have lost half of its digits.
        """
        check_is_fitted(self)
        fitted: Mixture[GaussianParameters, Moments] | None = vars(self).get("_mixture")
        if fitted is not None and self._shows(fitted):
            return fitted
        kind = self._type
        k, d = self.means_.shape
        covariances = kind.layout.from_covariances(self.covariances_, k, d)
        params = GaussianParameters(np.asarray(self.means_, dtype=np.float64), covariances)
        weights = np.asarray(self.weights_, dtype=np.float64)
        fixed_means = "means" in fixed_parts(self.fixed)
        family = Gaussian(kind.structure, np.zeros(d), fixed_means=fixed_means)
        return Mixture(with_noise(family, self._shown_region), params, weights, self._mixing)

    def _shows(self, mixture: Mixture[GaussianParameters, Moments]) -> bool:
        covariances = self._type.layout.show(mixture.params.covariances).covariances
        pairs = (
            (self.weights_, mixture.weights),
            (self.means_, mixture.params.means),
            (self.covariances_, covariances),
        )
        with np.errstate(over="ignore"):  # of float32 that was set by hand
            return all(np.array_equal(mine, exact.astype(mine.dtype)) for mine, exact in pairs)

    @property
    def prior_(self) -> NormalInverseWishart | None:
        """The prior that was used."""
        family = self.mixture_.clusters.family
        assert isinstance(family, Gaussian)
        return family.prior if isinstance(family.prior, NormalInverseWishart) else None

    @classmethod
    def _told_by(cls, mixture: Mixture[Any, Any]) -> dict[str, Any]:
        told, family = super()._told_by(mixture), mixture.clusters.family
        assert isinstance(family, Gaussian)
        if family.fixed_means:
            told["fixed"] = ("weights", "means") if told["fixed"] else "means"
        structure, _ = description_of(family).structure(family)
        noise = mixture.noise_region is not None
        return {**told, "covariance_type": structure, "noise": noise}

    @property
    def _shown_region(self) -> Box | None:
        """None also where the attributes were set by hand."""
        return vars(self).get("noise_region_")

    @property
    def noise_weight_(self) -> float:
        """Mixing weight of the noise, 0 without noise."""
        return 0.0 if self._shown_region is None else float(self.weights_[-1])

    @property
    def noise_volume_(self) -> float | None:
        """Volume over which the noise is spread, None without noise."""
        region = self._shown_region
        return None if region is None else region.volume

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "covariances_")

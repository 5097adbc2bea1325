"""`MixtureClassifier`: classes that are known, each with a density of its own."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from sklearn.base import clone
from sklearn.utils.validation import check_is_fitted

from mixtura.errors import DataWarning, MixturaError
from mixtura.estimators.class_densities import ClassDensities
from mixtura.estimators.given_estimator import candidates_of, check_estimator
from mixtura.estimators.known_classes import KnownClasses
from mixtura.estimators.mixture_estimator import MixtureEstimator
from mixtura.estimators.mixture_search import MixtureSearch
from mixtura.estimators.options import choose
from mixtura.estimators.parameters import check_array
from mixtura.estimators.row_by_row import row_by_row
from mixtura.estimators.scikit_learn import BaseEstimator, ClassifierMixin
from mixtura.estimators.tables import as_weights, column_names
from mixtura.estimators.warned import warned_of, without_warnings
from mixtura.families.schema import Schema
from mixtura.fitting.notes import notes_on_data
from mixtura.mixture import Mixture
from mixtura.selection.named import FIT_CRITERIA
from mixtura.selection.scores import Scores
from mixtura.typing import AnyArray, FloatArray

__all__ = ["MixtureClassifier"]

# As many components of a class as Fraley and Raftery try: a class is seldom more than a few groups.
_SIZES = range(1, 6)


class MixtureClassifier(ClassifierMixin, BaseEstimator):
    """Discriminant analysis by mixtures: each class has a density, and Bayes' theorem the rest.

    P(G_c | x) is proportional to pi_c p_c(x), with the prior probabilities pi_c of the classes.
    Where a class is one Gaussian and all share a covariance matrix, that is linear discriminant
    analysis; where each has its own, the quadratic one. This is what lies between and beyond.

    Parameters
    ----------
    estimator : mixture estimator or MixtureSearch, default=None
        What is fitted: any estimator of this package, as it is if there is no `param_grid`. By
        default the number of components and their structure are searched for: see `method`.
    method : {'mixtures', 'edda'}, default='mixtures'
        - 'mixtures': each class is a mixture of its own, fitted to its rows alone (MclustDA). By
          default 1 to 5 Gaussian components of any of the 14 structures; a small class gets a
          simple one.
        - 'edda': each class is one component, and all have a structure in common, so that small
          classes lean on large ones. By default it is the best of the 14. `n_components` of the
          estimator is set to the number of classes.
    param_grid : dict or list of dict, default=None
        Parameters of the estimator and the values to try.
    criterion : str, default='bic'
        What to minimise over these: of each class as in `MixtureSearch`, or with 'edda' of all rows
        and their classes, 'bic', 'aic' or 'sabic'.
    priors : array of shape (number of classes,), default=None
        Prior probabilities, in the order of `classes_`. By default the classes' shares of the rows.
    random_state : int, RandomState or None, default=None
        Given to every fit whose estimator has none of its own.
    n_jobs : int, default=None
        Given to every fit whose estimator has none of its own, and threads of `predict`.

    Attributes
    ----------
    classes_ : ndarray of shape (number of classes,)
        The labels, in order. Rows of weight 0 have none.
    class_prior_ : ndarray of shape (number of classes,)
    estimators_ : list of mixture estimators or MixtureSearch
        With 'mixtures' that of each class. With 'edda' a single one, whose components are the
        classes.
    mixtures_ : tuple of Mixture
        The density of each class.
    results_ : dict of str to ndarray
        With 'edda' alone: a column for each parameter tried, `log_likelihood`, the criterion, and
        `status`: 'sound', or what keeps a structure from being chosen while others are.
    log_likelihood_ : float
        Of the training rows and their classes together, sum_i log(pi_c p_c(x_i)), in nats.
    n_parameters_ : int
        Of all densities, and of the priors if these are estimated.
    n_features_in_ : int
    feature_names_in_ : ndarray of shape (d,)
        Only if the table has named columns.

    Notes
    -----
    All classes share the units of the columns, and with them the variance floor `reg_covar`: where
    a column is constant within a class, it has 1e-6 of the variance of the whole column there. Such
    a class is very sure of itself; raise `reg_covar` if it should not be.

    What is asked of one mixture, such as its hills, marginals and intervals, is asked of the
    estimators: `classifier.estimators_[0].modes()`. `score_samples` tells how usual a row is of all
    classes together.

    Bensmail and Celeux choose a structure by the cross-validated error: `GridSearchCV` over
    `estimator__covariance_type` does it.

    References
    ----------
    Fraley, Raftery (2002), "Model-based clustering, discriminant analysis, and density estimation",
    JASA 97. Bensmail, Celeux (1996), "Regularized Gaussian discriminant analysis through eigenvalue
    decomposition", JASA 91. Hastie, Tibshirani (1996), "Discriminant analysis by Gaussian
    mixtures", JRSS B 58.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> import mixtura as mx
    >>> X, y = load_iris(return_X_y=True)
    >>> edda = mx.MixtureClassifier(method="edda").fit(X, y)
    >>> edda.estimators_[0].covariance_type
    'VEV'
    >>> edda.predict_proba(X[[0, 70, 100]]).round(2)
    array([[1. , 0. , 0. ],
           [0. , 0.4, 0.6],
           [0. , 0. , 1. ]])

    Any family will do, such as latent classes within classes:

    >>> answers = [["tea", "no"], ["tea", "no"], ["tea", "yes"], ["coffee", "yes"]]
    >>> by_answers = mx.MixtureClassifier(mx.CategoricalMixture())
    >>> by_answers.fit(answers, ["cat", "cat", "dog", "dog"]).predict([["coffee", "yes"]]).tolist()
    ['dog']
    """

    classes_: AnyArray
    class_prior_: FloatArray
    estimators_: list[MixtureEstimator | MixtureSearch[Any]]
    results_: dict[str, AnyArray]  # with 'edda'
    n_features_in_: int
    feature_names_in_: AnyArray  # of a table whose columns have names

    _columns: MixtureEstimator
    _densities: ClassDensities
    _scores: Scores

    def __init__(
        self,
        estimator: MixtureEstimator | MixtureSearch[Any] | None = None,
        *,
        method: str = "mixtures",
        param_grid: Any = None,
        criterion: str = "bic",
        priors: Any = None,
        random_state: Any = None,
        n_jobs: int | None = None,
    ) -> None:
        self.estimator = estimator
        self.method = method
        self.param_grid = param_grid
        self.criterion = criterion
        self.priors = priors
        self.random_state = random_state
        self.n_jobs = n_jobs

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Find the density of each class.

        Parameters
        ----------
        X : table of shape (n, d)
        y : array of shape (n,)
            The class of each row: numbers or texts.
        sample_weight : array of shape (n,), default=None
            Row weights: 2 is the row twice, 0 is no row.

        Returns
        -------
        self

        Raises
        ------
        ValueError
            If the table, the weights or a parameter cannot be used, or if a class has too few rows
            to be fitted: the message says which.
        """
        method = choose(_METHODS, "method", self.method)
        # Which columns there are, and which levels they have, is the same for all classes.
        self._columns = self._base()
        if self.param_grid is not None:
            candidates_of(self.param_grid, self._columns)
        rows = self._columns._door(X, reset=True)
        weight = as_weights(sample_weight, len(rows))
        known = KnownClasses.of(rows, self._columns.schema_, y, weight)
        self.classes_, self.class_prior_ = known.classes, self._priors(known)
        self._densities = method(self, known)
        self._scores = self._densities.scores(known.source(self.n_jobs))
        for name in ("n_features_in_", "feature_names_in_"):
            if name in vars(self._columns):
                setattr(self, name, vars(self._columns)[name])
        return self

    # ---------------------------------------------------------------------- what is fitted

    def _base(self) -> MixtureEstimator:
        """What all that is fitted has in common."""
        given = self.estimator
        if given is not None:
            kinds = MixtureEstimator, MixtureSearch
            expected = "a mixture estimator or a MixtureSearch"
            check_estimator(given, kinds, expected, type(self).__name__)
        if isinstance(given, MixtureSearch):
            if self.param_grid is not None or self.method != "mixtures":
                raise MixturaError(
                    "A MixtureSearch has a param_grid of its own, and finds the mixture of one "
                    "class: use it with method='mixtures' and without a param_grid, or give its "
                    "estimator."
                )
            search: MixtureSearch[Any] = clone(given)
        else:
            search = MixtureSearch(given)
        if search.random_state is None:
            search.random_state = self.random_state
        base: MixtureEstimator = search._base()
        return base

    def _grid(self, schema: Schema) -> Any:
        """What is tried of tables of such columns; None for the estimator as it is."""
        if self.param_grid is not None or self.estimator is not None:
            return self.param_grid
        grid = {**self._columns._default_grid(schema), "n_components": _SIZES}
        if self.method == "edda":
            del grid["n_components"]
        return grid

    def _priors(self, known: KnownClasses) -> FloatArray:
        if self.priors is None:
            return known.shares
        priors = check_array("priors", self.priors, (len(known.classes),))
        if priors.min() <= 0.0 or not np.isclose(priors.sum(), 1.0):
            raise MixturaError(
                f"priors are {priors.tolist()}; they should be above 0 and sum to 1, one for each "
                f"of the classes {', '.join(map(str, known.names))}."
            )
        normalized: FloatArray = priors / priors.sum()
        return normalized

    # ---------------------------------------------------------- each class a mixture of its own

    def _fit_mixtures(self, known: KnownClasses) -> ClassDensities:
        for note in notes_on_data(known.summary, known.schema.names):
            warnings.warn(note, DataWarning, stacklevel=3)
        grid = self._grid(known.schema)
        self.estimators_ = []
        for number, name in enumerate(known.names):
            table, weight = known.part(number)
            made = self._of_one_class(grid)
            try:
                with warned_of(f"Class {name!r}"):
                    made.fit(table, sample_weight=weight)
            except MixturaError as error:
                raise known.cannot_be_fitted(number, error) from error
            if not made.mixture_.family.bounded:
                known.warn_without_spread(number)
            self.estimators_.append(made)
        mixtures = tuple(made.mixture_ for made in self.estimators_)
        return ClassDensities.of_mixtures(mixtures, self.class_prior_)

    def _of_one_class(self, grid: Any) -> MixtureEstimator | MixtureSearch[Any]:
        """What is fitted to the rows of a class, before it is."""
        made: MixtureEstimator | MixtureSearch[Any]
        if isinstance(self.estimator, MixtureSearch):
            made = clone(self.estimator)
        elif grid is not None:
            made = MixtureSearch(clone(self._columns), grid, criterion=self.criterion)
        else:
            made = clone(self._columns)
        if made.random_state is None:
            made.random_state = self._columns.random_state
        if made.n_jobs is None:
            made.n_jobs = self.n_jobs
        return made

    # --------------------------------------------------- each class a component of one mixture

    def _fit_components(self, known: KnownClasses) -> ClassDensities:
        grid = self._grid(known.schema)
        candidates = [{}] if grid is None else candidates_of(grid, self._columns)
        tried = [self._tried(params, known) for params in candidates]
        best = min(tried, key=lambda each: (not each.sound, each.criterion))
        if best.densities is None:
            reasons = ", ".join(sorted({each.status for each in tried}))
            raise MixturaError(f"The classes cannot be fitted: {reasons}")
        best.estimator._warn(stacklevel=4)
        self.estimators_ = [best.estimator]
        self.results_ = _table(tried, self.criterion)
        return best.densities

    def _tried(self, params: dict[str, Any], known: KnownClasses) -> _Tried:
        """One structure, its estimate from all rows and their classes."""
        criterion = choose(FIT_CRITERIA, "criterion", self.criterion)
        made = clone(self._columns).set_params(**params)
        # Where all rows are known, any start gives the estimate in one M-step.
        made.set_params(n_components=len(known.classes), n_init=1)
        if made.n_jobs is None:
            made.n_jobs = self.n_jobs
        try:
            with without_warnings():
                made.fit(known.table, sample_weight=known.weight, labels=known.numbers)
        except MixturaError as error:
            return _Tried(params, made, str(error))
        densities = ClassDensities.of_components(made.mixture_, self.class_prior_)
        scores = densities.scores(known.source(self.n_jobs))
        # Which rows a component has was not its choice, so it cannot be spurious.
        status = "collapsed" if made.collapsed_ else _SOUND
        judged = criterion(scores, self._n_parameters(densities))
        return _Tried(params, made, status, densities, scores.log_likelihood, judged)

    def _n_parameters(self, densities: ClassDensities) -> int:
        estimated = 0 if self.priors is not None else len(densities.priors) - 1
        return densities.n_parameters + estimated

    # ------------------------------------------------------------------------------ questions

    def predict_proba(self, X: Any) -> AnyArray:
        """The probability of each class for each row.

        Parameters
        ----------
        X : table of shape (n, d)

        Returns
        -------
        ndarray of shape (n, number of classes)
            Rows sum to 1. A row that no class can reach, such as one with a level that no class
            has, has the prior probabilities.
        """
        return self._row_by_row(X, lambda classes, rows: np.exp(classes.log_posterior(rows)))

    def predict_log_proba(self, X: Any) -> AnyArray:
        """The logarithms of these probabilities, however small they are, of the same shape."""
        return self._row_by_row(X, ClassDensities.log_posterior)

    def predict(self, X: Any) -> AnyArray:
        """The likeliest class of each row, shape (n,)."""
        likeliest = self._row_by_row(X, lambda classes, rows: classes.likeliest(rows))
        predicted: AnyArray = self.classes_[likeliest]
        return predicted

    def score_samples(self, X: Any) -> AnyArray:
        """Log-density of each row whatever its class, shape (n,): low far away from all classes."""
        return self._row_by_row(X, ClassDensities.log_density)

    def bic(self, X: Any, y: Any, sample_weight: Any = None) -> float:
        """Bayesian information criterion of rows and their classes together; less is better."""
        check_is_fitted(self)
        rows = self._columns._door(X, reset=False)
        weight = as_weights(sample_weight, len(rows))
        known = KnownClasses.of(rows, self._columns.schema_, y, weight).among(self.classes_)
        return self._densities.scores(known.source(self.n_jobs)).bic(self.n_parameters_)

    @property
    def mixtures_(self) -> tuple[Mixture[Any, Any], ...]:
        """The density of each class."""
        check_is_fitted(self)
        return self._densities.mixtures

    @property
    def log_likelihood_(self) -> float:
        """Of the training rows and their classes together, in nats."""
        check_is_fitted(self)
        return self._scores.log_likelihood

    @property
    def n_parameters_(self) -> int:
        """Of all densities, and of the priors if these are estimated."""
        check_is_fitted(self)
        return self._n_parameters(self._densities)

    def _row_by_row(
        self, X: Any, function: Callable[[ClassDensities, AnyArray], AnyArray]
    ) -> AnyArray:
        check_is_fitted(self)
        rows, classes = self._columns._door(X, reset=False), self._densities
        names = column_names(self, rows)

        def of_block(block: AnyArray) -> AnyArray:
            return function(classes, block)

        k, dtype = classes.n_components, np.dtype(np.float64)
        return row_by_row(rows, names, k, self.n_jobs, of_block, dtype)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        return tags

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "_scores")


#: How the densities of the classes are estimated.
_METHODS: dict[str, Callable[[MixtureClassifier, KnownClasses], ClassDensities]] = {
    "mixtures": MixtureClassifier._fit_mixtures,
    "edda": MixtureClassifier._fit_components,
}

_SOUND = "sound"


@dataclass(frozen=True, eq=False)
class _Tried:
    """A structure that all classes might have.

    Attributes
    ----------
    params : dict
        In which it differs from others.
    estimator : mixture estimator
    status : str
        'sound', or why it is not or could not be fitted.
    densities : ClassDensities or None
    log_likelihood, criterion : float
    """

    params: dict[str, Any]
    estimator: MixtureEstimator
    status: str
    densities: ClassDensities | None = None
    log_likelihood: float = np.nan
    criterion: float = np.inf

    @property
    def sound(self) -> bool:
        return self.status == _SOUND


def _table(tried: Sequence[_Tried], criterion: str) -> dict[str, AnyArray]:
    """A column for each parameter, and for what came of it."""
    names = {name: None for each in tried for name in each.params}
    columns = {name: np.array([each.params.get(name) for each in tried]) for name in names}
    columns["log_likelihood"] = np.array([each.log_likelihood for each in tried])
    columns[criterion] = np.array([each.criterion for each in tried])
    columns["status"] = np.array([each.status for each in tried])
    return columns

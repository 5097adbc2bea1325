"""The base of all estimators that fit one mixture: validate, translate, delegate, publish."""

from __future__ import annotations

import warnings
from abc import abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from copy import copy
from dataclasses import replace
from functools import partial
from typing import Any, ClassVar, Self

import numpy as np
from joblib import effective_n_jobs
from sklearn.exceptions import ConvergenceWarning, NotFittedError
from sklearn.utils.validation import check_is_fitted

from mixtura.errors import DataError, DataWarning, MixturaError
from mixtura.estimators.blas import one_blas_thread
from mixtura.estimators.many_rows import record_of, rows_of
from mixtura.estimators.options import EFFORTS, STARTS, accelerated, algorithm_of, choose
from mixtura.estimators.parameters import (
    check_count,
    check_known,
    check_magnitude,
    check_mixing,
    check_start,
    check_weights,
    mixing_parameters,
    seed_of,
)
from mixtura.estimators.recorded import Recorded
from mixtura.estimators.scanned import as_scanned
from mixtura.estimators.soft_clusters import SoftClusters
from mixtura.estimators.tables import Table, as_weights, column_names, whole_of
from mixtura.estimators.verbose import narrate
from mixtura.estimators.warned import SoundnessWarning
from mixtura.families.schema import Schema
from mixtura.fitting.record import FitRecord
from mixtura.fitting.run import Fitting
from mixtura.fitting.specification import Before, MakeFamily, Noise, Specification
from mixtura.fitting.stream import NO_ROWS, Stream, Waiting
from mixtura.mixing_weights import FREE, FixedWeights, Mixing
from mixtura.mixture import Mixture
from mixtura.starts.large_rows import LargeRows
from mixtura.starts.starting_values import GivenParameters, StartingValues
from mixtura.starts.training_rows import TrainingRows
from mixtura.stopping import Status
from mixtura.typing import AnyArray, BoolArray, FloatArray

__all__ = ["MixtureEstimator"]


class MixtureEstimator(Recorded, SoftClusters):
    """An estimator of one mixture.

    Its parameters are translated to a `Specification`, which knows nothing of them; what comes of
    that is a `FitRecord`, which all attributes read.
    """

    # What `fixed` may name.
    _fixable: ClassVar[Sequence[str]] = ("weights",)

    # Whether what the columns are is learnt from their cells, and not from their names alone.
    _learns_from_cells: ClassVar[bool] = False

    # Parameters that may be arrays for the rows of one table, and what stands for others.
    _for_rows: ClassVar[Mapping[str, Any]] = {"init_params": "auto"}

    weights_: AnyArray
    schema_: Schema
    cluster_names_: tuple[str, ...]  # of a model file that has them
    stream_: Waiting | Stream  # after `partial_fit`
    n_seen_: int

    set_partial_fit_request: Callable[..., Self]  # which scikit-learn makes

    _mixture: Mixture[Any, Any]

    def __init__(
        self,
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
        self.n_components = n_components
        self.tol = tol
        self.max_iter = max_iter
        self.n_init = n_init
        self.init_params = init_params
        self.weights_init = weights_init
        self.random_state = random_state
        self.warm_start = warm_start
        self.verbose = verbose
        self.verbose_interval = verbose_interval
        self.algorithm = algorithm
        self.acceleration = acceleration
        self.half_life = half_life
        self.equal_weights = equal_weights
        self.fixed = fixed
        self.n_jobs = n_jobs

    def fit(
        self,
        X: Any,
        y: Any = None,
        sample_weight: Any = None,
        *,
        labels: Any = None,
        checkpoint: Any = None,
    ) -> Self:
        """Find the mixture under which the rows are most likely.

        Of a table of more than 200,000 rows, or fewer of many columns, the starts are made on a
        seeded sample; the best of them goes on to all rows.

        Parameters
        ----------
        X : table of shape (n, d)
            NumPy array, or a pandas, polars or pyarrow table. What need not fit into memory: files
            such as `'big/*.parquet'`, a list of files, a pyarrow dataset, a lazy frame of polars, a
            memory-mapped array, a table of Dask or Spark; `mixtura.scan` takes these as well, and
            says which columns to read, and which one has weights.
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
        checkpoint : path, default=None
            A folder that keeps a long fit while it runs, every few seconds: the same call goes on
            from there after an interruption, to the same bits, and is at its end at once if the fit
            was. It is for whoever made it: do not open one from elsewhere. Of a table that is
            fitted in one place nothing is kept: its fit is short.

        Returns
        -------
        self

        Raises
        ------
        ValueError
            If the table, the weights or a parameter cannot be used.
        DegenerateError
            If every start begins with components that cannot be estimated: with a singular
            covariance, or with all rows known to be noise.
        """
        with one_blas_thread():
            table = rows_of(self, X, sample_weight, labels)
            if isinstance(table, LargeRows):
                record = record_of(self, table, checkpoint)
            else:
                fitting = self._prepare(table, labels)
                record = fitting.record(fitting.all_starts())
            self._publish(record, table.dtype)
        for name in ("stream_", "n_seen_"):
            self.__dict__.pop(name, None)
        self._warn()
        return self

    def partial_fit(self, X: Any, y: Any = None, sample_weight: Any = None) -> Self:
        """Go on with some more rows of a stream: online EM (Cappe and Moulines 2009).

        The first rows are fitted as by `fit`, in the same starts; if they are too few for that,
        they are kept until there are enough. All others are assigned once, under the mixture as it
        is when they come, and their statistics get a share in those that it comes from. The shares
        become smaller and are averaged, so that a stream that stays as it is comes to the maximum
        of the likelihood; with `half_life` they do not, and the fit follows one that changes. After
        `fit` the stream goes on from there; `fit` forgets it.

        `lower_bound_` is then the mean of what rows were likely when they came, in which later
        rows count more. Of the likelihood of all rows nothing is known: `log_likelihood_` is NaN,
        and there are no criteria but those of a table, such as `bic(X)`.

        Parameters
        ----------
        X : table of shape (n, d), or iterator of such tables
            Of the same columns in every call; of categories, the first has all levels. Tables that
            come one after the other are so many calls.
        y : ignored
        sample_weight : array of shape (n,), default=None
            As of `fit`.

        Returns
        -------
        self

        Raises
        ------
        ValueError
            If the table, the weights or a parameter cannot be used.
        """
        if isinstance(X, Iterator):
            return self._partial_fits(X, sample_weight)
        if as_scanned(X) is not None:
            raise MixturaError(
                "partial_fit takes rows as they come, and this table is not in memory: use fit, or "
                "give the rows part by part."
            )
        stream = self._stream()
        rows = self._door(X, reset=stream is NO_ROWS)
        weight = as_weights(sample_weight, len(rows))
        with one_blas_thread():
            table = self._training_rows(X, rows, weight)
            specification = self._specification_of_stream(stream, table)
            self.stream_ = stream.with_rows(specification, table)
            self.n_seen_ = self.stream_.n_seen
        if isinstance(self.stream_, Waiting):
            warnings.warn(str(self.stream_), DataWarning, stacklevel=2)
            return self
        self._publish(self.stream_.record(specification.algorithm), rows.dtype)
        self._warn_of_notes(stacklevel=3)
        return self

    def _partial_fits(self, tables: Iterator[Any], sample_weight: Any) -> Self:
        """One call for each of some tables."""
        if sample_weight is not None:
            raise MixturaError("Weights are those of one table: call partial_fit for each.")
        for table in tables:
            self.partial_fit(table)
        return self

    def _stream(self) -> Waiting | Stream:
        """What the next rows follow."""
        stream = self._known_stream
        if isinstance(stream, Waiting):
            return stream
        if not self.__sklearn_is_fitted__():
            return NO_ROWS
        record = vars(self).get("record_")
        if record is not None and record.mixture is self.mixture_:
            stream = stream or Stream.after(record)
            if stream is not None:
                return stream
        raise MixturaError(
            "partial_fit goes on from the statistics of a fit, and there are none: attributes were "
            "set by hand, or a model file was loaded, which does not hold them. Use fit, or pickle."
        )

    @property
    def _known_stream(self) -> Waiting | Stream | None:
        known: Waiting | Stream | None = vars(self).get("stream_")
        return known

    def _specification_of_stream(
        self, stream: Waiting | Stream, table: TrainingRows
    ) -> Specification:
        """What is to be fitted to rows as they come."""
        given = [name for name in self._for_rows if not isinstance(getattr(self, name), str | None)]
        if given and isinstance(stream, Waiting):
            raise MixturaError(
                f"{given[0]} is an array for the rows of a table, and partial_fit does not know "
                "how many will come: begin with fit, and go on with partial_fit."
            )
        variant = self._variant({name: self._for_rows[name] for name in given})
        return replace(variant._specification(table), before=None)

    def _merged(self, stream: Stream) -> Self:
        """A new estimator with these columns that goes on from a stream of several models."""
        merged = self._variant({"stream_": stream, "n_seen_": stream.n_seen})
        told = stream.record(self.record_.algorithm)
        text = f"merged: {stream.n_seen:,} rows of {stream.n_calls} models"
        merged._publish(replace(told, status=Status(False, text)), self.weights_.dtype)
        return merged

    def _fitted(self) -> Mixture[Any, Any]:
        if isinstance(self._known_stream, Waiting):
            raise NotFittedError(f"This {type(self).__name__} is {self._known_stream}.")
        return super()._fitted()

    # ------------------------------------------------------------------------------ the door

    def _door(self, X: Any, *, reset: bool) -> AnyArray:
        """A table as numbers (n, d); its schema is remembered, or what it is checked against."""
        if not isinstance(X, Table):
            return self._read(X, reset=reset)
        if reset:
            self.n_features_in_ = len(X.schema)
            self.feature_names_in_ = np.array(X.schema.names, dtype=object)
            self.schema_ = X.schema
        elif X.schema != self.schema_:
            raise DataError(
                f"The table has the columns {', '.join(X.schema.names)}; expected those that were "
                f"fitted, of the same kinds and levels: {', '.join(self.schema_.names)}."
            )
        return X.rows

    @abstractmethod
    def _read(self, X: Any, *, reset: bool) -> AnyArray:
        """A table of any kind as numbers (n, d), as of `_door`."""

    def _as_fitted(self, X: Any) -> AnyArray:
        return self._door(X, reset=False)

    def _known(self) -> Self:
        return self

    # ------------------------------------------------------------------- the specification

    @abstractmethod
    def _make_family(self) -> MakeFamily:
        """What makes the family for some rows."""

    def _given_parameters(self, k: int, d: int) -> GivenParameters | None:
        """What the user says of the components' parameters, checked."""
        return None

    def _noise(self) -> Noise | None:
        """The noise component, if there is one."""
        return None

    def _noise_rows(self, table: TrainingRows) -> BoolArray | None:
        """Which rows begin as noise, if the user says so."""
        return None

    def _fixed_values(self, values: StartingValues) -> StartingValues:
        """What of the values takes the place of an earlier fit's, since it is fixed."""
        weights = None if self._mixing == FREE else values.weights
        return StartingValues(values.ways, weights=weights)

    def _training_rows(self, X: Any, rows: AnyArray, weight: FloatArray | None) -> TrainingRows:
        """The rows of a table X as what a fit works on."""
        names, n_threads = column_names(self, rows), effective_n_jobs(self.n_jobs)
        return TrainingRows.of(rows, weight, names, n_threads, whole_of(X))

    def _prepare(self, table: TrainingRows, labels: Any = None) -> Fitting:
        """See that everything can be used, and get ready to make starts."""
        specification = self._specification(table)
        self._check_spread(table)
        k, noise = self.n_components, specification.noise is not None
        known = check_known(labels, table.n_given, k, noise=noise)
        return Fitting.of(specification, table, None if known is None else table.kept(known))

    def _check_spread(self, table: TrainingRows) -> None:
        """See that the rows say how far they spread, if that is estimated."""

    def _specification(self, table: TrainingRows) -> Specification:
        """What is to be fitted to the rows, and how."""
        self._check_parameters()
        k, noise = self.n_components, self._noise()
        assigned = check_start(self.init_params, table, k, noise is not None)
        weights = self.weights_init
        if weights is not None:
            weights = check_weights(weights, k, noise=noise is not None)
        values = StartingValues(
            STARTS[self.init_params] if isinstance(self.init_params, str) else STARTS["auto"],
            assigned,
            weights,
            self._given_parameters(k, table.rows.shape[1]),
            self._noise_rows(table),
        )
        before = None
        if self._goes_on:
            # A mixture that was set by hand, or comes from such a model file, has no trace.
            trace = self.record_.trace if hasattr(self, "record_") else ()
            before = Before(self.mixture_, trace, self._fixed_values(values))
        return Specification(
            family=self._make_family(),
            n_components=k,
            algorithm=algorithm_of(self.algorithm),
            values=values,
            seed=seed_of(self.random_state),
            mixing=self._mixing,
            noise=noise,
            n_starts=EFFORTS[self.n_init] if isinstance(self.n_init, str) else int(self.n_init),
            acceleration=accelerated(self.acceleration, late=self._cheap_iterations),
            tol=float(self.tol),
            max_iter=int(self.max_iter),
            before=before,
            half_life=None if self.half_life is None else float(self.half_life),
            reads_rows=self._reads_rows,
            narrate=partial(narrate, self.verbose, self.verbose_interval),
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
        if self.half_life is not None and check_magnitude("half_life", self.half_life) == 0.0:
            raise MixturaError("half_life=0 leaves no rows: give a number above 0, or None.")
        algorithm_of(self.algorithm)
        accelerated(self.acceleration, late=False)
        mixing = self._mixing
        if self.equal_weights and self.weights_init is not None:
            raise MixturaError("equal_weights=True leaves no choice of weights_init: leave it out.")
        if isinstance(mixing, FixedWeights) and self.weights_init is None:
            raise MixturaError(f"fixed={self.fixed!r} needs the values: give weights_init.")

    @property
    def _of_any_rows(self) -> bool:
        """Whether no parameter is an array for the rows of one table."""
        return all(isinstance(getattr(self, name), str | None) for name in self._for_rows)

    @property
    def _reads_rows(self) -> bool:
        """Whether the family takes more from the rows than their summary."""
        return False

    @property
    def _cheap_iterations(self) -> bool:
        """Whether iterations on small tables cost so little that acceleration pays after many."""
        return False

    @property
    def _mixing(self) -> Mixing:
        noise = self._noise() is not None
        return check_mixing(self.equal_weights, self.fixed, self._fixable, noise=noise)

    @property
    def _goes_on(self) -> bool:
        return bool(self.warm_start) and self.__sklearn_is_fitted__()

    # -------------------------------------------------------------------------------- result

    def _publish(self, record: FitRecord, dtype: np.dtype[Any]) -> None:
        """Set the attributes that show what came of a fit to a table of some dtype."""
        self.record_ = record
        self._show(record.mixture, dtype)

    def _show(self, mixture: Mixture[Any, Any], dtype: np.dtype[Any]) -> None:
        """Set the attributes that show a mixture of columns of some dtype."""
        self._mixture = mixture
        self.weights_ = mixture.weights.astype(dtype)

    @property
    def mixture_(self) -> Mixture[Any, Any]:
        """The fitted mixture, in float64."""
        check_is_fitted(self)
        return self._mixture

    @classmethod
    def _told_by(cls, mixture: Mixture[Any, Any]) -> dict[str, Any]:
        """The parameters that a mixture tells itself, for a model file is without them."""
        return {"n_components": mixture.n_clusters, **mixing_parameters(mixture.mixing)}

    def _warn(self, stacklevel: int = 3) -> None:
        """Warn of what there is to know about the data and the result."""
        self._warn_of_notes(stacklevel + 1)
        if not self.converged_ and self.max_iter > 0:
            warnings.warn(
                f"{type(self).__name__} {self.status_.removesuffix('.')}. Raise max_iter, use more "
                "starts, or check the data for duplicated or collinear columns.",
                ConvergenceWarning,
                stacklevel=stacklevel,
            )

    def _warn_of_notes(self, stacklevel: int) -> None:
        of_result = self.record_.notes_on_result
        for note in self.notes_:
            category = SoundnessWarning if note in of_result else DataWarning
            warnings.warn(note, category, stacklevel=stacklevel)

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "weights_")

    # ------------------------------------------------------------------------ for a search

    def _default_grid(self, schema: Schema) -> dict[str, Sequence[Any]]:
        """Parameters and their values that a search tries for tables of such columns."""
        return {"n_components": range(1, 10)}

    def _variant(self, params: Mapping[str, Any]) -> Self:
        """One with some other parameters, which knows the columns that this one knows.

        This one is not fitted. The two share what the parameters hold, which nobody changes.
        """
        variant = copy(self)
        variant.__dict__.update(params)
        return variant

"""`MixedMixture`: tables of numbers, counts, yes or no, and categories, as they are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from mixtura.estimators.gaussian_vocabulary import OF_BLOCKS
from mixtura.estimators.inferred_columns import InferredColumns
from mixtura.estimators.levels import as_codes, as_levels, columns_of
from mixtura.estimators.mixture_estimator import MixtureEstimator
from mixtura.estimators.single_families import SINGLE_FAMILIES
from mixtura.families.description import Description
from mixtura.families.family import Family
from mixtura.families.product.description import DescribedBlock
from mixtura.families.product.family import Block, Product, ProductParameters
from mixtura.families.registry import MIXED, description_of
from mixtura.families.schema import Schema
from mixtura.fitting.specification import MakeFamily
from mixtura.mixture import Mixture
from mixtura.sources import Source, Summary
from mixtura.sources.columns import ColumnsOf
from mixtura.starts.training_rows import TrainingRows
from mixtura.typing import AnyArray

__all__ = ["MixedMixture"]


class MixedMixture(MixtureEstimator):
    """Mixture over columns of several kinds, fitted by EM or one of its kin.

    Within a component, blocks of columns are independent of each other, each of a family of its
    own: measurements are Gaussian with covariances of any structure, categories have a probability
    for each level, counts are Poisson or negative binomial. Which block a column is in is inferred
    from its cells:

    - true and false, or 0 and 1: 'bernoulli';
    - text and other levels, and fewer than ten whole numbers that come often: 'categorical';
    - small whole numbers from 0 on, more of them small than large: 'poisson' where they vary as
      counts do, 'negative_binomial' where they vary more;
    - other numbers: 'gaussian'.

    `inferred_` says what was inferred and why, and `families` chooses otherwise.

    Parameters
    ----------
    n_components : int, default=1
        Number of components k.
    families : mapping of str to str, default=None
        Names of families by names of columns, for those that should not be inferred: any of the
        families that model files know, such as 'gamma' or 'negative_binomial'. Columns of a table
        without names are '0', '1', ...
    covariance_type : str, default='full'
        Of the Gaussian block, as of `GaussianMixture`.
    reg_covar : float, default=1e-6
        Least variance of measurements, as of `GaussianMixture`.
    tol, max_iter, n_init, init_params, weights_init, random_state, warm_start, verbose, \
verbose_interval, algorithm, acceleration, half_life, equal_weights, fixed, n_jobs
        As of `BernoulliMixture`.

    Attributes
    ----------
    weights_ : ndarray of shape (k,)
        Mixing weights, in falling order unless the start was given.
    blocks_ : dict of str to tuple of str
        The columns of each family.
    inferred_ : dict of str to str
        For each column its family, and why it is that one.
    params_ : ProductParameters
        Those of each block, in the order of `blocks_`.
    record_ : FitRecord
    schema_ : Schema
        The columns with their kinds and levels.

    References
    ----------
    Hunt, Jorgensen (1999), "Mixture model clustering using the MULTIMIX program", Australian and
    New Zealand Journal of Statistics 41.

    Examples
    --------
    >>> import numpy as np
    >>> import pandas as pd
    >>> import mixtura as mx
    >>> rng, kind = np.random.default_rng(0), np.repeat([0, 1], 50)
    >>> table = pd.DataFrame({
    ...     "weight": rng.normal(4.0 + 3.0 * kind),
    ...     "color": np.where(rng.random(100) < 0.2 + 0.6 * kind, "blue", "red"),
    ...     "seeds": rng.poisson(2.0 + 4.0 * kind),
    ... })
    >>> mixed = mx.MixedMixture(2, random_state=0).fit(table)
    >>> mixed.inferred_["seeds"]
    'poisson: whole numbers from 0 on that vary as counts do'
    >>> mixed.blocks_
    {'gaussian': ('weight',), 'categorical': ('color',), 'poisson': ('seeds',)}
    >>> round(float((mixed.predict(table) == kind).mean()), 1)
    1.0
    """

    _learns_from_cells: ClassVar[bool] = True

    inferred_: dict[str, str]

    def __init__(
        self,
        n_components: int = 1,
        *,
        families: Mapping[str, str] | None = None,
        covariance_type: str = "full",
        reg_covar: float = 1e-6,
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
        self.families = families
        self.covariance_type = covariance_type
        self.reg_covar = reg_covar

    # ------------------------------------------------------------------------------ the door

    def _read(self, X: Any, *, reset: bool) -> AnyArray:
        table = columns_of(self, X, reset=reset)
        described: Description[Any, Any]
        if reset:
            inferred = InferredColumns.of(table, self.families)
            self.schema_ = inferred.schema
            self._families = inferred.families
            self.inferred_ = {
                name: f"{family}: {inferred.reasons[name]}"
                for name, family in inferred.families.items()
            }
            described = MIXED.laid_out(self.schema_, self._families)
        elif self.__sklearn_is_fitted__():
            described = description_of(self.mixture_.family)
        else:  # a stream that waits for more rows
            described = MIXED.laid_out(self.schema_, self._families)
        rows = as_codes(table, self.schema_)
        described.check(rows, self.schema_)
        return rows

    # ------------------------------------------------------------------- the specification

    def _described(self, schema: Schema) -> tuple[DescribedBlock, ...]:
        """The blocks of columns, as inferred; of a mixture that came without a table, its own."""
        known = vars(self).get("_families")
        if known is None and self.__sklearn_is_fitted__():
            known = {
                schema[place].name: description_of(block.family).name
                for block in _blocks(self.mixture_)
                for place in block.places
            }
        return MIXED.laid_out(schema, known).blocks

    def _make_family(self) -> MakeFamily:
        blocks = self._described(self.schema_)
        makers = [(self._maker(block), block.places) for block in blocks]

        def make(source: Source, summary: Summary, k: int) -> Product:
            return Product(
                tuple(
                    Block(made(ColumnsOf(source, places), summary.take(places), k), places)
                    for made, places in makers
                )
            )

        return make

    @property
    def _reads_rows(self) -> bool:
        estimators = map(self._estimator, self._described(self.schema_))
        return any(estimator is not None and estimator._reads_rows for estimator in estimators)

    def _maker(self, block: DescribedBlock) -> MakeFamily:
        """What makes the family of a block: its own estimator, if it has one."""
        schema = block.schema(self.schema_)
        estimator = self._estimator(block)
        if estimator is None:
            family: Family[Any, Any] = block.description.family(schema)
            return lambda source, summary, k: family
        estimator.schema_ = schema
        return estimator._make_family()

    def _estimator(self, block: DescribedBlock) -> MixtureEstimator | None:
        """That of a block's family, with the parameters that it shares; None for one's own."""
        kind = SINGLE_FAMILIES.get(block.description.name)
        if kind is None:
            return None
        shared = set(OF_BLOCKS).intersection(kind._get_param_names())
        estimator = kind(**{name: getattr(self, name) for name in shared})
        estimator._check_parameters()
        return estimator

    def _check_parameters(self) -> None:
        super()._check_parameters()
        for block in self._described(self.schema_):
            self._estimator(block)

    def _check_spread(self, table: TrainingRows) -> None:
        for block in self._described(self.schema_):
            estimator = self._estimator(block)
            if estimator is not None:
                estimator._check_spread(table)

    # -------------------------------------------------------------------------------- result

    @property
    def blocks_(self) -> dict[str, tuple[str, ...]]:
        """The columns of each family."""
        blocks: dict[str, tuple[str, ...]] = {}
        for block in _blocks(self.mixture_):
            name = description_of(block.family).name
            names = tuple(self.schema_[place].name for place in block.places)
            blocks[name] = (*blocks.get(name, ()), *names)
        return blocks

    @property
    def params_(self) -> ProductParameters:
        """Of each block."""
        params: ProductParameters = self.mixture_.params
        return params

    def _as_given(self, rows: AnyArray) -> AnyArray:
        return as_levels(rows, self.schema_)

    @classmethod
    def _told_by(cls, mixture: Mixture[Any, Any]) -> dict[str, Any]:
        told = super()._told_by(mixture)
        for block in _blocks(mixture):
            name, _ = description_of(block.family).structure(block.family)
            if name:
                return {**told, "covariance_type": name}
        return told

    def _default_grid(self, schema: Schema) -> dict[str, Sequence[Any]]:
        """Numbers of components, and the structures of the block that has any."""
        grid = super()._default_grid(schema)
        for block in self._described(schema):
            estimator = self._estimator(block)
            if estimator is not None:
                own = estimator._default_grid(block.schema(schema))
                grid |= {name: values for name, values in own.items() if name in OF_BLOCKS}
        return grid


def _blocks(mixture: Mixture[Any, Any]) -> tuple[Block, ...]:
    family = mixture.clusters.family
    assert isinstance(family, Product)  # which this estimator makes
    return family.blocks

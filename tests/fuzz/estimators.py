"""Settings of `GaussianMixture`, as recipes: what a failing test prints is it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from hypothesis import strategies as st

import mixtura as mx
from fuzz.tables import Array, Table, Weights, tables, tame_tables, weights
from mixtura.estimators.gaussian_vocabulary import COVARIANCE_TYPES
from mixtura.estimators.options import STARTS
from mixtura.kernels.choice import use

__all__ = ["Case", "Start", "cases", "tame_cases"]


@dataclass(frozen=True)
class Start:
    """A recipe for what the user says about the start.

    Attributes
    ----------
    init_params : str
        The name of a start, or 'labels' or 'responsibilities' for an array of them.
    given : tuple of str
        Which of 'weights', 'means' and 'precisions' are given, ...
    fixed : tuple of str
        ... and which of them stay.
    power : int
        How far the means are from the table, and the precisions from those of the table.
    noise_init : bool
    seed : int
    """

    init_params: str = "auto"
    given: tuple[str, ...] = ()
    fixed: tuple[str, ...] = ()
    power: int = 0
    noise_init: bool = False
    seed: int = 0

    @property
    def array(self) -> bool:
        """Whether the start is an array."""
        return self.init_params in ("labels", "responsibilities")

    def options(self, table: Table, k: int, covariance_type: str, noise: bool) -> dict[str, Any]:
        """The parameters of an estimator."""
        rng, X = np.random.default_rng(self.seed), table.rows
        n, d = X.shape
        options: dict[str, Any] = {"init_params": self.init_params}
        if self.init_params == "labels":
            options["init_params"] = rng.integers(-1 if noise else 0, k, n)
        if self.init_params == "responsibilities":
            options["init_params"] = rng.dirichlet(np.full(k + noise, 0.3), n)
        if "weights" in self.given:
            parts = rng.exponential(size=k + noise) * rng.integers(0, 3, k + noise)
            options["weights_init"] = parts / parts.sum() if parts.any() else np.full(k + noise, 0)
        if "means" in self.given:
            picked = X[rng.integers(0, n, k)]
            options["means_init"] = picked + 10.0**self.power * rng.normal(size=(k, d))
        if "precisions" in self.given:
            options["precisions_init"] = _precisions(rng, covariance_type, k, d, self.power)
        if self.fixed:
            options["fixed"] = self.fixed
        if self.noise_init:
            options["noise_init"] = rng.random(n) < 0.3
        return options


def _precisions(rng: np.random.Generator, covariance_type: str, k: int, d: int, power: int) -> Any:
    shape = COVARIANCE_TYPES[covariance_type].layout.shape(k, d)
    scale = 10.0 ** (-2.0 * power)
    if shape[-2:] != (d, d) or covariance_type in ("diag", "spherical"):
        return scale * rng.uniform(0.5, 2.0, shape)
    if covariance_type[1:] in ("II", "EI", "VI"):
        return scale * np.broadcast_to(np.eye(d), shape)
    factors = rng.normal(size=(*shape[:-1], d))
    if covariance_type == "EEE":  # one for all
        factors[:] = factors[0]
    return scale * (factors @ np.swapaxes(factors, -1, -2) + 0.1 * np.eye(d))


@dataclass(frozen=True)
class Case:
    """A recipe for a fit.

    Attributes
    ----------
    table : Table
    weights : Weights
    k : int
    covariance_type : str
    start : Start
    options : dict
        Further parameters of the estimator, plain values.
    label_seed : int or None
        Fixes which rows are known to belong to which component; None for no labels.
    kernel : str
    """

    table: Table = field(default_factory=Table)
    weights: Weights = field(default_factory=Weights)
    k: int = 2
    covariance_type: str = "full"
    start: Start = field(default_factory=Start)
    options: dict[str, Any] = field(default_factory=dict)
    label_seed: int | None = None
    kernel: str = "auto"

    @property
    def noise(self) -> bool:
        """Whether there is noise."""
        return bool(self.options.get("noise", False))

    @property
    def algorithm(self) -> str:
        """The name of the algorithm."""
        return str(self.options.get("algorithm", "em"))

    @property
    def labels(self) -> Array | None:
        """Known components of the rows."""
        if self.label_seed is None:
            return None
        rng = np.random.default_rng(self.label_seed)
        labels = rng.integers(0, self.k + self.noise, self.table.n)
        return np.where(rng.random(self.table.n) < 0.3, labels, -1)

    def estimator(self, **changes: Any) -> mx.GaussianMixture:
        """An estimator that is not fitted yet."""
        start = self.start.options(self.table, self.k, self.covariance_type, self.noise)
        parameters = {"covariance_type": self.covariance_type, "random_state": 0}
        return mx.GaussianMixture(self.k, **parameters | start | self.options | changes)

    def fit(self, **changes: Any) -> mx.GaussianMixture:
        """Fit an estimator to the table."""
        with use(self.kernel):
            return self.estimator(**changes).fit(
                self.table.given, sample_weight=self.weights.of(self.table.n), labels=self.labels
            )


@st.composite
def _starts(draw: st.DrawFn, noise: bool) -> Start:
    names = st.sampled_from([*STARTS, "labels", "responsibilities"])
    parts = ["weights", "means", "precisions"]
    given = draw(st.one_of(st.just([]), st.lists(st.sampled_from(parts), unique=True)))
    fixable = [part for part in given if part != "precisions"]
    fixed = draw(st.lists(st.sampled_from(fixable), unique=True)) if fixable else []
    powers = st.sampled_from([0, -20, -3, 3, 20, 80])
    return Start(
        draw(names),
        tuple(given),
        tuple(fixed),
        draw(powers),
        noise and draw(st.booleans()),
        draw(st.integers(0, 999)),
    )


_FLOORS = [1e-6, 0.0, 1e-12, 1e-3, 1.0, 1e-300, 1e-20, 1e20, 1e300]

_PRIORS = st.one_of(
    st.none(),
    st.just("default"),
    st.fixed_dictionaries(
        {},
        optional={
            "shrinkage": st.sampled_from([0.0, 0.01, 1.0, 1e4]),
            "dof": st.sampled_from([0.0, 3.0, 10.0, 1e4]),
            "scale": st.sampled_from([1e-30, 1.0, 1e30]),
        },
    ),
)


@st.composite
def cases(draw: st.DrawFn, of: st.SearchStrategy[Table] | None = None) -> Case:
    """Any fit of any table."""
    table = draw(tables() if of is None else of)
    volumes = st.sampled_from([True, 1e-300, 1e-3, 1.0, 1e30, 1e300])
    noise = draw(st.one_of(st.just(False), volumes))
    start = draw(_starts(bool(noise)))
    options: dict[str, Any] = {
        "noise": noise,
        "algorithm": draw(st.sampled_from(["em", "em", "hard", "stochastic", "saem", "annealed"])),
        "acceleration": draw(st.sampled_from(["auto", "early", None])),
        "reg_covar": draw(st.sampled_from(_FLOORS)),
        "prior": draw(_PRIORS),
        "tol": draw(st.sampled_from([1e-7, 0.0, 1e-3])),
        "max_iter": draw(st.one_of(st.integers(0, 10), st.just(60))),
        "n_init": draw(st.integers(1, 3)),
    }
    if "weights" not in start.given:
        options["equal_weights"] = draw(st.booleans())
    names = [
        name for name, kind in COVARIANCE_TYPES.items() if table.d == 1 or not kind.one_dimensional
    ]
    return Case(
        table,
        draw(weights()),
        draw(st.integers(1, 5)),
        draw(st.sampled_from(names)),
        start,
        options,
        draw(st.one_of(st.none(), st.none(), st.integers(0, 999))),
        draw(st.sampled_from(["auto", "numpy"])),
    )


@st.composite
def tame_cases(draw: st.DrawFn) -> Case:
    """Fits of any kind that nothing speaks against."""
    return Case(
        draw(tame_tables()),
        Weights("counts" if draw(st.booleans()) else "none", draw(st.integers(0, 999))),
        draw(st.integers(1, 4)),
        draw(st.sampled_from([name for name in COVARIANCE_TYPES if len(name) > 1])),
        Start(draw(st.sampled_from(list(STARTS)))),
        {
            "noise": draw(st.booleans()),
            "algorithm": draw(st.sampled_from(["em", "hard", "stochastic", "saem", "annealed"])),
            "prior": draw(st.sampled_from([None, "default"])),
            "max_iter": 20,
            "n_init": 1,
        },
        kernel=draw(st.sampled_from(["auto", "numpy"])),
    )

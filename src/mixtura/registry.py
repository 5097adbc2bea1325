"""Option strings and what they stand for. Below this layer there are none."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Self, TypeVar

import numpy as np

from mixtura.acceleration import PLAIN, Course, Watch
from mixtura.assignments import Assignment, hard, soft, stochastic
from mixtura.covariance import (
    EEE,
    EEI,
    EEV,
    EII,
    EVE,
    EVI,
    EVV,
    VEE,
    VEI,
    VEV,
    VII,
    VVE,
    VVI,
    VVV,
    Structure,
)
from mixtura.errors import MixturaError
from mixtura.initialization import (
    MakeStart,
    from_centres,
    from_chance,
    from_hierarchy,
    from_quantiles,
    k_means,
    k_means_plus_plus,
    random_rows,
)
from mixtura.layouts import Diagonal, Full, Layout, Spherical, Tied, WrittenOut
from mixtura.mixing import FREE, EqualWeights, FixedWeights, FreeLast, FreeWeights, Mixing
from mixtura.restarts import Effort
from mixtura.selection.criteria import (
    FitCriterion,
    TableCriterion,
    cross_validation,
    entropy_criterion,
    of_each,
)
from mixtura.selection.scores import Scores
from mixtura.selection.slope import slope_heuristic
from mixtura.stopping import StoppingRule, fixed_length, projected_gain

__all__ = [
    "ACCELERATIONS",
    "ALGORITHMS",
    "COVARIANCE_TYPES",
    "CRITERIA",
    "EFFORTS",
    "FIT_CRITERIA",
    "FIXABLE",
    "STARTS",
    "Algorithm",
    "Constraints",
    "CovarianceType",
    "Ways",
    "choose",
    "course_of",
    "searched_types",
]


@dataclass(frozen=True)
class CovarianceType:
    """A covariance structure, and the shape in which its estimates are shown.

    Attributes
    ----------
    structure : Structure
    layout : Layout
    text : str
        The structure in plain words.
    one_dimensional : bool
        Whether the name is reserved for tables of one column.
    """

    structure: Structure[Any]
    layout: Layout
    text: str
    one_dimensional: bool = False


_TEXTS = {
    "EII": "all components share one variance, the same in all directions",
    "VII": "each component has its own variance, the same in all directions",
    "EEI": "all components share one variance for each column",
    "VEI": "variances for each column, in the same proportions but of different size",
    "EVI": "variances for each column, in different proportions but of equal volume",
    "VVI": "each component has its own variance for each column",
    "EEE": "all components share one covariance matrix",
    "VEE": "covariance matrices of one form, of different size",
    "EVE": "ellipsoids along the same axes, of different shape but equal volume",
    "VVE": "ellipsoids along the same axes, of different shape and size",
    "EEV": "one ellipsoid, turned differently",
    "VEV": "ellipsoids of one shape, turned differently and of different size",
    "EVV": "ellipsoids of equal volume",
    "VVV": "each component has its own covariance matrix",
}
_AXES: list[Structure[Any]] = [EII(), VII(), EEI(), VEI(), EVI(), VVI()]
_DENSE: list[Structure[Any]] = [EEE(), VEE(), EVE(), VVE(), EEV(), VEV(), EVV(), VVV()]


def _named(structure: Structure[Any], layout: Layout) -> tuple[str, CovarianceType]:
    name = type(structure).__name__
    return name, CovarianceType(structure, layout, _TEXTS[name])


COVARIANCE_TYPES = {
    "full": CovarianceType(VVV(), Full(), _TEXTS["VVV"]),
    "tied": CovarianceType(EEE(), Tied(), _TEXTS["EEE"]),
    "diag": CovarianceType(VVI(), Diagonal(), _TEXTS["VVI"]),
    "spherical": CovarianceType(VII(), Spherical(), _TEXTS["VII"]),
    **dict(_named(structure, WrittenOut()) for structure in _AXES),
    **dict(_named(structure, Full()) for structure in _DENSE),
    "E": CovarianceType(EEE(), Full(), "all components share one variance", True),
    "V": CovarianceType(VVV(), Full(), "each component has its own variance", True),
}


def searched_types(d: int) -> tuple[str, ...]:
    """The names of all different structures in d dimensions, simplest first."""
    return ("E", "V") if d == 1 else tuple(_TEXTS)


@dataclass(frozen=True)
class Algorithm:
    """A cell of the grid of `mixtura.assignments`, and the rule that ends it.

    Attributes
    ----------
    assignment : Assignment
    stopping : callable
        (tol, max_iter) -> StoppingRule.
    smooth : bool
        Whether its objective has a gradient to follow, so that it can be accelerated.
    settles : bool
        Whether a run ends in an optimum, in which others may end as well.
    objective : str
        What it maximises, in words.
    """

    assignment: Assignment
    stopping: Callable[[float, int], StoppingRule]
    smooth: bool = False
    settles: bool = True
    objective: str = "log-likelihood"


ALGORITHMS = {
    "em": Algorithm(soft, projected_gain, smooth=True),
    "hard": Algorithm(hard, projected_gain, objective="classification log-likelihood"),
    "stochastic": Algorithm(
        stochastic, lambda tol, max_iter: fixed_length(max_iter), settles=False
    ),
}


#: Parts of a mixture that a fit can leave as they are.
FIXABLE = ("weights", "means")
_MIXING_TEXTS = {
    FreeWeights: "",
    EqualWeights: "equal weights",
    FreeLast: "equal weights but for noise",
    FixedWeights: "weights fixed",
}


@dataclass(frozen=True)
class Constraints:
    """What M-steps may not move.

    Attributes
    ----------
    mixing : Mixing
    fixed_means : bool
    """

    mixing: Mixing = FREE
    fixed_means: bool = False

    def __str__(self) -> str:
        fixed = [_MIXING_TEXTS[type(self.mixing)], "means fixed" if self.fixed_means else ""]
        return ", ".join(text for text in fixed if text)

    @classmethod
    def of(cls, equal_weights: object, fixed: object, *, noise: bool) -> Self:
        """From the parameters of that name: a flag, and None or some of 'weights', 'means'.

        Beside noise, equal weights are those of the clusters; fixed ones are all.
        """
        if not isinstance(equal_weights, bool | np.bool_):
            raise MixturaError(f"equal_weights={equal_weights!r}; it should be True or False.")
        parts = () if fixed is None else (fixed,) if isinstance(fixed, str) else fixed
        if not isinstance(parts, tuple | list) or not all(part in FIXABLE for part in parts):
            raise MixturaError(
                f"fixed={fixed!r} is unknown; give None or some of {', '.join(FIXABLE)}."
            )
        if "weights" in parts and equal_weights:
            raise MixturaError(
                "equal_weights=True leaves no weights to be fixed: leave 'weights' out of fixed."
            )
        equal = FreeLast(EqualWeights()) if noise else EqualWeights()
        mixing = equal if equal_weights else FREE
        return cls(FixedWeights() if "weights" in parts else mixing, "means" in parts)


#: What a single fit is judged by; all are to be minimised.
FIT_CRITERIA: dict[str, FitCriterion] = {
    "bic": Scores.bic,
    "aic": Scores.aic,
    "icl": Scores.icl,
    "sabic": Scores.sabic,
}

#: What a search can minimise: those, and what takes the whole table of candidates.
CRITERIA: dict[str, TableCriterion] = {
    **{name: of_each(criterion) for name, criterion in FIT_CRITERIA.items()},
    "nec": entropy_criterion,
    "slope": slope_heuristic,
    "cv": cross_validation,
}

# Where a plain pass is cheap, acceleration may pay only after many: when as much has been spent as
# it would take, in numbers that passes add up.
_EARLY, _LATE = Watch().patience, 300
_WORTH_ACCELERATION = 1e7

#: Ways to get on faster than plain EM does, from the price of a plain iteration (see `course_of`).
ACCELERATIONS: dict[str, Callable[[float], Course]] = {
    "auto": lambda price: Watch(max(_EARLY, int(min(_LATE, _WORTH_ACCELERATION / price)))),
    "early": lambda price: Watch(_EARLY),
}

T = TypeVar("T")

_BY_K_MEANS = from_centres(k_means)
_BY_K_MEANS_PLUS_PLUS = from_centres(k_means_plus_plus)
_BY_ROWS = from_centres(random_rows)


@dataclass(frozen=True)
class Ways:
    """Ways to start, by the number of the start.

    Attributes
    ----------
    first : tuple of MakeStart
        Those that each give one start only, so that making it again would tell nothing.
    then : tuple of MakeStart
        Those that take turns after them, with other random numbers every time.
    """

    first: tuple[MakeStart, ...]
    then: tuple[MakeStart, ...]

    def make(self, number: int) -> MakeStart:
        """What makes the start of a number."""
        if number < len(self.first):
            return self.first[number]
        return self.then[(number - len(self.first)) % len(self.then)]


# k-means is the best single way, but its starts resemble each other, and so do random
# responsibilities: all of them can miss an optimum that any other way would find.
_BY_CENTRES_IN_TURNS = (
    _BY_ROWS,
    _BY_K_MEANS_PLUS_PLUS,
    _BY_ROWS,
    _BY_K_MEANS_PLUS_PLUS,
    _BY_K_MEANS,
)
# Random responsibilities are of rows, so that with them a row of weight 2 is not the row twice.
_IN_TURNS = (_BY_ROWS, _BY_K_MEANS_PLUS_PLUS, from_chance, *_BY_CENTRES_IN_TURNS[2:])

STARTS = {
    "auto": Ways((_BY_K_MEANS, _BY_ROWS, from_hierarchy), _BY_CENTRES_IN_TURNS),
    "kmeans": Ways((), (_BY_K_MEANS,)),
    "k-means++": Ways((), (_BY_K_MEANS_PLUS_PLUS,)),
    "random_from_data": Ways((), (_BY_ROWS,)),
    "random": Ways((), (from_chance,)),
    "varied": Ways((_BY_K_MEANS, from_hierarchy, from_quantiles), _IN_TURNS),
    "hierarchical": Ways((from_hierarchy,), _BY_CENTRES_IN_TURNS),
    "quantiles": Ways((from_quantiles,), _BY_CENTRES_IN_TURNS),
}

_THOROUGH = Effort(most=20, enough=5, enough_apart=2)
# Numbers that the first iterations of all starts may add up, in all: about a fifth of a second.
_AFFORDABLE = 1e7

#: How many starts to make where no number is given, from the numbers that an iteration adds up:
#: enough to see the best optimum again.
EFFORTS: dict[str, Callable[[float], Effort]] = {
    "auto": lambda price: _THOROUGH.within(_AFFORDABLE / price),
    "thorough": lambda price: _THOROUGH,
}


def choose(options: Mapping[str, T], name: str, value: object) -> T:
    """The option of the given value, or an error that lists them all."""
    if isinstance(value, str) and value in options:
        return options[value]
    raise MixturaError(f"{name}={value!r} is unknown; choose one of {', '.join(options)}.")


def course_of(acceleration: object, algorithm: Algorithm, price: float = math.inf) -> Course:
    """How the algorithm's mixtures follow each other; plainly for an acceleration of None.

    The price is that of a plain iteration: the numbers that it adds up, infinite where it is not
    made by the compiled kernel alone.
    """
    if acceleration is None:
        return PLAIN
    course = choose(ACCELERATIONS, "acceleration", acceleration)
    return course(price) if algorithm.smooth else PLAIN

"""Option strings and what they stand for. Below this layer there are none."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import reduce
from typing import Any, TypeVar

from mixtura.acceleration import Switch
from mixtura.assignments import hard, soft
from mixtura.errors import MixturaError
from mixtura.estimators.algorithms import SETTINGS, Settings
from mixtura.families.gaussian.discriminant import quadratic_discriminant
from mixtura.fitting.algorithm import Acceleration, Algorithm, Stage
from mixtura.fitting.restarts import Effort
from mixtura.schedules import Rounds
from mixtura.starts.centers import from_centers, k_means, k_means_plus_plus, random_rows
from mixtura.starts.given import from_chance
from mixtura.starts.groups import from_hierarchy
from mixtura.starts.quantiles import from_quantiles
from mixtura.starts.ways import Way, Ways
from mixtura.stopping import projected_gain

__all__ = [
    "ACCELERATIONS",
    "ALGORITHMS",
    "EFFORTS",
    "STARTS",
    "accelerated",
    "algorithm_document",
    "algorithm_of",
    "choose",
]


T = TypeVar("T")

_EM = Stage("em", soft, projected_gain, smooth=True)
_HARD = Stage("hard", hard, projected_gain, objective="classification log-likelihood")
_MINIBATCH = replace(_EM, name="minibatch", rounds=Rounds(), blends=True)

#: By name, with their default settings.
ALGORITHMS: dict[str, Algorithm] = {
    "em": Algorithm(("em",), (_EM,)),
    "hard": Algorithm(("hard",), (_HARD,)),
    **{name: make().algorithm(_EM) for name, make in SETTINGS.items()},
    "minibatch": Algorithm(("minibatch",), (_MINIBATCH,)),
}


# Where a plain pass is cheap, acceleration may pay only after many: when as much has been spent as
# it would take, in numbers that passes add up. A share of all iterations is left for it.
_EARLY, _LATE = Switch().patience, 3 / 4
_WORTH_ACCELERATION = 1e7


def _late(price: float, max_iter: int) -> Switch:
    return Switch(max(_EARLY, int(min(_LATE * max_iter, _WORTH_ACCELERATION / price))))


#: Ways to get on faster than plain EM does, from the price of a plain iteration and their number.
ACCELERATIONS: dict[str, Acceleration] = {
    "auto": _late,
    "early": lambda price, max_iter: Switch(_EARLY),
}

_BY_K_MEANS = Way("k-means", from_centers(k_means))
_BY_K_MEANS_PLUS_PLUS = Way("k-means++", from_centers(k_means_plus_plus))
_BY_ROWS = Way("rows", from_centers(random_rows))
_BY_HIERARCHY = Way("hierarchy", from_hierarchy(quadratic_discriminant))
_BY_QUANTILES = Way("quantiles", from_quantiles)
_BY_CHANCE = Way("chance", from_chance)
_BY_SPLIT, _BY_ANOTHER_SPLIT = Way.of_split(0), Way.of_split(1)


# k-means is the best single way of the rows, but its starts resemble each other, and so do random
# responsibilities: all of them can miss an optimum that any other way would find.
_BY_CENTERS_IN_TURNS = (
    _BY_ROWS,
    _BY_K_MEANS_PLUS_PLUS,
    _BY_ROWS,
    _BY_K_MEANS_PLUS_PLUS,
    _BY_K_MEANS,
)
# Random responsibilities are of rows, so that with them a row of weight 2 is not the row twice.
_IN_TURNS = (_BY_ROWS, _BY_K_MEANS_PLUS_PLUS, _BY_CHANCE, *_BY_CENTERS_IN_TURNS[2:])

STARTS = {
    "auto": Ways(
        (_BY_K_MEANS, _BY_ROWS, _BY_SPLIT, _BY_HIERARCHY, _BY_ANOTHER_SPLIT), _BY_CENTERS_IN_TURNS
    ),
    "kmeans": Ways((), (_BY_K_MEANS,)),
    "k-means++": Ways((), (_BY_K_MEANS_PLUS_PLUS,)),
    "random_from_data": Ways((), (_BY_ROWS,)),
    "random": Ways((), (_BY_CHANCE,)),
    "varied": Ways(
        (_BY_HIERARCHY, _BY_K_MEANS, _BY_QUANTILES, _BY_SPLIT, _BY_ANOTHER_SPLIT), _IN_TURNS
    ),
    "hierarchical": Ways((_BY_HIERARCHY,), _BY_CENTERS_IN_TURNS),
    "quantiles": Ways((_BY_QUANTILES,), _BY_CENTERS_IN_TURNS),
    "splits": Ways((_BY_SPLIT, _BY_ANOTHER_SPLIT), _BY_CENTERS_IN_TURNS),
}

_THOROUGH = Effort(most=20, enough=4, enough_apart=2)
# Numbers that the first iterations of all starts may add up, in all: about a fifth of a second.
_AFFORDABLE = 1e7

#: How many starts to make where no number is given, from the numbers that an iteration adds up:
#: enough to see the best optimum again, and by another kind of start.
EFFORTS: dict[str, Callable[[float], Effort]] = {
    "auto": lambda price: _THOROUGH.within(_AFFORDABLE / price),
    "thorough": lambda price: _THOROUGH,
}


def choose(options: Mapping[str, T], name: str, value: object) -> T:
    """The option of the given value, or an error that lists them all."""
    if isinstance(value, str) and value in options:
        return options[value]
    raise MixturaError(f"{name}={value!r} is unknown; choose one of {', '.join(options)}.")


def algorithm_of(value: object) -> Algorithm:
    """What a name, an object with settings, or a sequence of these stands for."""
    if not isinstance(value, tuple | list):
        return _single(value)
    if not value:
        raise MixturaError("algorithm=() has nothing in it; give one name or more.")
    return reduce(operator.add, map(_single, value))


def _single(value: object) -> Algorithm:
    if isinstance(value, Settings):
        return value.algorithm(_EM)
    return choose(ALGORITHMS, "algorithm", value)


def algorithm_document(value: object) -> Any:
    """The same as JSON values."""
    if isinstance(value, tuple | list):
        return [algorithm_document(part) for part in value]
    return value.document if isinstance(value, Settings) else value


def accelerated(acceleration: object, *, late: bool) -> Acceleration | None:
    """The acceleration of the given name; none for None.

    It begins late, if at all, where iterations are cheap.
    """
    if acceleration is None:
        return None
    chosen = choose(ACCELERATIONS, "acceleration", acceleration)
    return chosen if late else ACCELERATIONS["early"]

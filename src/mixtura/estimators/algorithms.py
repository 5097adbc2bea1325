"""Algorithms with settings of their own, and what they stand for in the loop's terms."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, ClassVar

import numpy as np

from mixtura.acceleration import PLAIN, ChainMean, UpdateRule
from mixtura.assignments import Tempered, stochastic
from mixtura.errors import MixturaError
from mixtura.fitting.algorithm import Algorithm, Stage
from mixtura.schedules import Schedule, damped, decreasing_steps
from mixtura.stopping import StoppingRule, fixed_length, projected_gain

__all__ = ["SAEM", "SETTINGS", "Annealed", "Settings", "Stochastic", "settings_kept"]


@dataclass(frozen=True)
class Settings(ABC):
    """An algorithm with settings; its name stands for the default ones."""

    name: ClassVar[str]

    @abstractmethod
    def stages(self, em: Stage) -> tuple[Stage, ...]:
        """What it is in the loop's terms; some end with EM."""

    def algorithm(self, em: Stage) -> Algorithm:
        """The same under its name."""
        return Algorithm((self.name,), self.stages(em))

    @property
    def document(self) -> dict[str, Any]:
        """Its name and settings as JSON values."""
        return {"name": self.name, **asdict(self)}


@dataclass(frozen=True, kw_only=True)
class RandomWalk(Settings):
    """Base of algorithms that draw, and whose first iterations are a burn-in."""

    burn_in: float = 0.5

    def __post_init__(self) -> None:
        if not _is_number(self.burn_in) or not 0.0 <= self.burn_in < 1.0:
            raise MixturaError(
                f"burn_in={self.burn_in!r} should be a share: 0 or more, and below 1."
            )

    def n_burned(self, max_iter: int) -> int:
        """Iterations of the burn-in."""
        return int(self.burn_in * max_iter)


@dataclass(frozen=True, kw_only=True)
class Stochastic(RandomWalk):
    """Stochastic EM (Celeux and Diebolt 1985): each row's component is drawn in every iteration.

    It makes `max_iter` iterations. The mixtures it passes are a Markov chain that settles about an
    optimum in law alone, and that can leave a poor one. What it passed after the burn-in is kept
    as `chain_`, and takes memory: the parameters of a mixture for each iteration.

    Parameters
    ----------
    burn_in : float, default=0.5
        Share of the iterations that do not count for the chain and its mean: in them the chain
        finds its place.
    returns : {'best', 'mean'}, default='best'
        The likeliest mixture that it passed; or the mean of its chain: an M-step from the mean of
        all sufficient statistics after the burn-in. Of few parameters a chain passes close by the
        maximum, of some thirty and more its mean is nearer.
        Components that change places within a chain are not put back. That is rare where they lie
        apart, and where the mean is less likely than the chain was, a note tells.

    Examples
    --------
    >>> import numpy as np
    >>> import mixtura as mx
    >>> rng = np.random.default_rng(0)
    >>> X = np.concatenate([rng.normal(0, 1, (60, 1)), rng.normal(5, 1, (40, 1))])
    >>> mean = mx.Stochastic(returns="mean")
    >>> gm = mx.GaussianMixture(2, algorithm=mean, max_iter=200, random_state=0).fit(X)
    >>> gm.weights_.round(2)
    array([0.6, 0.4])
    >>> gm.chain_.arrays["means"].shape
    (100, 2, 1)
    """

    name: ClassVar[str] = "stochastic"

    returns: str = "best"

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.returns not in ("best", "mean"):
            raise MixturaError(f"returns={self.returns!r} is unknown; choose one of best, mean.")

    def stages(self, em: Stage) -> tuple[Stage, ...]:
        """One stage."""
        mean = self.returns == "mean"
        stage = Stage(
            self.name,
            stochastic,
            self._stopping,
            following=self._following,
            settles=False,
            latest=mean,
            blends=mean,
            chain=self._chain,
        )
        return (stage,)

    def _stopping(self, tol: float, max_iter: int) -> StoppingRule:
        if self.returns == "best":
            return fixed_length(max_iter)
        return fixed_length(max_iter, f"took the mean of the last {len(self._chain(max_iter))}")

    def _following(self, max_iter: int) -> UpdateRule:
        return PLAIN if self.returns == "best" else ChainMean(self.n_burned(max_iter), max_iter)

    def _chain(self, max_iter: int) -> range:
        return range(self.n_burned(max_iter), max_iter)


@dataclass(frozen=True, kw_only=True)
class SAEM(RandomWalk):
    """Stochastic approximation EM (Delyon, Lavielle and Moulines 1999).

    Stochastic EM whose statistics are remembered after a burn-in, with steps
    (iteration - burn-in + 1) ** -power, so that it settles in an optimum near which its chain has
    been. It makes `max_iter` iterations: with decreasing steps changes become small whether or not
    an optimum is near, so that no smallness of theirs could end it honestly.

    Parameters
    ----------
    burn_in : float, default=0.5
        Share of the iterations with step 1. They cover the way; the others settle. After the
        second half of 1,000 iterations the last step is 0.01: what is left of the chain's
        variance is less than a hundredth.
    power : float, default=0.75
        In (1/2, 1], which the theorem asks for. Smaller ones forget the burn-in sooner, larger ones
        end with smaller steps.
    """

    name: ClassVar[str] = "saem"

    power: float = 0.75

    def __post_init__(self) -> None:
        super().__post_init__()
        if not _is_number(self.power) or not 0.5 < self.power <= 1.0:
            raise MixturaError(f"power={self.power!r} should be above 1/2 and at most 1.")

    def stages(self, em: Stage) -> tuple[Stage, ...]:
        """One stage."""
        stage = Stage(
            self.name,
            stochastic,
            self._stopping,
            schedule=self._schedule,
            settles=False,
            latest=True,
            blends=True,
        )
        return (stage,)

    def _stopping(self, tol: float, max_iter: int) -> StoppingRule:
        n_small = max_iter - self.n_burned(max_iter)
        return fixed_length(max_iter, f"ended with {n_small} of decreasing steps")

    def _schedule(self, max_iter: int) -> Schedule:
        return damped(decreasing_steps(self.n_burned(max_iter), self.power))


@dataclass(frozen=True, kw_only=True)
class Annealed(Settings):
    """Deterministic annealing EM (Ueda and Nakano 1998).

    EM with responsibilities in proportion to (w_j p_j(x)) ** b. For a small inverse temperature b
    the objective has fewer optima; b rises to 1, and EM ends the fit.

    Components that begin at too small a b, or stay there for long, all become the same and can
    never part again: with covariances that are free, equal components are stable at every b below
    1. Hence the start at 1/2, and two iterations at each temperature.

    Parameters
    ----------
    start : float, default=0.5
        The first b, in (0, 1).
    n_temperatures : int, default=10
        How many b below 1, in equal ratios.
    n_iter : int, default=2
        Most iterations at each.
    """

    name: ClassVar[str] = "annealed"

    start: float = 0.5
    n_temperatures: int = 10
    n_iter: int = 2

    def __post_init__(self) -> None:
        if not _is_number(self.start) or not 0.0 < self.start < 1.0:
            raise MixturaError(f"start={self.start!r} should be between 0 and 1.")
        for name in ("n_temperatures", "n_iter"):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int) or value < 1:
                raise MixturaError(f"{name}={value!r} should be an integer of 1 or more.")

    def stages(self, em: Stage) -> tuple[Stage, ...]:
        """One for each temperature, and EM."""
        # The last of these is 1, which is EM's.
        below_one = np.geomspace(self.start, 1.0, self.n_temperatures + 1)[:-1].tolist()
        return (*(self._at(b) for b in below_one), em)

    def _at(self, b: float) -> Stage:
        return Stage(
            f"tempered {b:.3g}",
            Tempered(b),
            self._stopping,
            objective=f"free energy at an inverse temperature of {b:.3g}",
        )

    def _stopping(self, tol: float, max_iter: int) -> StoppingRule:
        return projected_gain(tol, min(self.n_iter, max_iter))


#: By their names.
SETTINGS: dict[str, type[Settings]] = {kind.name: kind for kind in (Stochastic, SAEM, Annealed)}


def settings_kept(document: Mapping[str, Any]) -> Settings:
    """What has such a document.

    Raises
    ------
    MixturaError
        If nothing has.
    """
    given = dict(document)
    name = given.pop("name", None)
    if name not in SETTINGS:
        raise MixturaError(f"the name {name!r} is none of {', '.join(SETTINGS)}.")
    try:
        return SETTINGS[name](**given)
    except TypeError:
        raise MixturaError(f"{', '.join(given)} are not all settings of {name!r}.") from None


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)

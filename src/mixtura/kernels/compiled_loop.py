"""Many plain iterations at once, where the compiled kernel can make them.

On a table of some hundred rows the interpreter takes longer than the arithmetic. The kernel makes
E-steps and M-steps in one call for as long as nothing else can happen, and the loop goes on from
there: what is not regular is left to it, and so is the word on when to stop.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Self

from mixtura.assignments import Assignment, hard, soft
from mixtura.families import FLAT, Gaussian, GaussianParameters
from mixtura.families.gaussian.structures import AxisCovariances, DenseCovariances, Structure
from mixtura.families.tie import Tie
from mixtura.kernels.algebra import many
from mixtura.kernels.em_loop import LoopBinding, LoopState
from mixtura.kernels.kernel import chosen
from mixtura.mixing_weights import FREE, Mixing
from mixtura.mixture import Mixture
from mixtura.sources import ArraySource
from mixtura.sources.source import Source
from mixtura.typing import FloatArray

__all__ = ["CompiledIterations", "CompiledLoop"]

# A call is work for some hundredths of a second, so that an interruption is heard: products of
# numbers.
_PRODUCTS = 2e8
# Rows have other costs than products of deviations; in units of these.
_OTHER = 20
# Products of matrices (d, d) in an M-step, per component: a search for common axes at its longest,
# and the others.
_SEARCH, _DIRECT = 800, 20


@dataclass(frozen=True)
class CompiledIterations:
    """Some plain iterations.

    Attributes
    ----------
    objectives : list of float
        Of the mixtures that were left, in nats per row.
    last : Mixture
        The last one of these.
    make_end : callable
        Gives the next one, which a run that has come to its end does not ask for.
    """

    objectives: list[float]
    last: Mixture[Any, Any]
    make_end: Callable[[], Mixture[Any, Any]]

    @property
    def end(self) -> Mixture[Any, Any]:
        """The next one."""
        return self.make_end()


@dataclass(frozen=True, eq=False)
class CompiledLoop:
    """Goes on with a run by plain iterations.

    Attributes
    ----------
    binding : LoopBinding
    n_matrices : int
        Products of matrices (d, d) in an M-step, per component.
    """

    binding: LoopBinding
    n_matrices: int

    @classmethod
    def of(cls, mixture: Mixture[Any, Any], source: Source, assignment: Assignment) -> Self | None:
        """None where the kernel does not serve."""
        family, kernel = mixture.family, chosen()
        if kernel is None or type(family) is not Gaussian or assignment not in (soft, hard):
            return None
        structure, floor = family.structure, family.floor
        plain = family.prior is FLAT and not family.fixed_means and _whole(floor)
        if not isinstance(structure, Structure) or not plain:
            return None
        if not structure.diagonal and many(len(floor)):
            return None
        if not isinstance(source, ArraySource) or len(source.handles()) != 1:
            return None
        if source.labelled or source.gappy:
            return None
        chunk = source.load(0)
        ties = structure.volume.value, structure.shape.value, structure.orientation.value
        return cls(
            LoopBinding(kernel.name, chunk.rows, chunk.weight, floor, ties, assignment is hard),
            _n_matrices(structure),
        )

    def __call__(
        self, mixture: Mixture[Any, Any], trace: Sequence[float], tol: float, most: int
    ) -> CompiledIterations | None:
        """At most so many plain iterations; None where the loop has to go on by itself.

        Parameters
        ----------
        mixture : Mixture
        trace : sequence of float
            Objectives of those before this one, in nats per row.
        tol : float
            Of the rule that may stop the run.
        most : int
        """
        if not _weights_known(mixture.mixing, mixture.weights):
            return None
        params = mixture.params
        start = LoopState(mixture.weights, params.means, *params.covariances.arrays)
        most, free = min(most, self._n_at_once(mixture)), mixture.mixing == FREE
        made = self.binding(start, trace, tol, most, free_weights=free)
        if made is None:
            return None
        objectives, last, end = made
        return CompiledIterations(
            objectives, _mixture(mixture, last), lambda: _mixture(mixture, end())
        )

    def _n_at_once(self, mixture: Mixture[Any, Any]) -> int:
        k, d = mixture.params.means.shape
        rows = len(self.binding.rows) * k * (d * (d + 1) + _OTHER)
        return max(1, int(_PRODUCTS / (rows + self.n_matrices * k * d**3)))


def _n_matrices(structure: Structure) -> int:
    if structure.diagonal:
        return 0
    common_axes = structure.orientation is Tie.SHARED and structure.shape is Tie.OWN
    return _SEARCH if common_axes else _DIRECT


def _whole(floor: FloatArray) -> bool:
    """Whether a floor is below all features or none: the kernel divides by it."""
    return bool(floor.all()) or not floor.any()


def _weights_known(mixing: Mixing, weights: FloatArray) -> bool:
    """Whether weights are free, or stay."""
    return mixing == FREE or bool((mixing.maximize(weights, weights) == weights).all())


def _mixture(before: Mixture[Any, Any], end: LoopState) -> Mixture[Any, Any]:
    kind = AxisCovariances if end.covariances.ndim == 2 else DenseCovariances
    covariances = kind.from_arrays(end.covariances, end.whitening, end.log_determinants)
    return Mixture(
        before.family, GaussianParameters(end.means, covariances), end.weights, before.mixing
    )

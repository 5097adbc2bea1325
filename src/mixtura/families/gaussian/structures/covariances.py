"""The contract of covariances, and of what estimates them."""

from __future__ import annotations

from typing import Any, Protocol, Self

from mixtura.typing import FloatArray, IntArray, Selection

__all__ = ["CovarianceStructure", "Covariances"]


class Covariances(Protocol):
    """Covariance matrices of k components, ready to measure distances with."""

    @property
    def variances(self) -> FloatArray:
        """Variance of each feature, (k, d)."""
        ...

    @property
    def whitening(self) -> FloatArray:
        """Upper triangular W (k, d, d), or its diagonals (k, d), with (x - mean) W white."""
        ...

    @property
    def log_determinants(self) -> FloatArray:
        """Log-determinant of each covariance matrix, (k,)."""
        ...

    def expected_log_likelihood(self, count: FloatArray, scatter: FloatArray, /) -> float:
        """-1/2 sum_j n_j log|S_j| + tr(S_j^-1 scatter_j): what an M-step makes large."""
        ...

    def expected_log_likelihoods(self, count: FloatArray, scatter: FloatArray, /) -> FloatArray:
        """-1/2 (n_j log|S_j| + tr(S_j^-1 scatter_j)), for each component, (k,)."""
        ...

    def squared_distances(self, X: FloatArray, means: FloatArray, /) -> FloatArray:
        """Squared Mahalanobis distance of each row to each mean, (n, k)."""
        ...

    def color(self, noise: FloatArray, labels: IntArray, /) -> FloatArray:
        """White noise (n, d) given the covariance of each row's component."""
        ...

    def least_ratios(self, floor: FloatArray, /) -> FloatArray:
        """Smallest variance of each component in any direction, in units of the floor, (k,)."""
        ...

    def exceed(self, floor: FloatArray, /) -> bool:
        """Whether all variances, in any direction, are above the floor (d,)."""
        ...

    def matrices(self) -> FloatArray:
        """The covariance matrices written out, (k, d, d)."""
        ...

    def precisions(self) -> FloatArray:
        """Their inverses, (k, d, d)."""
        ...

    def take(self, order: Selection, /) -> Self:
        """Those of the components in the given order."""
        ...

    def marginal(self, columns: IntArray, /) -> Self:
        """Those of some of the features."""
        ...

    @property
    def arrays(self) -> tuple[FloatArray, FloatArray, FloatArray]:
        """The covariances as they are kept, their whitening and their log-determinants."""
        ...


class CovarianceStructure(Protocol):
    """What estimates the covariances of k components: one of the 14 `Structure`, or your own."""

    @property
    def diagonal(self) -> bool:
        """Whether the diagonals of the scatter matrices are all it needs."""
        ...

    def estimate(
        self, count: FloatArray, scatter: FloatArray, floor: FloatArray, previous: Any = None, /
    ) -> Covariances:
        """The covariances that maximise the likelihood.

        Parameters
        ----------
        count : ndarray of shape (k,)
            Positive.
        scatter : ndarray of shape (k, d, d), or (k, d) if `diagonal`
        floor : ndarray of shape (d,)
            Least variance of each feature: the maximum is taken over covariances S for which
            S - diag(floor) is positive semi-definite, or nearly so. Zeros leave the covariances
            free.
        previous : Covariances, optional
            The current covariances, for structures whose maximum is found by iteration.

        Raises
        ------
        DegenerateError
            If a covariance is singular and no floor holds it.
        """
        ...

    def n_parameters(self, k: int, d: int, /) -> int:
        """Number of free parameters."""
        ...

"""Methods of scikit-learn's mixtures that begin with an underscore, and that other packages call.

skl2onnx asks for `_estimate_log_weights`; others read or set the parameters, count them, or take
densities of the components one by one. Methods that are a piece of scikit-learn's own loop
(`_initialize`, `_m_step`) have no place in ours.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from mixtura.assignments import log_sum_exp
from mixtura.estimators.gaussian_shapes import ShapedMixture
from mixtura.mixture import Mixture
from mixtura.typing import AnyArray, FloatArray

__all__ = ["PrivateHooks"]


class PrivateHooks(ShapedMixture):
    """What scikit-learn's methods of the same names give, of our mixture.

    Noise, if there is any, is the last component, as in `predict_proba`.
    """

    weights_: AnyArray
    means_: AnyArray
    covariances_: AnyArray
    precisions_: AnyArray
    precisions_cholesky_: AnyArray

    def _estimate_log_weights(self) -> FloatArray:
        """log w_j, shape (k,)."""
        return self._fitted().log_weights

    def _estimate_log_prob(self, X: Any) -> AnyArray:
        """log p_j(x_i), shape (n, k)."""
        mixture = self._fitted()

        def of(rows: AnyArray) -> AnyArray:
            return mixture.family.log_density(mixture.params, np.asarray(rows, dtype=np.float64))

        return self._row_by_row(X, mixture, of, self._numbered("log_density", mixture))

    def _estimate_weighted_log_prob(self, X: Any) -> AnyArray:
        """log(w_j p_j(x_i)), shape (n, k)."""
        mixture = self._fitted()

        def of(rows: AnyArray) -> AnyArray:
            return mixture.log_joint(np.asarray(rows, dtype=np.float64))

        return self._row_by_row(X, mixture, of, self._numbered("log_joint", mixture))

    def _estimate_log_prob_resp(self, X: Any) -> tuple[AnyArray, AnyArray]:
        """log P(x_i), shape (n,), and log P(C_j | x_i), shape (n, k)."""
        log_joint = self._estimate_weighted_log_prob(X)
        log_density = log_sum_exp(log_joint)
        return log_density, log_joint - log_density[:, None]

    def _e_step(self, X: Any) -> tuple[float, AnyArray]:
        """Mean of log P(x_i), and log P(C_j | x_i)."""
        log_density, log_resp = self._estimate_log_prob_resp(X)
        return float(log_density.mean()), log_resp

    def _n_parameters(self) -> int:
        """Number of free parameters."""
        return self._fitted().n_parameters

    def _get_parameters(self) -> tuple[AnyArray, AnyArray, AnyArray, AnyArray]:
        """What `_set_parameters` takes."""
        return self.weights_, self.means_, self.covariances_, self.precisions_cholesky_

    def _set_parameters(self, params: Sequence[AnyArray]) -> None:
        """Set the attributes that show a mixture; the precisions follow from the covariances."""
        self.weights_, self.means_, self.covariances_ = map(np.asarray, params[:3])
        shown = self._type.layout.show(self._fitted().params.covariances)
        self.precisions_, self.precisions_cholesky_ = shown.precisions, shown.precisions_cholesky

    @staticmethod
    def _numbered(name: str, mixture: Mixture[Any, Any]) -> tuple[str, ...]:
        """Names of columns, one for each component."""
        return tuple(f"{name}{number}" for number in range(mixture.n_components))

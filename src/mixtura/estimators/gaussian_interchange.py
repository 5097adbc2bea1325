"""Fitted mixtures as scikit-learn's, back again, and as ONNX."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from sklearn.utils.validation import check_is_fitted

from mixtura.errors import MixturaError
from mixtura.estimators.gaussian_onnx import as_onnx, register
from mixtura.estimators.gaussian_shapes import ShapedMixture, shown_in
from mixtura.estimators.gaussian_vocabulary import COVARIANCE_TYPES, CovarianceType
from mixtura.families.gaussian.structures import EEE, EII, VII
from mixtura.families.schema import Schema
from mixtura.typing import AnyArray

__all__ = ["Interchange"]

# Parameters that mean the same in both, whatever their values.
_SAME = (
    "tol",
    "max_iter",
    "weights_init",
    "means_init",
    "random_state",
    "warm_start",
    "verbose",
    "verbose_interval",
)
_THEIR_TYPES = ("full", "tied", "diag", "spherical")
_THEIR_STARTS = ("kmeans", "k-means++", "random", "random_from_data")

_SHOWN = ("weights_", "means_", "covariances_", "precisions_", "precisions_cholesky_")
_TOLD = ("converged_", "n_iter_", "lower_bound_", "lower_bounds_")

# What the two arrays of a covariance may make of the identity. Rounding of float32 stays below.
_CONSISTENT = 0.01


class Interchange(ShapedMixture):
    """Ways of a Gaussian mixture to other packages, and from scikit-learn."""

    weights_: AnyArray
    means_: AnyArray
    covariances_: AnyArray
    precisions_init: Any

    def to_sklearn(self) -> Any:
        """The same mixture as a fitted `sklearn.mixture.GaussianMixture`.

        Weights, means and covariances are the same to the bit; `predict_proba` and
        `score_samples` of float64 tables agree to rounding (those of float32 ones scikit-learn
        computes in float32). The four covariance types of scikit-learn stay what they are; of the
        others EII and VII become 'spherical', what else lies along the axes 'diag', EEE 'tied',
        and all others 'full'. `bic` and `aic` then count the parameters of that type, more than
        the structure has, and do not know of `equal_weights` and `fixed`.

        For a later `fit` it has those parameters that mean the same: `n_components`, `tol`,
        `max_iter`, `weights_init`, `means_init`, `random_state`, `warm_start`, `verbose` and
        `verbose_interval`; `n_init`, `init_params` and `precisions_init` if it knows the values.
        Others are as by default: `reg_covar`, which there is in squared units of the data, among
        them. It makes no use of rows with missing cells: `impute` fills these.

        Returns
        -------
        sklearn.mixture.GaussianMixture

        Raises
        ------
        NotFittedError
            If there is no mixture yet.
        MixturaError
            If the mixture has noise, which scikit-learn's does not know.

        Examples
        --------
        >>> import numpy as np
        >>> import mixtura as mx
        >>> rng = np.random.default_rng(0)
        >>> X = np.concatenate([rng.normal(0, 1, (60, 2)), rng.normal(5, 1, (40, 2))])
        >>> gm = mx.GaussianMixture(2, covariance_type="tied", random_state=0).fit(X)
        >>> theirs = gm.to_sklearn()
        >>> theirs.covariance_type, bool((theirs.means_ == gm.means_).all())
        ('tied', True)
        >>> theirs.predict([[0, 0], [5, 5]])
        array([0, 1])
        """
        from sklearn.mixture import GaussianMixture as Theirs  # half a second, so not before

        mixture = self._fitted()
        if mixture.noise_region is not None:
            raise MixturaError(
                f"The mixture has noise, of weight {mixture.weights[-1]:.3g}, and scikit-learn's "
                "GaussianMixture has no such component: fit with noise=False."
            )
        name = _their_type(self.covariance_type, self._type)
        theirs = Theirs(len(self.means_), covariance_type=name, **self._their_parameters(name))
        theirs.weights_, theirs.means_ = np.array(self.weights_), np.array(self.means_)
        layout = COVARIANCE_TYPES[name].layout
        shown = shown_in(theirs.weights_.dtype, layout.show(mixture.params.covariances))
        theirs.covariances_ = shown.covariances
        theirs.precisions_ = shown.precisions
        theirs.precisions_cholesky_ = shown.precisions_cholesky
        theirs.n_features_in_ = mixture.n_features
        if "feature_names_in_" in vars(self):
            theirs.feature_names_in_ = vars(self)["feature_names_in_"].copy()
        record = vars(self).get("record_")
        if record is not None and record.mixture is mixture:
            for told in _TOLD:
                setattr(theirs, told, getattr(self, told))
        return theirs

    def _their_parameters(self, name: str) -> dict[str, Any]:
        """Those that mean the same in scikit-learn's class, of that covariance type."""
        known = {each: getattr(self, each) for each in _SAME}
        if not isinstance(self.n_init, str):
            known["n_init"] = self.n_init
        if isinstance(self.init_params, str) and self.init_params in _THEIR_STARTS:
            known["init_params"] = self.init_params
        if name == self.covariance_type:
            known["precisions_init"] = self.precisions_init
        return known

    @classmethod
    def from_sklearn(cls, fitted: Any) -> Self:
        """The mixture of a fitted `sklearn.mixture.GaussianMixture`, with all that ours can do.

        Weights, means and covariances are the same to the bit, and so are all parameters but
        `reg_covar`, which means another thing here. Of how the fit went nothing is taken over, as
        of a mixture whose attributes were set by hand: `record_` and what reads it, such as
        `converged_`, come with the next `fit`. With `warm_start=True` that one goes on from here.

        Parameters
        ----------
        fitted : sklearn.mixture.GaussianMixture

        Raises
        ------
        NotFittedError
            If it is not fitted.
        MixturaError
            If it is of another class, or if its `precisions_cholesky_`, from which scikit-learn
            predicts, are not those of its `covariances_`.

        Examples
        --------
        >>> import mixtura as mx
        >>> from sklearn.mixture import GaussianMixture
        >>> theirs = GaussianMixture(2, random_state=0).fit([[0.0], [1.0], [1.5], [7.0], [8.0]])
        >>> gm = mx.GaussianMixture.from_sklearn(theirs)
        >>> gm.impute([[float("nan")]]).round(3), bool((gm.means_ == theirs.means_).all())
        (array([[3.5]]), True)
        """
        from sklearn.mixture import GaussianMixture as Theirs

        if not isinstance(fitted, Theirs):
            raise MixturaError(
                f"from_sklearn takes a fitted sklearn.mixture.GaussianMixture, not a "
                f"{type(fitted).__name__}: other classes have other densities."
            )
        check_is_fitted(fitted, _SHOWN)
        _check_consistent(fitted)
        parameters = fitted.get_params(deep=False)
        del parameters["reg_covar"]
        made = cls(**parameters)
        for shown in _SHOWN:
            setattr(made, shown, np.array(getattr(fitted, shown)))
        columns: Any = range(made.means_.shape[1])
        if "feature_names_in_" in vars(fitted):
            columns = fitted.feature_names_in_
            made.feature_names_in_ = columns.copy()
        made.n_features_in_ = len(columns)
        made.schema_ = Schema.of([str(column) for column in columns])
        made._fitted()  # covariances that are singular are refused now
        return made

    def to_onnx(self, dtype: Any = np.float32, *, score_samples: bool = False) -> Any:
        """The mixture as an ONNX model, for onnxruntime and the like; skl2onnx makes it.

        It is the model of `to_sklearn`, and refuses what that refuses. A row with a missing cell
        has probabilities of NaN there.

        Parameters
        ----------
        dtype : dtype, default=float32
            Of the input 'X' and of all that is computed. float64 where values lie far from 0 in
            units of their spread: float32 has seven digits for both.
        score_samples : bool, default=False
            Whether there is a third output, the log-densities (n, 1).

        Returns
        -------
        onnx.ModelProto
            With the outputs 'label' (n,) and 'probabilities' (n, k).

        Raises
        ------
        MixturaError
            If skl2onnx is not installed, or the dtype is another.
        """
        return as_onnx(self.to_sklearn(), np.dtype(dtype), score_samples=score_samples)

    @classmethod
    def register_onnx_converter(cls) -> None:
        """Let skl2onnx convert this class, and so pipelines that end with one of it.

        Call it once; `skl2onnx.to_onnx(pipeline, X[:1])` then works as for other estimators, with
        the option 'score_samples' of scikit-learn's class.

        Raises
        ------
        MixturaError
            If skl2onnx is not installed.
        """
        register(cls)


def _their_type(name: str, kind: CovarianceType) -> str:
    """The plainest covariance type of scikit-learn that has all covariances of a type of ours."""
    if name in _THEIR_TYPES:
        return name
    if kind.structure in (EII, VII):
        return "spherical"
    if kind.structure.diagonal:
        return "diag"
    return "tied" if kind.structure == EEE else "full"


def _check_consistent(fitted: Any) -> None:
    """See that a mixture of scikit-learn predicts from the covariances that it shows."""
    covariances, whitening = fitted.covariances_, fitted.precisions_cholesky_
    if fitted.covariance_type in ("full", "tied"):
        white = np.swapaxes(whitening, -1, -2) @ covariances @ whitening
        unit: AnyArray = np.eye(len(white[0]) if white.ndim == 3 else len(white))
    else:
        white, unit = covariances * whitening**2, np.ones(())
    off = float(np.abs(white - unit).max())
    if not off <= _CONSISTENT:
        raise MixturaError(
            "covariances_ and precisions_cholesky_ of the scikit-learn mixture contradict each "
            f"other: their product is off the identity by {off:.3g}. It predicts from the latter, "
            "and mixtura from the former: set one from the other."
        )

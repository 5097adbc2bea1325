"""Mixtures of scikit-learn as ONNX, by skl2onnx, which is imported here alone and when asked."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import numpy as np

from mixtura.errors import MixturaError

__all__ = ["as_onnx", "register"]

_TENSORS = {"float32": "FloatTensorType", "float64": "DoubleTensorType"}

_ALIAS = "MixturaGaussianMixture"


def as_onnx(theirs: Any, dtype: np.dtype[Any], *, score_samples: bool) -> Any:
    """The ONNX model of a mixture of scikit-learn.

    Parameters
    ----------
    theirs : sklearn.mixture.GaussianMixture
    dtype : dtype
        Of its input.
    score_samples : bool
        Whether the log-densities are an output as well.
    """
    if dtype.name not in _TENSORS:
        raise MixturaError(
            f"dtype={dtype.name!r} is not one that a mixture has in ONNX: float32 or float64."
        )
    skl2onnx = _skl2onnx()
    tensor = getattr(import_module("skl2onnx.common.data_types"), _TENSORS[dtype.name])
    return skl2onnx.to_onnx(
        theirs,
        initial_types=[("X", tensor([None, theirs.n_features_in_]))],
        options={id(theirs): {"score_samples": score_samples}},
    )


def register(estimator_class: type[Any]) -> None:
    """Let skl2onnx convert a class whose `to_sklearn` gives mixtures of scikit-learn."""
    _skl2onnx().update_registered_converter(
        estimator_class,
        _ALIAS,
        _check_last,
        import_module(
            "skl2onnx.operator_converters.gaussian_mixture"
        ).convert_sklearn_gaussian_mixture,
        parser=_parse,
        options={"score_samples": [True, False]},
    )


def _parse(scope: Any, model: Any, inputs: list[Any], custom_parsers: Any = None) -> list[Any]:
    """Have skl2onnx convert what is in scikit-learn the same; the outputs that it then has."""
    types = import_module("skl2onnx.common.data_types")
    theirs = model.to_sklearn()
    options = scope.get_options(model, {"score_samples": False})
    scope.add_options(id(theirs), options)
    operator = scope.declare_local_operator(_ALIAS, theirs)
    operator.inputs = inputs
    real = types.guess_tensor_type(inputs[0].type)
    outputs = {"label": types.Int64TensorType(), "probabilities": real}
    if options["score_samples"]:
        outputs["score_samples"] = types.guess_tensor_type(inputs[0].type)
    for name, kind in outputs.items():
        operator.outputs.append(scope.declare_local_variable(name, kind))
    found: list[Any] = operator.outputs
    return found


def _check_last(operator: Any) -> None:
    """Give the outputs their shapes.

    A step that follows would get them all, labels too, where scikit-learn hands it `transform`.
    """
    if not all(output.is_leaf for output in operator.outputs):
        raise MixturaError(
            "A mixture that is followed by other steps of a pipeline, or is one of several side "
            "by side, cannot be converted to ONNX: only one at the end can."
        )
    import_module("skl2onnx.shape_calculators.mixture").calculate_gaussian_mixture_output_shapes(
        operator
    )


def _skl2onnx() -> Any:
    try:
        return import_module("skl2onnx")
    except ImportError as error:
        raise MixturaError(
            f"ONNX models are made by skl2onnx, and {error.name} is not installed: pip install "
            "'mixtura[onnx]'."
        ) from None

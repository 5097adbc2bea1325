"""What a search, a classifier or a test is given to fit: a mixture estimator, and a grid of it."""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches
from typing import Any

import numpy as np
from sklearn.model_selection import ParameterGrid

from mixtura.errors import MixturaError
from mixtura.estimators.mixture_estimator import MixtureEstimator
from mixtura.estimators.parameters import wrong_kind
from mixtura.estimators.registry import ESTIMATORS

__all__ = ["candidates_of", "check_estimator"]

_SEQUENCES = (Sequence, np.ndarray)


def check_estimator(value: object, kinds: type | tuple[type, ...], expected: str, by: str) -> None:
    """One of these kinds.

    Parameters
    ----------
    value : object
        What was given as `estimator`.
    kinds : type or tuple of type
    expected : str
        The same in words.
    by : str
        The name of what takes it.
    """
    if not isinstance(value, kinds):
        raise wrong_kind("estimator", value, expected, _remedy(value, by))


def _remedy(value: object, by: str) -> str:
    if isinstance(value, str) and value in ESTIMATORS:
        return f"Write {ESTIMATORS[value].__name__}()."
    if isinstance(value, Mapping) or (isinstance(value, list) and _are_mappings(value)):
        return f"If it is a grid of parameters, write {by}(param_grid={value!r})."
    if isinstance(value, list | tuple):
        return "Give one; what several come to can be compared by their bic."
    return f"Write {by}({ESTIMATORS['gaussian'].__name__}(), ...), or another class of mixtura."


def candidates_of(grid: Any, base: MixtureEstimator) -> list[dict[str, Any]]:
    """All combinations of a grid, or of several, of parameters that an estimator has."""
    grids = [grid] if isinstance(grid, Mapping) else grid
    if not isinstance(grids, _SEQUENCES) or not len(grids) or not _are_mappings(grids):
        raise wrong_kind(
            "param_grid",
            grid,
            "a dict from names of parameters to the values to try, or a list of such",
            "An example is {'n_components': [1, 2, 3]}.",
        )
    for name, values in ChainMap(*grids).items():
        _check_name(name, base)
        if isinstance(values, str) or not isinstance(values, _SEQUENCES) or not len(values):
            several = isinstance(values, Iterable) and not isinstance(values, str)
            remedy = "Make it a list that has some." if several else f"Write [{values!r}]."
            raise wrong_kind(f"param_grid[{name!r}]", values, "a list of values to try", remedy)
    return list(ParameterGrid(grid))


def _are_mappings(grids: Any) -> bool:
    return bool(len(grids)) and all(isinstance(each, Mapping) for each in grids)


def _check_name(name: object, base: MixtureEstimator) -> None:
    """The name of a parameter that the estimator has."""
    known = base._get_param_names()
    if name in known:
        return
    close = get_close_matches(str(name), known, n=1)
    meant = f" Did you mean {close[0]!r}?" if close else ""
    raise MixturaError(
        f"param_grid names {name!r}, which is no parameter of {type(base).__name__}.{meant} It has "
        f"{', '.join(known)}."
    )

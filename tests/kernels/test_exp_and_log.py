"""The kernel's own exp and log, against extended precision over the whole range."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from mixtura import kernels

_fused = pytest.importorskip("mixtura.kernels._fused", reason="no compiled kernel")

every_kernel = pytest.mark.parametrize("kernel", kernels.available())
extended = pytest.mark.skipif(
    np.finfo(np.longdouble).nmant < 60, reason="longdouble is no more than double here"
)


def apply(function: Callable[..., None], kernel: str, x: np.ndarray) -> np.ndarray:
    result = np.full_like(x, np.nan)
    function(kernel, x, result)
    return result


def units_in_the_last_place(actual: np.ndarray, exact: np.ndarray) -> np.ndarray:
    spacing = np.spacing(np.abs(exact).astype(np.float64)).astype(np.longdouble)
    return np.abs(actual.astype(np.longdouble) - exact) / spacing


@extended
@every_kernel
def test_exp_within_two_units_in_the_last_place(kernel: str) -> None:
    rng = np.random.default_rng(0)
    x = np.concatenate(
        [
            rng.uniform(-745.1, 709.7, 200_000),
            rng.uniform(-1.0, 1.0, 100_000),
            rng.uniform(-745.2, -700.0, 50_000),  # denormal results
            np.arange(-745, 710) * 1.0,
            np.arange(-1074, 1024) * np.log(2.0),  # where the reduction rounds
            [0.0, -0.0, 1e-300, -1e-300, 5e-324],
        ]
    )
    exact = np.exp(x.astype(np.longdouble))
    assert units_in_the_last_place(apply(_fused.exp, kernel, x), exact).max() <= 2.0


@every_kernel
def test_exp_at_the_ends(kernel: str) -> None:
    x = np.array([-np.inf, -1e308, -800.0, -746.0, 709.79, 800.0, 1e308, np.inf])
    expected = [0.0, 0.0, 0.0, 0.0, np.inf, np.inf, np.inf, np.inf]
    np.testing.assert_array_equal(apply(_fused.exp, kernel, x), expected)
    assert np.isnan(apply(_fused.exp, kernel, np.array([np.nan]))).all()


@extended
@every_kernel
def test_log_within_two_units_in_the_last_place(kernel: str) -> None:
    rng = np.random.default_rng(0)
    x = np.concatenate(
        [
            np.ldexp(rng.uniform(0.5, 1.0, 200_000), rng.integers(-1021, 1024, 200_000)),
            rng.uniform(0.5, 2.0, 100_000),
            1.0 + rng.uniform(-1e-7, 1e-7, 50_000),
            rng.uniform(0.0, 2.2e-308, 50_000),  # denormal arguments
            [5e-324, np.finfo(np.float64).tiny, np.finfo(np.float64).max, 1.0, np.sqrt(0.5)],
        ]
    )
    exact = np.log(x.astype(np.longdouble))
    errors = units_in_the_last_place(apply(_fused.log, kernel, x), exact)
    assert errors[exact != 0.0].max() <= 2.0
    assert apply(_fused.log, kernel, np.ones(3)).tolist() == [0.0, 0.0, 0.0]


@every_kernel
def test_log_at_the_ends(kernel: str) -> None:
    x = np.array([0.0, -0.0, np.inf])
    np.testing.assert_array_equal(apply(_fused.log, kernel, x), [-np.inf, -np.inf, np.inf])
    assert np.isnan(apply(_fused.log, kernel, np.array([-1.0, -np.inf, np.nan]))).all()


@every_kernel
@pytest.mark.parametrize("n", range(20))
def test_nothing_is_written_past_the_end(kernel: str, n: int) -> None:
    x, result = np.linspace(0.1, 1.0, n), np.full(n + 8, 7.0)
    _fused.exp(kernel, x, result[:n])
    assert (result[n:] == 7.0).all()

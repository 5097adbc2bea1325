"""The compiled small matrices equal their NumPy form."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from itertools import permutations
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.linalg import expm

from mixtura import kernels
from mixtura.errors import DegenerateError
from mixtura.families.gaussian.structures.algebra import Algebra, NumPyAlgebra, algebra
from mixtura.families.gaussian.structures.common_principal_axes import (
    _slope_and_curvature,
    _unlikeliness,
)
from mixtura.families.gaussian.structures.dense import DenseCovariances
from mixtura.kernels.algebra import CompiledAlgebra

_fused = pytest.importorskip("mixtura.kernels._fused", reason="no compiled kernel")

REFERENCE: Algebra = NumPyAlgebra()
COMPILED: Algebra = CompiledAlgebra()

sizes = st.tuples(st.integers(1, 9), st.integers(1, 30))
seeds = st.integers(0, 2**32 - 1)
every_size = given(seed=seeds, size=sizes, unit=st.sampled_from([1e-6, 1.0, 1e6]))


def scatters(seed: int, size: tuple[int, int], unit: float) -> tuple[np.ndarray, np.ndarray]:
    """Counts (k,) and scatters (k, d, d) of components of different size and form."""
    k, d = size
    rng = np.random.default_rng(seed)
    count = rng.uniform(2.0 * d, 10.0 * d, k)
    root = unit * rng.normal(size=(k, d, d)) * rng.choice([0.3, 1.0, 3.0], size=(k, 1, d))
    covariances = root @ root.transpose(0, 2, 1) / d + 0.1 * unit**2 * np.eye(d)
    return count, count[:, None, None] * 0.5 * (covariances + covariances.transpose(0, 2, 1))


def both(run: Callable[[Algebra], Any]) -> tuple[Any, Any]:
    return run(COMPILED), run(REFERENCE)


@settings(max_examples=100, deadline=None)
@every_size
def test_factors(seed: int, size: tuple[int, int], unit: float) -> None:
    count, scatter = scatters(seed, size, unit)
    matrices = scatter / count[:, None, None]
    fast, reference = both(lambda a: a.factorize(matrices))
    condition = np.linalg.cond(matrices)[:, None, None]
    size_of_factor = np.abs(reference[0]).max(axis=(1, 2), keepdims=True)
    assert (np.abs(fast[0] - reference[0]) <= 1e-15 * condition * size[1] * size_of_factor).all()
    np.testing.assert_array_equal(np.tril(fast[0], -1), 0.0)
    np.testing.assert_allclose(fast[1], reference[1], rtol=0, atol=1e-12 * size[1])


def test_factors_of_no_matrices() -> None:
    for whitening, log_determinants in both(lambda a: a.factorize(np.empty((0, 3, 3)))):
        assert whitening.shape == (0, 3, 3)
        assert log_determinants.shape == (0,)


@settings(max_examples=100, deadline=None)
@every_size
def test_floors(seed: int, size: tuple[int, int], unit: float) -> None:
    matrices = scatters(seed, size, unit)[1]
    least = np.linalg.eigvalsh(matrices).min()
    for share in (0.1, 0.99, 1.01, 10.0):
        fast, reference = both(lambda a, s=share: a.exceeds(matrices, np.full(size[1], s * least)))
        assert fast == reference == (share < 1.0)


@settings(max_examples=60, deadline=None)
@given(seed=seeds, size=sizes, unit=st.sampled_from([1e-6, 1.0, 1e6]), dense=st.booleans())
def test_common_forms(seed: int, size: tuple[int, int], unit: float, dense: bool) -> None:
    count, scatter = scatters(seed, size, unit)
    if not dense:
        scatter = scatter.diagonal(0, 1, 2)
    first = np.random.default_rng(seed).uniform(0.5, 2.0, size[0])
    fast, reference = both(lambda a: np.multiply.outer(*a.common_form(count, scatter, first)))
    largest = np.abs(reference).max()
    np.testing.assert_allclose(fast, reference, rtol=0, atol=1e-10 * largest)


@pytest.mark.parametrize("share", [0.49, 0.4999, 0.5001])
def test_a_scale_that_may_vanish(share: float) -> None:
    scatter, count = np.stack([np.eye(2), np.diag([1.0, 0.0])]), np.array([1.0 - share, share])
    for form in (COMPILED, REFERENCE):
        if share < 0.5:
            scales = form.common_form(count, scatter, np.ones(2))[0]
            assert scales[1] / scales[0] == pytest.approx(0.5 / share - 1.0, rel=1e-9)
        else:
            with pytest.raises(DegenerateError, match="1 of 2"):
                form.common_form(count, scatter, np.ones(2))


@settings(max_examples=40, deadline=None)
@given(seed=seeds, size=st.tuples(st.integers(1, 5), st.integers(1, 5)), equal=st.booleans())
def test_common_axes(seed: int, size: tuple[int, int], equal: bool) -> None:
    count, scatter = scatters(seed, size, 1.0)
    start = np.linalg.qr(np.random.default_rng(seed).normal(size=(size[1], size[1])))[0]

    def covariances(axes: np.ndarray, spread: np.ndarray, shares: np.ndarray) -> DenseCovariances:
        variances = shares.sum() / count.sum() * spread / shares[:, None]
        return DenseCovariances.of((axes * variances[:, None, :]) @ axes.T)

    fast, reference = both(
        lambda a: covariances(*a.common_axes(count, scatter, start, equal_volumes=equal))
    )
    reached = fast.expected_log_likelihood(count, scatter)
    np.testing.assert_allclose(
        reached, reference.expected_log_likelihood(count, scatter), rtol=1e-10
    )
    again = covariances(*COMPILED.common_axes(count, scatter, _axes_of(fast), equal_volumes=equal))
    assert again.expected_log_likelihood(count, scatter) >= reached - 1e-12 * abs(reached)


def slope_and_curvatures(
    count: np.ndarray, turned: np.ndarray, equal: bool
) -> tuple[np.ndarray, np.ndarray]:
    """Slope (planes,) of the unlikeliness along turns, and its curvature (planes, planes).

    Along axes exp(O) with O skew-symmetric, the diagonals of the scatters T are

        T_aa + 2 sum_b T_ab O_ba + sum_bc (T_ab O_bc O_ca + O_ba T_bc O_ca) + ...
    """
    d, spread = turned.shape[1], turned.diagonal(0, 1, 2)
    m, weight = 1.0 / spread, count
    if equal:
        weight = np.exp(np.log(spread).mean(axis=1))
        weight = weight / weight.sum()
    p, q = np.triu_indices(d, 1)
    own = 2.0 * turned[:, p, q] * (m[:, p] - m[:, q])
    each = turned[:, None] * (m[:, :, None, None] - 0.5 * (m[:, None, :, None] + m[:, None, None]))
    ratios = m[:, :, None] * turned
    each -= 2.0 * ratios[:, :, :, None] * ratios[:, :, None, :]
    sign = np.sign(np.arange(d) - np.arange(d)[:, None])
    number = np.zeros((d, d), dtype=np.intp)
    number[p, q] = number[q, p] = np.arange(len(p))
    curvature = np.zeros((len(p), len(p)))
    both = 2.0 * sign[:, :, None] * sign[:, None, :] * np.einsum("j,jabc->abc", weight, each)
    np.add.at(curvature, (number[:, :, None], number[:, None, :]), both)
    slope = weight @ own
    if equal:
        curvature += ((own.T * weight) @ own - np.outer(slope, slope)) / d
    return slope, curvature


@settings(max_examples=60, deadline=None)
@given(
    seed=seeds, size=st.tuples(st.integers(2, 5), st.integers(2, 7)), equal=st.booleans(),
    flatness=st.floats(1.0, 8.0),
)  # fmt: skip
def test_no_turns_improve_common_axes_of_nearly_singular_scatters(
    seed: int, size: tuple[int, int], equal: bool, flatness: float
) -> None:
    # Each component is flat in a direction of its own, by up to eight powers of ten in variance.
    count, scatter = scatters(seed, size, 1.0)
    values, vectors = np.linalg.eigh(scatter)
    values[:, 0] = values[:, -1] * 10.0**-flatness
    scatter = (vectors * values[:, None, :]) @ vectors.transpose(0, 2, 1)
    start = np.linalg.eigh(scatter.sum(axis=0))[1]
    for axes, _, _ in both(lambda a: a.common_axes(count, scatter, start, equal_volumes=equal)):
        slope, curvature = slope_and_curvatures(count, axes.T @ scatter @ axes, equal)
        bends = np.linalg.eigvalsh(curvature)
        assert bends[0] >= -1e-9 * np.abs(bends).max()
        still_to_gain = 0.5 * slope @ np.linalg.lstsq(curvature, slope)[0]
        assert still_to_gain <= 1e-10 * (1.0 if equal else count.sum())


@pytest.mark.parametrize("equal", [False, True])
def test_common_axes_of_a_component_that_has_hardly_any_spread(equal: bool) -> None:
    count, scatter = scatters(5, (4, 4), 1.0)
    values, vectors = np.linalg.eigh(scatter[0])
    turned = vectors.T @ scatter @ vectors
    turned[0] = np.diag([1e-200, *values[1:]])  # which has no square
    for axes, spread, _ in both(
        lambda a: a.common_axes(count, turned, np.eye(4), equal_volumes=equal)
    ):
        np.testing.assert_allclose(axes.T @ axes, np.eye(4), atol=1e-12)
        assert (spread > 0.0).all()


def test_slopes_and_curvatures_are_those_of_differences() -> None:
    count, scatter = scatters(3, (3, 4), 1.0)
    for equal in (False, True):
        slope, curvature = slope_and_curvatures(count, scatter, equal)
        own = _slope_and_curvature(count, scatter, equal_volumes=equal)[0]
        np.testing.assert_allclose(own, slope, rtol=1e-12)

        def at(turns: np.ndarray, equal: bool = equal) -> float:
            skew = np.zeros((4, 4))
            skew[np.triu_indices(4, 1)] = -turns
            axes = expm(skew - skew.T)
            return _unlikeliness(count, axes.T @ scatter @ axes, equal_volumes=equal)

        step = 1e-4 * np.eye(6)
        slopes = [(at(e) - at(-e)) / 2e-4 for e in step]
        np.testing.assert_allclose(slope, slopes, atol=1e-6 * np.abs(slope).max())
        second = [
            [(at(e + f) - at(e - f) - at(f - e) + at(-e - f)) / 4e-8 for f in step] for e in step
        ]
        np.testing.assert_allclose(curvature, second, atol=1e-5 * np.abs(curvature).max())


def test_common_axes_in_many_dimensions() -> None:
    rng = np.random.default_rng(1)
    shared = np.linalg.qr(rng.normal(size=(30, 30)))[0]
    scatter = (shared * rng.uniform(1.0, 9.0, (3, 1, 30))) @ shared.T
    start, count = np.eye(30), np.full(3, 100.0)
    fast = algebra(30).common_axes(count, scatter, start, equal_volumes=False)
    reference = REFERENCE.common_axes(count, scatter, start, equal_volumes=False)
    spreads = [np.sort(spread.ravel()) for _, spread, _ in (fast, reference)]
    np.testing.assert_allclose(*spreads, rtol=1e-10)
    np.testing.assert_array_equal(start, np.eye(30))
    for axes, spread, _ in (fast, reference):
        along = axes.T @ scatter @ axes
        np.testing.assert_allclose(along, spread[:, :, None] * np.eye(30), atol=1e-5)


@pytest.mark.parametrize("equal", [False, True])
@pytest.mark.parametrize(("d", "n"), [(13, 60), (20, 40), (30, 90)])
def test_no_turn_improves_common_axes_in_many_dimensions(d: int, n: int, equal: bool) -> None:
    # Sweeps alone, 200 of them, stopped tenths of a nat to hundreds of nats short.
    rows = np.random.default_rng(d).normal(size=(3, n, d))
    scatter, count = rows.transpose(0, 2, 1) @ rows, np.full(3, float(n))
    start = np.linalg.eigh(scatter.sum(axis=0))[1]
    for axes, spread, _ in both(
        lambda a: a.common_axes(count, scatter, start, equal_volumes=equal)
    ):
        turned = axes.T @ scatter @ axes
        np.testing.assert_allclose(turned.diagonal(0, 1, 2), spread, rtol=1e-10)
        np.testing.assert_allclose(axes.T @ axes, np.eye(d), atol=1e-12)
        slope, curvature = _slope_and_curvature(count, turned, equal_volumes=equal)
        assert 0.5 * (slope**2 / curvature).sum() <= 1e-9 * (1.0 if equal else count.sum())


def _axes_of(covariances: DenseCovariances) -> np.ndarray:
    shares = 1.0 + 0.1 * np.arange(len(covariances.dense))
    return np.linalg.eigh(np.tensordot(shares, covariances.dense, axes=1))[1]


CALLS: dict[str, Callable[[Algebra, np.ndarray], Any]] = {
    "factors": lambda a, s: a.factorize(s),
    "form": lambda a, s: a.common_form(np.ones(len(s)), s, np.ones(len(s))),
    "axis form": lambda a, s: a.common_form(np.ones(len(s)), _diagonals(s), np.ones(len(s))),
    "axes": lambda a, s: a.common_axes(np.ones(len(s)), s, np.eye(2), equal_volumes=True),
}


def _diagonals(matrices: np.ndarray) -> np.ndarray:
    return matrices.diagonal(0, 1, 2)


@pytest.mark.parametrize("form", [REFERENCE, COMPILED], ids=["reference", "compiled"])
@pytest.mark.parametrize(
    ("call", "flat", "collapsed"),
    [
        ("factors", 1, "1 of 3"),
        ("axes", 1, "1 of 3"),
        ("factors", 3, "3 of 3"),
        ("form", 3, "3 of 3"),
        ("axis form", 3, "3 of 3"),
        ("axes", 3, "3 of 3"),
    ],
)
@pytest.mark.parametrize("least", [0.0, -1e-9])  # rows taken away leave less than nothing
def test_collapsed_components_are_counted(
    form: Algebra, call: str, flat: int, collapsed: str, least: float
) -> None:
    matrices = np.stack([np.diag([1.0, least])] * flat + [np.eye(2)] * (3 - flat))
    with pytest.raises(DegenerateError, match=collapsed):
        CALLS[call](form, matrices)


@pytest.mark.parametrize("form", [REFERENCE, COMPILED], ids=["reference", "compiled"])
@pytest.mark.parametrize("call", ["form", "axis form"])
def test_a_component_without_spread_has_no_scale(form: Algebra, call: str) -> None:
    with pytest.raises(DegenerateError, match="1 of 3"):
        CALLS[call](form, np.stack([np.zeros((2, 2)), np.eye(2), np.eye(2)]))


def test_the_choice_follows_kernel_and_dimensions() -> None:
    with kernels.use("auto"):
        assert isinstance(algebra(4), CompiledAlgebra)
        assert isinstance(algebra(_fused.MSTEP_DIMENSIONS + 1), NumPyAlgebra)
    with kernels.use("numpy"):
        assert isinstance(algebra(4), NumPyAlgebra)


@pytest.mark.parametrize("kind", [CompiledAlgebra, NumPyAlgebra])
@pytest.mark.parametrize(("angle", "is_singular"), [(1e-10, False), (1e-9, False), (1e-7, True)])
def test_what_is_singular_does_not_depend_on_the_order_of_features(
    kind: type[CompiledAlgebra | NumPyAlgebra], angle: float, is_singular: bool
) -> None:
    # Axes that are nearly, but not quite, the features, with variances of very different sizes.
    turn = np.linalg.qr(np.eye(3) + angle * np.random.default_rng(0).normal(size=(3, 3)))[0]
    matrix = turn @ np.diag([7e8, 4e-10, 2e-21]) @ turn.T
    for order in permutations(range(3)):
        turned = (0.5 * (matrix + matrix.T))[np.ix_(order, order)][None]
        with pytest.raises(DegenerateError, match="singular") if is_singular else nullcontext():
            kind.factorize(turned)


@pytest.mark.parametrize("kind", [CompiledAlgebra, NumPyAlgebra])
def test_units_are_not_singular(kind: type[CompiledAlgebra | NumPyAlgebra]) -> None:
    units = np.diag([1e300, 1.0, 1e-300])[None]
    whitening, _ = kind.factorize(units)
    np.testing.assert_allclose(whitening[0].diagonal(), [1e-150, 1.0, 1e150], rtol=1e-12)

"""What the binding refuses, and which kernel is chosen."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from typing import Any

import numpy as np
import pytest

import mixtura as mx
from mixtura import kernels
from mixtura.errors import MixturaError
from mixtura.kernels.kernel import Kernel, chosen

_fused = pytest.importorskip("mixtura.kernels._fused", reason="no compiled kernel")

N, D, K = 5, 3, 2
GAPS = ("order", "ends", "masks", "observed_constants", "observed_tails", "noise")
MOST = _fused.MSTEP_DIMENSIONS


def arguments(**changes: Any) -> dict[str, Any]:
    right = {
        "rows": np.zeros((N, D)),
        "weight": np.ones(N),
        "labels": None,
        "means": np.zeros((K, D)),
        "whitening": np.ones((K, D, D)),
        "constants": np.zeros(K),
        "tails": None,
        **dict.fromkeys(GAPS),
        "hard": False,
        "result": np.empty(2 + K * (1 + D + D * D)),
    }
    return {**right, **changes}


def gaps(**changes: Any) -> dict[str, Any]:
    """Two complete rows, two that miss a cell, and one that misses all."""
    right = {
        "order": np.array([4, 0, 1, 2, 3]),
        "ends": np.array([2, 4, 5]),
        "masks": np.array([[False] * D, [False, True, False], [True] * D]),
        "observed_constants": np.zeros((D + 1, K)),
        "observed_tails": None,
        "noise": None,
    }
    return {**right, **changes}


def expect(**changes: Any) -> None:
    _fused.expect("baseline", *arguments(**changes).values())


def score(*outputs: Any, **changes: Any) -> None:
    right = [
        value
        for name, value in arguments(**changes).items()
        if name not in ("weight", "labels", "hard", "result")
    ]
    _fused.score("baseline", *right, *(outputs or (None, None, None, None)))


def test_the_right_arguments_pass() -> None:
    expect()
    expect(rows=np.zeros((N, D), np.float32), weight=np.broadcast_to(np.float64(1.0), N))
    expect(weight=np.ones(2 * N)[::2], rows=np.zeros((N, D))[:, :])
    expect(whitening=np.ones((K, D)), result=np.empty(2 + K * (1 + 2 * D)))
    expect(tails=np.ones((2, K)), result=np.empty(2 + K * (4 + D + D * D)))
    expect(labels=np.arange(N) % (K + 1) - 1)
    expect(**gaps())
    expect(**gaps(noise=np.zeros(3)))
    tailed = {"tails": np.ones((2, K)), "observed_tails": np.ones((2, D + 1, K))}
    expect(**gaps(**tailed, result=np.empty(2 + K * (1 + D + D * D + 3 * (D + 1)))))


@pytest.mark.parametrize(
    "changes",
    [
        {"rows": np.zeros((N, D), np.int64)},
        {"rows": np.zeros((N, D), np.float16)},
        {"rows": np.zeros((N, D), ">f8")},
        {"rows": np.zeros((N, D), complex)},
        {"rows": [[0.0] * D] * N},
        {"weight": np.ones(N, np.float32)},
        {"means": np.zeros((K, D), np.float32)},
        {"result": None},
        {"tails": np.ones((2, K), np.float32)},
        {"labels": np.zeros(N, np.int32)},
        {"labels": np.zeros(N)},
    ],
    ids=str,
)
def test_wrong_types_are_refused(changes: dict[str, Any]) -> None:
    with pytest.raises((TypeError, BufferError, ValueError)):
        expect(**changes)


@pytest.mark.parametrize(
    "changes",
    [
        {"order": np.array([4, 0, 1, 2, 5])},
        {"order": np.array([4, 0, 1, 2, -1])},
        {"order": np.arange(N + 1)},
        {"order": np.arange(N).astype(np.float64)},
        {"ends": np.array([2, 4, 4])},
        {"ends": np.array([4, 2, 5])},
        {"ends": np.array([2, 4, 6])},
        {"ends": np.array([0, 4, 5])},
        {"ends": np.array([2, 5])},
        {"ends": None},
        {"masks": np.zeros((3, D + 1), bool)},
        {"masks": np.zeros((3, D), np.uint8)},
        {"masks": None},
        {"observed_constants": np.zeros((D, K))},
        {"observed_constants": None},
        {"tails": np.ones((2, K))},
        {"tails": np.ones((2, K)), "observed_tails": np.ones((2, D, K))},
        {"noise": np.zeros(2)},
    ],
    ids=str,
)
def test_wrong_gaps_are_refused(changes: dict[str, Any]) -> None:
    with pytest.raises((TypeError, BufferError, ValueError)):
        expect(**gaps(**changes))
    with pytest.raises((TypeError, BufferError, ValueError)):
        score(**gaps(**changes))


@pytest.mark.parametrize(
    "changes",
    [
        {"rows": np.zeros(N)},
        {"rows": np.zeros((N, D + 1))},
        {"rows": np.zeros((N, 0)), "means": np.zeros((K, 0)), "whitening": np.ones((K, 0, 0))},
        {"rows": np.zeros((D, N)).T},
        {"rows": np.zeros((2 * N, D))[::2]},
        {"weight": np.ones(N + 1)},
        {"weight": np.ones((N, 1))},
        {"means": np.zeros((K + 1, D))},
        {"means": np.zeros((0, D))},
        {"whitening": np.ones((K, D + 1))},
        {"whitening": np.ones((K, D, D + 1))},
        {"whitening": np.ones((K - 1, D, D))},
        {"whitening": np.ones(K)},
        {"constants": np.zeros(K + 1)},
        {"labels": np.zeros(N + 1, np.int64)},
        {"labels": np.array([*range(N - 1), K])},
        {"labels": np.array([0] * (N - 1) + [2**62])},
        {"result": np.empty(3)},
        {"result": np.frombuffer(bytes(8 * (2 + K * (1 + D + D * D))))},
        {"rows": np.frombuffer(bytes(8 * N * D + 4), np.uint8)[4:].view(np.float64).reshape(N, D)},
    ],
    ids=lambda changes: "-".join(f"{name}{getattr(v, 'shape', v)}" for name, v in changes.items()),
)
def test_wrong_shapes_are_refused(changes: dict[str, Any]) -> None:
    with pytest.raises((ValueError, BufferError, TypeError)):
        expect(**changes)


def test_rows_that_are_not_aligned_in_memory_can_be_fitted() -> None:
    X = np.random.default_rng(0).normal(size=(50, 3))
    moved = np.frombuffer(bytes(4) + X.tobytes(), np.uint8)[4:].view(np.float64).reshape(X.shape)
    assert not moved.flags.aligned
    start = np.arange(50) % 2
    fits = [mx.GaussianMixture(2, init_params=start, tol=1e-3).fit(table) for table in (X, moved)]
    np.testing.assert_array_equal(fits[1].means_, fits[0].means_)


def test_wrong_outputs_of_scores_are_refused() -> None:
    score()
    score(**gaps())
    for outputs in (
        (np.empty(N + 1), None, None, None),
        (None, np.empty((K, N)), None, None),
        (None, None, np.empty(N, np.float32), None),
        (None, None, None, np.empty(N, np.int32)),
    ):
        with pytest.raises((TypeError, ValueError)):
            score(*outputs)


LEVELS = np.array([2, 3, 2])
M = int(LEVELS.sum())


def linear_arguments(**changes: Any) -> dict[str, Any]:
    right = {
        "rows": np.zeros((N, D)),
        "weight": np.ones(N),
        "labels": None,
        "constants": np.zeros(K),
        "weights": np.zeros((K, M)),
        "levels": LEVELS,
        "hard": False,
        "result": np.empty(2 + K * (1 + M)),
    }
    return {**right, **changes}


def linear_expect(**changes: Any) -> None:
    _fused.linear_expect("baseline", *linear_arguments(**changes).values())


CELLS = {"levels": None, "weights": np.zeros((K, D)), "result": np.empty(2 + K * (1 + D))}


def test_the_right_linear_components_pass() -> None:
    linear_expect()
    linear_expect(**CELLS)
    linear_expect(rows=np.zeros((N, D), np.float32))
    linear_expect(rows=np.zeros((0, D)), weight=np.zeros(0))
    linear_expect(labels=np.arange(N) % (K + 1) - 1)


@pytest.mark.parametrize(
    "changes",
    [
        {"rows": np.zeros((N, D + 1))},
        {"rows": np.zeros((N, D), np.int64)},
        {"weight": np.ones(N + 1)},
        {"constants": np.zeros(K + 1)},
        {"weights": np.zeros((0, M)), "constants": np.zeros(0), "result": np.empty(2)},
        {"weights": np.zeros((K, M + 1))},
        {"weights": np.zeros((K, M), np.float32)},
        {"result": np.empty(2 + K * M)},
        {"labels": np.full(N, K)},
        {"labels": np.zeros((N, 1), np.int64)},
        {"levels": None},
        {"levels": LEVELS[:-1]},
        {"levels": LEVELS + 1},
        {"levels": LEVELS - 1},
        {"levels": LEVELS.astype(np.int32)},
        {"levels": LEVELS.astype(np.float64)},
        {"levels": np.array([M, 0, 0])},
        {"levels": np.array([M + 1, -2, 1])},
        {"levels": np.array([2**62, 2**62, M])},
        {**CELLS, "weights": np.zeros((K, D + 1))},
    ],
    ids=lambda changes: "-".join(f"{name}{getattr(v, 'shape', v)}" for name, v in changes.items()),
)
def test_wrong_linear_components_are_refused(changes: dict[str, Any]) -> None:
    with pytest.raises((ValueError, BufferError, TypeError)):
        linear_expect(**changes)


def test_cells_that_are_no_levels_are_said_to_be_so() -> None:
    for cell in (-1.0, 2.0, 0.5, np.nan, np.inf, 2.0**52, -0.5):
        rows, result = np.zeros((N, D)), np.empty(2 + K * (1 + M))
        right = [linear_arguments()[name] for name in ("constants", "weights", "levels")]
        assert _fused.linear_score("baseline", rows, *right, None, None, None, None)
        rows[N - 1, 2] = cell
        linear_expect(rows=rows, result=result)
        assert np.isnan(result[1])
        assert not _fused.linear_score("baseline", rows, *right, None, None, None, None)


#: Numbers that a component takes.
SIZE = 2 + D + 2 * D * D


#: Of the rows of a climb: no row misses the first column, half of them all others.
PATTERNS = {
    "order": np.arange(N * D),
    "ends": np.array([N * D // 2, N * D]),
    "masks": np.array([[False] * D, [False] + [True] * (D - 1)]),
}


def climb_arguments(**changes: Any) -> dict[str, Any]:
    state = np.zeros((3, K * SIZE))
    state[0, :K] = 1.0 / K
    state[0, K + K * D : -K] = np.tile(np.eye(D).ravel(), 2 * K)
    right = {
        "rows": np.random.default_rng(0).normal(size=(N * D, D)),
        "weight": np.ones(N * D),
        "labels": None,
        "order": None,
        "ends": None,
        "masks": None,
        "of_noise": None,
        "hard": False,
        "noise": False,
        "weights": 1,
        "fixed_means": False,
        "ties": (2, 2, 2),
        "floor": np.zeros(D),
        "prior": None,
        "tol": 0.0,
        "k": K,
        "state": state,
        "trace": np.empty(3 + 4),
        "known": 3,
        "most": 4,
    }
    return {**right, **changes}


def climb(**changes: Any) -> tuple[int, int]:
    return _fused.climb("baseline", *climb_arguments(**changes).values())


def test_the_right_climb_passes() -> None:
    assert climb(trace=np.empty(1), known=0, most=1) == (1, 1)
    assert climb(trace=np.empty(3), known=3, most=0) == (0, 0)
    once = {"trace": np.empty(1), "known": 0, "most": 1}
    prior = np.concatenate([np.ones(3 + D), np.eye(D).ravel()])
    labels = np.arange(N * D) % (K + 1) - 1
    for changes in ({"noise": True}, {"weights": 2}, {"prior": prior}, {"labels": labels}):
        assert climb(**once, **changes) == (1, 1)
    assert climb(**once, **PATTERNS) == (1, 1)
    assert climb(**once, **PATTERNS, noise=True, of_noise=np.zeros(2)) == (1, 1)


@pytest.mark.parametrize(
    "changes",
    [
        {"rows": np.zeros((N * D, D + 1))},
        {"rows": np.zeros((N, MOST + 1)), "weight": np.ones(N), "floor": np.zeros(MOST + 1)},
        {"weight": np.ones(N)},
        {"floor": np.zeros(D + 1)},
        {"labels": np.full(N * D, K)},
        {"labels": np.zeros(N, np.int64)},
        {"weights": -1},
        {"weights": 3},
        {"prior": np.ones(3 + 2 * D)},
        {"prior": (1.0, 1.0, 1.0)},
        {"k": 1, "noise": True, "state": np.zeros((3, SIZE))},
        {**PATTERNS, "order": np.arange(N)},
        {**PATTERNS, "order": np.arange(N * D) + 1},
        {**PATTERNS, "ends": np.array([N * D // 2, N * D + 1])},
        {**PATTERNS, "ends": None},
        {**PATTERNS, "masks": np.zeros((2, D + 1), np.bool_)},
        {**PATTERNS, "masks": np.zeros((2, D))},
        {**PATTERNS, "noise": True},
        {**PATTERNS, "noise": True, "of_noise": np.zeros(3)},
        {**PATTERNS, "of_noise": np.zeros(2)},
        {"k": K + 1},
        {"k": 0},
        {"k": -1},
        {"state": np.zeros((2, K * SIZE))},
        {"state": np.zeros((3, K * SIZE), np.float32)},
        {"ties": (2, 2, 0)},
        {"ties": (2, 2)},
        {"ties": (3, 2, 2)},
        {"ties": (2, 0, 1)},
        {"ties": (0, 2, 2)},
        {"trace": np.empty(6)},
        {"known": -1},
        {"most": -1},
        {"known": 2**62, "most": 2**62},
        {"known": 2**63 - 1, "most": 2**63 - 1},
        {"k": 2**64 // SIZE + 1, "state": np.zeros((3, -(2**64) % SIZE))},
    ],
    ids=lambda changes: "-".join(f"{name}{getattr(v, 'shape', v)}" for name, v in changes.items()),
)
def test_wrong_climbs_are_refused(changes: dict[str, Any]) -> None:
    with pytest.raises((TypeError, ValueError)):
        climb(**changes)


def complete(**changes: Any) -> bool:
    missing = gaps()
    right = {
        "rows": np.random.default_rng(0).normal(size=(N, D)),
        "resp": np.ones((N, K)),
        "means": np.zeros((K, D)),
        "whitening": np.tile(np.eye(D), (K, 1, 1)),
        **{name: missing[name] for name in ("order", "ends", "masks")},
        "count": np.empty(K),
        "mean": np.empty((K, D)),
        "scatter": np.empty((K, D, D)),
    }
    return _fused.complete("baseline", *{**right, **changes}.values())


def test_the_right_completion_passes() -> None:
    assert complete()
    assert complete(rows=np.zeros((N, D), np.float32))
    assert complete(whitening=np.ones((K, D)), scatter=np.empty((K, D)))


@pytest.mark.parametrize(
    "changes",
    [
        {"rows": np.zeros((N, D + 1))},
        {"rows": np.zeros((N + 1, D))},
        {"resp": np.ones((N, K + 1))},
        {"resp": np.ones((N + 1, K))},
        {"resp": np.ones((N, K), np.float32)},
        {"resp": np.ones((K, N)).T},
        {"means": np.zeros((K + 1, D))},
        {"whitening": np.ones((K, D))},
        {"whitening": np.ones((K, D, D + 1))},
        {"order": None, "ends": None, "masks": None},
        {"order": np.arange(N) + 1},
        {"ends": np.array([2, 4, 6])},
        {"masks": np.zeros((3, D + 1), bool)},
        {"count": np.zeros(K + 1)},
        {"mean": np.zeros((K, D + 1))},
        {"scatter": np.zeros((K, D))},
        {"scatter": np.zeros((K, D, D), np.float32)},
    ],
    ids=str,
)
def test_wrong_completions_are_refused(changes: dict[str, Any]) -> None:
    with pytest.raises((TypeError, BufferError, ValueError)):
        complete(**changes)


def test_no_rows_give_sums_of_zero() -> None:
    result = np.full(2 + K * (1 + D + D * D), np.nan)
    expect(rows=np.zeros((0, D)), weight=np.zeros(0), result=result)
    assert not result.any()


MATRICES = np.stack([np.eye(D)] * K)


@pytest.mark.parametrize(
    ("name", "right", "wrong"),
    [
        (
            "factorize",
            [MATRICES, np.empty((K, D, D)), np.empty(K)],
            [
                {0: np.ones((K, D, D + 1))},
                {0: np.ones((K, D))},
                {0: np.ones((K, MOST + 1, MOST + 1)), 1: np.ones((K, MOST + 1, MOST + 1))},
                {0: np.ones((K, 0, 0)), 1: np.ones((K, 0, 0))},
                {1: np.empty((K, D, D))[:, ::-1]},
                {1: np.empty((K + 1, D, D))},
                {2: np.empty(K + 1)},
                {2: np.empty(K, np.float32)},
            ],
        ),
        ("exceeds", [MATRICES, np.zeros(D)], [{0: np.ones((D, D))}, {1: np.zeros(D + 1)}]),
        (
            "common_form",
            [np.ones(K), MATRICES.copy(), np.ones(K), np.empty((D, D))],
            [{0: np.ones(K + 1)}, {1: np.ones((K, D))}, {2: np.ones(1)}, {3: np.empty(D)}],
        ),
        (
            "common_axes",
            [True, np.ones(K), MATRICES.copy(), np.eye(D)],
            [{1: np.ones(K + 1)}, {2: np.ones((K, D))}, {3: np.eye(D + 1)}],
        ),
        (
            "merge",
            [
                np.ones(K),
                np.arange(float(K * D)).reshape(K, D),
                MATRICES.copy(),
                1.0,
                1e-6,
                np.empty((K - 1, 2), np.int64),
            ],
            [
                {0: np.ones(K + 1)},
                {1: np.zeros((K, D + 1))},
                {2: np.ones((K, D, D + 1))},
                {1: np.zeros((K, 9)), 2: np.ones((K, 9, 9))},
                {5: np.empty((K, 2), np.int64)},
                {5: np.empty((K - 1, 2), np.int32)},
                {5: np.empty((K - 1, 2))},
            ],
        ),
        (
            "recentre",
            [
                np.zeros((K, D)),
                np.ones(K),
                np.zeros((K, D)),
                MATRICES,
                np.empty(K),
                np.empty((K, D)),
                np.empty((K, D, D)),
            ],
            [
                {0: np.zeros((K, D + 1))},
                {1: np.ones(K + 1)},
                {2: np.zeros((D, K))},
                {3: np.zeros((K, D))},
                {4: np.empty(1)},
                {5: np.empty(K * D)},
                {6: np.empty((K, D))},
                {6: None},
            ],
        ),
    ],
)
def test_the_door_of_the_small_matrices(
    name: str, right: list[Any], wrong: list[dict[int, Any]]
) -> None:
    function = getattr(_fused, name)
    function(*right)
    for changes in wrong:
        arguments = [changes.get(place, argument) for place, argument in enumerate(right)]
        with pytest.raises((ValueError, TypeError, BufferError)):
            function(*arguments)


def test_unknown_kernels_are_refused() -> None:
    with pytest.raises(ValueError, match="no kernel named 'abacus'"):
        _fused.expect("abacus", *arguments().values())
    with pytest.raises(MixturaError, match="abacus"), kernels.use("abacus"):
        pass


@pytest.mark.parametrize("name", kernels.available())
def test_any_kernel_can_be_forced(name: str) -> None:
    with kernels.use(name):
        kernel = chosen()
        assert kernel is not None
        assert kernel.name == name
        assert kernels.describe() == f"{name} (compiled C)"
    with kernels.use("numpy"):
        assert chosen() is None
        assert "MIXTURA_KERNEL=numpy" in kernels.describe()


@pytest.mark.parametrize("name", ["auto", "numpy", *kernels.available()])
def test_the_environment_forces_a_kernel(name: str) -> None:
    script = "from mixtura import kernels; print(kernels.chosen_name())"
    environment = {**os.environ, "MIXTURA_KERNEL": name}
    run = subprocess.run(
        [sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=True
    )
    expected = {"auto": kernels.available()[0], "numpy": None}.get(name, name)
    assert run.stdout.strip() == str(expected)


def test_without_the_compiled_module_the_reference_runs() -> None:
    script = (
        "import sys; sys.modules['mixtura.kernels._fused'] = None\n"
        "import numpy as np, mixtura as mx\n"
        "from mixtura import kernels\n"
        "fit = mx.GaussianMixture(2, random_state=0).fit(np.arange(20.0).reshape(10, 2) ** 2)\n"
        "print(kernels.describe(), fit.converged_)"
    )
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "NumPy reference: no compiled kernel True"


def test_a_kernel_that_a_machine_lacks_does_not_come_to_it() -> None:
    assert pickle.loads(pickle.dumps(chosen())) is chosen()
    sent = pickle.dumps(Kernel("sse9"))
    with pytest.raises(MixturaError, match=r"no sse9 kernel.*MIXTURA_KERNEL=\w+ on each"):
        pickle.loads(sent)

"""Every function of the compiled module with wild values and wrong arrays, for sanitizers to watch.

`make sanitize` runs it: python fuzz_binding.py MODULE.so [EXAMPLES [FIRST_SEED]]. The module is
compiled with AddressSanitizer and UBSan, which end the process at what C does not allow. Whatever
the numbers, a call comes back before long, with a result or an error that Python knows. The last
example is noted beside the module, so that one can be run alone: EXAMPLES=1, FIRST_SEED=its seed.
"""

from __future__ import annotations

import faulthandler
import sys
from collections.abc import Callable
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

import numpy as np

#: A call that takes longer, in seconds, waits for what does not come.
PATIENCE = 60.0

WILD = [np.nan, np.inf, -np.inf, 5e-324, -5e-324, 1e300, -1e300, 1e-300, 1e160, 1e-160, 0.0, -0.0]
HUGE = [-(2**63), -(2**31), -1, 0, 1, 2**31, 2**32 + 1, 2**62, 2**63 - 1, (2**64 + 4) // 5]
COUNTS = [1, 2, 7, 24, 63, 65, 130, 333, 1100]
DIMENSIONS = [*range(1, 15), 17, 24, 25, 33]
TIES = [(v, s, o) for v in (1, 2) for s in (0, 1, 2) for o in (0, 1, 2) if s or not o]

Rng = np.random.Generator
Call = Callable[[Any, Rng], tuple[Any, ...]]


def choose(rng: Rng, options: list[Any]) -> Any:
    return options[int(rng.integers(len(options)))]


def numbers(rng: Rng, *shape: int, positive: bool = False) -> np.ndarray:
    """Ordinary numbers, of which none, a few, many or all are wild, or all the same wild one."""
    x = rng.normal(size=shape) * 10.0 ** rng.integers(-3, 4)
    x = np.abs(x) if positive else x
    share = choose(rng, [0.0, 0.0, 0.02, 0.3, 1.0])
    where = rng.random(shape) < share
    same = rng.random() < 0.3
    x[where] = choose(rng, WILD) if same else rng.choice(WILD, int(where.sum()))
    return x


def matrices(rng: Rng, k: int, d: int) -> np.ndarray:
    """Scatters of many rows, of too few, or any numbers at all."""
    if rng.random() < 0.4:
        return numbers(rng, k, d, d)
    root = rng.normal(size=(k, d, choose(rng, [max(d // 2, 1), 3 * d])))
    scatter = root @ root.transpose(0, 2, 1) * choose(rng, [1.0, 1e-200, 1e200, 1e-310])
    scatter.flat[int(rng.integers(scatter.size))] += choose(rng, [0.0, 0.0, *WILD])
    return scatter


def size(rng: Rng) -> tuple[int, int]:
    return int(rng.integers(1, 7)), choose(rng, DIMENSIONS)


def table(rng: Rng, d: int) -> tuple[np.ndarray, np.ndarray]:
    n = choose(rng, COUNTS)
    with np.errstate(over="ignore", under="ignore"):
        rows = numbers(rng, n, d).astype(choose(rng, [np.float64, np.float32]))
    if rng.random() < 0.3:
        return rows, np.broadcast_to(np.float64(choose(rng, [1.0, *WILD])), n)
    return rows, numbers(rng, n, positive=True)


def some_labels(rng: Rng, n: int, k: int) -> np.ndarray | None:
    """None for most tables, and now and then one of a component that there is not."""
    if rng.random() < 0.6:
        return None
    labels = rng.integers(-1, k, n)
    if rng.random() < 0.05:
        labels[int(rng.integers(n))] = choose(rng, [k, *HUGE[:-1]])
    return labels


def components(rng: Rng, k: int, d: int) -> list[Any]:
    whitening = numbers(rng, k, d, positive=True) if rng.random() < 0.5 else matrices(rng, k, d)
    tails = numbers(rng, 2, k) if rng.random() < 0.5 else None
    return [numbers(rng, k, d), whitening, numbers(rng, k), tails]


def gaps(rng: Rng, n: int, k: int, d: int, *, tailed: bool, without: float = 0.4) -> list[Any]:
    """Of none, or patterns of rows in any order; some say what is not so."""
    if rng.random() < without:
        return [None] * 6
    n_patterns = int(rng.integers(1, min(n, 40) + 1))
    ends = np.sort(rng.choice(np.arange(1, n), n_patterns - 1, replace=False))
    ends = np.append(ends, n).astype(np.int64)
    order = rng.permutation(n).astype(np.int64)
    if rng.random() < 0.1:
        wrong = choose(rng, [order, ends])
        wrong[int(rng.integers(len(wrong)))] = choose(rng, HUGE[:-1])
    masks = rng.random((n_patterns, d)) < choose(rng, [0.0, 0.1, 0.5, 1.0])
    masks[0] &= rng.random() < 0.5
    tails = numbers(rng, 2, d + 1, k) if tailed else None
    noise = numbers(rng, n_patterns) if rng.random() < 0.5 else None
    return [order, ends, masks, numbers(rng, d + 1, k), tails, noise]


def expect(module: Any, rng: Rng) -> tuple[Any, ...]:
    k, d = size(rng)
    rows, weight = table(rng, d)
    parts = components(rng, k, d)
    tailed = parts[3] is not None
    missing = gaps(rng, len(rows), k, d, tailed=tailed)
    n_tails = 3 * k * (1 if missing[0] is None else d + 1) if tailed else 0
    result = np.empty(2 + k * (1 + d) + parts[1].size + n_tails)
    labels = some_labels(rng, len(rows), k)
    hard = rng.random() < 0.5
    return choose(rng, module.names()), rows, weight, labels, *parts, *missing, hard, result


def complete(module: Any, rng: Rng) -> tuple[Any, ...]:
    k, d = size(rng)
    rows, _ = table(rng, d)
    means, whitening, *_ = components(rng, k, d)
    order, ends, masks, *_ = gaps(rng, len(rows), k, d, tailed=False, without=0.05)
    resp = numbers(rng, len(rows), k, positive=True)
    made = np.empty(k), np.empty(means.shape), np.empty(whitening.shape)
    return choose(rng, module.names()), rows, resp, means, whitening, order, ends, masks, *made


def score(module: Any, rng: Rng) -> tuple[Any, ...]:
    k, d = size(rng)
    rows, _ = table(rng, d)
    parts, wanted = components(rng, k, d), some_scores(rng, len(rows), k)
    missing = gaps(rng, len(rows), k, d, tailed=parts[3] is not None)
    return choose(rng, module.names()), rows, *parts, *missing, *wanted


def some_scores(rng: Rng, n: int, k: int) -> list[np.ndarray | None]:
    outputs = [np.empty(n), np.empty((n, k)), np.empty(n), np.empty(n, np.int64)]
    return [None if rng.random() < 0.3 else output for output in outputs]


def linear(rng: Rng) -> tuple[np.ndarray, np.ndarray, list[Any]]:
    """Rows and weights, and components: of cells, or of levels, which some cells are not."""
    k, d = size(rng)
    rows, weight = table(rng, d)
    if rng.random() < 0.3:
        return rows, weight, [numbers(rng, k), numbers(rng, k, d), None]
    levels = rng.integers(1, choose(rng, [2, 3, 9, 100]) + 1, d)
    if rng.random() < 0.9:
        rows = rng.integers(0, levels, rows.shape).astype(rows.dtype)
    if rng.random() < 0.2:
        rows.flat[int(rng.integers(rows.size))] = choose(rng, [0.5, -1.0, 1e30, *WILD])
    weights = numbers(rng, k, int(levels.sum()))
    if rng.random() < 0.1:
        levels[int(rng.integers(d))] = choose(rng, HUGE[:-1])
    return rows, weight, [numbers(rng, k), weights, levels]


def linear_expect(module: Any, rng: Rng) -> tuple[Any, ...]:
    rows, weight, parts = linear(rng)
    result = np.empty(2 + len(parts[0]) + parts[1].size)
    labels = some_labels(rng, len(rows), len(parts[0]))
    return choose(rng, module.names()), rows, weight, labels, *parts, rng.random() < 0.5, result


def linear_score(module: Any, rng: Rng) -> tuple[Any, ...]:
    rows, _, parts = linear(rng)
    wanted = some_scores(rng, len(rows), len(parts[0]))
    return choose(rng, module.names()), rows, *parts, *wanted


def elementwise(module: Any, rng: Rng) -> tuple[Any, ...]:
    x = numbers(rng, int(rng.integers(0, 40)))
    return choose(rng, module.names()), x, np.empty(len(x))


def recentre(module: Any, rng: Rng) -> tuple[Any, ...]:
    k, d = size(rng)
    second = matrices(rng, k, d) if rng.random() < 0.5 else numbers(rng, k, d)
    moments = [numbers(rng, k), numbers(rng, k, d), second]
    return numbers(rng, k, d), *moments, *(np.empty(part.shape) for part in moments)


def moments(module: Any, rng: Rng) -> tuple[Any, ...]:
    k, d = size(rng)
    n, dense = choose(rng, COUNTS), rng.random() < 0.5
    second = np.empty((k, d, d) if dense else (k, d))
    resp = numbers(rng, n, k, positive=True)
    return numbers(rng, n, d), resp, dense, np.empty(k), np.empty((k, d)), second


def estimate(module: Any, rng: Rng) -> tuple[Any, ...]:
    k, d = size(rng)
    ties = choose(rng, TIES) if rng.random() < 0.95 else (choose(rng, [5, *HUGE[1:5]]), 1, 1)
    dense = ties[2] != 0
    scatter = matrices(rng, k, d) if dense else numbers(rng, k, d, positive=True)
    floor = np.zeros(d) if rng.random() < 0.4 else numbers(rng, d, positive=True)
    before: list[Any] = [None, None, None]
    if rng.random() < 0.6:
        whitening = np.empty(scatter.shape)
        whitening[:] = np.eye(d) if dense else 1.0
        before = [matrices(rng, k, d) if dense else whitening, whitening, numbers(rng, k)]
    made = np.empty(scatter.shape), np.empty(scatter.shape), np.empty(k)
    return ties, floor, numbers(rng, k, positive=True), scatter, *before, *made


def constants(module: Any, rng: Rng) -> tuple[Any, ...]:
    k, d = size(rng)
    return choose(rng, [d, *HUGE]), numbers(rng, k), numbers(rng, k), np.empty(k)


def factorize(module: Any, rng: Rng) -> tuple[Any, ...]:
    k, d = size(rng)
    return matrices(rng, k, d), np.empty((k, d, d)), np.empty(k)


def exceeds(module: Any, rng: Rng) -> tuple[Any, ...]:
    k, d = size(rng)
    return matrices(rng, k, d), numbers(rng, d)


def common_form(module: Any, rng: Rng) -> tuple[Any, ...]:
    k, d = size(rng)
    scatter = matrices(rng, k, d) if rng.random() < 0.5 else numbers(rng, k, d, positive=True)
    scales = numbers(rng, k, positive=True)
    return numbers(rng, k, positive=True), scatter, scales, np.empty(scatter.shape[1:])


def common_axes(module: Any, rng: Rng) -> tuple[Any, ...]:
    k, d = size(rng)
    axes = np.eye(d) if rng.random() < 0.7 else numbers(rng, d, d)
    return rng.random() < 0.5, numbers(rng, k, positive=True), matrices(rng, k, d), axes


def climb(module: Any, rng: Rng) -> tuple[Any, ...]:
    k, d = int(rng.integers(1, 7)), int(rng.integers(1, 15))
    rows, weight = table(rng, d)
    ties = (
        choose(rng, TIES)
        if rng.random() < 0.95
        else tuple(choose(rng, [5, *HUGE[1:5]]) for _ in "123")
    )
    each = d * d if ties[2] else d
    state = numbers(rng, 3, k * (2 + d + 2 * each))
    if rng.random() < 0.7:
        unit = np.tile(np.eye(d).ravel() if ties[2] else np.ones(d), 2 * k)
        state[0] = np.concatenate([np.full(k, 1.0 / k), rng.normal(size=k * d), unit, np.zeros(k)])
    known, most = int(rng.integers(0, 5)), int(rng.integers(0, 12))
    trace = numbers(rng, known + most)
    numbers_of_steps = [k, state, trace, known, most]
    if rng.random() < 0.15:
        numbers_of_steps[choose(rng, [0, 3, 4])] = choose(rng, HUGE)
    if rng.random() < 0.05:
        numbers_of_steps[3:] = choose(rng, HUGE), choose(rng, HUGE)
    floor = np.zeros(d) if rng.random() < 0.4 else numbers(rng, d, positive=True)
    prior = numbers(rng, 3 + d + each, positive=True) if rng.random() < 0.4 else None
    weights = choose(rng, [0, 1, 2]) if rng.random() < 0.95 else choose(rng, [3, *HUGE[1:5]])
    kind = [rng.random() < 0.5, rng.random() < 0.3, weights, rng.random() < 0.3, ties]
    order, ends, masks, *_, of_noise = gaps(rng, len(rows), k, d, tailed=False, without=0.05)
    if kind[1] and order is not None and rng.random() < 0.8:
        of_noise = numbers(rng, len(masks))
    patterns = order, ends, masks, of_noise if kind[1] or rng.random() < 0.1 else None
    how = [
        some_labels(rng, len(rows), k),
        *patterns,
        *kind,
        floor,
        prior,
        choose(rng, [0.0, 1e-6, *WILD]),
    ]
    return choose(rng, module.names()), rows, weight, *how, *numbers_of_steps


def merge(module: Any, rng: Rng) -> tuple[Any, ...]:
    groups, d = int(rng.integers(0, 40)), int(rng.integers(1, 15))
    dense = d <= 9 and rng.random() < 0.6
    scatter = np.zeros((groups, d, d) if dense else (groups, d))
    if groups and rng.random() < 0.7:
        scatter = matrices(rng, groups, d) if dense else numbers(rng, groups, d, positive=True)
    count = numbers(rng, groups, positive=True) if rng.random() < 0.7 else np.ones(groups)
    typical, tie = (choose(rng, [1.0, 1e-6, *WILD]) for _ in range(2))
    merges = np.empty((max(groups - 1, 0), 2), np.int64)
    return count, numbers(rng, groups, d), scatter, typical, tie, merges


def centers(module: Any, rng: Rng) -> tuple[Any, ...]:
    k, d = size(rng)
    rows = numbers(rng, choose(rng, COUNTS), d)
    shape = [int(rng.integers(1, 4)), k, int(rng.integers(1, 4))]
    if rng.random() < 0.05:
        shape[choose(rng, [0, 1, 2])] = 0
    uniform = rng.random(shape) if rng.random() < 0.7 else numbers(rng, *shape)
    weight = numbers(rng, len(rows), positive=True)
    steps = choose(rng, [0, 1, 30, *HUGE[:3]])
    how = [rng.random() < 0.5, steps]
    return choose(rng, module.names()), rows, weight, uniform, *how, np.empty((k, d))


def names(module: Any, rng: Rng) -> tuple[Any, ...]:
    return ()


#: What each function is called with.
CALLS: dict[str, Call] = {
    "expect": expect,
    "score": score,
    "complete": complete,
    "linear_expect": linear_expect,
    "linear_score": linear_score,
    "exp": elementwise,
    "log": elementwise,
    "recentre": recentre,
    "moments": moments,
    "estimate": estimate,
    "constants": constants,
    "factorize": factorize,
    "exceeds": exceeds,
    "common_form": common_form,
    "common_axes": common_axes,
    "climb": climb,
    "merge": merge,
    "centers": centers,
    "names": names,
}


def spoilt(rng: Rng, array: np.ndarray) -> Any:
    """An array of another shape, type or layout, or none at all."""
    if array.ndim == 0 or array.size == 0:
        return None
    ways: list[Callable[[], Any]] = [
        lambda: array[:-1],
        lambda: array[..., :-1],
        lambda: np.concatenate([array, array]),
        lambda: array[None],
        lambda: array.ravel(),
        lambda: array.T,
        lambda: array[::-1],
        lambda: array[:0],
        lambda: array.astype(np.int32 if array.dtype.kind == "f" else np.float64),
        lambda: np.broadcast_to(array, array.shape),
        lambda: np.frombuffer(bytes(1) + array.tobytes(), np.uint8)[1:].view(array.dtype),
        lambda: None,
    ]
    with np.errstate(invalid="ignore"):
        return choose(rng, ways)()


def run(module: Any, name: str, seed: int) -> bool:
    """Make one call; whether it gave a result."""
    rng = np.random.default_rng((seed, *name.encode()))
    with np.errstate(over="ignore", invalid="ignore", under="ignore"):
        arguments = list(CALLS[name](module, rng))
    arrays = [place for place, value in enumerate(arguments) if isinstance(value, np.ndarray)]
    if arrays and rng.random() < 0.1:
        place = choose(rng, arrays)
        arguments[place] = spoilt(rng, arguments[place])
    try:
        getattr(module, name)(*arguments)
    except (ValueError, TypeError, BufferError, OverflowError, MemoryError):
        return False
    return True


def load(path: Path) -> Any:
    spec = spec_from_file_location("_fused", path)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def main(path: Path, examples: int = 400, first: int = 0) -> None:
    module = load(path)
    public = {name for name in vars(module) if callable(vars(module)[name]) and name[0] != "_"}
    assert public == CALLS.keys(), f"functions without examples: {public ^ CALLS.keys()}"
    note = path.with_suffix(".example")
    for name in CALLS:
        results = 0
        for seed in range(first, first + examples):
            note.write_text(f"{name} with seed {seed}\n")
            faulthandler.dump_traceback_later(PATIENCE, exit=True)
            results += run(module, name, seed)
        print(f"{name}: clean, {results} results in {examples} calls", flush=True)
        assert 2 * results > examples or examples < 50, f"{name} gives errors: the examples are bad"
    faulthandler.cancel_dump_traceback_later()


if __name__ == "__main__":
    main(Path(sys.argv[1]), *map(int, sys.argv[2:]))

"""Online EM: laws of parts of the rows, of mini-batches and of streams."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

import mixtura as mx
from mixtura import em, kernels
from mixtura.em import Memory, e_step, sweep
from mixtura.estimators.options import ALGORITHMS, STARTS
from mixtura.families import Gaussian
from mixtura.families.gaussian.structures import VVV
from mixtura.fitting.run import Fitting
from mixtura.fitting.specification import Specification
from mixtura.fitting.stream import NO_ROWS, Stream, Waiting
from mixtura.mixture import Mixture
from mixtura.schedules import HalfLife, MiniBatches, Part, Rounds, Slowing, batch, parts_of
from mixtura.sources import ArraySource
from mixtura.starts.starting_values import StartingValues
from mixtura.starts.training_rows import TrainingRows
from mixtura.typing import AnyArray, FloatArray
from records import FAMILIES, FAMILY_IDS, FamilyRecord


def leaves(value: Any) -> list[AnyArray]:
    """All arrays and numbers of a record, its own records' included."""
    if isinstance(value, np.ndarray | float | int):
        return [np.asarray(value)]
    parts = value if isinstance(value, tuple) else vars(value).values()
    return [leaf for part in parts for leaf in leaves(part)]


def assert_same(a: Any, b: Any, rtol: float = 0.0) -> None:
    for mine, theirs in zip(leaves(a), leaves(b), strict=True):
        if rtol:
            np.testing.assert_allclose(mine, theirs, rtol=rtol, atol=1e-12)
        else:
            np.testing.assert_array_equal(mine, theirs)


def specification(record: FamilyRecord, **others: Any) -> Specification:
    return Specification(
        family=lambda source, summary, k: record.family,
        n_components=2,
        algorithm=ALGORITHMS["em"],
        values=StartingValues(STARTS["auto"]),
        seed=3,
        **others,
    )


def first(record: FamilyRecord) -> Mixture[Any, Any]:
    table = TrainingRows.of(record.X, None, record.schema.names)
    return Fitting.of(specification(record), table).make_first(0)


def rows_of(record: FamilyRecord) -> AnyArray:
    return np.arange(len(record.X))


gaussian = FAMILIES[FAMILY_IDS.index("gaussian-VVV")]


# ------------------------------------------------------------------------------------- parts


@pytest.mark.parametrize("record", FAMILIES, ids=FAMILY_IDS)
def test_one_part_of_all_rows_and_step_1_are_an_iteration_of_em(record: FamilyRecord) -> None:
    mixture, source = first(record), ArraySource(record.X)
    plain = e_step(mixture, source)
    elsewhere = e_step(mixture, ArraySource(record.X[: len(record.X) // 2]))
    whole = Part(ArraySource(record.X), 1.0, 1.0, source.total_weight)
    for before in (None, Memory(elsewhere, elsewhere)):
        swept = sweep(mixture, before, [whole])
        assert_same(swept.memory.running, plain)
        assert_same(swept.memory.average, plain)
        assert swept.objective == (plain.objective + mixture.log_prior) / plain.weight
        assert_same(mixture.maximize(swept.memory.running).params, mixture.maximize(plain).params)


def by_rows(mixture: Mixture[Any, Any], parts: list[FloatArray]) -> Memory[Any]:
    """The memory of parts under one mixture, each with the share that it has of the rows."""
    memory, before = None, 0.0
    for X in parts:
        after = before + len(X)
        part = Part(ArraySource(X), len(X) / after, 1.0, after)
        memory, before = Memory.after(memory, e_step(mixture, part.source), part), after
    assert memory is not None
    return memory


@pytest.mark.parametrize("record", FAMILIES, ids=FAMILY_IDS)
def test_parts_in_any_order_are_the_whole_while_the_mixture_stays(record: FamilyRecord) -> None:
    mixture, (a, b, c) = first(record), np.split(record.X, [7, 30])
    whole = e_step(mixture, ArraySource(record.X))
    assert_same(by_rows(mixture, [a, b, c]).running, whole, 1e-9)
    assert_same(by_rows(mixture, [c, a, b]).running, whole, 1e-9)


def test_slowing_steps_are_shares_that_fall_but_never_below_those_of_the_rows() -> None:
    slowing = Slowing(1_000.0)
    before, steps = 0.0, []
    for _ in range(5_000):
        step, averaging, after = slowing(before, 1_000.0)
        assert 1_000.0 / after <= step <= 1.0
        assert 0.0 < averaging <= 1.0
        steps.append(step)
        before = after
    assert before == 5e6
    assert all(later < earlier for earlier, later in pairwise(steps))
    few = [slowing(float(n), 1.0)[0] * (n + 1) for n in range(200)]
    np.testing.assert_allclose(few, 1.0)


def test_after_a_half_life_a_row_counts_half() -> None:
    half_life = HalfLife(500.0)
    step, averaging, after = half_life(1e9, 500.0)
    assert (averaging, after) == (1.0, 0.5e9 + 500.0)
    shares = [1.0]
    weight = 1.0
    for _ in range(1_000):
        step, _, weight = half_life(weight, 1.0)
        shares = [share * (1.0 - step) for share in shares] + [step]
    assert sum(shares) == pytest.approx(1.0)
    np.testing.assert_allclose(shares[300] / shares[800], 0.5)


# ------------------------------------------------------------------------------ mini-batches


def overlapping(n: int, seed: int = 1) -> FloatArray:
    """Three groups in three dimensions, sorted by group."""
    rng = np.random.default_rng(seed)
    sizes = [n // 2, n // 4, n - n // 2 - n // 4]
    centers = np.array([[0.0, 0.0, 0.0], [2.5, 1.5, 0.0], [0.0, 3.0, 2.5]])
    return np.concatenate(
        [rng.normal(center, 1.0, (size, 3)) for center, size in zip(centers, sizes, strict=True)]
    )


def fitted(X: FloatArray, algorithm: str, **others: Any) -> mx.GaussianMixture:
    options = {"n_init": 1, "random_state": 0, "acceleration": None, **others}
    return mx.GaussianMixture(3, algorithm=algorithm, **options).fit(X)


def test_mini_batches_end_where_em_does_in_a_fifth_of_the_passes() -> None:
    X = overlapping(60_000)
    em_, mini = fitted(X, "em"), fitted(X, "minibatch")
    assert em_.converged_
    assert mini.converged_
    chance = 0.5 * em_.n_parameters_ / len(X)
    assert abs(mini.lower_bound_ - em_.lower_bound_) < chance < 1e-3
    assert 5 * (mini.n_iter_ + 1) <= em_.n_iter_ + 1
    assert mini.outlook_.remaining == pytest.approx(chance)
    assert mini.status_.endswith(
        f"no more than about {chance:.1e} nats per row are thought to remain"
    )
    # The last objective is that of all rows at the parameters that are returned.
    assert mini.score(X) == pytest.approx(mini.lower_bound_, rel=1e-12)
    assert mini.log_likelihood_ == pytest.approx(len(X) * mini.lower_bound_, rel=1e-12)


def test_sorted_rows_do_not_matter() -> None:
    X = overlapping(40_000)
    shuffled = np.random.default_rng(5).permutation(X)
    ends = [fitted(rows, "minibatch").lower_bound_ for rows in (X, shuffled)]
    assert ends[0] == pytest.approx(ends[1], abs=0.5 * 29 / len(X))


def test_mini_batches_are_the_same_for_any_number_of_threads() -> None:
    X = overlapping(40_000)
    one, two = (fitted(X, "minibatch", n_jobs=n_jobs, max_iter=6) for n_jobs in (1, 2))
    assert_same(one.mixture_.params, two.mixture_.params)
    assert one.trace_ == two.trace_
    other = fitted(X, "minibatch", random_state=1, max_iter=6)
    assert other.trace_ != one.trace_


def test_rows_of_weight_2_are_worth_two_in_mini_batches() -> None:
    X = overlapping(40_000)
    weight = np.random.default_rng(2).integers(1, 4, len(X)).astype(np.float64)
    repeated = fitted(np.repeat(X, weight.astype(int), axis=0), "em")
    options = {"n_init": 1, "random_state": 0}
    mini = mx.GaussianMixture(3, algorithm="minibatch", **options).fit(X, sample_weight=weight)
    assert mini.lower_bound_ == pytest.approx(repeated.lower_bound_, abs=29 / len(X))


def test_few_rows_are_fitted_as_by_em() -> None:
    X = overlapping(2_000)
    em_, mini = (fitted(X, name, acceleration="auto") for name in ("em", "minibatch"))
    assert_same(mini.mixture_.params, em_.mixture_.params)
    assert mini.trace_ == em_.trace_


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("max_iter", range(8))
def test_however_few_passes_are_made_the_last_judges_what_is_returned(max_iter: int) -> None:
    X = overlapping(30_000)
    mini = fitted(X, "minibatch", max_iter=max_iter)
    assert mini.n_iter_ == min(max_iter, 4)
    assert mini.score(X) == pytest.approx(mini.lower_bound_, rel=1e-12)
    assert mini.converged_ == (max_iter >= 4)


def test_rounds_end_with_passes_over_all_rows() -> None:
    rounds = Rounds(first=1, growth=3, judging=2, most=9)
    assert [rounds.n_whole(i, 1_000) for i in range(9)] == [1, 0, 1, 2, 0, 0, 0, 1, 2]
    assert [rounds.n_whole(i, 5) for i in range(6)] == [1, 0, 1, 2, 0, 1]
    assert rounds.limit(1_000) == 8


def test_every_row_is_seen_once_in_a_pass() -> None:
    X = np.arange(5_000.0)[:, None]
    source = ArraySource(X)
    passes = MiniBatches(source, 100, Rounds(first=2), 1_000, (0,))(source)
    whole, first_pass, second_pass = (next(passes) for _ in range(3))
    assert whole.whole
    assert not first_pass.whole
    orders = [
        np.concatenate([part.source.load(0).rows[:, 0] for part in each.parts])
        for each in (first_pass, second_pass)
    ]
    assert not np.array_equal(*orders)
    for order in orders:
        np.testing.assert_array_equal(np.sort(order), X[:, 0])


def test_a_run_that_was_paused_goes_on_as_if_it_had_not_been() -> None:
    X = overlapping(30_000)
    table = TrainingRows.of(X, None, "abc")
    family = Gaussian(VVV, np.zeros(3))
    made = replace(
        specification(gaussian), family=lambda *_: family, algorithm=ALGORITHMS["minibatch"]
    )
    fitting = Fitting.of(made, table)
    through = fitting.run(fitting.begin(0))
    for pause in (1, 2, 3):
        paused = fitting.run(fitting.begin(0), pause=pause)
        assert paused.status.paused
        again = fitting.run(paused)
        assert again.trace == through.trace
        assert_same(again.mixture.params, through.mixture.params)


def test_a_part_that_no_step_can_be_made_from_leaves_the_mixture_as_it_is() -> None:
    record = gaussian
    mixture = first(record)
    alone = Part(ArraySource(record.X[:1]), 1.0, 1.0, 60.0)
    rest = Part(ArraySource(record.X), 1.0, 1.0, 60.0)
    swept = sweep(mixture, None, [alone, rest])
    assert swept.mixture is mixture
    assert_same(swept.memory.running, e_step(mixture, rest.source))


def test_the_loop_keeps_what_is_known_of_all_rows_at_the_best_mixture() -> None:
    source = ArraySource(gaussian.X)
    with kernels.use("numpy"):  # a compiled round does not tell
        run = em.fit(first(gaussian), source, schedule=batch)
    assert run.expectation is not None
    assert_same(run.expectation, e_step(run.mixture, source), 1e-10)


# ----------------------------------------------------------------------------------- streams


def streamed(record: FamilyRecord, tables: list[TrainingRows], **others: Any) -> Waiting | Stream:
    stream: Waiting | Stream = NO_ROWS
    for table in tables:
        stream = stream.with_rows(specification(record, **others), table)
    return stream


def table_of(X: FloatArray, weight: FloatArray | None = None) -> TrainingRows:
    return TrainingRows.of(X, weight, "abc"[: X.shape[1]])


@pytest.mark.parametrize("half_life", [None, 30.0])
def test_rows_that_waited_are_as_good_as_those_of_one_call(half_life: float | None) -> None:
    X = gaussian.X
    whole = streamed(gaussian, [table_of(X)], half_life=half_life)
    waited = streamed(gaussian, [table_of(X[:5]), table_of(X[5:12]), table_of(X[12:])])
    assert isinstance(whole, Stream)
    assert isinstance(waited, Stream)
    assert_same(whole.memory, waited.memory)
    assert_same(whole.summary, waited.summary)
    assert waited.n_calls == 3


def test_weights_are_repetitions_in_a_stream() -> None:
    X, more = gaussian.X, gaussian.X[::2] + 0.3
    weight = np.random.default_rng(1).integers(1, 4, len(more))
    begun = table_of(X)
    for half_life in (None, 50.0):
        weighted = streamed(
            gaussian, [begun, table_of(more, weight.astype(np.float64))], half_life=half_life
        )
        repeated = streamed(
            gaussian, [begun, table_of(np.repeat(more, weight, axis=0))], half_life=half_life
        )
        assert isinstance(weighted, Stream)
        assert isinstance(repeated, Stream)
        assert_same(weighted.memory, repeated.memory, 1e-10)
        assert_same(weighted.found.params, repeated.found.params, 1e-9)


def test_a_stream_is_followed_in_the_same_way_for_the_same_seed() -> None:
    tables = [table_of(part) for part in np.array_split(overlapping(4_000), 4)]
    a, b = (streamed(gaussian, tables) for _ in range(2))
    assert isinstance(a, Stream)
    assert isinstance(b, Stream)
    assert_same(a.memory, b.memory)
    assert_same(a.mixture.params, b.mixture.params)


def test_parts_follow_each_other_in_weight() -> None:
    source = ArraySource(np.zeros((6, 1)), np.array([1.0, 2.0, 3.0, 1.0, 1.0, 2.0]))
    parts = list(parts_of(source, [np.array([0, 1]), np.array([2, 3, 4, 5])], Slowing(4.0), 5.0))
    assert [part.weight for part in parts] == [8.0, 15.0]
    assert [part.source.total_weight for part in parts] == [3.0, 7.0]

"""Many starts, one result, and how alike the partitions are that they end in."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import adjusted_rand_score

from mixtura import em
from mixtura.errors import DegenerateError
from mixtura.families import Gaussian
from mixtura.families.gaussian.structures import VVV
from mixtura.fitting.agreement import ALIKE, Compared, adjusted_rand, compared, moved
from mixtura.fitting.restarts import Effort, Found, Restarts, Starts, restart, resume
from mixtura.sources import ArraySource
from mixtura.starts.given import random_responsibilities
from mixtura.starts.ways import RELATIVES
from mixtura.stopping import Outlook, Status
from records import two_groups

SOURCE = ArraySource(two_groups(50))
SOUND = em.fit(
    em.begin(Gaussian(VVV, np.zeros(3)), SOURCE, random_responsibilities(2, (1,))), SOURCE
)


def ending_at(objective: float | None) -> em.Fit:
    """A run that ends at an optimum of this height; None for one that collapses."""
    if objective is None:
        return replace(SOUND, objective=99.0, status=Status(False, "collapsed", collapsed=True))
    return replace(SOUND, objective=objective)


def make(heights: list[float | None], effort: Effort, before: Restarts | None = None) -> Restarts:
    return restart(
        lambda number: Found(ending_at(heights[number]), ("rows",)),
        effort,
        sound=lambda fit: not fit.status.collapsed,
        same=lambda a, b: a.objective == b.objective,
        before=before or Restarts(),
    )


def told(restarts: Restarts) -> str:
    return str(restarts.summary(lambda a, b: ALIKE))


def test_collapsed_starts_do_not_compete() -> None:
    restarts = make([-2.0, None, -1.0, -2.0, -1.0], Effort.exactly(5))
    assert restarts.best.objective == -1.0
    assert (
        told(restarts) == "best optimum found by 2 of 5 starts (rows), 1 not sound; 1 other found"
    )
    assert make([None, None], Effort.exactly(2)).best.objective == 99.0


def paused_at(objective: float) -> em.Fit:
    status = Status(False, "paused", paused=True)
    return replace(SOUND, objective=objective, status=status)


def test_paused_runs_go_on_and_those_that_met_go_on_as_one() -> None:
    heights = [-3.0, -2.0, -3.0, -4.0]
    rules = {
        "sound": lambda fit: not fit.status.collapsed,
        "same": lambda a, b: a.objective == b.objective,
    }
    paused = restart(
        lambda number: Found(paused_at(heights[number]), ("rows",)),
        Effort.exactly(4),
        before=Restarts(),
        **rules,
    )
    assert paused.paused
    ends = {-3.0: ending_at(-1.0), -2.0: ending_at(-1.5), -4.0: ending_at(None)}
    assert [paused.could_win(paused_at(height)) for height in (-2.0, -3.0)] == [True, False]
    hopeful = replace(paused_at(-3.0).status, outlook=Outlook(1.5, 0.9))
    assert paused.could_win(replace(paused_at(-3.0), status=hopeful))
    assert not paused.could_win(ending_at(-1.0))
    went_on = []

    def go_on(fit: em.Fit) -> em.Fit:
        went_on.append(fit.objective)
        return ends[fit.objective]

    done = resume(go_on, paused, **rules)
    assert went_on == [-2.0]  # the others are not thought to come as high
    assert not done.paused
    assert done.n_made == 4
    assert told(done) == "best optimum found by 1 of 4 starts (rows); 2 others found"
    assert resume(go_on, done, **rules) == done  # nobody is left to go on


@pytest.mark.parametrize(
    ("trace", "expected"),
    [
        ((-9.0, -8.0, -6.0), -6.0 + 4.0 + 8.0),  # its gains double
        ((-9.0, -7.0, -6.0), -6.0),
        ((-9.0, -9.0, -6.0), -6.0),
        ((-9.0, -8.0, -8.5), -8.5),
        ((-9.0, -6.0), -6.0),
    ],
)
def test_a_run_has_a_prospect_while_its_gains_grow(
    trace: tuple[float, ...], expected: float
) -> None:
    paused = replace(paused_at(trace[-1]), trace=trace)
    assert paused.prospect(2) == pytest.approx(expected)
    assert replace(paused, status=Status(True, "ended")).prospect(2) == trace[-1]


def test_enough_is_enough() -> None:
    heights: list[float | None] = [-2.0, -1.0, -2.0, -1.0, -3.0, -1.0, 0.0, 0.0]
    assert make(heights, Effort(most=8, enough=3, enough_apart=3)).n_made == 6
    assert make(heights, Effort(most=4, enough=3, enough_apart=3)).n_made == 4
    assert make(heights, Effort.exactly(8)).n_made == 8


def test_a_best_run_of_few_iterations_needs_fewer_others() -> None:
    effort, heights = Effort(most=5, enough=4, enough_apart=2), [-1.0] * 5

    def made(n_iter: int, *, converged: bool = True) -> int:
        status = Status(converged, "ended")
        return restart(
            lambda number: Found(
                replace(SOUND, objective=heights[number], n_iter=n_iter, status=status), ("rows",)
            ),
            effort,
            sound=lambda fit: True,
            same=lambda a, b: a.objective == b.objective,
            before=Restarts(),
        ).n_made

    assert [made(5), made(50), made(5, converged=False)] == [2, 4, 4]


def test_starts_of_one_kind_prove_less_than_kinds_that_agree() -> None:
    # Where there are other kinds, that one of them finds the same again says nothing.
    kinds = ["k-means", "k-means", "rows", "k-means", RELATIVES, "splits", "rows"]

    def made(effort: Effort) -> int:
        return restart(
            lambda number: Found(ending_at(-1.0), (kinds[number],)),
            effort,
            sound=lambda fit: True,
            same=lambda a, b: True,
            before=Restarts(),
        ).n_made

    effort = Effort(most=7, enough=3, enough_apart=3)
    assert made(effort) == 3
    assert made(replace(effort, n_kinds=4)) == 6
    assert made(replace(effort, n_kinds=2)) == 3  # there are no three


def test_what_can_be_afforded_is_at_least_one_start() -> None:
    effort = Effort(most=20, enough=5, enough_apart=2)
    assert [effort.within(n).most for n in (0.1, 3.7, 1e9)] == [1, 3, 20]


def test_spurious_optima_are_passed_over_unless_all_are() -> None:
    restarts = make([-1.0, -2.0, -1.0, -3.0], Effort.exactly(4))
    sound = restarts.passing_over(lambda fit: fit.objective <= -2.0)
    assert sound.best.objective == -2.0
    assert told(sound) == "best optimum found by 1 of 4 starts (rows), 2 not sound; 1 other found"
    assert restarts.passing_over(lambda fit: False) == restarts


@given(
    heights=st.lists(st.sampled_from([None, -3.0, -2.0, -1.0]), min_size=8, max_size=8),
    split=st.integers(1, 7),
    enough=st.integers(1, 8),
)
def test_interrupted_starts_go_on_as_if_they_had_not_been(
    heights: list[float | None], split: int, enough: int
) -> None:
    effort = Effort(8, enough, enough)
    whole = make(heights, effort)
    before = make(heights, replace(effort, most=split))
    assert make(heights, effort, before) == whole


def test_without_any_first_mixture_the_reason_is_told() -> None:
    def run(number: int) -> em.Fit:
        raise DegenerateError("nothing to start from")

    with pytest.raises(DegenerateError, match="nothing to start from"):
        restart(
            run,
            Effort(3, 1, 1),
            sound=lambda fit: True,
            same=lambda a, b: True,
            before=Restarts(),
        )


def test_a_lucky_find_is_told_with_what_it_means() -> None:
    def starts(heights: list[float | None], moved: float = 0.3) -> Starts:
        restarts = make(heights, Effort.exactly(len(heights)))
        return restarts.summary(lambda a, b: ALIKE if a is b else Compared(0.5, moved))

    lucky = starts([-1.0, -1.2, -1.2])
    assert [optimum.times for optimum in lucky.optima] == [1, 2]
    assert lucky.caution(100.0) == (
        "Only 1 of 3 starts found the best optimum. The next best one, found by 2, has a "
        "log-likelihood that is less by 20, and 30% of the rows in other clusters."
    )
    assert starts([-1.0, -1.2, -1.2], moved=0.001).caution(100.0) is None  # the same clusters
    assert starts([-1.0, -2.0, -1.0]).caution(100.0) is None
    assert starts([-1.0, -2.0]).caution(100.0) is None
    assert starts([-1.0, None, None]).caution(100.0) is None


@given(
    first=st.lists(st.integers(0, 3), min_size=30, max_size=30),
    second=st.lists(st.integers(0, 2), min_size=30, max_size=30),
)
def test_adjusted_rand_is_that_of_the_literature_for_many_rows(
    first: list[int], second: list[int]
) -> None:
    table = np.zeros((4, 3))
    np.add.at(table, (first, second), 1.0)
    index = adjusted_rand(table)
    np.testing.assert_allclose(adjusted_rand(0.1 * table), index, atol=1e-12)
    np.testing.assert_allclose(adjusted_rand(table.T[::-1]), index, atol=1e-12)
    many = 200  # pairs with and without replacement differ by 1 / n
    literature = adjusted_rand_score(np.repeat(first, many), np.repeat(second, many))
    np.testing.assert_allclose(index, literature, atol=5e-3)


def test_agreement_does_not_depend_on_numbering() -> None:
    turned = SOUND.mixture.take(np.array([1, 0]))
    assert compared(SOUND.mixture, turned, SOURCE) == Compared(pytest.approx(1.0), 0.0)
    one = replace(turned, weights=np.array([1.0, 0.0]))
    assert compared(SOUND.mixture, one, SOURCE).agreement == pytest.approx(0.0)


def test_what_moved_is_what_the_likest_clusters_do_not_share() -> None:
    assert moved(np.diag([5.0, 3.0])[::-1]) == 0.0
    assert moved(np.array([[5.0, 1.0], [0.0, 4.0]])) == pytest.approx(0.1)
    assert moved(np.array([[4.0, 4.0]])) == pytest.approx(0.5)

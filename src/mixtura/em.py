"""The loop. Every algorithm of the package is this one, with other arguments.

repeat
expectation = sum over chunks of E(chunk | mixture)      (map, then reduce)
mixture = M(expectation)                                 (small, never sees rows)
until the stopping rule says so

On small tables a compiled loop makes rounds of it in which nothing else can happen
(`kernels.compiled_loop`).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice, pairwise
from typing import Any, Generic, Self, TypeAlias, TypeVar

import numpy as np

from mixtura.acceleration import PLAIN, Advance, Next, UpdateRule
from mixtura.assignments import Assignment, keeping, soft
from mixtura.errors import DegenerateError
from mixtura.families.family import Family, Parameters
from mixtura.families.noise import WithNoise
from mixtura.kernels.compiled_loop import CompiledIterations, CompiledLoop
from mixtura.kernels.estep_dispatch import fused_pass, fused_start
from mixtura.mixing_weights import FREE, Mixing
from mixtura.mixture import Expectation, Mixture
from mixtura.schedules import Part, Schedule, batch
from mixtura.sources.source import Chunk, Source
from mixtura.sources.summary import summarize
from mixtura.statistics import Statistics
from mixtura.stopping import DEFAULT_RULE, Outlook, Status, StoppingRule
from mixtura.typing import FloatArray

__all__ = [
    "NO_ITERATIONS",
    "Ahead",
    "Fit",
    "Gather",
    "Memory",
    "Observer",
    "Start",
    "State",
    "Swept",
    "begin",
    "e_step",
    "fit",
    "following",
    "gather",
    "resume",
    "sweep",
]

#: What `keep` is where no chain is wanted.
NO_ITERATIONS = range(0)

# Passes after an irregular one that the kernel is not asked for others.
_REST = 8
# Times that rows with missing cells are completed before the first E-step. Each leaves of the error
# of a mean the share of its column's cells that are missing.
_COMPLETIONS = 3
# Growth of a run's gains from one iteration to the next that says no more than a larger one.
_FASTEST = 1e3

P = TypeVar("P", bound=Parameters)
S = TypeVar("S", bound=Statistics)

#: Gives each row of a chunk its first responsibilities, (n, k).
Start: TypeAlias = Callable[[Chunk], FloatArray]

#: Makes what the first M-step needs.
Gather: TypeAlias = Callable[[Family[Any, Any], Source, Start], Expectation[Any]]

#: Told (iteration, objective in nats per row) after each E-step.
Observer: TypeAlias = Callable[[int, float], None]


@dataclass(frozen=True)
class Memory(Generic[S]):
    """What is known of the rows so far: a statistic per unit of weight, times the weight.

    Attributes
    ----------
    running : Expectation
        Of which the last parts of the rows have a share, each by its step.
    average : Expectation
        Of the running ones. It makes up for steps that are larger than they would have to be
        (Polyak and Juditsky 1992).
    """

    running: Expectation[S]
    average: Expectation[S]

    @classmethod
    def after(cls, before: Self | None, fresh: Expectation[S], part: Part) -> Self:
        """The memory with what an E-step knows of one more part of the rows."""
        weight = fresh.weight if part.weight is None else part.weight
        fresh = _weighing(fresh, weight)
        if before is None:
            return cls(fresh, fresh)
        running = _weighing(before.running, weight).blended(fresh, part.step)
        average = _weighing(before.average, weight).blended(running, part.averaging)
        return cls(running, average)


@dataclass(frozen=True)
class Swept(Generic[P, S]):
    """What one pass over the rows comes to.

    Attributes
    ----------
    mixture : Mixture
        The one that the last part of the rows was assigned under.
    memory : Memory
    objective : float
        Mean over the rows of what each one's was when it was assigned, in nats per unit of weight.
    expectation : Expectation
        Of the last part.
    """

    mixture: Mixture[P, S]
    memory: Memory[S]
    objective: float
    expectation: Expectation[S]


@dataclass(frozen=True)
class Ahead(Generic[P, S]):
    """The pass over the rows that a run makes next.

    Attributes
    ----------
    n_iter : int
        How many iterations it ends.
    mixture : Mixture
        The one that is to be judged.
    update_rule : UpdateRule
        What follows from that.
    memory : Memory or None
        What schedules with steps below 1 remember.
    """

    n_iter: int
    mixture: Mixture[P, S]
    update_rule: UpdateRule
    memory: Memory[S] | None = None


@dataclass(frozen=True)
class State(Generic[P, S]):
    """A mixture that a run passed, and its objective in nats per unit of weight."""

    mixture: Mixture[P, S]
    objective: float


@dataclass(frozen=True)
class Fit(Generic[P, S]):
    """The outcome of one run of the loop.

    Attributes
    ----------
    mixture : Mixture
        The best mixture seen, or the latest one.
    objective : float
        Its objective in nats per unit of weight.
    trace : tuple of float
        The objective before the first iteration and after each one, in nats per unit of weight;
        those of the fit that was continued, if any, come first. An accelerated iteration that
        failed and is taken back repeats the value before it.
    n_iter : int
        Number of iterations done, each one pass over the rows: (M, E) pairs of EM, and all
        accelerated steps, failed ones too.
    status : Status
        Why the loop stopped.
    ahead : Ahead or None
        Where it would go on; None if it ended.
    chain : tuple of State
        Those that were to be kept.
    before : tuple of Fit
        The runs of other kinds after which it began, each where the last one ended.
    expectation : Expectation or None
        Of all rows under the mixture, where it is known.
    """

    mixture: Mixture[P, S]
    objective: float
    trace: tuple[float, ...]
    n_iter: int
    status: Status
    ahead: Ahead[P, S] | None = None
    chain: tuple[State[P, S], ...] = ()
    before: tuple[Fit[P, S], ...] = ()
    expectation: Expectation[S] | None = None

    @classmethod
    def begun(
        cls, mixture: Mixture[P, S], update_rule: UpdateRule, trace: Sequence[float] = ()
    ) -> Self:
        """A run before its first pass over the rows; the trace is that of an earlier fit."""
        status = Status(converged=False, text="not yet begun", paused=True)
        return cls(mixture, -math.inf, tuple(trace), 0, status, Ahead(0, mixture, update_rule))

    def followed(self, update_rule: UpdateRule) -> Fit[P, S]:
        """A run of another kind that begins where this one ended."""
        return replace(Fit.begun(self.mixture, update_rule), before=(*self.before, self))

    def prospect(self, n_iter: int) -> float:
        """The objective after so many more iterations if its gains grow now, and go on to.

        They do so on the way out of a plateau. It is the present one if they do not.
        """
        gains = [after - at for at, after in pairwise(self.trace[-3:])]
        if not self.status.paused or len(gains) < 2 or not 0.0 < gains[0] < gains[1]:
            return self.objective
        before, last = gains
        growth = min(last / before, _FASTEST)
        return self.objective + last * sum(growth**i for i in range(1, n_iter + 1))

    @property
    def projected(self) -> float:
        """The objective at the limit, where that is thought to be known; else the present one."""
        known = self.remaining is not None and math.isfinite(self.remaining)
        return self.objective + (self.remaining or 0.0) if known else self.objective

    @property
    def remaining(self) -> float | None:
        """How far the limit was thought to be at the end, in nats per unit of weight, if known."""
        return self.status.outlook.remaining

    @property
    def rate(self) -> float | None:
        """Factor by which plain EM's gains shrink per iteration near the limit, if known."""
        return self.status.outlook.rate


def gather(family: Family[P, S], source: Source, start: Start) -> Expectation[S]:
    """What the first M-step needs, from responsibilities that no mixture gave."""
    return _gather(family, source, start, None)


def _gather(family: Family[P, S], source: Source, start: Start, params: P | None) -> Expectation[S]:
    """The same from given parameters.

    Rows with missing cells are completed from the parameters of k components; where there are none
    yet, each component is taken to be like all rows.
    """
    whole = None
    if params is None and source.gappy:
        summary = summarize(source)
        whole = family.of_columns(summary.center, summary.scales)

    def expect(chunk: Chunk) -> Expectation[S]:
        resp = start(chunk) * chunk.weight[:, None]
        before = params if whole is None else _repeated(whole, family, resp.shape[1])
        statistics = family.statistics(before, chunk.X, resp)
        return Expectation(float(chunk.weight.sum()), 0.0, resp.sum(axis=0), statistics)

    fused = fused_start(family, start) if params is None else None
    total = None if fused is None else fused(source)
    return source.map_reduce(expect) if total is None else total


def _repeated(whole: P, family: Family[P, S], k: int) -> P:
    """One component's parameters for each cluster of k components, of which one may be noise."""
    n_clusters = k - 1 if isinstance(family, WithNoise) else k
    return whole.take(np.zeros(n_clusters, dtype=np.intp))


def begin(
    family: Family[P, S],
    source: Source,
    start: Start,
    mixing: Mixing = FREE,
    gather: Gather = gather,
) -> Mixture[P, S]:
    """The first M-step; `gather` may know what some starts come to.

    Rows with missing cells are completed, and parameters estimated from them, some times in turn:
    that is EM with the responsibilities as they are given.
    """
    first = gather(family, source, start)
    params = family.maximize(first.statistics, None)
    for _ in range(_COMPLETIONS if source.gappy else 0):
        completed = _gather(family, source, start, params)
        params = family.maximize(completed.statistics, params)
    return Mixture(family, params, mixing.maximize(first.counts, None), mixing)


def e_step(
    mixture: Mixture[P, S],
    source: Source,
    assignment: Assignment = soft,
    seed: Sequence[int] = (0,),
) -> Expectation[S]:
    """Assign all rows of a source and gather their sufficient statistics.

    Random numbers are seeded by (seed, chunk index), so they do not depend on who computes
    a chunk, or when. Rows of a known component stay there.
    """
    fused = fused_pass(mixture, assignment)
    expectation = None if fused is None else fused(source)
    if expectation is not None:
        return expectation

    def expect(chunk: Chunk) -> Expectation[S]:
        draw = partial(np.random.default_rng, (*seed, chunk.index))
        assign = assignment if chunk.labels is None else keeping(chunk.labels, assignment)
        resp, objective = assign(mixture.log_joint(chunk.X), draw)
        return expectation_of(mixture, chunk.X, chunk.weight, resp, objective)

    return source.map_reduce(expect)


def expectation_of(
    mixture: Mixture[P, S],
    X: FloatArray,
    weight: FloatArray,
    resp: FloatArray,
    objective: FloatArray,
) -> Expectation[S]:
    """What an E-step gathers from rows (n, d) with such weights, responsibilities, objectives."""
    resp = resp * weight[:, None]
    return Expectation(
        float(weight.sum()),
        float(weight @ objective),
        resp.sum(axis=0),
        mixture.family.statistics(mixture.params, X, resp),
    )


def sweep(
    mixture: Mixture[P, S],
    memory: Memory[S] | None,
    parts: Iterable[Part],
    assignment: Assignment = soft,
    seed: Sequence[int] = (0,),
) -> Swept[P, S]:
    """One pass over the rows, part by part, with an M-step between each part and the next.

    What follows from the last part is left to the caller.

    Parameters
    ----------
    mixture : Mixture
    memory : Memory or None
        Of the rows before; None if there were none.
    parts : iterable of Part
        One at least.
    assignment : Assignment, default=soft
    seed : sequence of int, default=(0,)
        Fixes the random assignments.
    """
    objective = weight = 0.0
    last: tuple[Memory[S], Expectation[S]] | None = None
    for number, part in enumerate(parts):
        if last is not None:
            mixture = following(mixture, last[0].running)
        fresh = e_step(mixture, part.source, assignment, (*seed, number) if number else seed)
        memory = Memory.after(memory, fresh, part)
        objective, weight = objective + fresh.objective, weight + fresh.weight
        last = memory, fresh
    assert last is not None  # there is a part
    return Swept(mixture, last[0], (objective + mixture.log_prior) / weight, last[1])


def following(mixture: Mixture[P, S], expectation: Expectation[S]) -> Mixture[P, S]:
    """The M-step between two parts of the rows.

    A part can have too few rows for some component. The mixture then stays until the next part.
    """
    with suppress(DegenerateError):
        return mixture.maximize(expectation)
    return mixture


def fit(
    mixture: Mixture[P, S],
    source: Source,
    *,
    assignment: Assignment = soft,
    schedule: Schedule = batch,
    update_rule: UpdateRule = PLAIN,
    stopping: StoppingRule = DEFAULT_RULE,
    seed: Sequence[int] = (0,),
    history: Sequence[float] = (),
    observe: Observer | None = None,
    latest: bool = False,
    keep: range = NO_ITERATIONS,
) -> Fit[P, S]:
    """Run EM, or one of its kin, from a given mixture.

    Parameters
    ----------
    mixture : Mixture
        Where to start.
    source : Source
        The rows.
    assignment : Assignment, default=soft
        soft for EM, hard for classification EM, stochastic for stochastic EM, Tempered for one
        temperature of annealed EM.
    schedule : Schedule, default=batch
        Which rows each iteration sees and its step size.
    update_rule : UpdateRule, default=PLAIN
        How the next mixture follows from the E-step at the last one. Any other than plain EM is
        for soft assignment and the batch schedule.
    stopping : StoppingRule, default=DEFAULT_RULE
        Judges the objectives so far.
    seed : sequence of int, default=(0,)
        Fixes the random assignments.
    history : sequence of float, default=()
        Objectives of an earlier fit that ended at `mixture`, which this one continues. It is
        forgotten if the rows are others, so that the mixture's objective is another.
    observe : Observer, optional
        Told of each iteration.
    latest : bool, default=False
        Whether the latest mixture is wanted, and not the best.
    keep : range, default=NO_ITERATIONS
        Iterations that belong to the chain.

    Returns
    -------
    Fit
        The best mixture seen, or the latest, its objective at exactly those parameters, and why
        it stopped.
    """
    return resume(
        Fit.begun(mixture, update_rule, history),
        source,
        assignment=assignment,
        schedule=schedule,
        stopping=stopping,
        seed=seed,
        observe=observe,
        latest=latest,
        keep=keep,
    )


def resume(
    paused: Fit[P, S],
    source: Source,
    *,
    assignment: Assignment = soft,
    schedule: Schedule = batch,
    stopping: StoppingRule = DEFAULT_RULE,
    seed: Sequence[int] = (0,),
    observe: Observer | None = None,
    latest: bool = False,
    keep: range = NO_ITERATIONS,
) -> Fit[P, S]:
    """Go on with a run as if it had not been paused; all arguments are as in `fit`."""
    if paused.ahead is None:
        return paused
    mixture, update_rule, memory = (
        paused.ahead.mixture,
        paused.ahead.update_rule,
        paused.ahead.memory,
    )
    best, highest, trace = paused.mixture, paused.objective, list(paused.trace)
    expectation, n_iter, chain = paused.expectation, paused.ahead.n_iter, list(paused.chain)
    regular = schedule is batch and not keep
    compiled, ready = CompiledLoop.of(mixture, source, assignment) if regular else None, 0
    for rows in islice(schedule(source), n_iter, None):
        most = min(update_rule.n_certain, stopping.limit - n_iter + 1)
        at_once = fresh = None
        if compiled is not None and most > 1 and n_iter >= ready and (n_iter > 0 or not trace):
            at_once = compiled(mixture, trace, stopping.tol, most)
            ready = n_iter if at_once else n_iter + _REST
        if at_once is not None:
            round_ = _Round.of_several(at_once, update_rule)
        else:
            swept = sweep(mixture, memory, rows.parts, assignment, (*seed, n_iter + 1))
            mixture, memory, objective = swept.mixture, swept.memory, swept.objective
            fresh = swept.expectation
            if n_iter == 0 and trace and trace.pop() != objective:
                trace.clear()
            advance = update_rule(mixture, memory.average, objective)
            round_ = _Round.judged(mixture, objective, advance)
        trace += round_.objectives
        _tell(observe, n_iter, round_.objectives)
        n_iter += len(round_.objectives) - 1
        if rows.whole and (latest or round_.objective > highest):
            best, highest, expectation = round_.mixture, round_.objective, fresh
        if n_iter in keep:
            chain.append(State(round_.mixture, round_.objective))
        status = stopping(trace, n_iter, round_.outlook)
        if status is None or status.paused:
            try:
                mixture, update_rule = round_.next()
            except DegenerateError as collapse:
                text = f"stopped after {n_iter} iterations. {collapse}"
                status = Status(converged=False, text=text, collapsed=True)
        if status is not None:
            ahead = Ahead(n_iter + 1, mixture, update_rule, memory) if status.paused else None
            return Fit(
                best,
                highest,
                tuple(trace),
                n_iter,
                status,
                ahead,
                tuple(chain),
                paused.before,
                expectation,
            )
        n_iter += 1
    raise AssertionError("a schedule never ends")


@dataclass(frozen=True)
class _Round:
    """One pass of the loop, or several at once.

    Attributes
    ----------
    objectives : list of float
        For the trace.
    mixture, objective
        The last one that was judged.
    next : callable
    outlook : callable or None
        As in `Advance`.
    """

    objectives: list[float]
    mixture: Mixture[Any, Any]
    objective: float
    next: Callable[[], Next]
    outlook: Callable[[], Outlook] | None

    @classmethod
    def judged(cls, mixture: Mixture[Any, Any], objective: float, advance: Advance) -> Self:
        return cls([advance.objective], mixture, objective, advance.next, advance.outlook)

    @classmethod
    def of_several(cls, made: CompiledIterations, update_rule: UpdateRule) -> Self:
        left = made.objectives
        return cls(left, made.last, left[-1], lambda: (made.end, update_rule.after(left)), None)


def _tell(observe: Observer | None, n_iter: int, objectives: Sequence[float]) -> None:
    if observe is not None:
        for done, objective in enumerate(objectives, n_iter):
            observe(done, objective)


def _weighing(expectation: Expectation[S], weight: float) -> Expectation[S]:
    """The same per unit of weight, for rows of such a weight."""
    factor = weight / expectation.weight
    return expectation if factor == 1.0 else factor * expectation

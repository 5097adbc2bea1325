"""What `verbose` prints."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from time import perf_counter

from mixtura.em import Observer

__all__ = ["narrate"]


@contextmanager
def narrate(
    verbose: int, interval: int, n_done: int, number: int, stage: str
) -> Iterator[Observer | None]:
    """Tell on stdout of one start: at 1 its end, at 2 also every `interval`-th iteration."""
    if not verbose:
        yield None
        return
    began_with = f"Start {number + 1}" if n_done == 0 else f"On from iteration {n_done}"
    print(f"{began_with}, {stage}" if stage else began_with)
    began = perf_counter()
    last: list[tuple[int, float]] = []

    def observe(n_iter: int, objective: float) -> None:
        if verbose > 1 and n_iter % interval == 0:
            gain = f", gain {objective - last[-1][1]:.3g}" if last else ""
            print(f"  iteration {n_iter}: {objective:.10g} nats per row{gain}")
        last[:] = [(n_iter, objective)]

    yield observe
    n_iter, objective = last[-1]
    seconds = perf_counter() - began
    print(f"  ended after {n_iter} iterations at {objective:.10g} nats per row, {seconds:.2f} s")

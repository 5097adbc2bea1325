"""Work shared by threads: order and errors are those of a plain loop."""

from __future__ import annotations

import time

import pytest

from mixtura.sources.threads import in_order


@pytest.mark.parametrize("n_threads", [1, 2, 7])
def test_results_come_in_the_order_of_the_items(n_threads: int) -> None:
    def slow_at_first(item: int) -> int:
        time.sleep(0.002 if item < 3 else 0.0)
        return item * item

    assert list(in_order(slow_at_first, range(40), n_threads)) == [i * i for i in range(40)]
    assert list(in_order(slow_at_first, [], n_threads)) == []


@pytest.mark.parametrize("n_threads", [1, 2, 7])
def test_an_error_is_raised_in_its_turn_and_ends_the_work(n_threads: int) -> None:
    done: list[int] = []

    def fail_at_five(item: int) -> int:
        if item == 5:
            raise ZeroDivisionError
        done.append(item)
        return item

    results = in_order(fail_at_five, range(10_000), n_threads)
    assert [next(results) for _ in range(5)] == [0, 1, 2, 3, 4]
    with pytest.raises(ZeroDivisionError):
        next(results)
    assert len(done) < 10_000


def test_whoever_stops_asking_ends_the_work() -> None:
    results = in_order(lambda item: item, range(1_000_000), 3)
    assert next(results) == 0
    results.close()

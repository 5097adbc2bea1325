"""Laws of the payload."""

import base64
import json
from typing import Any

import numpy as np
import pytest
from report_examples import example, fit, mixture, responsibilities, rows

from mixtura.report import TableSummary, build_payload, payload


def part(made: dict[str, object], name: str) -> Any:
    return made[name]


def decoded(made: dict[str, object], name: str, dtype: str, width: int) -> Any:
    raw = base64.b64decode(part(made, "points")[name])
    return np.frombuffer(raw, dtype).reshape(-1, width)


def table(columns: list[str], n: int) -> TableSummary:
    return TableSummary(title="t", columns=columns, row_numbers=np.arange(1, n + 1), rows_total=n)


def restored(made: dict[str, object], d: int) -> Any:
    points = part(made, "points")
    share = decoded(made, "values", "<u2", d) / 65535.0
    return np.array(points["minimum"]) * (1 - share) + np.array(points["maximum"]) * share


@pytest.mark.parametrize(
    ("scale", "shift"), [(1.0, 0.0), (1e-9, 0.0), (1.0, 1.7e9), (1e300, 0.0), (2e307, 0.0)]
)
def test_values_come_back_within_a_step_of_the_quantisation(scale: float, shift: float) -> None:
    model = mixture(3, 4)
    X = scale * (rows(model, 200) - 5.0) + shift

    def shares(block: Any) -> Any:
        return responsibilities(model)((block - shift) / scale + 5.0)

    made = build_payload(X, shares, table=table(list("abcd"), 200), model=model, fit=fit())
    steps = (X.max(axis=0) / 65535 - X.min(axis=0) / 65535) + 1e-15 * np.abs(X).max(axis=0)
    assert np.all(np.abs(restored(made, 4) - X) <= steps)


def test_a_constant_column_comes_back_exactly() -> None:
    model = mixture(2, 2)
    X = np.column_stack([np.full(9, 7.25), np.arange(9.0)])
    made = build_payload(
        X, responsibilities(model), table=table(["a", "b"], 9), model=model, fit=fit()
    )
    assert np.all(restored(made, 2)[:, 0] == 7.25)


@pytest.mark.parametrize("block_cells", [1, 50, 1 << 20])
def test_counts_cover_every_row_whatever_the_block_size(
    block_cells: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = example(n=101)
    monkeypatch.setattr(payload, "BLOCK_CELLS", block_cells)
    made = example(n=101)
    assert sum(part(made, "model")["sizes"]) == 101
    assert sum(part(made, "uncertainty")["counts"]) == 101
    assert part(made, "uncertainty")["mean"] == pytest.approx(part(whole, "uncertainty")["mean"])
    assert part(made, "uncertainty")["counts"] == part(whole, "uncertainty")["counts"]


def test_noise_has_a_column_and_rows_but_is_no_cluster() -> None:
    made = example(n=101, noise=0.1)
    model = part(made, "model")
    assert model["n_components"] == len(model["weights"]) == len(model["sizes"]) == 3
    assert model["noise"] == {"weight": 0.1, "density": 1e-3}
    assert model["noise_rows"] >= 5
    assert sum(model["sizes"]) + model["noise_rows"] == 101
    assert decoded(made, "responsibilities", "u1", 4).shape == (101, 4)
    plain = part(example(n=101), "model")
    assert (plain["noise"], plain["noise_rows"]) == (None, 0)


def test_uncertainty_matches_its_definition() -> None:
    model = mixture(3, 4)
    largest = responsibilities(model)(rows(model, 342)).max(axis=1)
    told = part(example(), "uncertainty")
    assert told["sure"] == pytest.approx(np.mean(largest > 0.95))
    assert told["mean"] == pytest.approx(np.mean(1 - largest))
    assert told["edges"][0] == 0.0
    assert told["edges"][-1] == pytest.approx(2 / 3)
    assert len(told["edges"]) == len(told["counts"]) + 1 == 21


def test_responsibilities_are_rounded_to_255ths() -> None:
    model = mixture(3, 4)
    exact = responsibilities(model)(rows(model, 342))
    stored = decoded(example(), "responsibilities", "u1", 3) / 255.0
    assert np.all(np.abs(stored - exact) <= 0.5 / 255 + 1e-12)


def test_a_large_table_is_sampled_the_same_way_every_time() -> None:
    one, same, other = (example(n=500, max_points=100, seed=seed) for seed in (1, 1, 2))
    assert one == same
    assert part(one, "points")["rows"] != part(other, "points")["rows"]
    assert part(one, "data")["rows_drawn"] == part(one, "points")["n"] == 100
    numbers = decoded(one, "rows", "<u4", 1)[:, 0]
    assert np.all(np.diff(numbers.astype(int)) > 0)
    assert sum(part(one, "model")["sizes"]) == 500


def test_at_most_twenty_thousand_rows_are_drawn() -> None:
    assert part(example(n=20_001, d=1, k=1), "points")["n"] == 20_000


def test_the_drawn_values_are_those_of_the_named_rows() -> None:
    made = example(n=500, max_points=100)
    X = rows(mixture(3, 4), 500)
    numbers = decoded(made, "rows", "<u4", 1)[:, 0]
    assert np.allclose(restored(made, 4), X[numbers - 2], atol=1e-3)


def test_the_payload_is_strict_json() -> None:
    trace = [float("-inf"), float("nan"), -3.0]
    made = example(fit=fit(trace))
    assert part(made, "fit")["trace"] == [None, None, -3.0]
    text = json.dumps(made, allow_nan=False)
    assert json.loads(text) == made


def test_starts_standings_and_flags_are_told() -> None:
    made = example(model=mixture(3, 4, collapsed=(1,), spurious=(0, 2)))
    assert part(made, "model")["collapsed"] == [1]
    assert part(made, "model")["spurious"] == [0, 2]
    told = part(made, "fit")
    assert (told["remaining"], told["rate"], told["weight"]) == (1e-6, 0.5, 342.0)
    assert told["starts"]["optima"][1] == {"objective": -2510.0, "times": 1, "agreement": 0.6}
    standings = [candidate["standing"] for candidate in part(made, "search")["candidates"]]
    assert standings[:4] == ["left behind", "finished", "finished", "failed"]


def test_weights_are_told_by_their_total() -> None:
    made = example(n=4, weight=np.array([1.0, 2.0, 0.5, 0.0]))
    assert part(made, "data")["total_weight"] == 3.5
    assert part(example(n=4), "data")["total_weight"] == 4.0


@pytest.mark.parametrize(
    "columns", [["one"], ["one", "two", "three", "four", "five"]], ids=["too few", "too many"]
)
def test_shapes_that_do_not_fit_are_refused(columns: list[str]) -> None:
    with pytest.raises(ValueError, match="columns: expected"):
        example(columns=columns)


def test_an_empty_table_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one row"):
        example(n=0)

"""Laws of the payload."""

import base64
import json
from typing import Any

import numpy as np
import pytest
from report_examples import (
    categories,
    counts,
    example,
    fit,
    mixture,
    responsibilities,
    rows,
    summary,
)

from mixtura.families.description import Bell, Mass, Shares
from mixtura.report import TableSummary, build_payload, payload, render
from mixtura.report.marginals import of_levels, separation


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


def test_bells_are_told_with_how_they_spread() -> None:
    told = part(example(d=2, k=3), "model")
    assert told["marginals"][1] == {
        "kind": "bell",
        "mean": [1.0, 2.5, 4.0],
        "deviation": [1.0, 1.0, 1.0],
    }
    assert np.shape(told["spreads"]) == (3, 2, 2)


def test_masses_are_told_with_their_values_and_no_spreads() -> None:
    model = counts(2, 3)
    told = part(example(model=model, d=3, k=2), "model")
    mass, given = told["marginals"][2], model.marginal(2)
    assert isinstance(given, Mass)
    assert (mass["kind"], mass["mean"], mass["values"][-1]) == ("mass", [2.0, 10.0], 39.0)
    assert np.allclose(mass["probabilities"], given.probabilities, rtol=1e-5)
    assert told["spreads"] is None


def test_shares_are_told_with_their_levels_and_rows_come_back_as_them() -> None:
    model = categories(2, 3)
    made = example(model=model, d=3, k=2, n=50)
    shares = part(made, "model")["marginals"][0]
    assert (shares["kind"], shares["levels"]) == ("shares", ["a", "b", "c"])
    assert np.allclose(np.sum(shares["probabilities"], axis=1), 1.0)
    assert np.array_equal(np.rint(restored(made, 3)), rows(model, 50, 3))


def test_of_very_many_levels_the_commonest_are_told_and_the_others_as_one() -> None:
    levels = [f"level {c}" for c in range(30)]
    model = categories(2, 1, levels)
    made = example(model=model, d=1, k=2, n=200, columns=["column"])
    shares = part(made, "model")["marginals"][0]
    assert len(shares["levels"]) == 12
    assert shares["levels"][:2] == ["level 0", "level 1"]  # those that the clusters prefer
    assert shares["levels"][-1] == "(19 other levels)"
    assert np.allclose(np.sum(shares["probabilities"], axis=1), 1.0)
    given = rows(model, 200, 1)[:, 0]
    kept = [levels.index(level) for level in shares["levels"][:-1]]
    places = [kept.index(int(code)) if code in kept else 11 for code in given]
    assert np.array_equal(np.rint(restored(made, 1)[:, 0]), places)


def test_as_many_levels_as_there_is_room_for_are_left_as_they_are() -> None:
    shares = Shares(("a", "b", "c"), np.array([[0.2, 0.3, 0.5]]))
    assert of_levels(shares, np.ones(1), 3) == (shares, None)


def test_columns_are_ranked_by_how_well_they_separate_the_clusters() -> None:
    one = np.ones(3)
    middling = Bell(np.array([0.0, 1.0, 2.0]), one)
    marginals = [Bell(one, one), middling, Bell(9.0 * one * [0, 1, 2], one), Bell(one, one)]
    told = part(example(model=summary(marginals), d=4, k=3), "model")
    assert told["ranking"] == [2, 1, 0, 3]


def test_separation_is_variance_between_clusters_over_that_within() -> None:
    weights = np.array([1.0, 3.0])
    bell = Bell(np.array([0.0, 4.0]), np.array([1.0, 3.0]))
    assert separation(bell, weights) == pytest.approx(3.0 / 7.0)
    mass = Mass(bell.mean, bell.deviation, np.arange(2.0), np.full((2, 2), 0.5))
    assert separation(mass, weights) == separation(bell, weights)
    coin = Shares(("0", "1"), np.array([[0.8, 0.2], [0.4, 0.6]]))  # 0.03 between, 0.22 within
    assert separation(coin, weights) == pytest.approx(0.03 / 0.22)


@pytest.mark.parametrize(
    ("marginal", "expected"),
    [
        (Bell(np.array([1.0, 1.0]), np.zeros(2)), 0.0),
        (Bell(np.array([1.0, 2.0]), np.zeros(2)), np.inf),
        (Shares(("0", "1"), np.array([[1.0, 0.0], [1.0, 0.0]])), 0.0),
        (Shares(("0", "1"), np.array([[1.0, 0.0], [0.0, 1.0]])), np.inf),
    ],
)
def test_separation_without_variance_within(marginal: Bell | Shares, expected: float) -> None:
    assert separation(marginal, np.zeros(2)) == expected


def test_spreads_are_asked_of_the_drawn_columns_alone() -> None:
    asked = []

    def spreads(places: Any) -> Any:
        asked.append(list(places))
        return np.broadcast_to(np.eye(len(places)), (2, len(places), len(places)))

    marginals = [Bell(np.array([0.0, c]), np.ones(2)) for c in range(100)]
    made = example(model=summary(marginals, spreads=spreads), d=100, k=2, n=30)
    assert asked == [list(range(99, 39, -1))]
    assert part(made, "data")["columns"][0] == "column_99"
    assert "60 of the 100 columns" in part(made, "notes")[-1]
    assert part(made, "model")["ranking"] == list(range(60))


@pytest.mark.parametrize("k", [1, 30, 1200])
@pytest.mark.parametrize("kind", ["bell", "mass", "shares"])
def test_a_page_of_very_much_stays_below_two_megabytes(kind: str, k: int) -> None:
    names, letter = [f"column {c}" for c in range(70)], "\N{PENGUIN}"
    many = {
        "bell": lambda: mixture(k, 70),
        "mass": lambda: summary([_wide_mass(k)] * 70),
        "shares": lambda: categories(k, 70, [f"{c} {80 * letter}" for c in range(40)]),
    }
    model = many[kind]()
    X = np.zeros((3000, 70))

    def shares(block: Any) -> Any:
        return np.full((len(block), k), 1.0 / k)

    made = build_payload(X, shares, table=table(names, 3000), model=model, fit=fit())
    assert len(render(made)) < 2_000_000


def _wide_mass(k: int) -> Mass:
    mean = np.linspace(100.0, 200.0, k)
    return Mass(mean, np.sqrt(mean), np.arange(400.0), np.full((k, 400), 0.123456789e-12))

"""Laws of the payload."""

import base64
import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from report_examples import (
    candidate,
    categories,
    counts,
    example,
    fit,
    mixture,
    responsibilities,
    rows,
    starts,
    summary,
)

from mixtura.families.description import Bell, Mass, Shares
from mixtura.report import (
    Candidate,
    Limit,
    SearchSummary,
    TableSummary,
    build_payload,
    payload,
    render,
)
from mixtura.report.excerpt import CANDIDATES, CLUSTERS, COLUMNS, OPTIMA, SPREADS, TRACE
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
    share = decoded(made, "values", "<u2", d) / 65534.0
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
    steps = (X.max(axis=0) / 65534 - X.min(axis=0) / 65534) + 1e-15 * np.abs(X).max(axis=0)
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
    assert told["starts"]["optima"][1] == {
        "objective": -2510.0,
        "times": 1,
        "agreement": 0.6,
        "moved": 0.4,
        "ways": ["splits"],
    }
    standings = [candidate["standing"] for candidate in part(made, "search")["candidates"]]
    assert standings[:4] == ["left behind", "finished", "finished", "failed"]


def searched(*made: Candidate, best: int = 0, **more: Any) -> SearchSummary:
    return SearchSummary(criterion="bic", best=best, candidates=made, **more)


@pytest.mark.parametrize(
    ("told", "limit"),
    [
        (searched(candidate(1, "a", 9.0), candidate(2, "a", 5.0), best=1), None),
        (
            searched(candidate(2, "a", 9.0), candidate(3, "a", 5.0), best=1, at_limit=True),
            Limit("bic", 3),
        ),
        (
            searched(candidate(3, "b", 9.0), candidate(2, "a", 5.0), best=1, at_limit=True),
            Limit("bic", 2, "a"),
        ),
        (
            searched(
                candidate(2, "a", 9.0),
                candidate(3, "a", 5.0),
                replace(candidate(4, "a", None), standing="left out"),
                probabilities=[(2, 0.01), (3, 0.99)],
            ),
            Limit("bic", 3),
        ),
        (
            searched(
                candidate(3, "a", 5.0),
                replace(candidate(4, "b", 1.0), standing="spurious"),
                probabilities=[(2, 0.01), (3, 0.99)],
            ),
            None,
        ),
        (searched(candidate(3, "a", 5.0), probabilities=[(3, 1.0)]), None),
    ],
    ids=["in between", "limit", "of one structure", "another criterion", "tried in vain", "alone"],
)
def test_where_the_best_has_as_many_as_were_tried(told: SearchSummary, limit: Limit | None) -> None:
    assert told.limit == limit
    made = part(example(search=told), "search")["limit"]
    assert made == (None if limit is None else vars(limit))


def test_what_could_not_be_chosen_is_not_compared_and_goes_first() -> None:
    outs = ("collapsed", "spurious", "left out", "failed")
    made = [
        replace(candidate(9, s, -1e6), standing=s) for s in outs for _ in range(CANDIDATES // 4)
    ]
    made += [candidate(2, "full", 100.0 - k) for k in range(CANDIDATES // 2)]
    told = searched(*made, best=0)
    assert [told.candidates[0], *made[CANDIDATES:]] == told.compared
    assert told.standings["spurious"] == told.standings["left out"] == CANDIDATES // 4
    kept = part(example(search=told), "search")
    standings = [each["standing"] for each in kept["candidates"]]
    assert kept["candidates"][kept["best"]]["standing"] == "collapsed"
    assert (len(standings), standings.count("finished")) == (CANDIDATES, CANDIDATES // 2)


def test_weights_are_told_by_their_total() -> None:
    made = example(n=4, weight=np.array([1.0, 2.0, 0.5, 0.0]))
    assert part(made, "data")["total_weight"] == 3.5
    assert part(example(n=4), "data")["total_weight"] == 4.0


def test_a_row_counts_as_often_as_its_weight_says() -> None:
    model, times = mixture(3, 2), np.arange(40) % 4
    X = rows(model, 40, 2)

    def made(X: Any, times: Any, **more: Any) -> dict[str, object]:
        names = replace(table(["a", "b"], len(X)), row_numbers=np.arange(len(X)) + 1)
        return build_payload(
            X, responsibilities(model), table=names, model=model, fit=fit(), **more
        )

    weighted = made(X, times, weight=times.astype(float))
    repeated = made(np.repeat(X, times, axis=0), times)
    assert part(weighted, "model")["sizes"] == part(repeated, "model")["sizes"]
    for key, value in part(repeated, "uncertainty").items():
        np.testing.assert_allclose(part(weighted, "uncertainty")[key], value, atol=1e-12)
    drawn = decoded(weighted, "rows", "<u4", 1)[:, 0]
    assert drawn.tolist() == np.repeat(np.arange(40) + 1, times).tolist()
    few = made(X, times, weight=times.astype(float), max_points=10)
    assert part(few, "points")["n"] == 10
    shares = made(X, times, weight=times / times.sum())
    drawn = decoded(shares, "rows", "<u4", 1)[:, 0]
    assert np.bincount(drawn - 1, minlength=40)[times == 0].sum() == 0


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


def page_size(made: dict[str, object]) -> int:
    return len(render(made).encode())


@pytest.mark.parametrize(
    ("n", "d", "k"), [(3, 10_000, 1), (60, 500, 4), (20_000, 60, 9), (2000, 2, 300), (9, 1, 400)]
)
def test_a_page_is_small_whatever_it_is_about(n: int, d: int, k: int) -> None:
    made = example(n=n, d=d, k=k)
    told, points = part(made, "model"), part(made, "points")
    drawn, clusters = len(part(made, "data")["columns"]), len(told["weights"])
    assert drawn == len(points["minimum"]) <= min(d, COLUMNS)
    assert clusters == min(k, CLUSTERS)
    assert np.shape(told["spreads"]) == (clusters, drawn, drawn)
    assert np.size(told["spreads"]) <= SPREADS
    columns = clusters + (k > clusters)
    assert decoded(made, "responsibilities", "u1", columns).shape == (points["n"], columns)
    assert page_size(made) < 1_300_000


def test_lists_of_any_length_and_texts_of_any_length_are_cut() -> None:
    made_of_all = {
        "fit": replace(
            fit([float(i) for i in range(10 * TRACE)]),
            starts=starts([(-float(i), 1, 0.5) for i in range(3 * OPTIMA)]),
            status="\u4e00" * 100_000,
        ),
        "search": SearchSummary(
            criterion="bic",
            best=5,
            candidates=[candidate(k, "full", 1e6 - k if k < 900 else None) for k in range(1000)],
        ),
        "table": TableSummary(
            title="\u4e00" * 100_000,
            columns=["\u4e00" * 100_000] * 60,
            row_numbers=np.arange(20_000),
            rows_total=20_000,
            left_out_columns=[("\u4e00" * 100_000, "\u4e00" * 100_000)] * 200,
        ),
        "notes": ["\u4e00" * 100_000] * 200,
    }
    made = example(n=20_000, d=60, k=4, **made_of_all)
    assert page_size(made) < 2_000_000
    told = part(made, "fit")
    assert len(told["trace"]) == len(told["trace_at"]) == TRACE
    assert (told["trace_at"][0], told["trace_at"][-1]) == (0, 10 * TRACE - 1)
    assert [told["trace"][i] for i in (0, 7, -1)] == [told["trace_at"][i] for i in (0, 7, -1)]
    search = part(made, "search")
    chosen = search["candidates"][search["best"]]
    assert (len(search["candidates"]), chosen["n_components"]) == (CANDIDATES, 5)
    assert {c["n_components"] for c in search["candidates"]} == {5, *range(601, 900)}
    for words in ("of 1,000 candidates", "of 1,500 optima", "of 200 columns left out"):
        assert any(words in note for note in part(made, "notes")), words


def test_the_columns_drawn_separate_the_clusters_best() -> None:
    d, k = COLUMNS + 40, 3
    variance = np.ones(d)
    variance[[70, 5, 90]] = [1e-4, 1e-3, 1e-2]
    variance[20:30] = 100.0
    middles = 1.5 * np.arange(k)
    marginals = [Bell(middles + c, np.full(k, np.sqrt(variance[c]))) for c in range(d)]
    made = example(n=50, d=d, k=k, model=summary(marginals))
    drawn = part(made, "data")["columns"]
    assert drawn[:4] == ["column_70", "column_5", "column_90", "column_0"]
    assert not {f"column_{c}" for c in range(20, 30)} & set(drawn)
    first, second = part(made, "model")["marginals"][:2]
    assert first["deviation"] == pytest.approx([1e-2] * k)
    assert (first["mean"][1], second["mean"][1]) == (71.5, 6.5)
    X = rows(summary(marginals), 50, d)
    assert np.allclose(restored(made, COLUMNS)[:, 0], X[:, 70], atol=1e-3)
    assert any(
        f"{COLUMNS} of the {d} columns" in note and "separate the clusters best" in note
        for note in part(made, "notes")
    )
    alone = part(example(n=9, d=d, k=1), "data")["columns"]
    assert alone == [f"column_{c}" for c in range(COLUMNS)]


def test_clusters_that_are_not_drawn_are_told_together() -> None:
    k = CLUSTERS + 50
    model = mixture(k, 2, noise=0.1, collapsed=[3, CLUSTERS], spurious=[CLUSTERS + 1])
    X = rows(model, 500, 2)
    names = table(["a", "b"], 500)
    made = build_payload(X, responsibilities(model), table=names, model=model, fit=fit())
    told = part(made, "model")
    assert (told["n_components"], len(told["sizes"])) == (k, CLUSTERS)
    assert (told["collapsed"], told["spurious"]) == ([3], [])
    others = told["others"]
    assert others["weight"] == pytest.approx(model.weights[CLUSTERS:].sum())
    assert sum(told["sizes"]) + others["rows"] + told["noise_rows"] == 500
    shares = decoded(made, "responsibilities", "u1", CLUSTERS + 2) / 255.0
    exact = responsibilities(model)(X)
    assert np.allclose(shares[:, CLUSTERS], exact[:, CLUSTERS:k].sum(axis=1), atol=0.5 / 255)
    assert np.allclose(shares[:, -1], exact[:, k], atol=0.5 / 255)
    assert any("other 50" in note for note in part(made, "notes"))


def test_an_ordinary_report_leaves_nothing_out() -> None:
    made = example(noise=0.1)
    assert part(made, "notes") == ["2 rows with missing cells were left out."]
    assert part(made, "model")["others"] is None
    assert part(made, "fit")["trace_at"] is None
    assert part(made, "data")["columns"] == [f"column_{c}" for c in range(4)]


def test_what_cannot_be_seen_is_shown_as_an_escape() -> None:
    nasty = "\x1b[31m\x00\u202e\x9b\n\ud800"
    shown = r"\x1b[31m\x00\u202e\x9b\n\ud800"
    made = example(
        d=1,
        columns=[nasty],
        title=nasty,
        notes=[nasty],
        fit=replace(fit(), status=nasty),
        model=mixture(3, 1, prior=nasty, held=nasty),
    )
    assert part(made, "data")["columns"] == [shown]
    assert (made["title"], part(made, "notes")) == (shown, [shown])
    assert part(made, "fit")["status"] == shown
    assert (part(made, "model")["prior"], part(made, "model")["held"]) == (shown, shown)
    text = render(made)
    assert f"<title>{shown}</title>" in text
    assert not set("\x1b\x00\x9b\u202e\ud800") & set(text)
    kept = "Ärzte \u200d \u0637\u0648\u0644 \U0001f427"
    assert part(example(d=1, columns=[kept]), "data")["columns"] == [kept]

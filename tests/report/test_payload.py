"""Laws of the payload."""

import base64
import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from report_examples import candidate, example, fit, mixture, responsibilities, rows, starts

from mixtura.report import SearchSummary, TableSummary, build_payload, payload, render
from mixtura.report.excerpt import CANDIDATES, CLUSTERS, COLUMNS, COVARIANCES, OPTIMA, TRACE


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


def page_size(made: dict[str, object]) -> int:
    return len(render(made).encode())


@pytest.mark.parametrize(
    ("n", "d", "k"), [(3, 10_000, 1), (60, 500, 4), (20_000, 60, 9), (2000, 2, 300), (9, 1, 400)]
)
def test_a_page_is_small_whatever_it_is_about(n: int, d: int, k: int) -> None:
    made = example(n=n, d=d, k=k, diagonal=d > 1000)
    told, points = part(made, "model"), part(made, "points")
    drawn, clusters = len(part(made, "data")["columns"]), len(told["weights"])
    assert drawn == len(points["minimum"]) <= min(d, COLUMNS)
    assert clusters == min(k, CLUSTERS)
    assert np.shape(told["covariances"]) == (clusters, drawn, drawn)
    assert np.size(told["covariances"]) <= COVARIANCES
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
    model = mixture(k, d)
    spread = np.ones(d)
    spread[[70, 5, 90]] = [1e-4, 1e-3, 1e-2]
    spread[20:30] = 100.0
    dense = spread[:, None] * np.eye(d)
    X = rows(model, 50)
    names = [f"x{c}" for c in range(d)]
    for covariances in (np.stack([dense] * k), np.stack([spread] * k)):
        made = build_payload(
            X,
            responsibilities(model),
            table=table(names, 50),
            model=replace(model, covariances=covariances),
            fit=fit(),
        )
        drawn = part(made, "data")["columns"]
        assert drawn[:4] == ["x70", "x5", "x90", "x0"]
        assert not {f"x{c}" for c in range(20, 30)} & set(drawn)
        assert part(made, "model")["covariances"][2][0][:2] == [1e-4, 0.0]
        assert part(made, "model")["means"][1][:2] == [71.5, 6.5]
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
    X = rows(model, 500)
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

"""Laws of the report of a table with missing cells."""

import base64
import json
import re
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

import mixtura as mx
from mixtura.cli.features import Features
from mixtura.cli.page import report_page
from mixtura.cli.table import Table
from mixtura.estimators.saving import to_model
from mixtura.kernels.estep_dispatch import scorer
from mixtura.report import ModelSummary, TableSummary, build_payload, render
from mixtura.report.gaps import Gaps
from mixtura.report.payload import MISSING, STEPS


def payload(X: Any, model: ModelSummary, **more: Any) -> dict[str, Any]:
    """What a page tells of these rows."""
    n, d = X.shape
    names = [f"column_{c}" for c in range(d)]
    arguments: dict[str, Any] = {
        "responsibilities": responsibilities(model),
        "table": TableSummary(
            title="t", columns=names, row_numbers=np.arange(1, n + 1), rows_total=n
        ),
        "fit": fit(),
    }
    return build_payload(X, model=model, **(arguments | more))


def codes(made: dict[str, Any]) -> Any:
    d = len(made["points"]["minimum"])
    return np.frombuffer(base64.b64decode(made["points"]["values"]), "<u2").reshape(-1, d)


def restored(made: dict[str, Any]) -> Any:
    found, points = codes(made), made["points"]
    share = np.where(found == MISSING, np.nan, found / STEPS)
    return np.array(points["minimum"]) * (1 - share) + np.array(points["maximum"]) * share


def with_gaps(X: Any, share: float = 0.3, seed: int = 0) -> Any:
    """A copy that misses about such a share of its cells."""
    return np.where(np.random.default_rng(seed).random(X.shape) < share, np.nan, X)


def test_missing_cells_come_back_as_missing_and_all_others_as_they_are() -> None:
    model = mixture(3, 4)
    X = with_gaps(rows(model, 200))
    made = payload(X, model)
    steps = (np.nanmax(X, axis=0) - np.nanmin(X, axis=0)) / STEPS
    found = restored(made)
    assert np.array_equal(np.isnan(found), np.isnan(X))
    assert np.nanmax(np.abs(found - X) / steps) <= 0.51
    assert made["points"]["minimum"] == np.nanmin(X, axis=0).tolist()
    assert made["points"]["maximum"] == np.nanmax(X, axis=0).tolist()


def test_the_largest_value_is_not_taken_for_a_missing_cell() -> None:
    model = mixture(2, 1)
    made = payload(rows(model, 50, 1), model)
    assert codes(made).max() == STEPS < MISSING
    assert made["missing"] is None


def test_a_gap_changes_nothing_of_other_rows() -> None:
    model = mixture(3, 2)
    X = rows(model, 40, 2)
    gappy = X.copy()
    inside = [i for i in range(40) if i not in {*X.argmin(axis=0), *X.argmax(axis=0)}]
    gappy[inside[0], 1] = np.nan
    assert np.array_equal(
        np.delete(codes(payload(X, model)), inside[0], axis=0),
        np.delete(codes(payload(gappy, model)), inside[0], axis=0),
    )


def test_levels_keep_their_places_beside_missing_ones() -> None:
    levels = [f"level {c}" for c in range(30)]
    model = categories(2, 2, levels)
    X = rows(model, 200, 2)
    gappy = with_gaps(X)
    there = ~np.isnan(gappy)
    whole, made = np.rint(restored(payload(X, model))), np.rint(restored(payload(gappy, model)))
    assert np.array_equal(made[there], whole[there])
    assert np.isnan(made[~there]).all()


@pytest.mark.parametrize("model", [mixture(2, 3), counts(2, 3), categories(2, 3)])
def test_a_column_without_any_cell_is_told_with_its_clusters(model: ModelSummary) -> None:
    X = rows(model, 30, 3)
    X[:, 1] = np.nan
    made = payload(X, model)
    assert np.all(codes(made)[:, 1] == MISSING)
    least, most = made["points"]["minimum"][1], made["points"]["maximum"][1]
    assert least < most
    if model.family == "poisson":
        assert (least, most) == (2, 10)
    assert made["missing"]["cells"] == [0, 30, 0]
    assert render(made)


def test_gaps_of_two_blocks_are_those_of_both_together() -> None:
    rng = np.random.default_rng(0)
    X, uncertain, weight = with_gaps(rng.normal(size=(50, 3))), rng.random(50), rng.random(50)
    both = Gaps.of(X, uncertain, weight)
    sums = sum(
        (Gaps.of(X[part], uncertain[part], weight[part]) for part in (slice(20), slice(20, None))),
        start=Gaps.none(3),
    )
    columns = np.arange(3)
    told, added = both.document(columns), sums.document(columns)
    assert told is not None
    assert added is not None
    assert np.array_equal(told.pop("cells"), added.pop("cells"))
    assert told == pytest.approx(added, rel=1e-12)


def test_a_weight_counts_as_often_as_it_says_in_the_uncertainty_of_rows_with_gaps() -> None:
    model, times = mixture(3, 2), np.arange(60) % 4
    X = with_gaps(rows(model, 60, 2))
    weighted = payload(X, model, weight=times.astype(float))["missing"]
    repeated = payload(np.repeat(X, times, axis=0), model)["missing"]
    for name in ("uncertainty", "uncertainty_complete", "empty_weight"):
        assert weighted[name] == pytest.approx(repeated[name], rel=1e-12)
    assert weighted["rows"] == np.isnan(X).any(axis=1).sum()


def test_rows_with_gaps_are_told_as_the_record_of_their_fit_tells_them() -> None:
    model = mixture(2, 4, apart=2.5)
    X = with_gaps(rows(model, 150), 0.1)
    X[7] = np.nan
    fitted = to_model(mx.GaussianMixture(2, random_state=0).fit(X))
    assert fitted.record is not None
    record = fitted.record.missing
    assert record is not None
    made = payload(X, model, responsibilities=scorer(fitted.mixture).responsibilities)["missing"]
    assert tuple(made["cells"]) == record.cells
    assert made["cells_in_all"] == record.n_cells
    assert (made["rows"], made["empty"]) == (record.n_rows, record.n_empty)
    assert made["uncertainty"] == pytest.approx(record.uncertainty, rel=1e-9)
    assert made["uncertainty_complete"] == pytest.approx(record.uncertainty_complete, rel=1e-9)
    assert made["uncertainty"] > made["uncertainty_complete"]


def test_without_complete_rows_they_have_no_uncertainty() -> None:
    model = mixture(2, 2)
    X = rows(model, 20, 2)
    X[:, 0] = np.nan
    told = payload(X, model)["missing"]
    assert told["uncertainty_complete"] is None
    assert 0.0 < told["uncertainty"] < 0.5
    of_no_weight = payload(X[:2], model, weight=np.array([0.0, 1.0]))["missing"]
    assert (of_no_weight["rows"], of_no_weight["empty"]) == (2, 0)


def test_of_many_columns_all_gaps_are_counted() -> None:
    names = [f"column_{c}" for c in range(70)]
    made = example(n=50, d=70, columns=names, missing=0.2)
    told: Any = made["missing"]
    assert len(told["cells"]) == 60
    assert told["cells_in_all"] > sum(told["cells"])
    assert told["columns"] == 70


def test_a_table_without_gaps_tells_of_none() -> None:
    assert example()["missing"] is None
    told: Any = example(missing=0.1)["missing"]
    assert told["rows"] > 0


def test_marginals_of_several_kinds_may_all_have_gaps() -> None:
    parts = [mixture(2, 1), counts(2, 1), categories(2, 1)]
    model = summary([part.marginal(0) for part in parts])
    X = with_gaps(rows(model, 90, 3))
    made = payload(X, model)
    assert np.array_equal(np.isnan(restored(made)), np.isnan(X))
    assert made["missing"]["cells"] == np.isnan(X).sum(axis=0).tolist()


def test_the_page_of_a_model_of_complete_rows_tells_of_the_gaps_of_another_table() -> None:
    model = mixture(2, 3, apart=2.5)
    fitted = to_model(mx.GaussianMixture(2, random_state=0).fit(rows(model, 100, 3)))
    X = with_gaps(rows(model, 60, 3, seed=1), 0.2)
    page = report_page(fitted, Table("t.csv", "csv", (), X), Features(fitted.schema, X))
    found = re.search(r'id="payload">(.*?)</script>', page, re.S)
    assert found is not None
    told = json.loads(found[1])["missing"]
    assert told["cells"] == np.isnan(X).sum(axis=0).tolist()
    assert told["rows"] == np.isnan(X).any(axis=1).sum()

"""`report`: the page of a fitted mixture, for notebooks and as a file."""

from __future__ import annotations

import html
import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest
from click.testing import CliRunner
from sklearn.exceptions import NotFittedError

import mixtura as mx
from mixtura.cli.program import program
from mixtura.errors import DataError

MEASURED = ["bill_length_mm", "bill_depth_mm", "flipper_length_mm", "body_mass_g"]


@pytest.fixture(scope="module")
def penguins(examples: Path) -> pd.DataFrame:
    return pd.read_csv(examples / "penguins.csv").drop(columns="year")


def payload(page: object) -> dict[str, Any]:
    found = re.search(r'id="payload">(.*?)</script>', str(page), re.S)
    assert found is not None
    return dict(json.loads(found[1]))


def without_names(page: object) -> dict[str, Any]:
    """All of a page but the title, and the numbers of rows, which files count from 1."""
    told = payload(page)
    del told["title"], told["points"]["rows"]
    return told


def by_command(folder: Path, estimator: Any, table: pd.DataFrame) -> str:
    """The page that the command line makes of an estimator and a table."""
    mx.save(estimator, folder / "model.json")
    table.to_csv(folder / "table.csv", index=False)
    arguments = ["report", folder / "model.json", folder / "table.csv", "-o", folder / "page.html"]
    result = CliRunner().invoke(program, list(map(str, arguments)), prog_name="mixtura")
    assert result.exit_code == 0, result.output
    return (folder / "page.html").read_text("utf-8")


@pytest.mark.parametrize("noise", [False, True])
def test_it_is_the_page_of_the_command_line(
    penguins: pd.DataFrame, tmp_path: Path, noise: bool
) -> None:
    X = penguins[MEASURED]
    gm = mx.GaussianMixture(3, noise=noise, random_state=0).fit(X)
    assert without_names(gm.report(X)) == without_names(by_command(tmp_path, gm, X))


def test_it_is_the_page_of_the_command_line_for_levels_too(
    penguins: pd.DataFrame, tmp_path: Path
) -> None:
    gm = mx.MixedMixture(3, random_state=0).fit(penguins)
    ours, theirs = (
        without_names(gm.report(penguins)),
        without_names(by_command(tmp_path, gm, penguins)),
    )
    assert ours == theirs


def test_a_search_tells_its_candidates(penguins: pd.DataFrame) -> None:
    X = penguins[MEASURED]
    grid = {"n_components": [1, 2, 3, 4], "covariance_type": ["EEE", "VVI"]}
    search = mx.MixtureSearch(mx.GaussianMixture(n_init=1), grid, random_state=0).fit(X)
    told = payload(search.report(X))["search"]
    assert told["best"] == search.best_index_
    bic = [candidate["criteria"]["bic"] for candidate in told["candidates"]]
    np.testing.assert_allclose(bic, search.results_["bic"])
    assert payload(search.best_estimator_.report(X))["search"] is None


def test_rows_have_the_names_of_an_index(penguins: pd.DataFrame) -> None:
    X = penguins[MEASURED]
    gm = mx.GaussianMixture(2, random_state=0).fit(X)
    named = X.set_index("bird " + X.index.astype(str))
    assert payload(gm.report(named))["points"]["names"][:2] == ["bird 0", "bird 1"]
    assert payload(gm.report(X))["points"]["names"] is None
    dropped = X.dropna()  # rows are not called as they are counted
    assert payload(gm.report(dropped))["points"]["names"][3] == "4"


def test_tables_of_other_packages_have_the_same_page(penguins: pd.DataFrame) -> None:
    X = penguins[MEASURED]
    gm = mx.GaussianMixture(2, random_state=0).fit(X)
    assert str(gm.report(pl.from_pandas(X))) == str(gm.report(X))


def test_weights_count(examples: Path) -> None:
    table = pd.read_csv(examples / "thai_children.csv")
    X, weight = table[["illnesses"]], table["children"]
    gm = mx.PoissonMixture(2, random_state=0).fit(X, sample_weight=weight)
    told = payload(gm.report(X, sample_weight=weight))
    assert told["data"]["total_weight"] == weight.sum()
    assert told["model"]["sizes"] == [
        weight[gm.predict(X) == component].sum() for component in (0, 1)
    ]


def test_of_a_stream_nothing_final_is_told(penguins: pd.DataFrame) -> None:
    X = penguins[MEASURED].dropna()
    gm = mx.GaussianMixture(2, random_state=0).partial_fit(X[:200]).partial_fit(X[200:])
    assert payload(gm.report(X))["fit"]["status"] == "it is not known how the model was fitted"


def test_its_title_is_text(penguins: pd.DataFrame) -> None:
    X = penguins[MEASURED]
    page = str(mx.GaussianMixture(random_state=0).fit(X).report(X, title="<b>birds</b> & co"))
    assert "<title>&lt;b&gt;birds&lt;/b&gt; &amp; co</title>" in page
    assert "<b>birds" not in page


def test_a_notebook_shows_the_page_in_a_frame(penguins: pd.DataFrame) -> None:
    X = penguins[MEASURED]
    report = mx.GaussianMixture(2, random_state=0).fit(X).report(X)
    frame = re.fullmatch(r'<iframe (.*?) srcdoc="([^"]*)"></iframe>', report._repr_html_(), re.S)
    assert frame is not None
    assert html.unescape(frame[2]) == str(report) == report.page
    assert 'sandbox="allow-scripts allow-downloads"' in frame[1]
    assert len(repr(report)) < 100


def test_it_is_saved_complete_or_not_at_all(penguins: pd.DataFrame, tmp_path: Path) -> None:
    X = penguins[MEASURED]
    report = mx.GaussianMixture(2, random_state=0).fit(X).report(X)
    (tmp_path / "page.html").write_text("old")
    report.save(tmp_path / "page.html")
    assert (tmp_path / "page.html").read_text("utf-8") == str(report)
    assert [path.name for path in tmp_path.iterdir()] == ["page.html"]
    with pytest.raises(FileNotFoundError, match="nowhere"):
        report.save(str(tmp_path / "nowhere" / "page.html"))


def test_what_cannot_be_reported(penguins: pd.DataFrame, examples: Path) -> None:
    X = penguins[MEASURED]
    for estimator in (mx.GaussianMixture(), mx.MixtureSearch(), mx.MixedMixture()):
        with pytest.raises(NotFittedError):
            estimator.report(X)
    gm = mx.GaussianMixture(2, random_state=0).fit(X)
    with pytest.raises(DataError, match="report shows the rows of a table: give it X"):
        gm.report(None)
    with pytest.raises(DataError, match="report is for tables in memory"):
        gm.report(str(examples / "penguins.csv"))
    with pytest.raises(ValueError, match="feature names"):
        gm.report(penguins[MEASURED[:3]])
    with pytest.raises(DataError, match="one weight per row"):
        gm.report(X, sample_weight=[1.0])

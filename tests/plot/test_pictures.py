"""What pictures show, of every family; and that they change nothing but the axes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
import pandas as pd
import polars as pl
import pytest
from matplotlib import pyplot
from matplotlib.collections import PathCollection
from scipy.integrate import trapezoid
from sklearn.exceptions import NotFittedError
from sklearn.mixture import GaussianMixture as SklearnMixture

import mixtura as mx
from mixtura.errors import DataError, MixturaError
from mixtura.families.description import Shares
from mixtura.plot.view import Fitted, Rows
from mixtura.report.palette import COLORS
from records import FAMILIES, FamilyRecord

# One structure stands for all 14.
RECORDS = [
    record
    for record in FAMILIES
    if not record.noise and (not record.name.startswith("gaussian-") or "VVV" in record.name)
]
MEASURED = ["bill_length_mm", "bill_depth_mm", "flipper_length_mm", "body_mass_g"]

OF_ROWS = (mx.plot.clusters, mx.plot.density, mx.plot.uncertainty)
OF_MODELS = (mx.plot.profiles, mx.plot.starts, mx.plot.trace)


@pytest.fixture(scope="module")
def penguins(examples: Path) -> pd.DataFrame:
    return pd.read_csv(examples / "penguins.csv").drop(columns="year")


@pytest.fixture(scope="module")
def three(penguins: pd.DataFrame) -> mx.GaussianMixture:
    return mx.GaussianMixture(3, random_state=0).fit(penguins[MEASURED])


def fitted(record: FamilyRecord) -> mx.FamilyMixture:
    estimator = mx.FamilyMixture(record.family, 2, random_state=0, n_init=1, max_iter=3)
    with pytest.warns() as _:  # three iterations are few
        return estimator.fit(record.X)


def points_of(ax: Any) -> list[PathCollection]:
    """Rows as points, those at the edges left out."""
    return [
        each
        for each in ax.collections
        if isinstance(each, PathCollection) and each.get_offset_transform() == ax.transData
    ]


def ellipses_of(ax: Any) -> list[Any]:
    return [line for line in ax.lines if str(line.get_gid()).endswith("sigma")]


# ---------------------------------------------------------------------------------------------
# Every family


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: record.name)
def test_pictures_of_every_family(record: FamilyRecord) -> None:
    gm = fitted(record)
    before, (_, ax) = dict(matplotlib.rcParams), pyplot.subplots()
    rows = Rows.seen_by(gm, record.X, None, "clusters")
    columns = rows.first_columns()

    assert mx.plot.clusters(gm, record.X, ax=ax) is ax
    names = [rows.label(c) for c in columns]
    assert [ax.get_xlabel(), ax.get_ylabel()][: len(columns)] == names
    if len(columns) == 2:
        shown = np.concatenate([each.get_offsets() for each in points_of(ax)])
        assert len(shown) == len(record.X)
        centers = np.array([text.xy for text in ax.texts])
        means = np.stack([rows.marginal(c).mean for c in columns], axis=1)
        np.testing.assert_allclose(centers, means)
        low, high = np.array([ax.get_xlim(), ax.get_ylim()]).T
        assert ((shown >= low) & (shown <= high)).all()
    elif rows.has_levels(columns[0]):
        heights = [[bar.get_height() for bar in bars] for bars in ax.containers]
        np.testing.assert_allclose(heights, rows.marginal(columns[0]).probabilities)
    ax.figure.canvas.draw()

    assert mx.plot.profiles(gm, ax=pyplot.subplots()[1]).get_yticklabels()
    assert mx.plot.trace(gm, ax=pyplot.subplots()[1]).lines
    assert mx.plot.uncertainty(gm, record.X, ax=pyplot.subplots()[1]).get_title(loc="right")
    assert dict(matplotlib.rcParams) == before
    assert len(pyplot.get_fignums()) == 4


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: record.name)
def test_densities_of_every_family(record: FamilyRecord) -> None:
    gm = fitted(record)
    whole = Fitted.of(gm, "density")
    given = record.name.startswith(("multinomial", "von_mises_fisher"))
    levels = all(isinstance(whole.marginal(c), Shares) for c in range(len(whole.names)))
    if given or levels:
        with pytest.raises(DataError, match="no density"):
            mx.plot.density(gm, record.X)
        return
    ax = mx.plot.density(gm, record.X)
    hills = next(line for line in ax.lines if line.get_marker() == "^")
    told = ax.get_title(loc="right")
    assert told.startswith(f"{len(hills.get_xdata())} hill")
    assert ax.texts[0].get_text() == "1"  # the highest comes first


@pytest.mark.parametrize("draw", [*OF_ROWS, *OF_MODELS])
def test_new_axes_are_on_a_figure_of_their_own(
    draw: Any, three: mx.GaussianMixture, penguins: pd.DataFrame
) -> None:
    arguments = (three, penguins[MEASURED]) if draw in OF_ROWS else (three,)
    first, second = draw(*arguments), draw(*arguments)
    assert first.figure is not second.figure
    assert len(pyplot.get_fignums()) == 2


@pytest.mark.parametrize("draw", [*OF_ROWS, *OF_MODELS])
def test_text_is_large_enough(draw: Any, three: mx.GaussianMixture, penguins: pd.DataFrame) -> None:
    ax = draw(three, penguins[MEASURED]) if draw in OF_ROWS else draw(three)
    texts = [text for text in ax.findobj(matplotlib.text.Text) if text.get_text()]
    assert texts
    assert min(text.get_fontsize() for text in texts) >= 8.0


# ---------------------------------------------------------------------------------------------
# Clusters


def test_ellipses_stand_one_and_two_and_a_half_deviations_about_the_means(
    three: mx.GaussianMixture, penguins: pd.DataFrame
) -> None:
    ax = mx.plot.clusters(three, penguins[MEASURED], columns=["body_mass_g", "bill_depth_mm"])
    ellipses = ellipses_of(ax)
    assert len(ellipses) == 6
    for place, line in enumerate(ellipses):
        component, radius = place // 2, (1.0, 2.5)[place % 2]
        apart = np.transpose(line.get_data()) - three.means_[component, [3, 1]]
        inverse = np.linalg.inv(three.covariances_[component][np.ix_([3, 1], [3, 1])])
        lengths = np.sqrt(np.einsum("ia,ab,ib->i", apart, inverse, apart))
        np.testing.assert_allclose(lengths, radius)
        assert line.get_color() == COLORS[component]


def test_the_best_pair_is_that_of_the_report(
    three: mx.GaussianMixture, penguins: pd.DataFrame
) -> None:
    ax = mx.plot.clusters(three, penguins[MEASURED])
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("bill_length_mm", "bill_depth_mm")


def test_rows_with_gaps_stand_at_the_edge(
    three: mx.GaussianMixture, penguins: pd.DataFrame
) -> None:
    X = penguins[MEASURED].to_numpy().copy()
    X[0, 0] = X[1, 1] = X[2, 1] = np.nan
    gm = mx.GaussianMixture(3, random_state=0).fit(X)
    ax = mx.plot.clusters(gm, X, columns=[0, 1])
    assert ax.get_title(loc="right") == (
        "3 rows at the edge: one value missing; 2 not drawn: both missing"
    )
    shown = np.concatenate([each.get_offsets() for each in points_of(ax)])
    assert len(shown) == len(X) - 5
    edge = [c for c in ax.collections if c not in points_of(ax) and isinstance(c, PathCollection)]
    assert sorted(len(each.get_offsets()) for each in edge) == [1, 2]


def test_colors_are_those_of_responsibilities(
    three: mx.GaussianMixture, penguins: pd.DataFrame
) -> None:
    X = penguins[MEASURED].dropna()
    (points,) = points_of(mx.plot.clusters(three, X))
    sure = three.predict_proba(X).max(axis=1) > 1.0 - 1e-9
    expected = np.array([matplotlib.colors.to_rgb(COLORS[j]) for j in three.predict(X)])
    order = np.random.default_rng(0).permutation(len(X))
    drawn = points.get_facecolors()[:, :3]
    assert sure.sum() > 100
    np.testing.assert_allclose(drawn[sure[order]], expected[order][sure[order]], atol=5e-3)


def test_noise_is_gray_and_marked_x(examples: Path) -> None:
    geysers = pd.read_csv(examples / "faithful.csv").to_numpy()
    strewn = np.random.default_rng(0).uniform([1, 30], [6, 110], (60, 2))
    X = np.concatenate([geysers, strewn])
    gm = mx.GaussianMixture(2, noise=True, random_state=0).fit(X)
    ax = mx.plot.clusters(gm, X)
    assert [len(each.get_offsets()) for each in points_of(ax)] == [
        int((gm.predict(X) >= 0).sum()),
        int((gm.predict(X) < 0).sum()),
    ]
    told = [text.get_text() for text in ax.get_legend().get_texts()]
    assert told[-1].startswith("noise")
    assert len(ellipses_of(ax)) == 4
    one = mx.GaussianMixture(1, noise=True, random_state=0).fit(X[:, :1])
    assert len(mx.plot.clusters(one, X[:, :1]).lines) == 3  # the noise, and the sum


def test_points_are_as_large_as_their_weights(examples: Path) -> None:
    X = pd.read_csv(examples / "faithful.csv")
    weight = np.where(np.arange(len(X)) % 2, 4.0, 1.0)
    weight[:10] = 0.0
    gm = mx.GaussianMixture(2, random_state=0).fit(X, sample_weight=weight)
    (points,) = points_of(mx.plot.clusters(gm, X, sample_weight=weight))
    sizes = points.get_sizes()
    assert len(sizes) == len(X) - 10
    assert np.isclose(sizes.max() / sizes.min(), 4.0)


def test_bars_count_rows_and_curves_fill_the_same_area(examples: Path) -> None:
    X = pd.read_csv(examples / "faithful.csv")
    gm = mx.GaussianMixture(2, random_state=0).fit(X)
    ax = mx.plot.clusters(gm, X, columns="waiting")
    bars = ax.containers[0]
    assert sum(bar.get_height() for bar in bars) == len(X)
    area = len(X) * bars[0].get_width()
    *components, total = ax.lines
    parts = [trapezoid(line.get_ydata(), line.get_xdata()) for line in components]
    np.testing.assert_allclose(parts, area * gm.weights_, rtol=0.02)
    np.testing.assert_allclose(
        total.get_ydata(), sum(np.asarray(line.get_ydata()) for line in components)
    )


def test_masses_of_counts_are_those_of_the_model(examples: Path) -> None:
    table = pd.read_csv(examples / "thai_children.csv")
    X, weight = table[["illnesses"]], table["children"]
    gm = mx.PoissonMixture(2, random_state=0).fit(X, sample_weight=weight)
    ax = mx.plot.clusters(gm, X, sample_weight=weight)
    total = ax.lines[-1]
    counts = pd.DataFrame({"illnesses": total.get_xdata()})
    expected = weight.sum() * np.exp(gm.score_samples(counts))
    np.testing.assert_allclose(total.get_ydata(), expected, rtol=1e-6)
    assert ax.get_ylabel() == "weight of the rows"


def test_columns_of_levels(penguins: pd.DataFrame) -> None:
    gm = mx.MixedMixture(3, random_state=0).fit(penguins)
    ax = mx.plot.clusters(gm, penguins, columns="island")
    assert [text.get_text() for text in ax.get_xticklabels()] == ["Biscoe", "Dream", "Torgersen"]
    ax = mx.plot.clusters(gm, penguins, columns=["species", "body_mass_g"])
    assert [text.get_text() for text in ax.get_xticklabels()] == ["Adelie", "Chinstrap", "Gentoo"]
    (points,) = points_of(ax)
    assert len(points.get_offsets()) == 342
    assert (np.abs(points.get_offsets()[:, 0] - points.get_offsets()[:, 0].round()) < 0.3).all()
    assert ax.get_ylabel() == "body_mass_g"
    ax.figure.canvas.draw()


def test_components_beyond_the_hues_have_marks_of_their_own() -> None:
    X = np.repeat(100.0 * np.arange(12.0), 20)[:, None] + np.random.default_rng(0).normal(
        size=(240, 2)
    )
    gm = mx.GaussianMixture(12, random_state=0).fit(X)
    ax = mx.plot.clusters(gm, X)
    assert [len(each.get_offsets()) for each in points_of(ax)] == [180, 60]
    assert len(ax.get_legend().get_texts()) == 12


def test_of_many_rows_a_sample_is_drawn_and_told() -> None:
    X = np.random.default_rng(0).normal(size=(30_000, 2))
    gm = mx.GaussianMixture(random_state=0).fit(X)
    ax = mx.plot.clusters(gm, X)
    assert ax.get_title(loc="right") == "20,000 of 30,000 rows drawn"
    again = mx.plot.clusters(gm, X)
    drawn, same = (np.asarray(points_of(each)[0].get_offsets()) for each in (ax, again))
    assert len(drawn) == 20_000
    assert np.array_equal(drawn, same)


def test_names_are_shown_as_they_are() -> None:
    X = pd.DataFrame(np.random.default_rng(0).normal(size=(40, 2)), columns=["$x_1", "_\x1b[0m"])
    ax = mx.plot.clusters(mx.GaussianMixture(random_state=0).fit(X), X)
    assert (ax.get_xlabel(), ax.get_ylabel()) == (r"\$x_1", r"_\x1b[0m")
    ax.figure.canvas.draw()


def test_tables_of_other_packages(three: mx.GaussianMixture, penguins: pd.DataFrame) -> None:
    given = penguins[MEASURED]
    drawn = [
        np.asarray(points_of(mx.plot.clusters(three, table))[0].get_offsets())
        for table in (given, pl.from_pandas(given))
    ]
    assert np.array_equal(*drawn)


# ---------------------------------------------------------------------------------------------
# The others


def test_uncertain_rows_are_larger(three: mx.GaussianMixture, penguins: pd.DataFrame) -> None:
    X = penguins[MEASURED].dropna()
    ax = mx.plot.uncertainty(three, X)
    doubt = 1.0 - three.predict_proba(X).max(axis=1)
    sure, uncertain = points_of(ax)
    assert len(uncertain.get_offsets()) == (doubt >= 0.05).sum() > 0
    sizes = uncertain.get_sizes()
    np.testing.assert_allclose(sizes / sizes[-1], np.sort(doubt[doubt >= 0.05]) / doubt.max())
    assert len(sure.get_offsets()) == (doubt < 0.05).sum()
    assert f"{(doubt >= 0.05).mean():.1%}" in ax.get_title(loc="right")


def test_uncertainty_as_a_curve(three: mx.GaussianMixture, penguins: pd.DataFrame) -> None:
    X = penguins[MEASURED].dropna()
    ax = mx.plot.uncertainty(three, X, columns=())
    doubt = np.sort(1.0 - three.predict_proba(X).max(axis=1))
    shares, heights = ax.lines[0].get_data()
    np.testing.assert_allclose(heights[1:], doubt, atol=1e-12)
    np.testing.assert_allclose(shares, np.arange(len(X) + 1) / len(X))


def test_profiles_of_latent_classes_are_probabilities(examples: Path) -> None:
    X = pd.read_csv(examples / "carcinoma.csv")
    gm = mx.CategoricalMixture(3, random_state=0).fit(X)
    ax = mx.plot.profiles(gm, columns=["A", "C"])
    assert [text.get_text() for text in ax.get_yticklabels()] == ["A", "C"]
    dots = [float(line.get_xdata()[0]) for line in ax.lines if line.get_marker() == "o"]
    expected = np.concatenate([gm.probabilities_[0][:, 1], gm.probabilities_[2][:, 1]])
    np.testing.assert_allclose(dots, expected)


def test_profiles_of_numbers_are_in_deviations_of_the_whole(
    three: mx.GaussianMixture, penguins: pd.DataFrame
) -> None:
    ax = mx.plot.profiles(three, columns="body_mass_g")
    mean = three.weights_ @ three.means_[:, 3]
    within = three.covariances_[:, 3, 3]
    deviation = np.sqrt(three.weights_ @ (within + (three.means_[:, 3] - mean) ** 2))
    dots = [float(line.get_xdata()[0]) for line in ax.lines if line.get_marker() == "o"]
    np.testing.assert_allclose(dots, (three.means_[:, 3] - mean) / deviation)
    bars = [np.ptp(line.get_xdata()) for line in ax.lines if line.get_linewidth() == 1.8]
    np.testing.assert_allclose(bars, 2.0 * np.sqrt(within) / deviation)
    assert ax.get_yticklabels()[0].get_text() == f"body_mass_g\n{mean:,.0f} ± {deviation:.3g}"


def test_profiles_of_the_mixed_kind_have_a_line_for_each_level(penguins: pd.DataFrame) -> None:
    gm = mx.MixedMixture(3, random_state=0).fit(penguins)
    ax = mx.plot.profiles(gm)
    told = [text.get_text().partition("\n")[0] for text in ax.get_yticklabels()]
    assert sorted(told) == sorted(
        [
            *MEASURED,
            *("species: Adelie", "species: Chinstrap", "species: Gentoo"),
            *("island: Biscoe", "island: Dream", "island: Torgersen"),
            "sex: male",
        ]
    )


def test_of_many_columns_those_that_separate_best_have_profiles() -> None:
    X = np.random.default_rng(0).normal(size=(200, 20))
    X[:100, 13] += 9.0
    gm = mx.GaussianMixture(2, covariance_type="diag", random_state=0).fit(X)
    ax = mx.plot.profiles(gm)
    assert len(ax.get_yticklabels()) == 12
    assert ax.get_yticklabels()[0].get_text().startswith("column 13\n")
    assert ax.get_title(loc="right") == "12 of 20 columns"


def test_starts_are_told_by_their_optima(examples: Path) -> None:
    X = pd.read_csv(examples / "faithful.csv")
    with pytest.warns(UserWarning, match="starts"):
        gm = mx.GaussianMixture(
            6, n_init=12, init_params="random", random_state=0, max_iter=60
        ).fit(X)
    ax = mx.plot.starts(gm)
    bars = [bar.get_width() for bar in ax.containers[0]]
    assert bars == [optimum.times for optimum in gm.starts_.optima[:12]]
    assert ax.get_xlabel() == f"starts that ended there, of {gm.starts_.n_made}"


def test_the_trace_has_all_stages(examples: Path) -> None:
    X = pd.read_csv(examples / "faithful.csv")
    gm = mx.GaussianMixture(3, algorithm=("hard", "em"), random_state=0).fit(X)
    ax = mx.plot.trace(gm)
    told = [text.get_text() for text in ax.get_legend().get_texts()]
    assert told == [stage.name for stage in gm.stages_]
    lines = [line for line in ax.lines if len(line.get_xdata()) > 2]
    np.testing.assert_allclose(lines[-1].get_ydata(), len(X) * np.array(gm.trace_))
    assert lines[-1].get_xdata()[-1] == sum(stage.n_iter for stage in gm.stages_)


@pytest.fixture(scope="module")
def search(examples: Path) -> mx.MixtureSearch[mx.GaussianMixture]:
    X = pd.read_csv(examples / "faithful.csv")
    grid = {"n_components": [1, 2, 3, 4], "covariance_type": ["EEE", "VVV", "VVI"]}
    return mx.MixtureSearch(mx.GaussianMixture(n_init=2), grid, random_state=0).fit(X)


def test_the_criterion_has_a_line_for_each_structure(
    search: mx.MixtureSearch[mx.GaussianMixture], examples: Path
) -> None:
    for name in ("bic", "icl"):
        ax = mx.plot.criterion(search, name)
        assert {text.get_text() for text in ax.texts} == {"EEE", "VVV", "VVI"}
        ring = next(line for line in ax.lines if line.get_markersize() == 12)
        place = search.best_index_
        assert ring.get_xdata()[0] == search.results_["n_components"][place]
        assert ring.get_ydata()[0] == search.results_[name][place]
        values = np.concatenate([c.get_offsets()[:, 1] for c in points_of(ax)])
        known = search.results_[name][np.isin(search.results_["standing"], ["finished"])]
        assert set(known) <= set(values)
        assert ax.get_ylabel() == f"{name.upper()} (lower is better)"
    X = pd.read_csv(examples / "faithful.csv")
    assert mx.plot.clusters(search, X).get_xlabel() == "eruptions"  # of the best


@pytest.mark.filterwarnings("ignore:10 of 60 rows have column 0")
def test_candidates_that_cannot_be_compared_are_counted() -> None:
    X = np.repeat([[0.0, 1.0], [5.0, 2.0], [9.0, 9.0]], 20, axis=0)
    X[::2] += np.random.default_rng(0).normal(size=(30, 2))
    with pytest.warns(mx.DataWarning, match="cannot be chosen"):
        search = mx.MixtureSearch(
            mx.GaussianMixture(n_init=2), {"n_components": [1, 2, 6]}, random_state=0
        ).fit(X)
    standings = search.results_["standing"].tolist()
    unsound = [each for each in standings if each in ("collapsed", "spurious")]
    told = mx.plot.criterion(search).get_title(loc="right")
    assert unsound
    assert all(f"{standings.count(each)} {each}" in told for each in unsound)


# ---------------------------------------------------------------------------------------------
# What cannot be drawn


@pytest.mark.parametrize("draw", [*OF_ROWS, *OF_MODELS])
def test_what_is_not_fitted_has_no_picture(draw: Any) -> None:
    for estimator in (mx.GaussianMixture(2), mx.MixtureSearch()):
        with pytest.raises(NotFittedError):
            draw(estimator, np.eye(3)) if draw in OF_ROWS else draw(estimator)
    with pytest.raises(NotFittedError):
        mx.plot.criterion(mx.MixtureSearch())


@pytest.mark.parametrize("draw", [*OF_ROWS, *OF_MODELS])
def test_what_is_no_mixture_is_refused(draw: Any) -> None:
    with pytest.raises(MixturaError, match="a fitted mixture estimator or MixtureSearch"):
        draw(3, np.eye(3)) if draw in OF_ROWS else draw(3)
    with pytest.raises(MixturaError, match="expected a MixtureSearch"):
        mx.plot.criterion(mx.GaussianMixture())


def test_columns_that_are_not_there_are_named(
    three: mx.GaussianMixture, penguins: pd.DataFrame
) -> None:
    X = penguins[MEASURED]
    for columns, told in (
        ("bill", r"no column 'bill'\. .*The mixture has bill_length_mm"),
        (4, "no column number 4"),
        (-1, "no column number -1"),
        ([0, 1, 2], "columns has 3 of them; expected 2 at most"),
        ([], "No columns are given"),
        ([0, None], "no column None"),
        ([0, 0], "given twice"),
    ):
        with pytest.raises(MixturaError, match=told):
            mx.plot.clusters(three, X, columns=columns)
    with pytest.raises(MixturaError, match="no column 'bill'"):
        mx.plot.profiles(three, columns="bill")


def test_tables_that_cannot_be_drawn(
    three: mx.GaussianMixture, penguins: pd.DataFrame, examples: Path
) -> None:
    with pytest.raises(DataError, match=r"plot\.clusters shows the rows of a table: give it X"):
        mx.plot.clusters(three, None)
    with pytest.raises(DataError, match=r"plot\.uncertainty is for tables in memory"):
        mx.plot.uncertainty(three, str(examples / "penguins.csv"))
    with pytest.raises(ValueError, match="feature"):
        mx.plot.clusters(three, penguins[MEASURED[:2]])
    with pytest.raises(DataError, match="sample_weight"):
        mx.plot.clusters(three, penguins[MEASURED], sample_weight=[1.0])


def test_axes_that_are_none(three: mx.GaussianMixture) -> None:
    _, several = pyplot.subplots(1, 2)
    with pytest.raises(MixturaError, match="ax is of the type ndarray"):
        mx.plot.profiles(three, ax=several)


def test_what_is_not_known_of_a_fit_is_told(three: mx.GaussianMixture) -> None:
    X = np.random.default_rng(0).normal(size=(40, 2))
    by_hand = mx.GaussianMixture.from_sklearn(SklearnMixture(2, random_state=0).fit(X))
    with pytest.raises(MixturaError, match="Nothing is known of starts"):
        mx.plot.starts(by_hand)
    with pytest.raises(MixturaError, match="Nothing is known of how the fit went"):
        mx.plot.trace(by_hand)
    assert mx.plot.profiles(by_hand).get_xlabel()


def test_a_criterion_that_no_candidate_has(
    search: mx.MixtureSearch[mx.GaussianMixture],
) -> None:
    with pytest.raises(MixturaError, match="name is 'cv'; this search has bic, "):
        mx.plot.criterion(search, "cv")


def test_without_matplotlib_it_is_said_how_to_get_it(
    three: mx.GaussianMixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "matplotlib", None)
    with pytest.raises(MixturaError, match=r"pip install 'mixtura\[plot\]'"):
        mx.plot.profiles(three)

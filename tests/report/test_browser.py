"""The page in a real browser: it draws, answers to mouse and keys, and asks nobody for anything."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import numpy as np
import pytest
from report_browser import Page, find_chromium
from report_examples import (
    candidate,
    categories,
    counts,
    curves,
    example,
    fit,
    mixture,
    responsibilities,
    search,
    starts,
    summary,
)

from mixtura.report import (
    BesideColumn,
    EntropySummary,
    FitSummary,
    HillsSummary,
    Merge,
    ModelSummary,
    SearchSummary,
    TableSummary,
    build_payload,
    render,
)

NASTY = [
    "</script><b>x",
    "",
    "طول المنقار",
    "a name much longer than any axis has room for it " * 2,
]

# The share of the canvas's pixels that carry any ink.
INK = """(() => {
  const canvas = document.querySelector("#map-plot canvas");
  const pixels = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
  return pixels.filter((_, i) => i % 4 === 3 && pixels[i] > 0).length / (pixels.length / 4);
})()"""
DRAWING = "document.querySelector('#map-plot canvas').toDataURL()"
ANNOUNCED = "document.getElementById('map-live').textContent"
# Whether anything that was drawn or written came out as no number; the scripts have the word.
NO_NUMBER = (
    "['header', 'main'].some(name => document.querySelector(name).innerHTML.includes('NaN'))"
)
OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    executable = find_chromium()
    if executable is None:
        pytest.skip("neither chromium nor google-chrome is installed")
    with Page(executable, tmp_path_factory.mktemp("profile")) as opened:
        yield opened


@pytest.fixture(autouse=True)
def as_new(page: Page) -> None:
    page.call("Page.navigate", url="about:blank")
    page.resize(1280)
    page.colour_scheme("light")


def show(page: Page, folder: Path, payload: dict[str, object]) -> None:
    file = folder / "report.html"
    file.write_text(render(payload), "utf-8")
    page.open(file)
    page.next_frame()
    assert page.evaluate("document.documentElement.dataset.drawn") == "yes"


def assert_quiet(page: Page) -> None:
    assert page.complaints() == []
    assert [address[:7] for address in page.requests()] == ["file://"]


def choose(page: Page, select: str, value: str) -> None:
    page.evaluate(
        f"""(() => {{
          const select = document.getElementById("{select}");
          select.value = "{value}";
          select.dispatchEvent(new Event("change", {{bubbles: true}}));
        }})()"""
    )
    page.next_frame()


def text(page: Page, selector: str) -> Any:
    return page.evaluate(f"document.querySelector('{selector}').textContent")


def test_the_page_draws_and_asks_for_nothing(page: Page, tmp_path: Path) -> None:
    show(page, tmp_path, example())
    assert text(page, "h1") == "3 overlapping clusters in 342 rows of penguins.csv"
    assert page.evaluate(INK) > 0.005
    charts = ("criterion", "probability", "uncertainty", "starts", "trace")
    for chart in (f"{name}-plot" for name in charts):
        assert page.evaluate(
            f"document.querySelectorAll('#{chart} svg :is(path, rect, circle)').length"
        )
        assert page.evaluate(f"document.getElementById('{chart}').ariaLabel.length") > 20
    assert page.evaluate("document.querySelectorAll('#components tbody tr').length") == 3
    assert page.evaluate("document.querySelectorAll('#criterion-table tbody tr').length") == 8
    assert_quiet(page)


@pytest.mark.parametrize(("d", "k"), [(1, 3), (2, 1), (4, 11)])
def test_noise_is_grey_and_named(page: Page, tmp_path: Path, d: int, k: int) -> None:
    show(page, tmp_path, example(d=d, k=k, noise=0.3))
    colour = "getComputedStyle(document.documentElement).getPropertyValue('--component-%d')"
    assert page.evaluate(colour % k) == "#8b877f"
    assert page.evaluate("document.querySelectorAll('#weights button').length") == k + 1
    assert page.evaluate("document.querySelectorAll('#components tbody tr').length") == k + 1
    assert text(page, "#components tbody tr:last-child th").strip() == "noise"
    assert "Noise" in text(page, "#map-panel")
    assert "in no cluster" in text(page, "#figures")
    assert page.evaluate("document.getElementById('map-caption-noise').hidden") is False
    assert page.evaluate("document.getElementById('uncertainty').hidden") is False
    page.colour_scheme("dark")
    page.next_frame()
    assert page.evaluate(colour % k) == "#8f8b83"
    page.evaluate("document.getElementById('map-plot').focus()")
    page.press("ArrowRight")
    assert page.evaluate(ANNOUNCED).endswith(".")
    page.resize(360)
    page.next_frame()
    assert page.evaluate(OVERFLOW) == 0
    assert page.evaluate(NO_NUMBER) is False
    assert_quiet(page)


@pytest.mark.parametrize("d", [1, 2])
def test_clusters_too_many_to_draw_are_grey_together(page: Page, tmp_path: Path, d: int) -> None:
    show(page, tmp_path, example(d=d, k=150, n=600, noise=0.1))
    heads = "[...document.querySelectorAll('#components tbody th')].map(th => th.innerText.trim())"
    assert page.evaluate(heads)[99:] == ["99", "other clusters", "noise"]
    assert page.evaluate("document.querySelectorAll('#weights button').length") == 102
    assert "150" in text(page, "h1")
    assert "the other 50 only shown together" in text(page, "#note-list")
    colour = "getComputedStyle(document.documentElement).getPropertyValue('--component-%d')"
    assert page.evaluate(colour % 100) == "#8b877f"
    assert page.evaluate("document.querySelectorAll('#map-plot .density-sum').length") == 0
    page.resize(360)
    page.next_frame()
    assert page.evaluate(OVERFLOW) == 0
    assert page.evaluate(NO_NUMBER) is False
    assert_quiet(page)


def test_of_many_columns_the_best_are_offered(page: Page, tmp_path: Path) -> None:
    show(page, tmp_path, example(d=500, k=4, n=60))
    assert page.evaluate("document.querySelectorAll('#map-across option').length") == 60
    assert "60 of the 500 columns" in text(page, "#note-list")
    assert page.evaluate("document.querySelectorAll('#components thead th').length") == 63
    assert_quiet(page)


def test_a_long_trace_keeps_its_iterations(page: Page, tmp_path: Path) -> None:
    show(page, tmp_path, example(fit=fit([-2500.0 - 1e4 / (i + 1) for i in range(30_000)])))
    assert "29,999 iterations" in text(page, "#trace-text")
    assert "20,000" in text(page, "#trace-plot") or "20000" in text(page, "#trace-plot")
    assert_quiet(page)


def test_doubtful_clusters_wear_their_flags(page: Page, tmp_path: Path) -> None:
    model = mixture(3, 4, collapsed=[1], spurious=[2], held="equal weights", prior="weak")
    show(page, tmp_path, example(model=model))
    rows = "[...document.querySelectorAll('#components tbody th')].map(th => th.innerText.trim())"
    assert page.evaluate(rows) == ["0", "1 collapsed", "2 spurious"]
    assert "variance floor" in text(page, "#components-flags")
    assert page.evaluate("document.querySelectorAll('#map-plot .doubtful').length") == 2
    figures = text(page, "#figures")
    assert "Heldequal weights" in figures
    assert "Priorconjugateweak" in figures
    assert_quiet(page)


# Least distance between the edges of any two of the clusters' numbers in the picture.
GAP = """(() => {
  const discs = [...document.querySelectorAll("#map-plot .centre")].map((disc) => (
    ["cx", "cy", "r"].map((name) => Number(disc.getAttribute(name)))));
  return Math.min(...discs.flatMap(([x, y, r], i) => (
    discs.slice(0, i).map(([u, v, s]) => Math.hypot(x - u, y - v) - r - s))));
})()"""


@pytest.mark.parametrize("d", [1, 2])
@pytest.mark.parametrize("width", [360, 1280])
def test_thirty_numbers_do_not_cover_each_other(
    page: Page, tmp_path: Path, d: int, width: int
) -> None:
    page.resize(width)
    show(page, tmp_path, example(model=mixture(30, d, apart=0.15), n=300, d=d, k=30))
    numbers = "document.querySelectorAll('#map-plot .centre').length"
    assert page.evaluate(numbers) == 30
    assert page.evaluate(GAP) >= 0
    assert_quiet(page)


def test_how_far_candidates_came_is_marked(page: Page, tmp_path: Path) -> None:
    made = [candidate(k, "full", bic) for k, bic in ((1, 5400.0), (2, 5100.0), (3, None))]
    made += [replace(candidate(2, "tied", 5200.0), standing="given up")]
    made += [replace(candidate(3, "tied", -9e9), standing="collapsed")]
    made += [replace(candidate(4, "tied", -9e9), standing="spurious")]
    made += [
        replace(candidate(k, "full", None), standing="left out", status="left out: no use")
        for k in range(5, 120)
    ]
    show(page, tmp_path, example(search=SearchSummary(criterion="bic", best=1, candidates=made)))
    count = "document.querySelectorAll('#criterion-plot .mark.%s').length"
    for standing in ("finished", "left-behind", "given-up", "collapsed", "spurious"):
        assert page.evaluate(count % standing) == 1, standing
    shapes = (
        "new Set([...document.querySelectorAll('#criterion-legend path')].map(p => p.outerHTML))"
    )
    assert page.evaluate(f"{shapes}.size") == 5
    legend = page.evaluate("document.querySelector('#criterion-legend').innerText")
    assert len(legend.splitlines()) == 7
    assert "115 left out, as more clusters led nowhere" in legend
    ticks = "document.querySelector('#criterion-plot').textContent"
    assert "5200" in page.evaluate(ticks)  # the collapsed one does not squeeze the others
    told = (
        "[...document.querySelectorAll('#criterion-table td:nth-child(3)')].map(td => td.innerText)"
    )
    page.evaluate("document.querySelector('details').open = true")
    assert page.evaluate(told) == [
        "chosen", "given up", "left behind", "collapsed", "spurious", "failed", "left out",
    ]  # fmt: skip
    folded = page.evaluate(
        "document.querySelector('#criterion-table tbody tr:last-child').innerText"
    )
    assert folded.split("\t") == ["5 to 119", "full", "left out", "no use"]
    assert "115" not in page.evaluate(ticks)  # nor does what was left out
    ends = "document.querySelector('#criterion-plot .end title').textContent"
    assert page.evaluate(ends) == "5 to 119 clusters left out: no use"
    assert page.evaluate("document.getElementById('probabilities').hidden")
    assert_quiet(page)


def test_a_single_candidate_and_a_single_optimum_make_no_picture(
    page: Page, tmp_path: Path
) -> None:
    alone = SearchSummary(criterion="bic", best=0, candidates=search(best=0).candidates[:1])
    ended = replace(fit(), starts=starts([(-2500.0, 3, 1.0)]))
    show(page, tmp_path, example(search=alone, fit=ended))
    for section in ("search", "starts"):
        assert page.evaluate(f"document.getElementById('{section}').hidden"), section
    assert "3 of 3 startsof 2 kinds: splits, k-means; no other found" in text(page, "#figures")
    assert_quiet(page)


def test_at_the_limit_no_number_is_probable(page: Page, tmp_path: Path) -> None:
    limited = replace(search(best=7), at_limit=True)
    show(page, tmp_path, example(search=limited))
    told = text(page, "#probabilities")
    assert "4 or more: 4 was the largest number tried" in told
    assert page.evaluate("document.querySelectorAll('#probabilities svg').length") == 0
    assert page.evaluate("document.getElementById('probability-likeliest').hidden")
    assert "%" not in page.evaluate("document.querySelector('#probabilities').innerText")
    assert "Probability" not in text(page, "#criterion-table thead")
    assert_fits_everywhere(page)


def test_optima_are_drawn_by_the_rows_that_change_sides(page: Page, tmp_path: Path) -> None:
    show(page, tmp_path, example())
    assert "rows in other clusters" in text(page, "#starts-plot")
    assert "40%" in text(page, "#starts-plot")
    assert "40% of the rows in other clusters" in text(page, "#starts-text")
    cells = "[...document.querySelectorAll('#starts-table tbody tr')].map(tr => tr.innerText)"
    page.evaluate("document.querySelectorAll('details').forEach(d => { d.open = true; })")
    assert [row.split("\t") for row in page.evaluate(cells)] == [
        ["the best", "4", "0%", "splits, k-means", "1.00"],
        ["10.000", "1", "40%", "splits", "0.60"],
    ]
    assert_fits_everywhere(page)


def test_earlier_model_files_have_a_table_of_optima_alone(page: Page, tmp_path: Path) -> None:
    ended = starts([(-2500.0, 4, 1.0), (-2510.0, 1, 0.6)], known=False)
    show(page, tmp_path, example(fit=replace(fit(), starts=ended)))
    assert page.evaluate("document.getElementById('starts-plot').hidden")
    assert "agree with the best ones to 0.60" in text(page, "#starts-text")
    assert page.evaluate("document.querySelectorAll('#starts-table tbody tr').length") == 2
    assert_fits_everywhere(page)


def test_a_fit_of_one_step_and_one_of_a_thousand_are_drawn(page: Page, tmp_path: Path) -> None:
    for trace in ([-2600.0, -2500.0], [-2500.0 - 0.9**i for i in range(1000)]):
        show(page, tmp_path, example(fit=fit(trace)))
        assert page.evaluate("document.querySelectorAll('#trace-plot .chosen path').length") == 1
        assert page.evaluate(NO_NUMBER) is False
    walk = [-2600.0, -2500.0, -2550.0]
    show(page, tmp_path, example(fit=fit(walk)))
    assert page.evaluate("document.getElementById('trace').hidden")
    assert_quiet(page)


def visible(page: Page) -> list[str]:
    """Ids of the sections of rows and clusters that the page shows."""
    names = ["map", "shapes", "profiles", "patterns"]
    return [
        name for name in names if not page.evaluate(f"document.getElementById('{name}').hidden")
    ]


def of_three(model: ModelSummary, d: int, **more: Any) -> dict[str, object]:
    return example(model=model, d=d, k=3, **more)


def assert_fits_everywhere(page: Page) -> None:
    """Not wider than a phone, the same on dark paper, and without gaps in its text."""
    page.resize(360, 740, 2)
    page.next_frame()
    assert page.evaluate(OVERFLOW) == 0
    page.colour_scheme("dark")
    page.next_frame()
    assert page.printed().startswith(b"%PDF")
    html = page.evaluate("document.body.innerText")
    assert "NaN" not in html
    assert "undefined" not in html
    assert_quiet(page)


def test_a_table_of_counts_has_a_scatter_plot_and_histograms(page: Page, tmp_path: Path) -> None:
    show(page, tmp_path, of_three(counts(3, 3), 3))
    assert visible(page) == ["map", "shapes"]
    assert page.evaluate("document.querySelectorAll('#map-plot .ellipse').length") == 6
    assert page.evaluate("document.querySelectorAll('#shapes-plot .density').length") == 3
    assert page.evaluate("document.querySelectorAll('#shapes-plot .mass').length") > 20
    assert "strewn" in page.evaluate("document.body.innerText")
    before = page.evaluate("document.getElementById('shapes-plot').innerHTML")
    page.evaluate("document.getElementById('shapes-plot').focus()")
    page.press("End")
    assert page.evaluate("document.getElementById('shapes-live').textContent").endswith(".")
    choose(page, "shapes-column", "2")
    assert page.evaluate("document.getElementById('shapes-plot').innerHTML") != before
    assert "Histogram of column_2" in page.evaluate(
        "document.getElementById('shapes-plot').ariaLabel"
    )
    assert_fits_everywhere(page)


def test_densities_that_are_no_bells_have_histograms(page: Page, tmp_path: Path) -> None:
    show(page, tmp_path, of_three(curves(3, 3), 3))
    assert visible(page) == ["map", "shapes"]
    assert page.evaluate("document.querySelectorAll('#shapes-plot .density').length") == 3
    assert page.evaluate("document.querySelectorAll('#shapes-plot .mass').length") == 0
    assert "± ∞" in text(page, "#components")  # the last cluster has no variance
    assert "NaN" not in page.evaluate("document.querySelector('main').innerHTML")


def test_a_single_column_of_counts_has_one_histogram(page: Page, tmp_path: Path) -> None:
    show(page, tmp_path, of_three(counts(3, 1), 1))
    assert visible(page) == ["map"]
    page.evaluate("document.getElementById('map-plot').focus()")
    page.press("Home")
    assert text(page, "#map-panel h3") == "0"
    assert_fits_everywhere(page)


def test_a_selected_bar_that_another_column_lacks_is_let_go(page: Page, tmp_path: Path) -> None:
    X = np.column_stack([np.arange(40.0) % 40, np.arange(40.0) % 2])
    made = build_payload(
        X,
        responsibilities(counts(2, 2)),
        table=TableSummary(
            title="t", columns=["many", "few"], row_numbers=np.arange(40), rows_total=40
        ),
        model=counts(2, 2),
        fit=fit(),
    )
    show(page, tmp_path, made)
    page.evaluate("document.getElementById('shapes-plot').focus()")
    page.press("End")
    assert text(page, "#shapes-panel h3") == "39"
    choose(page, "shapes-column", "1")
    assert text(page, "#shapes-panel h3") == "Clusters and their weights"
    assert_quiet(page)


def test_a_table_of_categories_has_profiles_side_by_side(page: Page, tmp_path: Path) -> None:
    show(page, tmp_path, of_three(categories(3, 4), 4, search=None))
    assert visible(page) == ["profiles", "patterns"]
    bodies = "document.querySelectorAll('#profiles-table tbody').length"
    bars = "document.querySelectorAll('#profiles-table td .bar').length"
    assert (page.evaluate(bodies), page.evaluate(bars)) == (4, 4 * 3 * 3)
    assert text(page, "#profiles-table tbody th") == "column_0"  # it separates them best
    assert text(page, "#profiles-table .number") == "93%"
    assert text(page, "#components tbody td:nth-child(4)") == "a 93.3%"
    said = text(page, "#patterns-table .says")
    assert said.startswith("column_0 ")
    assert page.evaluate("document.getElementById('profiles-controls').hidden")
    assert "Means ±" not in page.evaluate("document.body.innerText")
    assert "bell-shaped" not in page.evaluate("document.body.innerText")
    assert_fits_everywhere(page)


@pytest.mark.parametrize("d", [1, 6])
def test_columns_of_zeros_and_ones_have_a_bar_each(page: Page, tmp_path: Path, d: int) -> None:
    show(page, tmp_path, of_three(categories(3, d, "01"), d))
    assert visible(page) == ["profiles", "patterns"][: 1 + (d > 1)]
    rows = "[...document.querySelectorAll('#profiles-table tbody th')].map(th => th.textContent)"
    assert page.evaluate(rows) == [f"column_{c}" for c in range(d)]
    assert_fits_everywhere(page)


def test_of_very_many_columns_the_best_are_shown_first(page: Page, tmp_path: Path) -> None:
    show(page, tmp_path, of_three(categories(3, 60), 60, n=40))
    bodies = "document.querySelectorAll('#profiles-table tbody').length"
    assert page.evaluate(bodies) == 12
    assert "first 12 of 60 columns" in text(page, "#profiles-text")
    page.evaluate("document.getElementById('profiles-whole').click()")
    assert page.evaluate(bodies) == 60
    assert text(page, "#profiles-text") == ""
    assert_fits_everywhere(page)


def test_beside_a_scatter_plot_rows_say_their_levels(page: Page, tmp_path: Path) -> None:
    numbers, levels = mixture(3, 2), categories(3, 1)
    both = [*map(numbers.marginal, range(2)), levels.marginal(0)]
    show(page, tmp_path, example(model=summary(both), d=3, k=3))
    assert visible(page) == ["map", "profiles"]
    page.evaluate("document.getElementById('map-plot').focus()")
    page.press("Home")
    assert text(page, "#map-panel .values div:nth-child(3) dd") in ("a", "b", "c")
    across = "[...document.querySelectorAll('#map-across option')].map(o => o.value)"
    assert page.evaluate(across) == ["0", "1"]
    assert_fits_everywhere(page)


def test_candidates_without_structure_leave_its_column_out(page: Page, tmp_path: Path) -> None:
    made = [candidate(k, "", bic) for k, bic in ((1, 5400.0), (2, 5100.0), (3, None))]
    plain = SearchSummary(criterion="bic", best=1, candidates=made)
    show(page, tmp_path, of_three(counts(3, 2), 2, search=plain))
    heads = (
        "[...document.querySelectorAll('#criterion-table th[scope=col]')].map(th => th.innerText)"
    )
    page.evaluate("document.querySelector('details').open = true")
    assert page.evaluate(heads)[:3] == ["Clusters", "Outcome", "BIC"]
    assert page.evaluate("document.querySelectorAll('#criterion-plot .end').length") == 0
    assert_quiet(page)


MARGINS = "document.querySelectorAll('#map-plot .margins rect').length"


def gappy(columns: list[list[float]]) -> dict[str, object]:
    """A page about rows of these columns, of two clusters."""
    X = np.array(columns).T
    n, d = X.shape
    model = mixture(2, d)
    names = [f"column_{c}" for c in range(d)]
    about = TableSummary(title="t", columns=names, row_numbers=np.arange(1, n + 1), rows_total=n)
    return build_payload(X, responsibilities(model), table=about, model=model, fit=fit())


def test_rows_that_miss_one_of_two_values_stand_in_a_margin(page: Page, tmp_path: Path) -> None:
    nan = float("nan")
    show(page, tmp_path, gappy([[nan, 1, 2, nan, 3], [5, 6, nan, nan, 7], [0, 1, 2, 3, 4]]))
    choose(page, "map-across", "0")
    choose(page, "map-up", "1")
    assert page.evaluate(MARGINS) == 2
    assert (
        text(page, "#map-gaps")
        == "A short line in a margin is a row that misses one of the two values (2 rows). "
        "1 row misses both values and is not drawn."
    )
    page.evaluate("document.getElementById('map-plot').focus()")
    walked = []
    for key in ("Home", *["ArrowRight"] * 4):
        page.press(key)
        walked.append(text(page, "#map-panel h3"))
    assert walked == ["Row 1", "Row 2", "Row 3", "Row 5", "Row 5"]  # row 4 has no place
    page.press("Home")
    assert text(page, "#map-panel .values dd") == "missing"
    assert "column_0 missing, column_1 5" in page.evaluate(ANNOUNCED)
    for _ in range(4):  # into the margin below
        page.press("ArrowDown")
    assert text(page, "#map-panel h3") == "Row 3"
    choose(page, "map-across", "2")
    assert page.evaluate(MARGINS) == 1
    choose(page, "map-up", "2")
    assert page.evaluate(MARGINS) == 0
    assert page.evaluate("document.getElementById('map-gaps').hidden")
    assert_fits_everywhere(page)


# Width and height of all that is drawn on the canvas.
EXTENT = """(() => {
  const canvas = document.querySelector("#map-plot canvas");
  const pixels = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
  const inked = Array.from({length: pixels.length / 4}, (_, i) => i)
    .filter((i) => pixels[4 * i + 3] > 0);
  const extent = (places) => 1 + Math.max(...places) - Math.min(...places);
  return [extent(inked.map((i) => i % canvas.width)),
    extent(inked.map((i) => Math.floor(i / canvas.width)))];
})()"""


def test_a_row_in_a_margin_is_a_line_across_it(page: Page, tmp_path: Path) -> None:
    show(page, tmp_path, gappy([[float("nan")], [1.0]]))
    width, height = page.evaluate(EXTENT)
    assert width > 2 * height
    show(page, tmp_path, gappy([[1.0], [float("nan")]]))
    width, height = page.evaluate(EXTENT)
    assert height > 2 * width


def test_the_pointer_finds_a_row_in_a_margin(page: Page, tmp_path: Path) -> None:
    nan = float("nan")
    show(page, tmp_path, gappy([[nan, 1, 2, 3], [5, 6, 7, 8]]))
    page.evaluate("document.getElementById('map-plot').focus()")
    page.press("Home")
    middle = """(() => {
      const box = document.querySelector("#map-plot %s").getBoundingClientRect();
      return [box.x + box.width / 2, box.y + box.height / 2];
    })()"""
    margin, place = page.evaluate(middle % ".margins rect"), page.evaluate(middle % ".ring")
    assert margin[0] == pytest.approx(place[0], abs=0.5)
    page.press("Escape")
    page.move_to(*place)
    assert text(page, "#map-panel h3") == "Row 1"


def test_a_selected_row_that_misses_both_other_values_loses_its_ring(
    page: Page, tmp_path: Path
) -> None:
    nan = float("nan")
    show(page, tmp_path, gappy([[0, 1, 2], [0, 1, 2], [nan, 1, 2], [nan, 1, 2]]))
    page.evaluate("document.getElementById('map-plot').focus()")
    page.press("Home")
    ring = "document.querySelector('#map-plot .ring').getAttribute('visibility')"
    assert page.evaluate(ring) == "visible"
    choose(page, "map-across", "2")
    choose(page, "map-up", "3")
    assert page.evaluate(ring) == "hidden"
    assert text(page, "#map-panel h3") == "Row 1"
    assert page.evaluate(NO_NUMBER) is False
    page.press("ArrowRight")
    assert page.evaluate(ring) == "visible"
    assert_quiet(page)


@pytest.mark.parametrize("column", [0, 1])
def test_a_column_without_any_cell_draws(page: Page, tmp_path: Path, column: int) -> None:
    columns = [[0.0, 1.0, 2.0], [0.0, 1.0, 2.0]]
    columns[column] = [float("nan")] * 3
    show(page, tmp_path, gappy(columns))
    assert page.evaluate(MARGINS) == 1
    assert page.evaluate(INK) > 0
    assert_fits_everywhere(page)
    show(page, tmp_path, gappy([[float("nan")] * 3] * 2))
    assert page.evaluate(INK) == 0
    page.evaluate("document.getElementById('map-plot').focus()")
    for key in ("Home", "ArrowRight", "End"):
        page.press(key)
    assert text(page, "#map-panel h3") == "Clusters and their weights"
    assert_fits_everywhere(page)


@pytest.mark.parametrize("kind", [mixture, counts, curves])
def test_a_histogram_leaves_rows_without_its_value_out(
    page: Page, tmp_path: Path, kind: Any
) -> None:
    made: Any = of_three(kind(3, 1), 1, missing=0.3)
    show(page, tmp_path, made)
    gone = made["missing"]["rows"]
    assert text(page, "#map-gaps").startswith(f"{gone} rows without a value of column_0")
    page.evaluate("document.getElementById('map-plot').focus()")
    page.press("Home")
    inside = {}
    for _ in range(60):  # bars at most
        inside[text(page, "#map-panel h3")] = int(text(page, "#map-panel .values dd"))
        page.press("ArrowRight")
    assert sum(inside.values()) == 342 - gone
    assert_fits_everywhere(page)


def test_a_cluster_that_misses_a_column_has_no_part_in_its_histogram(
    page: Page, tmp_path: Path
) -> None:
    model, nan = counts(2, 3), float("nan")
    X = np.repeat([[nan, 14.0, 14.0], [2.0, 0.0, 0.0]], 20, axis=0)
    X[20:, 0] = np.arange(20) % 9
    about = TableSummary(
        title="t", columns=["gappy", "one", "two"], row_numbers=np.arange(40), rows_total=40
    )
    shares = responsibilities(model)
    show(page, tmp_path, build_payload(X, shares, table=about, model=model, fit=fit()))
    dots = "document.querySelectorAll('#shapes-plot g[style*=component-1] .mass').length"
    choose(page, "shapes-column", "0")
    assert text(page, "#shapes-gaps") == "20 rows without a value of gappy are left out."
    assert page.evaluate(dots) == 0
    assert page.evaluate(dots.replace("component-1", "component-0")) > 0
    page.evaluate("document.getElementById('shapes-plot').focus()")
    page.press("Home")
    assert "Cluster 0" in text(page, "#shapes-panel .shares li")  # of the rows in the bar
    choose(page, "shapes-column", "1")
    assert page.evaluate("document.getElementById('shapes-gaps').hidden")
    assert page.evaluate(dots) > 0
    assert_quiet(page)


def test_missing_cells_are_told_by_column_and_with_what_they_are_taken_for(
    page: Page, tmp_path: Path
) -> None:
    numbers, levels = mixture(3, 2), categories(3, 2)
    both = [numbers.marginal(0), numbers.marginal(1), levels.marginal(0), levels.marginal(1)]
    made: Any = example(model=summary(both), missing=0.1)
    show(page, tmp_path, made)
    cells = made["missing"]["cells"]
    heads = "[...document.querySelectorAll('#%s .gaps')].map(part => part.textContent.trim())"
    ranked = [cells[c] for c in made["model"]["ranking"]]
    assert page.evaluate(heads % "components") == [f"{n} missing" for n in ranked]
    assert page.evaluate(heads % "profiles") == [f"{n} missing" for n in cells[2:]]
    told = text(page, "#missing")
    assert f"{sum(cells)} cells are missing in {made['missing']['rows']} of 342 rows" in told
    assert "missing at random" in told
    assert "that of complete rows" in told
    assert str(sum(cells)) in text(page, "#figures")
    assert_fits_everywhere(page)


def test_patterns_of_rows_with_missing_levels(page: Page, tmp_path: Path) -> None:
    show(page, tmp_path, of_three(categories(3, 3), 3, missing=0.3))
    assert visible(page) == ["profiles", "patterns"]
    assert "missing" in text(page, "#patterns-table")
    assert_fits_everywhere(page)


def test_a_page_without_gaps_says_nothing_of_them(page: Page, tmp_path: Path) -> None:
    numbers, levels = mixture(3, 3), categories(3, 1)
    both = [*map(numbers.marginal, range(3)), levels.marginal(0)]
    show(page, tmp_path, example(model=summary(both)))
    for part in ("missing", "map-gaps", "shapes-gaps"):
        assert page.evaluate(f"document.getElementById('{part}').hidden"), part
    assert page.evaluate("document.querySelectorAll('.gaps, .margins').length") == 0
    assert "Missing cells" not in text(page, "#figures")


def test_choosing_a_column_redraws(page: Page, tmp_path: Path) -> None:
    show(page, tmp_path, example())
    before = page.evaluate(DRAWING)
    choose(page, "map-across", "2")
    assert page.evaluate(DRAWING) != before
    assert "column_2" in page.evaluate("document.getElementById('map-plot').ariaLabel")
    choose(page, "map-across", "0")
    assert page.evaluate(DRAWING) == before


def test_choosing_a_criterion_redraws(page: Page, tmp_path: Path) -> None:
    show(page, tmp_path, example())
    before = page.evaluate("document.getElementById('criterion-plot').innerHTML")
    choose(page, "criterion", "icl")
    assert page.evaluate("document.getElementById('criterion-plot').innerHTML") != before
    assert "ICL" in text(page, "#criterion-text")


def test_keys_walk_from_point_to_point_and_announce_them(page: Page, tmp_path: Path) -> None:
    show(page, tmp_path, example())
    page.evaluate("document.getElementById('map-plot').focus({focusVisible: true})")
    told = []
    for key in ("ArrowRight", "ArrowRight", "ArrowUp", "End", "Home"):
        page.press(key)
        told.append(page.evaluate(ANNOUNCED))
    assert all("Probabilities: cluster" in line and "column_0" in line for line in told)
    assert told[4] == told[0]
    assert len(set(told)) == 4
    assert told[0].split(":")[0] == text(page, "#map-panel h3")
    page.press("Escape")
    assert text(page, "#map-panel h3") == "Clusters and their weights"


def test_every_control_is_reached_by_tab_and_shows_it(page: Page, tmp_path: Path) -> None:
    show(page, tmp_path, example())
    reached = []
    for _ in range(24):
        page.press("Tab")
        reached.append(page.evaluate("document.activeElement.id || document.activeElement.tagName"))
        if reached[-1] != "BODY":
            outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
            assert outline == "solid", reached[-1]
    wanted = ["map-across", "map-up", "map-plot", "components", "criterion", "SUMMARY"]
    assert [name for name in reached if name in wanted][:6] == wanted
    assert reached.count("BUTTON") >= 3 + 3  # a cluster in the legend, and in the table


def test_the_pointer_shows_the_row_under_it(page: Page, tmp_path: Path) -> None:
    show(page, tmp_path, example())
    page.evaluate("document.getElementById('map-plot').focus()")
    page.press("Home")
    row = text(page, "#map-panel h3")
    place = page.evaluate(
        """(() => {
          const box = document.querySelector("#map-plot .ring").getBoundingClientRect();
          return [box.x + box.width / 2, box.y + box.height / 2];
        })()"""
    )
    page.press("Escape")
    page.move_to(*place)
    assert text(page, "#map-panel h3") == row
    page.move_to(2, 2)
    assert text(page, "#map-panel h3") == "Clusters and their weights"


@pytest.mark.parametrize("d", [1, 4])
def test_nothing_is_wider_than_a_phone(page: Page, tmp_path: Path, d: int) -> None:
    page.resize(360, 740, 2)
    show(page, tmp_path, example(d=d))
    assert page.evaluate(OVERFLOW) == 0
    page.evaluate("document.querySelector('details').open = true")
    page.next_frame()
    assert page.evaluate(OVERFLOW) == 0
    assert_quiet(page)


def test_resizing_redraws_at_the_new_size(page: Page, tmp_path: Path) -> None:
    show(page, tmp_path, example())
    page.resize(500, 900, 2)
    page.next_frame()
    page.next_frame()
    assert page.evaluate(OVERFLOW) == 0
    sizes = page.evaluate(
        """(() => {
          const canvas = document.querySelector("#map-plot canvas");
          return [canvas.width, document.getElementById("map-plot").clientWidth];
        })()"""
    )
    assert sizes[0] == 2 * sizes[1]


def test_the_colour_scheme_changes_paper_and_points(page: Page, tmp_path: Path) -> None:
    show(page, tmp_path, example())
    paper = "getComputedStyle(document.body).backgroundColor"
    light = (page.evaluate(paper), page.evaluate(DRAWING))
    page.colour_scheme("dark")
    page.next_frame()
    dark = (page.evaluate(paper), page.evaluate(DRAWING))
    assert light[0] != dark[0]
    assert light[1] != dark[1]
    assert_quiet(page)


def test_a_dark_page_prints_light_and_comes_back(page: Page, tmp_path: Path) -> None:
    page.colour_scheme("dark")
    show(page, tmp_path, example())
    screen = page.evaluate(DRAWING)
    component = "getComputedStyle(document.documentElement).getPropertyValue('--component-1')"
    dark = page.evaluate(component)
    page.evaluate(f"addEventListener('beforeprint', () => {{ window.printed = {component}; }})")
    assert page.printed().startswith(b"%PDF")
    page.next_frame()
    assert page.evaluate("window.printed") not in (None, dark)
    assert page.evaluate(component) == dark
    assert page.evaluate(DRAWING) == screen


@pytest.mark.parametrize(("d", "k"), [(4, 3), (12, 2), (60, 3)])
def test_every_column_fits_on_paper(page: Page, tmp_path: Path, d: int, k: int) -> None:
    columns = [f"a rather long name of column {c}" for c in range(d)]
    made: Any = example(d=d, k=k, columns=columns, n=40)
    show(page, tmp_path, made)
    tables = "[...document.querySelectorAll('#components-paper table')]"
    assert page.evaluate(f"{tables}.map(table => table.offsetWidth)") == [0] * page.evaluate(
        f"{tables}.length"
    )
    page.call("Emulation.setEmulatedMedia", media="print")
    page.evaluate("document.documentElement.classList.add('printing')")
    page.next_frame()
    widest = page.evaluate(f"Math.max(...{tables}.map(table => table.offsetWidth))")
    page.call("Emulation.setEmulatedMedia", media="")
    assert 300 < widest <= 674  # 17.8 cm, rounded up
    heads = f"{tables}.flatMap(table => [...table.querySelectorAll('bdi')].map(b => b.textContent))"
    assert page.evaluate(heads) == [columns[c] for c in made["model"]["ranking"]]


def test_names_from_the_data_stay_text(page: Page, tmp_path: Path) -> None:
    title = "</script><b id='planted'>x & \u2028.csv"
    notes = ["<img src=x onerror=alert(1)>"]
    show(page, tmp_path, example(notes=notes, columns=NASTY, title=title))
    assert page.evaluate("document.querySelectorAll('b, img, #planted').length") == 0
    assert text(page, "h1 bdi") == title
    shown = page.evaluate("[...document.querySelectorAll('#map-up option')].map(o => o.text)")
    assert shown[0] == NASTY[0]
    assert shown[1] == "(unnamed column 2)"
    assert shown[2] == NASTY[2]
    choose(page, "map-across", "3")
    page.resize(360)
    page.next_frame()
    assert page.evaluate(OVERFLOW) == 0
    assert_quiet(page)


@pytest.mark.parametrize(
    ("n", "d", "k"), [(1, 1, 1), (1, 2, 1), (1, 3, 2), (50, 2, 30), (50, 1, 30), (3, 60, 2)]
)
def test_extreme_shapes_draw(page: Page, tmp_path: Path, n: int, d: int, k: int) -> None:
    show(page, tmp_path, example(n=n, d=d, k=k))
    page.evaluate("document.getElementById('map-plot').focus()")
    page.press("ArrowRight")
    assert page.evaluate(ANNOUNCED).endswith(".")
    assert page.evaluate("document.getElementById('uncertainty').hidden") == (k == 1)
    assert page.evaluate(NO_NUMBER) is False
    assert_quiet(page)


@pytest.mark.parametrize("d", [1, 2])
def test_a_stored_model_on_new_data_draws(page: Page, tmp_path: Path, d: int) -> None:
    show(page, tmp_path, example(d=d, search=None, fit=FitSummary(), weight=np.ones(342)))
    assert page.evaluate("document.getElementById('search').hidden")
    assert page.evaluate("document.getElementById('trace').hidden")
    assert page.evaluate("document.documentElement.innerText.includes('null')") is False
    assert_quiet(page)


@pytest.mark.parametrize("width", [390, 1280])
def test_clusters_that_belong_together_are_told_and_can_be_highlighted(
    page: Page, tmp_path: Path, width: int
) -> None:
    page.resize(width)
    first, second = (Merge(one=[0], other=[2], value=4.0), Merge(one=[0, 2], other=[1], value=0.0))
    hills = HillsSummary(
        count=2, shared=[[0, 2], [1]], merges=[Merge(one=[0, 2], other=[1], value=0.3)]
    )
    doubts = EntropySummary(start=40.0, merges=[first, second], suggested=2)
    show(page, tmp_path, example(model=mixture(3, 4, hills=hills, entropy=doubts)))
    assert "3 overlapping clusters on 2 hills" in text(page, "h1")
    assert "clusters 0 and 2 share one" in text(page, "#merging-text")
    assert "goes down to 30%" in text(page, "#merging-text")
    rows = page.evaluate(
        "[...document.querySelectorAll('.merges tbody tr')].map(row => row.innerText.trim())"
    )
    assert [row.split()[0] for row in rows] == ["3", "2"]
    assert rows[1].endswith("10%")
    offer = text(page, "#merging-offer")
    assert "mixtura merge model.json --by hills" in offer
    assert "mixtura report merged.json" in offer
    names = page.evaluate(
        "[...document.querySelectorAll('section, [role=region]')].map(part => part.ariaLabel"
        " ?? document.getElementById(part.getAttribute('aria-labelledby')).textContent)"
    )
    assert len(set(names)) == len(names)  # landmarks are told apart
    page.evaluate("document.querySelector('.merges button').click()")
    page.next_frame()
    assert page.evaluate("document.querySelector('.merges button').ariaPressed") == "true"
    assert page.evaluate(OVERFLOW) == 0
    assert page.evaluate(NO_NUMBER) is False
    assert_quiet(page)


def test_where_nothing_can_be_merged_nothing_is_said_of_it(page: Page, tmp_path: Path) -> None:
    show(page, tmp_path, example())
    assert page.evaluate("document.getElementById('merging').hidden") is True
    assert "hill" not in text(page, "h1")


def test_a_payload_of_another_version_is_refused_in_words(page: Page, tmp_path: Path) -> None:
    file = tmp_path / "report.html"
    file.write_text(render(example() | {"version": 1}), "utf-8")
    page.open(file)
    assert "version 5 only" in text(page, "#failure")
    assert page.evaluate("document.getElementById('failure').hidden") is False


DIM = "[...document.querySelectorAll('.dim')].map(part => part.dataset.cluster)"
SAVED = """(async () => {
  const saved = [];
  HTMLAnchorElement.prototype.click = function () { saved.push([this.download, this.href]); };
  document.querySelectorAll("#map .save button").forEach((button) => button.click());
  while (saved.length < 2) await new Promise((done) => { setTimeout(done, 20); });
  return saved;
})()"""


def beside(n: int = 342, levels: int = 3) -> BesideColumn:
    names = [f"kind {level}" for level in range(levels)]
    codes = np.arange(n, dtype=float) % levels
    codes[0] = np.nan
    return BesideColumn("Origin", names, codes)


def named(n: int = 342, d: int = 4, **more: Any) -> TableSummary:
    """A table whose rows have names."""
    return TableSummary(
        title="cars.csv",
        columns=[f"column_{c}" for c in range(d)],
        row_numbers=np.arange(1, n + 1),
        rows_total=n,
        row_names=[f"car {i}" for i in range(n)],
        named_by="Name",
        **more,
    )


def test_the_first_screen_has_the_picture_the_words_and_the_certainty(
    page: Page, tmp_path: Path
) -> None:
    show(page, tmp_path, example())
    below = "document.querySelector('%s').getBoundingClientRect().bottom"
    for part in ("#certainty", "#map-plot", "#map-panel .clusters"):
        assert page.evaluate(below % part) <= 900, part
    assert "with a probability above 0.95" in text(page, "#certainty")
    assert text(page, "#map-panel .words").startswith("very low column_0, ")


def test_a_highlighted_cluster_dims_all_others_everywhere(page: Page, tmp_path: Path) -> None:
    both = [*(mixture(3, 2).marginal(c) for c in range(2)), categories(3, 1).marginal(0)]
    show(page, tmp_path, example(model=summary(both), d=3, k=3))
    drawn = page.evaluate(DRAWING)
    page.evaluate("document.querySelector('#map-panel [data-highlight=\"1\"]').click()")
    page.next_frame()
    dim = page.evaluate(DIM)
    assert set(dim) == {"0", "2"}
    for part in ("#weights", "#map-plot", "#map-panel", "#components", "#profiles"):
        assert page.evaluate(f"document.querySelectorAll('{part} .dim').length") > 0, part
    assert page.evaluate(DRAWING) != drawn
    pressed = "document.querySelectorAll('[aria-pressed=\"true\"]').length"
    assert page.evaluate(pressed) >= 3
    page.press("Escape")
    page.next_frame()
    assert page.evaluate(DIM) == []
    assert page.evaluate(DRAWING) == drawn
    assert_quiet(page)


@pytest.mark.parametrize("d", [1, 3])
def test_noise_can_be_highlighted_too(page: Page, tmp_path: Path, d: int) -> None:
    show(page, tmp_path, example(d=d, noise=0.3))
    page.evaluate("document.querySelector('#components tr:last-child button').click()")
    page.next_frame()
    assert set(page.evaluate(DIM)) - {None} == {"0", "1", "2"}
    assert page.evaluate(NO_NUMBER) is False
    assert_quiet(page)


def test_the_legend_has_every_cluster(page: Page, tmp_path: Path) -> None:
    show(page, tmp_path, example(k=30, n=600))
    assert page.evaluate("document.querySelectorAll('#map-panel .clusters li').length") == 30
    assert_fits_everywhere(page)


def test_rows_are_called_by_their_names_and_told_beside_what_was_left_out(
    page: Page, tmp_path: Path
) -> None:
    n = 2000
    show(page, tmp_path, example(n=n, table=named(n, beside=[beside(n)])))
    page.evaluate("document.getElementById('map-plot').focus()")
    page.press("Home")
    assert text(page, "#map-panel h3").startswith("car ")
    told = text(page, "#map-panel .values")
    assert "row" in told
    assert "Originkind" in told
    heads = "[...document.querySelectorAll('#beside-table th[scope=row]')].map(t => t.textContent)"
    assert page.evaluate(heads) == ["kind 0", "kind 1", "kind 2"]
    counts = "[...document.querySelectorAll('#beside-table .number')].map(t => Number(t.innerText))"
    assert sum(page.evaluate(counts)) == n - 1
    assert_fits_everywhere(page)


def test_of_very_many_levels_the_commonest_are_shown(page: Page, tmp_path: Path) -> None:
    show(page, tmp_path, example(table=named(beside=[beside(levels=40)])))
    assert page.evaluate("document.querySelectorAll('#beside-table th[scope=row]').length") == 12
    assert "(29 other levels)" in text(page, "#beside-table")
    assert_quiet(page)


def test_known_classes_are_called_by_their_names(page: Page, tmp_path: Path) -> None:
    show(page, tmp_path, example(model=mixture(3, 4, names=["USA", "طول"])))
    heads = "[...document.querySelectorAll('#components tbody th')].map(th => th.innerText.trim())"
    assert page.evaluate(heads) == ["0, USA", "1, طول", "2"]
    assert "Cluster 0, USA" in text(page, "#map-panel")
    assert_fits_everywhere(page)


def test_pictures_are_saved_as_they_are(page: Page, tmp_path: Path) -> None:
    show(page, tmp_path, example(title="my <cars>.csv"))
    (svg, vector), (png, raster) = page.evaluate(SAVED)
    assert (svg, png) == ("my-cars-csv-map.svg", "my-cars-csv-map.png")
    whole = unquote(vector.partition(",")[2])
    assert "column_0" in whole
    assert 'href="data:image/png' in whole
    assert whole.count("<path") >= 6
    assert raster.startswith("data:image/png;base64,")
    assert page.complaints() == []
    assert {address[:5] for address in page.requests()} == {"file:", "data:"}


@pytest.mark.parametrize("chart", ["uncertainty", "probability", "starts", "trace", "criterion"])
def test_small_pictures_answer_to_the_pointer(page: Page, tmp_path: Path, chart: str) -> None:
    show(page, tmp_path, example())
    place = page.evaluate(
        f"""(() => {{
          const mark = document.querySelector("#{chart}-plot [data-tip]");
          mark.scrollIntoView({{ block: "center" }});
          const box = mark.getBoundingClientRect();
          return [box.x + box.width / 2, box.y + box.height / 2, mark.dataset.tip];
        }})()"""
    )
    page.move_to(*place[:2])
    page.next_frame()
    assert text(page, f"#{chart}-plot .tip") == place[2]
    assert page.evaluate(f"document.querySelector('#{chart}-plot .tip').hidden") is False
    page.move_to(2, 2)
    page.next_frame()
    assert page.evaluate(f"document.querySelector('#{chart}-plot .tip').hidden")
    assert_quiet(page)


def test_a_table_wider_than_the_page_says_so(page: Page, tmp_path: Path) -> None:
    show(page, tmp_path, example(d=12))
    hidden = "document.querySelector('#components').previousElementSibling.hidden"
    assert page.evaluate(hidden) is False
    page.call("Page.navigate", url="about:blank")
    show(page, tmp_path, example(d=2))
    assert page.evaluate(hidden) is True
    page.resize(360)
    page.next_frame()
    assert page.evaluate(hidden) is False
    assert_quiet(page)


def test_moments_of_the_rows_stand_where_they_are_not_those_of_the_model(
    page: Page, tmp_path: Path
) -> None:
    model = mixture(2, 2, apart=40.0)
    X = np.random.default_rng(0).normal(size=(4000, 2)) * [3.0, 1.0]
    X[2000:] += 40.0
    X[:, 1] += 1.0
    names = ["wide", "like it"]
    about = TableSummary(title="t", columns=names, row_numbers=np.arange(1, 4001), rows_total=4000)
    made = build_payload(X, responsibilities(model), table=about, model=model, fit=fit())
    show(page, tmp_path, made)
    rows = "[...document.querySelectorAll('#components tbody tr')]"
    own = f"{rows}.map(row => row.querySelectorAll('.own').length)"
    assert page.evaluate(own) == [1, 1]
    assert "differ by more than a tenth" in text(page, "#components-own")
    assert_quiet(page)

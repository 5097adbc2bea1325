"""The explorer's page in a real browser: its numbers are Python's; mouse, keys and tour work."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from explorer_page import ExplorerPage, table_of
from report_browser import Page, find_chromium

from mixtura import em, kernels
from mixtura.assignments import hard, soft
from mixtura.explorer import render
from mixtura.families.gaussian.density import Gaussian
from mixtura.families.gaussian.description import NAMED_STRUCTURES
from mixtura.families.gaussian.kept_covariances import kept_covariances, shown_covariances
from mixtura.families.gaussian.parameters import GaussianParameters
from mixtura.mixture import Mixture
from mixtura.sources import ArraySource

FAITHFUL = Path(__file__).parents[2] / "examples" / "faithful.csv"
X = np.loadtxt(FAITHFUL, delimiter=",", skiprows=1)
TABLE = table_of("faithful.csv", ["eruptions", "waiting"], X)
FLOOR = 1e-6 * X.var(axis=0)  # of the variances, as reg_covar has it

CLOSE = 1e-12
MINUS, TIMES = "\N{MINUS SIGN}", "\N{MULTIPLICATION SIGN}"


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    executable = find_chromium()
    if executable is None:
        pytest.skip("neither chromium nor google-chrome is installed")
    with Page(executable, tmp_path_factory.mktemp("profile")) as opened:
        yield opened


@pytest.fixture
def page(browser: Page, tmp_path: Path) -> ExplorerPage:
    """The page about the geyser, as it is first seen."""
    browser.call("Page.navigate", url="about:blank")
    browser.resize(1280)
    features = [("prefers-color-scheme", "light"), ("prefers-reduced-motion", "reduce")]
    emulate(browser, dict(features))
    explorer = ExplorerPage(browser)
    explorer.open(tmp_path, TABLE)
    return explorer


def emulate(browser: Page, features: dict[str, str]) -> None:
    told = [{"name": name, "value": value} for name, value in features.items()]
    browser.call("Emulation.setEmulatedMedia", features=told)


def assert_quiet(page: ExplorerPage) -> None:
    assert page.browser.complaints() == []
    assert [address[:7] for address in page.browser.requests()] == ["file://"]


def mixture_of(state: dict[str, Any], floor: Any = FLOOR) -> Mixture[Any, Any]:
    """The page's mixture, as Python has it."""
    k, d, name = state["k"], state["d"], state["structure"]
    structure = NAMED_STRUCTURES[name][0]
    covariances = np.array(state["covariances"]).reshape(k, d, d)
    if structure.diagonal:
        covariances = covariances.diagonal(axis1=1, axis2=2)
    kept = kept_covariances(structure, covariances, "covariances", name)
    params = GaussianParameters(np.array(state["means"]).reshape(k, d), kept)
    return Mixture(Gaussian(structure, floor), params, np.array(state["weights"]))


def assert_same(state: dict[str, Any], mixture: Mixture[Any, Any]) -> None:
    np.testing.assert_allclose(state["weights"], mixture.weights, rtol=CLOSE)
    np.testing.assert_allclose(state["means"], mixture.params.means.ravel(), rtol=CLOSE)
    shown = shown_covariances(mixture.params.covariances)
    if shown.ndim == 2:
        shown = shown[:, :, None] * np.eye(shown.shape[1])
    np.testing.assert_allclose(
        state["covariances"], shown.ravel(), rtol=CLOSE, atol=CLOSE * np.abs(shown).max()
    )


def log_likelihood(mixture: Mixture[Any, Any], rows: Any = X) -> float:
    return float(np.logaddexp.reduce(mixture.log_joint(rows), axis=1).sum())


def test_the_page_draws_and_asks_for_nothing(page: ExplorerPage) -> None:
    assert page.text("h1") == "faithful.csv"
    inked = """(() => {
      const canvas = document.querySelector("#plot canvas");
      const {data} = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
      const paper = data.slice(0, 4).join();
      let inked = 0;
      for (let i = 0; i < data.length; i += 4) inked += data.slice(i, i + 4).join() !== paper;
      return inked / (data.length / 4);
    })()"""
    assert 0.005 < page.browser.evaluate(inked) < 0.5
    assert page.text("#k") == "2"
    assert page.overflow() == 0
    assert "NaN" not in page.text("main")
    assert_quiet(page)


@pytest.mark.parametrize(
    ("structure", "algorithm", "k"),
    [("VVV", "soft", 2), ("EEE", "soft", 3), ("VEI", "soft", 3), ("VVV", "hard", 2)],
)
def test_steps_have_pythons_numbers(
    page: ExplorerPage, structure: str, algorithm: str, k: int
) -> None:
    assignment = {"soft": soft, "hard": hard}[algorithm]
    for _ in range(2, k):
        page.click("#more")
    page.choose("structure", structure)
    page.choose("algorithm", algorithm)
    source = ArraySource(X)
    with kernels.use("numpy"):
        mixture = mixture_of(page.state)
        for _ in range(5):
            page.click("#e")
            joint = mixture.log_joint(X)
            own = np.exp(joint - np.logaddexp.reduce(joint, axis=1, keepdims=True))
            if assignment is hard:
                own = np.eye(k)[own.argmax(axis=1)]
            np.testing.assert_allclose(
                page.array("responsibilities", len(X), k), own, rtol=1e-10, atol=CLOSE
            )
            page.click("#m")
            mixture = mixture.maximize(em.e_step(mixture, source, assignment))
            state = page.state
            assert_same(state, mixture)
            assert state["logLikelihood"] == pytest.approx(log_likelihood(mixture), rel=CLOSE)
    assert page.text("#number") == f"{state['logLikelihood']:.3f}".replace("-", MINUS)
    assert_quiet(page)


def test_run_ends_where_python_ends(page: ExplorerPage) -> None:
    start = mixture_of(page.state)
    page.click("#run")
    state = page.state
    assert state["converged"]
    with kernels.use("numpy"):
        mixture, source = start, ArraySource(X)
        for _ in range(state["iterations"]):
            mixture = mixture.maximize(em.e_step(mixture, source))
    assert_same(state, mixture)
    assert state["logLikelihood"] == pytest.approx(-1130.264, abs=1e-3)
    assert state["bic"] == pytest.approx(11 * np.log(272) + 2 * 1130.264, abs=2e-3)
    assert np.all(np.diff(state["trace"]) > -1e-9)
    assert [optimum["found"] for optimum in state["optima"]] == [1]
    assert "Converged after" in page.text("#status")
    page.click("#restart")
    page.click("#run")
    assert page.state["optima"][0]["found"] == 2
    assert f"2{TIMES}" in page.text("#optima")
    assert page.text("#bar .optimum") == f"2{TIMES}"
    page.press("1", "ArrowUp")  # off the top: the bar falls short of the mark
    page.browser.next_frame()
    fill, mark = page.browser.evaluate(
        "[['.fill', 'width'], ['.optimum', 'left']]"
        ".map(([part, side]) => parseFloat(bar.querySelector(part).style[side]))"
    )
    assert 0 < fill < mark < 100


def test_run_moves_frame_by_frame_and_pauses(page: ExplorerPage) -> None:
    emulate(page.browser, {"prefers-reduced-motion": "no-preference"})
    page.choose("algorithm", "stochastic")
    page.choose("speed", "fast")
    page.click("#run")
    for _ in range(4):
        page.browser.next_frame()
    assert page.state["running"]
    page.click("#run")
    state = page.state
    assert not state["running"]
    assert state["iterations"] >= 4
    assert page.text("#run") == "Run"
    page.browser.evaluate("for (let i = 0; i < 7; i += 1) run.click()")  # on, off, on ...
    frames = page.browser.evaluate(
        """new Promise(done => {
          const {iterations} = mixturaExplorer.state();
          const look = i => (i < 10 ? requestAnimationFrame(() => look(i + 1))
            : done(mixturaExplorer.state().iterations - iterations));
          look(0);
        })"""
    )
    assert frames in (9, 10, 11)  # one run alone, one iteration a frame
    page.click("#run")
    assert "Paused" in page.text("#status")
    assert_quiet(page)


def test_a_mean_can_be_dragged(page: ExplorerPage) -> None:
    before = page.state
    number = page.text("#number")
    with page.held("[data-mean='0']") as (x, y):
        page.drag_to(x - 40, y + 25)
        assert page.text("#number") != number  # it answers while the mean is moved
        seen = page.state["means"]
        page.drag_to(x - 80, y + 50)
    after = page.state
    assert after["phase"] == "E"
    moved = np.subtract(after["means"], before["means"]).reshape(2, 2)
    half = np.subtract(seen, before["means"]).reshape(2, 2)
    assert (moved[0] < 0).all()  # left, and down
    np.testing.assert_allclose(moved, 2 * half, rtol=1e-9, atol=1e-12)
    assert not moved[1].any()
    np.testing.assert_allclose(after["covariances"], before["covariances"], rtol=1e-9)
    assert after["logLikelihood"] == pytest.approx(log_likelihood(mixture_of(after)), rel=CLOSE)
    assert "Component 1:" in page.text("#status")
    x1, y1 = page.middle("[data-mean='0'] .centre")
    assert (x1, y1) == pytest.approx((x - 80, y + 50), abs=0.6)


def test_an_ellipse_can_be_stretched_and_turned(page: ExplorerPage) -> None:
    before = page.array("covariances", 2, 2, 2)
    cx, cy = page.middle("[data-mean='0'] .centre")
    with page.held("[data-axis='0']") as (x, y):
        page.drag_to(cx + 2 * (x - cx), cy + 2 * (y - cy))
    stretched = page.array("covariances", 2, 2, 2)
    ratio = np.linalg.eigvals(np.linalg.solve(before[0], stretched[0]))
    np.testing.assert_allclose(sorted(ratio), [1.0, 4.0], rtol=0.05)
    np.testing.assert_allclose(stretched[1], before[1], rtol=1e-9)
    with page.held("[data-axis='0']") as (x, y):
        page.drag_to(cx, cy - 90)  # straight up: no correlation is left
    turned = page.array("covariances", 2, 2, 2)[0]
    correlation = turned[0, 1] / np.sqrt(turned[0, 0] * turned[1, 1])
    assert abs(correlation) < 0.02
    assert_quiet(page)


def test_one_column_has_curves_and_a_deviation_to_pull(page: ExplorerPage) -> None:
    page.choose("up", "")
    assert page.state["view"] == {"across": 0, "up": None}
    before = page.array("covariances", 2, 2, 2)[0]
    cx, _ = page.middle("[data-mean='0'] .centre")
    with page.held("[data-axis='0']") as (x, y):
        page.drag_to(cx + 2 * (x - cx), y + 30)
    after = page.array("covariances", 2, 2, 2)[0]
    assert after[0, 0] / before[0, 0] == pytest.approx(4.0, rel=0.05)
    assert after[1, 1] == pytest.approx(before[1, 1], rel=1e-9)
    assert "Histogram of eruptions" in page.browser.evaluate("plot.ariaLabel")
    assert_quiet(page)


def test_a_row_tells_its_responsibilities(page: ExplorerPage) -> None:
    page.click("#run")
    i = int(np.abs(X[:, 0] - 3).argmin())
    page.browser.evaluate("document.getElementById('plot').focus()")
    page.press("Home")
    leftmost = int(np.lexsort((-X[:, 1], X[:, 0]))[0])
    assert page.state["focus"] == leftmost
    order = [leftmost]
    while order[-1] != i and len(order) < 272:
        page.press("ArrowRight")
        order.append(page.state["focus"])
    assert order[-1] == i
    page.browser.next_frame()
    joint = mixture_of(page.state).log_joint(X[i : i + 1])
    own = np.exp(joint - np.logaddexp.reduce(joint, axis=1))[0]
    shown = page.browser.evaluate(
        "[...document.querySelectorAll('#row-shares .number')].map(({textContent}) => textContent)"
    )
    for told, share in zip(shown, own, strict=True):
        assert told == f"{share:.3f}" or told in (">0.999", "<0.001", "0", "1")
    assert f"Row {i + 1}:" in page.text("#status")
    assert f"row {i + 1}" in page.text("#e-title")


def test_the_pointer_shows_the_row_below_it(page: ExplorerPage) -> None:
    x, y = page.middle("#plot canvas")
    page.browser.move_to(x + 130, y - 75)
    page.browser.next_frame()
    state = page.state
    assert state["focus"] >= 0
    assert page.text("#row-title") == f"Row {state['focus'] + 1}"
    page.browser.move_to(2, 2)
    page.browser.next_frame()
    assert page.state["focus"] == -1


def test_settings_change_the_model(page: ExplorerPage) -> None:
    page.click("#more")
    page.click("#more")
    assert page.state["k"] == 4
    assert page.browser.evaluate("document.querySelectorAll('[data-mean]').length") == 4
    page.click("#less")
    page.choose("structure", "EII")
    page.click("#e")
    page.click("#m")
    covariances = page.array("covariances", 3, 2, 2)
    np.testing.assert_allclose(covariances, covariances[0, 0, 0] * np.eye(2)[None].repeat(3, 0))
    page.choose("algorithm", "tempered")
    page.choose("temperature", "0.5")
    assert page.state["temperature"] == pytest.approx(10**0.5)
    page.click("#hills")
    page.click("#rings")
    page.click("#e")
    assert "hill" in page.text("#hills-text")
    page.click("#columns input[value='1']")
    assert page.state["names"] == ["eruptions"]
    assert page.browser.evaluate("document.querySelector('#columns input').disabled")
    assert page.text("#structure").startswith("one variance")
    page.click("#run")
    assert "NaN" not in page.text("main")
    assert_quiet(page)


def strange() -> dict[str, tuple[list[str], Any]]:
    rng = np.random.default_rng(0)
    two = np.vstack([rng.normal(size=(30, 2)), rng.normal(size=(30, 2)) + 6])
    apart = np.full((20, 2), np.nan)
    apart[:10, 0], apart[10:, 1] = rng.normal(size=(2, 10))
    return {
        "names": (["</script><b>x", "a name much longer than any axis has room for " * 3], two),
        "far": (["x", "y"], two + 1e9),
        "huge": (["x", "y"], two * 1e90),
        "three rows": (["x", "y"], [[1, 2], [2, 5], [3, 1]]),
        "a line": (["x", "y"], np.column_stack([two[:, 0], 2 * two[:, 0]])),
        "no row has both": (["x", "y"], apart),
    }


@pytest.mark.parametrize("title", strange())
def test_strange_tables_are_shown(page: ExplorerPage, tmp_path: Path, title: str) -> None:
    page.open(tmp_path, table_of(title, *strange()[title]))
    for button in ("#more", "#hills", "#rings", "#e", "#m", "#run", "#restart", "#run"):
        page.click(button)
    assert "Converged" in page.text("#status")
    assert not {"NaN", "Infinity"} & set(page.text("main").split())
    assert page.overflow() == 0
    if title == "no row has both":
        assert page.state["names"] == ["x"]
        page.click("#columns input[value='1']")
        assert "Fewer than two rows" in page.text("#status")
        assert page.state["names"] == ["x"]
    assert_quiet(page)


def test_without_a_table_the_worksheet_is_open(page: ExplorerPage, tmp_path: Path) -> None:
    file = tmp_path / "empty.html"
    file.write_text(render(TABLE).replace('"n":272,', '"n":0,'), "utf-8")
    page.show(file)
    assert page.text("h1") == "200 animals of two species"
    page.click("#tour-close")
    assert page.state["n"] == 200
    assert_quiet(page)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_colours_follow_the_scheme(page: ExplorerPage, scheme: str) -> None:
    emulate(page.browser, {"prefers-color-scheme": scheme})
    page.browser.next_frame()
    corner = """(() => {
      const canvas = document.querySelector("#plot canvas");
      return Math.max(...canvas.getContext("2d").getImageData(1, 1, 1, 1).data.slice(0, 3));
    })()"""
    assert (page.browser.evaluate(corner) > 128) == (scheme == "light")
    assert_quiet(page)


def test_a_phone_needs_no_sideways_scrolling(page: ExplorerPage) -> None:
    page.browser.resize(360, 740, 2)
    page.browser.next_frame()
    for _ in range(7):
        page.click("#more")
    page.click("#e")
    assert page.overflow() == 0
    page.click("#open-tour")
    for step in range(8):
        page.click(f"#tour-places li:nth-child({step + 1}) button")
        assert page.overflow() == 0, "abcdefgh"[step]
    assert_quiet(page)


def test_on_a_phone_the_picture_stays_under_the_worksheet(page: ExplorerPage) -> None:
    page.browser.resize(360, 740, 2)
    page.click("#open-tour")
    for step in (1, 4, 5):
        if step > 1:
            page.click(f"#tour-places li:nth-child({step}) button")
        seen = page.browser.evaluate(
            """["tour-step", "plot", "restart"].map(id => {
              const {top, bottom} = document.getElementById(id).getBoundingClientRect();
              return [top, bottom];
            })"""
        )
        (top, _), (picture, _), (_, buttons) = seen
        assert 0 <= top < picture - 200  # its beginning, with room to read
        assert buttons <= 740
    assert page.browser.evaluate("scrollY") > 0


def test_a_slider_speaks_once(page: ExplorerPage) -> None:
    page.choose("algorithm", "tempered")
    page.click("#open-tour")
    page.click("#tour-places li:nth-child(3) button")
    outputs = "[...document.querySelectorAll('output')].map(({ariaLive}) => ariaLive)"
    assert set(page.browser.evaluate(outputs)) == {"off"}
    sliders = "[...document.querySelectorAll('[type=range]')].map(s => s.ariaValueText)"
    assert all(page.browser.evaluate(sliders))


def test_controls_stay_under_the_pointer(page: ExplorerPage) -> None:
    before = page.middle("#hills")
    page.click("#hills")
    assert "hill" in page.text("#hills-text")
    assert page.middle("#hills") == before


def test_the_mean_of_a_tiny_component_can_be_taken(page: ExplorerPage) -> None:
    cx, cy = page.middle("[data-mean='0'] .centre")
    for axis in (0, 1):
        with page.held(f"[data-axis='{axis}']"):
            page.drag_to(cx + 1, cy + 1)
    before = page.state["means"]
    with page.held("[data-mean='0'] .centre") as (x, y):
        page.drag_to(x - 60, y + 40)
    assert page.state["means"] != before


def test_menus_show_all_of_what_is_chosen(page: ExplorerPage) -> None:
    page.choose("algorithm", "tempered")
    cut = """[structure, algorithm, way, speed].flatMap(select => {
      const pen = document.createElement("canvas").getContext("2d");
      const {fontSize, fontFamily} = getComputedStyle(select);
      pen.font = `${fontSize} ${fontFamily}`;
      const widest = Math.max(...[...select.options].map(o => pen.measureText(o.text).width));
      return widest > select.clientWidth - 30 ? [select.id] : [];
    })"""
    for width in (1280, 960, 780, 360):
        page.browser.resize(width)
        page.browser.next_frame()
        assert page.browser.evaluate(cut) == []


def test_what_has_not_settled_or_not_changed_is_told(page: ExplorerPage, tmp_path: Path) -> None:
    page.open(tmp_path, table_of("faithful.csv", ["waiting"], X[:, 1:]))
    page.click("#more")
    page.click("#run")
    assert page.text("#status").startswith("Not settled after 1000 iterations")
    page.open(
        tmp_path, table_of("t", list("abcdef"), np.random.default_rng(0).normal(size=(60, 6)))
    )
    assert page.text("#lede").startswith("60 rows in 4 of 6 columns.")
    page.click("#less")
    for _ in range(3):  # one component is at its maximum after the first
        page.press("n", "n")
    page.browser.next_frame()
    assert page.text("#delta") == "unchanged by the last iteration"


def test_a_session_by_keyboard_alone(page: ExplorerPage) -> None:
    page.press("e")
    assert page.state["phase"] == "M"
    page.press("m")
    assert page.state["iterations"] == 1
    page.press("n", "n")
    assert page.state["iterations"] == 2
    page.press("1")
    before = page.state
    page.press("ArrowRight", "ArrowUp")
    page.press("ArrowRight", shift=True)
    page.press("+")
    after = page.state
    assert np.all(np.greater(after["means"][:2], before["means"][:2]))
    assert after["weights"][0] == pytest.approx(before["weights"][0] + 0.02)
    page.press("Tab", "ArrowRight")
    assert page.focused().startswith("End of the longer axis")
    assert page.state["covariances"][:4] != after["covariances"][:4]
    page.tab_to("restart")
    page.press("Enter")
    assert page.state["iterations"] == 0
    page.press("r")
    assert page.state["converged"]
    page.press("t")
    assert "272 rows, 2 components" in page.text("#status")
    page.press("?")
    assert page.browser.evaluate("document.getElementById('help').open")
    page.tab_to("letters")
    page.press(" ")
    page.press("Escape")
    page.press("s")
    assert page.state["converged"]  # letters are off
    assert_quiet(page)


def answer(page: ExplorerPage, number: int, text: str) -> str:
    page.tab_to(f"answer-{number}", 120)
    page.write(text)
    page.press("Enter")
    page.browser.next_frame()
    return page.text(f".tasks > li:nth-child({number + 1}) .told")


def test_the_tour_by_keyboard_alone(page: ExplorerPage) -> None:
    page.press("w")
    page.tab_to("Draw one animal")
    page.press("Enter", "Enter", "Enter")
    assert page.text(".tasks > li:first-child .told") == "Done."
    assert answer(page, 1, "50").startswith("50 is too low")
    page.browser.evaluate("document.getElementById('answer-1').select()")
    assert answer(page, 1, "100").startswith("Right")
    page.tab_to("Go on to b)")
    page.press("Enter")
    assert answer(page, 0, "0,0405").startswith("Right")
    assert answer(page, 1, "2/3").startswith("Right")
    page.tab_to("Go on to c)")
    page.press("Enter")
    assert "4/10" in answer(page, 0, "40%")
    page.tab_to("Go on to d)")
    page.press("Enter")
    assert "0.667" not in page.text("#tour-step table")  # E is still to be done
    page.press("e")
    assert "0.667" in page.text("#tour-step table")
    assert answer(page, 1, "0.665").startswith("Right")
    assert answer(page, 2, "3.75").startswith("Right")
    page.tab_to("Go on to e)")  # letters do not press buttons while one writes
    page.press("m")
    assert "3.750" in page.text(".tasks > li:last-child .told")
    page.press("Enter", "n", "n", "n", "n", "n", "n", "r", "1", "ArrowRight")
    page.press("ArrowRight", shift=True)
    done = "document.querySelectorAll('.tasks .done').length"
    assert page.browser.evaluate(done) == 3
    places = "[...document.querySelectorAll('#tour-places .done')].map(b => b.textContent).join('')"
    assert page.browser.evaluate(places) == "abcde"
    assert_quiet(page)


def test_answers_are_of_the_question_whatever_was_pressed(page: ExplorerPage) -> None:
    page.click("#open-tour")
    page.click("#tour-places li:nth-child(2) button")
    page.click("#run")
    assert answer(page, 0, "0.0405").startswith("Right")
    page.click("#tour-places li:nth-child(4) button")
    page.click("#more")
    page.click("#run")
    assert answer(page, 1, "0.665").startswith("Right")
    page.click("#less")
    page.click("#columns input")
    assert answer(page, 2, "3.75").startswith("Right")
    assert_quiet(page)


def test_the_rest_of_the_tour_can_be_shown(page: ExplorerPage) -> None:
    page.choose("across", "1")
    page.click("#e")
    page.click("#m")
    before = page.state
    page.click("#open-tour")
    for step in (6, 7, 8):
        page.click(f"#tour-places li:nth-child({step}) button")
        page.click("#more")
        page.choose("algorithm", "stochastic")  # which "Show me" does not mind
        page.browser.evaluate(
            "[...document.querySelectorAll('.tasks .quiet-button')]"
            ".filter(b => b.textContent === 'Show me').forEach(b => b.click())"
        )
        page.browser.next_frame()
        told = page.browser.evaluate(
            "[...document.querySelectorAll('.told')].map(t => t.textContent)"
        )
        assert [text.split()[0] for text in told] == ["Done.", "Right."]
    page.browser.evaluate("document.getElementById('answer-1').select()")
    assert answer(page, 1, "2").startswith("Not 2. ")
    page.click("#tour-close")
    after = page.state
    assert page.text("h1") == "faithful.csv"
    assert after["means"] == pytest.approx(before["means"])
    assert after["view"] == before["view"] == {"across": 1, "up": 0}
    assert page.browser.evaluate("way.value") == "k-means++"
    assert_quiet(page)

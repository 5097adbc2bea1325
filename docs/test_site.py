"""The built site, by `make docs`: nothing comes from a network, and pages are as wide as a phone.

Not among the other tests: there is no site before it is built.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[1]
SITE = REPOSITORY / "build" / "docs"
sys.path.insert(0, str(REPOSITORY / "tests" / "report"))

from report_browser import Page, find_chromium  # noqa: E402

#: What a browser fetches by itself; `a` is for people to follow.
FETCHED = {
    "audio": "src",
    "embed": "src",
    "iframe": "src",
    "img": "src",
    "link": "href",
    "object": "data",
    "script": "src",
    "source": "src",
    "video": "src",
}

OPENED = (
    "index",
    "start",
    "worksheet",
    "try-it",
    "which-model",
    "formulas",
    "families",
    "guides",
    "gallery/index",
    "gallery/plot_em_step_by_step",
    "api/index",
    "api/generated/mixtura.GaussianMixture",
    "decisions/README",
)


class Fetches(HTMLParser):
    """The addresses that a page fetches."""

    def __init__(self, page: Path) -> None:
        super().__init__()
        self.addresses: list[str] = []
        self.feed(page.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        address = dict(attrs).get(FETCHED.get(tag, ""))
        if address:
            self.addresses.append(address)


def elsewhere(address: str) -> bool:
    return re.match(r"(https?:)?//", address.strip()) is not None


def test_pages_fetch_nothing_from_elsewhere() -> None:
    pages = sorted(SITE.rglob("*.html"))
    assert len(pages) > 100
    found = {
        str(page.relative_to(SITE)): [a for a in Fetches(page).addresses if elsewhere(a)]
        for page in pages
    }
    assert {page: addresses for page, addresses in found.items() if addresses} == {}


def test_styles_fetch_nothing_from_elsewhere() -> None:
    styles = sorted(SITE.rglob("*.css"))
    assert styles
    fetched = r"(?:@import\s+|url\(\s*)['\"]?((?:https?:)?//[^'\")\s]+)"
    found = [re.findall(fetched, style.read_text(encoding="utf-8")) for style in styles]
    assert [address for addresses in found for address in addresses] == []


def test_programs_of_the_gallery_run_without_a_warning() -> None:
    programs = sorted((SITE / "docs" / "gallery").glob("plot_*.html"))
    assert programs
    assert [page.stem for page in programs if "Warning: " in page.read_text("utf-8")] == []


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    executable = find_chromium()
    assert executable, "the site is looked at in Chromium, which is not installed"
    with Page(executable, tmp_path_factory.mktemp("profile")) as page:
        yield page


@pytest.mark.parametrize("name", OPENED)
def test_a_page_opens_without_network_errors_or_overflow(browser: Page, name: str) -> None:
    for width in (390, 1280):
        browser.resize(width)
        browser.open(SITE / "docs" / f"{name}.html")
        browser.next_frame()
        assert [url for url in browser.requests() if not url.startswith(("file:", "data:"))] == []
        assert [event for event in browser.complaints() if is_error(event)] == []
        assert browser.evaluate("document.documentElement.scrollWidth") <= width


def test_links_and_pictures_of_the_gallery_are_named(browser: Page) -> None:
    browser.open(SITE / "docs" / "gallery" / "index.html")
    names = browser.evaluate(
        "[...document.querySelectorAll('.sphx-glr-thumbcontainer a')].map(a => a.innerText.trim())"
    )
    assert len(names) > 10
    assert all(names)
    programs = sorted((SITE / "docs" / "gallery").glob("plot_*.html"))
    assert [page.stem for page in programs if "&lt;Axes" in page.read_text("utf-8")] == []


def test_what_opens_a_part_is_named(browser: Page) -> None:
    browser.open(SITE / "docs" / "api" / "plot.html")
    names = browser.evaluate(
        "[...document.querySelectorAll('summary')].map(s => s.ariaLabel ?? s.innerText.trim())"
    )
    assert names
    assert all(names)


def is_error(event: dict[str, object]) -> bool:
    """Whether it is more than the theme's word on what it does."""
    parameters = event["params"]
    assert isinstance(parameters, dict)
    return event["method"] != "Runtime.consoleAPICalled" or parameters["type"] in {
        "error",
        "warning",
    }

"""The page in a frame of a notebook: it draws there, reaches nothing outside, and asks nobody."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from report_browser import Page, find_chromium

import mixtura as mx


def test_reports_draw_themselves_in_frames(tmp_path: Path) -> None:
    executable = find_chromium()
    if executable is None:
        pytest.skip("neither chromium nor google-chrome is installed")
    X = np.random.default_rng(0).normal(size=(200, 2)) + 5.0 * (np.arange(200)[:, None] % 2)
    gm = mx.GaussianMixture(2, random_state=0).fit(X)
    frames = [gm.report(X, title=f"table {number}")._repr_html_() for number in range(2)]
    notebook = tmp_path / "notebook.html"
    notebook.write_text("<!doctype html><title>n</title>" + "".join(frames), "utf-8")
    with Page(executable, tmp_path / "profile") as page:
        page.open(notebook)
        page.next_frame()
        titles = []
        for frame in page.frames():
            with page.inside(frame):
                assert page.evaluate("document.documentElement.dataset.drawn") == "yes"
                assert page.evaluate("location.origin") == "null"  # nobody's
                titles.append(page.evaluate("document.title"))
        assert sorted(titles) == ["table 0", "table 1"]
        heights = page.evaluate(
            "[...document.querySelectorAll('iframe')].map(each => each.clientHeight)"
        )
        assert heights == [720, 720]
        assert page.complaints() == []
        assert [url for url in page.requests() if not url.startswith(("file:", "about:"))] == []

"""Every example of the gallery runs as it is, and draws something."""

from __future__ import annotations

import ast
import runpy
from pathlib import Path

import pytest
from matplotlib import pyplot

GALLERY = Path(__file__).parents[2] / "examples" / "gallery"
EXAMPLES = sorted(GALLERY.glob("*.py"))


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.stem)
def test_examples_run(example: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(GALLERY)  # as a gallery runs them
    runpy.run_path(str(example))
    figures = [pyplot.figure(number) for number in pyplot.get_fignums()]
    assert figures
    assert all(figure.axes for figure in figures)
    for figure in figures:
        figure.canvas.draw()


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.stem)
def test_examples_are_named_and_titled(example: Path) -> None:
    assert example.stem.startswith("plot_")
    title, line, *_ = (ast.get_docstring(ast.parse(example.read_text("utf-8"))) or "").splitlines()
    assert line == "=" * len(title)

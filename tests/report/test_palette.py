"""Colors of pictures are those of the page."""

from __future__ import annotations

import re
from importlib.resources import files

import numpy as np
import pytest

from mixtura.report.palette import COLORS, NOISE, color_of, colors_of, mixed


def test_the_page_and_pictures_have_the_same_colors() -> None:
    script = files("mixtura.report").joinpath("web", "colour.js").read_text("utf-8")
    light = re.search(r"const LIGHT = \[(.*?)\];", script, re.S)
    noise = re.search(r'const NOISE = \{ light: "(.*?)"', script)
    assert light is not None
    assert tuple(re.findall('"(.*?)"', light[1])) == COLORS
    assert noise is not None
    assert noise[1] == NOISE


def test_rows_of_one_component_have_its_color() -> None:
    colors = colors_of(11, noise=True)
    assert colors == [*COLORS, *COLORS[:2], NOISE]
    assert color_of(9) == COLORS[0]
    channels = [[int(color[at : at + 2], 16) for at in (1, 3, 5)] for color in colors]
    np.testing.assert_allclose(255.0 * mixed(colors, np.eye(12)), channels, atol=0.05)


@pytest.mark.parametrize(
    ("shares", "rgb"),
    # As the page's own script has them.
    [
        ([0.5, 0.5, 0.0], (114, 121, 118)),
        ([0.2, 0.3, 0.5], (134, 78, 60)),
        ([1.0, 1.0, 0.0], (114, 121, 118)),
    ],
)
def test_mixtures_are_those_of_the_page(shares: list[float], rgb: tuple[int, ...]) -> None:
    found = mixed(list(COLORS[:3]), np.array([shares]))
    assert tuple(np.rint(255.0 * found[0]).astype(int)) == rgb

"""Colors of components, the same as on the page (`web/colour.js`), and their mixtures in OKLab.

Equal steps in OKLab look about equal (Ottosson 2020, "A perceptual color space for image
processing").
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

__all__ = ["COLORS", "NOISE", "color_of", "colors_of", "mixed"]

Floats: TypeAlias = NDArray[np.float64]

#: Nine hues of which every pair stays apart, for color-blind readers as well.
COLORS = (
    "#1a609e",
    "#b8892d",
    "#800902",
    "#341f97",
    "#00aa95",
    "#9e366f",
    "#5d2869",
    "#846324",
    "#767ab5",
)

#: Noise has no hue.
NOISE = "#8b877f"

_TO_LMS = np.array(
    [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ]
)
_TO_LAB = np.array(
    [
        [0.2104542553, 0.793617785, -0.0040720468],
        [1.9779984951, -2.428592205, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.808675766],
    ]
)
_TO_CUBE_ROOTS = np.array(
    [
        [1.0, 0.3963377774, 0.2158037573],
        [1.0, -0.1055613458, -0.0638541728],
        [1.0, -0.0894841775, -1.291485548],
    ]
)
_TO_RGB = np.array(
    [
        [4.0767416621, -3.3077115913, 0.2309699292],
        [-1.2684380046, 2.6097574011, -0.3413193965],
        [-0.0041960863, -0.7034186147, 1.707614701],
    ]
)


def color_of(component: int) -> str:
    """Of a component by its number: beyond the ninth the hues come again."""
    return COLORS[component % len(COLORS)]


def colors_of(n_clusters: int, noise: bool) -> list[str]:
    """Of all columns of responsibilities: those of the clusters, and of noise if there is any."""
    return [*map(color_of, range(n_clusters)), *([NOISE] if noise else [])]


def mixed(colors: list[str], shares: Floats) -> Floats:
    """Colors of rows that belong to several components.

    Parameters
    ----------
    colors : list of str, length k
        Such as '#1a609e'.
    shares : ndarray of shape (n, k)
        Responsibilities; rows need not sum to 1.

    Returns
    -------
    ndarray of shape (n, 3)
        Red, green and blue, from 0 to 1.

    Examples
    --------
    >>> mixed(["#000000", "#ffffff"], np.array([[1.0, 0.0], [0.5, 0.5]])).round(2).tolist()
    [[0.0, 0.0, 0.0], [0.39, 0.39, 0.39]]
    """
    total = shares.sum(axis=1, keepdims=True)
    lab = shares @ _oklab(colors) / np.where(total > 0.0, total, 1.0)
    rgb = np.clip((lab @ _TO_CUBE_ROOTS.T) ** 3 @ _TO_RGB.T, 0.0, 1.0)
    colored: Floats = np.where(rgb <= 0.0031308, 12.92 * rgb, 1.055 * rgb ** (1 / 2.4) - 0.055)
    return colored


def _oklab(colors: list[str]) -> Floats:
    """Places (k, 3) of colors."""
    channels = np.array([[int(color[at : at + 2], 16) for at in (1, 3, 5)] for color in colors])
    srgb = channels / 255.0
    linear = np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)
    lab: Floats = np.cbrt(linear @ _TO_LMS.T) @ _TO_LAB.T
    return lab

"""The HTML page of a report: template, style, scripts and data put into one text."""

import html
from collections.abc import Mapping
from importlib.resources import files
from importlib.resources.abc import Traversable

from mixtura.report.bundle import bundle, fill, json_block, policy

# Every module comes after the modules it imports from.
MODULES = (
    "colour.js",
    "scales.js",
    "points.js",
    "bell.js",
    "curve.js",
    "mass.js",
    "dom.js",
    "frame.js",
    "flags.js",
    "levels.js",
    "labels.js",
    "highlight.js",
    "legend.js",
    "tips.js",
    "saving.js",
    "explorer.js",
    "scatter.js",
    "histogram.js",
    "criterion.js",
    "trace.js",
    "starts.js",
    "probabilities.js",
    "uncertainty.js",
    "components.js",
    "profiles.js",
    "beside.js",
    "merging.js",
    "patterns.js",
    "missing.js",
    "words.js",
    "report.js",
)

# The first one is for the explorer, too.
STYLES = ("paper.css", "report.css")


def render(payload: Mapping[str, object]) -> str:
    """Write the report as one self-contained HTML page.

    Parameters
    ----------
    payload : mapping
        What `build_payload` returns: JSON values only, every number finite.

    Returns
    -------
    str
        The page; it loads nothing and works from a file.

    Raises
    ------
    ValueError
        If the payload holds a number that is not finite.
    """
    web = files(__package__).joinpath("web")
    style = "".join("\n" + web.joinpath(name).read_text("utf-8") for name in STYLES)
    script = "\n" + bundle({name: _module(web, name) for name in MODULES})
    slots = {
        "policy": policy(script, style),
        "title": html.escape(str(payload["title"])),
        "style": style,
        "payload": json_block(payload),
        "script": script,
    }
    template = web.joinpath("template.html").read_text("utf-8")
    return fill(template, slots)


def _module(web: Traversable, name: str) -> str:
    return web.joinpath(name).read_text("utf-8")

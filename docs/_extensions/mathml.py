"""Formulas as MathML, made by the build: browsers draw them without a script or a font."""

from __future__ import annotations

import re
from typing import Any

from docutils import nodes
from latex2mathml.converter import convert
from sphinx.application import Sphinx
from sphinx.util.logging import getLogger

_LOGGER = getLogger(__name__)

# The names of functions are operators, with a thin space about them: d log x, not dlogx.
_FUNCTIONS = re.compile(r"<mi>\\?(arg|det|exp|log|max|min)</mi>")
_OPERATOR = r'<mo lspace="0.17em" rspace="0.17em">\1</mo>'

# Bars of absolute values and norms are as high as a line, and close to what they hold.
_BARS = re.compile(r'<mo(?: stretchy="false")?>(&#x0(?:2016|007C);)</mo>')
_BAR = r'<mo stretchy="false" lspace="0" rspace="0">\1</mo>'


def _drawn(formula: str, display: str) -> str:
    made = convert(formula.replace(r"\_", "_"), display=display)
    made = _BARS.sub(_BAR, _FUNCTIONS.sub(_OPERATOR, made))
    if "\\" in made:
        _LOGGER.warning("a command of this formula is not known to latex2mathml: %s", formula)
    return made


def visit_inline(writer: Any, node: nodes.math) -> None:
    """Write a formula within a line."""
    writer.body.append(_drawn(node.astext(), "inline"))
    raise nodes.SkipNode


def visit_block(writer: Any, node: nodes.math_block) -> None:
    """Write a formula of its own, in a box that scrolls where the window is narrow."""
    writer.body.append(f'<div class="formula">{_drawn(node.astext(), "block")}</div>')
    raise nodes.SkipNode


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the renderer `mathml`."""
    app.add_html_math_renderer(
        "mathml", inline_renderers=(visit_inline, None), block_renderers=(visit_block, None)
    )
    return {"parallel_read_safe": True, "parallel_write_safe": True}

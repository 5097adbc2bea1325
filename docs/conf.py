"""The documentation site, by `make docs`.

Its source folder is the repository, so that links between pages are the same on GitHub.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

import polars
from sphinx.application import Sphinx

import mixtura

DOCS = Path(__file__).parent
sys.path.insert(0, str(DOCS / "_extensions"))

_PROGRAM = re.compile(r"\]\((?:\.\./)?examples/gallery/(plot_\w+|README)\.(?:py|rst)\)")

project = "mixtura"
author = "The mixtura developers"
release = version = mixtura.__version__
root_doc = "docs/index"

extensions = [
    "mathml",
    "myst_parser",
    "numpydoc",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx_gallery.gen_gallery",
]

include_patterns = ["*.md", "benchmarks/*.md", "docs/**", "examples/README.md"]
exclude_patterns = [
    ".*",
    "build",
    "results",
    "src",
    "tests",
    "tools",
    "docs/_*",
    "docs/gallery/**/*.ipynb",
    "docs/gallery/**/*.md5",
]

nitpicky = True
nitpick_ignore_regex = [("std:ref", ".*")]  # of docstrings that come from scikit-learn
suppress_warnings = ["myst.header"]  # benchmarks/NOTES.md is the end of another page
default_role = "literal"  # names in docstrings are code

myst_enable_extensions = ["colon_fence", "dollarmath"]
myst_fence_as_directive = ["math"]
myst_heading_anchors = 4
html_math_renderer = "mathml"

autosummary_generate = True
autodoc_typehints = "none"
autodoc_member_order = "bysource"
templates_path = ["docs/_templates"]  # seen from the source folder
numpydoc_show_class_members = False
toc_object_entries_show_parents = "hide"

sphinx_gallery_conf = {
    "examples_dirs": "examples/gallery",
    "gallery_dirs": "docs/gallery",
    "filename_pattern": "/plot_",
    "show_memory": False,
    "capture_repr": ("_repr_html_",),  # pictures say more than the names of their axes
    "min_reported_time": 3600,
    "download_all_examples": False,
    "remove_config_comments": True,
    "write_computation_times": False,
}

html_theme = "pydata_sphinx_theme"
html_title = "mixtura"
html_static_path = ["_static"]
html_extra_path = ["_root"]
html_css_files = ["site.css"]
html_copy_source = False
html_show_sourcelink = False
html_theme_options = {
    "header_links_before_dropdown": 8,
    "navbar_align": "left",
    "secondary_sidebar_items": {"**": ["page-toc"], "docs/index": [], "docs/try-it": []},
    "show_toc_level": 2,
    "collapse_navigation": True,
    "navigation_with_keys": False,
    "footer_start": ["copyright"],
    "footer_end": [],
    "logo": {"text": "mixtura"},
    "navbar_persistent": ["search-button"],
    "pygments_light_style": "a11y-high-contrast-light",
}
html_context = {"default_mode": "auto"}
html_sidebars = {
    f"docs/{page}": [] for page in ("start", "worksheet", "try-it", "which-model", "formulas")
}
copyright = "The mixtura developers, BSD 3-Clause"


def link_gallery(app: Sphinx, docname: str, source: list[str]) -> None:
    """Lead to the page of a program of the gallery, where GitHub shows the program itself."""
    to_page = _PROGRAM.sub(r"](/docs/gallery/\1.rst)", source[0])
    source[0] = to_page.replace("/docs/gallery/README.rst", "/docs/gallery/index.rst")


def write_explorer(app: Sphinx, failure: Exception | None) -> None:
    """Write the explorer's page of Old Faithful, which docs/try-it.md has in a frame."""
    table = polars.read_csv(DOCS.parent / "examples" / "faithful.csv")
    mixtura.explore(table, title="Old Faithful").save(Path(app.outdir) / "explorer.html")


def name_toggles(app: Sphinx, failure: Exception | None) -> None:
    """Give what opens a part of the sidebar a name, which the theme leaves out."""
    unnamed = '<summary><span class="toctree-toggle"'
    named = unnamed.replace("<summary>", '<summary aria-label="Pages of this part">')
    for page in Path(app.outdir).rglob("*.html"):
        text = page.read_text("utf-8")
        if unnamed in text:
            page.write_text(text.replace(unnamed, named), "utf-8")


def setup(app: Sphinx) -> None:
    """Have what is not Sphinx's own written as well."""
    app.connect("source-read", link_gallery)
    app.connect("build-finished", write_explorer)
    app.connect("build-finished", name_toggles)

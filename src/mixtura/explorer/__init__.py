"""The explorer: a page on which EM runs step by step on a table, in a browser or a notebook."""

from mixtura.explorer.page import render
from mixtura.explorer.table import MOST_ROWS, Table

__all__ = ["MOST_ROWS", "Table", "render"]

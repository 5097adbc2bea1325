"""The data of the explorer's page, as JSON."""

from __future__ import annotations

import base64

import numpy as np

from mixtura import __version__
from mixtura.explorer.table import Table

__all__ = ["build_payload"]


def build_payload(table: Table) -> dict[str, object]:
    """What the page knows of a table.

    Returns
    -------
    dict
        format, version
            What this is.
        generator : str
        title : str
        columns : list of str
            Their names.
        n : int
            Rows that are here.
        values : str
            The cells column by column, to the last bit: doubles, the lowest byte first, in base64;
            NaN where one is missing.
        rows_total : int
            Rows of the whole table.
        sampled_from : int or None
            The same where the rows are a sample.
        notes : list of str
            What was left out, in sentences to show.
    """
    cells = np.ascontiguousarray(table.values.T, dtype="<f8")
    return {
        "format": "mixtura-explorer",
        "version": 1,
        "generator": f"mixtura {__version__}",
        "title": table.title,
        "columns": list(table.names),
        "n": len(table.values),
        "values": base64.b64encode(cells.tobytes()).decode("ascii"),
        "rows_total": table.n_rows,
        "sampled_from": table.sampled_from,
        "notes": list(table.notes),
    }

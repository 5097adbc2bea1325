"""The errors of the package. Each message says what was wrong, what was expected, what to do."""

from __future__ import annotations

import re
from typing import Self

__all__ = [
    "CellError",
    "DataError",
    "DataWarning",
    "DegenerateError",
    "MixturaError",
    "ModelFileError",
]


class MixturaError(ValueError):
    """Something the user can mend: data, parameters or a file that cannot be used as given."""


class DataError(MixturaError):
    """A table that cannot be used as given."""


# Codes for missing values: -99, 999, '-9999'.
_NINES = re.compile(r"'?-?99+(\.0*)?'?")


class CellError(DataError):
    """A cell that its column cannot have.

    Attributes
    ----------
    column : str
    cell : str
        What it says.
    row : int
        As whoever raised it counts rows; who counts them in another way says it anew.
    expected : str
        The end of the sentence, after a colon: 'a count is 0, 1, 2, ...'.
    n_more : int
        Further cells like it.
    """

    def __init__(self, column: str, cell: str, row: int, expected: str, n_more: int = 0) -> None:
        super().__init__(column, cell, row, expected, n_more)
        self.column, self.cell, self.row = column, cell, row
        self.expected, self.n_more = expected, n_more

    def __str__(self) -> str:
        more = f" (and {self.n_more:,} more such cells)" if self.n_more else ""
        told = f"Column {self.column} has {self.cell} in row {self.row}{more}: {self.expected}."
        if not _NINES.fullmatch(self.cell):
            return told
        return f"{told} If {self.cell} stands for a missing value, leave the cell empty (NaN)."

    def in_row(self, row: int) -> Self:
        """The same of a row with another number."""
        return type(self)(self.column, self.cell, row, self.expected, self.n_more)


class DegenerateError(MixturaError):
    """A component collapsed onto too few distinct rows for its parameters to be estimated."""


class ModelFileError(MixturaError):
    """A model file that is not one, is damaged, or comes from a later version."""


class DataWarning(UserWarning):
    """The fit went through, but the data or the result have a property that one should know of.

    `notes_` of the estimator has the same texts. What is said of the result, such as components
    that owe their likelihood to a few rows, is also a `ConvergenceWarning` of scikit-learn. One
    line silences all of it, `warnings.filterwarnings("ignore", category=mixtura.DataWarning)`;
    the variable `PYTHONWARNINGS=ignore::mixtura.DataWarning` reaches worker processes as well.
    """

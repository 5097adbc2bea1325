"""The principal axes of weighted rows, from whichever side of the table is shorter."""

from __future__ import annotations

import numpy as np

from mixtura.typing import FloatArray

__all__ = ["principal_axes"]


def principal_axes(rows: FloatArray, weight: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Eigenvalues and eigenvectors of the scatter matrix sum_i v_i x_i x_i^T.

    Where there are fewer rows than columns it is not made: the rows' products with each other
    have the same eigenvalues, but for zeros.

    Parameters
    ----------
    rows : ndarray of shape (n, d)
    weight : ndarray of shape (n,)

    Returns
    -------
    spread : ndarray of shape (r,)
        Ascending, with r = min(n, d).
    axes : ndarray of shape (d, r)
        In columns. With n < d those whose spread is rounding are nothing but that.

    Examples
    --------
    >>> import numpy as np
    >>> principal_axes(np.array([[3.0, 0.0, 4.0]]), np.array([2.0]))
    (array([50.]), array([[0.6],
           [0. ],
           [0.8]]))
    """
    n, d = rows.shape
    if d <= n:
        spread, axes = np.linalg.eigh((weight[:, None] * rows).T @ rows)
        return spread, axes
    scaled = np.sqrt(weight)[:, None] * rows
    spread, shares = np.linalg.eigh(scaled @ scaled.T)
    axes = scaled.T @ shares
    lengths = np.sqrt(np.square(axes).sum(axis=0))
    np.divide(axes, lengths, out=axes, where=lengths > 0.0)
    return spread, axes

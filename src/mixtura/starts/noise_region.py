"""The volume that a table's rows fill: the smaller of two boxes about them.

One box lies along the features, the other along the principal axes of the standardized rows
(of the correlation matrix), so that the units of the features change nothing. The model
(Banfield and Raftery 1993) asks for the hypervolume of the region that the data come from; the box
is our estimate of it.
"""

from __future__ import annotations

import numpy as np

from mixtura.errors import DataError, MixturaError
from mixtura.families.noise import Box
from mixtura.sources import Chunk, Source, Summary
from mixtura.starts.principal_axes import principal_axes
from mixtura.statistics import Extent, Moments
from mixtura.typing import FloatArray

__all__ = ["box_about", "resized"]

# Rounding of a value, as a share of it.
_ROUNDING = 64.0 * np.finfo(np.float64).eps

# A side below this, in deviations, is flat: the correlation matrix resolves only squares of it.
_FLAT = np.sqrt(_ROUNDING)

# Between these widths squares of places in a box are ordinary numbers, and model files hold them.
_NARROWEST, _WIDEST = 1e-99, 1e99


def box_about(source: Source, summary: Summary, floor: float) -> Box:
    """The box about all rows that has the smaller volume; with gaps that along the features.

    Parameters
    ----------
    source : Source
    summary : Summary
        Of the source.
    floor : float
        Least variance of a component, as a share of the features' variances. No side is shorter
        than sqrt(2 pi floor) deviations: as long as the uniform density that is as high as the
        narrowest bell. So a column that is constant, or a combination of others, does not
        change whether a row is noise.

    Raises
    ------
    DataError
        If the rows fill no volume and the floor is 0.
    """
    least = np.sqrt(2.0 * np.pi * floor)
    boxes = [_box(summary, np.eye(source.n_features), _along_features(summary), least)]
    if not source.gappy:  # of a turned box the observed columns have no constant density
        axes = _principal_axes(source, summary)
        boxes.append(_box(summary, axes, _along(axes, source, summary), least))
    solid = [box for box in boxes if np.isfinite(box.log_volume)]
    if not solid:
        raise DataError(
            "The rows fill no volume, as some column is constant or a combination of others, so "
            "the noise has no density. Leave that column out, or use a reg_covar above 0."
        )
    return min(solid, key=lambda box: box.log_volume)


def resized(box: Box, volume: float) -> Box:
    """The box stretched about its center to a given volume.

    Raises
    ------
    MixturaError
        If it would be too narrow or too wide along some feature.
    """
    d = len(box.center)
    log_stretch = (np.log(volume) - box.log_volume) / d
    widths = np.log(np.abs(box.edges).max(axis=0))
    least, most = np.log(_NARROWEST) - widths.min(), np.log(_WIDEST) - widths.max()
    if not least <= log_stretch <= most:
        powers = (np.array([least, most]) * d + box.log_volume) / np.log(10.0)
        low, high = powers.round(6)
        raise MixturaError(
            f"noise={volume!r} is a volume for which the box about the rows would be narrower than "
            f"{_NARROWEST:.0e} or wider than {_WIDEST:.0e} along some feature; expected a volume "
            f"from 1e{np.ceil(low):+.0f} to 1e{np.floor(high):+.0f}, or True for that of the rows, "
            f"which is about 1e{box.log_volume / np.log(10.0):+.0f}."
        )
    return Box(box.center, np.exp(log_stretch) * box.edges)


def _principal_axes(source: Source, summary: Summary) -> FloatArray:
    """Eigenvectors of the correlation matrix, in the columns."""
    if summary.n_rows < source.n_features:
        return _completed_axes(source, summary)

    def scatter(chunk: Chunk) -> Moments:
        rows = summary.standardized(chunk.X)
        return Moments.of(rows, chunk.weight[:, None], diagonal=False)

    axes: FloatArray = np.linalg.eigh(source.map_reduce(scatter).scatter[0])[1]
    return axes


def _completed_axes(source: Source, summary: Summary) -> FloatArray:
    """The same of fewer rows than columns, which span some of the axes only."""
    chunks = list(source.map(lambda chunk: (summary.standardized(chunk.X), chunk.weight)))
    rows, weight = (np.concatenate(parts) for parts in zip(*chunks, strict=True))
    spanned = principal_axes(rows, weight)[1]
    # The longest first: each is kept as it is but for what the ones before it have of it.
    return np.linalg.qr(spanned[:, ::-1], mode="complete")[0]


def _along_features(summary: Summary) -> Extent:
    """How far the standardized rows reach."""
    reach = summary.extent.minimum, summary.extent.maximum
    return Extent(*map(summary.standardized, reach))


def _along(axes: FloatArray, source: Source, summary: Summary) -> Extent:
    """How far they reach along some axes (d, d)."""

    def reach(chunk: Chunk) -> Extent:
        along = summary.standardized(chunk.X) @ axes
        return Extent(along.min(axis=0), along.max(axis=0))

    return source.map_reduce(reach)


def _box(summary: Summary, axes: FloatArray, extent: Extent, least: float) -> Box:
    """The box along some axes of the standardized rows that reaches so far along each."""
    sides = extent.maximum - extent.minimum
    offset = np.abs(summary.center / summary.scales).max()
    sides = np.maximum(np.where(sides > max(_FLAT, _ROUNDING * offset), sides, 0.0), least)
    middle = 0.5 * (extent.minimum + extent.maximum)
    return Box(
        summary.center + (axes @ middle) * summary.scales,
        (sides * axes).T * summary.scales,
    )

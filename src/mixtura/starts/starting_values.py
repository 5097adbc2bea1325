"""The mixture where each start of EM begins."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Protocol, TypeAlias

import numpy as np

from mixtura.em import Start, begin, e_step, gather
from mixtura.errors import MixturaError
from mixtura.families.family import Family, as_they_are
from mixtura.families.noise import Box, with_noise
from mixtura.mixing_weights import FREE, FixedWeights, Mixing
from mixtura.mixture import Mixture
from mixtura.sources import Chunk, Source
from mixtura.starts.centers import nearest_center
from mixtura.starts.given import (
    following,
    given_labels,
    given_responsibilities,
    keeping_labels,
    noise_aside,
    shared,
)
from mixtura.starts.noise import noisy_begin
from mixtura.starts.training_rows import SetAside, TrainingRows
from mixtura.starts.ways import Ways
from mixtura.typing import AnyArray, BoolArray, FloatArray

__all__ = [
    "GivenParameters",
    "MakeFirst",
    "StartingValues",
    "first_mixtures",
    "go_on",
    "reaching_known_rows",
]

#: (number of the start) -> where it begins.
MakeFirst: TypeAlias = Callable[[int], Mixture[Any, Any]]


class GivenParameters(Protocol):
    """What the user says of the components' parameters: all of them, or some."""

    @property
    def centers(self) -> FloatArray | None:
        """Where the components are, (k, d), if that is given: rows begin at the nearest."""
        ...

    @property
    def complete(self) -> Any:
        """The parameters, if all of them are given; else None."""
        ...

    def put_into(self, params: Any, /) -> Any:
        """The parameters with what is given instead of their own."""
        ...


@dataclass(frozen=True, eq=False)
class StartingValues:
    """Where EM is to begin: what is not given is found.

    Attributes
    ----------
    ways : Ways
        To start, as far as nothing is given.
    assigned : ndarray of shape (n,) or (n, k), or (n, k + 1) with noise, or None
        Labels, -1 for noise, or responsibilities, for the rows that are fitted.
    weights : ndarray of shape (k,), or (k + 1,) with noise, or None
    parameters : GivenParameters or None
    noise : ndarray of shape (n,) or None
        Which rows begin as noise.
    numbers_matter : bool, default=True
        Whether the clusters keep the numbers that are assigned.
    """

    ways: Ways
    assigned: AnyArray | None = None
    weights: FloatArray | None = None
    parameters: GivenParameters | None = None
    noise: BoolArray | None = None
    numbers_matter: bool = True

    @property
    def numbered(self) -> bool:
        """Whether the clusters' numbers mean something, since something of theirs is given."""
        nothing = self.assigned is None and self.weights is None and self.parameters is None
        return self.numbers_matter and not nothing

    @property
    def centers(self) -> FloatArray | None:
        return None if self.parameters is None else self.parameters.centers

    @property
    def complete(self) -> Any:
        return None if self.parameters is None else self.parameters.complete

    def put_into(self, first: Mixture[Any, Any]) -> Mixture[Any, Any]:
        """The mixture with what is given instead of its own, moved to where EM rises from."""
        params = first.params if self.parameters is None else self.parameters.put_into(first.params)
        return replace(
            first,
            params=first.family.reachable(params),
            weights=first.weights if self.weights is None else self.weights,
        )


def first_mixtures(
    family: Family[Any, Any],
    source: Source,
    table: TrainingRows,
    values: StartingValues,
    *,
    k: int,
    region: Box | None,
    mixing: Mixing,
    seed: int,
) -> MakeFirst:
    """How to make the mixture where each start begins.

    With noise over a region, the components have one weight more than there are clusters.
    """
    whole = with_noise(family, region)
    if values.weights is not None and values.complete is not None:
        complete = Mixture(whole, family.reachable(values.complete), values.weights, mixing)
        return lambda number: complete
    numbered = values.centers is not None or values.assigned is not None
    # Nothing but its weight says which component is meant, and the weights will not adapt.
    unmatched = mixing == FixedWeights() and not (numbered or source.labelled)
    # With noise or labels each start has its own rows, or is made anew.
    share = gather if region is not None or source.labelled else table.gather

    def begin_at(rows: Source, start: Start) -> Mixture[Any, Any]:
        first = begin(whole, rows, start, mixing, share)
        if unmatched and values.weights is not None:
            first = _ranked_like(values.weights, first)
        return values.put_into(first)

    def starts(table: TrainingRows) -> Callable[[int], Start]:
        return _starts(table, values, family, k, seed, noise=region is not None)

    if region is None or values.assigned is not None:
        make_start = starts(table)
    else:
        rows = values.noise
        guesses = table.noise(seed) if rows is None else [SetAside.of(table, rows)]
        noisy = noisy_begin(begin_at, guesses, starts, k)
        if not source.labelled:
            return noisy
        make_start = _from_mixtures(noisy)
    if source.labelled:
        make_start = _labelled(make_start, source, None if numbered else k)
    return lambda number: begin_at(source, make_start(number))


def go_on(
    fitted: Mixture[Any, Any],
    family: Family[Any, Any],
    region: Box | None,
    mixing: Mixing,
    values: StartingValues,
) -> Mixture[Any, Any]:
    """An earlier fit's mixture, moved to where M-steps under other constraints can rise from.

    `values` are those that are fixed.
    """
    if (fitted.noise_region is None) != (region is None):
        raise MixturaError(
            f"warm_start goes on from a fit with{'out' if region else ''} noise, and now there "
            f"should be {'some' if region else 'none'}: set warm_start=False."
        )
    there = values.put_into(replace(fitted, family=with_noise(family, region), mixing=mixing))
    if mixing == FREE:
        return there
    return replace(there, weights=mixing.maximize(there.weights, there.weights))


def reaching_known_rows(first: Mixture[Any, Any], source: Source) -> Mixture[Any, Any]:
    """The mixture, its weights after an M-step if some component has known rows and no weight.

    Under any other weights such rows have no density, and a run would end where it begins.
    """
    if not source.labelled or first.weights.all():
        return first
    counts = e_step(first, source).counts
    lacking = (first.weights == 0.0) & (counts > 0.0)
    if not lacking.any():
        return first
    weights = first.mixing.maximize(counts, first.weights)
    if not weights[lacking].all():
        raise MixturaError(
            f"labels has rows of component {lacking.argmax()}, whose weight is fixed at 0: give it "
            "some weight in weights_init, or set those labels to -1."
        )
    return replace(first, weights=weights)


def _ranked_like(weights: FloatArray, first: Mixture[Any, Any]) -> Mixture[Any, Any]:
    """The mixture with its clusters in the order of size that the weights (k,) have."""
    wanted, order = weights[: first.n_clusters], np.argsort(first.clusters.weights)
    return first.take(order[np.argsort(np.argsort(wanted))])


def _starts(
    table: TrainingRows,
    values: StartingValues,
    family: Family[Any, Any],
    k: int,
    seed: int,
    *,
    noise: bool,
) -> Callable[[int], Start]:
    """The start with a given number; of the user's own rows with its column for noise.

    Centers that are given say more of the clusters than the rows that were given to them.
    """
    if values.centers is not None:
        summary = table.summary
        centers = summary.standardized(values.centers)
        given = _of_places(nearest_center(centers, summary), table.embedded(as_they_are), table)
        if noise and values.assigned is not None:
            given = noise_aside(given, _given_noise(values.assigned))
        return lambda number: given
    if values.assigned is not None:
        own = _given_start(values.assigned, k)
        return lambda number: own
    places = table.embedded(family.embedding)

    def start(number: int) -> Start:
        made = _of_places(places.start(values.ways, k, seed, number), places, table)
        return shared(made) if family.absorbing else made

    return start


def _of_places(start: Start, places: TrainingRows, table: TrainingRows) -> Start:
    """A start of places for the rows of the table that they are of.

    It is the same one, so that families can share it, where the rows are places themselves.
    """
    if places.rows is table.rows:
        return start

    def of_rows(chunk: Chunk) -> FloatArray:
        own = slice(chunk.start, chunk.start + len(chunk.rows))
        return start(replace(chunk, rows=places.rows[own]))

    return of_rows


def _from_mixtures(make_first: MakeFirst) -> Callable[[int], Start]:
    """Starts from the responsibilities under mixtures."""

    def start(number: int) -> Start:
        first = make_first(number)
        return lambda chunk: first.responsibilities(chunk.X)

    return start


def _labelled(
    make_start: Callable[[int], Start], source: Source, unnumbered: int | None
) -> Callable[[int], Start]:
    """Starts that keep the known rows of a source; the first components may have no numbers yet."""

    def start(number: int) -> Start:
        first = make_start(number)
        return keeping_labels(first if unnumbered is None else following(first, source, unnumbered))

    return start


def _given_start(assigned: AnyArray, k: int) -> Start:
    if assigned.ndim == 2:
        return given_responsibilities(assigned)
    noise = assigned.min() < 0
    return given_labels(np.where(assigned < 0, k, assigned), k + 1 if noise else k)


def _given_noise(assigned: AnyArray) -> FloatArray:
    """The share of noise in each row (n,), of labels or responsibilities with noise."""
    if assigned.ndim == 2:
        shares: FloatArray = assigned[:, -1]
        return shares
    return (assigned < 0).astype(np.float64)

"""The product of families: blocks of columns that are independent of each other in a component.

    log p_j(x) = sum_b log p_jb(x_b)

with x_b the columns of block b. What a component makes of a block is what the block's family says,
so all that is computed is computed block by block: measurements, counts and categories are
clustered together, and each keeps its own statistics.

References
----------
Hunt and Jorgensen (1999), "Mixture model clustering using the MULTIMIX program", section 2, where
blocks are called partition cells.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from functools import cache, cached_property, reduce
from itertools import accumulate, pairwise
from operator import add
from typing import Any, Self

import numpy as np

from mixtura.families.closeness import Closeness, closeness, entropies
from mixtura.families.coordinates import Coordinates
from mixtura.families.family import Embedding, Family
from mixtura.families.one_column import OneColumn, column_of
from mixtura.families.some_columns import Components, divisible
from mixtura.typing import AnyArray, FloatArray, IntArray, Selection

__all__ = ["Block", "Product", "ProductCoordinates", "ProductParameters", "ProductStatistics"]


@dataclass(frozen=True)
class Block:
    """Some columns, and what they look like in a component.

    Attributes
    ----------
    family : Family
    places : tuple of int
        Of the columns in the table.
    """

    family: Family[Any, Any]
    places: tuple[int, ...]

    def rows(self, X: AnyArray) -> Any:
        """The block's columns of rows (n, d)."""
        return np.ascontiguousarray(X[:, self.places])


@dataclass(frozen=True)
class ProductParameters:
    """Fitted numbers of k components.

    Attributes
    ----------
    parts : tuple of Parameters
        One for each block.
    """

    parts: tuple[Any, ...]

    @property
    def n_components(self) -> int:
        k: int = self.parts[0].n_components
        return k

    @property
    def n_features(self) -> int:
        return sum(part.n_features for part in self.parts)

    @property
    def sort_key(self) -> FloatArray:
        return np.hstack([part.sort_key for part in self.parts])

    def take(self, order: Selection) -> Self:
        """Before a first step some blocks may have none."""
        return type(self)(tuple(part and part.take(order) for part in self.parts))


@dataclass(frozen=True)
class ProductStatistics:
    """The statistics of all blocks.

    Attributes
    ----------
    parts : tuple of Statistics
    """

    parts: tuple[Any, ...]

    def __add__(self, other: Self) -> Self:
        return type(self)(tuple(a + b for a, b in zip(self.parts, other.parts, strict=True)))

    def __rmul__(self, factor: float) -> Self:
        return type(self)(tuple(factor * part for part in self.parts))

    def take(self, components: Selection) -> Self:
        return type(self)(tuple(part.take(components) for part in self.parts))


@dataclass(frozen=True)
class _Places:
    """Rows as the places of all blocks, side by side."""

    embeddings: tuple[tuple[Embedding, tuple[int, ...]], ...]

    def __call__(self, rows: AnyArray) -> AnyArray:
        return np.hstack([embed(rows[:, places]) for embed, places in self.embeddings])


@dataclass(frozen=True)
class Product:
    """Independent blocks of columns within each component.

    Parameters
    ----------
    blocks : tuple of Block
        Each column is in one of them.

    Examples
    --------
    >>> import numpy as np
    >>> from mixtura.families import Bernoulli, Poisson
    >>> family = Product((Block(Bernoulli(), (0,)), Block(Poisson(), (1, 2))))
    >>> X = np.array([[1.0, 3.0, 0.0], [0.0, 5.0, 2.0]])
    >>> params = family.maximize(family.statistics(None, X, np.ones((2, 1))), None)
    >>> [part.values.tolist() for part in params.parts]
    [[[0.5]], [[4.0, 1.0]]]
    """

    blocks: tuple[Block, ...]

    def log_density(self, params: ProductParameters, X: FloatArray) -> FloatArray:
        parts = zip(self.blocks, params.parts, strict=True)
        log_density, *others = (b.family.log_density(part, b.rows(X)) for b, part in parts)
        for other in others:
            log_density = log_density + other
        return log_density

    def statistics(
        self, params: ProductParameters | None, X: FloatArray, resp: FloatArray
    ) -> ProductStatistics:
        parts = zip(self.blocks, self._parts(params), strict=True)
        return ProductStatistics(
            tuple(b.family.statistics(part, b.rows(X), resp) for b, part in parts)
        )

    def of_columns(self, means: FloatArray, scales: FloatArray) -> ProductParameters | None:
        """That of each block; None if no block has any."""
        places = [list(b.places) for b in self.blocks]
        parts = [
            b.family.of_columns(means[own], scales[own])
            for b, own in zip(self.blocks, places, strict=True)
        ]
        return ProductParameters(tuple(parts)) if any(p is not None for p in parts) else None

    def expected_cells(
        self, params: ProductParameters, X: FloatArray, resp: FloatArray
    ) -> FloatArray:
        filled = np.empty(X.shape)
        for block, part in zip(self.blocks, params.parts, strict=True):
            filled[:, block.places] = block.family.expected_cells(part, block.rows(X), resp)
        return filled

    def drawn_cells(
        self, params: ProductParameters, X: FloatArray, labels: IntArray, rng: np.random.Generator
    ) -> FloatArray:
        filled = np.empty(X.shape)
        for block, part in zip(self.blocks, params.parts, strict=True):
            filled[:, block.places] = block.family.drawn_cells(part, block.rows(X), labels, rng)
        return filled

    def maximize(
        self, statistics: ProductStatistics, params: ProductParameters | None
    ) -> ProductParameters:
        parts = zip(self.blocks, statistics.parts, self._parts(params), strict=True)
        return ProductParameters(tuple(b.family.maximize(seen, part) for b, seen, part in parts))

    def _parts(self, params: ProductParameters | None) -> Sequence[Any]:
        return [None] * len(self.blocks) if params is None else params.parts

    def log_prior(self, params: ProductParameters) -> float:
        parts = zip(self.blocks, params.parts, strict=True)
        return sum(b.family.log_prior(part) for b, part in parts)

    def n_parameters(self, k: int, d: int) -> int:
        return sum(b.family.n_parameters(k, len(b.places)) for b in self.blocks)

    def sample(
        self, params: ProductParameters, labels: IntArray, rng: np.random.Generator
    ) -> FloatArray:
        X = np.empty((len(labels), params.n_features))
        for block, part in zip(self.blocks, params.parts, strict=True):
            X[:, block.places] = block.family.sample(part, labels, rng)
        return X

    def marginal(self, params: ProductParameters, places: IntArray) -> Components:
        """The blocks that have some of the columns."""
        blocks, parts = [], []
        for block, part in zip(self.blocks, params.parts, strict=True):
            own = [new for new, place in enumerate(places) if place in block.places]
            if own:
                within = np.array([block.places.index(place) for place in places[own]])
                family, some = divisible(block.family).marginal(part, within)
                blocks.append(Block(family, tuple(own)))
                parts.append(some)
        return _in_order(blocks, parts)

    def conditional(
        self, params: ProductParameters, places: IntArray, cells: FloatArray
    ) -> Components:
        """Cells say something of their own block alone; one of which all are known is no more."""
        number = np.cumsum(~np.isin(np.arange(params.n_features), places)) - 1
        blocks, parts = [], []
        for block, part in zip(self.blocks, params.parts, strict=True):
            known = np.isin(block.places, places)
            if known.all():
                continue
            family, left = block.family, part
            if known.any():
                within = np.flatnonzero(known)
                seen = [int(np.flatnonzero(places == block.places[a])[0]) for a in within]
                family, left = divisible(family).conditional(part, within, cells[seen])
            rest = np.array(block.places)[~known]
            blocks.append(Block(family, tuple(number[rest].tolist())))
            parts.append(left)
        return _in_order(blocks, parts)

    def one_column(self, params: ProductParameters, X: FloatArray, place: int) -> OneColumn:
        """That of its block, of which all rows may be alike."""
        for block, part in zip(self.blocks, params.parts, strict=True):
            if place in block.places:
                return column_of(block.family, part, block.rows(X), block.places.index(place))
        raise IndexError(place)

    def closeness(
        self, params: ProductParameters, family: Product, other: ProductParameters
    ) -> Closeness | None:
        """None where the blocks are others, or one of them has no formula."""
        if [b.places for b in self.blocks] != [b.places for b in family.blocks]:
            return None
        parts = zip(self.blocks, params.parts, family.blocks, other.parts, strict=True)
        found = [closeness(b.family, part, c.family, there) for b, part, c, there in parts]
        known = [each for each in found if each is not None]
        return reduce(add, known) if len(known) == len(found) else None

    def entropies(self, params: ProductParameters) -> FloatArray | None:
        """None where those of one block have no formula."""
        parts = zip(self.blocks, params.parts, strict=True)
        found = [entropies(b.family, part) for b, part in parts]
        known = [each for each in found if each is not None]
        return reduce(add, known) if len(known) == len(found) else None

    @property
    def embedding(self) -> Embedding:
        return _Places(tuple((b.family.embedding, b.places) for b in self.blocks))

    @property
    def gathers(self) -> Hashable:
        return tuple((b.family.gathers, b.places) for b in self.blocks)

    def n_sums(self, d: int) -> int:
        return sum(b.family.n_sums(len(b.places)) for b in self.blocks)

    def coordinates(self, params: ProductParameters, weight: float) -> ProductCoordinates | None:
        own = []
        for block, part in zip(self.blocks, params.parts, strict=True):
            coordinates = block.family.coordinates(part, weight)
            if coordinates is None:
                return None
            own.append(coordinates)
        return ProductCoordinates(tuple(own))

    def reachable(self, params: ProductParameters) -> ProductParameters:
        parts = zip(self.blocks, params.parts, strict=True)
        return ProductParameters(tuple(b.family.reachable(part) for b, part in parts))

    @property
    def bounded(self) -> bool:
        return all(b.family.bounded for b in self.blocks)

    @property
    def absorbing(self) -> bool:
        return any(b.family.absorbing for b in self.blocks)

    @property
    def blends(self) -> bool:
        return all(b.family.blends for b in self.blocks)

    def without(self, whole: ProductStatistics, seen: ProductStatistics) -> ProductStatistics:
        parts = zip(self.blocks, whole.parts, seen.parts, strict=True)
        return ProductStatistics(tuple(b.family.without(all_, own) for b, all_, own in parts))

    def upheld(
        self,
        params: ProductParameters,
        rounding: FloatArray,
        statistics: Callable[[], ProductStatistics],
    ) -> FloatArray:
        """What all blocks owe together."""
        seen = cache(statistics)

        def of_block(number: int) -> FloatArray:
            block, part = self.blocks[number], params.parts[number]
            places = list(block.places)
            return block.family.upheld(part, rounding[places], lambda: seen().parts[number])

        owed: FloatArray = np.sum([of_block(i) for i in range(len(self.blocks))], axis=0)
        return owed


@dataclass(frozen=True, eq=False)
class ProductCoordinates:
    """The coordinates of all blocks, one block after the other.

    Attributes
    ----------
    parts : tuple of Coordinates
    """

    parts: tuple[Coordinates[Any, Any], ...]

    @cached_property
    def params(self) -> ProductParameters:
        return ProductParameters(tuple(part.params for part in self.parts))

    @cached_property
    def _slices(self) -> list[slice]:
        """Where those of each block are; how many there are does not depend on the weights."""
        even = np.ones(self.params.n_components)
        sizes = [len(part.information(even)) for part in self.parts]
        return [slice(*ends) for ends in pairwise(accumulate(sizes, initial=0))]

    def information(self, weights: FloatArray) -> FloatArray:
        return np.concatenate([part.information(weights) for part in self.parts])

    def gradient(self, statistics: ProductStatistics, weight: float) -> FloatArray:
        parts = zip(self.parts, statistics.parts, strict=True)
        return np.concatenate([part.gradient(seen, weight) for part, seen in parts])

    def moved(
        self, changes: FloatArray, estimate: Callable[[], ProductParameters]
    ) -> ProductCoordinates | None:
        made = cache(estimate)

        def of_block(number: int) -> Coordinates[Any, Any] | None:
            own = changes[self._slices[number]]
            return self.parts[number].moved(own, lambda: made().parts[number])

        return _if_all([of_block(i) for i in range(len(self.parts))])

    def towards(self, params: ProductParameters) -> tuple[FloatArray, ProductCoordinates] | None:
        parts = zip(self.parts, params.parts, strict=True)
        ways = [part.towards(there) for part, there in parts]
        known = [way for way in ways if way is not None]
        if len(known) < len(ways):
            return None
        changes = np.concatenate([change for change, _ in known])
        return changes, ProductCoordinates(tuple(there for _, there in known))


def _in_order(blocks: Sequence[Block], parts: Sequence[Any]) -> Components:
    """The product of some blocks, that of the first column first: as of a table of these."""
    pairs = sorted(zip(blocks, parts, strict=True), key=lambda pair: pair[0].places)
    blocks, parts = zip(*pairs, strict=True)
    return Product(tuple(blocks)), ProductParameters(tuple(parts))


def _if_all(parts: Sequence[Coordinates[Any, Any] | None]) -> ProductCoordinates | None:
    known = tuple(part for part in parts if part is not None)
    return ProductCoordinates(known) if len(known) == len(parts) else None

"""Results of chunks merged in a fixed tree, whoever computed them and where.

Node (level, place) of the tree is of the handles from place * 2^level on, 2^level of them; it is
the sum of its two halves. Handles a to b are held as the fewest whole nodes, some for each of them
that lies on no other's machine. Two neighbors merge by adding what has become whole, so that all
engines make the same sums of the same numbers, in any order of merging. That is pairwise summation
as well: rounding grows with the logarithm of the number of chunks.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import reduce
from typing import Generic, NamedTuple, Self, TypeVar

from mixtura.sources.source import Mergeable

__all__ = ["Fold", "folded"]

M = TypeVar("M", bound=Mergeable)


class _Node(NamedTuple, Generic[M]):
    level: int
    place: int
    value: M

    @property
    def start(self) -> int:
        return self.place << self.level

    @property
    def end(self) -> int:
        return (self.place + 1) << self.level


@dataclass(frozen=True)
class Fold(Generic[M]):
    """What neighboring handles come to; a record of a few nodes that merges with its neighbor's.

    Attributes
    ----------
    nodes : tuple
        Whole nodes of the tree, in the order of the handles.

    Examples
    --------
    >>> left, right = Fold.of(0, 1.0) + Fold.of(1, 2.0), Fold.of(2, 3.0)
    >>> (left + right).total
    6.0
    """

    nodes: tuple[_Node[M], ...] = ()

    @classmethod
    def of(cls, handle: int, value: M) -> Self:
        """That of one handle."""
        return cls((_Node(0, handle, value),))

    def __add__(self, other: Self) -> Self:
        if self.nodes and other.nodes and self.nodes[-1].end != other.nodes[0].start:
            raise ValueError(
                f"Handles up to {self.nodes[-1].end} and those from {other.nodes[0].start} on are "
                "no neighbors."
            )
        nodes = list(self.nodes)
        for node in other.nodes:
            while nodes and nodes[-1].level == node.level and node.place % 2:
                before = nodes.pop()
                node = _Node(node.level + 1, node.place // 2, before.value + node.value)
            nodes.append(node)
        return type(self)(tuple(nodes))

    @property
    def total(self) -> M:
        """What all handles come to, from 0 on; there is one at least."""
        values = [node.value for node in reversed(self.nodes)]
        return reduce(lambda right, left: left + right, values)


def folded(values: Iterable[M], first: int = 0) -> Fold[M]:
    """The fold of the values of handles, in their order."""
    fold: Fold[M] = Fold()
    for handle, value in enumerate(values, first):
        fold = fold + Fold.of(handle, value)
    return fold

"""What files keep of products of families, and what people see of them, block by block."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Protocol, Self, TypeAlias

import numpy as np

from mixtura.errors import ModelFileError
from mixtura.families.description import Description, Marginal, check_names, entries_within
from mixtura.families.entries import Entries
from mixtura.families.family import Family
from mixtura.families.product.family import Block, Product, ProductParameters
from mixtura.families.schema import Column, Kind, Schema
from mixtura.persistence.entries import anything, made, mapping, record, sequence, text, whole
from mixtura.typing import FloatArray

__all__ = ["DescribedBlock", "ProductDescription"]


@dataclass(frozen=True)
class DescribedBlock:
    """Some columns, and the description of their family.

    Attributes
    ----------
    description : Description
    places : tuple of int
        Of the columns in the table.
    """

    description: Description[Any, Any]
    places: tuple[int, ...]

    def schema(self, schema: Schema) -> Schema:
        """The block's columns of those of a table."""
        return Schema(tuple(schema[place] for place in self.places))


class Kept(Protocol):
    """The description of a family that a file has by a name, with some options."""

    def __call__(self, name: str, options: Mapping[str, Any]) -> Description[Any, Any]: ...


#: Which family describes a column.
Describe: TypeAlias = Callable[[Column], Description[Any, Any]]


@dataclass(frozen=True)
class ProductDescription:
    """Of columns of several kinds.

    Attributes
    ----------
    of_column : callable
        The description of the family that a column has where nobody chooses one.
    named : callable
        The description of a name.
    kept : callable
        That of a name and options, as a file has them.
    blocks : tuple of DescribedBlock, optional
        Those of one product. Without them it is a product of whatever columns there are, each
        family's columns in one block.
    """

    of_column: Describe
    named: Callable[[str], Description[Any, Any]]
    kept: Kept
    blocks: tuple[DescribedBlock, ...] = ()

    name = "mixed"
    kinds = frozenset(Kind)

    @property
    def text(self) -> str:
        told = [_counted(block) for block in self.blocks]
        of_which = f" ({', '.join(told)})" if told else ""
        return f"blocks of columns, each of a family of its own{of_which}"

    @property
    def held_by(self) -> str:
        return "; or ".join(dict.fromkeys(block.description.held_by for block in self.blocks))

    @property
    def simpler(self) -> str:
        return next((b.description.simpler for b in self.blocks if b.description.simpler), "")

    def of(self, family: Product, describe: Callable[[Any], Description[Any, Any]]) -> Self:
        """The description of one product, from what describes the family of a block."""
        blocks = (DescribedBlock(describe(b.family), b.places) for b in family.blocks)
        return replace(self, blocks=tuple(blocks))

    def laid_out(self, schema: Schema, chosen: Mapping[str, str] | None = None) -> Self:
        """That of a product for such columns.

        Parameters
        ----------
        schema : Schema
        chosen : mapping of str to str, optional
            Names of families, by names of columns.
        """
        names = {} if chosen is None else chosen
        places: dict[str, list[int]] = {}
        for place, column in enumerate(schema):
            name = names.get(column.name) or self.of_column(column).name
            places.setdefault(name, []).append(place)
        blocks = (DescribedBlock(self.named(name), tuple(own)) for name, own in places.items())
        return replace(self, blocks=tuple(blocks))

    def _blocks(self, schema: Schema) -> tuple[DescribedBlock, ...]:
        return self.blocks or self.laid_out(schema).blocks

    def family(self, schema: Schema) -> Product:
        return Product(
            tuple(
                Block(block.description.family(block.schema(schema)), block.places)
                for block in self._blocks(schema)
            )
        )

    def columns(self, family: Product, names: Sequence[object]) -> Schema:
        columns: dict[int, Column] = {}
        for block, described in zip(family.blocks, self.blocks, strict=True):
            own = [names[place] for place in block.places]
            made = described.description.columns(block.family, own)
            columns |= zip(block.places, made, strict=True)
        return Schema(tuple(columns[place] for place in range(len(columns))))

    def check(self, X: FloatArray, schema: Schema) -> None:
        for block in self._blocks(schema):
            block.description.check(X[:, block.places], block.schema(schema))

    # ------------------------------------------------------------------------- model files

    def options(self, family: Product) -> dict[str, Any]:
        blocks = zip(family.blocks, self.blocks, strict=True)
        return {
            "blocks": [
                {
                    "family": described.description.name,
                    "columns": list(block.places),
                    "options": described.description.options(block.family),
                }
                for block, described in blocks
            ]
        }

    def arrays(self, params: ProductParameters) -> dict[str, FloatArray]:
        arrays: dict[str, FloatArray] = {}
        for number, (block, part) in enumerate(zip(self.blocks, params.parts, strict=True)):
            own = block.description.arrays(part)
            arrays |= {f"{_prefix(number, block)}{name}": own[name] for name in own}
        return arrays

    def entries(self, params: ProductParameters, schema: Schema) -> dict[str, Entries]:
        entries: dict[str, Entries] = {}
        for number, (block, part) in enumerate(zip(self.blocks, params.parts, strict=True)):
            own = block.description.entries(part, block.schema(schema))
            entries |= {f"{_prefix(number, block)}{name}": own[name] for name in own}
        return entries

    def restored(
        self, options: Mapping[str, Any], arrays: Mapping[str, FloatArray], schema: Schema
    ) -> tuple[Family[ProductParameters, Any], ProductParameters]:
        check_names("options", options, ("blocks",))
        entry = record(
            {
                "family": text(),
                "columns": sequence(whole(0, len(schema) - 1), distinct=True),
                "options": mapping(anything()),
            }
        )
        found = sequence(entry).read(options["blocks"], "options.blocks")
        _check_places([each["columns"] for each in found], len(schema))
        left, families, parts = dict(arrays), [], []
        for number, each in enumerate(found):
            place = f"options.blocks[{number}]"
            described = made(text(), partial(self.kept, options=each["options"]))
            description = described.read(each["family"], f"{place}.family")
            block = DescribedBlock(description, tuple(each["columns"]))
            prefix = _prefix(number, block)
            own = {n.removeprefix(prefix): left.pop(n) for n in arrays if n.startswith(prefix)}
            with entries_within(f"{place}.options", f"arrays.{prefix}"):
                family, part = block.description.restored(
                    each["options"], own, block.schema(schema)
                )
            families.append(Block(family, block.places))
            parts.append(part)
        check_names("arrays", left, ())
        _check_sizes(parts)
        return Product(tuple(families)), ProductParameters(tuple(parts))

    # ----------------------------------------------------------------------------- people

    def structure(self, family: Product) -> tuple[str, str]:
        blocks = zip(family.blocks, self.blocks, strict=True)
        told = [described.description.structure(block.family) for block, described in blocks]
        known = [(name, words) for name, words in told if name]
        return ", ".join(name for name, _ in known), "; ".join(words for _, words in known)

    def restraints(self, family: Product) -> tuple[tuple[str, str], ...]:
        blocks = zip(family.blocks, self.blocks, strict=True)
        return tuple(
            told
            for block, described in blocks
            for told in described.description.restraints(block.family)
        )

    def marginal(self, params: ProductParameters, place: int, schema: Schema) -> Marginal:
        number, own = self._find(place)
        block = self.blocks[number]
        return block.description.marginal(params.parts[number], own, block.schema(schema))

    def dispersions(self, params: ProductParameters, places: Sequence[int]) -> FloatArray | None:
        """Covariances within blocks; NaN where there is nothing to know but the deviation."""
        found = [self._find(place) for place in places]
        k, m = params.n_components, len(places)
        dispersions, known = np.zeros((k, m, m)), False
        for number, (block, part) in enumerate(zip(self.blocks, params.parts, strict=True)):
            there = [i for i, (owner, _) in enumerate(found) if owner == number]
            if not there:
                continue
            own = block.description.dispersions(part, [found[i][1] for i in there])
            if own is not None:
                known = True
                dispersions[:, np.array(there)[:, None], there] = own
            else:
                dispersions[:, there, there] = np.nan
        return dispersions if known else None

    def _find(self, place: int) -> tuple[int, int]:
        """The number of a column's block, and its place there."""
        for number, block in enumerate(self.blocks):
            if place in block.places:
                return number, block.places.index(place)
        raise IndexError(place)


def _counted(block: DescribedBlock) -> str:
    n = len(block.places)
    return f"{block.description.name}: {n} column{'s' if n > 1 else ''}"


def _prefix(number: int, block: DescribedBlock) -> str:
    """Of the names of a block's arrays."""
    return f"{block.description.name}_{number}."


def _check_places(places: Sequence[Sequence[int]], d: int) -> None:
    """See that each column is in one block."""
    if sorted(place for own in places for place in own) != list(range(d)):
        raise ModelFileError(
            f"its entry 'options.blocks' has the columns {[list(own) for own in places]}; each of "
            f"0 to {d - 1} should be in one block."
        )


def _check_sizes(parts: Sequence[Any]) -> None:
    sizes = [part.n_components for part in parts]
    if len(set(sizes)) > 1:
        raise ModelFileError(
            f"its entry 'arrays' has blocks of {sizes} components; all should have as many."
        )

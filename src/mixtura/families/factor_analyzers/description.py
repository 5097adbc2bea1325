"""What files keep of factor analyzers, and what people see of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from mixtura.families.description import Bell, check_entries, check_names, refuse, stacked
from mixtura.families.entries import Entries
from mixtura.families.factor_analyzers.density import FactorAnalyzers
from mixtura.families.factor_analyzers.parameters import FactorParameters
from mixtura.families.gaussian.density import NARROWEST
from mixtura.families.schema import Kind, Schema
from mixtura.families.tie import Tie
from mixtura.persistence.entries import Entry, array, flag, record, whole
from mixtura.typing import FloatArray

__all__ = ["FactorDescription"]

# Beyond these, differences and their squares are no ordinary numbers: no table that can be fitted
# comes near.
_FURTHEST, _WIDEST = 1e100, 1e200


class FactorDescription:
    """Of factor analyzers of any number of factors."""

    name = "factors"
    text = "a mean for each column, and factors that columns have in common"
    held_by = "rows that lie in a plane, and are held at the variance floor (reg_covar)"
    simpler = "fewer factors (n_factors)"
    kinds = frozenset({Kind.CONTINUOUS, Kind.COUNT, Kind.BINARY})

    def columns(self, family: FactorAnalyzers, names: Sequence[object]) -> Schema:
        return Schema.of(names)

    def family(self, schema: Schema) -> FactorAnalyzers:
        d = len(schema)
        return FactorAnalyzers(1, np.zeros(d), np.ones(d))

    def check(self, X: FloatArray, schema: Schema) -> None:
        refuse(~np.isfinite(X), X, schema, "a measurement is a finite number")

    def options(self, family: FactorAnalyzers) -> dict[str, Any]:
        return {
            "n_factors": family.n_factors,
            "shared_uniquenesses": family.uniquenesses is Tie.SHARED,
            "floor": family.floor.tolist(),
            "units": family.units.tolist(),
        }

    def arrays(self, params: FactorParameters) -> dict[str, FloatArray]:
        """Without loadings where there are no factors."""
        loadings = {"loadings": params.loadings} if params.n_factors else {}
        return {"means": params.means, **loadings, "uniquenesses": params.uniquenesses}

    def entries(self, params: FactorParameters, schema: Schema) -> dict[str, Entries]:
        of_columns, factors = Entries.of_columns(schema), range(1, params.n_factors + 1)
        names = (f"{name}, factor {number}" for name in schema.names for number in factors)
        loadings = {"loadings": Entries(tuple(names))} if params.n_factors else {}
        return {
            "means": of_columns,
            **loadings,
            "uniquenesses": Entries.of_columns(schema, low=0.0),
        }

    def restored(
        self, options: Mapping[str, Any], arrays: Mapping[str, FloatArray], schema: Schema
    ) -> tuple[FactorAnalyzers, FactorParameters]:
        d = len(schema)
        family = _family(options, d)
        shapes = {"means": (d,), "loadings": (d, family.n_factors), "uniquenesses": (d,)}
        if not family.n_factors:
            del shapes["loadings"]
        found = dict(zip(shapes, stacked(arrays, **shapes), strict=True))
        means, own = found["means"], found["uniquenesses"]
        loadings = found.get("loadings", np.empty((*means.shape, 0)))
        near = f"a number from -{_FURTHEST:g} to {_FURTHEST:g}"
        check_entries("means", means, np.abs(means) <= _FURTHEST, near)
        ordinary = (own >= NARROWEST) & (own <= _WIDEST)
        check_entries("uniquenesses", own, ordinary, f"a number from {NARROWEST:g} to {_WIDEST:g}")
        with np.errstate(over="ignore"):
            sound = np.abs(loadings / np.sqrt(own)[:, :, None]) <= np.sqrt(_FURTHEST)
        check_entries("loadings", loadings, sound, "a number whose square the uniqueness bears")
        if family.uniquenesses is Tie.SHARED:
            check_entries("uniquenesses", own, own == own[:1], "the same for all components")
        return family, FactorParameters(means, loadings, own)

    def structure(self, family: FactorAnalyzers) -> tuple[str, str]:
        q = family.n_factors
        noun = "1 factor" if q == 1 else f"{q} factors"
        shared = family.uniquenesses is Tie.SHARED
        rest = "all components share the rest of each column's variance"
        own = f"each component has {noun if q else 'no factors'} of its own"
        return noun, f"{own}; {rest}" if shared else own

    def restraints(self, family: FactorAnalyzers) -> tuple[tuple[str, str], ...]:
        return ()

    def marginal(self, params: FactorParameters, place: int, schema: Schema) -> Bell:
        return Bell(params.means[:, place], np.sqrt(params.variances[:, place]))

    def dispersions(self, params: FactorParameters, places: Sequence[int]) -> FloatArray:
        return params.matrices(np.array(places))


def _family(options: Mapping[str, Any], d: int) -> FactorAnalyzers:
    entries: dict[str, Entry[Any]] = {
        "n_factors": whole(0, d),
        "shared_uniquenesses": flag(),
        "floor": array((d,), 0.0),
        "units": array((d,), NARROWEST),
    }
    check_names("options", options, tuple(entries))
    found = record(entries).read(options, "options")
    tie = Tie.SHARED if found["shared_uniquenesses"] else Tie.OWN
    return FactorAnalyzers(found["n_factors"], found["floor"], found["units"], tie)

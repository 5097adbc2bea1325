"""What files keep of Student t components, and what people see of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from mixtura.families.description import Curve, check_entries, check_names, curve, stacked
from mixtura.families.entries import Entries, of_pairs
from mixtura.families.gaussian.description import (
    NAMED_STRUCTURES,
    GaussianDescription,
    check_near,
    structure_name,
)
from mixtura.families.gaussian.kept_covariances import (
    covariances_of_columns,
    kept_covariances,
    kept_shape,
    shown_covariances,
)
from mixtura.families.gaussian.structures import VII, VVV, AxisCovariances
from mixtura.families.schema import Schema
from mixtura.families.student_t.degrees_of_freedom import LARGEST, SMALLEST
from mixtura.families.student_t.density import StudentT
from mixtura.families.student_t.parameters import StudentTParameters
from mixtura.families.tie import Tie
from mixtura.persistence.entries import Entry, array, either, number, record, text
from mixtura.typing import FloatArray

__all__ = ["DOF_TIES", "StudentTDescription"]

#: Degrees of freedom that are estimated, by name: each component's own, or those of all.
DOF_TIES = {"each": Tie.OWN, "shared": Tie.SHARED}

# Quantiles are those of a Gaussian from here on, to more digits than any picture shows.
_AS_GOOD_AS_GAUSSIAN = 1e6


class StudentTDescription:
    """Of Student t components whose scale matrices have any of the structures."""

    name = "student_t"
    text = "a location for each column, a scale matrix, and degrees of freedom for the tails"
    held_by = GaussianDescription.held_by
    simpler = GaussianDescription.simpler
    kinds = GaussianDescription.kinds

    _normal = GaussianDescription()

    def columns(self, family: StudentT, names: Sequence[object]) -> Schema:
        return Schema.of(names)

    def family(self, schema: Schema) -> StudentT:
        return StudentT(VVV, np.zeros(len(schema)))

    def check(self, X: FloatArray, schema: Schema) -> None:
        self._normal.check(X, schema)

    def options(self, family: StudentT) -> dict[str, Any]:
        return {
            "structure": structure_name(family.structure),
            "floor": family.floor.tolist(),
            "dof": dof_option(family),
        }

    def arrays(self, params: StudentTParameters) -> dict[str, FloatArray]:
        return {
            "locations": params.locations,
            "scales": shown_covariances(params.scales),
            "dof": params.dof,
        }

    def entries(self, params: StudentTParameters, schema: Schema) -> dict[str, Entries]:
        return {
            "locations": Entries.of_columns(schema),
            "scales": of_pairs(shown_covariances(params.scales), schema),
            "dof": Entries.of_component(low=0.0),
        }

    def restored(
        self, options: Mapping[str, Any], arrays: Mapping[str, FloatArray], schema: Schema
    ) -> tuple[StudentT, StudentTParameters]:
        d = len(schema)
        family = _family(options, d)
        structure = family.structure
        locations, scales, dof = stacked(
            arrays, locations=(d,), scales=kept_shape(structure, d), dof=()
        )
        check_near("locations", locations)
        good = (dof >= SMALLEST) & (dof <= LARGEST)
        check_entries("dof", dof, good, f"a number from {SMALLEST:g} to {LARGEST:.0f}")
        if family.tie is not Tie.OWN:
            given = dof[0] if family.tie is Tie.SHARED else family.dof
            check_entries("dof", dof, dof == given, f"{given:.17g}, as that of all components")
        kept = kept_covariances(structure, scales, "scales", structure_name(structure))
        return family, StudentTParameters(locations, kept, dof)

    def structure(self, family: StudentT) -> tuple[str, str]:
        name = structure_name(family.structure)
        return name, NAMED_STRUCTURES[name][1]

    def restraints(self, family: StudentT) -> tuple[tuple[str, str], ...]:
        if family.tie is Tie.OWN:
            return ()
        shared = family.tie is Tie.SHARED
        told = "the same for all components" if shared else f"{family.dof:g}, as given"
        return (("Degrees of freedom", told),)

    def marginal(self, params: StudentTParameters, place: int, schema: Schema) -> Curve:
        """That of one column is a t density, too. Without a variance its deviation is infinite."""
        location, dof = params.locations[:, place], params.dof
        variances = params.scales.variances[:, place]
        scale = np.sqrt(variances)
        alone = StudentTParameters(location[:, None], AxisCovariances(variances[:, None]), dof)
        one_column = StudentT(VII, np.zeros(1))
        return curve(
            location,
            scale * np.sqrt(params.inflation),
            lambda shares: location[:, None] + scale[:, None] * _quantiles(dof, shares),
            lambda values: np.exp(one_column.log_density(alone, values[:, None])).T,
        )

    def dispersions(self, params: StudentTParameters, places: Sequence[int]) -> FloatArray:
        """Covariances; the scale matrix of a component that has none, of 2 or fewer dof."""
        scales = covariances_of_columns(params.scales, places)
        inflation = np.where(np.isfinite(params.inflation), params.inflation, 1.0)
        return np.asarray(inflation[:, None, None] * scales)


def dof_option(family: StudentT) -> str | float:
    """How the degrees of freedom are estimated, by name, or the number that is given."""
    names = {tie: name for name, tie in DOF_TIES.items()}
    return names[family.tie] if family.tie in names else float(family.dof)  # type: ignore[arg-type]


def _quantiles(dof: FloatArray, shares: FloatArray) -> FloatArray:
    """Of t densities of scale 1, (k, m)."""
    from scipy.special import stdtrit  # it takes as long to import as a small fit

    quantiles: FloatArray = stdtrit(np.minimum(dof, _AS_GOOD_AS_GAUSSIAN)[:, None], shares)
    return quantiles


def _family(options: Mapping[str, Any], d: int) -> StudentT:
    entries: dict[str, Entry[Any]] = {
        "structure": text(*NAMED_STRUCTURES),
        "floor": array((d,), 0.0),
        "dof": either(text(*DOF_TIES), number(SMALLEST, LARGEST)),
    }
    check_names("options", options, tuple(entries))
    found = record(entries).read(options, "options")
    structure, _ = NAMED_STRUCTURES[found["structure"]]
    return StudentT(structure, found["floor"], DOF_TIES.get(found["dof"], found["dof"]))

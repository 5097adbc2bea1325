"""The search for a model, from the command line's choices to a model and what is told of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from mixtura.cli.features import Features
from mixtura.cli.known import Known
from mixtura.cli.known_columns import ReadColumns
from mixtura.cli.own_options import OwnOptions
from mixtura.cli.passes import Passes
from mixtura.cli.progress import Tell
from mixtura.cli.warned import in_options, warned
from mixtura.cli.wording import count, model_name
from mixtura.errors import DataError
from mixtura.estimators.family_options import structure_name
from mixtura.estimators.search_summary import search_summary
from mixtura.persistence.model_file import Model
from mixtura.report import SearchSummary
from mixtura.selection.whole_table import Confirmed
from mixtura.sources.scan import Scan
from mixtura.typing import FloatArray

__all__ = ["Found", "Large", "Plan"]

_K = "n_components"

# Numbers of components to try if none are asked for, before the search goes on by itself.
_COUNTS = tuple(range(1, 10))


@dataclass(frozen=True)
class Found:
    """The best model, the candidates it was chosen from, and what the fit warned of.

    Of a large table also how the best candidates on a sample compared on all rows.
    """

    model: Model
    summary: SearchSummary
    notes: tuple[str, ...]
    confirmed: Confirmed | None = None


@dataclass(frozen=True, eq=False)
class Large:
    """All rows of a large table.

    Attributes
    ----------
    scan : Scan
        The columns that are used.
    n_rows : int
    """

    scan: Scan
    n_rows: int


@dataclass(frozen=True)
class Plan:
    """What to try.

    Attributes
    ----------
    counts : tuple of int
        Numbers of components.
    family : str
    parameters : dict
        Of its estimator, that come with the choice of the family.
    own : OwnOptions
        Those of the family.
    criterion : str
    algorithm : str or tuple of str
        One, or some that go on from each other.
    starts : int or 'thorough'
    seed : int
    jobs : int
    equal_weights : bool
    known : Known or None
        Clusters of some rows.
    notes : tuple of str
        What was asked for but cannot be tried.
    extend : bool
        Whether to try more components than that, while the criterion falls.
    sample : int or None
        Rows of a large table on which models are compared; None for as many as the search takes.
    checkpoint : Path or None
        Where fits of a large table are kept.
    """

    counts: tuple[int, ...]
    family: str
    parameters: Mapping[str, Any]
    own: OwnOptions
    criterion: str
    algorithm: str | tuple[str, ...]
    starts: int | str
    seed: int
    jobs: int
    equal_weights: bool = False
    known: Known | None = None
    notes: tuple[str, ...] = ()
    extend: bool = False
    sample: int | None = None
    checkpoint: Path | None = None

    @classmethod
    def of(
        cls,
        features: Features,
        weight: FloatArray | None,
        asked: Sequence[int] | None,
        *,
        own: OwnOptions,
        starts: int | None,
        known: Known | None,
        **choices: Any,
    ) -> Plan:
        """As much of the wishes as the rows allow.

        Raises
        ------
        MixturaError
            If that is nothing.
        """
        counts = _COUNTS if asked is None else tuple(asked)
        n = features.n_rows if weight is None else int(np.count_nonzero(weight))
        possible = tuple(k for k in counts if k <= n)
        what = "row" if weight is None else "row of positive weight"
        if not possible:
            raise DataError(
                f"{count(n, what)} cannot have {count(min(counts), 'component')}: "
                "use fewer --components or more rows."
            )
        notes = []
        if len(possible) < len(counts):
            notes.append(
                f"Only up to {count(max(possible), 'cluster')} tried: there "
                f"{'is' if n == 1 else 'are'} only {count(n, what)}."
            )
        if known is not None:
            notes.append(known.note)
            possible = known.enough(possible)
        own.check_columns(len(features.names))
        return cls(
            possible,
            own=own,
            starts="thorough" if starts is None else starts,
            notes=tuple(notes),
            known=known,
            extend=asked is None and max(counts) <= n,
            **choices,
        )

    def run(
        self,
        features: Features,
        weight: FloatArray | None,
        progress: Tell,
        large: Large | None = None,
    ) -> Found:
        """Fit all candidates and keep the best.

        Of a large table the features are those of a sample.
        """
        # Only here: scikit-learn takes longer to import than most errors to be found.
        from mixtura.estimators.mixture_search import MixtureSearch
        from mixtura.estimators.registry import estimator_of, search_grid
        from mixtura.estimators.saving import to_model
        from mixtura.estimators.scanned import Scanned
        from mixtura.estimators.tables import Table

        estimator = estimator_of(
            self.family,
            features.schema,
            n_init=self.starts,
            init_params="varied",
            algorithm=self.algorithm,
            equal_weights=self.equal_weights,
            **self.parameters,
            **self.own.fixed,
        )
        given = {_K: self.counts, **self.own.searched}
        search = MixtureSearch(
            estimator,
            search_grid(estimator, features.schema, given),
            criterion=self.criterion,
            extend=self.extend,
            n_jobs=self.jobs,
            random_state=self.seed,
        )

        def fitted(done: int, total: int, params: dict[str, Any]) -> None:
            progress(done, total, "models", f"Fitted {_in_words(params)}")

        with warned() as told:
            labels = None if self.known is None else self.known.labels
            rows: Any = Table(features.values, features.schema)
            if large is not None:
                columns = ReadColumns(features.schema, self.family)
                rows, weight = Scanned(large.scan, self.sample, columns), None
            search.fit(
                rows,
                sample_weight=weight,
                labels=labels,
                checkpoint=self.checkpoint,
                progress=fitted,
                passed=None if large is None else Passes(large.n_rows, progress),
            )
        names = () if self.known is None else self.known.names
        model = replace(to_model(search), cluster_names=names)
        summary, notes = search_summary(search, in_options), (*self.notes, *told)
        return Found(_in_options(model), summary, notes, search.confirmed_)


def _in_words(params: Mapping[str, Any]) -> str:
    return model_name(structure_name(params), int(params[_K]))


def _in_options(model: Model) -> Model:
    """The model, whose file is going to say in the words of options how it was fitted."""
    record = model.record
    assert record is not None  # it was just fitted
    notes = tuple(map(in_options, record.notes))
    status = replace(record.status, text=in_options(record.status.text))
    sampled = in_options(record.sampled)
    return replace(model, record=replace(record, status=status, notes=notes, sampled=sampled))

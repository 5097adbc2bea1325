"""What a report tells about the table, the model, the fit and the search."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from mixtura.families.description import Marginal

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class BesideColumn:
    """A column of levels that the model does not know.

    Attributes
    ----------
    name : str
    levels : sequence of str
    codes : (n,) array
        The place of each row's level, NaN where the cell is missing.
    """

    name: str
    levels: Sequence[str]
    codes: Floats


@dataclass(frozen=True, kw_only=True)
class TableSummary:
    """The table the rows come from.

    Attributes
    ----------
    title : str
        Name of the table, such as its file name.
    columns : sequence of str, length d
        Names of the columns used, in the order of the data's columns.
    row_numbers : (n,) integer array
        Number of each used row in the file, counted from 1.
    rows_total : int
        Rows of the file, used or not.
    left_out_columns : sequence of (name, reason)
        Columns that were not used, and why.
    sampled_from : int or None
        Rows of the large table that these are a sample of, all of which were fitted; then
        `rows_total` is the size of the sample.
    row_names : sequence of str or None, length n
        What each row is called, if anything.
    named_by : str
        The column that has these names.
    beside : sequence of BesideColumn
        Columns that the model does not know, for comparison with its clusters.
    """

    title: str
    columns: Sequence[str]
    row_numbers: NDArray[np.integer]
    rows_total: int
    left_out_columns: Sequence[tuple[str, str]] = ()
    sampled_from: int | None = None
    row_names: Sequence[str] | None = None
    named_by: str = ""
    beside: Sequence[BesideColumn] = ()


@dataclass(frozen=True, kw_only=True)
class NoiseSummary:
    """A component that is no cluster: rows strewn at a constant density.

    Attributes
    ----------
    weight : float
        Its mixing weight.
    density : float
        One over the volume over which it is spread.
    """

    weight: float
    density: float


@dataclass(frozen=True, kw_only=True)
class Merge:
    """Two groups of clusters that are made one.

    Attributes
    ----------
    one, other : sequence of int
        Their clusters.
    value : float
        What is left: of the entropy of all rows, in nats; or the density on the saddle as a share
        of that on the lower of the two summits.
    """

    one: Sequence[int]
    other: Sequence[int]
    value: float


@dataclass(frozen=True, kw_only=True)
class HillsSummary:
    """The hills of the density.

    Attributes
    ----------
    count : int
        How many there are.
    shared : sequence of sequence of int
        The clusters on each hill that has some.
    merges : sequence of Merge
        Of these groups, those with the shallowest valley between them first.
    """

    count: int
    shared: Sequence[Sequence[int]]
    merges: Sequence[Merge]


@dataclass(frozen=True, kw_only=True)
class EntropySummary:
    """Clusters that are hard to tell apart.

    Attributes
    ----------
    start : float
        The entropy of the assignments of all rows, in nats.
    merges : sequence of Merge
        Of all clusters, those first that leave least of it.
    suggested : int
        Where it has its elbow.
    """

    start: float
    merges: Sequence[Merge]
    suggested: int


@dataclass(frozen=True, kw_only=True)
class ModelSummary:
    """A mixture of k clusters over d columns, with or without noise.

    Attributes
    ----------
    weights : (k,) array
        Mixing weights of the clusters.
    marginal : callable
        Number of a column -> what each cluster makes of that column.
    spreads : callable
        Numbers of m columns -> how they vary together within each cluster, (k, m, m): variances
        on the diagonals; None where columns are independent.
    family, family_text : str
        Name of the clusters' family, and what such a cluster looks like in words.
    structure : str
        Short name of the family's structure; empty without one.
    structure_text : str
        The structure in words.
    n_parameters : int
        Free parameters of the model.
    noise : NoiseSummary or None
        Its responsibilities come after those of the clusters.
    held : str
        Parts that the fit did not move, in words; empty if it moved all.
    prior : str
        The prior in words; empty without one.
    known : int
        Rows whose cluster was known beforehand.
    collapsed, spurious : sequence of int
        Clusters that owe their likelihood to what holds them up, and to a few rows.
    names : sequence of str
        Of the first clusters, where these are known classes.
    hills : HillsSummary or None
        None where there are none to tell of, as of categories.
    entropy : EntropySummary or None
        None where there is nothing to merge, or too much.
    """

    weights: Floats
    marginal: Callable[[int], Marginal]
    spreads: Callable[[Sequence[int]], Floats | None]
    family: str
    family_text: str
    structure: str
    structure_text: str
    n_parameters: int
    noise: NoiseSummary | None = None
    held: str = ""
    prior: str = ""
    known: int = 0
    collapsed: Sequence[int] = ()
    spurious: Sequence[int] = ()
    names: Sequence[str] = ()
    hills: HillsSummary | None = None
    entropy: EntropySummary | None = None

    @property
    def n_columns(self) -> int:
        """Columns of the responsibilities."""
        return len(self.weights) + (self.noise is not None)


@dataclass(frozen=True, kw_only=True)
class Optimum:
    """A local optimum that starts ended in.

    Attributes
    ----------
    objective : float
        Total over the rows that were fitted.
    times : int
        How many starts ended there.
    agreement : float
        Adjusted Rand index of its partition with the best one's.
    moved : float or None
        Share of the rows that are in another cluster than under the best one; None where that is
        not known.
    ways : sequence of str
        The kinds of these starts.
    """

    objective: float
    times: int
    agreement: float
    moved: float | None = None
    ways: Sequence[str] = ()


@dataclass(frozen=True, kw_only=True)
class Starts:
    """The starts of a fit.

    Attributes
    ----------
    made : int
    found_best : int
        How many ended at the best solution found.
    failed : int
        How many ended with a collapsed or spurious component and did not compete.
    optima : sequence of Optimum
        The different ones found, best first.
    caution : str or None
        What it means for the clusters that one start alone found the best, if anything.
    """

    made: int
    found_best: int
    failed: int
    optima: Sequence[Optimum]
    caution: str | None = None


@dataclass(frozen=True, kw_only=True)
class FitSummary:
    """How the model came about and how well it fits; None where that is not known.

    Attributes
    ----------
    algorithm : str or None
    status : str
        How the fit ended, in words.
    converged : bool or None
    n_iter : int or None
    weight : float or None
        Total weight of the rows that it was fitted to: those of the report, or others.
    log_likelihood : float or None
        Total over those rows.
    criteria : mapping of str to float
        Criteria by their names, as far as they are known; lower is better.
    objective : str
        What the fit maximised, in words.
    trace : sequence of float or None
        The objective before the first iteration and after each, totals over those rows.
    trace_at : sequence of int or None
        The iterations after which it had these values; None for every one.
    remaining : float or None
        How far the limit was thought to be at the end, as a total too.
    rate : float or None
        Factor by which EM's gains shrink from one iteration to the next, near the limit.
    starts : Starts or None
    """

    algorithm: str | None = None
    status: str = ""
    converged: bool | None = None
    n_iter: int | None = None
    weight: float | None = None
    log_likelihood: float | None = None
    criteria: Mapping[str, float] = field(default_factory=dict)
    objective: str = "log-likelihood"
    trace: Sequence[float] | None = None
    trace_at: Sequence[int] | None = None
    remaining: float | None = None
    rate: float | None = None
    starts: Starts | None = None


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """One model of a search; its figures are None where it could not be fitted.

    Attributes
    ----------
    n_components : int
    structure : str
        The family's parameters in which it differs from others; empty if there are none.
    status : str
        How its best start ended, or why it failed, in words.
    standing : str
        How far it came: 'finished' with all its starts, 'left behind' after a few, 'given up' on
        the way, 'collapsed' or 'spurious' and so not considered, 'left out' before it began, or
        'failed'.
    criteria : mapping of str to float or None
        All criteria by their names, the same for every candidate.
    n_parameters : int or None
    log_likelihood : float or None
    probability : float or None
        Of this model among all, given the rows.
    """

    n_components: int
    structure: str
    status: str
    standing: str
    criteria: Mapping[str, float | None]
    n_parameters: int | None = None
    log_likelihood: float | None = None
    probability: float | None = None


#: Standings of candidates that could not be chosen.
UNCOMPARED = ("collapsed", "spurious", "left out", "failed")


@dataclass(frozen=True)
class Limit:
    """The largest number of components that was tried, where the best has as many.

    Attributes
    ----------
    criterion : str
        By which it is the best.
    n_components : int
    structure : str
        The structure of which no more were tried; empty if none were of any.
    """

    criterion: str
    n_components: int
    structure: str = ""


@dataclass(frozen=True, kw_only=True)
class SearchSummary:
    """The models compared.

    Attributes
    ----------
    criterion : str
        What chose among them; lower is better.
    best : int
        Position of the chosen one among the candidates.
    candidates : sequence of Candidate
    probabilities : sequence of (int, float)
        Numbers of components, ascending, and how probable each is, going by BIC.
    at_limit : bool
        Whether the chosen one has as many components as were tried of its structure.
    n_sample : int or None
        Rows that the candidates were compared on, of a large table; None for all.
    """

    criterion: str
    best: int
    candidates: Sequence[Candidate]
    probabilities: Sequence[tuple[int, float]] = ()
    at_limit: bool = False
    n_sample: int | None = None

    @property
    def compared(self) -> list[Candidate]:
        """The candidates that could be chosen, and the one that was."""
        chosen = self.candidates[self.best]
        return [c for c in self.candidates if c is chosen or c.standing not in UNCOMPARED]

    @property
    def limit(self) -> Limit | None:
        """Where the numbers tried end below what may be better still, if they do.

        Then the numbers of components have no probabilities: those beyond are not among them.
        """
        tried: dict[str, int] = {}
        for c in self.candidates:
            if c.standing not in ("left out", "failed"):
                tried[c.structure] = max(tried.get(c.structure, 0), c.n_components)
        if self.at_limit:
            chosen = self.candidates[self.best]
            others = max(tried.values()) > chosen.n_components
            return Limit(self.criterion, chosen.n_components, chosen.structure if others else "")
        if len(self.probabilities) > 1:
            k, _ = max(self.probabilities, key=lambda pair: pair[1])
            if k == max(tried.values()):
                return Limit("bic", k)
        return None

    @property
    def standings(self) -> dict[str, int]:
        """How many candidates came how far."""
        return dict(Counter(candidate.standing for candidate in self.candidates))

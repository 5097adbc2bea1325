"""The test of numbers of clusters, from the command line's choices to a verdict in words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from mixtura.cli.family import Choice
from mixtura.cli.features import Features
from mixtura.cli.own_options import OwnOptions
from mixtura.cli.progress import Tell
from mixtura.cli.results import data_document, notes_on
from mixtura.cli.table import Table
from mixtura.cli.warned import in_options, warned
from mixtura.cli.wording import count
from mixtura.errors import MixturaError
from mixtura.families.registry import description_of
from mixtura.typing import FloatArray

__all__ = ["Step", "Trial", "Verdict"]

# Samples in which the larger model missed an optimum: beyond this share the p-value is in doubt.
_FEW = 0.02


@dataclass(frozen=True)
class Step:
    """The test of k clusters against k + 1.

    Attributes
    ----------
    k : int
    ratio : float
        2 (log-likelihood of k + 1 clusters - that of k), in nats.
    n_samples, n_reached, n_below_zero : int
        Samples drawn, those whose ratio is as large, and those in which k + 1 clusters ended
        below k.
    p_value : float
    rejected : bool
        Whether k clusters are too few.
    """

    k: int
    ratio: float
    n_samples: int
    n_reached: int
    n_below_zero: int
    p_value: float
    rejected: bool


@dataclass(frozen=True)
class Verdict:
    """What a trial came to.

    Attributes
    ----------
    trial : Trial
    table : Table
    features : Features
    steps : tuple of Step
    structure : (str, str)
        The name of the family's structure, and the structure in words.
    n_clusters : int
        The smallest number tested that was not rejected.
    reason : str
        Why the test ended there.
    notes : tuple of str
    """

    trial: Trial
    table: Table
    features: Features
    steps: tuple[Step, ...]
    structure: tuple[str, str]
    n_clusters: int
    reason: str
    notes: tuple[str, ...]

    @property
    def conclusion(self) -> str:
        """The outcome in a sentence or two."""
        k, first, last = self.n_clusters, self.trial.counts[0], self.trial.counts[-1]
        clusters = count(k, "cluster")
        if self.steps and not self.steps[-1].rejected:
            enough = f"{clusters} {'is' if k == 1 else 'are'} enough"
            chance = f"one more fits no better than by chance (p = {self.steps[-1].p_value:.2g})."
            fewer = " Whether fewer would do was not tested." if k == first > 1 else ""
            return f"{enough}: {chance}{fewer}"
        if k == last + 1:
            few = f"{last} {'is' if last == 1 else 'are'} too few"
            return f"At least {clusters}: {few}. Go on with -k {k}-{k + 9}."
        return f"At least {clusters}, but the test could not go on: {self.reason}."

    def document(self) -> dict[str, Any]:
        """The outcome as JSON values."""
        trial = self.trial
        return {
            "data": data_document(self.table, self.features),
            "model": {
                "family": trial.choice.description.name,
                "family_reason": trial.choice.why,
                "structure": self.structure[0],
                "equal_weights": trial.equal_weights,
                "parameters": trial.own.fixed,
            },
            "test": {
                "level": trial.level,
                "replicates": trial.replicates,
                "n_components": self.n_clusters,
                "conclusion": self.conclusion,
                "steps": [
                    {
                        "n_components": step.k,
                        "against": step.k + 1,
                        "ratio": step.ratio,
                        "samples": step.n_samples,
                        "reached": step.n_reached,
                        "below_zero": step.n_below_zero,
                        "p_value": step.p_value,
                        "rejected": step.rejected,
                    }
                    for step in self.steps
                ],
            },
            "notes": list(self.notes),
        }


@dataclass(frozen=True)
class Trial:
    """What to test.

    Attributes
    ----------
    counts : tuple of int
        Numbers of clusters, each to be tested against one more.
    choice : Choice
        The family.
    own : OwnOptions
        Those of the family.
    replicates : int
        Most samples for a test.
    level : float
    starts, seed, jobs : int
    equal_weights : bool
    """

    counts: tuple[int, ...]
    choice: Choice
    own: OwnOptions
    replicates: int
    level: float
    starts: int
    seed: int
    jobs: int
    equal_weights: bool = False

    def __post_init__(self) -> None:
        if 1.0 / (self.replicates + 1) > self.level:
            raise MixturaError(
                f"--replicates {self.replicates} can never reject at --level {self.level:g}: the "
                f"least p-value is {1.0 / (self.replicates + 1):.2g}. Draw more samples."
            )

    def run(
        self,
        table: Table,
        features: Features,
        weight: FloatArray | None,
        progress: Tell,
    ) -> Verdict:
        """Make the tests."""
        # Only here: scikit-learn takes longer to import than most errors to be found.
        from mixtura.estimators.bootstrap_test import bootstrap_test
        from mixtura.estimators.registry import estimator_of
        from mixtura.estimators.tables import Table as Rows

        estimator = estimator_of(
            self.choice.description.name,
            features.schema,
            n_init=self.starts,
            init_params="varied",
            equal_weights=self.equal_weights,
            **self.choice.parameters,
            **self.own.fixed,
        )
        with warned() as told:
            outcome = bootstrap_test(
                estimator,
                Rows(features.values, features.schema),
                weight,
                min_components=self.counts[0],
                max_components=self.counts[-1] + 1,
                n_bootstrap=self.replicates,
                level=self.level,
                n_jobs=self.jobs,
                random_state=self.seed,
                progress=lambda done, most, k: progress(
                    done, most, "samples", f"{k} against {k + 1}"
                ),
            )
        steps = tuple(map(self._step, outcome.steps))
        reason = in_options(outcome.reason.removesuffix("."))
        mixture = outcome.estimator.mixture_
        # k + 1 clusters at their best fit no less well than k, if some model of them is the same.
        nested = mixture.log_prior == 0.0 and not self.equal_weights
        notes = (
            *self.choice.notes,
            *notes_on(table, features),
            *told,
            *(_doubts(steps) if nested else ()),
        )
        clusters = mixture.clusters.family
        structure = description_of(clusters).structure(clusters)
        return Verdict(self, table, features, steps, structure, outcome.n_components, reason, notes)

    def _step(self, step: Any) -> Step:
        return Step(
            step.n_components,
            step.ratio,
            len(step.bootstrap),
            int((step.bootstrap >= step.ratio).sum()),
            step.n_below_zero,
            step.p_value,
            step.p_value <= self.level,
        )


def _doubts(steps: tuple[Step, ...]) -> tuple[str, ...]:
    """Where runs that went astray make p-values too small."""
    astray = [step for step in steps if step.n_below_zero > _FEW * step.n_samples]
    return tuple(
        f"In {step.n_below_zero} of {step.n_samples} samples {step.k + 1} clusters ended below "
        f"{step.k}, so the p-value of that test is too small."
        for step in astray
    )

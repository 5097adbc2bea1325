"""What people read of a model: of each column, of each component, and of what held it back."""

from __future__ import annotations

from mixtura.cli.wording import count
from mixtura.families.description import Marginal
from mixtura.mixing_weights import FREE
from mixtura.persistence.model_file import Model

__all__ = ["flags_of", "marginals_of", "restraints_of"]


def marginals_of(model: Model, n: int | None = None) -> list[Marginal]:
    """What the components make of each column, or of the first n."""
    params, schema = model.mixture.params, model.schema
    return [model.description.marginal(params, a, schema) for a in range(len(schema))[:n]]


def restraints_of(model: Model) -> list[tuple[str, str]]:
    """What held the fit back: terms, and what is to be said of them."""
    mixture, record = model.mixture, model.record
    told = [] if mixture.mixing == FREE else [("Held", mixture.mixing.text)]
    told += model.description.restraints(mixture.clusters.family)
    if record is not None and record.n_known:
        told.append(("Known", f"{count(record.n_known, 'row')} whose cluster was given"))
    return told


def flags_of(model: Model, component: int) -> tuple[str, ...]:
    """What there is to doubt about a component, in a word each."""
    record = model.record
    raised = {
        "collapsed": record is not None and component in record.collapsed,
        "spurious": record is not None and component in record.spurious,
        "empty": bool(model.mixture.weights[component] == 0.0),
    }
    return tuple(flag for flag, holds in raised.items() if holds)

"""How candidates are compared: criteria to be minimised, folds, and model probabilities."""

from mixtura.selection.criteria import Entry, Table
from mixtura.selection.folds import held_out_weights
from mixtura.selection.probabilities import model_probabilities
from mixtura.selection.scores import Scores, mean_log_density, score
from mixtura.selection.slope import Slope, check_sizes, estimate_slope

__all__ = [
    "Entry",
    "Scores",
    "Slope",
    "Table",
    "check_sizes",
    "estimate_slope",
    "held_out_weights",
    "mean_log_density",
    "model_probabilities",
    "score",
]

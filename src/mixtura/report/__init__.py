"""The HTML report an analyst gets after fitting a Gaussian mixture to a table."""

from .page import render
from .payload import build_payload
from .summaries import (
    Candidate,
    FitSummary,
    ModelSummary,
    SearchSummary,
    Starts,
    TableSummary,
)

__all__ = [
    "Candidate",
    "FitSummary",
    "ModelSummary",
    "SearchSummary",
    "Starts",
    "TableSummary",
    "build_payload",
    "render",
]

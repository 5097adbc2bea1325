"""The HTML report an analyst gets after fitting a mixture to a table."""

from mixtura.report.page import render
from mixtura.report.payload import build_payload
from mixtura.report.summaries import (
    BesideColumn,
    Candidate,
    EntropySummary,
    FitSummary,
    HillsSummary,
    Limit,
    Merge,
    ModelSummary,
    NoiseSummary,
    Optimum,
    SearchSummary,
    Starts,
    TableSummary,
)

__all__ = [
    "BesideColumn",
    "Candidate",
    "EntropySummary",
    "FitSummary",
    "HillsSummary",
    "Limit",
    "Merge",
    "ModelSummary",
    "NoiseSummary",
    "Optimum",
    "SearchSummary",
    "Starts",
    "TableSummary",
    "build_payload",
    "render",
]

"""A pytest plugin: what became of each test, and how many warnings there were, as JSON."""

from __future__ import annotations

import json
import os
from collections import Counter
from pathlib import Path

import pytest

outcomes: dict[str, str] = {}
warned: Counter[str] = Counter()


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """A test has passed if no phase of it, and none of its subtests, went otherwise."""
    if report.failed or (report.when == "call" and outcomes.get(report.nodeid) != "failed"):
        outcomes[report.nodeid] = report.outcome


def pytest_collectreport(report: pytest.CollectReport) -> None:
    """A file that cannot be imported has failed."""
    if report.failed:
        outcomes[report.nodeid] = "failed"


def pytest_warning_recorded(warning_message: object) -> None:
    """Warnings by category."""
    warned[warning_message.category.__name__] += 1


def pytest_sessionfinish() -> None:
    """Write the file that the environment names."""
    Path(os.environ["TALLY"]).write_text(json.dumps({"outcomes": outcomes, "warned": warned}))

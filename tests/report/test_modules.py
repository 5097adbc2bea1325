"""Runs the tests of the pages' own modules, of report and explorer, under Node."""

import shutil
import subprocess
from pathlib import Path

import pytest

SUITES = sorted(Path(__file__).parents[1].glob("*/js/*.test.mjs"))


@pytest.mark.parametrize("suite", SUITES, ids=lambda path: path.stem)
def test_node_suite(suite: Path) -> None:
    node = shutil.which("node")
    if node is None:
        pytest.skip("node is not installed, which runs the tests of the page's modules")
    done = subprocess.run([node, "--test", str(suite)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr

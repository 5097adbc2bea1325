"""The same C file in WebAssembly: one pass equals the reference."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from kernel_cases import random_mixture, rows_of
from mixtura import em, kernels
from mixtura.families.gaussian.structures import VVI, VVV
from mixtura.kernels.estep_dispatch import gaussian_components
from mixtura.kernels.kernel import chosen
from mixtura.sources import ArraySource

BUILD = Path(__file__).parents[2] / "tools/build_web.py"
NODE = shutil.which("node")

pytestmark = [
    pytest.mark.skipif(NODE is None, reason="no node"),
    pytest.mark.skipif(find_spec("ziglang") is None, reason="no ziglang (make wasm brings it)"),
]


@pytest.fixture(scope="module")
def wasm(tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("wasm") / "fused.wasm"
    subprocess.run([sys.executable, BUILD, target], check=True)
    return target


@pytest.mark.parametrize("structure", [VVI, VVV], ids=["VVI", "VVV"])
@pytest.mark.parametrize("d", [1, 2, 5, 11])
def test_one_pass_equals_the_reference(wasm: Path, tmp_path: Path, structure, d: int) -> None:
    assert NODE is not None
    rng = np.random.default_rng(d)
    mixture = random_mixture(rng, structure, 3, d)
    X, weight = rows_of(rng, mixture, 777), rng.uniform(0.5, 2.0, 777)
    kernel = chosen()
    assert kernel is not None
    components = gaussian_components(mixture, kernel)
    problem = {
        "rows": X.ravel().tolist(),
        "weight": weight.tolist(),
        "means": components.means.ravel().tolist(),
        "whitening": components.whitening.ravel().tolist(),
        "constants": components.constants.tolist(),
        "n": len(X),
        "d": d,
        "k": 3,
        "dense": int(components.dense),
    }
    file = tmp_path / "problem.json"
    file.write_text(json.dumps(problem))
    script = Path(__file__).parent / "one_pass.mjs"
    run = subprocess.run([NODE, script, wasm, file], capture_output=True, text=True, check=True)
    sums = np.array(json.loads(run.stdout))
    with kernels.use("numpy"):
        expected = em.e_step(mixture, ArraySource(X, weight))
    np.testing.assert_allclose(sums[:2], [expected.weight, expected.objective], rtol=1e-12)
    counts, first = sums[2:5], sums[5 : 5 + 3 * d].reshape(3, d)
    np.testing.assert_allclose(counts, expected.counts, rtol=1e-12)
    means = components.means + first / counts[:, None]
    np.testing.assert_allclose(means, expected.statistics.mean, rtol=1e-11, atol=1e-12)

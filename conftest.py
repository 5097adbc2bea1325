"""Threads of linear algebra, and modules of engines, which have no examples without these."""

from __future__ import annotations

import os
from importlib.util import find_spec

# As many processes run tests as there are cores: the threads of each would wait for the others'.
# OpenBLAS looks at it when NumPy is first imported.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

#: What the modules in `sources` need that are for those alone who have it.
ENGINES = {"arrow": "pyarrow", "arrow_batches": "pyarrow", "dask": "dask", "spark": "pyspark"}

collect_ignore = [
    f"src/mixtura/sources/{module}.py"
    for module, package in ENGINES.items()
    if find_spec(package) is None
]

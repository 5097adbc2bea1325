"""Modules of engines that are not installed have no examples to run."""

from __future__ import annotations

from importlib.util import find_spec

#: What the modules in `sources` need that are for those alone who have it.
ENGINES = {"arrow": "pyarrow", "arrow_batches": "pyarrow", "dask": "dask", "spark": "pyspark"}

collect_ignore = [
    f"src/mixtura/sources/{module}.py"
    for module, package in ENGINES.items()
    if find_spec(package) is None
]

"""The optional compiled kernel; everything else is in pyproject.toml."""

from pathlib import Path

from setuptools import Extension, setup

KERNELS = Path("src/mixtura/kernels")
SOURCES = [
    "binding.c",
    "baseline.c",
    "avx2.c",
    "avx512.c",
    "mstep.c",
    "common_axes.c",
    "em_loop.c",
    "hierarchy.c",
    "centers.c",
]
# passes.c and what it includes are compiled once for each instruction set.
HEADERS = [
    "estep.h",
    "mstep.h",
    "common_axes.h",
    "em_loop.h",
    "hierarchy.h",
    "centers.h",
    "vectors.h",
    "assignment.h",
    "estep.c",
    "gaps.c",
    "linear.c",
    "passes.c",
]

FLAGS = [
    "-O3",
    "-ffp-contract=fast",  # a * b + c may become one instruction; nothing else is reordered
    "-fno-math-errno",
    "-fwrapv",  # sums of bit patterns may wrap
    "-fno-tree-slp-vectorize",  # the vectors are written out; guessing others makes them slower
    "-Werror=implicit-function-declaration",  # not every function is in the stable ABI
    "-Wno-psabi",
]

setup(
    ext_modules=[
        Extension(
            "mixtura.kernels._fused",
            sources=[str(KERNELS / name) for name in SOURCES],
            depends=[str(KERNELS / name) for name in HEADERS],
            extra_compile_args=FLAGS,
            py_limited_api=True,
            optional=True,  # without a compiler the NumPy reference runs
        )
    ],
    options={"bdist_wheel": {"py_limited_api": "cp311"}},  # one wheel for 3.11 and later
)

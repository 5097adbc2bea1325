"""Compile the kernel to WebAssembly with ziglang from PyPI: python build_web.py [kernel.wasm].

Without a place it writes the module that the explorer ships, and a record beside it: the compiler's
version, and digests of the sources and of the module.
"""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

ROOT = Path(__file__).parents[1]
KERNELS = ROOT / "src/mixtura/kernels"
SHIPPED = ROOT / "src/mixtura/explorer/kernel.wasm"
RECORD = SHIPPED.with_suffix(".json")

# web.c includes the passes, for the one instruction set that there is.
SOURCES = ["web.c", "mstep.c", "common_axes.c", "em_loop.c", "centers.c"]
INCLUDED = [
    "baseline.c",
    "passes.c",
    "estep.c",
    "gaps.c",
    "linear.c",
    "estep.h",
    "assignment.h",
    "vectors.h",
    "mstep.h",
    "common_axes.h",
    "em_loop.h",
    "centers.h",
]

EXPORTS = [
    "mixtura_scratch_size",
    "mixtura_expect",
    "mixtura_score",
    "mixtura_gather",
    "mixtura_maximize",
    "mixtura_iterate",
    "mixtura_choice_size",
    "mixtura_choose",
    "mixtura_mixture_size",
    "mixtura_work_size",
    "mixtura_constants",
    "mixtura_factorize",
    "mixtura_exceeds",
    "__heap_base",
]
FLAGS = ["-Os", "-msimd128", "-mbulk-memory", "-fno-math-errno", "-fwrapv", "-nostdlib", "-s"]


def build(target: Path) -> None:
    """Write the module; it imports nothing and exports its memory."""
    linker = ["-Wl,--no-entry", *(f"-Wl,--export={name}" for name in EXPORTS)]
    zig = [sys.executable, "-m", "ziglang", "cc", "-target", "wasm32-freestanding"]
    command = [*zig, *FLAGS, *linker, *SOURCES, "-o", str(target.absolute())]
    subprocess.run(command, check=True, cwd=KERNELS)


def digest() -> str:
    """SHA-256 of all that the module is made of, this file included."""
    return digest_of(*(KERNELS / name for name in SOURCES + INCLUDED), Path(__file__))


def digest_of(*files: Path) -> str:
    """SHA-256 of some files, one after the other."""
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()


def ship() -> None:
    """Write the module that the explorer ships, and the record."""
    build(SHIPPED)
    record = {"ziglang": version("ziglang"), "sources": digest(), "module": digest_of(SHIPPED)}
    RECORD.write_text(json.dumps(record, indent=2) + "\n")


if __name__ == "__main__":
    if len(sys.argv) > 1:
        build(Path(sys.argv[1]))
    else:
        ship()

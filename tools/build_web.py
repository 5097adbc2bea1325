"""Compile the kernel to WebAssembly with ziglang from PyPI: python build_web.py fused.wasm."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

EXPORTS = ["mixtura_scratch_size", "mixtura_expect", "mixtura_score", "__heap_base"]
FLAGS = ["-O3", "-msimd128", "-mbulk-memory", "-fno-math-errno", "-fwrapv", "-nostdlib", "-s"]


def build(target: Path) -> None:
    """Write the module; it imports nothing and exports its memory."""
    source = Path(__file__).parents[1] / "src/mixtura/kernels/web.c"
    linker = ["-Wl,--no-entry", *(f"-Wl,--export={name}" for name in EXPORTS)]
    zig = [sys.executable, "-m", "ziglang", "cc", "-target", "wasm32-freestanding"]
    subprocess.run([*zig, *FLAGS, *linker, str(source), "-o", str(target)], check=True)


if __name__ == "__main__":
    build(Path(sys.argv[1]))

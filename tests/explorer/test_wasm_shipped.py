"""The shipped kernel is what the sources give now."""

from __future__ import annotations

import importlib.util
import json
import re
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def builder() -> ModuleType:
    spec = importlib.util.spec_from_file_location("build_web", ROOT / "tools/build_web.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_no_source_has_changed_since_it_was_built(builder: ModuleType) -> None:
    record = json.loads(builder.RECORD.read_text())
    assert record["sources"] == builder.digest(), "run make wasm, and commit what it makes"
    assert record["module"] == builder.digest_of(builder.SHIPPED)


def test_every_file_that_is_compiled_is_watched(builder: ModuleType) -> None:
    found, left = set(), list(builder.SOURCES)
    while left:
        name = left.pop()
        if name not in found:
            found.add(name)
            left += re.findall(r'#include "([^"]+)"', (builder.KERNELS / name).read_text())
    assert found == {*builder.SOURCES, *builder.INCLUDED}


def test_the_same_compiler_makes_the_same_bytes(builder: ModuleType, tmp_path: Path) -> None:
    if find_spec("ziglang") is None:
        pytest.skip("no ziglang, which compiles the kernel")
    record = json.loads(builder.RECORD.read_text())
    if version("ziglang") != record["ziglang"]:
        pytest.skip(f"the kernel was built with ziglang {record['ziglang']}")
    builder.build(tmp_path / "kernel.wasm")
    assert (tmp_path / "kernel.wasm").read_bytes() == builder.SHIPPED.read_bytes()


def test_it_is_small_and_needs_nothing(builder: ModuleType) -> None:
    wasm = builder.SHIPPED.read_bytes()
    assert len(wasm) < 150_000
    assert wasm[:8] == b"\0asm\1\0\0\0"
    sections, place = set(), 8
    while place < len(wasm):
        sections.add(wasm[place])
        size, place = _leb128(wasm, place + 1)
        place += size
    assert 2 not in sections  # imports
    assert str(ROOT).encode() not in wasm


def _leb128(data: bytes, place: int) -> tuple[int, int]:
    """A number of seven bits a byte, and the place after it."""
    value = shift = 0
    while True:
        byte = data[place]
        value, shift, place = value | (byte & 127) << shift, shift + 7, place + 1
        if byte < 128:
            return value, place

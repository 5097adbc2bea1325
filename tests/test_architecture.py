"""The house rules that a reader of the imports can see: they point one way."""

from __future__ import annotations

import ast
import importlib
import pkgutil
from collections.abc import Iterator
from pathlib import Path

import pytest

import mixtura

PACKAGE = Path(mixtura.__file__).parent

#: Rooms from the cellar to the roof. A room imports only from rooms on lower floors.
FLOORS = [
    {"typing", "errors", "staging", "report"},
    {"kernels", "entries"},
    {"statistics", "assignments", "stopping", "covariance", "mixing", "principal_axes"},
    {"sources", "families", "layouts", "denoising"},
    {"mixture", "nearest_centre", "schedules", "hypervolume"},
    {"fused", "leap", "hierarchy", "acceleration"},
    {"result"},
    {"em"},
    {"initialization", "restarts", "selection", "explain", "agreement"},
    {"registry", "testing"},
    {"training"},
    {"model_file"},
    {"estimators"},
    {"cli"},
    {"__init__", "__main__"},
]
FLOOR = {room: number for number, rooms in enumerate(FLOORS) for room in rooms}

#: Packages of others, and the rooms that may import them.
GUESTS = {
    "sklearn": {"estimators"},
    "joblib": {"estimators"},
    "threadpoolctl": {"estimators"},
    "narwhals": {"estimators"},
    "polars": {"cli"},
    "click": {"cli", "__main__"},
    "rich": {"cli"},
    "scipy": {"covariance", "acceleration"},
    "pandas": set(),
    "matplotlib": set(),
}


def modules() -> Iterator[tuple[str, Path]]:
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE).with_suffix("").parts
        yield parts[0], path


def imports(path: Path) -> Iterator[str]:
    """Full names of the modules that a file imports, anywhere in it."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are absolute"
            yield node.module or ""
            if node.module == "mixtura":
                yield from (f"mixtura.{alias.name}" for alias in node.names)


@pytest.mark.parametrize(("room", "path"), list(modules()), ids=str)
def test_imports_point_down(room: str, path: Path) -> None:
    assert room in FLOOR, f"give {room} a floor"
    for name in imports(path):
        package, _, rest = name.partition(".")
        if package == "mixtura" and rest:
            other = rest.partition(".")[0]
            if other in FLOOR and other != room:
                assert FLOOR[other] < FLOOR[room], f"{path} imports {name}"
        elif package in GUESTS:
            assert room in GUESTS[package], f"{path} imports {name}"


def test_every_public_name_has_a_docstring() -> None:
    for info in pkgutil.walk_packages([str(PACKAGE)], "mixtura."):
        if info.name == "mixtura.__main__":
            continue
        module = importlib.import_module(info.name)
        assert module.__doc__, f"{info.name} has no docstring"
        for name in getattr(module, "__all__", []):
            value = getattr(module, name)
            if getattr(value, "__name__", "") == name:
                assert value.__doc__, f"{info.name}.{name} has no docstring"


def test_the_public_names_are_those_promised() -> None:
    for name in mixtura.__all__:
        assert getattr(mixtura, name) is not None
    assert set(mixtura.__all__) <= set(dir(mixtura))
    with pytest.raises(AttributeError, match="magic"):
        _ = mixtura.magic

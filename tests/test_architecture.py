"""The house rules that a reader of the imports can see: they point one way."""

from __future__ import annotations

import ast
import importlib
import pkgutil
import re
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

import mixtura

PACKAGE = Path(mixtura.__file__).parent

#: Rooms from the cellar to the roof: modules, or all of a package but for those of its modules that
#: stand on a floor of their own. A room imports only from rooms on lower floors.
FLOORS = [
    {"typing", "errors", "shown", "persistence.atomic_files", "fitting.random_streams"},
    {"kernels", "persistence.entries", "starts.principal_axes"},
    {"statistics", "assignments", "stopping", "mixing_weights", "patterns"},
    {"sources", "families", "starts.noise_rows"},
    {"sources.arrow_batches"},
    {
        "mixture",
        "starts.nearest_center",
        "schedules",
        "starts.noise_region",
        "sources.arrow",
        "sources.dask",
        "sources.spark",
    },
    {"kernels.marginals"},
    {"kernels.estep_dispatch", "kernels.compiled_loop", "starts.hierarchy", "acceleration"},
    {"em"},
    {"selection.scores", "explain"},
    {"starts", "selection.criteria"},
    {"families.gaussian.discriminant", "selection.slope", "explain.testing"},
    {"selection.named"},
    {"fitting", "testing"},
    {"selection"},
    {"estimators.algorithms"},
    {"estimators.options", "estimators.gaussian_vocabulary"},
    {"estimators.kept_parameters", "estimators.gaussian_onnx"},
    {"persistence", "report"},
    {"report.merges"},
    {"explorer", "report.model"},
    {"estimators"},
    {"cli", "plot"},
    {"__init__", "__main__"},
]
FLOOR = {room: number for number, rooms in enumerate(FLOORS) for room in rooms}

#: Packages of others, and the rooms that may import them.
GUESTS = {
    "sklearn": {"estimators"},
    "joblib": {"estimators"},
    "threadpoolctl": {"estimators"},
    "narwhals": {"estimators", "explorer"},
    "polars": {"cli"},
    "click": {"cli", "__main__"},
    "rich": {"cli"},
    "scipy": {"families", "acceleration", "explain", "estimators"},
    "dask": {"sources.dask"},
    "distributed": {"sources.dask"},
    "cloudpickle": {"sources.dask"},
    "pandas": {"sources.dask"},
    "pyarrow": {"sources.arrow", "sources.arrow_batches", "sources.spark"},
    "pyspark": {"sources.spark"},
    "skl2onnx": {"estimators.gaussian_onnx"},
    "matplotlib": {"plot"},
}


def room_of(module: str) -> str:
    """The most particular room that has a module: `families.gaussian.density` is in `families`."""
    parts = module.split(".")
    names = (".".join(parts[:size]) for size in range(len(parts), 0, -1))
    return next((name for name in names if name in FLOOR), parts[0])


def modules() -> Iterator[tuple[str, Path]]:
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE).with_suffix("").parts
        yield ".".join(parts[:-1] if parts[-1] == "__init__" and len(parts) > 1 else parts), path


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


@pytest.mark.parametrize(("module", "path"), list(modules()), ids=str)
def test_imports_point_down(module: str, path: Path) -> None:
    room = room_of(module)
    assert room in FLOOR, f"give {module} a floor"
    for name in imports(path):
        package, _, rest = name.partition(".")
        if package == "mixtura" and rest:
            other = room_of(rest)
            if other in FLOOR and other != room:
                assert FLOOR[other] < FLOOR[room], f"{path} imports {name}"
        elif package in GUESTS:
            assert room in GUESTS[package], f"{path} imports {name}"


#: Modules that cannot be imported without a package of others.
ENGINES = {
    "mixtura.sources.arrow": "pyarrow",
    "mixtura.sources.arrow_batches": "pyarrow",
    "mixtura.sources.dask": "dask",
    "mixtura.sources.spark": "pyspark",
}


def test_every_public_name_has_a_docstring() -> None:
    for info in pkgutil.walk_packages([str(PACKAGE)], "mixtura."):
        package = ENGINES.get(info.name)
        if info.name == "mixtura.__main__" or (package and find_spec(package) is None):
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
    with pytest.raises(AttributeError, match="magic"):
        _ = mixtura.magic  # type: ignore[attr-defined]


def test_the_package_shows_its_public_names_and_nothing_else() -> None:
    assert mixtura.GaussianMixture  # which imports much
    shown = set(dir(mixtura))
    assert set(mixtura.__all__) <= shown
    assert all(re.fullmatch("__.*__", name) for name in shown.difference(mixtura.__all__))


def test_type_checkers_are_told_of_the_names_that_are_imported_when_asked_for() -> None:
    tree = ast.parse((PACKAGE / "__init__.py").read_text())
    told = {
        alias.name: node.module
        for branch in tree.body
        if isinstance(branch, ast.If) and ast.unparse(branch.test) == "TYPE_CHECKING"
        for node in branch.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    assert told == mixtura._LAZY
    assert set(told) <= set(mixtura.__all__)


#: Where it may be known that there are Gaussians: the family, the kernels, its estimator and words.
GAUSSIAN_ROOMS = (
    "families/gaussian/",
    "kernels/",
    "estimators/gaussian_",
    "families/factor_analyzers/",
    "estimators/factor_",
    "families/student_t/",
    "estimators/student_t_",
    "families/log_normal",
    "estimators/log_normal_",
    "estimators/mixed_mixture",  # which has the parameter of its Gaussian block
)

#: Where several families have means, each its own.
ROOMS_OF_FAMILIES = ("families/", "estimators/")

#: One line for each family: these name all of them.
REGISTRIES = {
    "families",
    "families.registry",
    "estimators.single_families",
    "estimators.family_options",
    "__init__",
}

#: Words of the Gaussian family, as code has them.
GAUSSIAN_WORDS = re.compile(r"Gaussian|covarianc")
MEANS = re.compile(r"\.means\b")


def code_of(path: Path) -> str:
    """A file without its comments, docstrings and imports, and without the names of rooms."""
    tree = ast.parse(path.read_text())
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(body, list):
            kept = [
                statement
                for statement in body
                if not isinstance(statement, ast.Import | ast.ImportFrom)
                and not (
                    isinstance(statement, ast.Expr)
                    and isinstance(statement.value, ast.Constant)
                    and isinstance(statement.value.value, str)
                )
            ]
            node.body = kept or [ast.Pass()]  # type: ignore[attr-defined]
    return ast.unparse(tree)


@pytest.mark.parametrize(("module", "path"), list(modules()), ids=str)
def test_nothing_else_knows_that_there_are_gaussians(module: str, path: Path) -> None:
    place, code = path.relative_to(PACKAGE).as_posix(), code_of(path)
    if place.startswith(GAUSSIAN_ROOMS) or module in REGISTRIES:
        return
    found = sorted(set(GAUSSIAN_WORDS.findall(code)))
    if not place.startswith(ROOMS_OF_FAMILIES):
        found += MEANS.findall(code)
    assert found == [], f"{path} says {', '.join(found)}"

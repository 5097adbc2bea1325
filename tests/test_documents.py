"""Every Python block in the documents runs as printed, in order, page by page."""

from __future__ import annotations

import re
import shutil
import sys
from pathlib import Path
from types import GenericAlias, ModuleType

import pytest

import mixtura as mx
from mixtura import families, testing
from mixtura.estimators.gaussian_vocabulary import COVARIANCE_TYPES
from mixtura.families import registry
from mixtura.families.gaussian.description import NAMED_STRUCTURES
from mixtura.selection.named import CRITERIA

REPOSITORY = Path(__file__).parents[1]
PAGES = [REPOSITORY / "README.md", *sorted((REPOSITORY / "docs").rglob("*.md"))]
WITH_CODE = [page for page in PAGES if "```python" in page.read_text(encoding="utf-8")]


@pytest.mark.parametrize("page", WITH_CODE, ids=lambda page: page.stem)
def test_python_blocks_run(
    page: Path, tmp_path: Path, examples: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(examples, tmp_path / "examples")
    monkeypatch.chdir(tmp_path)
    blocks = re.findall(r"^```python\n(.*?)^```", page.read_text(encoding="utf-8"), re.M | re.S)
    module = ModuleType(f"page_{page.stem}")
    monkeypatch.setitem(sys.modules, module.__name__, module)  # where dataclasses look names up
    # What a page registers is gone at its end.
    monkeypatch.setattr(registry, "DESCRIPTIONS", {**registry.DESCRIPTIONS})
    for names in (COVARIANCE_TYPES, NAMED_STRUCTURES):
        monkeypatch.setitem(names, "instruments", None)
        del names["instruments"]
    for block in blocks:
        exec(compile(block, str(page), "exec"), vars(module))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
        if "://" not in target:
            assert (page.parent / target).exists(), f"{page.name} links to {target}"


def test_the_page_on_scikit_learn_names_every_parameter_and_attribute() -> None:
    text = (REPOSITORY / "docs" / "scikit-learn.md").read_text(encoding="utf-8")
    fitted = mx.GaussianMixture(random_state=0).fit([[0.0], [1.0], [3.0]])
    names = {*fitted.get_params(), *vars(fitted), *vars(type(fitted))}
    public = {
        name for name in names if name[0] != "_" and (name[-1] == "_" or name in vars(fitted))
    }
    assert sorted(name for name in public if f"`{name}`" not in text) == []


@pytest.mark.parametrize(
    ("page", "module"), [("index", mx), ("families", families), ("testing", testing)]
)
def test_every_public_name_is_in_the_api(page: str, module: ModuleType) -> None:
    text = (REPOSITORY / "docs" / "api" / f"{page}.rst").read_text(encoding="utf-8")
    listed = set(re.findall(r"^   (\w+)$", text, re.M))
    values = {name: getattr(module, name) for name in module.__all__ if name[0] != "_"}
    elsewhere = (GenericAlias, ModuleType)  # without a page, or with several
    documented = {name for name, value in values.items() if not isinstance(value, elsewhere)}
    assert documented - listed == set()


def test_the_readme_explains_every_criterion() -> None:
    text = (REPOSITORY / "README.md").read_text(encoding="utf-8")
    rows = [line for line in text.splitlines() if line.startswith('| `"')]
    assert all(any(f'| `"{name}"`' in row for row in rows) for name in CRITERIA)

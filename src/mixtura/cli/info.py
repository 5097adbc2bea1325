"""`mixtura info`: what a model file holds, and what the program runs on."""

from __future__ import annotations

from pathlib import Path

import click

from mixtura.cli.document import print_document
from mixtura.cli.options import json_option

__all__ = ["info"]

_PACKAGES = ("numpy", "scipy", "scikit-learn", "polars", "narwhals", "click", "rich")


@click.command(short_help="Tell what a model file holds.")
@click.argument("model", type=click.Path(path_type=Path), required=False)
@click.option("--system", is_flag=True, help="Tell of versions, platform and kernel instead.")
@json_option
def info(model: Path | None, system: bool, as_json: bool) -> None:
    """Tell what a model file holds: the clusters, and how they were fitted.

    \b
    Examples:
      mixtura info penguins-mixtura/model.json
      mixtura info --system
    """  # noqa: D301  click wants the character, not the letters
    if system == (model is not None):
        raise click.UsageError("Give either a model file or --system.")
    if model is None:
        _tell(_system(), as_json)
    else:
        _tell_model(model, as_json)


def _tell(facts: dict[str, str], as_json: bool) -> None:
    if as_json:
        print_document(facts)
        return
    for name, fact in facts.items():
        click.echo(f"{name:<13} {fact}")


def _system() -> dict[str, str]:
    import platform
    from importlib.metadata import PackageNotFoundError, version

    from mixtura import __version__
    from mixtura.kernels import describe

    facts = {
        "mixtura": __version__,
        "kernel": describe(),
        "Python": platform.python_version(),
        "platform": platform.platform(),
    }
    for name in _PACKAGES:
        try:
            facts[name] = version(name)
        except PackageNotFoundError:
            facts[name] = "not installed"
    return facts


def _tell_model(path: Path, as_json: bool) -> None:
    from mixtura.cli.console import print_model
    from mixtura.cli.results import model_document
    from mixtura.persistence.model_file import read_model

    model = read_model(path)
    if as_json:
        print_document(model_document(model))
    else:
        print_model(model)

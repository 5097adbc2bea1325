"""Where results go: found out before the work, so that it is not done in vain."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from mixtura.errors import MixturaError

__all__ = ["check_file", "check_folder"]


def check_folder(folder: Path, files: Iterable[str] = ()) -> None:
    """See that a folder, made if need be, can take some files.

    Raises
    ------
    MixturaError
        If it cannot; the message says why.
    """
    existing = folder
    while not existing.exists() and existing != existing.parent:
        existing = existing.parent
    if not existing.is_dir():
        raise MixturaError(
            f"Nothing can be written to {folder}: {existing} is a file. Choose another folder."
        )
    if not os.access(existing, os.W_OK | os.X_OK):
        raise MixturaError(
            f"Nothing can be written to {folder}: no permission for {existing}. "
            "Choose another folder."
        )
    for name in files:
        if (folder / name).is_dir():
            raise MixturaError(f"{folder / name} is a folder: move it, or choose another place.")


def check_file(file: Path) -> None:
    """See that a file in an existing folder can be written.

    Raises
    ------
    MixturaError
        If it cannot; the message says why.
    """
    if not file.parent.exists():
        raise MixturaError(f"{file} cannot be written: there is no folder {file.parent}.")
    check_folder(file.parent, [file.name])

"""Where results go: found out before the work, so that it is not done in vain."""

from __future__ import annotations

import os
import stat
from collections.abc import Sequence
from itertools import combinations
from pathlib import Path

from mixtura.errors import MixturaError

__all__ = ["check_file", "check_folder", "check_outside"]


def check_folder(folder: Path, files: Sequence[str], inputs: Sequence[Path]) -> None:
    """See that a folder, made if need be, can take some files, each one of its own.

    Parameters
    ----------
    folder : Path
    files : sequence of str
        Their names in the folder.
    inputs : sequence of Path
        What is read, and so must stay.

    Raises
    ------
    MixturaError
        If it cannot; the message says why.
    """
    _check_room(folder)
    outputs = [folder / name for name in files]
    for file in outputs:
        _check_place(file, inputs)
    for one, other in combinations(outputs, 2):
        if _are_same(one, other):
            raise MixturaError(f"{one} and {other} are the same file: remove one of the links.")


def check_file(file: Path, inputs: Sequence[Path], endings: Sequence[str]) -> None:
    """See that a file in an existing folder can be written, and is none of those that are read.

    Parameters
    ----------
    file : Path
    inputs : sequence of Path
        What is read, and so must stay.
    endings : sequence of str
        Of the names of what can be written; a name may also have none.

    Raises
    ------
    MixturaError
        If it cannot; the message says why.
    """
    if not file.parent.exists():
        raise MixturaError(f"{file} cannot be written: there is no folder {file.parent}.")
    _check_place(file, inputs)
    plain = file.is_file() or not file.exists()  # else, such as a pipe, any name will do
    if plain and file.suffix and file.suffix.lower() not in endings:
        raise MixturaError(
            f"{file} cannot be written: nothing here writes {file.suffix} files. Let the name end "
            f"in {' or '.join(filter(None, (', '.join(endings[:-1]), endings[-1])))}."
        )


def check_outside(file: Path, inputs: Sequence[Path]) -> None:
    """See that a file does not go to a folder that is read, where it would be a part of the table.

    Raises
    ------
    MixturaError
        If it would.
    """
    place = Path(os.path.realpath(file))
    for folder in filter(Path.is_dir, inputs):
        if Path(os.path.realpath(folder)) in place.parents:
            raise MixturaError(
                f"{file} would be in the folder {folder}, all of which is read as one table: "
                "choose another place."
            )


def _check_place(file: Path, inputs: Sequence[Path]) -> None:
    if file.is_dir():
        raise MixturaError(f"{file} is a folder: move it, or choose another place.")
    if file.exists() and not os.access(file, os.W_OK):
        raise MixturaError(f"{file} cannot be written: no permission. Choose another place.")
    if file.is_file() or not file.exists():  # else, such as a device, nothing replaces it
        place = Path(os.path.realpath(file)) if file.is_symlink() else file
        if file.is_symlink() and (place.is_symlink() or not place.parent.exists()):
            raise MixturaError(f"{file} cannot be written: it is a link that leads nowhere.")
        _check_room(place.parent)
    for read in inputs:
        if _are_same(file, read):
            raise MixturaError(
                f"{file} is the input {read} itself, which would be lost: choose another place."
            )


def _check_room(folder: Path) -> None:
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


def _are_same(one: Path, other: Path) -> bool:
    """Whether two paths lead to one regular file, or would."""
    a, b = _found(one), _found(other)
    if a is None or b is None:
        return os.path.realpath(one) == os.path.realpath(other)
    return stat.S_ISREG(a.st_mode) and os.path.samestat(a, b)


def _found(path: Path) -> os.stat_result | None:
    """What is at a path, '-' being standard input; None if nothing is."""
    try:
        return os.fstat(0) if path == Path("-") else path.stat()
    except OSError:
        return None

"""A long fit, kept in a folder while it runs: the same call goes on after an interruption.

The file holds Python's own objects (pickle): it is meant for whoever wrote it, on the same machine,
and nobody should open one that comes from elsewhere. Models to pass on are model files.
"""

from __future__ import annotations

import hashlib
import pickle
import warnings
from pathlib import Path
from time import monotonic
from typing import Any

from mixtura.errors import DataWarning, MixturaError
from mixtura.fitting.restarts import Starts
from mixtura.fitting.run import AnyFit
from mixtura.persistence.atomic_files import Staging

__all__ = ["Checkpoint", "fingerprint"]

_NAME = "fit.checkpoint"
_MAGIC = b"mixtura checkpoint 1\n"

# About so many seconds of work can be lost.
_SECONDS = 5.0


def fingerprint(*parts: Any) -> bytes:
    """What tells one fit from another, 32 bytes: equal parts give the same."""
    return hashlib.sha256(pickle.dumps(parts)).digest()


class Checkpoint:
    """Keeps the paused run of one fit in a folder.

    Parameters
    ----------
    folder : path
        Made if it is not there.
    of : bytes
        The fingerprint of the fit.
    """

    def __init__(self, folder: str | Path, of: bytes) -> None:
        self._place = Path(folder) / _NAME
        self._head = _MAGIC + of
        self._n_iter = 1
        self._began = monotonic()

    @property
    def n_iter(self) -> int:
        """Iterations until the run is kept again: what a few seconds allow."""
        return self._n_iter

    def kept(self) -> tuple[Starts, AnyFit] | None:
        """What is known of the fit; None before it has begun.

        Raises
        ------
        MixturaError
            If the folder holds another fit, or one that cannot be read.
        """
        try:
            content = self._place.read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise MixturaError(
                f"The checkpoint {self._place} cannot be read: {error.strerror or error}."
            ) from None
        if not content.startswith(self._head):
            raise MixturaError(
                f"{self._place} is the checkpoint of another fit: of other rows, parameters, or by "
                "another version. Give another folder, or remove that file to begin anew."
            )
        try:
            starts, run = pickle.loads(content[len(self._head) :])
        except Exception as error:  # whatever a damaged pickle does
            raise MixturaError(
                f"The checkpoint {self._place} is damaged ({error}): remove it to begin anew."
            ) from None
        self._began = monotonic()
        return starts, run

    def keep(self, starts: Starts, run: AnyFit) -> None:
        """Replace the file by one of what is known now; the old one stays if that fails."""
        pace = (monotonic() - self._began) / self._n_iter
        try:
            with Staging() as staging:
                staging.folder(self._place.parent)
                content = self._head + pickle.dumps((starts, run))
                staging.place(self._place).write_bytes(content)
        except OSError as error:
            warnings.warn(
                f"The checkpoint {self._place} cannot be written ({error.strerror or error}): the "
                "fit goes on, and the last checkpoint stays as it is.",
                DataWarning,
                stacklevel=2,
            )
        self._n_iter = max(1, round(_SECONDS / pace)) if pace > 0.0 else 1
        self._began = monotonic()

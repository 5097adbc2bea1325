"""Files appear together and complete, or not at all."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from mixtura.persistence.atomic_files import Staging


def test_all_files_appear_together(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("old")
    with Staging() as staging:
        staging.place(tmp_path / "a.txt").write_text("new a")
        staging.place(tmp_path / "b.txt").write_text("new b")
        assert (tmp_path / "a.txt").read_text() == "old"
        assert not (tmp_path / "b.txt").exists()
    assert {f.name: f.read_text() for f in tmp_path.iterdir()} == {
        "a.txt": "new a",
        "b.txt": "new b",
    }


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, SystemExit])
def test_an_error_leaves_everything_as_it_was(tmp_path: Path, error: type[BaseException]) -> None:
    (tmp_path / "a.txt").write_text("old")

    def write() -> None:
        with Staging() as staging:
            staging.place(tmp_path / "a.txt").write_text("new")
            raise error

    with pytest.raises(error):
        write()
    assert _contents(tmp_path) == {"a.txt": "old"}


def _contents(folder: Path) -> dict[str, str]:
    return {file.name: file.read_text() for file in folder.iterdir()}


def test_permissions_are_the_usual_ones_or_those_of_the_old_file(tmp_path: Path) -> None:
    (tmp_path / "old.txt").write_text("old")
    (tmp_path / "old.txt").chmod(0o600)
    mask = os.umask(0o022)
    try:
        with Staging() as staging:
            staging.place(tmp_path / "old.txt").write_text("new")
            staging.place(tmp_path / "new.txt").write_text("new")
    finally:
        os.umask(mask)
    assert (tmp_path / "old.txt").stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "new.txt").stat().st_mode & 0o777 == 0o644

"""Files appear together and complete, or not at all."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
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


def test_a_file_in_the_making_is_never_open_to_more_than_the_old_one(tmp_path: Path) -> None:
    old = tmp_path / "old.txt"
    for mode in 0o600, 0o644, 0o400:
        old.write_text("old")
        old.chmod(mode)
        with Staging() as staging:
            stand_in = staging.place(old)
            assert stand_in.stat().st_mode & 0o777 == 0o600
            stand_in.write_text("new")
        assert old.stat().st_mode & 0o777 == mode
        old.unlink()


@pytest.mark.skipif(os.name != "posix" or os.geteuid() != 0, reason="only root gives files away")
def test_the_owner_stays(tmp_path: Path) -> None:
    old = tmp_path / "old.txt"
    old.write_text("old")
    os.chown(old, 1234, 2345)
    with Staging() as staging:
        staging.place(old).write_text("new")
    assert (old.stat().st_uid, old.stat().st_gid) == (1234, 2345)


def test_another_group_may_not_do_what_the_old_one_could(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*args: object) -> None:
        raise PermissionError

    old = tmp_path / "old.txt"
    old.write_text("old")
    old.chmod(0o664)
    monkeypatch.setattr(os, "chown", refuse)
    with Staging() as staging:
        staging.place(old).write_text("new")
    assert old.stat().st_mode & 0o777 == 0o604


@pytest.mark.parametrize("there", [True, False])
def test_a_link_stays_and_its_target_is_replaced(tmp_path: Path, there: bool) -> None:
    folder, link = tmp_path / "folder", tmp_path / "link.txt"
    folder.mkdir()
    if there:
        (folder / "target.txt").write_text("old")
    link.symlink_to("folder/target.txt")
    with Staging() as staging:
        staging.place(link).write_text("new")
    assert link.is_symlink()
    assert _contents(folder) == {"target.txt": "new"}


@pytest.mark.parametrize("by_link", [False, True])
def test_a_pipe_stays_and_gets_the_whole_file(tmp_path: Path, by_link: bool) -> None:
    pipe, link = tmp_path / "pipe", tmp_path / "link"
    os.mkfifo(pipe)
    link.symlink_to("pipe")
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    with Staging() as staging:
        stand_in = staging.place(link if by_link else pipe)
        stand_in.write_text("complete")
    assert os.read(reader, 100) == b"complete"
    os.close(reader)
    assert pipe.is_fifo()
    assert link.is_symlink()
    assert not stand_in.exists()
    assert len(list(tmp_path.iterdir())) == 2


def test_a_name_may_be_as_long_as_the_file_system_takes(tmp_path: Path) -> None:
    with Staging() as staging:
        staging.place(tmp_path / ("x" * 255)).write_text("new")
    assert _contents(tmp_path) == {"x" * 255: "new"}


def test_errors_name_the_file_that_was_asked_for(tmp_path: Path) -> None:
    missing, target = tmp_path / "none" / "a.txt", tmp_path / "a.txt"
    with pytest.raises(FileNotFoundError) as raised, Staging() as staging:
        staging.place(missing)
    assert raised.value.filename == str(missing)
    with pytest.raises(OSError, match="No space") as raised, Staging() as staging:
        _fill_the_disk(staging.place(target))
    assert raised.value.filename == str(target)
    with pytest.raises(OSError, match=r"^gone$"), Staging() as staging:
        _lose(staging.place(target))


def _fill_the_disk(stand_in: Path) -> None:
    raise OSError(28, "No space left on device")


def _lose(stand_in: Path) -> None:
    raise OSError("gone")


def test_folders_that_were_made_go_with_what_failed(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()

    def write(*errors: Exception) -> None:
        with Staging() as staging:
            staging.folder(tmp_path / "a" / "b" / "c")
            staging.place(tmp_path / "a" / "b" / "c" / "d.txt").write_text("new")
            for error in errors:
                raise error

    with pytest.raises(ValueError, match="no"):
        write(ValueError("no"))
    assert list((tmp_path / "a").iterdir()) == []
    write()
    assert _contents(tmp_path / "a" / "b" / "c") == {"d.txt": "new"}


def test_nothing_stays_of_a_staging_that_was_not_left(tmp_path: Path) -> None:
    """As when an interruption comes before the first line of __exit__."""
    staging = Staging()
    staging.place(tmp_path / "a.txt").write_text("new")
    del staging
    assert list(tmp_path.iterdir()) == []


@pytest.fixture
def handlers() -> Iterator[None]:
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.usefixtures("handlers")
def test_handlers_are_put_back_even_if_one_raises(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def raise_it(number: int, frame: object) -> None:
        raise KeyboardInterrupt

    def replace(old: Path, new: Path) -> None:
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGTERM)
        moved(old, new)

    moved = os.replace
    monkeypatch.setattr(os, "replace", replace)
    signal.signal(signal.SIGINT, raise_it)
    signal.signal(signal.SIGTERM, raise_it)
    with pytest.raises(KeyboardInterrupt), Staging() as staging:
        staging.place(tmp_path / "a.txt").write_text("new")
    assert _contents(tmp_path) == {"a.txt": "new"}
    assert signal.getsignal(signal.SIGINT) is raise_it
    assert signal.getsignal(signal.SIGTERM) is raise_it


@pytest.mark.usefixtures("handlers")
def test_handlers_that_python_did_not_set_are_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_by_python = signal.getsignal
    monkeypatch.setattr(
        signal,
        "getsignal",
        lambda number: None if number == signal.SIGTERM else set_by_python(number),
    )
    told: list[int] = []
    setting = signal.signal
    monkeypatch.setattr(
        signal, "signal", lambda number, to: (told.append(number), setting(number, to))[1]
    )
    with Staging() as staging:
        staging.place(tmp_path / "a.txt").write_text("new")
    assert _contents(tmp_path) == {"a.txt": "new"}
    assert signal.SIGINT in told
    assert signal.SIGTERM not in told

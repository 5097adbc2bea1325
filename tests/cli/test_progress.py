"""What is told of long work where no bar can be drawn. No test waits: the clock is the test's."""

import io
import sys

import pytest

from mixtura.cli.program import program
from mixtura.cli.progress import Lines, lines, silent, telling


class Clock:
    """Seconds that pass when the test says so."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def told_by(seconds, tell=None):
    """When lines come if the clock is looked at every second, and the lines."""
    clock, written = Clock(), []
    said = Lines("Fitting", lambda line: written.append((clock.now - 1000.0, line)), clock)
    for _ in range(seconds):
        clock.now += 1.0
        if tell is not None:
            tell(said, clock.now - 1000.0)
        said.look()
    return written


def test_work_of_seconds_has_no_lines():
    assert told_by(9) == []


def test_lines_come_ever_more_rarely_but_every_minute():
    assert [at for at, _ in told_by(260)] == [10.0, 20.0, 40.0, 80.0, 140.0, 200.0, 260.0]


def test_a_line_has_what_was_told_last():
    def tell(said, now):
        said(int(now), 126 if now > 15 else None, "models", "Fitted VVE with 7 clusters")

    assert [line for _, line in told_by(20, tell)] == [
        "mixtura: Fitted VVE with 7 clusters (10 models, 10 s so far)",
        "mixtura: Fitted VVE with 7 clusters (20 of 126 models, 20 s so far)",
    ]


def test_lines_come_also_where_nothing_was_told_yet():
    assert told_by(10) == [(10.0, "mixtura: Fitting (10 s so far)")]


def test_lines_have_no_control_characters():
    (_, line), *_ = told_by(10, lambda said, now: said(1, None, "rows", "Reading a\x1b[2Jb\rc"))
    assert line.isprintable()


def test_blocks_are_told_of_as_they_are_used():
    told = []
    blocks = telling([[1, 2], [3]], len, 3, lambda *args: told.append(args), "Drawing rows")
    assert next(blocks) == [1, 2]
    assert told == []
    assert list(blocks) == [[3]]
    assert told == [(2, 3, "rows", "Drawing rows"), (3, 3, "rows", "Drawing rows")]


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("stderr", "quiet", "tells"),
    [(io.StringIO(), False, True), (io.StringIO(), True, False), (Terminal(), False, False)],
)
def test_nobody_is_told_who_asked_for_quiet_or_sees_a_bar(monkeypatch, stderr, quiet, tells):
    monkeypatch.setattr(sys, "stderr", stderr)
    with lines(quiet, "Fitting") as tell:
        assert (tell is not silent) == tells


class Eager(Lines):
    """Writes a line whenever more is told."""

    def __call__(self, done, total, unit, text) -> None:
        super().__call__(done, total, unit, text)
        self._due = 0.0
        self.look()


@pytest.mark.parametrize("quiet", [(), ("--quiet",)])
def test_commands_tell_in_batch_jobs(here, blobs, monkeypatch, capsys, quiet):
    monkeypatch.setattr("mixtura.cli.progress.Lines", Eager)

    def main(*args):
        with pytest.raises(SystemExit) as end:
            program.main([*map(str, args), *quiet])
        assert not end.value.code
        return capsys.readouterr().err

    fitted = main("fit", blobs, "-k", "1-2", "--starts", 1, "--out", "m")
    tested = main("test", blobs, "-k", 1, "--replicates", 19)
    predicted = main("predict", "m/model.json", blobs)
    drawn = main("sample", "m/model.json", "-n", 20_000)
    reported = main("report", "m/model.json", blobs, "-o", "r.html")
    told = {
        fitted: ("Reading blobs.csv (", "Fitted VVV with 2 clusters ("),
        tested: ("Reading blobs.csv (", "1 against 2 (19 of 19 samples, 0 s so far)"),
        predicted: ("Reading blobs.csv (", "Writing the assignments of blobs.csv ("),
        drawn: ("Drawing rows (20,000 of 20,000 rows, 0 s so far)",),
        reported: ("Reading blobs.csv (",),
    }
    if quiet:
        assert set(told) == {""}
        return
    for errors, expected in told.items():
        for words in expected:
            assert f"mixtura: {words}" in errors

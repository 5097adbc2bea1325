"""Whenever `fit` is ended, the results are the old ones or the new ones, all three of them.

The signal is sent from a place in the program, not after a time, so every run is the same.
"""

import signal

import pytest

# argv: the signal, the place, then the command line.
_INTERRUPTED = """
import os, signal, sys
number, place = int(sys.argv.pop(1)), sys.argv.pop(1)

def fall(function, when=lambda *args: True):
    def falling(*args, **kwargs):
        if when(*args):
            os.kill(os.getpid(), number)
        return function(*args, **kwargs)
    return falling

import mixtura.cli.results as results
if place == "fit":
    from mixtura.selection import field
    field.Comparison = fall(field.Comparison)
elif place == "write":
    results.write_blocks = fall(results.write_blocks)
elif place == "move":
    os.replace = fall(os.replace, lambda old, new: os.path.basename(new) == "model.json")
elif place == "told":
    import mixtura.cli.console as console
    console.print_fit = fall(console.print_fit)
from mixtura.__main__ import main
main()
"""

ENDINGS = [
    (signal.SIGINT, 130, ["write", "move", "told"]),
    (signal.SIGTERM, 143, ["fit", "move"]),
    (signal.SIGKILL, -9, ["write", "move"]),
]
CASES = [(number, status, place) for number, status, places in ENDINGS for place in places]
OLD = {"model.json": "old", "assignments.csv": "old", "report.html": "old"}


@pytest.mark.parametrize(("number", "status", "place"), CASES)
def test_old_results_or_new_ones(process, blobs, here, number, status, place):
    out = here / "out"
    out.mkdir()
    for name, text in OLD.items():
        (out / name).write_text(text)
    args = ("fit", blobs, "--components", 1, "--starts", 1, "--covariance", "diag", "--out", out)
    result = process(_INTERRUPTED, int(number), place, *args)
    assert result.returncode == status
    assert "Traceback" not in result.stderr
    if number == signal.SIGINT:
        assert result.stderr == "mixtura: interrupted; no file was left half-written.\n"
    results = {name: (out / name).read_text(encoding="utf-8") for name in OLD}
    replaced = [name for name, text in results.items() if text != "old"]
    # A polite signal waits until all three are in place; a kill comes before the first.
    new = place == "told" or (place == "move" and number != signal.SIGKILL)
    assert replaced == (list(OLD) if new else [])
    if number != signal.SIGKILL:
        assert sorted(path.name for path in out.iterdir()) == sorted(OLD)


def test_interrupted_before_there_is_a_folder(process, blobs, here):
    args = ("fit", blobs, "--components", 1, "--starts", 1, "--covariance", "diag")
    result = process(_INTERRUPTED, int(signal.SIGINT), "fit", *args)
    assert result.returncode == 130
    assert result.stdout == ""
    assert [path.name for path in here.iterdir()] == ["blobs.csv"]

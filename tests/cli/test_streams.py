"""Standard streams that are closed, full, or read no further: as other Unix programs do."""

import os
import subprocess
import sys

import pytest

pytestmark = pytest.mark.skipif(os.name != "posix", reason="streams of Unix")


@pytest.fixture
def shell(here):
    """Run a command line of `sh`, in which $mixtura is the program."""

    def shell(line: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["sh", "-c", line],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
            env=os.environ | {"mixtura": f"{sys.executable} -m mixtura"},
        )

    return shell


def test_closed_output_is_told(shell):
    result = shell("$mixtura info --system >&-")
    assert result.returncode == 1
    assert result.stderr == "mixtura: reading or writing failed: Bad file descriptor.\n"


def test_closed_messages_are_not_missed(shell, model, here):
    assert shell("$mixtura nonsense 2>&-").returncode == 2
    # The file must not be taken for a stream that was closed.
    assert shell("$mixtura sample model.json -n 3 -o s.csv <&- >&- 2>&-").returncode == 0
    assert (here / "s.csv").read_text().startswith("a,b,cluster\n")


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no /dev/full")
@pytest.mark.parametrize("command", ["info --system", "sample model.json", "info model.json"])
def test_full_output_is_told(shell, model, command):
    result = shell(f"$mixtura {command} >/dev/full")
    assert result.returncode == 1
    assert result.stderr == "mixtura: reading or writing failed: No space left on device.\n"


@pytest.mark.parametrize("command", ["--help", "sample model.json -n 30000", "info model.json"])
def test_ends_in_silence_when_nobody_reads_on(here, model, command):
    readable, writable = os.pipe()
    os.close(readable)
    result = subprocess.run(
        [sys.executable, "-m", "mixtura", *command.split()],
        stdout=writable,
        stderr=subprocess.PIPE,
        timeout=60,
        check=False,
    )
    os.close(writable)
    assert (result.returncode, result.stderr) == (141, b"")


def test_ctrl_c_while_importing(process):
    code = """
import sys

class Interruption:
    def find_spec(self, name, *args):
        if name == "mixtura.cli.program":
            raise KeyboardInterrupt

sys.meta_path.insert(0, Interruption())
from mixtura.__main__ import main
main()
"""
    result = process(code)
    assert (result.returncode, result.stderr) == (130, "mixtura: interrupted\n")

"""Tables that come through pipes, from devices, and from files with odd names."""

import gzip
import io
import json
import os
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import polars as pl
import pytest
from click.testing import CliRunner

from mixtura.cli.datafile import DataFile
from mixtura.cli.program import program
from mixtura.cli.reading import read_table
from mixtura.errors import DataError

N = 20_000
LIGHT = ("--components", "1", "--covariance", "diag", "--starts", "1", "--quiet")
posix = pytest.mark.skipif(os.name != "posix", reason="pipes and devices with names are POSIX")


def csv_bytes(n: int = N) -> bytes:
    return b"a,b\n" + b"".join(b"%d.5,%d.25\n" % (i % 97, i * i % 101) for i in range(n))


def packed(n: int = N) -> bytes:
    return gzip.compress(csv_bytes(n), mtime=0)


def parquet(n: int = N) -> bytes:
    file = io.BytesIO()
    pl.read_csv(csv_bytes(n)).write_parquet(file)
    return file.getvalue()


def arrow_stream(n: int = N) -> bytes:
    file = io.BytesIO()
    pl.read_csv(csv_bytes(n)).write_ipc_stream(file)
    return file.getvalue()


FORMATS = [csv_bytes, packed, parquet, arrow_stream, lambda: gzip.compress(parquet(), mtime=0)]


@pytest.fixture
def piped(here):
    """Run a command line with bytes on standard input."""

    def piped(content: bytes, *args: object):
        return CliRunner().invoke(program, [str(arg) for arg in args], input=content)

    return piped


def write_to(path: Path | int, content: bytes) -> threading.Thread:
    def write() -> None:
        with open(path, "wb") as file:
            file.write(content)

    thread = threading.Thread(target=write)
    thread.start()
    return thread


@pytest.mark.parametrize("content", FORMATS)
def test_a_dash_is_standard_input(piped, here, content):
    result = piped(content(), "fit", "-", *LIGHT)
    assert result.exit_code == 0, result.stderr
    assert "20,000 rows and 2 columns of standard input" in " ".join(result.stdout.split())
    assert [path.name for path in here.iterdir()] == ["stdin-mixtura"]


def test_every_command_that_takes_a_table_takes_a_dash(piped, model, here):
    content = csv_bytes(50)
    predicted = piped(content, "predict", model, "-")
    assert (predicted.exit_code, predicted.stdout.count("\n")) == (0, 51)
    assert piped(content, "report", model, "-").exit_code == 0
    assert "standard input" in (here / "report.html").read_text(encoding="utf-8")
    told = piped(content, "test", "-", "-k", "1", "--replicates", "19", "--json")
    assert json.loads(told.stdout)["data"] == {
        "file": "standard input",
        "rows": 50,
        "rows_used": 50,
        "columns": ["a", "b"],
        "columns_left_out": {},
    }


@posix
@pytest.mark.parametrize("content", FORMATS)
def test_a_named_pipe_is_read_once_and_whole(here, content):
    os.mkfifo(here / "pipe.csv")
    thread = write_to(here / "pipe.csv", content())
    table = read_table(DataFile(here / "pipe.csv"))
    thread.join()
    assert [column.name for column in table.columns] == ["a", "b"]
    assert table.values.shape == (N, 2)
    assert table.values[-1].tolist() == [(N - 1) % 97 + 0.5, (N - 1) ** 2 % 101 + 0.25]


@posix
def test_a_pipe_of_the_shell(process, here):
    (here / "t.csv").write_bytes(csv_bytes())
    code = "import sys; from mixtura.__main__ import main; main()"
    command = [sys.executable, "-c", code, "fit", "/dev/stdin", *LIGHT, "--json"]
    with subprocess.Popen(["cat", "t.csv"], stdout=subprocess.PIPE) as cat:
        told = subprocess.run(command, stdin=cat.stdout, capture_output=True, text=True, check=True)
    assert json.loads(told.stdout)["data"]["rows"] == N
    assert json.loads(told.stdout)["data"]["columns"] == ["a", "b"]


def wait_until_asleep(process: subprocess.Popen[str]) -> None:
    """Until it has been seen to wait for something many times in a row."""
    seen = 0
    while seen < 30:
        state = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()[0]
        seen = seen + 1 if state == "S" else 0
        time.sleep(0.005)


@pytest.mark.skipif(sys.platform != "linux", reason="/proc tells when a process waits")
def test_waiting_for_a_pipe_can_be_interrupted(here):
    os.mkfifo("pipe.csv")
    code = "from mixtura.__main__ import main; main()"
    command = [sys.executable, "-c", code, "fit", "pipe.csv"]
    with (
        subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process,
        open("pipe.csv", "wb", buffering=0) as pipe,  # which waits until it is read
    ):
        pipe.write(b"a,b\n1,2\n")
        wait_until_asleep(process)
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 130
        assert process.stderr.read() == "mixtura: interrupted; no file was left half-written.\n"
    assert [path.name for path in here.iterdir()] == ["pipe.csv"]


def test_a_copy_leaves_no_file(piped, here, monkeypatch):
    (here / "tmp").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(here / "tmp"))
    assert piped(csv_bytes(30), "fit", "-", *LIGHT).exit_code == 0
    assert piped(b"a,b\n1\n", "fit", "-", *LIGHT).exit_code == 1
    assert list((here / "tmp").iterdir()) == []


def test_no_room_for_a_copy(piped, here, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(here / "none"))
    result = piped(csv_bytes(30), "fit", "-", *LIGHT)
    assert result.exit_code == 1
    assert "standard input cannot be copied to a temporary file" in result.stderr
    assert "TMPDIR" in result.stderr


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "standard input is empty"),
        (b"a,b\n", "standard input has column names but no rows"),
        (b"a,b\n1,2\n3\n", "standard input: data row 2 has 1 cell"),
        (b"\0" * 100, "standard input is no text: it begins with a NUL byte"),
        (b"a,b\n1,\xe9\n", "standard input is not UTF-8 text: line 2"),
        (parquet(30)[:100], "standard input cannot be read as Parquet"),
        (packed(30)[:40], "standard input cannot be unpacked with gzip"),
    ],
    ids=["empty", "header", "ragged", "nul", "latin1", "parquet", "gzip"],
)
def test_messages_name_standard_input(piped, content, words):
    result = piped(content, "fit", "-", *LIGHT)
    assert result.exit_code == 1
    assert result.stderr.startswith(f"mixtura: {words}")


def test_closed_standard_input(monkeypatch):
    monkeypatch.setattr(sys, "stdin", None)
    with pytest.raises(DataError, match="Standard input is closed"):
        read_table(DataFile(None))


@posix
def test_what_never_ends_is_not_read(here):
    with pytest.raises(DataError, match="/dev/zero is a device, which may never end"):
        read_table(DataFile(Path("/dev/zero")))
    with pytest.raises(DataError, match="/dev/null is empty"):
        read_table(DataFile(Path("/dev/null")))
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("s")
        with pytest.raises(DataError, match="s is no file but a socket or a disk"):
            read_table(DataFile(Path("s")))


@posix
def test_a_terminal_is_read_to_its_end(monkeypatch, capsys):
    ours, theirs = os.openpty()
    os.write(ours, b"a,b\n1,2\n3,5\n\x04")
    with open(theirs) as terminal:
        monkeypatch.setattr(sys, "stdin", terminal)
        assert read_table(DataFile(None)).values.tolist() == [[1, 2], [3, 5]]
    os.close(ours)
    assert "Ctrl-D ends the table" in capsys.readouterr().err


@pytest.mark.skipif(sys.platform != "linux", reason="other systems refuse such names")
def test_names_of_files_that_are_not_utf_8(run, model, here):
    odd = os.fsdecode(b"na\xffme.csv")
    result = run("predict", model, odd)
    assert result.stderr == "mixtura: na\\xffme.csv: no such file.\n"
    Path(odd).write_bytes(csv_bytes(30))
    assert run("predict", model, odd).stdout.count("\n") == 31
    assert run("report", model, odd).exit_code == 0
    assert "na\\\\xffme.csv" in (here / "report.html").read_text(encoding="utf-8")
    data = DataFile.of(odd)
    assert (str(data), data.name, data.stem) == ("na\\xffme.csv",) * 2 + (os.fsdecode(b"na\xffme"),)


@posix
def test_a_pipe_that_does_not_wait_is_read_to_its_end(monkeypatch):
    theirs, ours = os.pipe()
    os.set_blocking(theirs, False)

    def write() -> None:
        with open(ours, "wb", buffering=0) as file:
            for line in csv_bytes(20).splitlines(keepends=True):
                file.write(line)
                time.sleep(0.002)

    thread = threading.Thread(target=write)
    thread.start()
    with open(theirs) as stdin:
        monkeypatch.setattr(sys, "stdin", stdin)
        assert len(read_table(DataFile(None)).values) == 20
    thread.join()


@posix
@pytest.mark.skipif(hasattr(os, "geteuid") and os.geteuid() == 0, reason="root may read all")
def test_no_permission(run, model, here):
    (here / "t.csv").write_bytes(csv_bytes(3))
    (here / "t.csv").chmod(stat.S_IWUSR)
    result = run("predict", model, "t.csv")
    assert result.stderr == "mixtura: t.csv cannot be read: Permission denied.\n"

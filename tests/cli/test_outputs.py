"""Where results go: never over an input, through links and pipes, whole or not at all."""

import json
import os
import resource
import threading
from contextlib import contextmanager
from pathlib import Path

import click
import polars as pl
import pytest

from mixtura.cli.visible import visible

LIGHT = ("-k", 1, "--starts", 1, "--covariance", "diag")


@pytest.fixture
def inputs(model, blobs):
    """The model and the table, each also by a link and by a hard link."""
    for file in model, blobs:
        Path(f"soft-{file.name}").symlink_to(file.name)
        os.link(file, f"hard-{file.name}")
    return {name: Path(name).read_bytes() for name in ("model.json", "blobs.csv")}


@pytest.mark.parametrize("way", ["", "soft-", "hard-", "../here/"])
@pytest.mark.parametrize(
    ("command", "replaced"),
    [
        (("predict", "model.json", "blobs.csv", "-o"), ["model.json", "blobs.csv"]),
        (("report", "model.json", "blobs.csv", "-o"), ["model.json", "blobs.csv"]),
        (("sample", "model.json", "-o"), ["model.json"]),
    ],
)
def test_an_input_is_not_replaced(run, here, inputs, command, replaced, way):
    for name in replaced:
        output = way.replace("here", here.name) + name
        result = run(*command, output)
        assert result.exit_code == 1
        assert f"{output} is the input {name} itself" in result.stderr
    assert {name: Path(name).read_bytes() for name in inputs} == inputs


def test_fit_does_not_replace_its_table(run, blobs, here):
    for name in ("assignments.csv", "model.json"):
        table = here / name
        table.write_bytes(blobs.read_bytes())
        result = run("fit", name, "--out", ".", *LIGHT)
        assert result.exit_code == 1
        assert "is the input" in result.stderr
        assert table.read_bytes() == blobs.read_bytes()
        table.unlink()


def test_two_results_in_one_file(run, blobs, here):
    out = here / "out"
    out.mkdir()
    (out / "model.json").symlink_to("report.html")
    result = run("fit", blobs, "--out", out, *LIGHT)
    assert result.exit_code == 1
    assert "are the same file" in result.stderr
    assert [path.name for path in out.iterdir()] == ["model.json"]


def test_results_go_where_links_lead(run, model, blobs, here):
    (here / "there").mkdir()
    Path("link.csv").symlink_to("there/p.csv")
    Path("nowhere.csv").symlink_to("none/p.csv")
    Path("circle.csv").symlink_to("circle.csv")
    assert run("predict", model, blobs, "-o", "link.csv").exit_code == 0
    assert Path("link.csv").is_symlink()
    assert pl.read_csv("there/p.csv").height == 60
    for name in ("nowhere.csv", "circle.csv"):
        result = run("predict", model, blobs, "-o", name)
        assert result.exit_code == 1
        assert "leads nowhere" in result.stderr


@pytest.mark.parametrize("name", ["pipe.csv", "pipe.parquet"])
def test_a_pipe_is_written_to(run, model, blobs, name):
    os.mkfifo(name)
    came = []
    reader = threading.Thread(target=lambda: came.append(Path(name).read_bytes()))
    reader.start()
    assert run("predict", model, blobs, "-o", name).exit_code == 0
    reader.join()
    assert Path(name).is_fifo()
    read = pl.read_parquet if name.endswith("parquet") else pl.read_csv
    assert read(came[0])["cluster"].to_list() == [0] * 40 + [1] * 20


@pytest.mark.parametrize("stdout", ["-", "/dev/stdout"])
def test_names_of_standard_output(run, model, blobs, here, stdout):
    predicted = run("predict", model, blobs).stdout
    assert run("predict", model, blobs, "-o", stdout).stdout == predicted
    page = run("report", model, blobs, "-o", stdout).stdout
    assert page.lower().startswith("<!doctype html>")
    assert page.endswith("</html>\n")
    assert sorted(path.name for path in here.iterdir()) == ["blobs.csv", "model.json"]


def test_a_file_that_may_not_be_written(run, model, here, monkeypatch):
    """The test may run as root, whom nothing is forbidden."""
    Path("s.csv").write_text("old")
    allowed = os.access
    monkeypatch.setattr(os, "access", lambda path, mode: mode != os.W_OK and allowed(path, mode))
    result = run("sample", model, "-o", "s.csv")
    assert result.exit_code == 1
    assert "s.csv cannot be written: no permission" in result.stderr


@contextmanager
def small_disk(most: int):
    """No file can grow beyond so many bytes."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.parametrize(
    ("args", "name"),
    [
        (("sample", "model.json", "-o", "s.csv"), "s.csv"),
        (("sample", "model.json", "-o", "s.parquet"), "s.parquet"),
        (("sample", "model.json", "-o", "s.arrow"), "s.arrow"),
        (("report", "model.json", "blobs.csv"), "report.html"),
        (("fit", "blobs.csv", "--out", "a/b", *LIGHT), "a/b/report.html"),
    ],
)
def test_a_full_disk(run, model, blobs, here, args, name):
    with small_disk(9_000):
        result = run(*args)
    assert result.exit_code == 1
    assert result.stderr == f"mixtura: {name}: File too large.\n"
    assert sorted(path.name for path in here.iterdir()) == ["blobs.csv", "model.json"]


def test_a_sample_comes_in_blocks_and_every_block_has_rows_of_all_clusters(run, model, monkeypatch):
    monkeypatch.setattr("mixtura.cli.sample._BLOCK_CELLS", 3 * 70)
    drawn = run("sample", model, "-n", 1000, "--seed", 3).stdout
    clusters = [line.rsplit(",", 1)[1] for line in drawn.splitlines()[1:]]
    assert len(clusters) == 1000
    for start in range(0, 1000, 70):
        assert set(clusters[start : start + 70]) == set(clusters)
    assert len(set(drawn.splitlines())) == 1001  # no block is another one again
    assert run("sample", model, "-n", 1000, "--seed", 3).stdout == drawn


def test_a_sample_too_large_for_the_memory(run, model, here):
    for name in ("s.parquet", "s.feather"):
        result = run("sample", model, "-n", 10**9, "-o", name)
        assert result.exit_code == 1
        assert "draw 44,739,242 at most, or write CSV" in result.stderr
    assert run("sample", model, "-n", 10**13).exit_code == 2


def test_too_little_memory_is_told_in_one_line(run, model, monkeypatch):
    def fail(*args):
        raise MemoryError

    monkeypatch.setattr("mixtura.mixture.Mixture.sample", fail)
    result = run("sample", model)
    assert result.exit_code == 1
    assert result.stderr.startswith("mixtura: there is not enough memory")


HOSTILE = "\x1b[1m\u202e[b]"
SEEN = "\\x1b[1m\\u202e[b]"


def test_names_cannot_steer_the_terminal(run, here):
    rows = "".join(f"{i % 7}.5,{i * i % 11}.25,x\n" for i in range(30))
    Path("t.csv").write_text(f"{HOSTILE},b,{HOSTILE}c\n{rows}", encoding="utf-8")
    result = run("fit", "t.csv", "--out", f"o{HOSTILE}", *LIGHT)
    assert result.exit_code == 0
    assert result.stdout.count(SEEN) == 6  # a component's row, columns used, left out, three files
    for shown in (
        result.stdout,
        run("info", f"o{HOSTILE}/model.json").stdout,
        run("report", f"o{HOSTILE}/model.json", "t.csv", "-o", HOSTILE).stdout,
        run("fit", HOSTILE).stderr,
        run("fit", "t.csv", "--criterion", HOSTILE).stderr,
    ):
        assert SEEN in shown
        assert shown.replace("\n", "").isprintable()
    document = json.loads(run("info", f"o{HOSTILE}/model.json", "--json").stdout)
    assert document["columns"] == [HOSTILE, "b"]


def test_visible():
    assert visible("plain é 数 [bold]") == "plain é 数 [bold]"
    assert visible("a\nb\u00a0c\udcff") == "a\\nb\\xa0c\\udcff"
    assert visible("نیم\u200cفاصله") == "نیم\u200cفاصله"  # noqa: RUF001


def test_file_names_that_are_not_utf_8(run, model, blobs, here):
    name = os.fsdecode(b"bl\xff")
    try:
        blobs.rename(f"{name}.csv")
    except OSError:
        pytest.skip("this file system has only UTF-8 names")
    result = run("fit", f"{name}.csv", *LIGHT)
    assert result.exit_code == 0
    assert "bl\\udcff-mixtura/model.json" in result.stdout
    result = run("fit", f"{name}.csv", "--json", *LIGHT)
    assert json.loads(result.stdout)["files"]["model"] == f"{name}-mixtura/model.json"
    for output in ("csv", "parquet", "arrow"):
        assert run("predict", model, f"{name}.csv", "-o", f"{name}-p.{output}").exit_code == 0
    assert run("report", model, f"{name}.csv", "-o", f"{name}.html").stdout == "bl\\udcff.html\n"
    assert "no\\udcff.json: No such file" in run("info", os.fsdecode(b"no\xff.json")).stderr


def test_ctrl_c_while_options_are_read(run, monkeypatch):
    def interrupt(*args, **extra):
        raise KeyboardInterrupt

    monkeypatch.setattr(click.Command, "make_context", interrupt)
    result = run("info", "--system")
    assert result.exit_code == 130
    assert result.stderr == "mixtura: interrupted; no file was left half-written.\n"

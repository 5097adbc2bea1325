"""`mixtura explore` serves a page or writes one, and tells what it leaves out."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import urllib.request
import webbrowser
from typing import Any

import numpy as np
import polars as pl
import pytest

from mixtura.explorer.server import PageServer


def payload_of(page: str) -> dict[str, Any]:
    block = page.split('id="payload">')[1].split("</script>")[0]
    payload: dict[str, Any] = json.loads(block)
    return payload


@pytest.fixture
def table(here):
    lines = ["id,height,weight,town,one"]
    rng = np.random.default_rng(0)
    lines += [
        f"{i},{h:.3f},{'' if i == 3 else round(w, 3)},{'ab'[i % 2]},1"
        for i, (h, w) in enumerate(rng.normal(size=(30, 2)), 1)
    ]
    (here / "t.csv").write_text("\n".join(lines))
    return here / "t.csv"


def test_a_page_in_a_file(run, here, table):
    result = run("explore", "t.csv", "-o", "page.html")
    assert (result.exit_code, result.output) == (0, "page.html\n")
    payload = payload_of((here / "page.html").read_text())
    assert (payload["title"], payload["columns"]) == ("t.csv", ["height", "weight"])
    assert payload["notes"] == [
        "Left out: id (only numbers the rows).",
        "Left out: town (is text).",
        "Left out: one (is the same in every row).",
    ]
    assert payload_of(run("explore", "t.csv", "-o", "-").output)["n"] == 30


def test_columns_that_are_named(run, table):
    chosen = run("explore", "t.csv", "--columns", "weight,id", "-o", "-")
    assert payload_of(chosen.output)["columns"] == ["weight", "id"]
    left = run("explore", "t.csv", "--exclude", "weight", "-o", "-")
    assert payload_of(left.output)["columns"] == ["height"]


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["none.csv"], "none.csv"),
        (["t.csv", "--columns", "wieght"], "has no column 'wieght'. Did you mean 'weight'?"),
        (["t.csv", "--columns", "town"], "town"),
        (["t.csv", "--columns", "one"], "no column of numbers that vary"),
        (["text.csv"], "text.csv has no numbers in town, name: the explorer shows columns of"),
        (["t.csv", "-o", "t.csv"], "would be lost"),
        (["t.csv", "-o", "page.pdf"], "nothing here writes .pdf files"),
    ],
)
def test_bad_input(run, here, table, args, message):
    (here / "text.csv").write_text("town,name\na,x\nb,y\na,z\n")
    result = run("explore", *args)
    assert result.exit_code == 1
    assert message in result.stderr
    assert result.stderr.count("\n") == 1


def test_a_million_rows_are_a_sample(run, here):
    values = np.random.default_rng(0).normal(size=1_000_000)
    pl.DataFrame({"x": values}).write_parquet("big.parquet")
    first, again, other = (
        payload_of(run("explore", "big.parquet", "--seed", seed, "-o", "-").output)
        for seed in (0, 0, 1)
    )
    assert (first["n"], first["sampled_from"], first["rows_total"]) == (20_000, 10**6, 10**6)
    assert first == again
    assert first["values"] != other["values"]


def test_the_browser_is_sent_to_the_page(run, table, monkeypatch):
    opened = []
    monkeypatch.setattr(webbrowser, "open", lambda address: not opened.append(address))
    monkeypatch.setattr(PageServer, "serve_forever", lambda self: None)
    result = run("explore", "t.csv")
    assert result.stdout.strip() == opened[0]
    assert result.stderr == "Press Ctrl-C to end.\n"
    quiet = run("explore", "t.csv", "--no-browser")
    assert len(opened) == 1
    assert f"Open {quiet.stdout.strip()} in a browser" in quiet.stderr


def test_a_port_in_use_is_told(run, table):
    with PageServer("") as taken:
        result = run("explore", "t.csv", "--no-browser", "--port", taken.server_port)
    assert result.exit_code == 1
    assert f"Port {taken.server_port} of this machine is in use" in result.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="Ctrl-C reaches the whole console")
def test_it_serves_until_it_is_interrupted(here, table):
    command = [sys.executable, "-c", "from mixtura.__main__ import main; main()"]
    command += ["explore", "t.csv", "--no-browser"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None
    address = process.stdout.readline().strip()
    with urllib.request.urlopen(address, timeout=60) as answer:
        assert payload_of(answer.read().decode())["title"] == "t.csv"
    process.send_signal(signal.SIGINT)
    _, told = process.communicate(timeout=60)
    assert process.returncode == 0
    assert "Traceback" not in told

"""Delimited text of all shapes: every row and every value comes back, or an error says why not."""

import csv
import gzip
import io
import math
import os
import pickle
import threading
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mixtura.cli import delimited
from mixtura.cli.datafile import DataFile
from mixtura.cli.delimited import read_delimited
from mixtura.cli.header import no_column
from mixtura.cli.progress import silent
from mixtura.cli.reading import read_table
from mixtura.errors import DataError

often = settings(
    max_examples=100,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
numbers = st.floats(allow_nan=False, allow_infinity=False)
gaps = st.sampled_from(["", "NA", " nan ", "?", "null"])
words = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=9)
cells = st.one_of(numbers.map(repr), numbers.map(lambda x: f" {x!r}\t"), gaps, words)


@st.composite
def tables(draw) -> tuple[list[list[str]], dict[str, object]]:
    width = draw(st.integers(1, 4))
    rows = draw(st.lists(st.lists(cells, min_size=width, max_size=width), min_size=1, max_size=9))
    layout = {
        "delimiter": draw(st.sampled_from([",", ";", "\t", "|", ":"])),
        "lineterminator": draw(st.sampled_from(["\n", "\r\n", "\r"])),
        "quoting": draw(st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL])),
    }
    if any(set("\r\n") & set(cell) for row in rows for cell in row):
        layout["quoting"] = csv.QUOTE_ALL  # Python's writer forgets some of these
    return rows, layout


def number(cell: str) -> float:
    """What Python makes of a cell, NaN where that is no number."""
    try:
        return float(cell)
    except ValueError:
        return math.nan


def through_a_file(content: bytes, folder: Path) -> DataFile:
    (folder / "t.csv").write_bytes(content)
    return DataFile(folder / "t.csv")


def through_a_pipe(content: bytes, folder: Path) -> DataFile:
    (folder / "p").unlink(missing_ok=True)
    os.mkfifo(folder / "p")
    threading.Thread(target=(folder / "p").write_bytes, args=(content,)).start()
    return DataFile(folder / "p")


WAYS = [through_a_file] + ([through_a_pipe] if hasattr(os, "mkfifo") else [])


@pytest.mark.parametrize("way", WAYS)
@often
@given(tables(), st.booleans(), st.booleans(), st.booleans())
def test_every_row_and_value_comes_back(tmp_path, way, table, packed, marked, ended):
    rows, layout = table
    text = io.StringIO()
    names = [f"name {j}" for j in range(len(rows[0]))]
    csv.writer(text, **layout).writerows([names, *rows])
    content = text.getvalue() if ended else text.getvalue().removesuffix(layout["lineterminator"])
    content = content.encode("utf-8-sig" if marked else "utf-8")
    data = way(gzip.compress(content) if packed else content, tmp_path)
    read = read_table(data, layout["delimiter"])
    assert read.names.listed == tuple(names)
    assert read.values.shape == (len(rows), len(names))
    for column, said in zip(read.columns, zip(*rows, strict=True), strict=True):
        if column.kind == "numbers":
            np.testing.assert_array_equal(column.values, [number(cell) for cell in said])
        if column.words is not None:
            texts, codes = column.words.texts, column.words.codes
            worded = [
                (texts[c].strip(), s.strip()) for c, s in zip(codes, said, strict=True) if c >= 0
            ]
            assert all(kept in (cell, cell.lower()) for kept, cell in worded)
            assert len(worded) == column.n_odd or column.kind == "true or false"
            assert len(set(texts)) == len(texts)


def test_blocks_are_joined_seamlessly(tmp_path, monkeypatch):
    from mixtura.cli import rows

    monkeypatch.setattr(delimited, "_CELLS_AT_ONCE", 14)
    monkeypatch.setattr(rows, "_CHUNK_BYTES", 80)
    X = np.random.default_rng(0).normal(size=(50, 2))
    odd = (3, 30, 31, 49)
    lines = [f"{a},{'odd' if i in odd else b}" for i, (a, b) in enumerate(X.tolist())]
    table = read_table(through_a_file("\n".join(["a,b", *lines]).encode(), tmp_path))
    assert table.values[:, 0].tolist() == X[:, 0].tolist()
    a, b = table.columns
    assert (a.kind, a.n_numbers, a.n_odd) == ("numbers", 50, 0)
    assert (b.kind, b.n_numbers, b.n_odd) == ("text", 46, 4)
    assert b.odd == ((4, "odd"), (31, "odd"), (32, "odd"))


def test_a_column_is_true_or_false_only_if_all_of_it_is(tmp_path):
    content = b"p,q,r\ntrue,true,TRUE\nFalse,1,no\nNA,false,false\n"
    p, q, r = read_table(through_a_file(content, tmp_path)).columns
    assert (p.kind, p.n_odd, p.n_numbers) == ("true or false", 0, 2)
    assert p.values[:2].tolist() == [1, 0]
    assert np.isnan(p.values[2])
    assert (q.kind, q.odd) == ("text", ((1, "true"), (3, "false")))
    assert (r.kind, r.n_odd) == ("text", 3)


def test_many_columns(tmp_path):
    X = np.random.default_rng(0).normal(size=(20, 20_000))
    file = io.StringIO()
    np.savetxt(file, X, delimiter=";", header=";".join(f"c{j}" for j in range(20_000)), comments="")
    table = read_table(through_a_file(file.getvalue().encode(), tmp_path))
    np.testing.assert_allclose(table.values, X)
    assert table.names.position("c19999") == 19_999


def test_a_huge_cell(tmp_path):
    content = b'a,note\n1.5,"' + b"x,\n" * 200_000 + b'"\n2.5,y\n'
    table = read_table(through_a_file(content, tmp_path))
    assert table.columns[0].values.tolist() == [1.5, 2.5]
    assert len(table.columns[1].odd[0][1]) < 100  # as it would be shown


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"a,b\n1," + b"2" * 300 + b"\n", "a line of more than 300 characters"),
        (b"a,b\n" + b"1," * 300, "a line of more than 300 characters"),
        (b'a,b\n1,"' + b"2\n" * 300 + b"3,4\n", "field larger than field limit"),
    ],
)
def test_lines_and_cells_without_end(tmp_path, monkeypatch, content, words):
    monkeypatch.setattr(delimited, "LONGEST", 300)
    monkeypatch.setattr(delimited, "_CHARACTERS_TRIED", 300)
    with pytest.raises(DataError, match=words):
        read_table(through_a_file(content, tmp_path))


def test_empty_lines_at_the_end_of_one_column_are_told(tmp_path):
    table = read_table(through_a_file(b"a\n1\n\n2\n\n\n", tmp_path))
    assert len(table.values) == 3
    assert table.notes == ("2 empty lines at the end of the file: not taken for rows.",)


def test_a_sample_that_ends_within_a_row_does_not_mislead(tmp_path):
    content = b"a,b\n" + b'1,"x;y\nx;y"\n' * 30
    data = through_a_file(content, tmp_path)
    with data.opened() as file:
        assert read_delimited(data, file, None, None, no_column, silent).names.listed == ("a", "b")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("a,b\n1,2\n".encode("utf-16-le"), "NUL bytes in its first line"),
        ("a,b\n1,2\n".encode("utf-16-be"), "begins with a NUL byte"),
        ("a,b\n1,2\n".encode("utf-16"), "iconv -f utf-16"),
        (b"BZh91AY&SY...", "packed with bzip2"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Excel file"),
        (b"PK\x03\x04...", "a spreadsheet .* save the sheet as CSV"),
        (b"\0" * 12 + b"\xc2\xea\x81\x60\xb3", "a SAS table"),
        (b"$FL2@(#) SPSS DATA FILE", "an SPSS table"),
        (b"<stata_dta><header>", "a Stata table"),
        (gzip.compress(b"X\n\0\0\0\x03\0\x04", mtime=0), "an R object"),
        (pickle.dumps([1, 2]), "a pickle of Python"),
        (b"\x93NUMPY\x01\0", "an array of NumPy"),
        (b"SQLite format 3\0", "a database"),
    ],
)
def test_what_is_no_text_says_what_it_is(tmp_path, content, words):
    with pytest.raises(DataError, match=words):
        read_table(through_a_file(content, tmp_path))


@pytest.mark.parametrize("name", ["t.json", "t.JSONL", "t.ndjson.gz", "t.html"])
def test_what_is_text_but_no_table_says_what_it_is(here, name):
    content = b"<table>" if "html" in name else b'\n[{"a": 1, "b": 2}]'
    Path(name).write_bytes(gzip.compress(content) if name.endswith(".gz") else content)
    with pytest.raises(DataError, match=r"save the table as CSV"):
        read_table(DataFile.of(name))


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.binary(max_size=60) | st.text('ab1.,;"\n\r\t \0é', max_size=60).map(str.encode))
def test_any_bytes_are_a_table_or_an_error_in_words(tmp_path, content):
    try:
        table = read_table(through_a_file(content, tmp_path))
    except DataError:
        return
    assert table.values.shape[1] == len(table.columns)

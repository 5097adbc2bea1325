"""What cannot be used: one clear line, an exit code, and nothing half-written."""

import gzip
import io
import json

import numpy as np
import polars as pl
import pytest

OK = b"a,b,w\n" + b"".join(b"%d.5,%d.25,%d\n" % (i % 7, i * i % 11, i % 3) for i in range(30))


def parquet() -> bytes:
    file = io.BytesIO()
    pl.DataFrame({"a": np.arange(500.0)}).write_parquet(file)
    return file.getvalue()


# File name, its bytes, further arguments, words of the message.
TABLES = {
    "empty": ("t.csv", b"", [], ["t.csv", "empty"]),
    "blank lines": ("t.csv", b"\n\n", [], ["empty"]),
    "header only": ("t.csv", b"a,b\n", [], ["no rows"]),
    "no numeric column": ("t.csv", b"a,b\nx,y\nz,w\n", [], ["no numeric column", "a is text"]),
    "decimal commas": (
        "t.csv",
        b"a;b\n1,5;x\n2,5;y\n",
        [],
        ["no numeric", "decimal commas: --decimal , reads them"],
    ),
    "mostly numeric": (
        "t.csv",
        b"a,b\n" + b"1.5,2\n" * 20 + b"oops,3\n4,5\nbad?,6\n",
        [],
        ["'a'", "2 cells of 23", "row 21: 'oops'", "row 23: 'bad?'", "NA", "--exclude"],
    ),
    "text asked for": ("t.csv", b"a,b\n1,x\ny,2\n", ["--columns", "a"], ["'a'", "row 2: 'y'"]),
    "all cells missing": ("t.csv", b"a,b\nNA,\n?,-\n", [], ["has only missing cells"]),
    "missing asked for": ("t.csv", b"a,b\n,1\n,2\n", ["--columns", "a"], ["'a'", "missing"]),
    "infinite": ("t.csv", b"a,b\n1,2\ninf,3\n-inf,3\n1e999,4\n", [], ["'a'", "rows 2, 3, 4"]),
    "too few rows": ("t.csv", OK, ["--components", "31"], ["30 rows", "31 components"]),
    "unknown column": ("t.csv", OK, ["--columns", "a,W"], ["no column 'W'", "Did you mean 'w'?"]),
    "unknown weights": ("t.csv", OK, ["--weights", "ww"], ["no column 'ww'", "'w'"]),
    "weights as feature": ("t.csv", OK, ["--weights", "w", "--columns", "a,w"], ["--columns"]),
    "negative weight": ("t.csv", b"a,w\n1,2\n2,-1\n", ["--weights", "w"], ["'w'", "row 2"]),
    "NaN weight": ("t.csv", b"a,w\n1,2\n2,NaN\n", ["--weights", "w"], ["missing", "row 2"]),
    "infinite weight": ("t.csv", b"a,w\n1,2\n2,inf\n", ["--weights", "w"], ["row 2"]),
    "zero weights": ("t.csv", b"a,w\n1,0\n2,0\n", ["--weights", "w"], ["all 0"]),
    "text weight": ("t.csv", b"a,w\n1,x\n2,0\n", ["--weights", "w"], ["'w'", "row 1: 'x'"]),
    "one-column shape": ("t.csv", OK, ["--covariance", "E"], ["for one column", "tied"]),
    "out below a file": ("t.csv", OK, ["--out", "t.csv/sub"], ["t.csv is a file"]),
    "corrupt parquet": ("t.parquet", b"PAR1" + bytes(50), [], ["t.parquet", "Parquet"]),
    "truncated parquet": ("t.parquet", parquet()[:700], [], ["Parquet", "cut short"]),
    "CSV called parquet": ("t.parquet", b"a\n1\n", [], ["Parquet"]),
    "corrupt arrow": ("t.arrow", b"ARROW1" + bytes(50), [], ["t.arrow", "Arrow"]),
    "corrupt stream": ("t.arrow", b"\xff" * 4 + bytes(50), [], ["t.arrow", "Arrow"]),
    "Excel": ("t.xlsx", b"PK\x03\x04" + bytes(50), [], ["Excel", "CSV"]),
    "long row": ("t.csv", b"a,b\n1,2\n3,4,5\n", [], ["data row 2 has 3 cells"]),
    "short row": ("t.csv", b"a,b\n1,2\n3\n4,5\n", [], ["data row 2 has 1 cell "]),
    "open quotation": ("t.csv", b'a,b\n1,"2\n3,4\n', [], ["line 3", "quotation mark"]),
    "latin-1": ("t.csv", "a,b\n1,2\n3,é\n".encode("latin-1"), [], ["line 3", "0xE9", "UTF-8"]),
    "utf-16": ("t.csv", "a,b\n1,2\n".encode("utf-16"), [], ["not UTF-8"]),
    "truncated gzip": ("t.csv.gz", gzip.compress(OK)[:30], [], ["gzip", "cut short"]),
    "no gzip": ("t.csv.gz", b"a,b\n1,2\n", [], ["gzip"]),
    "damaged gzip": ("t.csv.gz", gzip.compress(OK)[:12] + b"garbage" * 9, [], ["gzip"]),
}

# Further arguments of `fit`, words of the message.
USAGES = {
    "no components": (["--components", "0"], "at least 1"),
    "components in words": (["--components", "x"], "'x' is no number"),
    "backwards": (["--components", "5-2"], "write 2-5"),
    "no end of components": (["--components", "1-1000000000"], "at most 100,000"),
    "more digits than numbers have": (["--components", "9" * 5000], "at most 100,000"),
    "half a range": (["--components", "1-"], "no number"),
    "covariance": (["--covariance", "foo"], "'foo' is unknown"),
    "column twice": (["--columns", "a,b,a"], "a is named twice"),
    "empty column": (["--columns", "a,,b"], "empty"),
    "criterion": (["--criterion", "foo"], "foo"),
    "algorithm": (["--algorithm", "foo"], "foo"),
    "starts": (["--starts", "0"], "0"),
    "seed": (["--seed", "-1"], "-1"),
    "delimiter": (["--delimiter", "ab"], "one character"),
    "option": (["--nonsense"], "--nonsense"),
}


def told_in_one_line(result) -> str:
    assert result.stdout == ""
    assert result.stderr.startswith("mixtura: ")
    assert result.stderr.count("\n") == 1
    assert result.stderr.endswith("\n")
    return result.stderr


@pytest.mark.parametrize("case", TABLES)
def test_tables(run, here, case):
    name, content, args, words = TABLES[case]
    (here / name).write_bytes(content)
    result = run("fit", name, *args)
    assert result.exit_code == 1
    message = told_in_one_line(result)
    assert [word for word in words if word not in message] == []
    assert [path.name for path in here.iterdir()] == [name]


@pytest.mark.parametrize("case", USAGES)
def test_usage(run, here, case):
    args, word = USAGES[case]
    (here / "t.csv").write_bytes(OK)
    result = run("fit", "t.csv", *args)
    assert result.exit_code == 2
    message = told_in_one_line(result)
    assert word in message
    assert "See 'mixtura fit --help'" in message


def test_no_such_file(run):
    result = run("fit", "none.csv")
    assert result.exit_code == 1
    assert "none.csv: no such file" in told_in_one_line(result)


def test_folder(run, here):
    (here / "folder").mkdir()
    result = run("fit", "folder")
    assert result.exit_code == 1
    assert "The folder folder has no file that ends in .parquet" in told_in_one_line(result)


def test_missing_argument_and_command(run):
    for args in (["fit"], ["nonsense"], ["predict", "model.json"], ["info"]):
        result = run(*args)
        assert result.exit_code == 2
        told_in_one_line(result)


def test_many_columns_are_not_all_listed(run, here):
    names = ",".join(f"c{i}" for i in range(500))
    (here / "t.csv").write_text(f"{names}\n{names.replace('c', '')}\n")
    message = told_in_one_line(run("fit", "t.csv", "--columns", "zzz"))
    assert "and 480 more" in message
    assert len(message) < 500


def test_overflow(run, here):
    (here / "t.csv").write_text("a\n1e200\n-1e200\n3e200\n")
    result = run("fit", "t.csv", "--components", 1)
    assert result.exit_code == 1
    assert "rescale" in told_in_one_line(result)


def test_a_folder_in_the_place_of_a_result(run, blobs, here):
    (here / "out" / "report.html").mkdir(parents=True)
    result = run("fit", blobs, "--out", "out")
    assert result.exit_code == 1
    assert "report.html is a folder" in told_in_one_line(result)
    assert [path.name for path in (here / "out").iterdir()] == ["report.html"]


MODELS = {
    "truncated": (lambda document, text: text[:200], "cut short"),
    "later version": (lambda document, text: json.dumps(document | {"version": 99}), "version 99"),
    "other format": (lambda document, text: json.dumps({"format": "x"}), "'format'"),
    "wrong shape": (
        lambda document, text: json.dumps(
            document | {"arrays": document["arrays"] | {"means": [[1.0]]}}
        ),
        "means'",
    ),
}


@pytest.mark.parametrize("case", MODELS)
@pytest.mark.parametrize("command", ["predict", "report", "sample", "info"])
def test_model_files(run, model, blobs, command, case):
    damage, word = MODELS[case]
    text = model.read_text()
    model.write_text(damage(json.loads(text), text))
    result = run(command, model, *([blobs] if command in ("predict", "report") else []))
    assert result.exit_code == 1
    assert word in told_in_one_line(result)


@pytest.mark.parametrize("command", ["info", "report"])
def test_training_of_another_shape(run, model, blobs, command):
    document = json.loads(model.read_text())
    model.write_text(json.dumps(document | {"training": {"weight": 1.0, "starts": 3}}))
    result = run(command, model, *([blobs] if command == "report" else []))
    assert result.exit_code == 1
    assert "'training.algorithm' is missing" in told_in_one_line(result)


@pytest.mark.parametrize("command", ["predict", "report"])
def test_columns_that_the_model_needs(run, model, here, command):
    (here / "t.csv").write_text("A,c\n1,2\n")
    result = run(command, model, "t.csv")
    assert result.exit_code == 1
    assert "lacks 2 columns of the model: a, b" in told_in_one_line(result)


@pytest.mark.parametrize("command", ["predict", "sample", "report"])
def test_outputs_that_cannot_be_written(run, model, blobs, here, command):
    data = [blobs] if command != "sample" else []
    for output, words in (("none/x", "no folder none"), ("blobs.csv/x", "blobs.csv is a file")):
        result = run(command, model, *data, "-o", output)
        assert result.exit_code == 1
        assert words in told_in_one_line(result)
    assert sorted(path.name for path in here.iterdir()) == ["blobs.csv", "model.json"]

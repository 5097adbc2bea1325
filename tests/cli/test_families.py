"""Every family through every command, and what the choice of one says."""

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from click.testing import CliRunner

import mixtura as mx
from mixtura.cli.program import program
from mixtura.estimators.registry import ESTIMATORS
from mixtura.families.registry import DESCRIPTIONS

RNG = np.random.default_rng(0)
GROUPS = np.repeat([0, 1], [60, 40])


def answers(levels: tuple[object, ...], likely: float) -> list[object]:
    """Cells of which those of a group mostly say the same."""
    own = RNG.random(100) < likely
    return [levels[g if o else 1 - g] for g, o in zip(GROUPS.tolist(), own.tolist(), strict=True)]


def drawn(names: str, column: Callable[[np.random.Generator], np.ndarray]) -> pl.DataFrame:
    """Columns of these names, each drawn in the same way."""
    rng = np.random.default_rng(1)
    return pl.DataFrame({name: column(rng) for name in names})


TABLES: dict[str, Callable[[], pl.DataFrame]] = {
    "gaussian": lambda: pl.DataFrame({c: RNG.normal(9.0 * GROUPS, 1.0) for c in "abc"}),
    "poisson": lambda: pl.DataFrame({c: RNG.poisson(1.0 + 3.0 * GROUPS) for c in "abc"}),
    "categorical": lambda: pl.DataFrame(
        {
            "tea": answers(("black", "green"), 0.95),
            "cup": answers(("big", "small"), 0.95),
            "sugar": answers((0, 3), 0.95),
            "milk": answers((True, False), 0.95),
        }
    ),
    "bernoulli": lambda: pl.DataFrame({c: answers((0, 1), 0.95) for c in "abcd"}),
}
#: Tables of families that have to be asked for: other ones come first for such columns.
ASKED: dict[str, Callable[[], pl.DataFrame]] = {
    "exponential": lambda: drawn("abcde", lambda rng: rng.exponential(0.1**GROUPS)),
    "gamma": lambda: drawn("abc", lambda rng: rng.gamma(3.0, 0.1**GROUPS)),
    "geometric": lambda: drawn("abcd", lambda rng: rng.geometric(0.9 * 0.1**GROUPS) - 1),
    "mixed": lambda: TABLES["gaussian"]().with_columns(pl.Series("d", answers(("x", "y"), 0.95))),
    "log_normal": lambda: drawn("abc", lambda rng: rng.lognormal(9.0 * GROUPS)),
    "uniform": lambda: drawn("abc", lambda rng: rng.uniform(9.0 * GROUPS, 9.0 * GROUPS + 2.0)),
    "negative_binomial": lambda: pl.DataFrame(
        {c: RNG.negative_binomial(3, 1.0 / (1.0 + 1.0 + 19.0 * GROUPS)) for c in "abc"}
    ),
    "multinomial": lambda: pl.DataFrame(
        {c: RNG.poisson(2.0 + 18.0 * ((c == "a") == GROUPS)) for c in "abc"}
    ),
    "von_mises_fisher": lambda: pl.DataFrame(
        {c: RNG.normal(6.0 * ((c == "a") == GROUPS), 1.0) for c in "abc"}
    ),
    "factors": lambda: pl.DataFrame(
        {
            c: RNG.normal(at * GROUPS, 1.0) + along
            for along in [RNG.normal(size=100)]
            for c, at in (("a", 9.0), ("b", 0.0), ("c", -9.0), ("d", 0.0))
        }
    ),
    "student_t": lambda: pl.DataFrame(
        {c: 9.0 * GROUPS + RNG.standard_t(4.0, size=100) for c in "abc"}
    ),
}
LIGHT = ("-k", "1-3", "--starts", 3)


@dataclass
class Fitted:
    family: str
    table: Path
    model: Path
    document: dict

    @property
    def frame(self) -> pl.DataFrame:
        return pl.read_csv(self.table)

    @property
    def asked(self) -> tuple[str, ...]:
        """What the command line needs to take the family."""
        return ("--family", self.family) if self.family in ASKED else ()


@pytest.fixture(scope="module")
def folders(tmp_path_factory) -> Callable[[str], Path]:
    """What `mixtura fit` makes of a family's table, made once: the folder with both."""

    @cache
    def made(family: str) -> Path:
        folder = tmp_path_factory.mktemp(family)
        {**TABLES, **ASKED}[family]().write_csv(folder / "t.csv")
        asked = ("--family", family) if family in ASKED else ()
        args = ("fit", "t.csv", *LIGHT, *asked, "--json")
        with pytest.MonkeyPatch.context() as patch:
            patch.chdir(folder)
            patch.setenv("COLUMNS", "80")
            result = CliRunner().invoke(program, [str(arg) for arg in args], prog_name="mixtura")
        assert result.exit_code == 0, result.output
        (folder / "document.json").write_text(result.stdout)
        return folder

    return made


@pytest.fixture(params=[*TABLES, *ASKED])
def fitted(request, folders, here) -> Fitted:
    shutil.copytree(folders(request.param), here, dirs_exist_ok=True)
    document = json.loads((here / "document.json").read_text())
    return Fitted(request.param, here / "t.csv", here / "t-mixtura" / "model.json", document)


def words(result) -> str:
    assert result.exit_code == 0, result.stderr
    return " ".join(result.stdout.split())


def test_each_family_that_there_is_has_a_table_here():
    assert {*TABLES, *ASKED} == {description.name for description in DESCRIPTIONS.values()}


def test_fit_takes_the_family_and_finds_the_groups(fitted):
    told = fitted.document["model"]
    assert (told["family"], told["n_components"]) == (fitted.family, 2)
    if not fitted.asked:
        assert told["family_reason"]
        assert fitted.document["notes"][0].startswith(f"Family {fitted.family}, since ")
    assert fitted.document["data"]["columns"] == fitted.frame.columns
    clusters = pl.read_csv(fitted.model.parent / "assignments.csv")["cluster"].to_numpy()
    assert np.mean(clusters == GROUPS) > 0.9
    assert (fitted.model.parent / "report.html").stat().st_size > 0
    for component in told["components"]:
        numbers = component.get("mean", {}).keys()
        levels = component.get("probabilities", {}).keys()
        assert {*numbers, *levels} == set(fitted.frame.columns)
        assert numbers == component.get("sd", {}).keys()
        for probabilities in component.get("probabilities", {}).values():
            assert sum(probabilities.values()) == pytest.approx(1.0)


def test_a_family_that_was_asked_for_needs_no_reason(run, fitted):
    document = json.loads(run("fit", "t.csv", *LIGHT, "--family", fitted.family, "--json").stdout)
    assert document["model"].pop("family_reason") == ""
    fitted.document["model"].pop("family_reason")
    assert document["model"] == fitted.document["model"]
    assert not any(note.startswith("Family") for note in document["notes"])


@pytest.mark.parametrize("family", ASKED)
def test_a_family_that_is_only_fitted_if_asked_for(run, here, family):
    frame = ASKED[family]()
    frame.write_csv("t.csv")
    document = json.loads(run("fit", "t.csv", *LIGHT, "--family", family, "--json").stdout)
    assert (document["model"]["family"], document["model"]["n_components"]) == (family, 2)
    written = (here / "t-mixtura" / "assignments.csv").read_text()
    assert np.mean(pl.read_csv(written.encode())["cluster"].to_numpy() == GROUPS) > 0.9
    assert run("predict", "t-mixtura/model.json", "t.csv").stdout == written
    assert run("report", "t-mixtura/model.json", "t.csv", "-o", "page.html").exit_code == 0
    assert f"Family {family}: " in words(run("info", "t-mixtura/model.json"))
    drawn = pl.read_csv(run("sample", "t-mixtura/model.json", "-n", 40).stdout.encode())
    assert drawn.drop("cluster").dtypes == frame.dtypes
    model = mx.load("t-mixtura/model.json")
    assert type(model) is ESTIMATORS[family]
    args = ("test", "t.csv", "-k", 1, "--replicates", 19, "--family", family, "--json")
    assert json.loads(run(*args).stdout)["model"]["family"] == family


def test_predict_report_and_info(run, fitted, here):
    told = run("predict", fitted.model, fitted.table)
    assert told.stdout == (fitted.model.parent / "assignments.csv").read_text()
    assert run("report", fitted.model, fitted.table, "-o", "page.html").exit_code == 0
    assert (here / "page.html").stat().st_size > 0
    assert f"Family {fitted.family}: " in words(run("info", fitted.model))
    document = json.loads(run("info", fitted.model, "--json").stdout)
    assert document["family"] == fitted.family
    assert [c["weight"] for c in document["components"]] == [
        c["weight"] for c in fitted.document["model"]["components"]
    ]


def test_columns_are_found_by_name_in_any_order(run, fitted, here):
    turned = fitted.frame.select(reversed(fitted.frame.columns))
    turned.insert_column(1, pl.Series("else", ["x"] * 100)).write_parquet("turned.parquet")
    assert (
        run("predict", fitted.model, "turned.parquet").stdout
        == run("predict", fitted.model, fitted.table).stdout
    )
    turned.drop("a" if "a" in turned.columns else "tea").write_csv("less.csv")
    lacking = run("predict", fitted.model, "less.csv")
    assert (lacking.exit_code, lacking.stdout) == (1, "")
    assert "lacks 1 column of the model" in lacking.stderr


def test_a_sample_looks_like_the_table(run, fitted, here):
    drawn = pl.read_csv(run("sample", fitted.model, "-n", 400).stdout.encode())
    assert drawn.columns == [*fitted.frame.columns, "cluster"]
    assert drawn.drop("cluster").dtypes == fitted.frame.dtypes
    if fitted.family in ("categorical", "bernoulli"):
        for name in fitted.frame.columns:
            assert set(drawn[name]) == set(fitted.frame[name])
    drawn.write_csv("drawn.csv")
    again = pl.read_csv(run("predict", fitted.model, "drawn.csv").stdout.encode())
    assert (again["cluster"] == drawn["cluster"]).mean() > 0.9
    assert run("sample", fitted.model, "-o", "s.parquet").exit_code == 0
    assert pl.read_parquet("s.parquet").drop("cluster").dtypes == fitted.frame.dtypes


def test_the_test_of_numbers_of_clusters(run, fitted):
    args = ("test", fitted.table, "-k", 1, "--replicates", 19)
    document = json.loads(run(*args, *fitted.asked, "--json").stdout)
    assert document["model"]["family"] == fitted.family
    assert bool(document["model"]["family_reason"]) == (not fitted.asked)
    assert document["test"]["n_components"] == 2
    told = words(run(*args, "--family", fitted.family))
    assert f"Family {fitted.family}: " in told
    assert ("Shape" in told) == (fitted.document["model"]["structure"] != "")


def test_known_clusters_and_python(run, fitted):
    known = ["" if i % 10 else ("one", "two")[g] for i, g in enumerate(GROUPS.tolist())]
    fitted.frame.with_columns(pl.Series("kind", known)).write_csv("known.csv")
    result = run("fit", "known.csv", *LIGHT, *fitted.asked, "--known", "kind", "--json")
    document = json.loads(result.stdout)
    assert document["model"]["family"] == fitted.family
    assert any("0 is one, 1 is two" in note for note in document["notes"])
    model = mx.load("known-mixtura/model.json")
    assert model.n_known_ == 10
    assert type(model) is ESTIMATORS[fitted.family]
    written = pl.read_csv("known-mixtura/assignments.csv")["cluster"]
    assert written.to_list() == model.predict(fitted.frame).tolist()


def test_families_without_structures_have_no_column_of_shapes(run, fitted):
    told = words(run("fit", "t.csv", *LIGHT, *fitted.asked))
    has_shapes = fitted.document["model"]["structure"] != ""
    shaped = ("gaussian", "log_normal", "mixed", "factors", "student_t")
    assert has_shapes == (fitted.family in shaped)
    assert ("clusters shape BIC" in told) == has_shapes
    assert ("Shape" in told) == has_shapes


def test_a_family_without_an_estimator_of_its_own_is_fitted_all_the_same(run, here, monkeypatch):
    monkeypatch.delitem(ESTIMATORS, "poisson")
    TABLES["poisson"]().write_csv("t.csv")
    assert "2 clusters in 100 rows" in words(run("fit", "t.csv", *LIGHT, "--family", "poisson"))


# ---------------------------------------------------------------------------------------------
# Options of one family


@pytest.mark.parametrize(
    ("option", "families"),
    [
        (("--covariance", "full"), "gaussian or mixed or log_normal or student_t"),
        (("--prior", "default"), "gaussian"),
        (("--noise",), "gaussian"),
        (("--dof", "5"), "student_t"),
    ],
)
@pytest.mark.parametrize("command", ["fit", "test"])
def test_an_option_of_another_family_is_an_error(run, here, command, option, families):
    TABLES["poisson"]().write_csv("t.csv")
    result = run(command, "t.csv", "--family", "poisson", *option)
    assert (result.exit_code, result.stdout) == (1, "")
    told = " ".join(result.stderr.split())
    assert f"{option[0]} is an option of --family {families}, not of poisson" in told


def test_an_option_of_one_family_chooses_it(run, here):
    TABLES["poisson"]().write_csv("t.csv")
    document = json.loads(run("fit", "t.csv", *LIGHT, "--covariance", "VII", "--json").stdout)
    assert document["model"]["family"] == "gaussian"
    assert document["model"]["family_reason"] == "--covariance is an option of it"
    plain = run("fit", "t.csv", *LIGHT, "--covariance", "auto", "--prior", "none", "--json").stdout
    assert json.loads(plain)["model"]["family"] == "poisson"


def test_log_normal_clusters_have_shapes(run, here):
    ASKED["log_normal"]().write_csv("t.csv")
    args = ("fit", "t.csv", "--family", "log_normal", "--covariance", "VII,EEE", "-k", 2)
    document = json.loads(run(*args, "--json").stdout)
    assert document["model"]["structure"] in ("VII", "EEE")


def test_degrees_of_freedom_choose_t_clusters(run, here):
    ASKED["student_t"]().write_csv("t.csv")
    document = json.loads(run("fit", "t.csv", *LIGHT, "--dof", "3.5", "--json").stdout)
    assert document["model"]["family"] == "student_t"
    model = mx.load("t-mixtura/model.json")
    assert model.dof_.tolist() == [3.5, 3.5]
    assert model.dof == 3.5
    both = run("fit", "t.csv", *LIGHT, "--dof", "shared", "--covariance", "VII", "--json")
    told = json.loads(both.stdout)["model"]
    assert (told["family"], told["structure"]) == ("student_t", "VII")
    assert told["family_reason"].endswith("--covariance are options of it") or told[
        "family_reason"
    ].endswith("--dof are options of it")
    refused = run("fit", "t.csv", "--dof", "0.01")
    assert refused.exit_code == 2
    assert "choose one of each, shared, or a number from 0.1 to 1e+15" in " ".join(
        refused.stderr.replace("│", " ").split()
    )


def test_tails_without_a_deviation_are_told_as_such(run, here):
    ASKED["student_t"]().write_csv("t.csv")
    asked = ("fit", "t.csv", "--dof", 1, "-k", 2, "--starts", 1)
    document = json.loads(run(*asked, "--json").stdout)
    assert document["model"]["components"][0]["sd"] == {"a": None, "b": None, "c": None}
    assert "± ∞" in words(run(*asked))
    assert '"deviation":[null,null]' in Path("t-mixtura/report.html").read_text()


def test_an_unknown_family(run, here):
    result = run("fit", "t.csv", "--family", "normal")
    assert result.exit_code == 2
    assert "'normal' is unknown; choose auto, bernoulli, categorical, poisson, gaussian" in (
        result.stderr
    )


def test_help_tells_of_every_family(run):
    told = run("fit", "--help").stdout
    for description in DESCRIPTIONS.values():
        assert f"\n    {description.name} " in told


# ---------------------------------------------------------------------------------------------
# What auto takes


def few(*cells: object) -> list[object]:
    return [cells[i % len(cells)] for i in range(60)]


MEASURED = np.random.default_rng(1).normal(size=60).round(3).tolist()
COUNTED = np.random.default_rng(0).poisson(2.0, 60).tolist()

# Columns, further arguments, the family, words of the notes.
CHOICES = {
    "measurements beside all else": (
        {"x": MEASURED, "kind": few("a", "b", "c"), "ok": few(0, 1)},
        (),
        "gaussian",
        ["since there are measurements", "--family categorical would use kind, ok, and --mixed"],
    ),
    "measurements alone": ({"x": MEASURED}, (), "gaussian", ["since there are measurements"]),
    "0 and 1": ({"a": few(0, 1), "b": few(1, 1, 0)}, (), "bernoulli", ["all columns are 0 and 1"]),
    "true and false": ({"a": few("true", "False"), "b": few(1, 0)}, (), "bernoulli", ["true and"]),
    "0 and 1 beside a constant and a name": (
        {"id": range(60), "who": [f"P{i}" for i in range(60)], "c": few(0), "a": few(0, 1)},
        (),
        "bernoulli",
        ["all columns are 0 and 1"],
    ),
    "texts": ({"a": few("x", "y"), "b": few("u", "v", "w")}, (), "categorical", ["but texts"]),
    "texts and answers": ({"a": few("x", "y"), "b": few(0, 1)}, (), "categorical", ["but texts"]),
    "codes": ({"a": few(1, 2, 3), "b": few(4, 5, 1)}, (), "categorical", ["codes"]),
    "counts": ({"a": COUNTED}, (), "poisson", ["whole, from 0 on, and vary as counts do"]),
    "counts beside texts": (
        {"a": COUNTED, "kind": few("u", "v")},
        (),
        "poisson",
        ["--family categorical would use kind, and --mixed these as well as the others."],
    ),
    "ages": (
        {
            "age": [18 + i * i % 50 for i in range(60)],
            "year": [1960 + i**3 % 61 for i in range(60)],
        },
        (),
        "gaussian",
        ["All numbers are whole: if they are counts, --family poisson fits them."],
    ),
    "scores": (
        {"s": [7 * i % 11 for i in range(60)]},
        (),
        "gaussian",
        ["--family poisson fits"],
    ),
    "codes that were asked for": (
        {"x": MEASURED, "a": few(1, 2, 3)},
        ("--columns", "a"),
        "categorical",
        ["codes"],
    ),
    "a code beside a measurement, asked for": (
        {"x": MEASURED, "a": few(1, 2, 3)},
        ("--columns", "x,a"),
        "gaussian",
        ["'a' has only 3 different whole numbers, like a category, but is used all the same"],
    ),
    "known clusters are no column": (
        {"a": few("x", "y"), "w": few(1, "NA")},
        ("--known", "w"),
        "categorical",
        ["but texts"],
    ),
    "weights are no column": (
        {"a": few("x", "y"), "w": few(1.5, 2.5, 0.25)},
        ("--weights", "w"),
        "categorical",
        ["but texts"],
    ),
    "constants": ({"a": few(1), "b": few(2)}, (), "gaussian", ["nothing but numbers"]),
}


@pytest.mark.parametrize("case", CHOICES)
def test_auto(run, here, case):
    columns, args, family, notes = CHOICES[case]
    frame = pl.DataFrame({name: list(map(str, cells)) for name, cells in columns.items()})
    frame.write_csv("t.csv")
    result = run("fit", "t.csv", *args, "-k", 1, "--starts", 1, "--json")
    assert result.exit_code == 0, result.stderr
    document = json.loads(result.stdout)
    assert document["model"]["family"] == family
    told = " ".join(document["notes"])
    assert [note for note in notes if note not in told] == []
    assert ("would use" in told) == any("would use" in note for note in notes)


@pytest.mark.parametrize("name", ["faithful.csv", "penguins.csv"])
def test_the_examples_are_measurements(run, examples, here, name):
    columns = ("--columns", "eruptions,waiting") if "faithful" in name else ()
    args = ("fit", examples / name, "-k", 1, "--starts", 1, "--covariance", "full", "--json")
    given = json.loads(run(*args, *columns).stdout)
    args = ("fit", examples / name, "-k", 1, "--starts", 1, "--json")
    taken = json.loads(run(*args, *columns).stdout)
    assert taken["model"]["family"] == "gaussian"
    assert taken["data"] == given["data"]


# ---------------------------------------------------------------------------------------------
# Which columns a family takes by itself


TAKEN = {
    "gaussian": (["x", "age"], {"kind": "is text", "yes": "is text", "ok": "is true or false"}),
    "poisson": (["age", "code"], {"x": "has negative numbers", "one": "is 0 or 1", "id": "rows"}),
    "categorical": (
        ["kind", "yes", "ok", "one", "code"],
        {
            "who": "has 60 different cells in 60 rows, like a name",
            "x": "like a measurement",
            "age": "like a measurement",
            "same": "is the same in every row",
            "gap": "has only missing cells",
            "id": "only numbers the rows",
        },
    ),
    "bernoulli": (
        ["yes", "ok", "one"],
        {"kind": "has 3 levels, not two", "code": "is not 0 or 1", "same": "the same in every row"},
    ),
}


@pytest.mark.parametrize("family", TAKEN)
def test_columns_of_a_family(run, here, family):
    taken, left_out = TAKEN[family]
    pl.DataFrame(
        {
            "id": range(60),
            "who": [f"P{i}" for i in range(60)],
            "x": MEASURED,
            "age": [18 + i * 7 % 50 for i in range(60)],
            "kind": few("a", "b", "c"),
            "yes": few("no", "yes"),
            "ok": few("TRUE", "false"),
            "one": few(0, 1, 1),
            "code": few(1, 2, 5),
            "same": few("u"),
            "gap": few("NA"),
        },
        strict=False,
    ).write_csv("t.csv")
    args = ("fit", "t.csv", "--family", family, "-k", 1, "--starts", 1, "--json")
    data = json.loads(run(*args).stdout)["data"]
    assert data["columns"] == taken
    assert {*taken, *data["columns_left_out"]} == {
        "id", "who", "x", "age", "kind", "yes", "ok", "one", "code", "same", "gap"
    }  # fmt: skip
    for name, reason in left_out.items():
        assert reason in data["columns_left_out"][name]


# ---------------------------------------------------------------------------------------------
# Cells that cannot be of a family: a gap in row 2 moves all further ones

ROWS = "\n".join(["0,0"] * 6)
BAD = {
    "2 in a 0/1 column": ("bernoulli", "2", "Column b has 2 in row 4: a cell of a binary column"),
    "halves in a 0/1 column": ("bernoulli", "0.5", "Column b has 0.5 in row 4: a cell of a bin"),
    "a negative count": ("poisson", "-1", "Column b has -1 in row 4: a count is a whole number"),
    "half a count": ("poisson", "1.5", "Column b has 1.5 in row 4: a count is a whole number"),
    "a text for a count": ("poisson", "x", "Column 'b' is not numeric: 1 cell of 10 cannot be"),
    "a text for a measurement": ("gaussian", "x", "(row 4: 'x')"),
    "an infinite measurement": ("gaussian", "inf", "Column 'b' is infinite in row 4"),
}


@pytest.mark.parametrize("columns", ["a,b", "b,a"])
@pytest.mark.parametrize("case", BAD)
def test_bad_cells_are_named_with_the_rows_of_the_file(run, here, case, columns):
    family, cell, message = BAD[case]
    Path("t.csv").write_text(f"a,b\n1,1\n,1\n0,0\n1,{cell}\n{ROWS}\n")
    for command in ("fit", "test"):
        result = run(command, "t.csv", "--family", family, "--columns", columns)
        assert (result.exit_code, result.stdout) == (1, "")
        assert message in result.stderr
    assert [path.name for path in here.iterdir()] == ["t.csv"]


def test_a_bad_cell_is_named_beside_a_missing_one(run, here):
    Path("t.csv").write_text(f"a,b\n1,1\n,2\n0,0\n1,0\n{ROWS}\n")
    result = run("fit", "t.csv", "--family", "bernoulli", "--columns", "a,b", "-k", 1)
    assert result.exit_code == 1
    assert "Column b has 2 in row 2: a cell of a binary column is 0 or 1." in result.stderr


def test_a_third_answer(run, here):
    Path("t.csv").write_text("a\nyes\nno\nyes\n\n maybe\nno\nmaybe\n")
    result = run("fit", "t.csv", "--family", "bernoulli", "--columns", "a")
    assert result.exit_code == 1
    assert "Column a has 'maybe' in row 5: a column for yes and no has two" in result.stderr
    assert "and 'yes' and 'no' came before." in result.stderr


def test_no_column_for_a_family(run, here):
    pl.DataFrame({"x": MEASURED, "who": [f"P{i}" for i in range(60)]}).write_csv("t.csv")
    result = run("fit", "t.csv", "--family", "categorical")
    assert result.exit_code == 1
    assert (
        "no column of categories to fit with --family categorical (x has many different"
        in result.stderr
    )


@pytest.mark.parametrize("command", ["predict", "report"])
def test_an_unseen_level_is_named_with_the_row_of_the_file(run, here, command):
    cells = [("tea", "1"), ("cola", "2"), ("", "1"), ("tea", "2")] * 10
    Path("t.csv").write_text("drink,n\n" + "".join(f"{a},{b}\n" for a, b in cells))
    assert run("fit", "t.csv", "-k", 1, "--starts", 1, "--columns", "n,drink").exit_code == 0
    new = "n,drink\n1,tea\n2,\n,tea\n2,milk\n1,tea\n1,milk\n"
    Path("new.csv").write_text(new)
    result = run(command, "t-mixtura/model.json", "new.csv")
    assert (result.exit_code, result.stdout) == (1, "")
    assert (
        "Column drink has 'milk' in row 4 (and 1 more such cells): its levels in the model are "
        "'cola', 'tea'."
    ) in result.stderr
    Path("new.csv").write_text(new.replace("milk", "tea"))
    result = run(command, "t-mixtura/model.json", "new.csv")
    assert result.exit_code == 0, result.stderr
    Path("new.csv").write_text(new.replace("2,milk", "7.5,tea"))
    result = run(command, "t-mixtura/model.json", "new.csv")
    assert "Column n has 7.5 in row 4: its levels in the model are 1, 2." in result.stderr


@pytest.mark.parametrize("family", ["bernoulli", "poisson"])
def test_a_new_table_is_checked_as_the_old_one_was(run, here, family):
    TABLES[family]().write_csv("t.csv")
    assert run("fit", "t.csv", "-k", 1, "--starts", 1).exit_code == 0
    first = ",".join(pl.read_csv("t.csv").columns)
    rest = ",0" * first.count(",")
    for cell, message in (("-3", "Column a has -3 in row 3"), ("u", "(row 3: 'u')")):
        Path("new.csv").write_text(f"{first}\n1{rest}\nNA{rest}\n{cell}{rest}\n")
        for command in ("predict", "report"):
            result = run(command, "t-mixtura/model.json", "new.csv")
            assert result.exit_code == 1
            assert message in result.stderr


def test_decimal_commas_are_not_taken_for_categories(run, here):
    Path("t.csv").write_text("a;b\n" + "1,5;2,5\n3,5;2,5\n" * 20)
    result = run("fit", "t.csv")
    assert result.exit_code == 1
    assert "decimal commas: --decimal , reads them" in result.stderr


def test_a_sample_of_two_words_for_yes_and_no(run, here):
    pl.DataFrame({"a": few("no", "yes"), "b": few("f", "m", "m")}).write_csv("t.csv")
    args = ("fit", "t.csv", "--family", "bernoulli", "-k", 1, "--json")
    [component] = json.loads(run(*args).stdout)["model"]["components"]
    assert component["probabilities"]["a"] == {"no": 0.5, "yes": 0.5}
    drawn = pl.read_csv(run("sample", "t-mixtura/model.json", "-n", 50).stdout.encode())
    assert (set(drawn["a"]), set(drawn["b"])) == ({"no", "yes"}, {"f", "m"})


def test_a_table_of_frequencies_has_the_family_of_its_rows(run, here):
    """Hasselblad's notices of deaths: 0 to 9 of them on so many days."""
    days = [162, 267, 271, 185, 111, 61, 27, 8, 3, 1]
    pl.DataFrame({"deaths": range(10), "days": days}).write_csv("t.csv")
    pl.DataFrame({"deaths": np.repeat(np.arange(10), days)}).write_csv("all.csv")
    pl.DataFrame({"deaths": range(10), "w": np.array(days) / 7}).write_csv("shares.csv")

    def family(*args: object) -> str:
        return json.loads(run("fit", *args, "-k", 2, "--json").stdout)["model"]["family"]

    assert family("t.csv", "--weights", "days") == family("all.csv") == "poisson"
    assert family("shares.csv", "--weights", "w") == family("t.csv") == "gaussian"
    seasons = {"deaths": [*range(10)] * 2, "season": ["cold", "warm"] * 10, "days": days * 2}
    pl.DataFrame(seasons).sample(fraction=1.0, shuffle=True, seed=0).write_csv("seasons.csv")
    mixed = run("fit", "seasons.csv", "--weights", "days", "--mixed", "-k", 1)
    assert "poisson deaths; categorical season" in words(mixed)

"""Help, version and exit codes of the program itself."""

import pytest

import mixtura as mx


def test_help_teaches(run):
    result = run("--help")
    assert result.exit_code == 0
    for word in ("Soft clustering", "Examples", "Exit codes", "fit", "predict", "sample"):
        assert word in result.stdout
    assert run().stdout == result.stdout


@pytest.mark.parametrize("command", ["fit", "predict", "sample", "report", "info", "test"])
def test_help_of_each_command(run, command):
    result = run(command, "-h")
    assert result.exit_code == 0
    assert "Example" in result.stdout
    assert max(map(len, result.stdout.splitlines())) <= 100


def test_every_option_is_explained(run):
    from mixtura.cli.program import program

    for command in program.commands.values():
        for param in command.params:
            assert param.param_type_name == "argument" or param.help


def test_version(run):
    assert run("--version").stdout.split()[-1] == mx.__version__


def test_module_and_streams(process, blobs, here):
    """Results on stdout, and nothing on stderr that nobody watches."""
    code = "import runpy; runpy.run_module('mixtura', run_name='__main__', alter_sys=True)"
    result = process(code, "fit", blobs, "--components", 1, "--starts", 1, "--covariance", "diag")
    assert result.returncode == 0
    assert result.stderr == ""
    assert "1 cluster" in result.stdout


def test_a_terminal_without_some_characters(process, model, monkeypatch):
    monkeypatch.setenv("PYTHONIOENCODING", "ascii")
    result = process("from mixtura.__main__ import main; main()", "info", model)
    assert result.returncode == 0
    assert "20.0 ? 1.0" in result.stdout


def test_options_of_components(run, blobs):
    import json

    result = run("fit", blobs, "--components", "1-2,2", "--covariance", "diag,diag", "--json")
    assert json.loads(result.stdout)["fit"]["candidates"] == 2

"""The `mixtura` command: its sub-commands, and one line for whatever goes wrong."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import click

from mixtura import MixturaError, __version__
from mixtura.cli.explore import explore
from mixtura.cli.fit import fit
from mixtura.cli.info import info
from mixtura.cli.merge import merge
from mixtura.cli.predict import predict
from mixtura.cli.report import report
from mixtura.cli.sample import sample
from mixtura.cli.test import test
from mixtura.cli.visible import visible

__all__ = ["Program", "program"]

_FAILED = 1


class Program(click.Group):
    """A group of commands that ends with an exit code and, on failure, one line on stderr."""

    def main(self, *args: Any, **extra: Any) -> Any:
        """Run a command line and exit; the program's help tells the codes."""
        extra["standalone_mode"] = False
        try:
            status = super().main(*args, **extra)
            sys.stdout.flush()
        except (_Unread, BrokenPipeError):
            status = _Unread.exit_code
        except click.ClickException as error:
            _say(_with_help(error))
            status = error.exit_code
        except MixturaError as error:
            _say(str(error))
            status = _FAILED
        except OSError as error:
            place = error.filename or "reading or writing failed"
            _say(f"{place}: {error.strerror or error}.")
            status = _FAILED
        except MemoryError:
            _say("there is not enough memory for this: use fewer rows, columns or --components.")
            status = _FAILED
        sys.exit(status)

    def make_context(self, *args: Any, **extra: Any) -> click.Context:
        """Read a command line."""
        with _ended():
            return super().make_context(*args, **extra)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command of a context."""
        with _ended():
            return super().invoke(ctx)


class _Interrupted(click.ClickException):
    exit_code = 130


class _Unread(click.ClickException):
    exit_code = 141  # as if ended by the signal for that, SIGPIPE


@contextmanager
def _ended() -> Iterator[None]:
    """Endings that click has words and codes of its own for."""
    try:
        yield
    except KeyboardInterrupt:
        raise _Interrupted("interrupted; no file was left half-written.") from None
    except BrokenPipeError:
        raise _Unread("nobody reads on.") from None


def _say(message: str) -> None:
    with suppress(OSError):  # nobody listens
        click.echo("mixtura: " + visible(" ".join(message.split())), err=True)


def _with_help(error: click.ClickException) -> str:
    message = error.format_message()
    if isinstance(error, click.UsageError) and error.ctx is not None:
        message += f" See '{error.ctx.command_path} --help'."
    return message


@click.group(
    cls=Program,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(__version__, "-V", "--version", prog_name="mixtura")
@click.pass_context
def program(context: click.Context) -> None:
    """Soft clustering: find the groups in a table, and how surely each row belongs to each.

    mixtura fits a mixture model: it describes the rows as coming from a few clusters, each with
    distributions of its own, chooses how many and of which shape, and gives every row a
    probability for every cluster instead of a bare label. Columns may be measurements, counts,
    categories, or yes and no.

    \b
    Examples:
      mixtura fit penguins.csv
      mixtura fit penguins.csv --columns bill_length_mm,body_mass_g --components 3
      mixtura fit survey.csv --family categorical
      mixtura predict penguins-mixtura/model.json more.csv -o more-clusters.csv
      mixtura test penguins.csv --columns body_mass_g
      mixtura explore penguins.csv

    Exit codes: 0 ok; 1 the data, a file or a model cannot be used; 2 wrong usage; 3 not
    converged (only with fit --strict); 130 interrupted; 141 nobody reads on.
    """  # noqa: D301  click wants the character, not the letters
    if context.invoked_subcommand is None:
        click.echo(context.get_help())


for command in (fit, predict, sample, report, merge, explore, info, test):
    program.add_command(command)

"""The entry point: finds the command, and turns what went wrong into one line and an exit code.

0 done, 2 the user's input is at fault (one line), 1 a defect of ours (with a traceback),
130 stopped by Ctrl-C, 141 the reader of our output went away.
"""

import os
import sys
import traceback
import warnings
from collections.abc import Sequence
from typing import Annotated, cast

import typer

import assay
from assay.cli import (
    ablate,
    anomalies,
    check,
    clusters,
    compare,
    compare_data,
    demo,
    explain,
    finish,
    label_next,
    label_noise,
    listing,
    look,
    model,
    near_copies,
    nested,
    predict,
    project,
    rank,
    recommend,
    report,
    serve,
    train_report,
)
from assay.cli import run as run_command
from assay.cli.console import Stopped, tell
from assay.core.errors import AssayError, AssayWarning
from assay.core.names import nearest

OK, DEFECT, INPUT, STOPPED, NO_READER = 0, 1, 2, 130, 141

# The base of every error of the command line's grammar. Typer exports only some of its subclasses.
_ClickError = cast(type[Exception], typer.BadParameter.__mro__[2])

app = typer.Typer(
    name="assay",
    help="A bench for models on tables, images and text: data in, a model with proof out.",
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.command("run")(run_command.run)
app.command("ablate")(ablate.ablate)
app.command("explain")(explain.explain)
app.command("finish")(finish.finish)
app.command("check")(check.check)
app.command("report")(report.report)
app.command("look")(look.look)
app.command("near-copies")(near_copies.near_copies)
app.command("doubtful-labels")(label_noise.doubtful_labels)
app.command("label-next")(label_next.label_next)
app.command("anomalies")(anomalies.anomalies)
app.command("clusters")(clusters.clusters)
app.command("project")(project.project)
app.command("compare")(compare.compare)
app.command("compare-data")(compare_data.compare_data)
app.command("nested")(nested.nested)
app.command("predict")(predict.predict)
app.command("rank")(rank.rank)
app.command("recommend")(recommend.recommend)
app.command("serve")(serve.serve)
app.command("train-report")(train_report.train_report)
app.command("demo")(demo.demo)
app.command("list")(listing.list_names)
app.add_typer(model.app, name="model")


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"assay {assay.__version__}")
        raise typer.Exit


@app.callback()
def root(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and stop.")
    ] = False,
) -> None:
    """A bench for models on tables, images and text: data in, a model with proof out."""


def run(words: Sequence[str] | None = None) -> int:
    """Run one command line (default: that of this process) and return its exit code."""
    arguments = list(sys.argv[1:] if words is None else words) or ["--help"]
    with warnings.catch_warnings():
        _quiet_libraries()
        try:
            code = _run(arguments)
            sys.stdout.flush()
        except BrokenPipeError:
            return _without_reader()
        return code


def _run(arguments: list[str]) -> int:
    try:
        code = app(args=arguments, prog_name="assay", standalone_mode=False, obj=arguments)
        return code if isinstance(code, int) else OK
    except AssayError as error:
        tell(f"assay: {error}")
        return INPUT
    except _ClickError as error:
        tell(f"assay: {_usage(error)}")
        return INPUT
    except (Stopped, KeyboardInterrupt, typer.Abort) as stop:
        tell(f"assay: {stop}" if isinstance(stop, Stopped) else "assay: stopped.")
        return STOPPED
    except SystemExit as stop:
        if isinstance(stop.__context__, BrokenPipeError):  # typer's own answer to it would be exit code 1
            raise stop.__context__ from None
        raise
    except BrokenPipeError:
        raise
    except Exception as error:  # noqa: BLE001 - the outermost boundary: a defect is said as such, with its traceback
        tell(f"assay: a defect of ours: {type(error).__name__}: {error}")
        traceback.print_exc()
        return DEFECT


def _usage(error: Exception) -> str:
    """An error of the command line's grammar in one sentence, with the nearest option and where help is."""
    message = getattr(error, "format_message", error.__str__)()
    possible = getattr(error, "possibilities", None)
    name = getattr(error, "option_name", None)
    if possible and name:
        message = f"no option {name}; did you mean {nearest(name, possible) or possible[0]}?"
    context = getattr(error, "ctx", None)
    path = "assay" if context is None else context.command_path
    return f"{message} See: {path} --help"


def _quiet_libraries() -> None:
    """Libraries' warnings are noise to someone who wrote none of the code; ours become a line. -W and PYTHONWARNINGS win."""
    if sys.warnoptions:
        return
    warnings.simplefilter("ignore")
    warnings.simplefilter("always", AssayWarning)
    warnings.showwarning = lambda message, *_rest, **_more: tell(f"note: {message}")


def _without_reader() -> int:
    """Nobody reads stdout any more: say nothing, also not when Python flushes on its way out."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return NO_READER

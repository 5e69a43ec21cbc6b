"""The entry point: finds the command, and turns what went wrong into one line and an exit code.

0 done, 2 the user's input is at fault (one line), 1 a defect of ours (with a traceback),
130 stopped by Ctrl-C, 141 the reader of our output went away.
"""

import errno
import os
import sys
import traceback
import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, cast

import typer

import assay
from assay.cli import (
    ablate,
    anomalies,
    attack,
    check,
    cloak,
    clusters,
    compare,
    compare_data,
    complete,
    correct,
    costs,
    demo,
    explain,
    export,
    finish,
    keywords,
    label_next,
    label_noise,
    listing,
    look,
    manual,
    model,
    near_copies,
    nested,
    predict,
    project,
    rank,
    recommend,
    report,
    serve,
    studio,
    train_report,
    vectors,
)
from assay.cli import run as run_command
from assay.cli.console import Stopped, complain, quietly, tell
from assay.core.errors import AssayError, AssayWarning
from assay.core.names import nearest

OK, DEFECT, INPUT, STOPPED, NO_READER = 0, 1, 2, 130, 141

_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)

# The base of every error of the command line's grammar. Typer exports only some of its subclasses.
_ClickError = cast(type[Exception], typer.BadParameter.__mro__[2])

app = typer.Typer(
    name="assay",
    help="A bench for models on tables, images and text: data in, a model with proof out.",
    epilog=manual.ROOT,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
COMMANDS: Mapping[str, Callable[..., None]] = {
    "run": run_command.run,
    "ablate": ablate.ablate,
    "explain": explain.explain,
    "finish": finish.finish,
    "check": check.check,
    "report": report.report,
    "export": export.export,
    "look": look.look,
    "keywords": keywords.keywords,
    "near-copies": near_copies.near_copies,
    "doubtful-labels": label_noise.doubtful_labels,
    "label-next": label_next.label_next,
    "anomalies": anomalies.anomalies,
    "clusters": clusters.clusters,
    "project": project.project,
    "compare": compare.compare,
    "compare-data": compare_data.compare_data,
    "nested": nested.nested,
    "correct": correct.correct,
    "predict": predict.predict,
    "complete": complete.complete,
    "rank": rank.rank,
    "recommend": recommend.recommend,
    "attack": attack.attack,
    "cloak": cloak.cloak,
    "serve": serve.serve,
    "studio": studio.studio,
    "train-report": train_report.train_report,
    "demo": demo.demo,
    "list": listing.list_names,
}
for _name, _function in COMMANDS.items():
    app.command(_name, epilog=manual.epilog(_name))(_function)
app.add_typer(model.app, name="model")
app.add_typer(costs.app, name="costs")
app.add_typer(vectors.app, name="vectors")

QUIET = ("--quiet", "-q")


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"assay {assay.__version__}")
        raise typer.Exit


@app.callback()
def root(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and stop.")
    ] = False,
    quiet: Annotated[  # for the help only: ``run`` takes it off before the words are parsed, so that it may stand anywhere
        bool, typer.Option(*QUIET, help="No notes and no progress, only results and errors; may stand anywhere.")
    ] = False,
) -> None:
    """A bench for models on tables, images and text: data in, a model with proof out."""


def run(words: Sequence[str] | None = None) -> int:
    """Run one command line (default: that of this process) and return its exit code."""
    typed = list(sys.argv[1:] if words is None else words)
    arguments = [word for word in typed if word not in QUIET] or ["--help"]
    with warnings.catch_warnings(), quietly(len(arguments) < len(typed)):
        _quiet_libraries()
        try:
            code = _run(arguments)
            sys.stdout.flush()
        except BrokenPipeError:
            _forget_output()
            return NO_READER
        except OSError as error:  # of a disk that takes no more, see _run
            complain(f"assay: {_no_room(error)}")
            _forget_output()
            return INPUT
        return code


def _run(arguments: list[str]) -> int:
    try:
        code = app(args=arguments, prog_name="assay", standalone_mode=False, obj=arguments)
        return code if isinstance(code, int) else OK
    except AssayError as error:
        complain(f"assay: {error}")
        return INPUT
    except _ClickError as error:
        complain(f"assay: {_usage(error)}")
        return INPUT
    except (Stopped, KeyboardInterrupt, typer.Abort) as stop:
        complain(f"assay: {stop}" if isinstance(stop, Stopped) else "assay: stopped.")
        return STOPPED
    except SystemExit as stop:
        if isinstance(stop.__context__, BrokenPipeError):  # typer's own answer to it would be exit code 1
            raise stop.__context__ from None
        raise
    except BrokenPipeError:
        raise
    except Exception as error:  # the outermost boundary: a defect is said as such, with its traceback
        if isinstance(error, OSError) and error.errno in _NO_ROOM:
            raise
        complain(f"assay: a defect of ours: {type(error).__name__}: {error}")
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


def _no_room(error: OSError) -> str:
    """A disk that takes no more, met where no command knows what was being written: most often what is printed into a file."""
    where = f" {error.filename}" if error.filename else " what was to be printed"
    return f"the disk takes no more ({os.strerror(error.errno or 0)}):{where}; make room and run the same command again."


def _forget_output() -> None:
    """Nothing takes what is printed any more: say nothing, also not when Python flushes on its way out."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())

"""``assay finish``: opens the lock of a run, on record, and saves the winner."""

from typing import TYPE_CHECKING, Annotated

import typer

from assay.cli.console import say_json
from assay.cli.folders import RunArgument, open_run
from assay.core.errors import ConfigError

if TYPE_CHECKING:
    from assay.cli.reading import Reading
    from assay.study.result import StudyResult


def finish(
    run: RunArgument,
    prefer: Annotated[
        str, typer.Option(metavar="best|simple", help="The best, or the simplest that is equivalent to it within --margin.")
    ] = "best",
    margin: Annotated[
        float | None, typer.Option(metavar="X", help="How much of the metric counts as equal, such as 0.005.")
    ] = None,
    reason: Annotated[str, typer.Option(metavar="TEXT", help="Why the test rows are opened; kept on record.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout, all else on stderr.")] = False,
) -> None:
    """Open the lock, measure the winner, save it.

    The winner is refitted on every row that is not locked, and saved as RUN/model. Each opening is on record.
    """
    check_preference(prefer, margin)
    result, reading = open_run(run)
    finish_and_print(result, reading, prefer=prefer, margin=margin, reason=reason, as_json=as_json)


def finish_and_print(
    result: "StudyResult", reading: "Reading", *, prefer: str, margin: float | None, as_json: bool, reason: str = ""
) -> None:
    from assay.cli.reporting import write_page
    from assay.cli.results import print_next_of_finish, print_test

    result.finish(prefer=prefer, margin=margin, reason=reason)
    write_page(result)
    summary = result.summary()
    if as_json:
        say_json(summary)
        return
    print_test(summary["test"], len(result.plan.locked), summary["metric"])
    print_next_of_finish(result.folder.path, reading.source)


def check_preference(prefer: str, margin: float | None) -> None:
    """Before hours of work, not after them. Raises ConfigError."""
    if prefer not in ("best", "simple"):
        raise ConfigError(f"--prefer {prefer}: it is best or simple.")
    if prefer == "simple" and not (margin is not None and margin > 0):
        raise ConfigError("--prefer simple needs --margin X, X > 0: how much of the metric may be given up, such as 0.005.")
    if prefer == "best" and margin is not None:
        raise ConfigError("--margin is for --prefer simple; the best needs none.")

"""``assay finish``: opens the lock of a run, on record, and saves the winner."""

from dataclasses import dataclass
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
    intended_use: Annotated[str, typer.Option(metavar="TEXT", help="What the model is for; kept on its card.")] = "",
    fairness: Annotated[
        str, typer.Option(metavar="COL,…", help="Columns of groups of people: the errors in each, on its card.")
    ] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout, all else on stderr.")] = False,
) -> None:
    """Open the lock, measure the winner, save it.

    The winner is refitted on every row that is not locked, and saved as RUN/model. Each opening is on record.
    """
    check_preference(prefer, margin)
    result, reading = open_run(run)
    told = Told(reason, intended_use, tuple(name for name in fairness.split(",") if name))
    finish_and_print(result, reading, prefer=prefer, margin=margin, as_json=as_json, told=told)


@dataclass(frozen=True)
class Told:
    """reason: why the rows are opened.  use, groups: for the model's card."""

    reason: str = ""
    use: str = ""
    groups: tuple[str, ...] = ()


def finish_and_print(
    result: "StudyResult", reading: "Reading", *, prefer: str, margin: float | None, as_json: bool, told: Told | None = None
) -> None:
    from assay.cli.results import print_next_of_finish, print_test
    from assay.report.of_study import write_page

    told = Told() if told is None else told
    result.finish(prefer=prefer, margin=margin, reason=told.reason, intended_use=told.use, fairness=told.groups)
    write_page(result)
    summary = result.summary()
    if as_json:
        say_json(summary)
        return
    print_test(summary["test"], len(result.plan.locked), summary["metric"])
    print_next_of_finish(result.folder.path, reading.source, result.data.question.asked)


def check_preference(prefer: str, margin: float | None) -> None:
    """Before hours of work, not after them. Raises ConfigError."""
    if prefer not in ("best", "simple"):
        raise ConfigError(f"--prefer {prefer}: it is best or simple.")
    if prefer == "simple" and not (margin is not None and margin > 0):
        raise ConfigError("--prefer simple needs --margin X, X > 0: how much of the metric may be given up, such as 0.005.")
    if prefer == "best" and margin is not None:
        raise ConfigError("--margin is for --prefer simple; the best needs none.")

"""One study from its checks to its page: what ``assay run`` and ``assay demo`` share."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from assay.cli.console import Stopped, complain, runnable, say_json, shown
from assay.cli.finish import check_preference, finish_and_print
from assay.core.errors import ConfigError, DataError

if TYPE_CHECKING:
    from assay.cli.reading import Reading
    from assay.data.checks.finding import Finding
    from assay.study.result import StudyResult
    from assay.study.study import Study


LEAKS = ("target-copy", "suspicious")
"""What --strict names first: these make every number wrong, other warnings some."""


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What is to be done besides the fits.

    out: the run folder, or None for the one named after the data.  command: as the user typed it, to resume with.
    """

    command: str
    out: str | None = None
    jobs: int | None = None
    strict: bool = False
    finish: bool = False
    prefer: str = "best"
    margin: float | None = None
    as_json: bool = False

    def __post_init__(self) -> None:
        if not self.finish and (self.prefer != "best" or self.margin is not None):
            raise ConfigError("--prefer and --margin choose what is finished; add --finish, or pass them to assay finish.")
        check_preference(self.prefer, self.margin)


def carry_out(study: "Study", reading: "Reading", wanted: Wanted) -> None:
    """Check, run, show, report, and finish if that is wanted. Raises Stopped on Ctrl-C, typer.Exit when nothing was measured."""
    from assay.cli.results import print_leaderboard, print_next_of_run
    from assay.report.of_study import write_page

    study.prepare()
    if wanted.strict:
        refuse_warnings(study, study.findings)
    result = _run(study, wanted)
    _check_measured(result, wanted, study.budget)
    if wanted.finish:
        if not wanted.as_json:
            print_leaderboard(result.summary())
        finish_and_print(result, reading, prefer=wanted.prefer, margin=wanted.margin, as_json=wanted.as_json)
        return
    write_page(result)
    if wanted.as_json:
        say_json(result.summary())
        return
    print_leaderboard(result.summary())
    print_next_of_run(result.folder.path)


def refuse_warnings(study: "Study", found: "Sequence[Finding]") -> None:
    """What --strict is for; raises DataError that names the first error or warning and the columns to drop."""
    warnings = [finding for finding in found if finding.level in ("error", "warning")]
    if not warnings:
        return
    warnings.sort(key=lambda finding: (finding.level != "error", finding.code not in LEAKS))
    target = study.data.question.target
    columns = [name for name in dict.fromkeys(name for finding in warnings for name in finding.columns) if name != target]
    drop = ",".join(f'"{name}"' if "," in name else name for name in columns)
    more = f" (and {len(warnings) - 1} more: see assay check)" if len(warnings) > 1 else ""
    may_drop = columns and warnings[0].level != "error"
    advice = f"leave columns out with --drop {drop}" if may_drop else warnings[0].advice
    raise DataError(f"--strict: {warnings[0].message.rstrip('.')}{more}; {advice}, or run without --strict.")


def _run(study: "Study", wanted: Wanted) -> "StudyResult":
    from assay.cli.progress import showing
    from assay.study.study import default_folder

    out = Path(wanted.out) if wanted.out is not None else default_folder(study.data)
    warnings = [finding for finding in study.findings if finding.level == "warning"]
    with showing(warnings) as progress:
        try:
            return study.run(out, jobs=wanted.jobs, progress=progress)
        except KeyboardInterrupt:
            kept = f"{progress.done} of {progress.total} fits are kept in {shown(out)}" if progress.total else "nothing was begun"
            raise Stopped(f"stopped; {kept}. To go on: {runnable(wanted.command)}") from None


def _check_measured(result: "StudyResult", wanted: Wanted, budget: str | None) -> None:
    """One measured row is a result. Without any: exit 2 when every reason is the user's to mend, else 1."""
    if result.parts:
        return
    if wanted.as_json:
        say_json(result.summary())
    failures = {candidate.name: result.failure(candidate) for candidate in result.candidates}
    reasons = [f"{name}: {failure.reason}".rstrip(".") for name, failure in failures.items() if failure is not None]
    details = [failure.detail for failure in failures.values() if failure is not None and failure.detail]
    first = f"{reasons[0]}{f' ({len(reasons) - 1} more)' if len(reasons) > 1 else ''}" if reasons else "no candidate was begun"
    if budget is not None and not details:
        complain(f"assay: nothing could be measured in a budget of {budget} ({first}); give it more time.")
    else:
        complain(f"assay: nothing could be measured. {'; '.join(reasons)}")
    if details:
        print(details[0], file=sys.stderr)
    raise typer.Exit(1 if details else 2)

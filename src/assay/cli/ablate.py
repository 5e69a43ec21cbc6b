"""``assay ablate``: what each step, column, doubling of rows or of the net is worth, with paired intervals."""

from typing import TYPE_CHECKING, Annotated

import typer

from assay.cli.console import Stopped, one_line, say, say_json, screen, shown, tell
from assay.cli.folders import RunArgument, open_run
from assay.cli.outputs import check_page, writing
from assay.cli.reading import names_in
from assay.core.errors import ConfigError
from assay.core.threads import usable_threads

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from assay.study.ablate.asked import Kind
    from assay.study.ablate.result import Ablation, Found, FoundTable
    from assay.study.ablate.running import AblationWork
    from assay.study.result import StudyResult

MOST_SHOWN = 15
"""Lines of a table on the screen; --json and the page have all."""


def ablate(  # more than 8 arguments: typer reads the options of the command off them
    run: RunArgument,
    name: Annotated[str | None, typer.Argument(metavar="[NAME]", help="A row of the leaderboard (default: the winner).")] = None,
    steps: Annotated[bool, typer.Option("--steps", help="Preparations, treatment, correction and search, taken back.")] = False,
    columns: Annotated[bool, typer.Option("--columns", help="Each column left out, and each alone: can it be dropped?")] = False,
    rows: Annotated[bool, typer.Option("--rows", help="1/16, 1/8, … of the training rows: would more help?")] = False,
    sizes: Annotated[bool, typer.Option("--sizes", help="Trees, rounds or widths halved and doubled.")] = False,
    column: Annotated[
        list[str] | None, typer.Option("--column", metavar="COL,…", help="Columns that --columns asks about (default: all).")
    ] = None,
    metric: Annotated[str | None, typer.Option(metavar="NAME", help="What it is worth in (default: the run's metric).")] = None,
    margin: Annotated[
        float | None, typer.Option(metavar="X", help="How much of the metric counts as the same, such as 0.005.")
    ] = None,
    jobs: Annotated[int | None, typer.Option(metavar="N", help="Worker processes (default: one a core).")] = None,
    out: Annotated[str | None, typer.Option("--out", metavar="FILE.html", help="Write the page.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout, all else on stderr.")] = False,
) -> None:
    """Say which parts of a candidate are worth having.

    It is fitted again with less. The folds and seeds are the run's own, and the locked rows stay locked. Fits are kept in
    RUN/ablation: what was stopped goes on, and nothing is fitted twice.
    """
    from assay.cli.progress import showing
    from assay.study.ablate.running import prepare_ablation, run_ablation

    wanted: dict[Kind, bool] = {"steps": steps, "columns": columns, "rows": rows, "sizes": sizes}
    kinds = [kind for kind, is_wanted in wanted.items() if is_wanted]
    if not kinds:
        raise ConfigError("say what to take away: --steps, --columns, --rows or --sizes (or several).")
    if jobs is not None and jobs < 1:
        raise ConfigError(f"--jobs {jobs}: at least 1.")
    page = None if out is None else check_page(out)
    result, _ = open_run(run)
    named = [one for part in column or () for one in names_in(part, "--column")]
    work = prepare_ablation(result, kinds, name, metric=metric, margin=margin, columns=named)
    tell(cost_words(work, jobs))
    with showing(()) as progress:
        try:
            found = run_ablation(work, jobs=jobs, progress=progress)
        except KeyboardInterrupt:
            kept = f"{progress.done} of {progress.total} fits are kept in {shown(work.folder.path)}"
            raise Stopped(f"stopped; {kept}. The same command goes on from there.") from None
    if page is not None:
        _write(found, result, page)
    if as_json:
        say_json(as_object(found, result, page))
        return
    for one in found:
        show(one)
    say(f"Kept in {shown(work.folder.path)}" + (f"; page: {shown(page)}" if page is not None else "") + ".")


def cost_words(work: "AblationWork", jobs: int | None) -> str:
    """What is about to be done, and about how long it takes by how long the run's own fits took."""
    from assay.cli.progress import duration

    there = work.fits - len(work.missing(cut=False))
    at_once = max(1, min(jobs or usable_threads(), work.fits))
    kept = f", {there} of them kept from before" if there else ""
    return (
        f"{work.fits} fits of {work.candidate.name} with less{kept}; about {duration(work.seconds / at_once)} with "
        f"--jobs {at_once}."
    )


def as_object(found: "Sequence[Ablation]", result: "StudyResult", page: "Path | None") -> dict[str, object]:
    """What ``--json`` prints."""
    from assay.study.ablate.words import sentences

    ablations = [{**one.to_json(), "sentences": sentences(one)} for one in found]
    return {
        "schema": 1,
        "run": str(result.folder.path),
        "name": found[0].candidate,
        "metric": found[0].metric,
        "ablations": ablations,
        "page": None if page is None else str(page),
    }


def show(found: "Ablation") -> None:
    """One question: its tables and its sentences."""
    from assay.study.ablate.words import TITLES, sentences

    say(one_line(f"{TITLES[found.kind]} {found.candidate}: {found.metric} {found.whole} ({found.level:.0%})"))
    for table in found.tables:
        _show_table(found, table)
    for sentence in (*sentences(found), *found.notes):
        say(one_line(sentence))
    say()


def _show_table(found: "Ablation", table: "FoundTable") -> None:
    from rich import box
    from rich.table import Table
    from rich.text import Text

    from assay.report.numbers import ends_text, number, probability
    from assay.study.ablate.words import in_order, verdict_words

    def interval_cells(line: "Found") -> tuple[str, str, str]:
        value = "" if line.value is None else number(line.value.value, 4)
        if line.worth is None:
            return value, "", ""
        worth = line.worth
        return value, number(worth.value, 4, sign=True), ends_text(worth.low, worth.high, 4, sign=True) or (worth.undefined or "")

    drawn = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    against = "gain on the line before" if table.shape == "ladder" else "worth"
    for name in (table.title, found.metric, against, f"{found.level:.0%} interval", "p", ""):
        drawn.add_column(Text(name), justify="right" if name in (found.metric, against, "p") else "left")
    lines = in_order(table)
    for line in lines[:MOST_SHOWN]:
        p = "" if line.p is None else probability(line.p)
        cells = (line.name, *interval_cells(line), p, verdict_words(found.kind, table, line))
        drawn.add_row(*(Text(one_line(cell)) for cell in cells))
    screen().print(drawn)
    if len(lines) > MOST_SHOWN:
        say(f"… and {len(lines) - MOST_SHOWN} more, worth less: --json and --out have them all.")


def _write(found: "Sequence[Ablation]", result: "StudyResult", page: "Path") -> None:
    from pathlib import Path

    from assay.report.ablation import write_ablation

    with writing(page):
        write_ablation(found, result.data.question.target, Path(result.data.source).name or result.data.source, page)

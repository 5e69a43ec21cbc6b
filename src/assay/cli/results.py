"""A study's result as a person reads it in a terminal: leaderboard, verdicts in words, the opened lock, what next.

Works on the object that ``--json`` prints, so that both say the same; the words are the report's.
"""

import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich import box
from rich.table import Table
from rich.text import Text

from assay.cli.console import one_line, runnable, say, screen, shown
from assay.report.leaderboard import board, lock_metrics
from assay.report.metric import describe
from assay.report.words import Effect, treatment_effects

if TYPE_CHECKING:
    from assay.study.verdicts import Separation


def print_leaderboard(summary: Mapping[str, Any]) -> None:
    """Every row, best first, with its interval and how it stands to the leader; then what the treatments did."""
    metric = describe(summary["metric"])
    found = board(summary, metric)
    heading = f"{found.level} interval" if found.level else "interval"
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for name in ("", "candidate", metric.title, heading, "against the leader", "fitted in"):
        table.add_column(Text(name), justify="right" if name in ("", metric.title, "fitted in") else "left")
    for row in found.rows:
        cells = ("" if row.rank is None else str(row.rank), row.name, row.value, row.interval or row.reason, row.standing.text)
        table.add_row(*(Text(one_line(cell)) for cell in (*cells, row.seconds)))
    screen().print(table)
    effects = treatment_effects(summary, metric)
    for effect in effects:
        say(_effect_words(effect))
    if effects:
        say()
    helped = summary.get("treatments")
    if helped is not None:
        say("What helped:")
        for sentence in helped["sentences"]:
            say(one_line(f"  {sentence}"))
        say()


def _effect_words(effect: Effect) -> str:
    sentence = f"{effect.before}{effect.treatment}{effect.middle}{effect.recipe}{effect.after}."
    return one_line(f"{sentence} {effect.detail}")


def print_verdict(verdict: Mapping[str, Any], margin: float | None = None) -> None:
    """One comparison that was asked for, in words and numbers."""
    a, b, call = verdict["a"], verdict["b"], verdict["call"]
    words = {"a better": f"{a} is better than {b}", "b better": f"{b} is better than {a}"}.get(call, f"{a} and {b}: {call}")
    within = "" if margin is None else f" (a difference below {margin:g} does not matter)"
    say(one_line(f"{words}{within}."))
    if verdict["difference"] is None:
        return
    ends = "no interval" if verdict["low"] is None else f"[{verdict['low']:+.4f}, {verdict['high']:+.4f}]"
    p = "" if verdict["p"] is None else f", p {verdict['p']:.2g}"
    say(
        one_line(
            f"{describe(verdict['metric']).title} of {a} minus {b}: {verdict['difference']:+.4f} {ends}{p} ({verdict['method']})."
        )
    )


def print_separation(apart: "Separation", metric: str) -> None:
    """How far the measured rows can tell two candidates apart, and how many rows would do."""
    title, now = describe(metric).title, f"The {apart.rows} measured rows"
    say(one_line(f"{now} find a true difference in {title} from {apart.smallest:.2g} on, four times of five."))
    if apart.needed is None:
        say(one_line(f"More rows would not help: {apart.undefined}."))
    elif apart.needed > apart.rows:
        say(one_line(f"To find one of {apart.wanted:.2g} as surely, about {apart.needed:,} measured rows are needed."))


def print_test(test: Mapping[str, Any], locked: int, chosen: str) -> None:
    """What the locked rows said, and how often they have been asked.  chosen: the study's metric, which stands first."""
    say(one_line(f"{test['name']} on the {locked} locked test rows:"))
    table = Table(box=None, pad_edge=False, show_header=False, padding=(0, 2))
    for metric, value, ends, reason in sorted(lock_metrics(test), key=lambda found: found[0].name != chosen):
        table.add_row(*(Text(one_line(cell)) for cell in ("", metric.title, value, ends or reason)))
    screen().print(table)
    if test["threshold"] is not None:
        say(one_line(f"It says the positive class from a probability of {test['threshold']:.4g} on{_known_to(test)}."))
        if test.get("threshold_note"):
            say(one_line(f"The threshold: {test['threshold_note']}"))
    openings, seen = int(test["openings"]), int(test.get("seen_before", 0))
    if openings == 1 and not seen:
        say("This was the first opening of these rows.")
        return
    why = f"This is opening {openings} of these rows" if openings > 1 else f"{seen} of these rows were shown by another opening"
    say(
        f"{why}: they have been looked at before, so the choice of the model may have been led by them, and the numbers above "
        "are no longer honest ones."
    )


def _known_to(test: Mapping[str, Any]) -> str:
    """The interval of the threshold in words, or nothing."""
    interval = test.get("threshold_interval")
    if not interval or interval["low"] is None:
        return ""
    return f" (with other rows it might be {interval['low']:.3g} to {interval['high']:.3g}; rule: {test['threshold_rule']})"


def print_next_of_run(run: Path) -> None:
    say(f"Report: {shown(run / 'report.html')}")
    say(f"Next:   {runnable('assay finish')} {_quoted(run)}   (opens the locked test rows, refits the winner and saves it)")


def print_next_of_finish(run: Path, source: str, task: str) -> None:
    """task: as the user names it (``Task.asked``)."""
    model = run / "model"
    say(f"Report: {shown(run / 'report.html')}")
    say(f"Model:  {shown(model)}")
    say(f"Next:   {runnable('assay predict')} {_quoted(model)} {_quoted(source)} -o predictions.csv")
    if task == "language-model":
        say(f'        {runnable("assay complete")} {_quoted(model)} ""')
    elif task == "spelling":
        say(f"        {runnable('assay correct')} {_quoted(model)} {_quoted(source)}")
    say(f"        {runnable('assay serve')} {_quoted(model)}")


def _quoted(path: Path | str) -> str:
    return shlex.quote(shown(path))

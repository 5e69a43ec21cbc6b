"""What ``assay check`` shows on request: the leak, rows under treatments; and the levels that differ."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from assay.cli.console import one_line, say, screen, tell
from assay.cli.outputs import check_page
from assay.cli.reading import names_in
from assay.core.errors import ConfigError

if TYPE_CHECKING:
    from assay.balance.levels import LevelRate
    from assay.measure.interval import Interval
    from assay.study.leak import LeakShown
    from assay.study.study import Study

SHOWN_LEVELS = 15
RECIPE, TREATMENT, ROWS = "forest", "smote", 10_000


@dataclass(frozen=True)
class LeakAsked:
    recipe: str = RECIPE
    treatment: str = TREATMENT
    rows: int = ROWS


@dataclass(frozen=True)
class LookAsked:
    """columns: the two that are drawn, or None for two principal components.  out: the page, or None."""

    treatments: tuple[str, ...]
    columns: tuple[str, str] | None = None
    out: Path | None = None


def leak_asked(wanted: bool, recipe: str | None, treatment: str | None, rows: int | None) -> LeakAsked | None:
    """What --show-leak is to show, its names known; None without it. Raises ConfigError and UnknownNameError."""
    if not wanted:
        given = {"--recipe": recipe, "--treatment": treatment, "--rows": rows}
        idle = next((option for option, value in given.items() if value is not None), None)
        if idle is not None:
            raise ConfigError(f"{idle} says what --show-leak shows; add --show-leak, or leave {idle} out.")
        return None
    from assay.recipes.registry import RECIPES
    from assay.recipes.treatments import treatment_named

    asked = LeakAsked(recipe or RECIPE, treatment or TREATMENT, ROWS if rows is None else rows)
    RECIPES.target(asked.recipe)
    treatment_named(asked.treatment)
    return asked


def look_asked(treatments: str | None, columns: str | None, out: str | None) -> LookAsked | None:
    """What --treatments is to show, its names known, its page one that can be written; None without it.

    Raises ConfigError and UnknownNameError.
    """
    if treatments is None:
        idle = "--columns" if columns is not None else "--out" if out is not None else None
        if idle is not None:
            raise ConfigError(f"{idle} belongs to --treatments, which shows rows before and after; add --treatments A,B.")
        return None
    from assay.recipes.treatments import rejoined, treatment_named

    names = tuple(rejoined(names_in(treatments, "--treatments")))
    for name in names:
        treatment_named(name)
    pair = None if columns is None else tuple(names_in(columns, "--columns"))
    if pair is not None and (len(pair) != 2 or pair[0] == pair[1]):
        raise ConfigError(f"--columns {columns!r}: name two different columns, as in --columns age,income.")
    page = None if out is None else Path(out)
    if page is not None:
        check_page(page)
    return LookAsked(names, None if pair is None else (pair[0], pair[1]), page)


def check_asked(study: "Study", leak: LeakAsked | None, looking: LookAsked | None) -> None:
    """Whatever can be known to be impossible before the first row is looked at. Raises AssayError."""
    task = study.data.question
    if leak is not None:
        from assay.recipes.registry import RECIPES
        from assay.recipes.treatments import treatment_named
        from assay.study.leak import LeakSettings, check_leak

        LeakSettings(most_rows=leak.rows)
        check_leak(RECIPES.get(leak.recipe), treatment_named(leak.treatment), study.data)
        study.plan  # noqa: B018 - raises when no folds can be made
    if looking is not None:
        if not task.is_classification:
            raise ConfigError(f"treatments act on classes, and {task.target!r} is a {task.name} target; leave --treatments out.")
        for name in looking.columns or ():
            study.data.schema[name]


def shown_leak(study: "Study", asked: LeakAsked) -> "LeakShown":
    """The leak on the study's development rows; says on stderr how far it is."""
    from assay.recipes.registry import RECIPES
    from assay.recipes.treatments import treatment_named
    from assay.study.leak import LeakSettings, show_leak

    recipe, treatment = RECIPES.get(asked.recipe), treatment_named(asked.treatment)

    def done(made: int, of: int) -> None:
        tell(f"{made}/{of} fits of {asked.recipe} with {asked.treatment}")

    settings = LeakSettings(most_rows=asked.rows, seed=study.seed)
    shown = show_leak(recipe, treatment, study.data, study.plan, settings=settings, done=done)
    return replace(shown, treatment=asked.treatment)  # with its ratio, where one was asked for


def leak_object(shown: "LeakShown") -> dict[str, object]:
    """What --json holds under "leak"."""
    from assay.study.leak_words import sentences

    return {**shown.to_json(), "sentences": sentences(shown)}


def print_leak(shown: "LeakShown") -> None:
    from rich import box
    from rich.table import Table
    from rich.text import Text

    from assay.study.leak_words import sentences, titled

    drawn = "the" if shown.used == shown.rows else f"{shown.used} drawn of the"
    rows = f"{drawn} {shown.rows} rows that are not locked"
    say(one_line(f"The leak shown: {shown.recipe} with {shown.treatment}, {shown.folds} folds, on {rows}."))
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for heading in ("", "resampled before the split: false", "of it the real rows alone", "split first: honest"):
        table.add_column(Text(heading))
    for name in shown.honest:
        cells = (titled(shown, name), *(_interval(side[name]) for side in (shown.false, shown.real_rows, shown.honest)))
        table.add_row(*(Text(cell) for cell in cells))
    screen().print(table)
    for sentence in sentences(shown):
        say(one_line(sentence))


def found_levels(study: "Study") -> list["LevelRate"]:
    """The rates of every level among the rows that are not locked (all rows where no plan can be made); none for a number."""
    from assay.balance.levels import levels_of

    if not study.data.question.is_classification:
        return []
    try:
        rows = study.plan.development
    except ConfigError:
        return levels_of(study.data)
    return levels_of(study.data.take(rows))


def print_levels(study: "Study", found: Sequence["LevelRate"]) -> None:
    """The levels that differ, the surest first; nothing where there is no category."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    from assay.balance.levels import how_counted, strongest

    compared = [one for one in found if one.p is not None]
    if not compared:
        return
    columns = len({one.column for one in compared})
    tests = f"{len(compared)} comparisons of levels in {columns} {'category' if columns == 1 else 'categories'}"
    differing = strongest(found)
    say()
    if not differing:
        say(f"No level differs from the other rows in its rate, after correction for {tests} (Holm).")
        return
    say(one_line(f"Levels whose rate differs from that of all other rows, after correction for {tests} (Holm):"))
    several = len(study.data.question.classes) > 2
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    headings = ("column", "level", *(("class",) if several else ()), "rows", "rate", "95% interval", "others", "p")
    for heading in headings:
        table.add_column(Text(heading), justify="right" if heading in ("rows", "rate", "others", "p") else "left")
    for one in differing[:SHOWN_LEVELS]:
        name = "(missing)" if one.level is None else one.level
        ends = f"[{one.rate.low:.1%}, {one.rate.high:.1%}]"
        p = "" if one.p is None else "< 1e-300" if one.p < 1e-300 else f"{one.p:.2g}"
        numbers = (str(one.rows), f"{one.rate.value:.1%}", ends, f"{one.rest:.1%}", p)
        table.add_row(*(Text(one_line(cell)) for cell in (one.column, name, *((one.positive,) if several else ()), *numbers)))
    screen().print(table)
    if len(differing) > SHOWN_LEVELS:
        say(f"… and {len(differing) - SHOWN_LEVELS} more that differ (--json has them all).")
    counted = how_counted(study.data)
    if counted:
        say(one_line(counted))


def look(study: "Study", asked: LookAsked, *, as_json: bool) -> dict[str, object]:
    """Rows before and after each treatment: prints the table unless as_json; what --json holds under "treatments"."""
    from assay.cli.looking_at_treatments import look_and_say

    if not as_json:
        say()
    return look_and_say(study, asked.treatments, asked.columns, study.seed, asked.out, as_json=as_json)


def _interval(interval: "Interval") -> str:
    if interval.value is None:
        return "none"
    if interval.low is None or interval.high is None:
        return f"{interval.value:.3f}"
    return f"{interval.value:.3f}  [{interval.low:.3f}, {interval.high:.3f}]"

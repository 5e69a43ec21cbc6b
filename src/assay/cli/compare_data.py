"""``assay compare-data``: can a model tell the rows of one file from those of another, and by what?"""

from typing import TYPE_CHECKING, Annotated

import typer

from assay.cli.console import one_line, say, say_json, screen
from assay.cli.reading import DropOption, GroupOption, KindOption, names_in, parse_kinds
from assay.core.errors import ConfigError

if TYPE_CHECKING:
    from assay.data.dataset import Dataset
    from assay.study.drift import Drift
    from assay.study.drift_columns import ColumnDrift

SHOWN_COLUMNS = 15


def compare_data(  # more than 8 arguments: typer reads the options of the command off them
    a: Annotated[str, typer.Argument(metavar="A", help="Rows, such as those a model was trained on.")],
    b: Annotated[str, typer.Argument(metavar="B", help="Other rows, such as those that came since.")],
    target: Annotated[
        str | None, typer.Option("--target", metavar="COL", help="The column to predict: no feature, so it is left out.")
    ] = None,
    drop: DropOption = None,
    keep: Annotated[
        list[str] | None, typer.Option("--keep", metavar="COL,…", help="Columns to use although they would be left out (dates).")
    ] = None,
    kind: KindOption = None,
    group: GroupOption = None,
    recipe: Annotated[str, typer.Option(metavar="NAME", help="What tells the rows apart; logistic is quick.")] = "boosting",
    rows: Annotated[int, typer.Option(metavar="N", help="Rows drawn of a side that has more.")] = 20_000,
    seed: Annotated[int, typer.Option(help="Of the blocks and the fits.")] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout, all else on stderr.")] = False,
) -> None:
    """Say whether the rows of B differ from those of A.

    And by which columns, with an interval and corrected for the number of columns. Drift that is found is a result, no error:
    the exit code is 0.
    """
    from assay.study.drift import DriftSettings
    from assay.study.drift import compare_data as compare

    leave = tuple(name for part in drop or () for name in names_in(part, "--drop"))
    settings = DriftSettings(
        recipe=recipe,
        seed=seed,
        drop=(*leave, *(() if target is None else (target,))),
        keep=tuple(name for part in keep or () for name in names_in(part, "--keep")),
        most_rows=rows,
    )
    _check_recipe(recipe)
    kinds = dict(parse_kinds(kind or ()))
    left = _read(a, kinds, group)
    right = _read_alike(b, left, kinds, group)
    found = compare(left, right, settings=settings)
    if as_json:
        say_json({"schema": 1, "a": a, "b": b, **found.to_json()})
        return
    print_drift(found, a, b)


def _check_recipe(name: str) -> None:
    """Said before anything is read."""
    from assay.recipes.registry import RECIPES

    if "binary" not in RECIPES.get(name).tasks:
        raise ConfigError(f"--recipe {name}: it does not tell two classes apart; name another, such as boosting.")


def _read(source: str, kinds: dict[str, str], group: str | None) -> "Dataset":
    from assay.data import read

    return read(source, kinds=kinds, group=group)


def _read_alike(source: str, like: "Dataset", kinds: dict[str, str], group: str | None) -> "Dataset":
    """B with its columns read as A's are: a few odd cells may have made another kind of one."""
    data = _read(source, kinds, group)
    shared = [column for column in data.schema.columns if column.name in like.schema]
    other = {column.name: like.schema[column.name].kind for column in shared if column.kind != like.schema[column.name].kind}
    return _read(source, {**kinds, **other}, group) if other else data


def print_drift(found: "Drift", a: str, b: str) -> None:
    """The verdict, then what each column says."""
    for name, source, total, used in zip(found.names, (a, b), found.rows, found.used, strict=True):
        drawn = "" if used == total else f", {used} of them drawn"
        say(one_line(f"{name}: {source}, {total} rows{drawn}."))
    if found.copies:
        say(f"{found.copies} of these rows are alike in every column on both sides.")
    say()
    say(one_line(f"{found.verdict[0].upper()}{found.verdict[1:]}"))
    if found.columns:
        say()
        _print_columns(found)
    if found.left_out:
        say()
        say("Left out: " + one_line("; ".join(f"{one.name} ({one.reason})" for one in found.left_out)) + ".")


def _print_columns(found: "Drift") -> None:
    from rich import box
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for heading in ("column", "AUC alone", f"{found.auc.level:.0%} interval", "p", "", f"{found.names[0]} → {found.names[1]}"):
        table.add_column(Text(heading), justify="right" if heading in ("AUC alone", "p") else "left")
    for column in found.columns[:SHOWN_COLUMNS]:
        auc, p = column.auc, "" if column.p is None else f"{column.p:.2g}"
        value = "" if auc.value is None else f"{auc.value:.3f}"
        ends = str(auc.undefined) if auc.low is None or auc.high is None else f"[{auc.low:.3f}, {auc.high:.3f}]"
        cells = (column.name, value, ends, p, "differs" if column.drifted else "", _moved(column))
        table.add_row(*(Text(one_line(cell)) for cell in cells))
    screen().print(table)
    more = len(found.columns) - SHOWN_COLUMNS
    if more > 0:
        say(f"… and {more} more columns, weaker ones (--json has them all).")
    say(f"Each column by itself; p is corrected for {len(found.columns)} of them (Holm).")


def _moved(column: "ColumnDrift") -> str:
    """What the two sides hold, in a few words."""
    words = []
    for what, pair in column.evidence.items():
        if what == "level":
            continue
        name = f"share of {column.evidence['level']!r}" if what == "share" else what
        words.append(f"{name} {_short(pair[0], what)} → {_short(pair[1], what)}")
    return ", ".join(words)


def _short(value: object, what: str) -> str:
    if isinstance(value, float):
        return f"{value:.1%}" if what in ("share", "missing") else f"{value:.4g}"
    return "none" if value is None else str(value)

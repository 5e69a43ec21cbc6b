"""``assay anomalies``: the oddest rows of a table without labels, and how far detectors agree on them."""

from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from assay.cli.console import one_line, say, say_json, screen, shown, tell
from assay.cli.outputs import check_out, is_page, write_out
from assay.cli.reading import DataArgument, DropOption, GroupOption, KindOption, WeightOption, names_in, parse_kinds
from assay.core.errors import ConfigError

if TYPE_CHECKING:
    from assay.data.dataset import Dataset
    from assay.study.unsupervised.anomalies import Anomalies


def anomalies(  # more than 8 arguments: typer reads the options of the command off them
    data: DataArgument,
    new: Annotated[
        str | None, typer.Option("--new", metavar="FILE", help="New rows: which of them are unlike the rows of DATA?")
    ] = None,
    detectors: Annotated[
        str | None, typer.Option("--detectors", metavar="NAME,…", help="Such as isolation-forest; see assay list recipes.")
    ] = None,
    drop: DropOption = None,
    kind: KindOption = None,
    group: GroupOption = None,
    weight: WeightOption = None,
    top: Annotated[
        float, typer.Option(metavar="SHARE", help="The share of the rows whose overlap between runs is shown.")
    ] = 0.02,
    show: Annotated[int, typer.Option(metavar="N", help="How many of the oddest rows are shown.")] = 10,
    rows: Annotated[int, typer.Option(metavar="N", help="Rows drawn where there are more.")] = 20_000,
    seed: Annotated[int, typer.Option(help="Of the folds and of the detectors.")] = 0,
    out: Annotated[
        str | None,
        typer.Option("--out", "-o", metavar="FILE", help="CSV: how odd each drawn row is; or the page, such as odd.html."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout, all else on stderr.")] = False,
) -> None:
    """Rank the rows by how odd they are.

    Each by detectors that did not learn from it. Without labels this proves nothing. With labels, detectors are recipes:
    assay run DATA --target COL --recipes isolation-forest,boosting compares them.
    """
    from assay.data import read
    from assay.study.unsupervised.anomalies import DEFAULT, AnomalySettings, find_anomalies
    from assay.study.unsupervised.ignored import ignored

    names = DEFAULT if detectors is None else tuple(names_in(detectors, "--detectors"))
    settings = AnomalySettings(detectors=names, top=top, most_rows=rows, seed=seed)
    check_out(out, "the scores")
    leave = [name for part in drop or () for name in names_in(part, "--drop")]
    kinds = dict(parse_kinds(kind or ()))
    table = read(data, drop=leave, kinds=kinds, group=group, weight=weight)
    others = None
    if new is not None:  # read as DATA is: a few odd cells may have made another kind of a column
        known = {column.name: column.kind for column in table.schema.features}
        first = read(new, drop=[], kinds={})
        missing = [name for name in known if name not in first.schema]
        if missing:
            raise ConfigError(
                f"{new} has no column {missing[0]!r} ({len(missing)} missing), which {data} has; drop it, or add it."
            )
        others = read(new, kinds=known)
    found = find_anomalies(table, settings, others)
    page = out if out is not None and is_page(out) else None
    if page is not None:
        _write_page(table, found, show, Path(page))
    elif out is not None:
        _write(found, Path(out))
    if as_json:
        say_json({**found.to_json(show), "notes": ignored(table), "page": page})
        return
    print_anomalies(found, show)
    for note in ignored(table):
        say(one_line(note))
    if page is not None:
        say(f"Page: {shown(Path(page))}")


def _write_page(table: "Dataset", found: "Anomalies", show: int, path: Path) -> None:
    from assay.report.anomalies_page import AnomalyReport, render_anomalies
    from assay.study.unsupervised.ignored import ignored
    from assay.study.unsupervised.reasons import reasons
    from assay.study.unsupervised.rows import points_of

    settings = found.settings
    points = points_of(table, most_rows=settings.most_rows, seed=settings.seed)
    name = Path(table.source).name or table.source
    content = AnomalyReport(name, found, points.matrix, reasons(table, found, show), tuple(ignored(table)))
    write_out(path, render_anomalies(content).encode())


def _write(found: "Anomalies", path: Path) -> None:
    import polars as pl

    stream = BytesIO()
    scores = {one.name: one.oddness for one in found.detected}
    pl.DataFrame({"row": found.drawn + 1, "place": found.shares, **scores}).write_csv(stream)
    write_out(path, stream.getvalue())
    tell(f"The scores of {len(found.drawn)} rows are in {path}.")


def print_anomalies(found: "Anomalies", show: int) -> None:
    """How steady and how much of one mind the detectors are, then the rows."""
    drawn = "" if len(found.drawn) == found.of else f", {len(found.drawn)} of them drawn"
    say(f"{found.of} rows{drawn}. Odd is not wrong: without labels nothing here is proven.")
    say()
    _print_table(
        ("detector", "agrees with itself", f"its oddest {found.settings.top:.1%} found again"),
        [(one.name, str(one.steady), str(one.overlap)) for one in found.detected],
    )
    say(
        f"Spearman's correlation and the overlap of runs on random halves; unrelated ones would overlap by {found.by_chance:.3f}."
    )
    if found.agreements:
        say()
        _print_table(("", "", "rank the rows alike"), [(one.a, one.b, str(one.spearman)) for one in found.agreements])
    say()
    oddest = found.oddest(show)
    _print_table(
        ("row", "place", *(one.name for one in found.detected)),
        [
            (str(found.drawn[row] + 1), f"{found.shares[row]:.4f}", *(f"{one.oddness[row]:.4g}" for one in found.detected))
            for row in oddest
        ],
    )
    say("Place: the mean over the detectors of the share of rows that are no odder.")
    if found.novel is not None and found.novel_p is not None:
        from assay.study.unsupervised.anomalies import FALSE_SHARE

        named = found.novel.nonzero()[0]
        said = ", ".join(str(row + 1) for row in named[:show]) + (" …" if len(named) > show else "")
        say()
        if len(named):
            say(f"New rows: {len(named)} of {len(found.novel)} are called novel: {said}.")
            say(f"On average at most {FALSE_SHARE:.0%} of the rows that are called so are not.")
        else:
            say(f"New rows: none of {len(found.novel)} can be called novel.")


def _print_table(headings: tuple[str, ...], lines: list[tuple[str, ...]]) -> None:
    from rich import box
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for heading in headings:
        table.add_column(Text(heading))
    for line in lines:
        table.add_row(*(Text(one_line(cell)) for cell in line))
    screen().print(table)

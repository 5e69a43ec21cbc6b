"""``assay project``: which picture of a table in few directions keeps its neighbourhoods."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from assay.cli.console import one_line, say, say_json, screen, shown
from assay.cli.outputs import check_page, writing
from assay.cli.reading import DataArgument, DropOption, GroupOption, KindOption, TargetOption, WeightOption, names_in, parse_kinds

if TYPE_CHECKING:
    from assay.study.unsupervised.projections import Projections


def project(  # more than 8 arguments: typer reads the options of the command off them
    data: DataArgument,
    target: TargetOption = None,
    methods: Annotated[
        str | None,
        typer.Option(
            "--methods",
            metavar="NAME,…",
            help="pca, pca-correlation, truncated-svd, kernel-pca, isomap, t-sne, umap, autoencoder, random.",
        ),
    ] = None,
    width: Annotated[int, typer.Option(metavar="N", help="Directions.")] = 2,
    neighbours: Annotated[int, typer.Option(metavar="K", help="The neighbours that should be kept.")] = 10,
    drop: DropOption = None,
    kind: KindOption = None,
    group: GroupOption = None,
    weight: WeightOption = None,
    rows: Annotated[int, typer.Option(metavar="N", help="Rows drawn where there are more.")] = 4000,
    seed: Annotated[int, typer.Option(help="Of the blocks and of the methods.")] = 0,
    out: Annotated[
        str | None, typer.Option("--out", metavar="FILE", help="The page with the pictures, such as map.html.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout, all else on stderr.")] = False,
) -> None:
    """Draw maps of the rows, and measure what each keeps.

    Several methods, and how much of the neighbourhoods each keeps, with intervals. The target is left out of the projection
    and only colours the pictures.
    """
    from assay.data import read
    from assay.report.spectrum import to_json
    from assay.study.unsupervised.ignored import ignored
    from assay.study.unsupervised.projections import DEFAULT, ProjectionSettings
    from assay.study.unsupervised.projections import project as measured
    from assay.study.unsupervised.rows import points_of, spectra_of_points

    names = DEFAULT if methods is None else tuple(names_in(methods, "--methods"))
    settings = ProjectionSettings(methods=names, width=width, neighbours=neighbours, seed=seed)
    page = None if out is None else Path(out)
    if page is not None:
        check_page(page)
    leave = [name for part in drop or () for name in names_in(part, "--drop")]
    table = read(data, target=target, drop=leave, kinds=dict(parse_kinds(kind or ())), group=group, weight=weight)
    points = points_of(table, most_rows=rows, seed=seed)
    found = measured(points.matrix, settings)
    spectra = spectra_of_points(points, names)
    if page is not None:
        from assay.report.unsupervised import ProjectionReport, write_projection_page

        hot = None
        if table.task is not None and table.task.name == "binary":
            hot = table.target[points.drawn][found.rows] == 1
        content = ProjectionReport(
            Path(table.source).name or table.source,
            found,
            points.of,
            hot,
            None if table.task is None else table.task.positive,
            spectra,
        )
        with writing(page):
            write_projection_page(content, page)
    if as_json:
        say_json(
            {
                "schema": 1,
                "rows": len(points),
                "of": points.of,
                "width": width,
                "neighbours": neighbours,
                "blocks": found.blocks,
                "block_rows": found.block_rows,
                "methods": [one.to_json() for one in found.kept],
                "spectra": [{"name": name, **to_json(one)} for name, one in spectra],
                "notes": ignored(table),
                "page": None if page is None else str(page),
            }
        )
        return
    print_projections(found)
    for note in ignored(table):
        say(one_line(note))
    if page is not None:
        say(f"Page: {shown(page)}")


def print_projections(found: "Projections") -> None:
    """A line for each method."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    s = found.settings
    say(f"{found.blocks} blocks of {found.block_rows} rows, {s.width} directions, {s.neighbours} neighbours; 95% intervals.")
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for heading in ("method", "trustworthiness", "continuity", "both, against pca", "p", ""):
        table.add_column(Text(heading))
    for one in found.kept:
        p = "" if one.p is None else f"{one.p:.2g}"
        cells = (one.method, str(one.trustworthiness), str(one.continuity), str(one.difference or ""), p, one.call or "")
        table.add_row(*(Text(one_line(cell)) for cell in cells))
    screen().print(table)
    say("1: all neighbours kept; a random picture is the line to beat. p: paired by block, Holm.")

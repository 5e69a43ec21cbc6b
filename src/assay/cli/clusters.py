"""``assay clusters``: groups of rows that come back when the rows are drawn again, or that there are none."""

from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from assay.cli.console import one_line, say, say_json, screen, shown, tell
from assay.cli.outputs import check_out, is_page, write_out
from assay.cli.reading import DataArgument, DropOption, GroupOption, KindOption, WeightOption, names_in, parse_kinds

if TYPE_CHECKING:
    from assay.data.dataset import Dataset
    from assay.measure.interval import Interval
    from assay.study.unsupervised.clusters import Clusters
    from assay.study.unsupervised.differences import Difference
    from assay.study.unsupervised.rows import Points

SHOWN_COLUMNS, SHOWN_TRIED = 15, 12


def clusters(  # more than 8 arguments: typer reads the options of the command off them
    data: DataArgument,
    target: Annotated[
        str | None, typer.Option("--target", metavar="COL", help="Left out, and compared with the clusters afterwards.")
    ] = None,
    methods: Annotated[
        str | None, typer.Option("--methods", metavar="NAME,…", help="k-means, mixture, agglomerative, dbscan, hdbscan.")
    ] = None,
    drop: DropOption = None,
    kind: KindOption = None,
    group: GroupOption = None,
    weight: WeightOption = None,
    rows: Annotated[int, typer.Option(metavar="N", help="Rows drawn where there are more.")] = 1000,
    seed: Annotated[int, typer.Option(help="Of the parts of the rows and of the methods.")] = 0,
    out: Annotated[
        str | None,
        typer.Option("--out", "-o", metavar="FILE", help="CSV: the cluster of each drawn row; or the page, such as groups.html."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout, all else on stderr.")] = False,
) -> None:
    """Look for groups of rows that other rows confirm.

    Groups are found again in other parts of the rows, and stand farther apart than one group would. That there are none is a
    result, no error: the exit code is 0.
    """
    from assay.data import read
    from assay.study.unsupervised.clusters import ClusterSettings, find_clusters
    from assay.study.unsupervised.differences import differences, one_column
    from assay.study.unsupervised.ignored import ignored
    from assay.study.unsupervised.methods import DEFAULT
    from assay.study.unsupervised.rows import points_of

    names = DEFAULT if methods is None else tuple(names_in(methods, "--methods"))
    settings = ClusterSettings(methods=names, most_rows=rows, seed=seed)
    check_out(out, "the clusters")
    leave = [name for part in drop or () for name in names_in(part, "--drop")]
    table = read(data, target=target, drop=leave, kinds=dict(parse_kinds(kind or ())), group=group, weight=weight)
    points = points_of(table, most_rows=rows, seed=seed)
    found = find_clusters(points.matrix, settings)
    drawn = table.frame[points.drawn]
    differing = (
        [] if found.labels is None else differences(drawn, table.schema.features, points.matrix, points.blocks, found.labels)
    )
    agreement = _with_target(found, points, table)
    page = out if out is not None and is_page(out) else None
    if page is not None:
        _write_page(found, points, table, one_column(differing), agreement, Path(page))
    elif out is not None and found.labels is not None:
        _write(found, points, Path(out))
    if as_json:
        say_json({**_as_json(found, points, differing, agreement), "notes": ignored(table), "page": page})
        return
    print_clusters(found, points, differing)
    for note in ignored(table):
        say(one_line(note))
    if agreement is not None:
        say(one_line(f"With {target}, which was left out: adjusted Rand index {agreement}."))
    if page is not None:
        say(f"Page: {shown(Path(page))}")


def _write_page(
    found: "Clusters", points: "Points", table: "Dataset", alone: str | None, agreement: "Interval | None", path: Path
) -> None:
    from assay.report.clusters_page import ClusterReport, render_clusters
    from assay.study.unsupervised.ignored import ignored
    from assay.study.unsupervised.profiles import profiles

    content = ClusterReport(
        title=Path(table.source).name or table.source,
        found=found,
        points=points.matrix,
        of=points.of,
        profiles=[] if found.labels is None else profiles(table.frame[points.drawn], table.schema.features, found.labels),
        alone=alone,
        target=None if table.task is None else table.task.target,
        agreement=agreement,
        notes=tuple(ignored(table)),
    )
    write_out(path, render_clusters(content).encode())


def _with_target(found: "Clusters", points: "Points", table: "Dataset") -> "Interval | None":
    """The adjusted Rand index with the classes of the target, of the rows in clusters; None without classes or clusters."""
    if found.labels is None or table.task is None or not table.task.is_classification:
        return None
    from assay.study.unsupervised.clusters import against_classes

    return against_classes(found.labels, table.target[points.drawn])


def _write(found: "Clusters", points: "Points", path: Path) -> None:
    import polars as pl

    stream = BytesIO()
    labels = None if found.labels is None else [None if label < 0 else int(label) + 1 for label in found.labels]
    pl.DataFrame({"row": points.drawn + 1, "cluster": pl.Series(labels, dtype=pl.Int64)}).write_csv(stream)
    write_out(path, stream.getvalue())
    tell(f"The clusters of {len(points)} rows are in {path}.")


def _as_json(
    found: "Clusters", points: "Points", differing: "list[Difference]", agreement: "Interval | None"
) -> dict[str, object]:
    import numpy as np

    from assay.study.unsupervised.differences import one_column

    sizes = [] if found.labels is None else np.bincount(found.labels[found.labels >= 0]).tolist()
    best = found.best
    return {
        "schema": 1,
        "rows": len(points),
        "of": points.of,
        "stable": best is not None,
        "chosen": None if best is None else best.to_json(),
        "sizes": sizes,
        "found_again": [one.to_json() for one in found.found_again],
        "one_column": one_column(differing),
        "columns": [one.to_json() for one in differing],
        "target": None if agreement is None else agreement.to_json(),
        "tried": [one.to_json() for one in found.tried],
    }


def print_clusters(found: "Clusters", points: "Points", differing: "list[Difference]") -> None:
    """The answer, the clusters and their columns, then what was tried."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    drawn = "" if len(points) == points.of else f", {len(points)} of them drawn"
    say(f"{points.of} rows{drawn}; {len(found.tried)} clusterings tried.")
    best = found.best
    if best is None:
        say("No stable clusters: nothing that was tried both came back and stood farther apart than one group would.")
    elif best.apart is not None:
        say(
            f"{best.clusters} stable clusters by {best.method}: adjusted Rand index of two parts {best.stability}; silhouette "
            f"{best.apart.silhouette:.2f}, one group would give {best.apart.expected:.2f} (p {best.p:.2g}, Holm)."
        )
        if best.noise:
            say(f"{best.noise:.1%} of the rows are in no cluster.")
        _print_sizes(found)
        _print_columns(differing)
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for heading in ("method", "setting", "clusters", "stability", "95% interval", "silhouette", "one group", "p", ""):
        table.add_column(Text(heading), justify="left" if heading in ("method", "95% interval", "") else "right")
    order = sorted(found.tried, key=lambda one: -(one.stability.value or 0.0))
    for one in order[:SHOWN_TRIED]:
        s, apart = one.stability, one.apart
        ends = "" if s.low is None or s.high is None else f"[{s.low:.2f}, {s.high:.2f}]"
        own = ("", "", "") if apart is None else (f"{apart.silhouette:.2f}", f"{apart.expected:.2f}", f"{one.p:.2g}")
        table.add_row(one.method, f"{one.setting:g}", str(one.clusters), f"{s.value:.2f}", ends, *own, one.call)
    screen().print(table)
    if len(order) > SHOWN_TRIED:
        say(f"… and {len(order) - SHOWN_TRIED} more, less stable (--json has them all).")


def _print_sizes(found: "Clusters") -> None:
    if found.labels is None:
        return
    for number, again in enumerate(found.found_again):
        say(f"Cluster {number + 1}: {int((found.labels == number).sum())} rows; found again with Jaccard {again}.")


def _print_columns(differing: "list[Difference]") -> None:
    from rich import box
    from rich.table import Table
    from rich.text import Text

    from assay.study.unsupervised.differences import one_column

    alone = one_column(differing)
    if alone is not None:
        say(one_line(f"They say little more than the column {alone} alone; --drop {alone} looks beyond it."))

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column(Text("column"))
    table.add_column(Text("between"), justify="right")
    for number in range(len(differing[0].typical) if differing else 0):
        table.add_column(Text(f"cluster {number + 1}"))
    for one in differing[:SHOWN_COLUMNS]:
        table.add_row(*(Text(one_line(cell)) for cell in (one.column, f"{one.share:.0%}", *one.typical)))
    screen().print(table)
    say(
        "Between: the share of a column's spread that lies between clusters. They were made from these columns, so it is no test."
    )

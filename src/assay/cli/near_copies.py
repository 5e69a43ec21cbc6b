"""``assay near-copies``: rows that are almost equal, whether they stand on both sides of the lock, and where they disagree."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from assay.cli.console import one_line, say, say_json, shown, tell
from assay.cli.label_noise import beside, check_csv, write_rows
from assay.cli.reading import DataArgument, DropOption, GroupOption, KindOption, TargetOption, TaskOption, TimeOption, reading
from assay.core.errors import ConfigError, LeakageError

if TYPE_CHECKING:
    import polars as pl

    from assay.data.dataset import Dataset
    from assay.data.near_copies import NearCopies

SHOWN = 5


def near_copies(  # more than 8 arguments: typer reads the options of the command off them
    data: DataArgument,
    target: TargetOption = None,
    task: TaskOption = None,
    drop: DropOption = None,
    kind: KindOption = None,
    time: TimeOption = None,
    group: GroupOption = None,
    tolerance: Annotated[
        float, typer.Option(metavar="X", help="How far numbers may lie apart, in robust standard deviations of their column.")
    ] = 0.05,
    differing: Annotated[int, typer.Option(metavar="0|1", help="Categories that may differ.")] = 1,
    jaccard: Annotated[float, typer.Option(metavar="SHARE", help="Runs of three words that texts must share.")] = 0.8,
    folds: Annotated[int, typer.Option(metavar="N", help="Of the run that is asked about.")] = 5,
    seed: Annotated[int, typer.Option(help="Of the run that is asked about.")] = 0,
    out: Annotated[str | None, typer.Option("--out", "-o", metavar="FILE.csv", help="Write these rows with all columns.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout, all else on stderr.")] = False,
) -> None:
    """Find rows that are almost equal to another.

    A check for equal rows does not see them. With a target also whether such rows have the same one, and how many stand on
    both sides of the lock and of the folds that assay run would make with these options.
    """
    from assay.data.near_copies import NearSettings
    from assay.data.near_copies import near_copies as find

    settings = NearSettings(tolerance=tolerance, differing=differing, jaccard=jaccard, seed=seed)
    if out is not None:
        check_csv(out)
    table = reading(
        source=data,
        target=target,
        task=task,
        positive=None,
        drop=drop,
        kind=kind,
        time=time,
        group=group,
        weight=None,
        test=None,
        split=None,
    ).load()
    found = find(table, settings)
    told = counted(table, found, folds, seed)
    if out is not None:
        write_rows(near_frame(table, found), Path(out))
    if as_json:
        say_json({"schema": 1, "data": data, **told, "pairs": found.pairs[:1000].tolist(), "out": out})
        return
    for line in words(found, told):
        say(" " * (len(line) - len(line.lstrip())) + one_line(line))
    if out is not None:
        say(f"Rows: {shown(out)}")


def counted(data: "Dataset", found: "NearCopies", folds: int, seed: int) -> dict[str, Any]:
    """The counts as ``--json`` has them; null for what needs a target, or folds that cannot be made."""
    import numpy as np

    from assay.data.near_copies import rows_torn

    groups = np.unique(found.groups[found.near])
    torn = None if data.task is None else int((rows_torn(data, found) & found.near).sum())
    locked, folded = _sides(data, found, folds, seed)
    return {
        "rows": len(data),
        "copies": found.copies,
        "near": int(found.near.sum()),
        "groups": len(groups),
        "distinct": found.distinct,
        "by_chance": found.by_chance,
        "torn": torn,
        "across_lock": locked,
        "across_folds": folded,
        "complete": found.complete,
        "looked_at": found.looked_at,
    }


def _sides(data: "Dataset", found: "NearCopies", folds: int, seed: int) -> tuple[int | None, int | None]:
    """(locked rows with a near row that is not locked, rows whose group is on several folds)."""
    import numpy as np

    from assay.data.near_copies import rows_across
    from assay.splits.making import make_plan

    if data.task is None:
        return None, None
    try:
        plan = make_plan(data, folds=folds, seed=seed)
    except (ConfigError, LeakageError) as error:
        tell(f"note: {error}")
        return None, None
    is_locked = np.zeros(len(data), dtype=np.int64)
    is_locked[plan.locked] = 1
    side = np.full(len(data), -1)
    for fold in plan.folds:
        side[fold.test] = fold.fold
    near = found.near
    return int((rows_across(found.groups, is_locked) & near & (is_locked == 1)).sum()), int(
        (rows_across(found.groups, side) & near).sum()
    )


def near_frame(data: "Dataset", found: "NearCopies") -> "pl.DataFrame":
    """The rows that have a near row: group after group, the largest groups first, with all columns."""
    import numpy as np
    import polars as pl

    rows: np.ndarray = np.flatnonzero(found.near)
    sizes = np.bincount(found.groups[rows], minlength=len(data))[found.groups[rows]]
    rows = rows[np.lexsort((rows, found.groups[rows], -sizes))]
    return beside(pl.DataFrame({"row": rows, "group": found.groups[rows]}), data.frame[rows])


def words(found: "NearCopies", told: dict[str, Any]) -> list[str]:
    lines = [
        f"{told['near']} of {told['rows']} rows are almost equal to another, in {told['groups']} groups; {told['copies']} rows "
        "equal an earlier one throughout."
    ]
    if found.by_chance is not None and told["near"]:
        lines.append(
            f"That is {found.distinct} distinct rows; with every column shuffled by itself it is {found.by_chance}. Columns that "
            "go together make rows alike too, so look at some before you act."
        )
    if told["torn"] is not None:
        lines.append(f"{told['torn']} of them stand in groups that disagree in the target.")
    if told["across_lock"] is not None:
        lines.append(
            f"{told['across_lock']} locked rows have one among the others, and {told['across_folds']} rows one in another fold, "
            "as assay run would deal them."
        )
    if not found.complete:
        lines.append("Some blocks of like rows were too large to be compared throughout: there may be more.")
    for a, b in found.pairs[:SHOWN].tolist():
        lines.append(f"  rows {a} and {b}")
    if len(found.pairs) > SHOWN:
        lines.append(f"  … and {len(found.pairs) - SHOWN} more pairs (-o FILE.csv has the rows)")
    return [*lines, "Rows are counted from 0."]

"""Paths of pictures in the cells of a table: a run reads what they name, so that they may name only what the table's folder may.

Without this, whoever may upload a table could have any picture of this machine read.
"""

from collections.abc import Callable
from pathlib import Path

import polars as pl

from assay.data.sources.folders import PICTURE_SUFFIXES
from assay.data.values import blank_to_null
from assay.serve.studio.preview_part import Part
from assay.serve.studio.starting_form import Asked

_SUFFIX = rf"(?i)\.(?:{'|'.join(suffix[1:] for suffix in PICTURE_SUFFIXES)})$"
_LEADS_OUT = r"^(?:[/\\~]|[A-Za-z]:)|(?:^|[/\\])\.\.(?:[/\\]|$)|\x00"


def leading_out(part: Part, asked: Asked, may_read: Callable[[Path], bool]) -> dict[str, str]:
    """Columns of paths of pictures that lead out, and why, found before any of the files is looked for.

    may_read: whether a file that lies inside the table's own folder may be read, with links followed.
    """
    found: dict[str, str] = {}
    if isinstance(part.source, Path) and part.source.is_dir():
        return found
    for name in part.table.frame.columns:
        series = part.table.frame[name]
        if series.dtype == pl.String and (asked.kind(name) == "image" or _are_paths(series)):
            why = _why_not(series, may_read, root=part.table.root, is_whole=part.is_whole)
            found |= {name: why} if why else {}
    return found


def _are_paths(series: pl.Series) -> bool:
    """Whether the reader would look for the files: every cell ends as the name of a picture."""
    present = blank_to_null(series).drop_nulls()
    return not present.is_empty() and bool(present.head(1).str.contains(_SUFFIX).all() and present.str.contains(_SUFFIX).all())


def _why_not(series: pl.Series, may_read: Callable[[Path], bool], *, root: Path | None, is_whole: bool) -> str:
    name = series.name
    if not is_whole:
        return f"column {name!r} holds paths of pictures, and the table is too large to follow them here; use assay run."
    cells = blank_to_null(series)
    out = cells.str.contains(_LEADS_OUT).fill_null(value=False)
    row = int(out.arg_true()[0]) if out.any() else None
    if row is None and root is not None:
        row = next((n for n, cell in enumerate(cells) if cell is not None and not may_read(root / cell)), None)
    if row is None:
        return ""
    what = f"row {row + 1}, column {name!r}: {cells[row][:80]!r}"
    return f"{what} leads out of the folder of the table; from here a run reads pictures below it only. Leave the column out."

"""Pictures that cannot be read, found before hours of work and not in the middle; and pictures that are almost the same."""

import numpy as np

from assay.data.alike import look_alike
from assay.data.checks.finding import Finding
from assay.data.dataset import Dataset
from assay.data.images import unreadable

SKIP = "--unreadable skip leaves out what does not open"
_ROWS = 20  # that the evidence names


def broken_pictures(data: Dataset) -> list[Finding]:
    """An error for each column in which a picture is missing, does not open or is too large; every picture is looked at."""
    found = []
    for column in data.schema.features:
        if column.kind != "image":
            continue
        broken = unreadable(data.frame[column.name])
        if broken:
            rows = sorted(broken)
            more = f" ({len(rows) - 1} more like it)" if len(rows) > 1 else ""
            others = len(data.schema.features) - 1
            found.append(
                Finding(
                    "broken-pictures",
                    "error",
                    (column.name,),
                    broken[rows[0]] + more,
                    {
                        "count": len(rows),
                        "rows": [row + 1 for row in rows[:_ROWS]],
                        "first": broken[rows[0]],
                        "other_features": others,
                    },
                    SKIP + (f"; or leave pictures out with --drop {column.name}" if others else ""),
                )
            )
    return found


def like_pictures(data: Dataset) -> list[Finding]:
    """A note for each column in which pictures are almost the same as others and not the same (``picture_hashes``).

    The pictures must be such that they open.
    """
    found = []
    for column in data.schema.features:
        if column.kind != "image":
            continue
        like = look_alike(data.frame[column.name])
        rows = np.flatnonzero(like.near)
        if len(rows):
            first = int(rows[0])
            other = int(rows[1:][like.codes[rows[1:]] == like.codes[first]][0])
            found.append(
                Finding(
                    "like-pictures",
                    "note",
                    (column.name,),
                    f"{len(rows)} pictures ({len(rows) / len(data):.1%}) of column {column.name!r} are almost the same as "
                    f"another one (first: rows {first + 1} and {other + 1}).",
                    {
                        "count": len(rows),
                        "share": len(rows) / len(data),
                        "groups": len(np.unique(like.codes[rows])),
                        "first_row": first + 1,
                        "like_row": other + 1,
                        "all_compared": like.complete,
                    },
                    "--copies group keeps pictures that are almost the same on one side of every split",
                )
            )
    return found

"""Pictures that cannot be read: found before hours of work, not in the middle of them."""

from assay.data.checks.finding import Finding
from assay.data.dataset import Dataset
from assay.data.images import unreadable


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
            found.append(
                Finding(
                    "broken-pictures",
                    "error",
                    (column.name,),
                    broken[rows[0]] + more,
                    {
                        "count": len(rows),
                        "rows": [row + 1 for row in rows[:20]],
                        "first": broken[rows[0]],
                        "other_features": len(data.schema.features) - 1,
                    },
                    f"or leave pictures out with --drop {column.name}" if len(data.schema.features) > 1 else "",
                )
            )
    return found

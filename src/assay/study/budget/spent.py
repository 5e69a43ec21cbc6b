"""Where the time of a budget went, by candidate."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from assay.study.budget.decisions import read_decisions, stops
from assay.study.cells import Cell
from assay.study.folder import Record


def spent(folder: Path, records: Mapping[Cell, Record]) -> dict[str, Any] | None:
    """None for a run without a budget, else JSON values.

    seconds: the budget.  at: when the last decision was made.  rows: of each candidate tried its name, when it was begun, the
    seconds of its fits (summed over workers, those that failed too), folds done, and why it was stopped or None.
    """
    decisions = read_decisions(folder)
    begun = [one for one in decisions if one.what == "begin"]
    if not begun:
        return None
    stopped = stops(decisions)
    rows = []
    for one in decisions:
        if one.what != "try":
            continue
        own = [record for cell, record in records.items() if cell.candidate.name == one.candidate]
        rows.append(
            {
                "name": one.candidate,
                "began": one.at,
                "seconds": round(sum(record.seconds for record in own), 3),
                "folds": sum(record.failure is None for record in own),
                "stopped": stopped.get(one.candidate),
            }
        )
    ends = [one.reason for one in decisions if one.what == "end"]
    return {"seconds": float(begun[-1].reason), "at": decisions[-1].at, "end": ends[-1] if ends else None, "rows": rows}

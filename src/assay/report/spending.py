"""Where the time of a budget went, as the template shows it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from assay.report.numbers import number
from assay.study.budget.duration import said


@dataclass(frozen=True, slots=True)
class SpentRow:
    name: str
    began: str
    seconds: str
    folds: str
    stopped: str


@dataclass(frozen=True, slots=True)
class Spent:
    lead: str
    rows: tuple[SpentRow, ...]


def spending(summary: Mapping[str, Any]) -> Spent | None:
    """None where the run had no budget."""
    found = summary.get("budget")
    if found is None:
        return None
    rows = tuple(
        SpentRow(
            row["name"],
            said(row["began"]),
            number(row["seconds"], 1),
            str(row["folds"]),
            row["stopped"] or "",
        )
        for row in found["rows"]
    )
    end = f" They ended after {said(found['at'])}: {found['end']}." if found["end"] else " The run was stopped before its end."
    lead = f"A budget of {said(found['seconds'])}, from which time for refit and report was kept back; the rest went into fits"
    return Spent(f"{lead}.{end}", rows)

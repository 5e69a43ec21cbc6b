"""Where the time of a budget went, as the template shows it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from assay.report.language import ENGLISH, Words
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


def spending(summary: Mapping[str, Any], w: Words = ENGLISH) -> Spent | None:
    """None where the run had no budget."""
    found = summary.get("budget")
    if found is None:
        return None
    rows = tuple(
        SpentRow(
            row["name"],
            w.units(said(row["began"])),
            w.fixed(row["seconds"], 1),
            str(row["folds"]),
            w.reason(row["stopped"]),
        )
        for row in found["rows"]
    )
    end = w("lock-spent-stopped")
    if found["end"]:
        end = w("lock-spent-end", w.units(said(found["at"])), w.reason(found["end"]))
    return Spent(f"{w('lock-spent-lead', w.units(said(found['seconds'])))} {end}", rows)

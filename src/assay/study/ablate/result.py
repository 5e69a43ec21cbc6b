"""What an ablation found: data only, as it is kept beside the run and shown by the command and the report."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

from assay.core.errors import StudyError
from assay.core.files import canonical_json
from assay.core.shown import Shown
from assay.measure.interval import Interval
from assay.study.ablate.asked import KINDS, Kind, Shape
from assay.study.ablate.outlook import Outlook

FOLDER = "ablation"
"""In the run folder."""

WORTH, BETTER_WITHOUT, EQUAL = "worth it", "better without", "changes nothing"
"""Calls beside "no difference shown", "the same within the margin" and "too little data"; equal: not one row moves the metric."""


@dataclass(frozen=True)
class Found:
    """One line.  value: of the variant; None where it failed, and ``failure`` says why.

    worth: in the metric's units, above 0 where there is more of what the line is about and the metric is better for it: the
    whole less the variant, or of a ladder this line less the one before (None for the first).
    p_raw, p: before and after correction (Holm) in the table.  rows: training rows, the mean of the folds.
    """

    name: str
    columns: tuple[str, ...]
    rows: float | None
    value: Interval | None
    worth: Interval | None
    p_raw: float | None
    p: float | None
    call: str
    failure: str = ""


@dataclass(frozen=True)
class FoundTable:
    key: str
    title: str
    shape: Shape
    lines: tuple[Found, ...]


@dataclass(frozen=True)
class Ablation(Shown):
    """whole: the metric of the candidate as it is.  outlook: what twice the rows would gain, of a learning curve."""

    candidate: str
    kind: Kind
    metric: str
    greater_is_better: bool
    level: float
    margin: float | None
    whole: Interval
    tables: tuple[FoundTable, ...]
    notes: tuple[str, ...]
    fits: int
    outlook: Outlook | None = None

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> Self:
        tables = tuple(
            FoundTable(table["key"], table["title"], table["shape"], tuple(_line(line) for line in table["lines"]))
            for table in value["tables"]
        )
        outlook = None if value["outlook"] is None else Outlook.from_json(value["outlook"])
        own = {**value, "whole": Interval(**value["whole"]), "tables": tables, "notes": tuple(value["notes"]), "outlook": outlook}
        return cls(**own)

    @property
    def file(self) -> str:
        return f"{self.candidate}.{self.kind}.json"

    def to_bytes(self) -> bytes:
        return (canonical_json({"schema": 1, **self.to_json()}) + "\n").encode()


def read_ablations(run: Path) -> list[Ablation]:
    """Those kept in a run folder, by candidate, in the order of ``KINDS``.  Raises StudyError for a file that is none of ours."""
    found = []
    for file in sorted((run / FOLDER).glob("*.json")):
        try:
            content = json.loads(file.read_text(encoding="utf-8"))
            content.pop("schema")
            found.append(Ablation.from_json(content))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise StudyError(f"{file} cannot be read; remove it, and run assay ablate {run} again.") from error
    return sorted(found, key=lambda one: (one.candidate, KINDS.index(one.kind)))


def _line(value: dict[str, Any]) -> Found:
    def interval(entry: dict[str, Any] | None) -> Interval | None:
        return None if entry is None else Interval(**entry)

    own = {**value, "columns": tuple(value["columns"]), "value": interval(value["value"]), "worth": interval(value["worth"])}
    return Found(**own)

"""How far a run has come, told from its journal: nothing is computed, and a run that is going on is not disturbed."""

import tomllib
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from assay.core.errors import StudyError
from assay.study.blend import is_derived
from assay.study.budget.decisions import read_decisions, stops
from assay.study.cells import Candidate, Cell
from assay.study.folder import Record, RunFolder


@dataclass(frozen=True, slots=True)
class Failed:
    """reason: why so many ``folds`` of a candidate failed.  detail: a traceback, or ""."""

    name: str
    reason: str
    folds: int
    detail: str


@dataclass(frozen=True, slots=True)
class Row:
    """A candidate.  folds: of each candidate, None where the folder does not say.  stopped: why a budget gave it up, or ""."""

    name: str
    done: int
    failed: int
    folds: int | None
    seconds: float
    stopped: str
    is_derived: bool


@dataclass(frozen=True, slots=True)
class Progress:
    """total: fits there will be, None where that is not known (a time budget, a fold for each group).

    fault: why the journal cannot be read, or "".  notes: rules that applied while candidates were fitted.
    """

    rows: tuple[Row, ...]
    done: int
    failed: int
    total: int | None
    seconds: float
    budget_seconds: float | None
    failures: tuple[Failed, ...]
    notes: tuple[str, ...]
    fault: str = ""


def read_study(folder: Path) -> dict[str, Any]:
    """All of study.toml.  Raises StudyError when it cannot be read."""
    try:
        return tomllib.loads((folder / "study.toml").read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise StudyError(f"study.toml of {folder.name} cannot be read ({error}).") from error


def read_progress(folder: Path, study: Mapping[str, Any]) -> Progress:
    """Of the run as its folder stands.  study: as ``read_study`` gives it."""
    candidates = [Candidate.parse(str(name)) for name in study.get("candidates", ())]
    fault, records = "", dict[Cell, Record]()
    decisions = []
    try:
        records, _ = RunFolder(folder).records(cut=False)
        decisions = read_decisions(folder)
    except (StudyError, OSError) as error:
        fault = str(error)
    except (KeyError, TypeError, IndexError, AttributeError) as error:  # records with a right checksum, of another version
        fault = f"the journal holds records that this version does not know ({type(error).__name__}: {error})."
    budgets = [float(one.reason) for one in decisions if one.what == "begin"]
    stopped = stops(decisions)
    folds = None if budgets else _folds(study.get("settings", {}), records)
    rows = tuple(_row(candidate, records, folds, stopped) for candidate in candidates)
    fitted = [row for row in rows if not row.is_derived]
    return Progress(
        rows=rows,
        done=sum(row.done for row in rows),
        failed=sum(row.failed for row in rows),
        total=None if folds is None else folds * len(fitted),
        seconds=sum(record.seconds for record in records.values()),
        budget_seconds=budgets[-1] if budgets else None,
        failures=tuple(_failures(records)),
        notes=tuple(
            dict.fromkeys(f"{record.cell.candidate.name}: {note}" for record in records.values() for note in record.notes)
        ),
        fault=fault,
    )


def _folds(settings: Mapping[str, Any], records: Mapping[Cell, Record]) -> int | None:
    """Fits of one candidate.  With a fold for each group it is known once a candidate is done; until then None."""
    folds, repeats = settings.get("folds"), settings.get("repeats")
    if settings.get("scheme", "k-fold") == "leave-one-group-out":
        seen = Counter(cell.candidate for cell in records)
        return max(seen.values()) if len(seen) > 1 else None
    return folds * repeats if isinstance(folds, int) and isinstance(repeats, int) else None


def _row(candidate: Candidate, records: Mapping[Cell, Record], folds: int | None, stopped: Mapping[str, str]) -> Row:
    own = [record for cell, record in records.items() if cell.candidate == candidate]
    failed = sum(record.failure is not None for record in own)
    seconds = sum(record.seconds for record in own)
    derived = is_derived(candidate)
    return Row(
        candidate.name, len(own) - failed, failed, None if derived else folds, seconds, stopped.get(candidate.name, ""), derived
    )


def _failures(records: Mapping[Cell, Record]) -> list[Failed]:
    """Each candidate's reasons, the most frequent first."""
    counts: Counter[tuple[str, str]] = Counter()
    details: dict[tuple[str, str], str] = {}
    for cell, record in records.items():
        if record.failure is not None:
            key = (cell.candidate.name, record.failure.reason)
            counts[key] += 1
            details.setdefault(key, record.failure.detail)
    return [Failed(name, reason, folds, details[name, reason]) for (name, reason), folds in counts.most_common()]

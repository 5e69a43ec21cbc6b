"""What was decided under a budget, on record as it is decided: a run that goes on replays it and does not think again.

The clock decides what is tried, so two runs of one budget may differ; but one run, killed and gone on with, is one run.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from assay.core.errors import StudyError
from assay.study.folder import disk_errors
from assay.study.journal import append_record, read_journal

NAME = "decisions"
STOPS = ("drop", "pause")
What = Literal["begin", "try", "drop", "pause", "end"]


@dataclass(frozen=True, slots=True)
class Decision:
    """at: seconds of work since the run began, over all its starts.  candidate: its name, "" of the run itself.

    reason: of "begin" the seconds of the budget.  "drop" is for good; "pause" is for lack of time, and ends with the budget.
    """

    what: What
    candidate: str
    reason: str
    at: float


class DecisionLog:
    """The decisions of one run folder, and its clock.

    seconds: of the budget.  say: told of every candidate that is dropped, in a line.
    """

    def __init__(self, folder: Path, seconds: float, say: Callable[[str], None]) -> None:
        self.say = say
        self.file = folder / NAME
        self.seconds = seconds
        self.made = read_decisions(folder, cut=True)
        self._spent = self.made[-1].at if self.made else 0.0
        self._began = time.monotonic()
        budgets = [one.reason for one in self.made if one.what == "begin"]
        if not budgets or float(budgets[-1]) != seconds:
            self.add("begin", "", repr(seconds))

    @property
    def now(self) -> float:
        return self._spent + time.monotonic() - self._began

    @property
    def ended(self) -> bool:
        """Whether this budget had come to its end before: nothing new is tried then, unless there is another budget."""
        return bool(self.made) and self.made[-1].what == "end"

    def add(self, what: What, candidate: str, reason: str) -> None:
        decision = Decision(what, candidate, reason, round(self.now, 3))
        with disk_errors(self.file.parent):
            append_record(self.file, asdict(decision))
        self.made.append(decision)
        if what in STOPS:
            self.say(f"{candidate} is stopped: {reason}.")

    def tried(self) -> list[str]:
        """Names of the candidates that were begun, in order."""
        return [one.candidate for one in self.made if one.what == "try"]

    def out(self) -> dict[str, str]:
        """Why candidates are not gone on with under the present budget, by name."""
        return stops(self.made)


def stops(decisions: Sequence[Decision]) -> dict[str, str]:
    """Why candidates were not gone on with: those dropped at any time, and those paused under the last budget."""
    found: dict[str, str] = {}
    paused: dict[str, str] = {}
    for one in decisions:
        if one.what == "begin":
            paused = {}
        elif one.what == "pause":
            paused[one.candidate] = one.reason
        elif one.what == "drop":
            found[one.candidate] = one.reason
    return {**paused, **found}


def read_decisions(folder: Path, *, cut: bool = False) -> list[Decision]:
    """Those on record, none for a run without a budget.  Raises StudyError for a record that is none of ours."""
    try:
        with disk_errors(folder):
            return [_of(record) for record in read_journal(folder / NAME, cut=cut).records]
    except (KeyError, TypeError, ValueError) as error:
        raise StudyError(f"{folder / NAME} holds a record that Assay did not write ({error}); use another --out.") from error


def _of(record: dict[str, Any]) -> Decision:
    return Decision(record["what"], str(record["candidate"]), str(record["reason"]), float(record["at"]))

"""What was decided under a budget, on record as it is decided: a run that goes on replays it and does not think again.

The clock decides what is tried, so two runs of one budget may differ; but one run, killed and gone on with, is one run.
"""

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from assay.core.errors import StudyError
from assay.study.journal import append_record, read_journal

NAME = "decisions"
What = Literal["try", "drop", "end"]


@dataclass(frozen=True, slots=True)
class Decision:
    """at: seconds of work since the run began, over all its starts.  candidate: its name, "" of the run itself."""

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

    @property
    def now(self) -> float:
        return self._spent + time.monotonic() - self._began

    @property
    def ended(self) -> bool:
        """Whether the run had come to its end before: nothing new is tried then."""
        return bool(self.made) and self.made[-1].what == "end"

    def add(self, what: What, candidate: str, reason: str) -> None:
        decision = Decision(what, candidate, reason, round(self.now, 3))
        append_record(self.file, asdict(decision))
        self.made.append(decision)
        if what == "drop":
            self.say(f"{candidate} is stopped: {reason}.")

    def tried(self) -> list[str]:
        """Names of the candidates that were begun, in order."""
        return [one.candidate for one in self.made if one.what == "try"]

    def dropped(self) -> dict[str, str]:
        """Why, by candidate."""
        return {one.candidate: one.reason for one in self.made if one.what == "drop"}


def read_decisions(folder: Path, *, cut: bool = False) -> list[Decision]:
    """Those on record, none for a run without a budget.  Raises StudyError for a record that is none of ours."""
    try:
        return [_of(record) for record in read_journal(folder / NAME, cut=cut).records]
    except (KeyError, TypeError) as error:
        raise StudyError(f"{folder / NAME} holds a record that Assay did not write ({error}); use another --out.") from error


def _of(record: dict[str, Any]) -> Decision:
    return Decision(record["what"], str(record["candidate"]), str(record["reason"]), float(record["at"]))

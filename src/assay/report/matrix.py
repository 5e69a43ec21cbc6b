"""Who is better than whom: every verdict of the study as a cell of a square, lines and columns in the order of the leaderboard.

A cell is the line minus the column, so that each verdict stands twice, once with either sign. A pair that the study did not
compare stays empty and says so; candidates that were compared with none are left out of the square and named below it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from assay.measure.compare import A_BETTER, B_BETTER, SAME, TOO_LITTLE
from assay.report.language import ENGLISH, Words
from assay.report.leaderboard import ranked
from assay.report.metric import MetricInfo
from assay.report.numbers import decimals_for
from assay.report.words import call_in, pair_verdict

MOST_LEISURELY = 16
"""Above this the numbers stand without the zero before their point."""

MOST_NAMED = 7
"""Above this the columns are headed by numbers, so that the square still fits."""

Tone = Literal["good", "bad", "open", "self", ""]
_MARKS = {SAME: "=", TOO_LITTLE: "?"}


@dataclass(frozen=True, slots=True)
class MatrixCell:
    """text: the difference with its sign, "" where nothing was compared.  mark: the call as a sign.  said: all of it in words."""

    text: str
    mark: str
    tone: Tone
    said: str

    @property
    def short(self) -> str:
        """The text without the zero before its point."""
        return self.text[:1] + self.text[2:] if self.text[1:2] == "0" and self.text[2:3] in (".", ",") else self.text


@dataclass(frozen=True, slots=True)
class Matrix:
    names: tuple[str, ...]
    lines: tuple[tuple[MatrixCell, ...], ...]
    left_out: tuple[str, ...]

    @property
    def is_wide(self) -> bool:
        return len(self.names) > MOST_NAMED

    @property
    def is_tight(self) -> bool:
        return len(self.names) > MOST_LEISURELY


def verdict_matrix(summary: Mapping[str, Any], metric: MetricInfo, w: Words = ENGLISH) -> Matrix | None:
    """None where no verdict is about the study's metric."""
    verdicts = [verdict for verdict in summary["verdicts"] if verdict["metric"] == metric.name]
    compared = {verdict[side] for verdict in verdicts for side in ("a", "b")}
    every = [row["name"] for row in ranked(summary["rows"], metric)]
    names = tuple(name for name in every if name in compared)
    if not names:
        return None
    places = max(3, decimals_for([verdict["difference"] for verdict in verdicts]))
    pairs = _by_pair(verdicts)
    lines = tuple(
        tuple(_cell(line, column, pairs.get(frozenset((line, column)), ()), places, w) for column in names) for line in names
    )
    return Matrix(names, lines, tuple(name for name in every if name not in compared))


def _by_pair(verdicts: Sequence[Mapping[str, Any]]) -> dict[frozenset[str], list[Mapping[str, Any]]]:
    found: dict[frozenset[str], list[Mapping[str, Any]]] = {}
    for verdict in verdicts:
        found.setdefault(frozenset((verdict["a"], verdict["b"])), []).append(verdict)
    return found


def _cell(line: str, column: str, verdicts: Sequence[Mapping[str, Any]], places: int, w: Words) -> MatrixCell:
    if line == column:
        return MatrixCell("", "", "self", w("board-matrix-self"))
    verdict = pair_verdict(verdicts, line, column, prefer="leader")
    if verdict is None:
        return MatrixCell("", "", "", w("board-matrix-not"))
    mark, tone, said = _said(verdict, line, w)
    difference, low, high = verdict["difference"], verdict["low"], verdict["high"]
    if verdict["a"] != line:
        difference, low, high = (None if value is None else -value for value in (difference, high, low))
    ends = w.range(low, high, places, sign=True)
    text = "" if difference is None else w.fixed(difference, places, sign=True)
    p = "" if verdict["p"] is None else w("board-matrix-p", w.probability(verdict["p"]))
    told = f"{text} {ends}: {said}{p}" if text else f"{said}{p}"
    return MatrixCell(text, mark, tone, told)


def _said(verdict: Mapping[str, Any], line: str, w: Words) -> tuple[str, Tone, str]:
    """The call from the side of the line: its mark, its tone, its words."""
    call = verdict["call"]
    if call not in (A_BETTER, B_BETTER):
        return _MARKS.get(call, "○"), "open", call_in(w, call)
    if (verdict["a"] if call == A_BETTER else verdict["b"]) == line:
        return "▲", "good", w("board-matrix-better")
    return "▼", "bad", w("board-matrix-worse")

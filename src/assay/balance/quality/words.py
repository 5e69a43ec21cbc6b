"""What of a quality report deserves a warning, in plain words.

Bounds, and why they stand there.  All but the counts of copies also ask that chance does not explain the finding.

TOLD_APART 0.75     in three of four pairs a classifier knows which row is new: a model may learn the treatment's hand
AMONG_OTHERS 0.10   of ten new rows one more than of the class itself lies in another class's midst
COPIES 0.01         a treatment said to make new rows gives one in a hundred back as it found it
TOO_CLOSE 0.25      five times what real rows do among themselves (5 % by construction)
COLUMN 0.20         a fifth of the rows would have to move for the column to look as before
PAIR 0.25           half of the way from no relation to a clear one (0.5)
MISSING 0.10        of ten rows one more, or one fewer, lacks the value
FRACTIONS 0.10      as above, of values that no real row has
FEW 30              below, no classifier is asked either
"""

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from assay.core.shown import Shown

if TYPE_CHECKING:
    from assay.balance.quality.report import Quality

TOLD_APART, AMONG_OTHERS, COPIES, TOO_CLOSE = 0.75, 0.10, 0.01, 0.25
COLUMN, PAIR, MISSING, FRACTIONS, FEW = 0.20, 0.25, 0.10, 0.10, 30


@dataclass(frozen=True, slots=True)
class QualityWarning(Shown):
    """kind: one of "told-apart", "among-others", "copies", "close", "column", "pair", "missing", "fractions", "few"."""

    kind: str
    sentence: str

    def to_json(self) -> dict[str, str]:
        return asdict(self)


def statement(quality: "Quality") -> str:
    """What the classifier found, in one sentence."""
    auc = quality.told_apart
    if auc.value is None or auc.low is None or auc.high is None:
        return f"Whether new rows can be told from real ones was not measured: {auc.undefined}."
    ends = f"AUC {auc.value:.2f} [{auc.low:.2f}, {auc.high:.2f}]"
    if auc.low > 0.5:
        return f"A classifier tells new rows from real ones ({ends}): in {auc.value:.0%} of pairs it knows which one is new."
    if auc.high < 0.5:
        return (
            f"A classifier does worse than chance ({ends}): new rows look more like the real rows that they were made from than "
            "other real rows do."
        )
    return f"A classifier cannot be shown to tell new rows from real ones ({ends}; 0.5 is chance)."


def warnings_of(quality: "Quality") -> tuple[QualityWarning, ...]:
    """The warnings, the gravest first: where rows stand, what they are, how they look."""
    found = [
        _among_others(quality),
        _copies(quality),
        _told_apart(quality),
        _close(quality),
        _column(quality),
        _missing(quality),
        _fractions(quality),
        _pair(quality),
        _few(quality),
    ]
    return tuple(warning for warning in found if warning is not None)


def _among_others(quality: "Quality") -> QualityWarning | None:
    new, real = quality.among_others, quality.among_others_real
    if new.value is None or real.value is None or new.low is None:
        return None
    if new.value - real.value < AMONG_OTHERS or new.low <= real.value:
        return None
    return QualityWarning(
        "among-others",
        f"{new.value:.0%} of the new rows lie among rows of another class (real rows of this class: {real.value:.0%}): the "
        "treatment pours rows onto overlap or onto wrong labels.",
    )


def _copies(quality: "Quality") -> QualityWarning | None:
    if quality.copies_share < COPIES:
        return None
    return QualityWarning(
        "copies",
        f"{quality.copies} of {quality.new} new rows ({quality.copies_share:.0%}) equal a training row in every column: they say "
        "nothing new, and a model may learn them by heart.",
    )


def _told_apart(quality: "Quality") -> QualityWarning | None:
    auc = quality.told_apart
    if auc.low is None or auc.low < TOLD_APART:
        return None
    return QualityWarning(
        "told-apart",
        f"A classifier tells new rows from real ones in {auc.value:.0%} of pairs: they do not follow the law of their class, and "
        "a model may learn the hand of the treatment.",
    )


def _close(quality: "Quality") -> QualityWarning | None:
    new, real = quality.close, quality.close_real
    if new.value is None or real.value is None or new.low is None or quality.copies_share > 0.5:
        return None  # of copies it has been said
    if new.value < max(TOO_CLOSE, 2 * real.value) or new.low <= real.value:
        return None
    return QualityWarning(
        "close",
        f"{new.value:.0%} of the new rows lie as close to a training row as only {real.value:.0%} of real rows lie to each "
        "other: they give those rows away, so do not hand them out as anonymous.",
    )


def _column(quality: "Quality") -> QualityWarning | None:
    off = [column for column in quality.columns if column.distance >= COLUMN and column.distance > column.chance]
    if not off:
        return None
    worst = max(off, key=lambda column: column.distance)
    others = len(off) - 1
    more = f" and {others} more {'column' if others == 1 else 'columns'} are" if others else " is"
    return QualityWarning(
        "column",
        f"Column {worst.name!r}{more} distributed otherwise in new rows than in real ones (distance {worst.distance:.2f}, "
        f"chance gives up to {worst.chance:.2f}).",
    )


def _missing(quality: "Quality") -> QualityWarning | None:
    off = [c for c in quality.columns if abs(c.missing_new - c.missing_real) >= MISSING]
    if not off:
        return None
    worst = max(off, key=lambda column: abs(column.missing_new - column.missing_real))
    return QualityWarning(
        "missing",
        f"Column {worst.name!r} is missing in {worst.missing_new:.0%} of the new rows and in {worst.missing_real:.0%} of the "
        "real ones: a model may read a gap as a sign of a new row.",
    )


def _fractions(quality: "Quality") -> QualityWarning | None:
    off = [column for column in quality.columns if column.fractions >= FRACTIONS]
    if not off:
        return None
    worst = max(off, key=lambda column: column.fractions)
    more = {1: "", 2: ", and so does 1 more column"}.get(len(off), f", and so do {len(off) - 1} more columns")
    return QualityWarning(
        "fractions",
        f"Column {worst.name!r} holds whole numbers in real rows and a fraction in {worst.fractions:.0%} of the new ones{more}: "
        "that alone gives the new rows away.",
    )


def _pair(quality: "Quality") -> QualityWarning | None:
    if not quality.pairs or quality.pairs[0].difference < max(PAIR, quality.pair_chance):
        return None
    worst = quality.pairs[0]
    return QualityWarning(
        "pair",
        f"{worst.first!r} and {worst.second!r} go together otherwise in new rows: {worst.measure} {worst.new:.2f}, in real rows "
        f"{worst.real:.2f}.",
    )


def _few(quality: "Quality") -> QualityWarning | None:
    if quality.real >= FEW:
        return None
    return QualityWarning(
        "few",
        f"The class has {quality.real} real rows: everything said of its new rows rests on these.",
    )

"""What the quality of new rows says and warns of, in the language of the page, from the same numbers as the English."""

from collections.abc import Callable

from assay.balance.quality.distances import ColumnDistance
from assay.balance.quality.report import Quality
from assay.balance.quality.words import COLUMN, FRACTIONS
from assay.report.language import Words


def statement_in(quality: Quality, w: Words) -> str:
    """What the classifier found, in one sentence."""
    auc = quality.told_apart
    if auc.value is None or auc.low is None or auc.high is None:
        return w("quality-unmeasured", w.reason(auc.undefined))
    ends = w("quality-ends", _two(auc.value, w), w.ends(_two(auc.low, w), _two(auc.high, w)))
    if auc.low > 0.5:
        return w("quality-tells", ends, f"{auc.value:.0%}")
    return w("quality-worse" if auc.high < 0.5 else "quality-cannot", ends)


def warnings_in(quality: Quality, w: Words) -> list[str]:
    """The warnings that were given, in their order; one of a kind that is not known here stays as it is."""
    return [_SAID[one.kind](quality, w) if one.kind in _SAID else one.sentence for one in quality.warnings]


def _two(value: float, w: Words) -> str:
    return w.decimal(f"{value:.2f}")


def _among_others(quality: Quality, w: Words) -> str:
    return w("quality-among-others", f"{quality.among_others.value:.0%}", f"{quality.among_others_real.value:.0%}")


def _copies(quality: Quality, w: Words) -> str:
    text = w("quality-copies", quality.copies, quality.new, f"{quality.copies_share:.0%}")
    return text[:1].upper() + text[1:]


def _told_apart(quality: Quality, w: Words) -> str:
    return w("quality-told-apart", f"{quality.told_apart.value:.0%}")


def _close(quality: Quality, w: Words) -> str:
    return w("quality-close", f"{quality.close.value:.0%}", f"{quality.close_real.value:.0%}")


def _column(quality: Quality, w: Words) -> str:
    off = [column for column in quality.columns if column.distance >= COLUMN and column.distance > column.chance]
    worst = max(off, key=lambda column: column.distance)
    values = _name(worst.name, w), _two(worst.distance, w), _two(worst.chance, w)
    return w(_more("quality-column", len(off)), *values, len(off) - 1)


def _missing(quality: Quality, w: Words) -> str:
    def apart(column: ColumnDistance) -> float:
        return abs(column.missing_new - column.missing_real)

    worst = max(quality.columns, key=apart)
    return w("quality-missing", _name(worst.name, w), f"{worst.missing_new:.0%}", f"{worst.missing_real:.0%}")


def _fractions(quality: Quality, w: Words) -> str:
    off = [column for column in quality.columns if column.fractions >= FRACTIONS]
    worst = max(off, key=lambda column: column.fractions)
    return w(_more("quality-fractions", len(off)), _name(worst.name, w), f"{worst.fractions:.0%}", len(off) - 1)


def _pair(quality: Quality, w: Words) -> str:
    worst = quality.pairs[0]
    measure = w(f"quality-measure-{worst.measure}")
    return w("quality-pair", _name(worst.first, w), _name(worst.second, w), measure, _two(worst.new, w), _two(worst.real, w))


def _few(quality: Quality, w: Words) -> str:
    return w("quality-few", quality.real)


def _more(key: str, columns: int) -> str:
    return key if columns == 1 else f"{key}-one" if columns == 2 else f"{key}-more"


def _name(name: str, w: Words) -> str:
    return f"«{name}»" if w.language == "ru" else repr(name)


_SAID: dict[str, Callable[[Quality, Words], str]] = {
    "among-others": _among_others,
    "copies": _copies,
    "told-apart": _told_apart,
    "close": _close,
    "column": _column,
    "missing": _missing,
    "fractions": _fractions,
    "pair": _pair,
    "few": _few,
}
KINDS = tuple(_SAID)

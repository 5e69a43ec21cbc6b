"""What an ablation found, in sentences: the answer to each question, not more than the intervals say."""

from assay.core.speech import Language, Speech, recognised
from assay.measure.compare.calls import NO_DIFFERENCE, SAME, TOO_LITTLE
from assay.measure.interval import Interval
from assay.study.ablate.asked import KINDS, Kind
from assay.study.ablate.outlook import Outlook
from assay.study.ablate.phrases import PHRASES
from assay.study.ablate.result import BETTER_WITHOUT, EQUAL, WORTH, Ablation, Found, FoundTable

TITLES: dict[Kind, str] = {kind: PHRASES[kind][0] for kind in KINDS}

_LINES = tuple(pair for key, pair in PHRASES.items() if key.startswith(("line-", "size-")))
_NOTES = tuple(pair for key, pair in PHRASES.items() if key.startswith("note-"))


def speech(language: Language) -> Speech:
    return Speech(PHRASES, language)


def verdict_words(kind: Kind, table: FoundTable, line: Found, language: Language = "en") -> str:
    """A line's call as an answer to its question; the amount stands beside it."""
    say = speech(language)
    if line.failure:
        return line.failure
    if line.worth is None:
        return say("first")
    if line.call in (NO_DIFFERENCE, TOO_LITTLE, EQUAL):
        return say(f"call-{line.call}")
    less = "less" if kind == "columns" else "taken"
    return say(f"{less if table.shape == 'less' else table.shape}-{line.call}")


def title_of(table: FoundTable, language: Language) -> str:
    if language == "en":
        return table.title
    key = f"table-{table.key}"
    if key in PHRASES:
        return speech(language)(key)
    size = table.title.removesuffix(", doubled").lower()
    return recognised(table.title, _LINES) if f"size-{size}" not in PHRASES else _doubled(size, language)


def _doubled(size: str, language: Language) -> str:
    say = speech(language)
    return say("size-doubled", say(f"size-{size}").capitalize())


def name_of(table: FoundTable, line: Found, language: Language) -> str:
    """What a line is about; names of columns stay as they are."""
    if language == "en" or table.key in ("without", "alone"):
        return line.name
    before, plus, after = line.name.partition("+ ")
    return f"+ {recognised(after, _LINES)}" if plus and not before else recognised(line.name, _LINES)


def notes_of(found: Ablation, language: Language) -> list[str]:
    return [note if language == "en" else recognised(note, _NOTES) for note in found.notes]


def in_order(table: FoundTable) -> list[Found]:
    """Ladders from first to last; what was left out by what it is worth; columns alone the best first; failures last."""
    if table.shape == "ladder":
        return list(table.lines)
    sign = 1.0 if table.shape == "alone" else -1.0
    return sorted(table.lines, key=lambda line: (bool(line.failure), sign * _size(line)))


def sentences(found: Ablation, language: Language = "en") -> list[str]:
    """What came of it, in a few sentences."""
    say = speech(language)
    said = {"steps": _steps, "columns": _columns, "rows": _rows, "sizes": _ladders}[found.kind](found, say)
    if found.margin is None and any(line.call == NO_DIFFERENCE for table in found.tables for line in table.lines):
        said.append(say("ask-margin"))
    return said


def _columns(found: Ablation, say: Speech) -> list[str]:
    table = found.tables[0]
    costs = sorted((line for line in table.lines if line.call == WORTH), key=lambda line: -_size(line))
    same = [line.name for line in table.lines if line.call in (SAME, EQUAL)]
    better = [line.name for line in table.lines if line.call == BETTER_WITHOUT]
    open_ones, of = sum(line.call == NO_DIFFERENCE for line in table.lines), len(table.lines)
    said = [say("not-dropped", _few(_with_worth(table, costs, say), say)) if costs else say("none-needed")]
    if same:
        margin = "" if found.margin is None else say.decimal(f"{found.margin:g}")
        said.append(say("dropped-margin" if margin else "dropped", _few(same, say), margin))
    if better:
        said.append(say("better-without", _few(better, say)))
    if open_ones:
        said.append(say("open-one" if of == 1 else "open-many", open_ones, of))
    if len(same) + len(better) > 1:
        said.append(say("by-turns"))
    return said


def _steps(found: Ablation, say: Speech) -> list[str]:
    said = [_of_ladder(found.tables[0], say("on-before"), say)]
    if len(found.tables) > 1:
        table = found.tables[1]
        needed = _with_worth(table, [line for line in table.lines if line.call == WORTH], say)
        spare = [name_of(table, line, say.language) for line in table.lines if line.call in (SAME, BETTER_WITHOUT)]
        said.append(say("missed", _few(needed, say)) if needed else say("none-missed"))
        if spare:
            said.append(say("spared", _few(spare, say)))
    return said


def _rows(found: Ablation, say: Speech) -> list[str]:
    said = [_of_ladder(found.tables[0], say("on-half"), say)]
    if found.outlook is not None:
        said.append(outlook_words(found.outlook, found.metric, found.margin, say.language))
    return said


def _ladders(found: Ablation, say: Speech) -> list[str]:
    return [_of_ladder(table, say("on-half"), say, named=True) for table in found.tables]


def _of_ladder(table: FoundTable, before: str, say: Speech, *, named: bool = False) -> str:
    """before: what each line is compared with.  named: say what the ladder is about."""
    gains = _with_worth(table, [line for line in table.lines if line.call == WORTH], say)
    losses = _with_worth(table, [line for line in table.lines if line.call == BETTER_WITHOUT], say)
    said = [say("gain", _few(gains, say), before) if gains else say("no-gain", before)]
    if losses:
        said.append(say("loss", _few(losses, say)))
    whole = "; ".join(said) + "."
    if named:
        return say("named", title_of(table, say.language), whole)
    return whole[0].upper() + whole[1:]


def outlook_words(outlook: Outlook, metric: str, margin: float | None, language: Language = "en") -> str:
    """
    >>> outlook_words(Outlook(800, 0.004, 0.001, 0.008, 0.95), "roc_auc", None)
    'Twice the training rows (800 to 1600) would gain 0.0040 [0.0010, 0.0080] of roc_auc, if the curve goes on as a power law.'
    """
    say = speech(language)
    if outlook.gain is None or outlook.low is None or outlook.high is None:
        return say("outlook-unsaid", outlook.reason)
    ends = f"{say.decimal(f'{outlook.gain:.4f}')} {say.ends(f'{outlook.low:.4f}', f'{outlook.high:.4f}')}"
    values = f"{outlook.rows:.0f}", f"{2 * outlook.rows:.0f}", metric, ends
    if margin is not None and -margin < outlook.low and outlook.high < margin:
        return say("outlook-margin", *values, say.decimal(f"{margin:g}"))
    if outlook.low > 0:
        return say("outlook-gain", *values)
    return say("outlook-loss" if outlook.high < 0 else "outlook-open", *values)


def _with_worth(table: FoundTable, lines: list[Found], say: Speech) -> list[str]:
    return [f"{name_of(table, line, say.language)} ({_worth(line.worth, say)})" for line in lines]


def _worth(interval: Interval | None, say: Speech) -> str:
    if interval is None or interval.value is None:
        return say("unknown")
    if say.language == "en" or interval.low is None or interval.high is None:
        return say.decimal(str(interval))
    return f"{say.decimal(f'{interval.value:.4f}')} {say.ends(f'{interval.low:.4f}', f'{interval.high:.4f}')}"


def _size(line: Found) -> float:
    return 0.0 if line.worth is None or line.worth.value is None else line.worth.value


def _few(names: list[str], say: Speech, most: int = 6) -> str:
    shown = ("; " if say.language == "ru" else ", ").join(names[:most])
    return say("and-more", shown, len(names) - most) if len(names) > most else shown

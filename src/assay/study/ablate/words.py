"""What an ablation found, in sentences: the answer to each question, not more than the intervals say."""

from assay.measure.compare.calls import NO_DIFFERENCE, SAME, TOO_LITTLE
from assay.measure.interval import Interval
from assay.study.ablate.asked import Kind
from assay.study.ablate.outlook import Outlook
from assay.study.ablate.result import BETTER_WITHOUT, EQUAL, WORTH, Ablation, Found, FoundTable

TITLES: dict[Kind, str] = {
    "steps": "What each step is worth",
    "columns": "Can a column be dropped?",
    "rows": "Would more rows help?",
    "sizes": "Would a larger model help?",
}

LESS = {WORTH: "no, that costs", BETTER_WITHOUT: "yes, it is better without", SAME: "yes, the same within the margin"}
ALONE = {WORTH: "the others add", BETTER_WITHOUT: "better alone", SAME: "alone the same within the margin"}
LADDER = {WORTH: "gains", BETTER_WITHOUT: "loses", SAME: "the same within the margin"}
TAKEN_BACK = {WORTH: "worth it", BETTER_WITHOUT: "better without it", SAME: "the same within the margin"}


def verdict_words(kind: Kind, table: FoundTable, line: Found) -> str:
    """A line's call as an answer to its question; the amount stands beside it."""
    if line.failure:
        return line.failure
    if line.worth is None:
        return "the first"
    if line.call in (NO_DIFFERENCE, TOO_LITTLE, EQUAL):
        return line.call
    less = LESS if kind == "columns" else TAKEN_BACK
    return {"ladder": LADDER, "alone": ALONE, "less": less}[table.shape][line.call]


def in_order(table: FoundTable) -> list[Found]:
    """Ladders from first to last; what was left out by what it is worth; columns alone the best first; failures last."""
    if table.shape == "ladder":
        return list(table.lines)
    sign = 1.0 if table.shape == "alone" else -1.0
    return sorted(table.lines, key=lambda line: (bool(line.failure), sign * _size(line)))


def sentences(found: Ablation) -> list[str]:
    """What came of it, in a few sentences."""
    said = {"steps": _steps, "columns": _columns, "rows": _rows, "sizes": _ladders}[found.kind](found)
    if found.margin is None and any(line.call == NO_DIFFERENCE for table in found.tables for line in table.lines):
        said.append(
            "That no difference is shown does not say that there is none: a margin (--margin X) asks whether it is the same."
        )
    return said


def _columns(found: Ablation) -> list[str]:
    lines = found.tables[0].lines
    costs = sorted((line for line in lines if line.call == WORTH), key=lambda line: -_size(line))
    same = [line.name for line in lines if line.call in (SAME, EQUAL)]
    better = [line.name for line in lines if line.call == BETTER_WITHOUT]
    open_ones = sum(line.call == NO_DIFFERENCE for line in lines)
    said = []
    if costs:
        said.append(f"Not to be dropped: {_few([f'{line.name} ({_worth(line.worth)})' for line in costs])}.")
    else:
        said.append("No column is shown to be needed by itself.")
    if same:
        margin = "" if found.margin is None else f" within a margin of {found.margin:g}"
        said.append(f"Can be dropped, one at a time,{margin}: {_few(same)}.")
    if better:
        said.append(f"Better without: {_few(better)}.")
    if open_ones:
        said.append(f"{_of(open_ones, len(lines), 'column or group', 'columns and groups')} left out alone: no difference shown.")
    if len(same) + len(better) > 1:
        said.append("Several that can be dropped one at a time may be needed by turns: drop one, and ask again.")
    return said


def _steps(found: Ablation) -> list[str]:
    said = [_of_ladder(found.tables[0], "what stands before it")]
    if len(found.tables) > 1:
        taken = found.tables[1].lines
        needed = [f"{line.name} ({_worth(line.worth)})" for line in taken if line.call == WORTH]
        spare = [line.name for line in taken if line.call in (SAME, BETTER_WITHOUT)]
        said.append(
            f"Taken back alone, {_few(needed)} would be missed." if needed else "Taken back alone, no step is shown to be missed."
        )
        if spare:
            said.append(f"Can be spared: {_few(spare)}.")
    return said


def _rows(found: Ablation) -> list[str]:
    said = [_of_ladder(found.tables[0], "half as many")]
    if found.outlook is not None:
        said.append(outlook_words(found.outlook, found.metric, found.margin))
    return said


def _ladders(found: Ablation) -> list[str]:
    return [_of_ladder(table, "half as many", named=True) for table in found.tables]


def _of_ladder(table: FoundTable, before: str, *, named: bool = False) -> str:
    """before: what each line is compared with.  named: say what the ladder is about."""
    gains = [f"{line.name} ({_worth(line.worth)})" for line in table.lines if line.call == WORTH]
    losses = [f"{line.name} ({_worth(line.worth)})" for line in table.lines if line.call == BETTER_WITHOUT]
    said = [f"shown to gain on {before}: {_few(gains)}" if gains else f"nothing is shown to gain on {before}"]
    if losses:
        said.append(f"shown to lose: {_few(losses)}")
    head = f"{table.title}: " if named else ""
    whole = head + "; ".join(said) + "."
    return whole[0].upper() + whole[1:]


def outlook_words(outlook: Outlook, metric: str, margin: float | None) -> str:
    """
    >>> outlook_words(Outlook(800, 0.004, 0.001, 0.008, 0.95), "roc_auc", None)
    'Twice the training rows (800 to 1600) would gain 0.0040 [0.0010, 0.0080] of roc_auc, if the curve goes on as a power law.'
    """
    if outlook.gain is None or outlook.low is None or outlook.high is None:
        return f"What twice the training rows would gain cannot be said: {outlook.reason}."
    rows = f"Twice the training rows ({outlook.rows:.0f} to {2 * outlook.rows:.0f})"
    ends = f"{outlook.gain:.4f} [{outlook.low:.4f}, {outlook.high:.4f}] of {metric}"
    law = "if the curve goes on as a power law"
    if margin is not None and -margin < outlook.low and outlook.high < margin:
        return f"{rows} would change {metric} by less than the margin of {margin:g}, {law}: {ends}."
    if outlook.low > 0:
        return f"{rows} would gain {ends}, {law}."
    if outlook.high < 0:
        return f"{rows} would lose {ends}, {law}: the curve falls."
    return f"{rows} are not shown to gain: {ends}, {law}."


def _worth(interval: Interval | None) -> str:
    if interval is None or interval.value is None:
        return "not known"
    return str(interval)


def _size(line: Found) -> float:
    return 0.0 if line.worth is None or line.worth.value is None else line.worth.value


def _few(names: list[str], most: int = 6) -> str:
    return ", ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")


def _of(count: int, total: int, one: str, many: str) -> str:
    return f"{count} of {total} {one if total == 1 else many}"

"""What helped, in sentences: each is made of the calls of verdicts, and says no more than they do.

A treatment is said to lift, lower, raise or help only where the corrected verdict says so; everything else is "not shown".
"""

from collections.abc import Callable, Sequence

from assay.measure.compare import A_BETTER, B_BETTER, NO_DIFFERENCE, TOO_LITTLE
from assay.measure.interval import Interval
from assay.study.cells import NO_TREATMENT
from assay.study.helped import THRESHOLD_ONLY, Helped, HelpedRow
from assay.study.helped_measures import Measure
from assay.study.verdicts import Verdict

MINUS = "\N{MINUS SIGN}"

Found = list[tuple[str, Verdict]]
"""(treatment, its verdict)."""


def sentences(helped: Helped) -> list[str]:
    """The answer for each recipe, the most important first; of several recipes each sentence names its own."""
    several, found = len(helped.recipes) > 1, []
    for recipe in helped.recipes:
        rows = helped.of_recipe(recipe)
        said = [sentence for make in _MAKERS for sentence in make(helped, rows)]
        found += [f"{recipe}: {sentence}" if several else sentence for sentence in said]
    return found


def _answer(helped: Helped, rows: Sequence[HelpedRow]) -> list[str]:
    deciding = [measure for measure in helped.measures if measure.decides]
    treated = [row for row in rows if row.treatment not in (NO_TREATMENT, THRESHOLD_ONLY)]
    if not treated:
        return []
    found = {row.treatment: [(m, v) for m in deciding if (v := _verdict(row, m)) is not None] for row in treated}
    calls = {verdict.call for verdicts in found.values() for _, verdict in verdicts}
    if calls <= {TOO_LITTLE}:
        return ["Too little data to say whether a treatment helped."]
    better = {name: [(m, v) for m, v in verdicts if v.call == A_BETTER] for name, verdicts in found.items()}
    if not any(better.values()):
        what = _listed([measure.title for measure in deciding], last="or")
        whom = "the treatment" if len(treated) == 1 else f"none of the {len(treated)} treatments"
        is_shown = "is not shown" if len(treated) == 1 else "is shown"
        return [f"No treatment helped: {whom} {is_shown} to better {what}."]
    return [
        f"{name} helped: it {_listed([_moved(measure, verdict) for measure, verdict in gains])}."
        for name, gains in better.items()
        if gains
    ]


def _tuning(_helped: Helped, rows: Sequence[HelpedRow]) -> list[str]:
    """What the threshold alone does to the untreated model."""
    for row in rows:
        verdict = row.against.get(("f1_tuned", NO_TREATMENT))
        if row.treatment != THRESHOLD_ONLY or verdict is None or verdict.difference.value is None:
            continue
        before, after = _value(rows[0], "f1_at_half"), _value(row, "f1_tuned")
        ends = f"from {before:.3f} at 0.5 to {after:.3f}"
        if verdict.call in (A_BETTER, B_BETTER):
            verb = "lifts" if verdict.call == A_BETTER else "lowers"
            return [f"Tuning the threshold of the untreated model {verb} F1 by {_size(verdict)}, {ends}."]
        shown = f"{_signed(verdict)}{'' if verdict.p is None else f', p {verdict.p:.2f} after correction'}"
        return [f"Tuning the threshold of the untreated model is not shown to move F1: {shown}, {ends}."]
    return []


def _at_half(_helped: Helped, rows: Sequence[HelpedRow]) -> list[str]:
    """What the treatments do while everyone is cut at 0.5, which is what makes them look good."""
    found = _against(rows, "f1_at_half", NO_TREATMENT)
    lifted = _called(found, A_BETTER)
    if not found or not lifted:
        return []
    least, most = lifted[0], lifted[-1]
    range_of = f"by {_size(least[1])} ({least[0]})"
    if len(lifted) > 1:
        range_of = f"by {_size(least[1])} ({least[0]}) to {_size(most[1])} ({most[0]})"
    beyond = _called(_against(rows, "f1_at_half", THRESHOLD_ONLY), A_BETTER)
    rest = "none of them is shown to beat the tuned threshold of the untreated model"
    if beyond:
        rest = f"{_listed([name for name, _ in beyond])} also against the tuned threshold of the untreated model"
    who = "the treatment lifts" if len(found) == 1 else f"{len(lifted)} of {len(found)} treatments {_s(lifted, 'lift')}"
    return [f"At 0.5, by the learner's own probabilities, {who} F1 {range_of}; {rest}."]


def _after_tuning(_helped: Helped, rows: Sequence[HelpedRow]) -> list[str]:
    """Whether anything is left of that once every threshold is tuned."""
    found = _against(rows, "f1_tuned", THRESHOLD_ONLY)
    known = [(name, verdict) for name, verdict in found if verdict.difference.value is not None]
    if not known or _called(known, A_BETTER) or all(verdict.call == TOO_LITTLE for _, verdict in known):
        return []
    name, verdict = known[-1]
    if _number(verdict) > 0:
        return [f"After tuning, no treatment is shown to lift F1: the most is {_signed(verdict)} ({name})."]
    return [f"After tuning, no treatment lifts F1: the nearest is {_signed(verdict)} ({name})."]


def _order(_helped: Helped, rows: Sequence[HelpedRow]) -> list[str]:
    """The order of the rows where no verdict speaks: how much it may have moved is said all the same."""
    found = [(name, v) for name, v in _against(rows, "roc_auc", NO_TREATMENT) if v.difference.value is not None]
    if not found or any(verdict.call != NO_DIFFERENCE for _, verdict in found):
        return []
    name, verdict = max(found, key=lambda one: abs(_number(one[1])))
    return [f"No treatment is shown to move ROC AUC: the most is {_signed(verdict)} ({_with_p(name, verdict)})."]


def _harm(helped: Helped, rows: Sequence[HelpedRow]) -> list[str]:
    """A sentence for each deciding measure that a treatment makes worse."""
    said = []
    for measure in helped.measures:
        reference = THRESHOLD_ONLY if measure.view == "tuned" else NO_TREATMENT
        worse = _called(_against(rows, measure.key, reference), B_BETTER)
        if measure.decides and worse:
            verb = "lowers" if measure.metric.greater_is_better else "raises"
            each = [f"{name} by {_size(verdict)}" for name, verdict in sorted(worse, key=lambda one: -abs(_number(one[1])))]
            each[0] = each[0].replace(" by ", f" {verb} {measure.title} by ", 1)
            said.append(f"{_listed(each)}.")
    return said


def _truthful(_helped: Helped, rows: Sequence[HelpedRow]) -> list[str]:
    """Whether the probabilities are still right, before correction and after it."""
    before, after = (_against(rows, f"log_loss_{view}", NO_TREATMENT) for view in ("before", "after"))
    bent, still = _called(before, B_BETTER), _called(after, B_BETTER)
    if not bent:
        return []
    name, verdict = bent[-1]
    how_many = "The treatment gives" if len(before) == 1 else f"{len(bent)} of {len(before)} treatments {_s(bent, 'give')}"
    ending = f"after correction {len(still) or 'none'} {_s(still, 'does')}"
    return [f"{how_many} worse probabilities than none before correction (log loss up to +{_size(verdict)}, {name}); {ending}."]


def _alarms(_helped: Helped, rows: Sequence[HelpedRow]) -> list[str]:
    """Expected alarms at the true prior under the treatment that raises them most."""
    raised = _called(_against(rows, "alarms_before", NO_TREATMENT), B_BETTER)
    if not raised:
        return []
    name = raised[-1][0]
    row = next(row for row in rows if row.treatment == name)
    plain, now, later = _value(rows[0], "alarms_before"), _value(row, "alarms_before"), _value(row, "alarms_after")
    return [
        f"Cut at 0.5 before correction, {name} raises the alarms from {plain:.0f} to {now:.0f} per 1000 cases"
        f"{_false(rows[0], row, 'before')}; after correction it makes {later:.0f}{_false(None, row, 'after')}."
    ]


def _false(plain: HelpedRow | None, row: HelpedRow, view: str) -> str:
    mine = row.values[f"false_share_{view}"].value
    theirs = None if plain is None else plain.values[f"false_share_{view}"].value
    if mine is None:
        return ""
    return f" ({mine:.0%} of them false)" if theirs is None else f" ({mine:.0%} of them false, against {theirs:.0%})"


def _corrected(_helped: Helped, rows: Sequence[HelpedRow]) -> list[str]:
    """What the out-of-fold log loss chose for each treatment."""
    said = []
    for row in rows:
        if row.corrections:
            fits = sum(row.corrections.values())
            chosen = sorted(row.corrections.items(), key=lambda one: -one[1])
            ways = [f"by {'calibration' if way == 'calibrate' else way} in {count} of {fits} fits" for way, count in chosen]
            said.append(f"{row.treatment} {_listed(ways)}")
    return [f"Correction chosen by out-of-fold log loss: {'; '.join(said)}."] if said else []


def _rules(_helped: Helped, rows: Sequence[HelpedRow]) -> list[str]:
    return [f"{row.treatment}: {note}" for row in rows for note in row.notes]


_MAKERS: tuple[Callable[[Helped, Sequence[HelpedRow]], list[str]], ...] = (
    _answer,
    _tuning,
    _at_half,
    _after_tuning,
    _order,
    _harm,
    _truthful,
    _corrected,
    _alarms,
    _rules,
)


def _verdict(row: HelpedRow, measure: Measure) -> Verdict | None:
    return row.against.get((measure.key, THRESHOLD_ONLY if measure.view == "tuned" else NO_TREATMENT))


def _against(rows: Sequence[HelpedRow], key: str, reference: str) -> Found:
    """The treatments' verdicts on one measure, the smallest difference first; those without one before all others."""
    found = [
        (row.treatment, row.against[key, reference])
        for row in rows
        if row.treatment != THRESHOLD_ONLY and (key, reference) in row.against
    ]
    return sorted(found, key=lambda one: float("-inf") if one[1].difference.value is None else one[1].difference.value)


def _called(found: Found, call: str) -> Found:
    return [(name, verdict) for name, verdict in found if verdict.call == call]


def _number(verdict: Verdict) -> float:
    return float(verdict.difference.value or 0.0)


def _value(row: HelpedRow, key: str) -> float:
    value = row.values[key].value
    return float("nan") if value is None else value


def _with_p(name: str, verdict: Verdict) -> str:
    return name if verdict.p is None else f"{name}; p {verdict.p:.2f} after correction"


def _moved(measure: Measure, verdict: Verdict) -> str:
    verb = "lifts" if measure.metric.greater_is_better else "lowers"
    return f"{verb} {measure.title} by {_size(verdict)}"


def _size(verdict: Verdict) -> str:
    """The difference without its sign, its interval turned with it."""
    difference = verdict.difference
    if _number(verdict) >= 0 or difference.low is None or difference.high is None:
        return _with_ends(abs(_number(verdict)), difference.low, difference.high, sign="")
    return _with_ends(-_number(verdict), -difference.high, -difference.low, sign="")


def _signed(verdict: Verdict) -> str:
    difference: Interval = verdict.difference
    return _with_ends(_number(verdict), difference.low, difference.high, sign="+")


def _with_ends(value: float, low: float | None, high: float | None, *, sign: str) -> str:
    """Three decimals, more where they would all be 0."""
    places = 3 if abs(value) >= 0.0005 or value == 0 else 4
    ends = "" if low is None or high is None else f" [{_digits(low, places, sign)}, {_digits(high, places, sign)}]"
    return f"{_digits(value, places, sign)}{ends}"


def _digits(value: float, places: int, sign: str) -> str:
    """A number with a true minus, and no sign before what is 0 in these places."""
    text = f"{value:{sign}.{places}f}"
    return text.replace("-", MINUS) if any(digit in text for digit in "123456789") else text.lstrip("+-")


def _s(found: Sequence[object], verb: str) -> str:
    """The verb in the number of what was found: "1 lifts", "2 lift", "none does"."""
    if verb == "does":
        return "does" if len(found) < 2 else "do"
    return f"{verb}s" if len(found) == 1 else verb


def _listed(parts: Sequence[str], last: str = "and") -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} {last} {parts[-1]}"

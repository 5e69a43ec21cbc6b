"""What a shown leak says, in sentences; every number in them is one of ``LeakShown``."""

from collections.abc import Iterator

from assay.measure.interval import Interval
from assay.measure.registry import metric_named
from assay.study.leak import LeakShown


def sentences(shown: LeakShown) -> list[str]:
    """How far the false number is off, then what went wrong, one cause a sentence."""
    return [*_gap(shown), *_both_sides(shown), *_shares(shown), *_torn(shown)]


def titled(shown: LeakShown, metric: str) -> str:
    """The metric's title, with the cut that its labels were made at.

    Labels of more than two classes are the most probable ones, and no cut is named.
    """
    known = metric_named(metric)
    return f"{known.title} at 0.5" if known.needs == "label" and shown.task == "binary" else known.title


def _gap(shown: LeakShown) -> Iterator[str]:
    name = next(iter(shown.honest))
    false, honest = shown.false[name], shown.honest[name]
    metric = metric_named(name)
    if false.value is None or honest.value is None:
        yield f"These rows are too few to say how far {metric.title} is off: {false.undefined or honest.undefined}."
        return
    better = (false.value - honest.value) * (1 if metric.greater_is_better else -1)
    head = f"Resampled before the split, {shown.recipe} has {_short(metric.title, false)}, split first {_short('', honest)}"
    if _inside(honest.value, false):
        yield f"{head}: with this recipe on these rows the mistake does not show in {metric.title}."
    elif better > 0:
        yield f"{head}: the first number is {better:.3f} too good, and only the second holds for new rows."
    else:
        yield f"{head}: here the mistake makes it look worse, and only the second number holds for new rows."


def _both_sides(shown: LeakShown) -> Iterator[str]:
    made = [(shown.synthetic, "lie between other rows"), (shown.copies, "are copies of other rows")]
    said = " and ".join(f"{count} {what}" for count, what in made if count)
    if not said:
        yield (
            f"{shown.treatment} makes no rows, so no row has a likeness on the other side of the split; "
            "what is wrong is the rows that are scored."
        )
        return
    yield (
        f"Of the {shown.resampled} rows of the resampled table {said}, and the split came after: "
        "a model is trained on such rows and scored on those they were made from, or the other way round."
    )
    name = next(iter(shown.honest))
    real, honest = shown.real_rows[name], shown.honest[name]
    if real.value is not None and honest.value is not None and not _inside(honest.value, real):
        yield (
            f"Scored on the real rows alone, the same models still say {_short(metric_named(name).title, real)}: "
            "leaving the made rows out of the score does not mend what they taught."
        )


def _shares(shown: LeakShown) -> Iterator[str]:
    before, after = shown.shares
    if abs(before - after) < 0.005:
        return
    titles = [titled(shown, name) for name in shown.honest if not metric_named(name).prevalence_free]
    named = " and ".join(filter(None, [", ".join(titles[:-1]), titles[-1]]))
    yield (
        f"The rows that are falsely scored have another class share: {after:.1%} are {shown.last_class!r}, "
        f"of the untouched ones {before:.1%}; {named} change with it."
    )


def _torn(shown: LeakShown) -> Iterator[str]:
    if shown.unit == "group":
        yield "The folds of the mistake also tear groups apart, which the honest ones keep whole."
    if shown.unit == "time":
        yield "The folds of the mistake also mix past and future, which the honest ones keep apart."


def _short(title: str, interval: Interval) -> str:
    return f"{title} {interval.value:.3f}".strip()


def _inside(value: float, interval: Interval) -> bool:
    return interval.low is not None and interval.high is not None and interval.low <= value <= interval.high

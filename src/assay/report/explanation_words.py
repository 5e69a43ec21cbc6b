"""What the page of an explanation says in sentences."""

from dataclasses import dataclass

from assay.explain.explanation import Explanation
from assay.report.numbers import count, interval_text, number

GLOSSARY = (
    (
        "Drop",
        "By how much the metric gets worse on held-out rows when the values of a column are dealt anew among them, so that "
        "the column says nothing. The interval is paired: the same rows, with and without; p is corrected for every column "
        "and group (Holm).",
    ),
    (
        "Group",
        "Columns that say nearly the same (an association of 0.7 or more between every two). Alone each can be spared, so "
        "believe the drop of the group.",
    ),
    (
        "SHAP value",
        "What a column added to one answer, in units of the learner's own score, before calibration. Base and values sum to "
        "the score. Linear and additive models: other columns are drawn from reference rows; trees: both ways are gone at a "
        "question about an unknown column, as often as reference rows go there.",
    ),
    (
        "Points",
        "The log odds of a scorecard on a scale that people can add up; they are the model, and have no interval. A reason is a "
        "column that costs a row points against the average of the training rows.",
    ),
    (
        "Accumulated effect",
        "The mean change of the answer within narrow slices of the column, over the rows that are there, added up; 0 is the "
        "mean. It does not ask about rows that cannot exist, as partial dependence (dotted) does where columns go together.",
    ),
    (
        "Band",
        "How far the curve of these models would move on other rows, point by point. It does not hold how other training rows "
        "would bend the models; the faint lines, one a fold, show that.",
    ),
    (
        "H",
        "The share (its square root) of two columns' joint effect that their single effects do not add up to: 0 they only add, 1 "
        "neither does anything alone. Called only where its interval lies above 0.1.",
    ),
    (
        "Slice",
        "Rows of a level or a range, or of two of them. A ranking metric is lower in every slice in which what ranks the rows "
        "is held fixed. Truth less answer is free of that: above 0 the model says too little. p by Benjamini and Hochberg.",
    ),
    (
        "Cause",
        "Nothing here is one. The page says what this model does, not what the world would do if a column were changed.",
    ),
)


@dataclass(frozen=True, slots=True)
class Answer:
    headline: str
    sentences: tuple[str, ...]


def answer(found: Explanation) -> Answer:
    """The first thing that is read."""
    sentences = []
    headline = f"What {found.recipe} does, on {count(found.rows)} rows it has not seen"
    if found.importances is not None:
        entries = [*found.importances.columns, *found.importances.groups]
        matter = sorted((one for one in entries if one.call == "matters"), key=lambda one: -(one.drop.value or 0.0))
        if matter:
            top = matter[0]
            headline = f"It rests most on {top.name}"
            drop = interval_text(top.drop.value, top.drop.low, top.drop.high, 4)
            sentences.append(f"Without it {found.importances.metric} gets worse by {drop}.")
        single = sum(one.call == "matters" for one in found.importances.columns)
        rest = len(found.importances.columns) - single
        sentences.append(
            f"Of {single + rest} columns {single} are shown to matter, corrected together; of {rest} no drop is shown."
        )
    acting = [one for one in found.interactions if one.acts]
    if acting:
        first = acting[0]
        sentences.append(f"{first.columns[0]} and {first.columns[1]} act together the most (H {number(first.h.value, 2)}).")
    if found.slices is not None:
        wrong = [one for one in found.slices.found if one.misjudged]
        if wrong:
            side = "too little" if (wrong[0].shift.value or 0.0) > 0 else "too much"
            sentences.append(f"It says {side} where {wrong[0].name}, and is misjudging {len(wrong)} slices in all.")
        else:
            sentences.append(f"In none of {count(found.slices.looked_at)} slices is it shown to lie on one side of the truth.")
    if found.fairness is not None and found.fairness.worst is not None:
        worst = found.fairness.worst
        ratio = interval_text(worst.ratio.value, worst.ratio.low, worst.ratio.high, 2)
        sentences.append(f"By {found.fairness.column}, {worst.lower} is selected {ratio} times as often as {worst.higher}.")
    return Answer(headline, tuple(sentences))

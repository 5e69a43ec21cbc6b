"""The short glossary at the end: only words that stand on this page."""

from collections.abc import Sequence

from assay.data.task import Task
from assay.report.metric import MetricInfo

_ALWAYS = (
    ("Interval", "The range in which the true value lies, at the level named. A wide one means: too few rows to know better."),
    ("Out of fold", "Each row is predicted by a model that was not trained on it; the leaderboard rests on these predictions."),
    (
        "Locked test rows",
        "Rows set apart before anything was fitted, and opened once at the end. Each further opening makes them less of a test.",
    ),
    ("Candidate", "A recipe together with a treatment; “boosting+smote” is the recipe boosting with the treatment smote."),
    ("Treatment", "Something done about uneven classes, on training rows only: weights, sampling, made-up rows such as SMOTE’s."),
    (
        "Adjusted p",
        "How surprising a difference this large would be if there were none, made stricter for the size of its family.",
    ),
    (
        "No difference shown",
        "The data do not settle it. It does not say that both are equal; “the same within the margin” says that.",
    ),
)
_CLASSES = (
    (
        "Calibration",
        "Of the rows given a probability of 0.3, about 30 % should turn out positive. Dots on the dotted diagonal are honest.",
    ),
    (
        "Threshold",
        "The probability from which a row is called positive. It was chosen on out-of-fold predictions, never on test rows.",
    ),
)
_NUMBERS = (("Residual", "Actual minus predicted. A cloud that bends or widens says what the model has not understood."),)


def glossary(task: Task, metrics: Sequence[MetricInfo]) -> list[tuple[str, str]]:
    """(term, explanation) pairs for this task and these metrics."""
    special = _CLASSES if task.is_classification else _NUMBERS
    return [*_ALWAYS, *special, *((info.title, info.note) for info in metrics if info.note)]

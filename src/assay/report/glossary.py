"""The short glossary at the end: only words that stand on this page."""

from collections.abc import Sequence

from assay.data.task import Task
from assay.report.language import ENGLISH, Words
from assay.report.metric import MetricInfo

_ALWAYS = ("interval", "fold", "locked", "candidate", "treatment", "p", "open")
_CLASSES = ("calibration", "threshold")
_NUMBERS = ("residual",)


def glossary(task: Task, metrics: Sequence[MetricInfo], w: Words = ENGLISH) -> list[tuple[str, str]]:
    """(term, explanation) pairs for this task and these metrics, which speak the language of the page already."""
    terms = (*_ALWAYS, *(() if task.is_language else _CLASSES if task.is_classification else _NUMBERS))
    told = [(w(f"terms-{term}"), w(f"terms-{term}-text")) for term in terms]
    return [*told, *((info.title, info.note) for info in metrics if info.note)]

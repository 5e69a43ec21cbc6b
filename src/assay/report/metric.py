"""What the page says about a metric: its title, its direction, and the notes of the glossary."""

from dataclasses import dataclass

from assay.measure.registry import metric_named
from assay.report.language import ENGLISH, Words
from assay.report.phrases.metrics import PHRASES


@dataclass(frozen=True, slots=True)
class MetricInfo:
    name: str
    title: str
    greater_is_better: bool
    note: str
    direction: str


def describe(name: str, w: Words = ENGLISH) -> MetricInfo:
    """A metric in the language of the page; one without a phrase keeps its own title.

    Raises UnknownNameError for a name that is no metric's.
    """
    metric = metric_named(name)
    title, note = f"metric-{name}", f"metric-note-{name}"
    return MetricInfo(
        name,
        w(title) if title in PHRASES and w.language != "en" else metric.title,
        metric.greater_is_better,
        w(note) if note in PHRASES else "",
        w("metric-higher" if metric.greater_is_better else "metric-lower"),
    )

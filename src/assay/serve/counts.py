"""What the server has done so far, as Prometheus reads it.

Source: the text exposition format 0.0.4 of Prometheus.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

BOUNDS = (0.001, 0.0025, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""Seconds, upper ends of the buckets."""


@dataclass
class Latency:
    """A histogram of seconds."""

    buckets: list[int] = field(default_factory=lambda: [0] * (len(BOUNDS) + 1))
    total: float = 0.0

    def add(self, seconds: float) -> None:
        self.buckets[bisect_left(BOUNDS, seconds)] += 1
        self.total += seconds


@dataclass
class Counts:
    """requests: by model ("" of none) and status.  rows: answered, by model.  unseen: cells by model and column whose level
    training rows did not have.  deaths: of each model's thread.  under_way: requests that were taken and are not answered yet."""

    requests: Counter[tuple[str, int]] = field(default_factory=Counter)
    rows: Counter[str] = field(default_factory=Counter)
    unseen: Counter[tuple[str, str]] = field(default_factory=Counter)
    deaths: Counter[str] = field(default_factory=Counter)
    seconds: dict[str, Latency] = field(default_factory=dict)
    under_way: int = 0

    def answered(self, model: str, status: int, seconds: float) -> None:
        self.requests[model, status] += 1
        latency = self.seconds.get(model)
        if latency is None:
            latency = self.seconds[model] = Latency()
        latency.add(seconds)

    def exposition(self) -> str:
        return "\n".join(self._lines()) + "\n"

    def _lines(self) -> Iterator[str]:
        yield from _head("assay_requests_total", "counter", "Requests answered, by model and status.")
        for (model, status), count in sorted(self.requests.items()):
            yield f'assay_requests_total{{model="{_escaped(model)}",status="{status}"}} {count}'
        yield from _head("assay_rows_total", "counter", "Rows answered, by model.")
        for model, count in sorted(self.rows.items()):
            yield f'assay_rows_total{{model="{_escaped(model)}"}} {count}'
        yield from _head("assay_unseen_levels_total", "counter", "Cells whose level no training row had, by model and column.")
        for (model, column), count in sorted(self.unseen.items()):
            yield f'assay_unseen_levels_total{{model="{_escaped(model)}",column="{_escaped(column)}"}} {count}'
        yield from _head("assay_worker_deaths_total", "counter", "How often the thread of a model ended by itself, by model.")
        for model, count in sorted(self.deaths.items()):
            yield f'assay_worker_deaths_total{{model="{_escaped(model)}"}} {count}'
        yield from _head("assay_requests_under_way", "gauge", "Requests taken and not answered yet.")
        yield f"assay_requests_under_way {self.under_way}"
        yield from _head("assay_request_seconds", "histogram", "Seconds from a request's headers to its answer, by model.")
        for model, latency in sorted(self.seconds.items()):
            yield from _buckets(_escaped(model), latency)


def _head(name: str, kind: str, words: str) -> Iterator[str]:
    yield f"# HELP {name} {words}"
    yield f"# TYPE {name} {kind}"


def _buckets(model: str, latency: Latency) -> Iterator[str]:
    so_far = 0
    for bound, count in zip((*map(str, BOUNDS), "+Inf"), latency.buckets, strict=True):
        so_far += count
        yield f'assay_request_seconds_bucket{{model="{model}",le="{bound}"}} {so_far}'
    yield f'assay_request_seconds_sum{{model="{model}"}} {latency.total:.6f}'
    yield f'assay_request_seconds_count{{model="{model}"}} {so_far}'


def _escaped(text: str) -> str:
    """As the value of a label."""
    return text.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")

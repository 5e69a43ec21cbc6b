"""Whether a network in int8 is worth having: what it says and how long it takes, on rows that did not make it.

Rows are cut in two by a rule that knows nothing of them: in an order drawn from a fixed seed the first half, and no more than
``MOST_CALIBRATED``, is what ranges are measured on, and all others judge.
"""

import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from assay.core.seeds import generator
from assay.core.shown import Shown
from assay.measure.compare.mcnemar import mcnemar
from assay.measure.interval import Interval
from assay.measure.proportion import proportion_interval

FEWEST = 20
"""Pictures in all."""
MOST_CALIBRATED = 500
BATCH = 64
TURNS = 15
FEWEST_TURNS = 5
ENOUGH_SECONDS = 5.0

Answer = Callable[[np.ndarray], np.ndarray]
"""Pictures -> the place of each one's label among the classes."""


@dataclass(frozen=True)
class Accuracy(Shown):
    """Of the network in float and in int8, and of int8 less that of float, paired."""

    float_: Interval
    int8: Interval
    difference: Interval

    @property
    def is_lost(self) -> bool:
        """Whether a loss is shown: the interval of the difference lies below 0."""
        return self.difference.high is not None and self.difference.high < 0

    def to_json(self) -> dict[str, Any]:
        return {"float": self.float_.to_json(), "int8": self.int8.to_json(), "difference": self.difference.to_json()}


@dataclass(frozen=True)
class Times(Shown):
    """Median seconds that a batch takes on one thread, both in turn."""

    batch: int
    float_: float
    int8: float

    def to_json(self) -> dict[str, Any]:
        return {"batch": self.batch, "float_seconds": self.float_, "int8_seconds": self.int8}


@dataclass(frozen=True)
class Judged:
    """agreement: the share of rows with one label from both.  accuracy: None where the truth is not known."""

    agreement: Interval
    accuracy: Accuracy | None

    @property
    def rows(self) -> int:
        return self.agreement.n


def halves(rows: int) -> tuple[np.ndarray, np.ndarray]:
    """The rows that calibrate and those that judge, each in order.

    >>> [len(part) for part in halves(41)], [len(part) for part in halves(5000)]
    ([20, 21], [500, 4500])
    """
    order = generator(0, "int8", "halves").permutation(rows)
    cut = min(rows // 2, MOST_CALIBRATED)
    return np.sort(order[:cut]), np.sort(order[cut:])


def judged(said: np.ndarray, said_int8: np.ndarray, truth: np.ndarray | None, level: float = 0.95) -> Judged:
    """said, said_int8: codes of labels (n,), of the float network and of that in int8.  truth: of the classes (n,)."""
    n = len(said)
    agreement = proportion_interval(int((said == said_int8).sum()), n, level=level)
    if truth is None:
        return Judged(agreement, None)
    right, right_int8 = said == truth, said_int8 == truth
    share, share_int8 = (proportion_interval(int(one.sum()), n, level=level) for one in (right, right_int8))
    return Judged(agreement, Accuracy(share, share_int8, mcnemar(right_int8, right, level=level).interval))


def times(float_: Answer, int8: Answer, pictures: np.ndarray) -> Times:
    """Of one batch of the pictures; each side begins every other turn, and a first one of each is not counted."""
    batch = pictures[:BATCH]
    taken: dict[Answer, list[float]] = {float_: [], int8: []}
    started = time.perf_counter()
    for turn in range(TURNS + 1):
        for side in (float_, int8) if turn % 2 else (int8, float_):
            begun = time.perf_counter()
            side(batch)
            if turn:
                taken[side].append(time.perf_counter() - begun)
        if turn >= FEWEST_TURNS and time.perf_counter() - started > ENOUGH_SECONDS:
            break
    return Times(len(batch), statistics.median(taken[float_]), statistics.median(taken[int8]))


# ---- in words, and as metadata


def warning(found: Judged, taken: Times) -> str | None:
    """One sentence where the float file is the better one."""
    reasons = []
    if taken.int8 >= taken.float_:
        reasons.append("it is not faster here")
    if found.accuracy is not None and found.accuracy.is_lost:
        reasons.append(f"a loss of accuracy is shown ({found.accuracy.difference})")
    if not reasons:
        return None
    return f"warning: int8 does not help: {' and '.join(reasons)}. The float file is better; export without --int8."


def told(found: Judged, calibrated: int, pictures: str) -> dict[str, Any]:
    """What is kept in the file: no times, which would make it another file each time.  pictures: the SHA-256 of all rows."""
    accuracy = None if found.accuracy is None else found.accuracy.to_json()
    return {
        "calibrated": calibrated,
        "judged": found.rows,
        "pictures": pictures,
        "agreement": found.agreement.to_json(),
        "accuracy": accuracy,
    }


def facts(kept: Mapping[str, Any]) -> list[str]:
    """Of what ``told`` gave, a sentence each."""
    found = [
        f"int8: ranges measured on {kept['calibrated']} pictures; on {kept['judged']} others its label is the float network's "
        f"for {Interval(**kept['agreement'])}"
    ]
    accuracy = kept["accuracy"]
    if accuracy is not None:
        each = {name: Interval(**one) for name, one in accuracy.items()}
        found.append(f"accuracy there: float {each['float']}, int8 {each['int8']}, difference {each['difference']} (paired)")
    return found


def is_told(kept: Any) -> bool:
    """Whether these are values of the types that ``told`` gives."""
    if not isinstance(kept, dict) or kept.keys() != {"calibrated", "judged", "pictures", "agreement", "accuracy"}:
        return False
    accuracy = kept["accuracy"]
    intervals = [kept["agreement"]]
    if accuracy is not None:
        if not isinstance(accuracy, dict) or accuracy.keys() != {"float", "int8", "difference"}:
            return False
        intervals += accuracy.values()
    whole = all(type(kept[key]) is int and kept[key] >= 1 for key in ("calibrated", "judged"))
    return whole and isinstance(kept["pictures"], str) and all(map(_is_interval, intervals))


def _is_interval(kept: Any) -> bool:
    if not isinstance(kept, dict) or kept.keys() != {one.name for one in fields(Interval)}:
        return False
    numbers = all(isinstance(kept[key], float) for key in ("value", "low", "high", "level"))
    return numbers and type(kept["n"]) is int and isinstance(kept["method"], str)

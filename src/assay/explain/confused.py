"""Which rows are most wrong, and which are taken for another class: row numbers alone, to be shown as pictures.

Read from predictions of rows that no model had seen: those kept of a study's folds, or those of a saved model on new rows.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from assay.core.shown import Shown
from assay.data.task import Task
from assay.measure.parts import Part

LEAST_CHANCE = 1e-15


@dataclass(frozen=True, slots=True)
class Judged(Shown):
    """A row with its answer.  truth, said: class names, or numbers.  chance: of what was said; own: of the truth (None: a value).

    loss: log loss, or the size of the error.  truth, own and loss are None where nobody knows what was so.
    """

    unit: int
    truth: str | float | None
    said: str | float
    chance: float | None
    own: float | None
    loss: float | None

    @property
    def is_right(self) -> bool:
        return self.truth == self.said

    def to_json(self) -> dict[str, Any]:
        return {
            "row": self.unit,
            "truth": self.truth,
            "said": self.said,
            "probability": self.chance,
            "probability_of_truth": self.own,
            "loss": self.loss,
        }


@dataclass(frozen=True, slots=True)
class Pair(Shown):
    """Rows of class ``truth`` that were called ``said``, the surest first.  count: all of them; of: the rows of the class."""

    truth: str
    said: str
    count: int
    of: int
    rows: tuple[Judged, ...]

    def to_json(self) -> dict[str, Any]:
        return {
            "truth": self.truth,
            "said": self.said,
            "count": self.count,
            "of": self.of,
            "rows": [one.unit for one in self.rows],
        }


@dataclass(frozen=True, slots=True)
class Gallery(Shown):
    """wrong: wrong rows, the greatest loss first; wrongs: all of them, of ``rows``.  pairs: the commonest first.

    left_out: further pairs of classes that are confused.
    """

    wrong: tuple[Judged, ...]
    wrongs: int
    rows: int
    pairs: tuple[Pair, ...]
    left_out: int

    @property
    def units(self) -> list[int]:
        """Every row that is shown, once."""
        shown = [one.unit for one in self.wrong] + [one.unit for pair in self.pairs for one in pair.rows]
        return list(dict.fromkeys(shown))

    def to_json(self) -> dict[str, Any]:
        return {
            "rows": self.rows,
            "wrong": self.wrongs,
            "most_wrong": [one.to_json() for one in self.wrong],
            "pairs": [pair.to_json() for pair in self.pairs],
            "pairs_left_out": self.left_out,
        }


def judged(part: Part, task: Task, cut: float = 0.5) -> list[Judged]:
    """Every row of the part; of a binary task the second class is said from a probability of ``cut`` on, unless the
    predictions have labels."""
    target, predictions = part.truth["target"], part.predictions
    units = part.truth.units.tolist()
    if not task.is_classification:
        said = predictions["value"]
        loss = np.abs(target - said)
        return [
            Judged(unit, float(t), float(s), None, None, float(e))
            for unit, t, s, e in zip(units, target, said, loss, strict=True)
        ]
    chances = predictions["probability"]
    if chances.ndim == 1:
        labels = (chances >= cut).astype(np.int64)
        chances = np.stack([1 - chances, chances], axis=1)
    else:
        labels = chances.argmax(axis=1)
    labels = predictions.arrays.get("label", labels).astype(np.int64)
    rows, target = np.arange(len(target)), target.astype(np.int64)
    own, chance = chances[rows, target], chances[rows, labels]
    loss = -np.log(np.maximum(own, LEAST_CHANCE))
    names = task.classes
    return [
        Judged(units[row], names[target[row]], names[labels[row]], float(chance[row]), float(own[row]), float(loss[row]))
        for row in rows
    ]


def gallery(rows: Sequence[Judged], task: Task, *, most_wrong: int, most_pairs: int, most_each: int) -> Gallery:
    """rows: each once.  most_each: of each pair.  Of a regression, whose answers are all a little wrong, the rows with the
    greatest error, and no pairs."""
    wrong = sorted((one for one in rows if not one.is_right), key=lambda one: (-(one.loss or 0.0), one.unit))
    if not task.is_classification:
        return Gallery(tuple(wrong[:most_wrong]), len(wrong), len(rows), (), 0)
    of = Counter(str(one.truth) for one in rows)
    taken: dict[tuple[str, str], list[Judged]] = {}
    for one in wrong:
        taken.setdefault((str(one.truth), str(one.said)), []).append(one)
    place = {name: number for number, name in enumerate(task.classes)}
    ranked = sorted(taken.items(), key=lambda entry: (-len(entry[1]), place[entry[0][0]], place[entry[0][1]]))
    pairs = tuple(
        Pair(
            truth, said, len(found), of[truth], tuple(sorted(found, key=lambda one: (-(one.chance or 0.0), one.unit))[:most_each])
        )
        for (truth, said), found in ranked[:most_pairs]
    )
    return Gallery(tuple(wrong[:most_wrong]), len(wrong), len(rows), pairs, max(0, len(ranked) - most_pairs))

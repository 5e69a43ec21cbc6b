"""What every threshold would do, small enough to be carried by the page, and the script that moves it.

Counts of the four cells at no more than ``MOST_CUTS`` thresholds, whatever the number of rows; the page's script works out
shares and money from them and from nothing else.  Half of the thresholds stand at even ranks of all rows, half at even ranks
of the positive ones, so that rare positives are not all between two neighbours.
"""

import base64
import hashlib
import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np
from markupsafe import Markup

from assay.report.cutting import Rows
from assay.report.language import Words
from assay.report.numbers import MISSING, THIN, decimals_for

MOST_CUTS = 400
WORDS = ("cut-slider-live", "cut-slider-lowest-at", "cut-slider-bad")
"""Phrases that the script fills in."""

CELLS = ("tp", "fn", "fp", "tn")


@dataclass(frozen=True)
class Slider:
    """threshold: float (k,), rising.  tp, fn, fp, tn: float (k,), weighted counts of rows called from it on.

    chosen: the place of the chosen threshold.  costs: of a miss and of a false alarm.  given: whether the study has them.
    rows: how many there are.
    """

    threshold: np.ndarray
    tp: np.ndarray
    fn: np.ndarray
    fp: np.ndarray
    tn: np.ndarray
    chosen: int
    costs: tuple[float, float]
    given: bool
    rows: int
    weighed: bool
    w: Words

    @property
    def last(self) -> int:
        return len(self.threshold) - 1

    @property
    def threshold_text(self) -> str:
        return threshold_in(self.threshold[self.chosen], self.w)

    @property
    def cost_texts(self) -> tuple[str, str]:
        """As the number fields take them: with a dot."""
        return f"{self.costs[0]:g}", f"{self.costs[1]:g}"

    @property
    def cost_words(self) -> tuple[str, str]:
        return self.w.decimal(self.cost_texts[0]), self.w.decimal(self.cost_texts[1])

    @property
    def texts(self) -> dict[str, str]:
        """Everything that moves, at the chosen threshold: what stands on the page without the script, and in print."""
        place = self.chosen
        tp, fn, fp, tn = (float(getattr(self, cell)[place]) for cell in CELLS)
        total, called, positive = tp + fn + fp + tn, tp + fp, tp + fn
        money = fn * self.costs[0] + fp * self.costs[1]
        alike = min(positive * self.costs[0], (total - positive) * self.costs[1])
        w = self.w
        return {cell: count_in(getattr(self, cell)[place], w) for cell in CELLS} | {
            "threshold": self.threshold_text,
            "share": w.share(called / total),
            "precision": w.fixed(tp / called, 3) if called else MISSING,
            "recall": w.fixed(tp / positive, 3) if positive else MISSING,
            "f1": w.fixed(2 * tp / (called + positive), 3) if called + positive else MISSING,
            "total": w.number(money),
            "thousand": w.number(1000 * money / total),
            "alike": w.number(1000 * alike / total),
        }

    @property
    def data(self) -> Markup:
        """JSON for the script."""
        counts = {cell: [_short(value) for value in getattr(self, cell)] for cell in CELLS}
        return embedded_json(
            {
                "threshold": [float(value) for value in self.threshold],
                **counts,
                "chosen": self.chosen,
                "costs": list(self.costs),
                "point": self.w.point,
                "thin": THIN,
                "missing": MISSING,
                "words": {key: self.w(key, *(f"{{{place}}}" for place in range(4))) for key in WORDS},
            }
        )


def slider_of(rows: Rows, chosen: float, costs: tuple[float, float] | None, w: Words) -> Slider:
    """rows: at least one, with finite probabilities.  costs: None where the study has none; then each mistake counts 1."""
    order = np.argsort(rows.probability, kind="stable")
    probability, target = rows.probability[order], rows.target[order]
    weights = np.ones(len(target)) if rows.weights is None else rows.weights[order]
    cuts = _cuts(probability, target, chosen)
    below = np.searchsorted(probability, cuts, side="left")
    positive, negative = (np.concatenate([[0.0], np.cumsum(weights * (target == side))]) for side in (1, 0))
    fn, tn = positive[below], negative[below]
    place = int(np.flatnonzero(cuts == chosen)[0])
    return Slider(
        cuts,
        positive[-1] - fn,
        fn,
        negative[-1] - tn,
        tn,
        place,
        (1.0, 1.0) if costs is None else costs,
        costs is not None,
        len(target),
        rows.weights is not None,
        w,
    )


def _cuts(probability: np.ndarray, target: np.ndarray, chosen: float) -> np.ndarray:
    """Thresholds, rising: one between any two neighbouring probabilities, or as many of these as the page carries; both ends;
    and the chosen one, which takes the place of any that calls the same rows.  probability: float (n,), rising."""
    levels = np.unique(probability)
    first, last = min(0.0, float(levels[0])), 1.0 if levels[-1] < 1 else float(np.nextafter(levels[-1], np.inf))
    kept = np.arange(1, len(levels))  # a cut below each level but the first, which the lower end stands for
    if len(kept) > MOST_CUTS - 3:
        half = (MOST_CUTS - 4) // 2
        some = [probability, probability[target == 1]]
        even = [one[np.linspace(0, len(one) - 1, half).round().astype(np.int64)] for one in some if len(one)]
        kept = np.unique(np.searchsorted(levels, np.concatenate(even)))
        kept = kept[kept > 0]
    between = [_round_between(float(levels[place - 1]), float(levels[place])) for place in kept]
    cuts = np.array([first, *between, last])
    same = np.searchsorted(probability, cuts, side="left") == np.searchsorted(probability, chosen, side="left")
    return np.unique(np.append(cuts[~same], chosen))


def _round_between(low: float, high: float) -> float:
    """The roundest number above low and up to high, near the middle of the two.

    >>> _round_between(0.31234, 0.31299), _round_between(0.2, 0.9)
    (0.3127, 0.55)
    """
    middle = (low + high) / 2
    return next((value for digits in range(2, 17) if low < (value := round(middle, digits)) <= high), high)


def threshold_in(value: float, w: Words) -> str:
    return w.fixed(value, max(3, decimals_for([value])))


def count_in(value: float, w: Words) -> str:
    """A count of rows; one decimal where weights make it no whole number."""
    return w.count(round(value)) if abs(value - round(value)) < 1e-6 else w.fixed(value, 1)


def _short(value: float) -> float | int:
    """As few characters as tell it to nine digits."""
    short = float(f"{value:.9g}")
    return int(short) if short.is_integer() else short


def embedded_json(value: Any) -> Markup:
    """JSON that may stand in a <script> of type application/json: no text in it can end the element or begin another.

    >>> embedded_json(["</script>", "a & b"])
    Markup('["\\\\u003c/script\\\\u003e","a \\\\u0026 b"]')
    """
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return Markup(text)


@cache
def script() -> Markup:
    """The one script of the page, which stands in it as it stands here."""
    return Markup(files("assay.report").joinpath("templates/slider.js").read_text(encoding="utf-8"))


def script_source() -> str:
    """What the page's policy allows: this script by its hash, and none besides."""
    digest = hashlib.sha256(script().encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"

"""How well errors of spelling are corrected: precision, recall and F1 of the corrections, and the share of texts that are right.

A correction is right when it replaces the same words of the source by the same words as the truth does
(``measure.word_edits``); capitals, ё for е and punctuation do not count.  Precision, recall and F1 are ratios of sums over
texts; texts are what is resampled.  Source: Sorokin, Baytin, Galinskaya, Rykunova & Shavrina (2016), SpellRuEval.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from assay.measure.metric import Statistics
from assay.measure.metrics.mean import ShareMetric
from assay.measure.payload import Predictions, Truth
from assay.measure.texts import pairs_of, texts_of
from assay.measure.word_edits import compared_words, word_edits

_SPELLING = frozenset({"spelling"})


def correction_counts(source: str, truth: str, answer: str) -> tuple[int, int, int]:
    """(corrections that are right, those that were made, those that were to be made) of one text.

    >>> correction_counts("Я незнаю чо", "я не знаю что", "Я не знаю чо?")
    (1, 1, 2)
    """
    words = compared_words(source)
    true = set(word_edits(words, compared_words(truth)))
    made = set(word_edits(words, compared_words(answer)))
    return len(true & made), len(made), len(true)


@dataclass(frozen=True)
class CorrectionMetric:
    """Sums over texts: shares[0]·right / (shares[1]·made + shares[2]·true)."""

    name: str
    title: str
    shares: tuple[int, int, int]
    nothing: str
    needs: str = "text"
    tasks: frozenset[str] = _SPELLING
    greater_is_better: bool = True
    across_folds: Literal["average", "pool"] = "pool"
    bounds: tuple[float, float] = (0.0, 1.0)
    by_class: bool = False
    exact_ends: bool = False
    by_row: bool = False
    prevalence_free: bool = False
    shown: bool = True

    def undefined(self, truth: Truth, predictions: Predictions) -> str | None:
        if self.needs not in truth.arrays or self.needs not in predictions.arrays:
            return "there are no texts"
        return None if self.unit_statistics(truth, predictions)["of"].sum() > 0 else self.nothing

    def unit_statistics(self, truth: Truth, predictions: Predictions) -> Statistics:
        """right, of: float64 (n,), numerator and denominator of each text."""
        sources, wanted = pairs_of(truth)
        rows = zip(sources, wanted, texts_of(predictions), strict=True)
        right, made, true = np.array([correction_counts(*row) for row in rows], dtype=np.float64).reshape(-1, 3).T
        return Statistics(len(right), {"right": self.shares[0] * right, "of": self.shares[1] * made + self.shares[2] * true})

    def value(self, statistics: Statistics, weights: np.ndarray) -> np.ndarray:
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.asarray((weights @ statistics["right"]) / (weights @ statistics["of"]))

    def influence(self, statistics: Statistics, weights: np.ndarray) -> np.ndarray:
        of = float(weights @ statistics["of"])
        if of == 0:
            return np.full(statistics.n, np.nan)
        value = float(weights @ statistics["right"]) / of
        return np.asarray((statistics["right"] - value * statistics["of"]) / of)


def _texts_right(truth: Truth, predictions: Predictions) -> np.ndarray:
    wanted = pairs_of(truth)[1]
    same = [compared_words(one) == compared_words(other) for one, other in zip(wanted, texts_of(predictions), strict=True)]
    return np.array(same, dtype=np.float64)


CORRECTION_F1 = CorrectionMetric("correction_f1", "F1 of corrections", (2, 1, 1), "nothing was to be corrected, and nothing was")
CORRECTION_PRECISION = CorrectionMetric("correction_precision", "Precision of corrections", (1, 1, 0), "nothing was corrected")
CORRECTION_RECALL = CorrectionMetric("correction_recall", "Recall of corrections", (1, 0, 1), "nothing was to be corrected")
TEXTS_RIGHT = ShareMetric("texts_right", "Texts right word for word", "text", _SPELLING, _texts_right)

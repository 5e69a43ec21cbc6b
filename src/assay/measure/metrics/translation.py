"""How near texts are to what they should be: BLEU, chrF, and the share of texts that are equal to it.

All are of the whole corpus: counts of each text, summed under the weights of the units, and only then divided.  So a
bootstrap draws texts and adds their counts anew (Koehn, 2004).
BLEU: Papineni et al. (2002); tokens "13a" (mteval-v13a) and smoothing "exp" as in sacrebleu (Post, 2018), 0 … 100.
chrF: Popović (2015), characters 1 … 6, β = 2, without white space, as in sacrebleu's chrF2, 0 … 100.
"""

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from assay.measure.metric import Statistics
from assay.measure.metrics.arithmetic import ratio, weighted_sums
from assay.measure.metrics.mean import ShareMetric
from assay.measure.payload import Predictions, Truth
from assay.measure.texts import pairs_of, texts_of

ORDERS = 4
"""Runs of 1 … 4 tokens are compared by BLEU."""

CHARACTERS = 6
"""Runs of 1 … 6 characters are compared by chrF."""

BETA = 2.0
"""In chrF recall counts β times as much as precision."""

_ENTITIES = (("&quot;", '"'), ("&amp;", "&"), ("&lt;", "<"), ("&gt;", ">"))
_RULES = (
    (re.compile(r"([\{-\~\[-\` -\&\(-\+\:-\@\/])"), r" \1 "),  # signs of ASCII but ' , - .
    (re.compile(r"([^0-9])([\.,])"), r"\1 \2 "),
    (re.compile(r"([\.,])([^0-9])"), r" \1 \2"),
    (re.compile(r"([0-9])(-)"), r"\1 \2 "),
)


def tokens_13a(text: str) -> list[str]:
    """The tokens of mteval-v13a: signs apart from words, full stops and commas within numbers left alone.

    >>> tokens_13a("Открыто 1,5 из 10 файлов (15%).")
    ['Открыто', '1,5', 'из', '10', 'файлов', '(', '15', '%', ')', '.']
    """
    line = text.rstrip().replace("<skipped>", "").replace("-\n", "").replace("\n", " ")
    for name, sign in _ENTITIES:
        line = line.replace(name, sign)
    line = f" {line} "
    for pattern, spaced in _RULES:
        line = pattern.sub(spaced, line)
    return line.split()


def bleu_counts(said: Sequence[str], meant: Sequence[str]) -> np.ndarray:
    """float64 (10, n), of each text: runs of 1 … 4 tokens that are right, runs that were said, tokens said, tokens meant."""
    found = np.zeros((2 * ORDERS + 2, len(said)))
    for place, (own, true) in enumerate(zip(said, meant, strict=True)):
        spoken, wanted = tokens_13a(own), tokens_13a(true)
        for order in range(1, ORDERS + 1):
            found[order - 1, place], found[ORDERS + order - 1, place], _ = _matches(_runs(spoken, order), _runs(wanted, order))
        found[-2:, place] = len(spoken), len(wanted)
    return found


def bleu_of(sums: np.ndarray) -> np.ndarray:
    """sums (…, 10), of ``bleu_counts`` -> BLEU (…).

    An order in which nothing is right counts as 1/2, 1/4, … of a run (smoothing "exp"); where nothing at all is right, or
    no text has four tokens, BLEU is 0.
    """
    right, said = sums[..., :ORDERS], sums[..., ORDERS : 2 * ORDERS]
    length, meant = sums[..., -2], sums[..., -1]
    missed = (right == 0) & (said > 0)
    smoothed = np.where(missed, 0.5 ** np.cumsum(missed, axis=-1), right)
    logs = np.log(np.where(said > 0, smoothed, 1.0)) - np.log(np.where(said > 0, said, 1.0))
    brevity = np.minimum(0.0, 1.0 - ratio(meant, length, empty=1.0))
    is_some = (right > 0).any(axis=-1) & (said > 0).all(axis=-1)
    return np.asarray(np.where(is_some, 100.0 * np.exp(brevity + logs.mean(axis=-1)), 0.0))


def chrf_counts(said: Sequence[str], meant: Sequence[str]) -> np.ndarray:
    """float64 (18, n), of each text for runs of 1 … 6 characters: those that are right, said, meant."""
    found = np.zeros((3 * CHARACTERS, len(said)))
    for place, (own, true) in enumerate(zip(said, meant, strict=True)):
        spoken, wanted = "".join(own.split()), "".join(true.split())
        for order in range(1, CHARACTERS + 1):
            right, runs, true_runs = _matches(_runs(spoken, order), _runs(wanted, order))
            # where the truth is too short to have such a run, those that were said are not held against it
            found[order - 1 :: CHARACTERS, place] = right, runs if true_runs else 0, true_runs
    return found


def chrf_of(sums: np.ndarray) -> np.ndarray:
    """sums (…, 18), of ``chrf_counts`` -> chrF (…): F of the mean precision and the mean recall over the orders there are."""
    right, said, meant = (sums[..., start : start + CHARACTERS] for start in range(0, 3 * CHARACTERS, CHARACTERS))
    there = (said > 0) & (meant > 0)
    orders = there.sum(axis=-1)
    precision, recall = (
        ratio(np.where(there, ratio(right, side, empty=0.0), 0.0).sum(axis=-1), orders, empty=0.0) for side in (said, meant)
    )
    return 100.0 * ratio((1 + BETA**2) * precision * recall, BETA**2 * precision + recall, empty=0.0)


def _runs(parts: Sequence[str], order: int) -> Counter[Sequence[str]]:
    """Runs of ``order`` neighbours; of a text its characters, of a list its words."""
    if isinstance(parts, str):
        return Counter(parts[start : start + order] for start in range(len(parts) - order + 1))
    return Counter(tuple(parts[start : start + order]) for start in range(len(parts) - order + 1))


def _matches(said: Counter[Sequence[str]], meant: Counter[Sequence[str]]) -> tuple[int, int, int]:
    """How many runs are in both (each as often as in the one where it is rarer), in the first, in the second."""
    right = sum(min(count, meant[run]) for run, count in said.items() if run in meant)
    return right, said.total(), meant.total()


@dataclass(frozen=True)
class CorpusMetric:
    """A function of sums over texts.

    counts: (said, meant) -> float64 (k, n), whole numbers of each text.  of_sums: (…, k) -> (…).
    """

    name: str
    title: str
    counts: Callable[[Sequence[str], Sequence[str]], np.ndarray]
    of_sums: Callable[[np.ndarray], np.ndarray]
    bounds: tuple[float, float] = (0.0, 100.0)
    needs: str = "text"
    greater_is_better: bool = True
    tasks: frozenset[str] = frozenset({"rewriting"})
    across_folds: Literal["average", "pool"] = "pool"
    by_class: bool = False
    exact_ends: bool = False
    by_row: bool = False
    prevalence_free: bool = False
    reads_counts: bool = True
    shown: bool = True

    def undefined(self, truth: Truth, predictions: Predictions) -> str | None:
        return _without_texts(truth, predictions) or _without_words(truth)

    def unit_statistics(self, truth: Truth, predictions: Predictions) -> Statistics:
        """counts: float64 (k, n)."""
        return Statistics(len(truth), {"counts": self.counts(texts_of(predictions), pairs_of(truth)[1])})

    def value(self, statistics: Statistics, weights: np.ndarray) -> np.ndarray:
        sums = weighted_sums(weights, statistics["counts"])
        return np.where(sums[..., -1] > 0, self.of_sums(sums[..., :-1]), np.nan)

    def influence(self, statistics: Statistics, weights: np.ndarray) -> np.ndarray:
        """By central differences of fourth order: each sum is moved by a thousandth of itself."""
        sums = weighted_sums(weights, statistics["counts"])[..., :-1]
        if float(weights.sum()) == 0:
            return np.full(statistics.n, np.nan)
        steps = 1e-3 * sums
        moved = sums + np.array([-2.0, -1.0, 1.0, 2.0])[:, None, None] * np.diag(steps)  # (4, k, k)
        low, less, more, high = self.of_sums(moved)
        rise = 8 * (more - less) - (high - low)
        return np.asarray(np.divide(rise, 12 * steps, out=np.zeros_like(rise), where=steps > 0) @ statistics["counts"])


def _without_texts(truth: Truth, predictions: Predictions) -> str | None:
    if len(truth) == 0:
        return "there are no rows"
    return None if "text" in predictions.arrays else "the predictions hold no texts"


def _without_words(truth: Truth) -> str | None:
    return None if any(wanted.strip() for wanted in pairs_of(truth)[1]) else f"all {len(truth)} texts that were wanted are empty"


def _is_equal(truth: Truth, predictions: Predictions) -> np.ndarray:
    """float64 (n,): 1 where the answer is the wanted text but for white space at the ends."""
    return np.array(
        [own.strip() == wanted.strip() for own, wanted in zip(texts_of(predictions), pairs_of(truth)[1], strict=True)]
    )


BLEU = CorpusMetric("bleu", "BLEU", bleu_counts, bleu_of)
CHRF = CorpusMetric("chrf", "chrF", chrf_counts, chrf_of)
EXACT_MATCH = ShareMetric("exact_match", "Share of texts that are right as a whole", "text", frozenset({"rewriting"}), _is_equal)

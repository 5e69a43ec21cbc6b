"""Two languages in one space: a matrix R that brings the vectors of one to those of the other, and translation by it.

R = argmin ‖X R − Y‖ over word pairs, of all matrices (least squares, closed form; Mikolov, Le & Sutskever 2013) or of rotations
and reflections alone (Procrustes, Schönemann 1966; Xing et al. 2015).  A translation is the nearest vector by cosine, or by
CSLS, which takes from it how near each of both is to its neighbours at all (Conneau et al. 2018).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np

from assay.core.errors import ConfigError, DataError
from assay.core.seeds import generator
from assay.core.shown import Shown
from assay.language.vectors.counts import unit
from assay.language.vectors.vectors import BLOCK, WordVectors, largest
from assay.measure.interval import Interval
from assay.measure.proportion import proportion_interval

Form = Literal["least-squares", "orthogonal"]
Search = Literal["cosine", "csls"]
HUB = 10
"""Neighbours whose mean cosine CSLS takes away."""


@dataclass(frozen=True)
class Alignment:
    """matrix: float64 (source width, target width).  mean_source, mean_target: are taken away first, after rows have length 1."""

    matrix: np.ndarray
    mean_source: np.ndarray
    mean_target: np.ndarray
    form: Form
    pairs: int

    def source(self, rows: np.ndarray) -> np.ndarray:
        """float64 (n, target width), length 1: source vectors brought over."""
        return unit((unit(rows) - self.mean_source) @ self.matrix)

    def target(self, rows: np.ndarray) -> np.ndarray:
        """float64 (n, target width), length 1: target vectors to compare them with."""
        return unit(unit(rows) - self.mean_target)


def least_squares(x: np.ndarray, y: np.ndarray, ridge: float = 0.0) -> np.ndarray:
    """R (d, e) with the smallest ‖X R − Y‖² + ridge ‖R‖²; of several, the shortest.

    >>> least_squares(np.eye(2), np.array([[0.0, 1.0], [2.0, 0.0]])).round(6).tolist()
    [[0.0, 1.0], [2.0, 0.0]]
    """
    if ridge:
        return np.asarray(np.linalg.solve(x.T @ x + ridge * np.eye(x.shape[1]), x.T @ y))
    return np.asarray(np.linalg.lstsq(x, y, rcond=None)[0])


def orthogonal(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """R (d, d) with RᵀR = 1 and the smallest ‖X R − Y‖: U Vᵀ of the SVD of XᵀY."""
    if x.shape[1] != y.shape[1]:
        raise ConfigError(
            f"vectors of {x.shape[1]} and {y.shape[1]} numbers cannot be turned onto each other; use least-squares."
        )
    u, _, vt = np.linalg.svd(x.T @ y)
    return np.asarray(u @ vt)


def align(
    source: WordVectors,
    target: WordVectors,
    pairs: Sequence[tuple[str, str]],
    *,
    form: Form = "orthogonal",
    centre: bool = True,
    ridge: float = 0.0,
) -> Alignment:
    """Learn R from the pairs (source word, target word) whose words are known.  Raises DataError where there is none.

    centre: whether the mean of each language's words is taken away first.
    """
    if form not in ("least-squares", "orthogonal"):
        raise ConfigError(f"form={form!r} is neither least-squares nor orthogonal.")
    rows = known_pairs(source, target, pairs)
    if not len(rows):
        raise DataError(f"none of the {len(pairs)} pairs has both words among the vectors; check the languages and their order.")
    of_source, of_target = unit(source.matrix), unit(target.matrix)
    mean_source = of_source.mean(axis=0) if centre else np.zeros(source.width)
    mean_target = of_target.mean(axis=0) if centre else np.zeros(target.width)
    x, y = of_source[rows[:, 0]] - mean_source, unit(of_target[rows[:, 1]] - mean_target)
    x = unit(x)
    matrix = orthogonal(x, y) if form == "orthogonal" else least_squares(x, y, ridge)
    return Alignment(matrix, mean_source, mean_target, form, len(rows))


def known_pairs(source: WordVectors, target: WordVectors, pairs: Sequence[tuple[str, str]]) -> np.ndarray:
    """int64 (n, 2): rows of both words of each pair whose words are known."""
    found = [(source.place(a), target.place(b)) for a, b in pairs]
    return np.array([pair for pair in found if None not in pair], dtype=np.int64).reshape(-1, 2)


def translations(
    found: Alignment, words: np.ndarray, source: WordVectors, target: WordVectors, *, count: int = 5, search: Search = "csls"
) -> tuple[np.ndarray, np.ndarray]:
    """(rows of ``target`` int64 (n, count), scores (n, count)) of the translations of these rows of ``source``."""
    if search not in ("cosine", "csls"):
        raise ConfigError(f"search={search!r} is neither cosine nor csls.")
    goal, asked = found.target(target.matrix), found.source(source.matrix[words])
    count = min(count, len(target))
    hub = np.zeros(len(target))
    if search == "csls":
        everyone = found.source(source.matrix)
        for start in range(0, len(target), BLOCK):
            hub[start : start + BLOCK] = _mean_of_best(goal[start : start + BLOCK] @ everyone.T)
    places, scores = np.empty((len(words), count), dtype=np.int64), np.empty((len(words), count))
    for start in range(0, len(words), BLOCK):
        likeness = asked[start : start + BLOCK] @ goal.T
        if search == "csls":
            likeness = 2 * likeness - _mean_of_best(likeness)[:, None] - hub
        best = largest(likeness, count)
        places[start : start + BLOCK] = best
        scores[start : start + BLOCK] = np.take_along_axis(likeness, best, axis=1)
    return places, scores


def _mean_of_best(likeness: np.ndarray) -> np.ndarray:
    count = min(HUB, likeness.shape[1])
    return np.asarray(-np.partition(-likeness, count - 1, axis=1)[:, :count].mean(axis=1))


def translate(
    found: Alignment, word: str, source: WordVectors, target: WordVectors, *, count: int = 5, search: Search = "csls"
) -> list[tuple[str, float]]:
    """Translations of one word with their scores, the best first.  Raises DataError for an unknown word."""
    places, scores = translations(found, np.array([source.known(word)]), source, target, count=count, search=search)
    return [(target.words[place], float(score)) for place, score in zip(places[0], scores[0], strict=True)]


@dataclass(frozen=True)
class TranslationScore(Shown):
    """at_1, at_5: the share of source words one of whose translations is the first, or among the first five.

    words: source words of the dictionary that could be asked.  coverage: their share of all its source words.
    """

    at_1: Interval
    at_5: Interval
    words: int
    coverage: float
    search: Search

    def to_json(self) -> dict[str, Any]:
        return {
            "at_1": self.at_1.to_json(),
            "at_5": self.at_5.to_json(),
            "words": self.words,
            "coverage": self.coverage,
            "search": self.search,
        }


def score_translation(
    found: Alignment, source: WordVectors, target: WordVectors, pairs: Sequence[tuple[str, str]], *, search: Search = "csls"
) -> TranslationScore:
    """Accuracy on a dictionary that the alignment did not learn from; a word with several translations is one question."""
    rows = known_pairs(source, target, pairs)
    asked, which = np.unique(rows[:, 0], return_inverse=True)
    all_words = len({a for a, _ in pairs})
    if not len(asked):
        nothing = Interval(None, None, None, 0.95, "none", 0, "this model", "no pair has both words among the vectors")
        return TranslationScore(nothing, nothing, 0, 0.0, search)
    places, _ = translations(found, asked, source, target, count=5, search=search)
    is_hit = places[which] == rows[:, 1:]
    first, among = (np.bincount(which, weights=hit, minlength=len(asked)) > 0 for hit in (is_hit[:, 0], is_hit.any(axis=1)))
    intervals = [proportion_interval(int(hit.sum()), len(asked)) for hit in (first, among)]
    return TranslationScore(intervals[0], intervals[1], len(asked), len(asked) / max(all_words, 1), search)


def split_pairs(
    pairs: Sequence[tuple[str, str]], share: float, *, seed: int
) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    """(to learn from, held out): no word of either language is on both sides.

    Source words are dealt whole; what is left to learn from has none of the held-out translations, or a word that many others
    are translated by would be right for no other reason.
    """
    words = sorted({a for a, _ in pairs})
    drawn = generator(seed, "held-out pairs").permutation(len(words))[: round(share * len(words))]
    asked = {words[place] for place in drawn}
    held = [pair for pair in pairs if pair[0] in asked]
    answers = {b for _, b in held}
    return [pair for pair in pairs if pair[0] not in asked and pair[1] not in answers], held


def read_pairs(path: Path) -> list[tuple[str, str]]:
    """Word pairs: CSV whose first two columns are source and target, with a heading; or lines of two words without commas.

    Pairs with a side of several words are left out.  Raises DataError.
    """
    import csv

    try:
        content = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise DataError(f"{path} is not UTF-8 ({error.reason} at byte {error.start}); save it as UTF-8.") from error
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror or error}.") from error
    if path.suffix.lower() == ".csv":
        try:
            rows = [row[:2] for row in csv.reader(content.splitlines())][1:]
        except csv.Error as error:
            raise DataError(f"{path} is no CSV that can be read ({error}).") from error
    else:
        rows = [line.split() for line in content.splitlines()]
    found = [(row[0].lower().strip(), row[1].lower().strip()) for row in rows if len(row) == 2]
    pairs = list(dict.fromkeys((a, b) for a, b in found if a and b and not (" " in a or " " in b)))
    if not pairs:
        raise DataError(f"{path} holds no pair of single words; its first two columns must be the source and the target word.")
    return pairs

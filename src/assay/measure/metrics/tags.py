"""How well texts are tagged: the share of tokens with the right tag, and precision, recall and F1 of entities.

An entity is right when its first token, its last token and its type are right.  Tags are BIO (either convention of where B
stands) or BIOES, with L and U for E and S; entities are read off as CoNLL's own script does: an I that continues nothing
begins an entity.  All are ratios of sums over texts, so a long text counts more than a short one; texts are what is resampled.
Source: Tjong Kim Sang & De Meulder (2003), "Introduction to the CoNLL-2003 shared task".
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from assay.measure.metric import Statistics
from assay.measure.payload import Predictions, Truth
from assay.measure.texts import pairs_of, texts_of

OUTSIDE = "O"
_INSIDE = frozenset("IEL")
_LAST = frozenset("ESLU")
_PREFIXES = frozenset("BIESLU")


def tags_of(text: str) -> list[str]:
    """The tags of a text, which are parted by spaces; none of an empty one."""
    return [tag for tag in text.split(" ") if tag]


def entities(tags: Sequence[str]) -> set[tuple[int, int, str]]:
    """(first token, the one behind the last, type) of each entity.

    >>> sorted(entities(["B-PER", "I-PER", "O", "S-LOC", "I-ORG"]))
    [(0, 2, 'PER'), (3, 4, 'LOC'), (4, 5, 'ORG')]
    """
    found = set()
    begun, open_kind = 0, ""
    is_open = False
    for place, tag in enumerate(tags):
        prefix, kind = _parted(tag)
        if is_open and not (prefix in _INSIDE and kind == open_kind):
            found.add((begun, place, open_kind))
            is_open = False
        if prefix != OUTSIDE and not is_open:
            begun, open_kind, is_open = place, kind, True
        if is_open and prefix in _LAST:
            found.add((begun, place + 1, open_kind))
            is_open = False
    if is_open:
        found.add((begun, len(tags), open_kind))
    return found


def _parted(tag: str) -> tuple[str, str]:
    """(prefix, type); a tag without a known prefix is the inside of an entity of that type."""
    prefix, dash, kind = tag.partition("-")
    if tag == OUTSIDE:
        return OUTSIDE, ""
    return (prefix, kind) if dash and prefix in _PREFIXES else ("I", tag)


def _tokens(wanted: Sequence[str], said: Sequence[str]) -> tuple[int, int, int]:
    right = sum(one == other for one, other in zip(wanted, said, strict=True))
    return right, len(said), len(wanted)


def _entities(wanted: Sequence[str], said: Sequence[str]) -> tuple[int, int, int]:
    true, found = entities(wanted), entities(said)
    return len(true & found), len(found), len(true)


@dataclass(frozen=True)
class TagMetric:
    """Sums over texts: share[0]·right / (share[1]·said + share[2]·true).

    counted(wanted, said): how many tokens or entities of a text are right, were said, and are there.
    """

    name: str
    title: str
    counted: Callable[[Sequence[str], Sequence[str]], tuple[int, int, int]]
    shares: tuple[int, int, int]
    tasks: frozenset[str]
    nothing: str
    needs: str = "text"
    greater_is_better: bool = True
    across_folds: Literal["average", "pool"] = "pool"
    bounds: tuple[float, float] = (0.0, 1.0)
    by_class: bool = False
    exact_ends: bool = True
    by_row: bool = False
    prevalence_free: bool = False
    shown: bool = True

    def undefined(self, truth: Truth, predictions: Predictions) -> str | None:
        if self.needs not in truth.arrays or self.needs not in predictions.arrays:
            return "there are no tags"
        wanted, said = _both(truth, predictions)
        unlike = [place for place, (one, other) in enumerate(zip(wanted, said, strict=True)) if len(one) != len(other)]
        if unlike:
            first = unlike[0]
            return (
                f"{len(unlike)} of {len(wanted)} texts have another number of tags than tokens (first: row "
                f"{int(truth.units[first])}, {len(wanted[first])} wanted and {len(said[first])} said)"
            )
        statistics = self.unit_statistics(truth, predictions)
        return None if statistics["of"].sum() > 0 else self.nothing

    def unit_statistics(self, truth: Truth, predictions: Predictions) -> Statistics:
        """right, of: float64 (n,), numerator and denominator of each text."""
        wanted, said = _both(truth, predictions)
        counts = [self.counted(one, other) for one, other in zip(wanted, said, strict=True)]
        right, found, true = np.array(counts, dtype=np.float64).reshape(-1, 3).T
        return Statistics(len(counts), {"right": self.shares[0] * right, "of": self.shares[1] * found + self.shares[2] * true})

    def value(self, statistics: Statistics, weights: np.ndarray) -> np.ndarray:
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.asarray((weights @ statistics["right"]) / (weights @ statistics["of"]))

    def influence(self, statistics: Statistics, weights: np.ndarray) -> np.ndarray:
        of = float(weights @ statistics["of"])
        if of == 0:
            return np.full(statistics.n, np.nan)
        value = float(weights @ statistics["right"]) / of
        return np.asarray((statistics["right"] - value * statistics["of"]) / of)


def _both(truth: Truth, predictions: Predictions) -> tuple[list[list[str]], list[list[str]]]:
    return [tags_of(text) for text in pairs_of(truth)[1]], [tags_of(text) for text in texts_of(predictions)]


_TAGGING, _OF_ENTITIES = frozenset({"tagging"}), frozenset({"entities"})
_NO_ENTITY = "there is no entity, neither wanted nor said"

TOKEN_ACCURACY = TagMetric("token_accuracy", "Token accuracy", _tokens, (1, 0, 1), _TAGGING, "there is no token")
ENTITY_PRECISION = TagMetric("entity_precision", "Entity precision", _entities, (1, 1, 0), _OF_ENTITIES, "no entity was said")
ENTITY_RECALL = TagMetric("entity_recall", "Entity recall", _entities, (1, 0, 1), _OF_ENTITIES, "there is no entity")
ENTITY_F1 = TagMetric("entity_f1", "Entity F1", _entities, (2, 1, 1), _OF_ENTITIES, _NO_ENTITY)

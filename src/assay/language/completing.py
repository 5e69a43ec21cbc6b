"""How a text goes on: the likeliest next words, also those that begin with some letters, and continuations drawn at random."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from assay.core.errors import ConfigError
from assay.language.next_token import NextToken
from assay.language.sampling import Sampling
from assay.prepare.corpus import BEGIN, END, UNKNOWN


@dataclass(frozen=True)
class Suggestion:
    """probability: of this word as the next one."""

    word: str
    probability: float


@dataclass(frozen=True)
class Continuation:
    """words: that were drawn.  ended: whether the text ends there, and not only the drawing.

    log_probability: natural, of the words (and the end) by the model itself, whatever they were drawn with.
    """

    words: tuple[str, ...]
    ended: bool
    log_probability: float


def suggest(
    model: NextToken, vocabulary: Sequence[str], context: np.ndarray, *, prefix: str = "", top: int = 5
) -> list[Suggestion]:
    """The likeliest next words, of equal ones those that come first in the vocabulary; neither </s> nor <unk> is offered.

    vocabulary: the tokens by id.  prefix: what the words must begin with.  Empty where none does.
    """
    if top < 1:
        raise ConfigError(f"top={top} must be at least 1.")
    log_probabilities = model.next_log_probabilities(context)
    offered = np.array([token.startswith(prefix) for token in vocabulary])
    offered[[UNKNOWN, BEGIN, END]] = False
    places = np.flatnonzero(offered)
    best = places[np.argsort(-log_probabilities[places], kind="stable")[:top]]
    return [Suggestion(vocabulary[place], float(np.exp(log_probabilities[place]))) for place in best]


def continuation(  # more than the usual arguments: what is drawn from, and how
    model: NextToken,
    vocabulary: Sequence[str],
    context: np.ndarray,
    sampling: Sampling,
    random: np.random.Generator,
    *,
    most: int = 50,
) -> Continuation:
    """At most ``most`` words drawn one after the other, to the end of the text; <unk>, which is no word, is not drawn."""
    if most < 1:
        raise ConfigError(f"most={most} must be at least 1.")
    ids, total = np.asarray(context, dtype=np.int64), 0.0
    drawn: list[str] = []
    for _ in range(most):
        said = model.next_log_probabilities(ids)
        possible = said.copy()
        possible[[UNKNOWN, BEGIN]] = -np.inf
        place = sampling.draw(possible, random)
        total += float(said[place])
        if place == END:
            return Continuation(tuple(drawn), True, total)
        drawn.append(vocabulary[place])
        ids = np.append(ids, place)
    return Continuation(tuple(drawn), False, total)

"""A speller from pairs of texts (typed, meant), a list of words and texts without errors.

What the weights are learned from must look as new texts will: the words, slips and neighbours of a part of the pairs are
looked up in what the other parts taught (three parts, drawn by the seed).
"""

from collections.abc import Sequence

import numpy as np

from assay.language.spelling.channel import Channel
from assay.language.spelling.choices import Choices, choices_of
from assay.language.spelling.context import Lifts
from assay.language.spelling.letters import Letters
from assay.language.spelling.memory import AlignedPair, remember
from assay.language.spelling.speller import Speller
from assay.language.spelling.weighing import Weights, fit_weights, labels_of
from assay.language.spelling.words import WordList

PARTS = 3
SHARE_OF_TEXTS = 0.2
"""Of the words' counts, what the texts at hand have where a list is given too."""

MOST_TYPED = 40
"""Letters of a typed word that the channel learns from."""


def learn_speller(
    typed: Sequence[str],
    meant: Sequence[str],
    *,
    words: WordList | None = None,
    texts: Sequence[str] = (),
    seed: int = 0,
) -> Speller:
    """typed, meant: as many texts.  words: a list of known words with frequencies, or None: those of the texts alone.

    texts: more texts without errors, for words and neighbours.
    Raises ConfigError where there is no word at all.
    """
    pairs = [AlignedPair.of(one, other) for one, other in zip(typed, meant, strict=True)]
    part = np.random.default_rng(seed).permutation(len(pairs)) % PARTS
    found: list[Choices] = []
    labels: list[np.ndarray] = []
    for number in range(PARTS if len(pairs) >= PARTS else 0):
        own, others = np.flatnonzero(part == number).tolist(), np.flatnonzero(part != number).tolist()
        teacher = _taught([pairs[at] for at in others], [meant[at] for at in others], words, texts)
        _, choices = choices_of([typed[at] for at in own], teacher.knowledge)
        found.append(choices)
        labels.append(labels_of(choices, [pairs[at] for at in own]))
    weights = Weights.before_any_pair()
    if found:
        weights = fit_weights(_joined(found), np.concatenate(labels), sum(len(pair.edits) for pair in pairs))
    taught = _taught(pairs, meant, words, texts)
    return Speller(taught.words, taught.channel, taught.lifts, taught.memory, weights)


def _taught(pairs: list[AlignedPair], meant: Sequence[str], words: WordList | None, texts: Sequence[str]) -> Speller:
    """Everything but the weights."""
    all_texts = [*texts, *meant]
    seen = WordList.of_texts(all_texts)
    known = seen if words is None else words.mixed_with(seen, SHARE_OF_TEXTS)
    slips = [slip for pair in pairs for slip in pair.slips() if max(map(len, slip)) <= MOST_TYPED]
    channel = Channel.generic(Letters.of(known.words)).learned([one for one, _ in slips], [one for _, one in slips])
    return Speller(known, channel, Lifts.of_texts(all_texts, known), remember(pairs), Weights.before_any_pair())


def _joined(parts: list[Choices]) -> Choices:
    sizes = np.concatenate([np.diff(part.offsets) for part in parts])
    return Choices(
        np.concatenate([part.text for part in parts]),
        np.concatenate([part.start for part in parts]),
        np.concatenate([part.end for part in parts]),
        np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64),
        [answer for part in parts for answer in part.answers],
        np.concatenate([part.features for part in parts]),
    )

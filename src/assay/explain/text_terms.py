"""The encoders whose columns are terms of texts: which terms stand in a text, how often, and what they are called."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np
import polars as pl
from scipy import sparse

from assay.prepare.hashed_terms import HashedTerms
from assay.prepare.hashing import columns_of
from assay.prepare.terms import TermWeights
from assay.prepare.text.characters import character_runs
from assay.prepare.text.cut import lowered, word_runs

TermEncoder = TermWeights | HashedTerms
TERM_ENCODERS = (TermWeights, HashedTerms)


def columns_in(encoder: TermEncoder, texts: Sequence[str]) -> list[Counter[int]]:
    """Of each text the columns of the terms in it, with how often each stands there."""
    counts = _counts(encoder, pl.Series("text", texts, dtype=pl.String))
    columns, times = counts.indices.tolist(), counts.data.astype(np.int64).tolist()
    return [
        Counter(dict(zip(columns[start:end], times[start:end], strict=True))) for start, end in pairwise(counts.indptr.tolist())
    ]


def _counts(encoder: TermEncoder, texts: pl.Series) -> sparse.csr_matrix:
    """The same terms, counted and not weighed."""
    if isinstance(encoder, HashedTerms):
        return replace(encoder, weights=None).transform(texts)
    return replace(encoder, is_counts=True).transform(texts)


def names_of_terms(encoder: TermEncoder, places: np.ndarray, text: str = "") -> list[str]:
    """What the columns are called; of hashed terms, which have no names of their own, by those of ``text`` that fall there."""
    if isinstance(encoder, TermWeights):
        names = encoder.names
        return [names[place] for place in places.tolist()]
    texts = lowered(pl.Series("text", [text], dtype=pl.String), encoder.cut.cleaning)
    terms = word_runs(texts, encoder.cut)["term"].unique(maintain_order=True).to_list() if encoder.cut.longest else []
    shown = list(terms)
    if encoder.cut.characters is not None:
        grams = character_runs(texts, *encoder.cut.characters).grams.to_list()
        terms, shown = [*terms, *grams], [*shown, *(f"‹{gram}›" for gram in grams)]
    fallen: dict[int, list[str]] = {}
    for column, name in zip(columns_of(terms, encoder.width).tolist() if terms else [], shown, strict=True):
        fallen.setdefault(column, []).append(name)
    return [" | ".join(fallen.get(place, [f"column {place}"])) for place in places.tolist()]


def has_names(encoder: TermEncoder) -> bool:
    return isinstance(encoder, TermWeights)


def longest_run(encoder: TermEncoder) -> int:
    """Words that one term may be read across."""
    return max(1, encoder.cut.longest)

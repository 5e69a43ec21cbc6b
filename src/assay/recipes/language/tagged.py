"""Rows of tokens and their tags: what every tagger reads, and the form of its answers.

A text holds tokens parted by spaces, its tags are as many words parted by spaces; so an answer has a tag for each token.
"""

from collections.abc import Sequence

import numpy as np
import polars as pl

from assay.core.errors import ConfigError, DataError
from assay.core.ragged import Ragged
from assay.data.rows import Rows
from assay.measure.texts import pack
from assay.recipes.learner import Output

SHOWN = 60
"""Characters of a text that an error quotes."""


def split(text: str) -> list[str]:
    """The tokens (or tags) of a text; none of an empty one.

    >>> split("Москва  слезам не верит")
    ['Москва', 'слезам', 'не', 'верит']
    """
    return [token for token in text.split(" ") if token]


def tokens_of(frame: object) -> list[list[str]]:
    """The tokens of each row; raises ConfigError where there is not exactly one column of texts to read."""
    if not isinstance(frame, pl.DataFrame) or frame.width != 1:
        names = ", ".join(frame.columns[:5]) if isinstance(frame, pl.DataFrame) else "none"
        raise ConfigError(f"a tagger reads one column, the text whose tokens are tagged (it was given {names}); drop the others.")
    return [split(text) for text in frame.to_series().cast(pl.String).fill_null("").to_list()]


def tagged_of(rows: Rows) -> tuple[list[list[str]], list[list[str]]]:
    """(tokens, tags) of each row.  Raises DataError for a row with another number of tags than of tokens, and for no token."""
    tokens, tags = tokens_of(rows.features), [split(str(text)) for text in rows.target]
    unlike = [place for place, (one, other) in enumerate(zip(tokens, tags, strict=True)) if len(one) != len(other)]
    if unlike:
        first = unlike[0]
        raise DataError(
            f"{len(unlike)} of {len(tokens)} texts have another number of tags than of tokens; the first has "
            f"{len(tokens[first])} tokens and {len(tags[first])} tags ({' '.join(tokens[first])[:SHOWN]!r}): part both by single "
            "spaces, one tag a token."
        )
    if not any(tokens):
        raise DataError(f"none of the {len(tokens)} texts has a token, so there is nothing to learn tags from.")
    return tokens, tags


def answers(tags: Sequence[Sequence[str]]) -> Output:
    """What a fitted tagger says: the tags of each row."""
    packed: Ragged = pack([" ".join(row) for row in tags])
    return Output(np.asarray(packed.values), None, offsets=packed.offsets)

"""How a text becomes terms: what is cleaned away, what a word is, which form of it counts, and runs of characters.

Words go over columns in polars.  Only the distinct words of a column are looked at one by one, for their stems or lemmas, and
only its distinct pieces between spaces are cut into characters.
"""

from dataclasses import dataclass
from typing import Literal, Self, get_args

import numpy as np
import polars as pl

from assay.core.errors import ConfigError
from assay.core.names import did_you_mean
from assay.core.state import State
from assay.prepare import checks
from assay.prepare.text.cleaning import Cleaning, clean
from assay.prepare.text.forms import forms_of
from assay.prepare.text.signs import EMOJI, EMOTICON, SIGN, WORD
from assay.prepare.text.stop_words import STOP_WORDS

Words = Literal["plain", "stems", "lemmas"]
Stop = Literal["keep", "drop"]
Signs = Literal["drop", "emoticons", "all"]
LONGEST = 10
CHOICES: dict[str, tuple[str, ...]] = {"words": get_args(Words), "stop": get_args(Stop), "signs": get_args(Signs)}

_PATTERNS = {"drop": WORD, "emoticons": f"{EMOJI}|{EMOTICON}|{WORD}", "all": f"{EMOJI}|{EMOTICON}|{WORD}|{SIGN}"}


@dataclass(frozen=True, kw_only=True)
class Cut:
    """The part of ``TermSettings`` that new texts are cut by too; the fields are told there."""

    longest: int = 2
    characters: tuple[int, int] | None = None
    words: Words = "plain"
    stop: Stop = "keep"
    signs: Signs = "drop"
    cleaning: Cleaning | None = None

    def __post_init__(self) -> None:
        for name, options in CHOICES.items():
            value = getattr(self, name)
            if value not in options:
                raise ConfigError(f"no way {name}={value!r} to cut texts into terms{did_you_mean(value, options)}")
        low, high = self.characters or (1, 1)
        if not 0 <= self.longest <= LONGEST or not 1 <= low <= high <= LONGEST or not (self.longest or self.characters):
            raise ConfigError(
                f"longest={self.longest} and characters={self.characters}: runs of at most {LONGEST} words or characters, "
                "the shorter length first, and at least one of the two."
            )

    def state(self) -> State:
        """JSON values only."""
        characters = None if self.characters is None else {"low": self.characters[0], "high": self.characters[1]}
        return {
            "longest": self.longest,
            "characters": characters,
            "words": self.words,
            "stop": self.stop,
            "signs": self.signs,
            "cleaning": None if self.cleaning is None else self.cleaning.state(),
        }

    @classmethod
    def from_state(cls, state: State) -> Self:
        edges, cleaning = checks.entry(state, "characters"), checks.entry(state, "cleaning")
        chosen = {name: checks.choice(state, name, options) for name, options in CHOICES.items()}
        characters = None
        if edges is not None:
            low = checks.whole(edges, "low", low=1, high=LONGEST)
            characters = (low, checks.whole(edges, "high", low=low, high=LONGEST))
        return cls(
            longest=checks.whole(state, "longest", low=0 if characters else 1, high=LONGEST),
            characters=characters,
            cleaning=None if cleaning is None else Cleaning.from_state(cleaning),
            **chosen,  # type: ignore[arg-type]  # each is one of its own options
        )


def lowered(series: pl.Series, cleaning: Cleaning | None) -> pl.Series:
    """The texts in lower case, cleaned before."""
    texts = series.cast(pl.String)
    return (texts if cleaning is None else clean(texts, cleaning)).str.to_lowercase()


def word_runs(texts: pl.Series, cut: Cut) -> pl.DataFrame:
    """Columns text (int64, position in ``texts``) and term, one row an occurrence.  texts: as ``lowered`` gives them."""
    words = (
        pl.DataFrame({"text": np.arange(len(texts)), "term": texts})
        .with_columns(pl.col("term").str.extract_all(_PATTERNS[cut.signs]))
        .explode("term")
        .drop_nulls()
    )
    if cut.stop == "drop":
        words = words.filter(~pl.col("term").str.replace_all("ё", "е", literal=True).is_in(STOP_WORDS))
    if cut.words != "plain":
        distinct = words["term"].unique()
        forms = pl.Series(forms_of(distinct.to_list(), cut.words), dtype=pl.String)
        words = words.with_columns(pl.col("term").replace_strict(distinct, forms))
    runs, run = [words], pl.col("term")
    for ahead in range(1, cut.longest):
        run = run + " " + pl.col("term").shift(-ahead)
        is_whole = pl.col("text") == pl.col("text").shift(-ahead)
        runs.append(words.select("text", pl.when(is_whole).then(run).alias("term")).drop_nulls())
    return pl.concat(runs)

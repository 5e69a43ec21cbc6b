"""Which language a text is in: English, Russian or another one, with a probability, from the text alone.

Letters come first: their script says which of the two a text can be at all.  Within a script each word speaks for the language
or against it by its letter pairs (``language_profiles``: how much likelier each pair is in the language than in the others of
its script), by letters that the language does not have, and by function words of either.  The sum is a log-odds, tempered,
because the pairs of a word are no independent witnesses.

Limits: one or two words, names and titles are guesses, and their probability says so only roughly; Latin and Cyrillic
languages that no profile counted (the lists stand there) are "other" as far as they are unlike; Scots or Old Russian are read
as their relatives.  A text in two scripts is of the one that fills more of it.  Transliterated Russian is "other".
"""

import numpy as np
import polars as pl

from assay.prepare.text.language_profiles import CYRILLIC, LATIN
from assay.prepare.text.stop_words import ENGLISH, RUSSIAN

LANGUAGES = ("en", "ru", "other")
TEMPER = 0.35
"""What a unit of log-odds of letter pairs and words is worth."""

EXPECTED = 2.0
"""What speaks for English in Latin letters, and for Russian in Cyrillic, before any is read."""

FUNCTION_WORD = 5.0
FOREIGN_LETTER = -4.0
MOST_OF_A_WORD = 12.0
"""No word says more than this, however long it is."""

LATIN_ENDS, CYRILLIC_BEGINS, CYRILLIC_ENDS = 0x250, 0x400, 0x530
_LETTERS = r"\p{L}[\p{L}\p{M}'’]*"


def languages_of(texts: pl.Series) -> pl.DataFrame:
    """Columns language ("en", "ru" or "other") and probability (float64, of that language); both null without a letter.

    >>> texts = pl.Series(["Where is my order?", "Где мой заказ?", "Wo ist meine Bestellung?", "42 :)"])
    >>> languages_of(texts)["language"].to_list()
    ['en', 'ru', 'other', None]
    """
    words = (
        pl.DataFrame({"text": np.arange(len(texts)), "word": texts.cast(pl.String).str.to_lowercase()})
        .with_columns(pl.col("word").str.extract_all(_LETTERS))
        .explode("word")
        .drop_nulls()
    )
    distinct = words["word"].unique(maintain_order=True)
    witness = pl.DataFrame({"word": distinct, **_witness(distinct)})
    said = (
        words.join(witness, on="word", how="left").group_by("text").agg(pl.col("latin", "cyrillic", "letters", "en", "ru").sum())
    )
    found = pl.DataFrame({"text": np.arange(len(texts))}).join(said, on="text", how="left", maintain_order="left")
    latin, cyrillic, letters, en, ru = (
        found[name].fill_null(0).to_numpy() for name in ("latin", "cyrillic", "letters", "en", "ru")
    )
    with np.errstate(over="ignore"):
        english = latin / np.maximum(letters, 1) / (1 + np.exp(-TEMPER * (EXPECTED + en)))
        russian = cyrillic / np.maximum(letters, 1) / (1 + np.exp(-TEMPER * (EXPECTED + ru)))
    chances = np.stack([english, russian, 1 - english - russian], axis=1)
    best = chances.argmax(axis=1)
    answer = pl.DataFrame({"language": np.array(LANGUAGES)[best], "probability": chances[np.arange(len(best)), best]})
    return answer.with_columns(pl.when(pl.Series(letters > 0)).then(pl.col("language", "probability")))


def _witness(distinct: pl.Series) -> dict[str, np.ndarray]:
    """Of each word, float64 (n,) each: its letters in either script and in all, what it says for English and for Russian."""
    words = [word.replace("’", "'").replace("ё", "е") for word in distinct.to_list()]
    joined = " " + "".join(word + " " for word in words)
    points = np.frombuffer(joined.encode("utf-32-le"), dtype=np.uint32).astype(np.int64)
    owner = np.cumsum(points == ord(" ")) - 1  # of the pair that begins here; the last space is nobody's
    counted = (points != ord(" ")) & (points != ord("'"))
    in_latin = counted & (points < LATIN_ENDS)
    in_cyrillic = counted & (points >= CYRILLIC_BEGINS) & (points < CYRILLIC_ENDS)

    def summed(values: np.ndarray) -> np.ndarray:
        return np.bincount(owner[: len(values)], values, minlength=len(words) + 1)[: len(words)]

    found = {"latin": summed(in_latin), "cyrillic": summed(in_cyrillic), "letters": summed(counted)}
    for name, profile, inside, known in (("en", LATIN, in_latin, ENGLISH), ("ru", CYRILLIC, in_cyrillic, RUSSIAN)):
        codes = profile.codes(points)
        first, second = codes[:-1], codes[1:]
        is_pair = (first >= 0) & (second >= 0) & (inside[:-1] | inside[1:])
        said = summed(np.where(is_pair, profile.odds[np.maximum(first, 0), np.maximum(second, 0)], 0.0))
        said += FOREIGN_LETTER * summed(inside & (codes < 0))
        said += FUNCTION_WORD * np.array([(word in known) - (word in profile.foreign) for word in words], dtype=np.float64)
        found[name] = np.clip(said, -MOST_OF_A_WORD, MOST_OF_A_WORD)
    return found

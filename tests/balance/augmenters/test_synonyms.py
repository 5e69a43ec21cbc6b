"""Words replaced by words of the same company: near words are found where the truth is known, and nothing else is touched."""

import numpy as np
import polars as pl
import pytest

from assay.balance.augmentation import AugmentSynonyms
from assay.balance.augmenters.synonyms import Synonyms, SynonymSettings
from assay.core.errors import ConfigError, DataError
from assay.data.rows import Rows

PAIRS = {"cat": "kitten", "run": "sprint", "кот": "котёнок", "дом": "изба"}
"""Words that stand in the same sentences, one or the other."""
FRAMES = {
    "cat": ["the {} drinks milk daily", "my {} purrs and sleeps"],
    "run": ["we {} fast around parks", "they {} races every spring"],
    "кот": ["серый {} ловит мышей ночью", "наш {} мурлычет на печи"],
    "дом": ["старый {} стоит у реки", "деревянный {} построил дед"],
}


def corpus(n: int = 600, seed: int = 0) -> list[str]:
    rng = np.random.default_rng(seed)
    texts = []
    for _ in range(n):
        word = str(rng.choice(list(PAIRS)))
        texts.append(str(rng.choice(FRAMES[word])).format(word if rng.random() < 0.5 else PAIRS[word]))
    return texts


LEARNED = Synonyms.learned(pl.Series("t", corpus()), SynonymSettings(least=0.8, nearest=1))


@pytest.mark.parametrize("word", PAIRS)
def test_words_of_the_same_company_are_each_others_nearest(word: str) -> None:
    assert LEARNED.neighbours[word] == (PAIRS[word],)
    assert LEARNED.neighbours[PAIRS[word]] == (word,)


def test_only_words_that_have_near_ones_are_replaced_and_their_case_is_kept() -> None:
    only = Synonyms({"cat": ("kitten",), "кот": ("котёнок",)}, SynonymSettings(share=0.9))
    made = only(pl.Series("t", ["Cat, the CAT!  (cat)", "Кот спит"]), np.random.default_rng(0))
    assert set(made[0].replace("kitten", "cat").replace("Kitten", "Cat").replace("KITTEN", "CAT").split()) == {
        "Cat,",
        "the",
        "CAT!",
        "(cat)",
    }
    assert made[0] != "Cat, the CAT!  (cat)"
    assert made[1] == "Котёнок спит"


def test_the_share_of_replaced_words_is_the_one_asked_for() -> None:
    twins = Synonyms({"a": ("b",)}, SynonymSettings(share=0.2))
    made = twins(pl.Series("t", [" ".join("a" * 50)] * 200), np.random.default_rng(0))
    assert np.mean([text.count("b") for text in made]) / 50 == pytest.approx(0.2, abs=0.01)


def test_without_near_words_texts_lose_or_swap_words_and_odd_texts_stay_texts() -> None:
    nothing = Synonyms.learned(pl.Series("t", ["one", None, ""]))
    assert nothing.neighbours == {}
    given = pl.Series("t", ["red blue green", None, "", "🙂", "שלום עולם טוב", "nul\x00byte and more"])
    made = nothing(given, np.random.default_rng(0))
    assert made.is_null().to_list() == given.is_null().to_list()
    assert made[0] != given[0]
    assert made[2:4].to_list() == ["", "🙂"]  # one word has nothing to lose


def rows(weights: np.ndarray | None = None) -> Rows:
    target = np.repeat([0, 1], [500, 100])
    return Rows(pl.DataFrame({"t": corpus(), "n": np.arange(600.0)}), target, 2, weights, kinds=(("t", "text"),))


def test_the_treatment_makes_classes_even_alters_texts_alone_and_learns_from_training_rows() -> None:
    given = rows()
    before = given.fingerprint
    done = AugmentSynonyms().apply(given, 3)
    assert rows().fingerprint == before
    assert np.bincount(done.rows.target).tolist() == [500, 500]
    source = done.rows.features["n"][600:].to_numpy().astype(int)
    assert (given.target[source] == 1).all()
    assert done.source_rows.tolist() == [*range(600), *[-1] * 400]
    words = {word for text in corpus() for word in text.split()}
    made = done.rows.features["t"][600:].to_list()
    assert {word for text in made for word in text.split()} <= words
    assert np.mean([new != given.features["t"][at] for new, at in zip(made, source.tolist(), strict=True)]) > 0.9
    again = AugmentSynonyms().apply(rows(), 3)
    assert again.rows.fingerprint == done.rows.fingerprint != AugmentSynonyms().apply(rows(), 4).rows.fingerprint


def test_tables_without_texts_and_impossible_settings_are_refused() -> None:
    numbers = Rows(pl.DataFrame({"n": np.arange(12.0)}), np.repeat([0, 1], [9, 3]), 2)
    with pytest.raises(DataError, match="augment-synonyms alters texts, and none of the 1 columns is one"):
        AugmentSynonyms().apply(numbers, 0)
    with pytest.raises(DataError, match="these features are none"):
        AugmentSynonyms().apply(Rows(np.eye(12), np.repeat([0, 1], [9, 3]), 2), 0)
    for wrong in ({"share": 1.0}, {"least": 2.0}, {"nearest": 0}):
        with pytest.raises(ConfigError):
            SynonymSettings(**wrong)
